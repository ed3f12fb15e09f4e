/* SPDX-License-Identifier: Apache-2.0 */
/* Many keys as a file of JSON, which an upload of many, and wrangler kv bulk put, takes again. */
import { api, call } from '../lib/api.js';
import { base64Of, keep, patiently } from '../lib/data.js';
import { fill, h } from '../lib/dom.js';
import { number, plural } from '../lib/format.js';
import { parseExact } from '../lib/json.js';
import { dialog, errorBox, note, progress } from '../lib/ui.js';
import { readKey } from './value.js';

const EACH = 100; /* keys that are read in one call */

/** What one value is in the file; what JSON cannot hold is base64. Null: it is gone. */
async function slowly(at, name, signal) {
  const key = name === '.' || name === '..' ? null : await patiently(() => readKey(at, name, signal), signal);
  if (!key) return null;
  try {
    return { ...key, bytes: undefined, value: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(key.bytes) };
  } catch {
    return { ...key, bytes: undefined, value: base64Of(key.bytes), base64: true };
  }
}

/** {name: {value, metadata, expiration} or null}; {}: they are too large for one call. */
async function valuesOf(at, names, signal) {
  try {
    const res = await patiently(() => call('POST', `${at}/bulk/get`, { json: { keys: names, type: 'text', withMetadata: true }, signal }), signal);
    return parseExact(await res.text()).result.values;
  } catch (error) {
    if (error.status !== 413 && error.code !== 10029) throw error;
    return {};
  }
}

async function entriesOf(at, names, signal) {
  const values = await valuesOf(at, names, signal);
  const out = [];
  for (const key of names) {
    /* U+FFFD may stand for bytes that are no text; so may a name that is not found */
    const quick = values[key];
    const one = quick && !quick.value.includes('\uFFFD') ? quick : await slowly(at, key, signal);
    if (one) out.push(JSON.stringify({ key, value: one.value, base64: one.base64, expiration: one.expiration ?? undefined, metadata: one.metadata ?? undefined }));
  }
  return out;
}

/* Names by pages, of the server or of those that were chosen. */
async function* pagesOf(at, prefix, chosen, signal) {
  if (chosen) {
    for (let i = 0; i < chosen.length; i += EACH) yield chosen.slice(i, i + EACH);
    return;
  }
  let cursor = '';
  do {
    const doc = await patiently(() => api.get(`${at}/keys`, { prefix, limit: EACH, cursor }, { signal }), signal);
    yield doc.result.map((k) => k.name);
    cursor = doc.result_info.cursor;
  } while (cursor);
}

/**
 * @param at      the namespace's path in the API
 * @param chosen  names; null: all that begin with prefix
 */
export async function saveMany(at, title, prefix, chosen) {
  const stop = new AbortController();
  const bar = progress('Reading');
  bar.set(chosen ? 0 : null);
  const box = h('div', null, bar);
  const { el } = dialog({ title: chosen ? `Download ${plural(chosen.length, 'key')}` : 'Download keys', body: box });
  el.addEventListener('close', () => stop.abort());
  const parts = [];
  let seen = 0;
  let kept = 0;
  try {
    for await (const keys of pagesOf(at, prefix, chosen, stop.signal)) {
      const list = await entriesOf(at, keys, stop.signal);
      for (const entry of list) parts.push(parts.length ? ',\n' : '[\n', entry);
      kept += list.length;
      seen += keys.length;
      bar.set(chosen ? seen / chosen.length : null, `${plural(kept, 'key')} read`);
    }
    const blob = new Blob(parts.length ? [...parts, '\n]\n'] : ['[]\n'], { type: 'application/json' });
    keep(blob, `${title}.json`);
    fill(box, note([h('strong', null, `Saved ${plural(kept, 'key')}`), h('p', null, `${number(blob.size)} bytes, where your browser keeps downloads. "Upload many" takes the file.`),
      seen > kept && h('p', null, `${plural(seen - kept, 'key')} had gone meanwhile, or cannot be read from a browser since their names are no text, or a dot.`)]));
  } catch (error) {
    if (error.name !== 'AbortError') fill(box, errorBox(error));
  }
}
