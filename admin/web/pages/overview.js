/* SPDX-License-Identifier: Apache-2.0 */
/* How the server is, what is on it, and what was done last. */
import { api, isLimited, may, seg } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { ago, ms, number, percent, when } from '../lib/format.js';
import { link } from '../lib/router.js';
import { badge, button, card, empty, pageHead, slot, stat, table } from '../lib/ui.js';
import { SPANS, orNotYet, readUsage, usageCharts } from '../worker/usage.js';
import { healthView, isFine } from './health.js';
import { createNamespace } from './namespaces.js';

const SHOWN = 8;
const CHARTED = 20;
/* what changes the code that runs, as the audit log has it */
const DEPLOYS = { upload: 'uploaded', content: 'new code', deploy: 'deployed', rollback: 'rolled back' };

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
    rows: list.slice(0, SHOWN),
  });
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
  const made = ['Requests', 'Errors', 'CPU'].map((label) => stat(label, '–', { sub: 'last hour' }));
  return { made, set({ points }) {
    const total = (key) => points.reduce((n, p) => n + p[key], 0);
    const requests = total('requests');
    const errors = total('errors');
    [number(requests), number(errors), ms(total('cpu'))].forEach((text, i) => {
      made[i].querySelector('strong').textContent = text;
    });
    made[1].classList.toggle('bad', errors > 0);
    made[1].querySelector('.muted').textContent = requests ? `${percent(errors, requests)} of them` : 'last hour';
  } };
}

function charts(list, later, signal) {
  const el = slot(() => orNotYet(async () => {
    const got = await readUsage(list.slice(0, CHARTED).map((n) => `~/workers/dispatch/namespaces/${seg(n.namespace_name)}`), SPANS[0], signal);
    later.set(got);
    return usageCharts(got, SPANS[0]);
  }), { lines: 6 });
  el.classList.add('charts');
  return el;
}

export default async function overview({ signal }) {
  const [names, state] = await Promise.all([
    api.get('~/workers/dispatch/namespaces', null, { signal }),
    api.get('~/healthz', null, { signal }),
  ]);
  const list = names.result;
  const all = !isLimited();
  const workers = list.reduce((n, ns) => n + (ns.script_count ?? 0), 0);
  const fine = isFine(state.result);
  const later = laterStats();
  return h('div', null,
    pageHead('Overview', { actions: may('admin') && all ? [button('New namespace', () => createNamespace(), { icon: 'plus' })] : [] }),
    h('div', { class: 'stats' },
      stat('Namespaces', number(list.length), { href: '#/ns' }), stat('User Workers', number(workers), { sub: 'in all of them' }), later.made,
      stat('Server', fine ? 'Healthy' : 'Degraded', { kind: fine ? 'good' : 'bad', sub: fine ? 'the store answers' : 'the store does not answer' })),
    list.length > 0 && charts(list, later, signal),
    h('div', { class: 'grid' },
      card('Namespaces', namespaceTable(list), { actions: list.length > SHOWN ? h('a', { href: '#/ns' }, `All ${number(list.length)}`) : null }),
      all && card('Server', healthView(state.result), { actions: h('a', { href: '#/settings' }, 'Settings') })),
    may('admin') && all && card('Recent deploys', slot(async () =>
      deploys((await api.get('~/audit', { limit: 100 }, { signal })).result), { lines: 6 }), { actions: h('a', { href: '#/audit' }, 'Audit log') }));
}
