/* SPDX-License-Identifier: Apache-2.0 */
/* Charts of what a Worker, or all of a namespace, did. */
import { api } from '../lib/api.js';
import { chart } from '../lib/chart.js';
import { h } from '../lib/dom.js';
import { bytes, ms, number } from '../lib/format.js';
import { addQuery } from '../lib/router.js';
import { badge, card, note, select, slot, stat } from '../lib/ui.js';

/* label, length in ms, bucket, its length in ms. Minutes are kept for two days,
 * hours for 35, days for 400. */
export const SPANS = [['Last hour', 3600e3, 'minute', 60e3], ['Last day', 86400e3, 'hour', 3600e3], ['Last 30 days', 30 * 86400e3, 'day', 86400e3],
  ['Last 6 hours', 6 * 3600e3, 'minute', 60e3], ['Last 7 days', 7 * 86400e3, 'hour', 3600e3], ['Last year', 365 * 86400e3, 'day', 86400e3]];
const IN_ORDER = [0, 3, 1, 4, 2, 5];

/** A choice of a span, kept in the address; el.chosen() is a row of SPANS. */
export function spanField(query) {
  const wanted = query?.get('span');
  const el = select(IN_ORDER.map((i) => [i, SPANS[i][0]]), { name: 'span', 'aria-label': 'Time', class: 'input fit', value: IN_ORDER.includes(Number(wanted)) && wanted ? wanted : '0' });
  el.chosen = () => SPANS[Number(el.value)];
  el.addEventListener('change', () => addQuery({ span: el.value === '0' ? '' : el.value }));
  return el;
}

const iso = (t) => new Date(t).toISOString().replace(/\.\d+/, '');
export const sumOf = (errors) => Object.values(errors ?? {}).reduce((a, b) => a + b, 0);

/** The query that asks for a span. */
export function timesOf([, length, bucket, step]) {
  const until = Math.ceil(Date.now() / step) * step;
  return { since: iso(until - length), until: iso(until), bucket };
}

/** The buckets of several paths, added up; one that has none is zero. */
export async function readUsage(paths, span, signal) {
  const [, length, , step] = span;
  const asked = timesOf(span);
  const until = Date.parse(asked.until);
  const points = new Map();
  const kinds = {};
  const kills = {};
  for (let t = until - length; t < until; t += step) points.set(t, { t, requests: 0, errors: 0, cpu: 0, p99: 0, subrequests: 0, out: 0, cold: 0, lost: 0 });
  const docs = await Promise.all(paths.map((p) => api.get(`${p}/usage`, asked, { signal })));
  for (const b of docs.flatMap((d) => d.result.buckets ?? [])) {
    const p = points.get(Math.floor(Date.parse(b.time) / step) * step);
    if (!p) continue;
    p.requests += b.requests ?? 0;
    p.errors += sumOf(b.errors);
    p.cpu += b.cpu_ms?.total ?? 0;
    p.p99 = Math.max(p.p99, b.cpu_ms?.p99 ?? 0);
    p.subrequests += b.subrequests ?? 0;
    p.out += b.bytes_out ?? 0;
    p.cold += b.cold_starts ?? 0;
    p.lost += b.lost ?? 0;
    for (const [kind, n] of Object.entries(b.errors ?? {})) kinds[kind] = (kinds[kind] ?? 0) + n;
    for (const [limit, n] of Object.entries(b.kills ?? {})) kills[limit] = (kills[limit] ?? 0) + n;
  }
  return { points: [...points.values()], kinds, kills };
}

export function usageCharts({ points }, [, , bucket]) {
  const each = `a ${bucket}`;
  return h('div', { class: 'grid three' },
    card('', chart({ title: 'Requests', note: each, points, bucket, series: [{ key: 'requests', label: 'requests' }] })),
    card('', chart({ title: 'Errors', note: each, points, bucket, kind: 'bars', series: [{ key: 'errors', label: 'errors', colour: 5 }] })),
    card('', chart({ title: 'CPU', note: each, points, bucket, format: ms, series: [{ key: 'cpu', label: 'all', colour: 2 }] })));
}

/** The sums of a span as figures. */
export function usageStats({ points, kills }) {
  const killed = sumOf(kills);
  const limits = Object.entries(kills).map(([limit, n]) => `${limit} ${number(n)}`).join(', ');
  const total = (key) => points.reduce((n, p) => n + p[key], 0);
  return h('div', { class: 'stats' }, stat('Requests', number(total('requests'))), stat('Errors', number(total('errors')), { kind: total('errors') ? 'bad' : '' }),
    stat('CPU', ms(total('cpu'))), stat('Subrequests', number(total('subrequests'))), stat('Sent', bytes(total('out'))), stat('Cold starts', number(total('cold'))),
    killed > 0 && stat('Ended by limits', number(killed), { kind: 'bad wide', sub: limits }),
    total('lost') > 0 && stat('Lost', number(total('lost')), { kind: 'bad', sub: 'their process was killed' }));
}

/** An error of a server that has no usage is a note, not a fault. */
export async function orNotYet(load) {
  try {
    return await load();
  } catch (error) {
    if (error.code === 10501) return note('This server does not have it yet.');
    throw error;
  }
}

/** One more chart each: percentiles, and what went out. */
function moreCharts({ points }, [, , bucket]) {
  const each = `a ${bucket}`;
  return h('div', { class: 'grid three' },
    card('', chart({ title: 'CPU of one request', note: '99 %', points, bucket, format: ms, kind: 'line', series: [{ key: 'p99', label: 'p99', colour: 3 }] })),
    card('', chart({ title: 'Subrequests, cold starts', points, bucket, kind: 'line', series: [{ key: 'subrequests', label: 'subrequests', colour: 4 }, { key: 'cold', label: 'cold starts', colour: 2 }] })),
    card('', chart({ title: 'Sent', note: each, points, bucket, format: bytes, series: [{ key: 'out', label: 'bytes', colour: 3 }] })));
}

export default function usage({ worker, query, signal }) {
  const span = spanField(query);
  const body = slot(() => orNotYet(async () => {
    const chosen = span.chosen();
    const got = await readUsage([worker.path], chosen, signal);
    return [usageStats(got), usageCharts(got, chosen), moreCharts(got, chosen),
      Object.keys(got.kinds).length > 0 && card('Errors by kind', h('div', { class: 'tags' }, Object.entries(got.kinds).map(([kind, n]) => badge(`${kind}: ${number(n)}`, 'bad'))))];
  }), { lines: 10 });
  span.addEventListener('change', () => body.reload());
  return h('div', null, h('div', { class: 'toolbar' }, span), body);
}
