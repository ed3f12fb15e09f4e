/* SPDX-License-Identifier: Apache-2.0 */
/* Values as SQLite has them, as people write them: a type and a text. */

export const TYPES = [['null', 'NULL'], ['integer', 'integer'], ['real', 'real'], ['text', 'text'], ['blob', 'blob, hex']];

const INT_MAX = 2n ** 63n;
/* the row is compared when it is written again, and for that each byte is four digits of at most 2,000,000 */
const BLOB_MAX = 400000;

export function hexOf(bytes) {
  return bytes.map((b) => b.toString(16).padStart(2, '0')).join('');
}

/** A value of the API, of which typeof() is known, as text. */
export function textOf(type, value) {
  if (type === 'null') return '';
  if (type === 'blob') return hexOf(value);
  if (type !== 'real') return String(value);
  if (value === null) return 'infinite';
  return /^-?\d+$/.test(String(value)) ? `${value}.0` : String(value);
}

function wrong(text, hint) {
  const error = new Error(text);
  error.hint = hint;
  return error;
}

/** A type and a text as SQL: {sql, params}. Throws what is wrong with it; name: the column. */
export function sqlOf(name, type, text) {
  const bare = text.trim();
  if (type === 'null') return { sql: 'NULL', params: [] };
  if (type === 'text') return { sql: '?', params: [text] };
  if (type === 'integer') {
    const n = /^[+-]?\d{1,30}$/.test(bare) ? BigInt(bare.replace('+', '')) : null;
    if (n === null || n >= INT_MAX || n < -INT_MAX) throw wrong(`${name}: "${bare}" is no integer`, 'Digits, with "-" in front where it is negative; 64 bits.');
    return { sql: `(${n})`, params: [] };
  }
  if (type === 'real') {
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(bare) || !isFinite(Number(bare))) throw wrong(`${name}: "${bare}" is no number`, 'Such as 1.5 or 2e-3.');
    return { sql: `CAST(${bare} AS REAL)`, params: [] };
  }
  const hex = text.replace(/\s+/g, '').replace(/^0x/i, '');
  if (!/^([0-9a-f]{2})*$/i.test(hex)) throw wrong(`${name}: no bytes in hex`, 'Two digits of 0-9 and a-f for each byte, such as 00 ff.');
  if (hex.length > 2 * BLOB_MAX) throw wrong(`${name}: more than ${BLOB_MAX} bytes`, 'The row could not be compared before it is written again. A Worker can write larger blobs.');
  return { sql: '?', params: [Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16))] };
}

/** The type that a column declared so has values of, mostly. */
export function typeOf(declared) {
  const t = declared.toUpperCase();
  if (t.includes('INT')) return 'integer';
  if (/CHAR|CLOB|TEXT/.test(t)) return 'text';
  if (t.includes('BLOB')) return 'blob';
  return /REAL|FLOA|DOUB/.test(t) ? 'real' : 'text';
}
