/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting objects: one, or all that were chosen, folders with what is in them. */
import { api, seg } from '../lib/api.js';
import { patiently } from '../lib/data.js';
import { number, plural } from '../lib/format.js';
import { confirmName, dialog, progress, toast } from '../lib/ui.js';
import { PATH } from '../pages/r2.js';

const EACH = 1000;

/* By their keys, not by paths: "." and ".." are steps of these. */
function removeKeys(bucket, keys) {
  return patiently(() => api.del(`${PATH}/${seg(bucket)}/objects`, { json: keys }));
}

export function removeOne(bucket, key, done) {
  confirmName({ title: 'Delete an object?', text: 'Its bytes go with it. This cannot be undone.', name: key, run: async () => {
    await removeKeys(bucket, [key]);
    toast('Deleted');
    done();
  } });
}

/** All keys of what was chosen; told(how many so far). */
async function keysOf(bucket, rows, told, signal) {
  const keys = rows.filter((r) => !r.folder).map((r) => r.key);
  for (const { key: prefix } of rows.filter((r) => r.folder)) {
    let cursor = '';
    do {
      const doc = await api.get(`${PATH}/${seg(bucket)}/objects`, { prefix, per_page: 1000, cursor }, { signal });
      keys.push(...doc.result.map((o) => o.key));
      cursor = doc.result_info.cursor ?? '';
      told(keys.length);
    } while (cursor);
  }
  return keys;
}

async function removeAll(bucket, keys, told) {
  for (let from = 0; from < keys.length; from += EACH) {
    await removeKeys(bucket, keys.slice(from, from + EACH));
    told(Math.min(from + EACH, keys.length));
  }
}

async function count(bucket, rows) {
  const stop = new AbortController();
  const bar = progress('Counting');
  bar.set(null);
  const d = dialog({ title: 'Counting', body: bar });
  d.el.addEventListener('close', () => stop.abort());
  try {
    return await keysOf(bucket, rows, (n) => bar.set(null, `Counting: ${number(n)}`), stop.signal);
  } finally {
    d.close();
  }
}

/** @param rows what was chosen: objects, and folders {key, folder: true} */
export async function removeMany(bucket, rows, done) {
  let keys;
  try {
    keys = await count(bucket, rows);
  } catch (error) {
    if (error.name !== 'AbortError') toast(error.message, 'bad', error.hint);
    return;
  }
  const n = plural(keys.length, 'object');
  const bar = progress('Deleting');
  bar.hidden = true;
  const d = confirmName({ title: `Delete ${n}?`, text: `${n} of the bucket ${bucket} will be deleted${rows.some((r) => r.folder) ? ', with all that is in the folders' : ''}. This cannot be undone.`, name: bucket, action: `Delete ${number(keys.length)}`,
    run: async () => {
      bar.hidden = false;
      try {
        await removeAll(bucket, keys, (gone) => bar.set(gone / keys.length, `Deleted ${number(gone)} of ${number(keys.length)}`));
        toast(`Deleted ${n}`);
      } finally {
        done();
      }
    } });
  d.el.querySelector('.dialog-body').append(bar);
}
