/* SPDX-License-Identifier: Apache-2.0 */
/* SQL as the API runs it, and what to do about its errors. */
import { call, seg } from '../lib/api.js';

export const PATH = '~/d1/database';

/* What SQLite says -> what somebody can do. */
const MEND = [
  [/no such table/, 'Look at the list of tables. A name with spaces or capitals that matter stands in "double quotes".'],
  [/no such column/, 'Look at the table\'s columns. A text stands in \'single quotes\', a name in "double quotes".'],
  [/syntax error|incomplete input|unrecognized token/, 'Look just before the word that is named. Statements end with a semicolon, texts stand in \'single quotes\'.'],
  [/already exists/, 'Say IF NOT EXISTS, choose another name, or drop what is there first.'],
  [/UNIQUE constraint|PRIMARY KEY/, 'A row with this value is there already: change the value, or say INSERT OR REPLACE or ON CONFLICT.'],
  [/NOT NULL constraint/, 'Give this column a value.'],
  [/FOREIGN KEY constraint/, 'Insert the row that is referred to first, or delete those that refer to it.'],
  [/CHECK constraint|datatype mismatch/, 'The table does not take this value: look at how it was made.'],
  [/not authorized|transaction/, 'All that is run together is one transaction already: leave out BEGIN and COMMIT. ATTACH, VACUUM, most PRAGMAs, virtual and temporary tables are not for D1.'],
  [/SQLITE_INTERRUPT|longer than it may/, 'Ask for less: a LIMIT, a WHERE on a column with an index, fewer rows at a time.'],
  [/too many SQL variables/, 'Change fewer columns at a time.'],
  [/too big|too much|too large|SQLITE_NOMEM/, 'Ask for less: fewer rows by LIMIT, fewer columns.'],
  [/SQLITE_FULL|is full/, 'The database is as large as it may be: delete rows that are not needed.'],
];

/** The same error, with a hint that fits what SQLite says. */
export function mended(error) {
  if (error.name === 'ApiError' && error.status === 400) {
    const hint = MEND.find(([pattern]) => pattern.test(error.message))?.[1];
    if (hint) error.hint = `${hint} Nothing was changed.`;
  }
  return error;
}

/* Whole numbers that JavaScript's would round are kept whole, where the browser can tell. */
function exact(key, value, context) {
  return typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context.source) : value;
}

/**
 * Run SQL: [{columns, rows, meta}, ...], one a statement. All of it is one transaction.
 *
 * @param sql a text, or [{sql, params}, ...]
 */
export async function ask(id, sql, { params, signal } = {}) {
  let res;
  try {
    res = await call('POST', `${PATH}/${seg(id)}/raw`, { json: Array.isArray(sql) ? { batch: sql } : { sql, params }, signal });
  } catch (error) {
    throw mended(error);
  }
  return JSON.parse(await res.text(), exact).result.map((r) => ({ ...r.results, meta: r.meta }));
}

/** Does SQL drop something, or touch all rows of a table? A help, no wall. */
export function isDangerous(sql) {
  return sql.replace(/'(?:[^']|'')*'|--.*$|\/\*[\s\S]*?\*\//gm, ' ').split(';')
    .some((s) => /\bDROP\b/i.test(s) || (/\b(DELETE\s+FROM|UPDATE)\b/i.test(s) && !/\b(WHERE|TRIGGER)\b/i.test(s)));
}

/** A name as SQL has it. */
export function quote(name) {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Tables and views: [{type, name, sql}, ...]. */
export async function tablesOf(id, signal) {
  const [found] = await ask(id, 'SELECT type, name, sql FROM sqlite_schema WHERE type IN (\'table\', \'view\') AND name NOT LIKE \'sqlite!_%\' ESCAPE \'!\' ORDER BY name', { signal });
  return found.rows.map(([type, name, sql]) => ({ type, name, sql }));
}
