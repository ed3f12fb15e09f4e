/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows as CSV (RFC 4180), and back. What was text stands in quotes, so NULL
 * (nothing), numbers and blobs (X'00ff') are known again by those that do not.
 */
import { hexOf } from './values.js';

const BLOB = /^x'([0-9a-f]{2})*'$/i;

function cellOf(value) {
  if (value === null) return '';
  if (Array.isArray(value)) return `X'${hexOf(value)}'`;
  return typeof value === 'string' ? `"${value.replaceAll('"', '""')}"` : String(value);
}

export function csvOf(rows) {
  return rows.map((row) => `${row.map(cellOf).join()}\r\n`).join('');
}

/* The one of these that the first line has most of. */
function delimiterOf(text) {
  const line = text.slice(0, 65536).split('\n', 1)[0];
  return [',', ';', '\t', '|'].map((c) => [c, line.split(c).length]).sort((a, b) => b[1] - a[1])[0][0];
}

function broken(line, what) {
  return Object.assign(new Error(`Line ${line}: ${what}`), { hint: 'Fields are apart by commas, semicolons or tabs; one that has such a sign, a quote or a line end in it stands in "quotes", and a quote in it is written twice.' });
}

/** Records of a text: [{line, fields: [{text, quoted}, ...]}, ...]; lines count from 1. Empty ones are left out. */
export function readCsv(source) {
  const text = source.replace(/^\uFEFF/, '');
  const delimiter = delimiterOf(text);
  const records = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const record = { line, fields: [] };
    for (let more = true; more;) {
      let field;
      if (text[at] === '"') {
        let end = at + 1;
        for (;; end += 2) {
          end = text.indexOf('"', end);
          if (end < 0) throw broken(record.line, 'a quote does not end');
          if (text[end + 1] !== '"') break;
        }
        const inside = text.slice(at + 1, end);
        line += inside.split('\n').length - 1;
        field = { text: inside.replaceAll('""', '"'), quoted: true };
        at = end + 1;
        if (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') throw broken(line, 'something stands behind a quote');
      } else {
        let end = at;
        while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') end++;
        field = { text: text.slice(at, end), quoted: false };
        at = end;
      }
      record.fields.push(field);
      more = text[at] === delimiter;
      if (more) at++;
    }
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    line++;
    if (record.fields.length > 1 || record.fields[0].text !== '' || record.fields[0].quoted) records.push(record);
  }
  return records;
}

/* ---- as SQL ------------------------------------------------------------------------ */

const INTEGER = /^-?(0|[1-9]\d{0,17})$/;

function isReal(text) {
  return /^-?\d+\.\d+$/.test(text) && String(Number(text)) === text;
}

/** 'null', 'integer', 'real', 'blob' or 'text'. */
function kindOf({ text, quoted }) {
  if (quoted) return 'text';
  if (text === '') return 'null';
  if (INTEGER.test(text)) return 'integer';
  if (isReal(text)) return 'real';
  return BLOB.test(text) ? 'blob' : 'text';
}

export function literalOf(field) {
  const kind = kindOf(field);
  if (kind === 'null') return 'NULL';
  return kind === 'text' ? `'${field.text.replaceAll('\'', '\'\'')}'` : field.text;
}

/** What a column of such fields is best declared as. */
export function declaredOf(fields) {
  const kinds = new Set(fields.map(kindOf));
  kinds.delete('null');
  if (kinds.size === 0 || kinds.has('text')) return 'TEXT';
  if (kinds.has('blob')) return kinds.size === 1 ? 'BLOB' : 'TEXT';
  return kinds.has('real') ? 'REAL' : 'INTEGER';
}
