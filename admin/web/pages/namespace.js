/* SPDX-License-Identifier: Apache-2.0 */
/* One namespace: its Workers, what they did, and its settings. */
import { api, seg } from '../lib/api.js';
import { workersPage } from '../worker/list.js';
import { h } from '../lib/dom.js';
import { link } from '../lib/router.js';
import { pageHead, tabs } from '../lib/ui.js';

const TABS = [['workers', 'Workers'], ['usage', 'Usage'], ['settings', 'Settings']];

/** The tabs of a namespace, for the pages below its address. */
function tabsOf(ns, now) {
  return tabs(TABS.map(([id, label]) => [id, label, link('/ns/{ns}', { ns }, id === 'workers' ? {} : { tab: id })]), now);
}

export default async function namespace(ctx) {
  const { ns } = ctx.params;
  const tab = ctx.query.get('tab');
  const [body] = await Promise.all([show(ctx, ns, tab), api.get(`~/workers/dispatch/namespaces/${seg(ns)}`, null, { signal: ctx.signal })]);
  return body; /* one that does not exist has no tabs: it was an error */
}

async function show(ctx, ns, tab) {
  if (tab === 'usage' || tab === 'settings') {
    const { default: side } = await (tab === 'usage' ? import('../namespace/usage.js') : import('../namespace/settings.js'));
    const body = await side(ctx, ns);
    return h('div', null, pageHead(ns, { crumbs: [['Namespaces', '#/ns']] }), tabsOf(ns, tab), body);
  }
  return workersPage(ctx, ns, tabsOf(ns, 'workers'));
}
