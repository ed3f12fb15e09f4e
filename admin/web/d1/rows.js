/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of SQL, and how dear they were. */
import { h } from '../lib/dom.js';
import { bytes, ms, number, plural } from '../lib/format.js';
import { table } from '../lib/ui.js';

const LONG = 160;

function hex(list) {
  return list.map((b) => b.toString(16).padStart(2, '0')).join(' ');
}

/** A value: text as it is, what is none in words. */
export function valueView(value) {
  if (value === null) return h('span', { class: 'muted' }, 'NULL');
  if (Array.isArray(value)) {
    return h('details', null, h('summary', null, `blob, ${bytes(value.length)}`), h('pre', null, hex(value.slice(0, 1024)), value.length > 1024 && ' …'));
  }
  const text = String(value);
  if (text === '') return h('span', { class: 'muted' }, 'empty');
  if (text.length <= LONG) return h('span', { class: 'cell' }, text);
  return h('details', null, h('summary', null, `${text.slice(0, LONG)}…`), h('pre', null, text));
}

function isNumber(value) {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** sort: {by: a column's name, down}; action(row): a button before it, or nothing */
export function rowsTable({ columns, rows, caption, sort, onSort, none, action }) {
  const cells = columns.map((label, i) => ({
    label, sort: label, class: rows.some((r) => isNumber(r[i])) && rows.every((r) => r[i] === null || isNumber(r[i])) ? 'num' : '',
    cell: (row) => valueView(row[i]),
  }));
  return h('div', { class: 'sheet' }, table({ caption, rows, sort, onSort, none, columns: action ? [{ label: '', class: 'tight act', cell: action }, ...cells] : cells }));
}

/** What the API says of a statement, in words. */
export function metaText(meta) {
  return [`${number(meta.rows_read)} read`, `${number(meta.rows_written)} written`, meta.changes > 0 && `${plural(meta.changes, 'row')} changed`, ms(meta.duration)]
    .filter(Boolean).join(' · ');
}
