/* SPDX-License-Identifier: Apache-2.0 */
/* Many keys at once: from a file, and those that were chosen. */
import { api } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { number, plural } from '../lib/format.js';
import { parseExact } from '../lib/json.js';
import { confirmName, dialog, field, progress, toast } from '../lib/ui.js';

const EACH = 1000; /* keys a call: what went wrong is not much */
const BYTES = 16 << 20; /* of values in a call, except of one */

function wrong(text) {
  const error = new Error(text);
  error.hint = 'Such as [{"key": "a", "value": "1", "expiration_ttl": 3600, "metadata": {}}], as wrangler kv bulk put takes it.';
  return error;
}

async function pairsOf(file) {
  let list = null;
  try {
    list = parseExact(await file.text());
  } catch { /* told below */ }
  if (!Array.isArray(list) || !list.every((p) => typeof p?.key === 'string')) throw wrong('A JSON array of keys and values is needed.');
  return list;
}

/** Where the part that begins at `from` ends. */
function endOf(list, from) {
  let end = from;
  let size = 0;
  while (end < list.length && end - from < EACH && (end === from || size < BYTES)) size += String(list[end++].value ?? '').length;
  return end;
}

/** run(part) for parts of a list, with a bar that follows; an error says how far it came. */
async function inParts(list, bar, word, run) {
  bar.hidden = false;
  for (let at = 0, end; at < list.length; at = end) {
    end = endOf(list, at);
    try {
      await run(list.slice(at, end));
    } catch (error) {
      if (at > 0 && error.name === 'ApiError') error.message = `${word} ${number(at)} of ${number(list.length)}, then: ${error.message}`;
      bar.hidden = true;
      throw error;
    }
    bar.set(end / list.length, `${word} ${number(end)} of ${number(list.length)}`);
  }
}

function hiddenBar(label) {
  const bar = progress(label);
  bar.hidden = true;
  return bar;
}

/** at: the namespace's path in the API. */
export function uploadMany(at, done) {
  const file = h('input', { type: 'file', name: 'file', class: 'input', accept: '.json,application/json', required: true });
  const bar = hiddenBar('Storing');
  dialog({ title: 'Upload many keys', action: 'Upload', body: [field('A JSON file', file, 'An array of {key, value}, with base64, expiration, expiration_ttl and metadata where wanted: such as Download makes. Keys that are there are replaced.'), bar], run: async () => {
    const list = await pairsOf(file.files[0]);
    await inParts(list, bar, 'Stored', (part) => api.put(`${at}/bulk`, part));
    toast(`Stored ${plural(list.length, 'key')}`);
    done();
  } });
}

export function deleteMany(at, title, names, done) {
  const bar = hiddenBar('Deleting');
  const d = confirmName({ title: `Delete ${plural(names.length, 'key')}?`, text: 'Their values go with them. This cannot be undone. To be sure, type the title of the KV namespace.', name: title, action: `Delete ${number(names.length)}`, run: async () => {
    await inParts(names, bar, 'Deleted', (part) => api.post(`${at}/bulk/delete`, part));
    toast(`Deleted ${plural(names.length, 'key')}`);
    done();
  } });
  d.el.querySelector('.dialog-body').append(bar);
}
