/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of a database, and the rows of one by pages. */
import { boundCard, pager } from '../lib/data.js';
import { h } from '../lib/dom.js';
import { number, plural } from '../lib/format.js';
import { go, link } from '../lib/router.js';
import { badge, button, card, empty, note, slot, table, toastError, worker } from '../lib/ui.js';
import { ask, quote, tablesOf } from './ask.js';
import { metaText, rowsTable } from './rows.js';
import { readRows, shapeOf } from './shape.js';

const EACH = 50;

function listView(id, list) {
  if (!list.length) {
    return empty('No table yet', 'Make one with SQL, or import a file of SQL, such as one that an export or wrangler made.',
      h('a', { class: 'btn primary', href: link('/d1/{id}', { id }, { tab: 'sql' }) }, 'Write SQL'));
  }
  return table({ caption: 'Tables', rows: list, columns: [
    { label: 'Name', cell: (t) => h('a', { class: 'strong', href: link('/d1/{id}', { id }, { table: t.name }) }, t.name) },
    { label: 'Kind', class: 'tight', cell: (t) => badge(t.type) },
  ] });
}

/** One more than is shown tells whether there is a next page. */
async function read(id, shape, state, signal) {
  const by = [state.sort && `${quote(state.sort.by)}${state.sort.down ? ' DESC' : ''}`, shape.key?.wide && shape.key.rowid].filter(Boolean);
  const order = by.length ? ` ORDER BY ${by.join()}` : '';
  const found = await readRows(id, shape, `${order} LIMIT ${EACH + 1} OFFSET ${(state.page - 1) * EACH}`, signal);
  return { ...found, more: found.rows.length > EACH, rows: found.rows.slice(0, EACH) };
}

/** The button before a row. done: when something was changed. */
function editButton(id, shape, found, from, done) {
  if (!shape.key) return null;
  return (row) => worker('Edit', async () => (await import('./row.js')).editRow(id, shape, found.keys.get(row), done),
    { small: true, 'aria-label': `Edit row ${number(from + found.rows.indexOf(row) + 1)}` });
}

function rowsView(id, shape, query, signal) {
  const state = { page: Number(query.get('page')) || 1, sort: query.get('by') ? { by: query.get('by'), down: query.get('down') === '1' } : null };
  const at = (change) => {
    const next = { ...state, ...change };
    return link('/d1/{id}', { id }, { table: shape.name, page: next.page > 1 ? next.page : '', by: next.sort?.by, down: next.sort?.down ? 1 : '' });
  };
  const el = slot(async () => {
    const found = await read(id, shape, state, signal);
    const from = (state.page - 1) * EACH;
    return [rowsTable({ ...found, caption: `Rows of ${shape.name}`, sort: state.sort, onSort: (sort) => go(at({ sort, page: 1 })), action: editButton(id, shape, found, from, () => el.reload()),
      none: state.page > 1 ? empty('No more rows', 'The list ends before this page.') : empty('No row yet', 'Workers put rows here, or you do, with SQL.', h('a', { class: 'btn', href: link('/d1/{id}', { id }, { tab: 'sql' }) }, 'Write SQL')) }),
    h('div', { class: 'table-foot' }, h('span', { class: 'muted' }, metaText(found.meta)),
      pager({ before: state.page > 1 && at({ page: state.page - 1 }), after: found.more && at({ page: state.page + 1 }),
        say: found.rows.length ? `Rows ${number(from + 1)} to ${number(from + found.rows.length)}` : '' }))];
  }, { lines: 8 });
  return el;
}

/** Counting reads every row, so it is done when it is asked for. */
function counter(id, name, signal) {
  const box = h('span', { class: 'muted', role: 'status' });
  const b = button('Count the rows', async () => {
    b.disabled = true;
    try {
      const [found] = await ask(id, `SELECT count(*) FROM ${quote(name)}`, { signal });
      box.textContent = plural(Number(found.rows[0][0]), 'row');
    } catch (error) {
      if (error.name !== 'AbortError') toastError(error);
    } finally {
      b.disabled = false;
    }
  }, { small: true });
  return [box, b];
}

export default async function tables({ d1, query, signal }) {
  const id = d1.uuid;
  const list = await tablesOf(id, signal);
  const name = query.get('table');
  if (name === null) return h('div', null, listView(id, list), boundCard('d1', id, signal));
  const one = list.find((t) => t.name === name);
  const back = h('a', { href: link('/d1/{id}', { id }) }, 'All tables');
  if (!one) return h('div', null, note(`There is no table ${name} any more.`, 'warn'), h('p', null, back));
  const shape = await shapeOf(id, one, signal);
  const rows = rowsView(id, shape, query, signal);
  await rows.first; /* what is below does not jump */
  const tools = [counter(id, name, signal),
    worker('Export as CSV', async () => (await import('./csv_out.js')).saveTable(id, shape, one.name), { small: true }),
    one.type === 'table' && worker('New row', async () => (await import('./row.js')).addRow(id, shape, rows.reload), { small: true, icon: 'plus' })];
  return h('div', null, h('div', { class: 'toolbar' }, h('h2', { class: 'wrap' }, one.name), badge(one.type), back, h('span', { class: 'push actions' }, tools)),
    rows, !shape.key && note(one.type === 'table' ? 'Its rows cannot be edited here: nothing names them, since columns are called rowid, _rowid_ and oid. SQL can.'
      : 'A view shows what other tables have: its rows are changed there.'), card('How it was made', h('pre', null, one.sql)));
}
