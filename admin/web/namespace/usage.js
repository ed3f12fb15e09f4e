/* SPDX-License-Identifier: Apache-2.0 */
/* What a namespace's Workers did, and which of them did most. */
import { api, seg } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { ms, number } from '../lib/format.js';
import { link } from '../lib/router.js';
import { card, empty, select, slot, table } from '../lib/ui.js';
import { orNotYet, readUsage, spanField, sumOf, timesOf, usageCharts, usageStats } from '../worker/usage.js';

const MOST = 10;
const ORDERS = [['cpu', 'CPU'], ['requests', 'Requests'], ['errors', 'Errors']];

function most(rows, ns) {
  if (!rows.length) return empty('Nothing ran in this time', 'What requests cost is shown here, by Worker.');
  return table({ caption: 'Workers that needed most', rows, columns: [
    { label: 'Worker', cell: (r) => h('a', { class: 'strong', href: link('/ns/{ns}/w/{name}', { ns, name: r.script }, { tab: 'metrics' }) }, r.script) },
    { label: 'Requests', class: 'num', cell: (r) => number(r.requests) },
    { label: 'Errors', class: 'num', cell: (r) => number(sumOf(r.errors)) },
    { label: 'CPU', class: 'num', cell: (r) => ms(r.cpu_ms?.total ?? 0) },
  ] });
}

export default function usage({ query, signal }, ns) {
  const path = `~/workers/dispatch/namespaces/${seg(ns)}`;
  const span = spanField(query);
  const order = select(ORDERS, { name: 'order', 'aria-label': 'Most of what', class: 'input fit' });
  const body = slot(() => orNotYet(async () => {
    const chosen = span.chosen();
    const got = await readUsage([path], chosen, signal);
    return [usageStats(got), usageCharts(got, chosen)];
  }), { lines: 10 });
  const list = slot(() => orNotYet(async () => {
    const doc = await api.get(`${path}/usage`, { ...timesOf(span.chosen()), group_by: 'script', order: order.value, limit: MOST }, { signal });
    return most(doc.result.groups, ns);
  }), { lines: MOST });
  span.addEventListener('change', () => {
    body.reload();
    list.reload();
  });
  order.addEventListener('change', () => list.reload());
  return h('div', null, h('div', { class: 'toolbar' }, span), body,
    card('Workers that needed most', list, { actions: order, class: 'listed' }));
}
