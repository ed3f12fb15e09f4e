/* SPDX-License-Identifier: Apache-2.0 */
/* One Worker: a head, and a tab for each side of it. */
import { api, may, seg } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { go, link } from '../lib/router.js';
import { button, checkbox, confirmName, pageHead, tabs, toast } from '../lib/ui.js';
import { workerOf } from '../worker/source.js';

const TABS = [
  ['code', 'Code', () => import('../worker/code.js')],
  ['try', 'Try it', () => import('../worker/try.js'), 'deploy'],
  ['versions', 'Versions', () => import('../worker/versions.js')],
  ['assets', 'Assets', () => import('../worker/assets.js')],
  ['metrics', 'Metrics', () => import('../worker/usage.js')],
  ['logs', 'Logs', () => import('../worker/logs.js')],
  ['triggers', 'Triggers', () => import('../worker/triggers.js')],
  ['settings', 'Settings', () => import('../worker/settings.js')],
];

const IN_USE = 10064;

/* Who uses it is told first. */
function remove(worker, up) {
  const force = checkbox('Delete it nevertheless: what uses it fails from then on', { name: 'force' });
  force.hidden = true;
  const d = confirmName({ title: `Delete ${worker.name}?`, text: 'All its versions, secrets and schedules go with it. This cannot be undone.', name: worker.name, run: async () => {
    try {
      await api.del(worker.path, { query: { force: force.box.checked ? true : null } });
    } catch (error) {
      if (error.code === IN_USE) force.hidden = false;
      throw error;
    }
    toast(`Deleted ${worker.name}`);
    go(up);
  } });
  d.el.querySelector('.dialog-body').append(force);
}

export default async function page(ctx) {
  const { ns = '', name } = ctx.params;
  const up = ns ? link('/ns/{ns}', { ns }) : '#/workers';
  const crumbs = ns ? [['Namespaces', '#/ns'], [ns, up]] : [['Account Workers', '#/workers']];
  if (ctx.page.fresh) {
    const [{ default: code }] = await Promise.all([TABS[0][2](), ns && api.get(`~/workers/dispatch/namespaces/${seg(ns)}`, null, { signal: ctx.signal })]);
    return h('div', null, pageHead('New Worker', { crumbs, sub: 'Drop a folder, add files, or write it here.' }), await code({ ...ctx, worker: null, ns }));
  }
  const worker = workerOf(ns, name);
  const list = TABS.filter(([, , , role]) => may(role ?? 'read'));
  const tab = list.find(([id]) => id === ctx.query.get('tab')) ?? TABS[0];
  const { default: show } = await tab[2]();
  const [body] = await Promise.all([show({ ...ctx, worker, ns }), tab[0] === 'code' ? null : api.get(`${worker.path}/tags`, null, { signal: ctx.signal })]);
  return h('div', null, pageHead(name, { crumbs, actions: may('deploy') ? [button('Delete', () => remove(worker, up), { kind: 'danger', icon: 'trash' })] : [] }),
    tabs(list.map(([id, label]) => [id, label, link(ctx.page.path, ctx.params, id === 'code' ? {} : { tab: id })]), tab[0]), body);
}
