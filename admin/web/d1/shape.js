/* SPDX-License-Identifier: Apache-2.0 */
/* A table's columns, what names a row of it, and one row: read, written, taken away if it is what it was. */
import { ask, quote } from './ask.js';
import { hexOf, sqlOf, textOf } from './values.js';

const COLUMNS_MAX = 100; /* of an answer */
const PARAMS_MAX = 100;

/**
 * {name, columns: [{name, type, needed, standard, pk, made}], key}: made by SQLite
 * from others; key: names a row, {rowid, wide} (it is one column too many for an answer)
 * or {columns}. Null where rows cannot be named.
 */
export async function shapeOf(id, one, signal) {
  const name = quote(one.name);
  const [info, list] = await ask(id, `PRAGMA table_xinfo(${name}); PRAGMA table_list(${name})`, { signal });
  const columns = info.rows.filter((r) => r[6] !== 1).map(([, column, type, needed, standard, pk, hidden]) =>
    ({ name: column, type, needed: needed === 1, standard, pk, made: hidden > 1 }));
  return { name: one.name, columns, key: one.type === 'table' ? keyOf(columns, list) : null };
}

function keyOf(columns, list) {
  const at = list.columns.indexOf('wr');
  const own = columns.filter((c) => c.pk).sort((a, b) => a.pk - b.pk).map((c) => c.name);
  if (list.rows[0]?.[at] === 1) return { columns: own };
  const taken = columns.map((c) => c.name.toLowerCase());
  const rowid = ['rowid', '_rowid_', 'oid'].find((n) => !taken.includes(n));
  return rowid ? { rowid, wide: columns.length >= COLUMNS_MAX } : null;
}

/**
 * The rows of SELECT: {columns, rows, keys: row -> what names it, meta}.
 *
 * @param tail what follows the table's name; where the key is wide it leaves no
 *        two rows in any order
 */
export async function readRows(id, shape, tail, signal) {
  const { rowid, wide } = shape.key ?? {};
  if (wide) {
    const from = ` FROM ${quote(shape.name)}${tail}`;
    const [found, keys] = await ask(id, `SELECT *${from}; SELECT ${rowid}${from}`, { signal });
    return { ...found, keys: new Map(found.rows.map((r, i) => [r, keys.rows[i]])) };
  }
  const [found] = await ask(id, `SELECT ${rowid ? `${rowid}, ` : ''}* FROM ${quote(shape.name)}${tail}`, { signal });
  if (!rowid) {
    const at = (shape.key?.columns ?? []).map((c) => found.columns.indexOf(c));
    return { ...found, keys: new Map(found.rows.map((r) => [r, at.map((i) => r[i])])) };
  }
  const rows = found.rows.map((r) => r.slice(1));
  return { ...found, columns: found.columns.slice(1), rows, keys: new Map(rows.map((r, i) => [r, [found.rows[i][0]]])) };
}

function same(column, value) {
  if (value === null) return { sql: `${column} IS NULL`, params: [] };
  if (Array.isArray(value)) return { sql: `${column} = x'${hexOf(value)}'`, params: [] };
  if (typeof value === 'string') return { sql: `${column} = ?`, params: [value] };
  const whole = /^-?\d+$/.test(String(value));
  return { sql: `${column} = CAST(? AS ${whole ? 'INTEGER' : 'REAL'})`, params: [String(value)] };
}

function where(shape, key) {
  const names = shape.key.rowid ? [shape.key.rowid] : shape.key.columns.map(quote);
  const parts = names.map((n, i) => same(n, key[i]));
  return { sql: parts.map((p) => p.sql).join(' AND '), params: parts.flatMap((p) => p.params) };
}

/* Expressions may be 100 deep: halves of halves. */
function joined(list) {
  if (list.length === 1) return list[0];
  const half = list.length >> 1;
  return `(${joined(list.slice(0, half))}||','||${joined(list.slice(half))})`;
}

/* All that is in a row, as a text of ASCII: two that differ have different ones. */
function markOf(shape) {
  return `hex(${joined(shape.columns.filter((c) => !c.made).map((c) => `quote(${quote(c.name)})`))})`;
}

/** {mark, cells: {column: [type, text]}} of a row; null: it is not there. */
export async function readRow(id, shape, key, signal) {
  const names = shape.columns.map((c) => quote(c.name));
  const at = where(shape, key);
  const from = ` FROM ${quote(shape.name)} WHERE ${at.sql}`;
  const [marks, types, values] = await ask(id, [`SELECT ${markOf(shape)}`, `SELECT ${names.map((n) => `typeof(${n})`).join()}`, `SELECT ${names.join()}`]
    .map((sql) => ({ sql: sql + from, params: at.params })), { signal }).catch((error) => {
    if (/too big/.test(error.message)) error.hint = 'A row is compared before it is written, and this one is too large for that: all its values together may have some 490,000 bytes. SQL can change it, and so can a Worker.';
    throw error;
  });
  if (!marks.rows.length) return null;
  return { mark: marks.rows[0][0], cells: Object.fromEntries(shape.columns.map((c, i) =>
    [c.name, [types.rows[0][i], textOf(types.rows[0][i], values.rows[0][i])]])) };
}

/* max: how many parameters there may be; shorter texts stand in the statement then */
function parts(cells, max) {
  const list = Object.entries(cells).map(([name, [type, text]]) => ({ name: quote(name), ...sqlOf(name, type, text) }));
  const plain = list.filter((p) => typeof p.params[0] === 'string' && !p.params[0].includes('\0')).sort((a, b) => a.params[0].length - b.params[0].length);
  for (const p of plain.slice(0, Math.max(0, list.filter((each) => each.params.length).length - max))) {
    p.sql = `'${p.params[0].replaceAll("'", "''")}'`;
    p.params = [];
  }
  return list;
}

/** Write these columns, if the row is as it was. False: it is not, and was left alone. */
export async function updateRow(id, shape, key, mark, cells) {
  const at = where(shape, key);
  const list = parts(cells, PARAMS_MAX - at.params.length - 1);
  const [done] = await ask(id, `UPDATE ${quote(shape.name)} SET ${list.map((p) => `${p.name} = ${p.sql}`).join()} WHERE ${at.sql} AND ${markOf(shape)} = ?`,
    { params: [...list.flatMap((p) => p.params), ...at.params, mark] });
  return done.meta.changes > 0;
}

export async function deleteRow(id, shape, key, mark) {
  const at = where(shape, key);
  const [done] = await ask(id, `DELETE FROM ${quote(shape.name)} WHERE ${at.sql} AND ${markOf(shape)} = ?`, { params: [...at.params, mark] });
  return done.meta.changes > 0;
}

export async function insertRow(id, shape, cells) {
  const list = parts(cells, PARAMS_MAX);
  await ask(id, `INSERT INTO ${quote(shape.name)} ${list.length ? `(${list.map((p) => p.name).join()}) VALUES (${list.map((p) => p.sql).join()})` : 'DEFAULT VALUES'}`,
    { params: list.flatMap((p) => p.params) });
}
