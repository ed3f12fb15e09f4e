/* SPDX-License-Identifier: Apache-2.0 */
/* How the server is, what all of it did, and what was changed last. */
import { api, isLimited, may } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { ago, ms, number, percent, when } from '../lib/format.js';
import { link } from '../lib/router.js';
import { badge, button, card, empty, pageHead, slot, stat, table } from '../lib/ui.js';
import { orNotYet, readUsage, spanField, sumOf, timesOf, usageCharts } from '../worker/usage.js';
import { healthView, isFine } from './health.js';
import { createNamespace } from './namespaces.js';

const SHOWN = 8;
const SPACES = '~/workers/dispatch/namespaces';
const ALL = '~/workers/dispatch';
/* what changes the code that runs, as the audit log has it */
const DEPLOYS = { upload: 'uploaded', content: 'new code', deploy: 'deployed', rollback: 'rolled back' };

function nameOf(ns) {
  return h('a', { class: 'strong', href: link('/ns/{ns}', { ns }) }, ns);
}

/** Nothing ran: those that were changed last. */
function quietTable(rows) {
  return table({ caption: 'Dispatch namespaces', rows, columns: [
    { label: 'Name', cell: (n) => nameOf(n.namespace_name) },
    { label: 'Workers', class: 'num', cell: (n) => number(n.script_count) },
    { label: 'Changed', class: 'tight', cell: (n) => h('span', { title: when(n.modified_on) }, ago(n.modified_on)) },
  ] });
}

function busyTable(rows) {
  return table({ caption: 'Namespaces with most requests', rows, columns: [
    { label: 'Name', cell: (g) => nameOf(g.namespace) },
    { label: 'Requests', class: 'num', cell: (g) => number(g.requests) },
    { label: 'Errors', class: 'num', cell: (g) => percent(sumOf(g.errors), g.requests) },
    { label: 'CPU', class: 'num', cell: (g) => ms(g.cpu_ms.total) },
  ] });
}

/** Where a row of the audit log leads. */
function worker({ namespace, name }) {
  const to = namespace ? link('/ns/{ns}/w/{name}', { ns: namespace, name }) : link('/workers/{name}', { name });
  return h('a', { class: 'strong', href: to }, namespace ? `${namespace}/${name}` : name);
}

function deploys(rows) {
  const list = rows.filter((r) => DEPLOYS[r.action] && ['script', 'version'].includes(r.object.type)).slice(0, SHOWN);
  if (!list.length) return empty('Nothing was deployed lately', 'The last uploads and deployments are shown here.');
  return table({
    caption: 'Recent deploys',
    columns: [
      { label: 'Worker', cell: (a) => worker(a.object) },
      { label: 'What', cell: (a) => [badge(DEPLOYS[a.action]), a.object.type === 'version' ? [' ', badge('no traffic yet')] : ''] },
      { label: 'By', cell: (a) => h('span', { class: 'cut' }, a.actor.name ?? '') },
      { label: 'When', class: 'tight', cell: (a) => h('span', { title: when(a.when) }, ago(a.when)) },
    ],
    rows: list,
  });
}

/** Figures that come later, in the place they will have. */
function laterStats() {
  const made = ['Requests', 'Errors', 'CPU'].map((label) => stat(label, '–', { sub: '\u00a0' }));
  return { made, set({ points }, label) {
    const total = (key) => points.reduce((n, p) => n + p[key], 0);
    const requests = total('requests');
    const errors = total('errors');
    const time = label.toLowerCase();
    [number(requests), number(errors), ms(total('cpu'))].forEach((text, i) => {
      made[i].querySelector('strong').textContent = text;
      made[i].querySelector('.muted').textContent = time;
    });
    made[1].classList.toggle('bad', errors > 0);
    if (requests) made[1].querySelector('.muted').textContent = `${percent(errors, requests)} of them`;
  } };
}

/** Of the time that is chosen: figures, charts, and who did most. */
function runs(later, query, signal) {
  const span = spanField(query);
  const charts = slot(() => orNotYet(async () => {
    const chosen = span.chosen();
    const got = await readUsage([ALL], chosen, signal);
    later.set(got, chosen[0]);
    return usageCharts(got, chosen);
  }), { lines: 6 });
  charts.classList.add('charts');
  const most = slot(async () => {
    const doc = await api.get(`${ALL}/usage`, { ...timesOf(span.chosen()), group_by: 'namespace', order: 'requests', limit: SHOWN }, { signal });
    const busy = doc.result.groups.filter((g) => g.requests > 0);
    if (busy.length) return busyTable(busy);
    return quietTable((await api.get(SPACES, { page: 1, per_page: SHOWN, order: 'modified_on', direction: 'desc' }, { signal })).result);
  }, { lines: SHOWN });
  most.classList.add('most');
  span.addEventListener('change', () => {
    charts.reload();
    most.reload();
  });
  return { span, charts, most };
}

function firstSteps() {
  return empty('No dispatch namespace yet', 'A namespace holds the Workers of your customers. Most platforms need one for production and one for staging.',
    may('admin') && !isLimited() && button('Create a namespace', () => createNamespace(), { kind: 'primary', icon: 'plus' }));
}

function recent(signal) {
  return card('Recent deploys', slot(async () =>
    deploys((await api.get('~/audit', { limit: 2 * SHOWN, action: Object.keys(DEPLOYS).join(',') }, { signal })).result), { lines: 6 }),
  { actions: h('a', { href: '#/audit' }, 'Audit log'), class: 'listed' });
}

/** result_info of the namespaces; a limited token has few, which are added up here. */
async function counted(signal) {
  const limited = isLimited();
  const doc = await api.get(SPACES, { page: 1, per_page: limited ? 1000 : 1 }, { signal });
  return { spaces: doc.result_info.total_count, workers: doc.result_info.script_count ?? doc.result.reduce((n, ns) => n + ns.script_count, 0) };
}

export default async function overview({ query, signal }) {
  const [count, state] = await Promise.all([counted(signal), api.get('~/healthz', null, { signal })]);
  const all = !isLimited();
  const fine = isFine(state.result);
  const later = laterStats();
  const { span, charts, most } = count.spaces > 0 ? runs(later, query, signal) : {};
  return h('div', null,
    pageHead('Overview', { actions: [span, may('admin') && all && button('New namespace', () => createNamespace(), { icon: 'plus' })] }),
    h('div', { class: 'stats' },
      stat('Namespaces', number(count.spaces), { href: '#/ns', sub: all ? 'on this server' : 'your token reaches' }), stat('User Workers', number(count.workers), { sub: 'in all of them' }), later.made,
      stat('Server', fine ? 'Healthy' : 'Degraded', { kind: fine ? 'good' : 'bad', sub: fine ? 'the store answers' : state.result.problems?.length ? 'see below' : 'ask who runs it' })),
    charts,
    h('div', { class: 'grid even' },
      card('Busiest namespaces', most ?? firstSteps(), { actions: count.spaces > 0 && h('a', { href: '#/ns' }, `All ${number(count.spaces)}`), class: 'listed' }),
      all && card('Server', healthView(state.result), { actions: h('a', { href: '#/settings' }, 'Settings') })),
    may('admin') && all && recent(signal));
}
