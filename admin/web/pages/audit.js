/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log: who did what to which object from where, newest first. */
import { api } from '../lib/api.js';
import { time } from '../lib/data.js';
import { h } from '../lib/dom.js';
import { listing } from '../lib/listing.js';
import { link } from '../lib/router.js';
import { badge, empty, input, pageHead, select } from '../lib/ui.js';

/* of the actions those that one looks for */
const ACTIONS = [['', 'Any action'], ['upload,content', 'New code'], ['deploy,rollback', 'Deployments'], ['settings,update,tags,schedules', 'Settings'],
  ['secret', 'Secrets'], ['create', 'Made'], ['delete', 'Deleted'], ['revoke', 'Tokens revoked']];

/* Where an object is to be seen, by its type. Their own names are in the details, where they have an id. */
const PLACES = { namespace: (o) => link('/ns/{ns}', { ns: o.namespace }), d1_database: (o) => link('/d1/{id}', { id: o.name }),
  kv_namespace: (o) => link('/kv/{id}', { id: o.name }), r2_bucket: (o) => link('/r2/{bucket}', { bucket: o.name }),
  script: (o) => o.namespace ? link('/ns/{ns}/w/{name}', { ns: o.namespace, name: o.name }) : link('/workers/{name}', { name: o.name }) };
PLACES.version = PLACES.script;

function object({ object: o, details: d, action }) {
  const own = d?.name ?? d?.title;
  const id = [o.namespace, o.name].filter(Boolean).join('/');
  const to = !['delete', 'revoke'].includes(action) && PLACES[o.type]?.(o);
  const name = typeof own === 'string' && own ? own : id;
  return h('div', { class: 'two' }, to ? h('a', { class: 'strong', href: to }, name || o.type) : h('span', { class: 'strong' }, name || o.type),
    h('span', { class: 'muted' }, o.type.replace(/_/g, ' '), name !== id && [' ', h('code', null, id)]));
}

function details({ details: d }) {
  const { name, title, ...rest } = d ?? {};
  const text = JSON.stringify(typeof (name ?? title) === 'string' ? rest : d ?? {});
  return text === '{}' ? '' : h('code', { class: 'mono' }, text);
}

const columns = [
  { label: 'When', class: 'tight', cell: (r) => time(r.when) },
  { label: 'Who', cell: (r) => h('div', { class: 'two' }, h('span', { class: 'strong' }, r.actor.name || r.actor.id || '–'), h('span', { class: 'muted' }, r.actor.source)) },
  { label: 'From', class: 'tight', cell: (r) => r.actor.ip || 'this host' },
  { label: 'What', class: 'tight', cell: (r) => badge(r.action) },
  { label: 'Of', cell: object },
  { label: 'Details', cell: details },
];

export default async function audit({ query, signal }) {
  const since = input({ type: 'date', name: 'since', 'aria-label': 'Since', title: 'Since', value: query.get('since') ?? '', onchange: () => list.begin() });
  const action = select(ACTIONS, { name: 'action', 'aria-label': 'Action', value: query.get('action') ?? '', onchange: () => list.begin() });
  const keep = () => ({ since: since.value, action: action.value });
  const list = listing({
    query, caption: 'Audit log', columns, keep, label: 'Search who, where, what',
    extra: [action, h('label', { class: 'check' }, h('span', { class: 'muted' }, 'since'), since)],
    read: async ({ text, each, cursor }) => {
      const doc = await api.get('~/audit', { limit: each, cursor, search: text, ...keep() }, { signal });
      return { rows: doc.result, next: doc.result_info.cursor };
    },
    none: () => since.value || action.value ? empty('Nothing of that was changed', 'Choose an earlier day, or any action.')
      : empty('Nothing was changed', 'Every change of a Worker, a namespace, a token or an object leaves a row here.'),
  });
  await list.first;
  return h('div', null, pageHead('Audit log', { sub: 'Who did what to which object from where.' }), list);
}
