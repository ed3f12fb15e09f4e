/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log: who did what to which object from where, newest first. */
import { api } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { ago, when } from '../lib/format.js';
import { badge, empty, field, input, pageHead, table, toastError, worker } from '../lib/ui.js';

const EACH = 50;

function object(row) {
  return h('span', null, row.object.type, ' ', h('span', { class: 'strong' }, [row.object.namespace, row.object.name].filter(Boolean).join('/')));
}

function details(row) {
  const text = JSON.stringify(row.details ?? {});
  return text === '{}' ? '' : h('code', { class: 'mono' }, text);
}

function list(rows) {
  return rows.length === 0 ? empty('Nothing was changed', 'Every change of a Worker, a namespace, a token or an object leaves a row here.')
    : table({
      caption: 'Audit log',
      columns: [
        { label: 'When', class: 'tight', cell: (r) => h('span', { title: when(r.when) }, ago(r.when)) },
        { label: 'Who', cell: (r) => h('span', null, h('span', { class: 'strong' }, r.actor.name || r.actor.id || '–'), ' ', badge(r.actor.source)) },
        { label: 'From', class: 'tight', cell: (r) => r.actor.address || 'this host' },
        { label: 'What', class: 'tight', cell: (r) => badge(r.action) },
        { label: 'Of', cell: object },
        { label: 'Details', cell: details },
      ],
      rows,
    });
}

export default function audit({ signal }) {
  const box = h('div');
  const since = input({ type: 'date', name: 'since', onchange: () => begin().catch(toastError) });
  const more = worker('Show more', () => next());
  let rows = [];
  let cursor = '';
  async function next() {
    const doc = await api.get('~/audit', { limit: EACH, cursor, since: since.value }, { signal });
    rows = rows.concat(doc.result);
    cursor = doc.result_info.cursor;
    more.hidden = !cursor;
    fill(box, list(rows));
  }
  function begin() {
    rows = [];
    cursor = '';
    return next();
  }
  return begin().then(() => h('div', null,
    pageHead('Audit log', { sub: 'Who did what to which object from where.' }),
    h('div', { class: 'toolbar' }, field('Since', since)), box, more));
}
