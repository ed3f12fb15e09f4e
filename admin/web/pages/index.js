/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every page: its address, its module, and where the menu has it. A module's
 * default export is called with {params, query, path, signal, refresh} and
 * answers with the page's element, or a promise of it; signal is aborted when
 * the page is left. `role` is what a session must have to see it, `all`
 * that its token must not be limited to namespaces.
 */
export const groups = [['', ''], ['data', 'Data'], ['admin', 'Server']];

export const pages = [
  { path: '/', nav: 'Overview', icon: 'home', group: '', load: () => import('./overview.js') },
  { path: '/ns', nav: 'Namespaces', icon: 'boxes', group: '', load: () => import('./namespaces.js') },
  { path: '/ns/{ns}', under: '/ns', load: () => import('./namespace.js') },
  { path: '/ns/{ns}/new', under: '/ns', role: 'deploy', fresh: true, load: () => import('./worker.js') },
  { path: '/ns/{ns}/w/{name}', under: '/ns', load: () => import('./worker.js') },
  { path: '/workers', nav: 'Account Workers', icon: 'worker', group: '', all: true, load: () => import('./workers.js') },
  { path: '/workers-new', under: '/workers', role: 'deploy', all: true, fresh: true, load: () => import('./worker.js') },
  { path: '/workers/{name}', under: '/workers', all: true, load: () => import('./worker.js') },
  { path: '/kv', nav: 'KV', icon: 'data', group: 'data', all: true, load: () => import('./kv.js') },
  { path: '/kv/{id}', under: '/kv', all: true, load: () => import('./kv.js') },
  { path: '/d1', nav: 'D1', icon: 'table', group: 'data', all: true, load: () => import('./d1.js') },
  { path: '/d1/{id}', under: '/d1', all: true, load: () => import('../d1/database.js') },
  { path: '/r2', nav: 'R2', icon: 'bucket', group: 'data', all: true, load: () => import('./r2.js') },
  { path: '/r2/{bucket}', under: '/r2', all: true, load: () => import('../r2/objects.js') },
  { path: '/queues', nav: 'Queues', icon: 'queue', group: 'data', all: true, load: () => import('./queues.js') },
  { path: '/queues/{name}', under: '/queues', all: true, load: () => import('../queues/queue.js') },
  { path: '/tokens', nav: 'Tokens', icon: 'key', group: 'admin', role: 'admin', all: true, load: () => import('./tokens.js') },
  { path: '/audit', nav: 'Audit log', icon: 'list', group: 'admin', role: 'admin', all: true, load: () => import('./audit.js') },
  { path: '/settings', nav: 'Settings', icon: 'gear', group: 'admin', load: () => import('./settings.js') },
];
