/* SPDX-License-Identifier: Apache-2.0 */
/* A table, a view or a result as a file of CSV. */
import { keep } from '../lib/data.js';
import { fill, h } from '../lib/dom.js';
import { bytes, number, plural } from '../lib/format.js';
import { dialog, errorBox, note, progress, toast } from '../lib/ui.js';
import { quote } from './ask.js';
import { csvOf } from './csv.js';
import { readRows } from './shape.js';

const EACH = 5000;

function save(parts, name) {
  const blob = new Blob(parts, { type: 'text/csv' });
  keep(blob, `${name}.csv`);
  return blob.size;
}

/** Rows that are here already. */
export function saveResult({ columns, rows }, name) {
  toast(`Saved ${plural(rows.length, 'row')} (${bytes(save([csvOf([columns]), csvOf(rows)], name))})`);
}

/* Pages that do not move when rows come and go; a view has nothing to go by. */
function nextOf(shape, state, n) {
  const { rowid, columns } = shape.key ?? {};
  if (rowid) return `${state.last === null ? '' : ` WHERE ${rowid} > CAST('${state.last}' AS INTEGER)`} ORDER BY ${rowid} LIMIT ${n}`;
  return columns ? ` ORDER BY ${columns.map(quote).join()} LIMIT ${n} OFFSET ${state.count}` : '';
}

/** All rows, told(how many there are so far) as they come. */
async function readAll(id, shape, told, signal) {
  const state = { last: null, count: 0 };
  const parts = [];
  let each = EACH;
  for (;;) {
    let found;
    try {
      found = await readRows(id, shape, nextOf(shape, state, each), signal);
    } catch (error) {
      /* large rows: fewer at a time */
      if (!shape.key || each === 1 || error.status !== 400 || !/too (big|large|much)|more than|rows/i.test(error.message)) throw error;
      each = Math.max(1, each >> 3);
      continue;
    }
    if (!parts.length) parts.push(csvOf([found.columns]));
    parts.push(csvOf(found.rows));
    state.count += found.rows.length;
    told(state.count);
    if (!shape.key || found.rows.length < each) return { parts, count: state.count };
    if (shape.key.rowid) state.last = String(found.keys.get(found.rows.at(-1))[0]);
  }
}

/** A dialog that follows, and can be left. */
export async function saveTable(id, shape, name) {
  const stop = new AbortController();
  const bar = progress('Reading');
  bar.set(null);
  const box = h('div', null, bar);
  const { el } = dialog({ title: `Export ${shape.name} as CSV`, body: box });
  el.addEventListener('close', () => stop.abort());
  try {
    const { parts, count } = await readAll(id, shape, (n) => bar.set(null, `${plural(n, 'row')} read`), stop.signal);
    const size = save(parts, name);
    fill(box, note([h('strong', null, `Saved ${name}.csv`), h('p', null, `${plural(count, 'row')}, ${number(size)} bytes. It is where your browser keeps downloads.`),
      count > EACH && h('p', null, 'It was read in parts: what changed meanwhile may be in it or not. An export as SQL is as of one moment.')]));
  } catch (error) {
    if (error.name !== 'AbortError') fill(box, errorBox(error));
  }
}
