/* SPDX-License-Identifier: Apache-2.0 */
/* How the server is, what is on it, and what was done last. */
import { api, isLimited, may, seg } from '../lib/api.js';
import { gauge } from '../lib/chart.js';
import { h } from '../lib/dom.js';
import { ago, bytes, number, short, when } from '../lib/format.js';
import { link } from '../lib/router.js';
import { badge, button, card, empty, facts, pageHead, slot, stat, table } from '../lib/ui.js';
import { SPANS, orNotYet, readUsage, usageCharts } from '../worker/usage.js';
import { createNamespace } from './namespaces.js';

function health(doc) {
  const r = doc.registry;
  const bodies = r ? r.body_bytes_used + r.body_bytes_free : 0;
  return [
    facts([
      ['Store', badge(doc.store ?? doc.status, doc.status === 'ok' ? 'good' : 'bad')],
      doc.changes_behind !== undefined && ['Changes not taken in yet', number(doc.changes_behind)],
      doc.sync_lag !== undefined && ['Asked the store', `${number(Math.round(doc.sync_lag))} s ago`],
      ...(doc.problems ?? []).map((text) => ['Problem', text]),
    ]),
    r && h('div', { class: 'stack' }, h('div'),
      gauge('Workers the registry knows', r.known, r.slots, `${short(r.known)} of ${short(r.slots)}`),
      gauge('Their code in shared memory', r.body_bytes_used, bodies, `${bytes(r.body_bytes_used)} of ${bytes(bodies)}`)),
  ];
}

function namespaceTable(list) {
  if (!list.length) {
    return empty('No dispatch namespace yet', 'A namespace holds the Workers of your customers. Most platforms need one for production and one for staging.',
      may('admin') && !isLimited() && button('Create a namespace', () => createNamespace(), { kind: 'primary', icon: 'plus' }));
  }
  return table({
    caption: 'Dispatch namespaces',
    columns: [
      { label: 'Name', cell: (n) => h('a', { class: 'strong', href: link('/ns/{ns}', { ns: n.namespace_name }) }, n.namespace_name) },
      { label: 'Workers', class: 'num', cell: (n) => number(n.script_count) },
      { label: 'Way out', cell: (n) => badge(n.egress) },
      { label: 'Changed', class: 'tight', cell: (n) => h('span', { title: when(n.modified_on) }, ago(n.modified_on)) },
    ],
    rows: list.slice(0, 12),
  });
}

/** Where a row of the audit log leads; null: nowhere. */
function target(object) {
  if (object.type !== 'script') return null;
  return object.namespace ? link('/ns/{ns}/w/{name}', { ns: object.namespace, name: object.name })
    : link('/workers/{name}', { name: object.name });
}

function deploys(list) {
  if (!list.length) return empty('Nothing was deployed yet', 'The last uploads and deployments are shown here.');
  return table({
    caption: 'Recent changes',
    columns: [
      { label: 'When', class: 'tight', cell: (a) => h('span', { title: when(a.when) }, ago(a.when)) },
      { label: 'What', cell: (a) => a.action },
      { label: 'Which', cell: (a) => {
        const name = a.object.namespace ? `${a.object.namespace}/${a.object.name}` : a.object.name ?? a.object.type;
        const to = target(a.object);
        return to ? h('a', { href: to }, name) : name;
      } },
      { label: 'Who', cell: (a) => a.actor.name ?? '' },
      { label: '', class: 'tight', cell: (a) => a.result === 'success' ? '' : badge(a.result, 'bad') },
    ],
    rows: list,
  });
}

export default async function overview({ signal }) {
  const [names, state] = await Promise.all([
    api.get('~/workers/dispatch/namespaces', null, { signal }),
    api.get('~/healthz', null, { signal }),
  ]);
  const list = names.result;
  const workers = list.reduce((n, ns) => n + (ns.script_count ?? 0), 0);
  const fine = state.result.status === 'ok';
  return h('div', null,
    pageHead('Overview', { actions: may('admin') && !isLimited() ? [button('New namespace', () => createNamespace(), { icon: 'plus' })] : [] }),
    h('div', { class: 'stats' },
      stat('Namespaces', number(list.length), { href: '#/ns' }),
      stat('User Workers', number(workers)),
      stat('Server', fine ? 'Healthy' : 'Degraded', { kind: fine ? 'good' : 'bad', sub: fine ? 'the store answers' : 'the store does not answer; Workers are served on' })),
    list.length > 0 && slot(() => orNotYet(async () => usageCharts(await readUsage(
      list.slice(0, 20).map((n) => `~/workers/dispatch/namespaces/${seg(n.namespace_name)}`), SPANS[0], signal), SPANS[0])), { lines: 4 }),
    h('div', { class: 'grid' },
      card('Namespaces', namespaceTable(list), { actions: list.length > 12 ? h('a', { href: '#/ns' }, `All ${number(list.length)}`) : null }),
      !isLimited() && card('Server', health(state.result))),
    may('admin') && !isLimited() && card('Recent changes', slot(async () =>
      deploys((await api.get('~/audit', { limit: 10 }, { signal })).result), { lines: 6 }), { actions: h('a', { href: '#/audit' }, 'Audit log') }));
}

