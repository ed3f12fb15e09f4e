/* SPDX-License-Identifier: Apache-2.0 */
/* What a namespace's Workers did, and which of them did most. */
import { api, seg } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { ms, number } from '../lib/format.js';
import { link } from '../lib/router.js';
import { card, empty, field, select, slot, table } from '../lib/ui.js';
import { SPANS, orNotYet, readUsage, sumOf, timesOf, usageCharts, usageStats } from '../worker/usage.js';

const MOST = 10;
const PAGES = 10;

function most(rows, ns) {
  if (!rows.length) return empty('Nothing ran in this time', 'What requests cost is shown here, by Worker.');
  return table({ caption: 'Workers that needed most', rows: rows.slice(0, MOST), columns: [
    { label: 'Worker', cell: (r) => h('a', { class: 'strong', href: link('/ns/{ns}/w/{name}', { ns, name: r.script }, { tab: 'metrics' }) }, r.script) },
    { label: 'Requests', class: 'num', cell: (r) => number(r.requests) },
    { label: 'Errors', class: 'num', cell: (r) => number(r.errors) },
    { label: 'CPU', class: 'num', cell: (r) => ms(r.cpu) },
  ] });
}

/** What each Worker did, those with most CPU first; the API tells them by name. */
async function eachWorker(path, chosen, signal) {
  const rows = [];
  let cursor = '';
  for (let page = 0; page < PAGES && (page === 0 || cursor); page++) {
    const doc = await api.get(`${path}/usage`, { ...timesOf(chosen), group_by: 'script', cursor }, { signal });
    rows.push(...doc.result.groups.map((g) => ({ script: g.script, requests: g.requests, errors: sumOf(g.errors), cpu: g.cpu_ms?.total ?? 0 })));
    cursor = doc.result_info?.cursor ?? '';
  }
  return { rows: rows.sort((a, b) => b.cpu - a.cpu), isAll: !cursor };
}

export default function usage({ signal }, ns) {
  const path = `~/workers/dispatch/namespaces/${seg(ns)}`;
  const span = select(SPANS.map(([label], i) => [i, label]), { name: 'span', value: '0' });
  const body = slot(() => orNotYet(async () => {
    const chosen = SPANS[Number(span.value)];
    const [got, each] = await Promise.all([readUsage([path], chosen, signal), eachWorker(path, chosen, signal)]);
    return [usageStats(got), usageCharts(got, chosen),
      card('Workers that needed most CPU', most(each.rows, ns), { hint: each.isAll ? '' : `of the first ${number(each.rows.length)} that ran` })];
  }), { lines: 10 });
  span.addEventListener('change', () => body.reload());
  return h('div', null, h('div', { class: 'toolbar' }, field('Time', span)), body);
}
