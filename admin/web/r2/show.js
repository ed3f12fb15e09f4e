/* SPDX-License-Identifier: Apache-2.0 */
/* One object: what is known of it, its text where it is one, its bytes to keep. */
import { api, call, may, seg } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { bytes, number, when } from '../lib/format.js';
import { button, dialog, facts, note, skeleton, toastError } from '../lib/ui.js';
import { PATH } from '../pages/r2.js';
import { removeOne } from './remove.js';

const SHOWN_MAX = 256 * 1024;
const NAMES = { contentType: 'Content-Type', contentLanguage: 'Content-Language', contentDisposition: 'Content-Disposition', contentEncoding: 'Content-Encoding', cacheControl: 'Cache-Control', cacheExpiry: 'Expires' };

/* What is small may grow without bound while the browser undoes its Content-Encoding. */
async function readBounded(res) {
  const reader = res.body.getReader();
  const data = new Uint8Array(SHOWN_MAX);
  let n = 0;
  for (let got = await reader.read(); !got.done; got = await reader.read()) {
    if (n + got.value.length > SHOWN_MAX) {
      await reader.cancel();
      return null;
    }
    data.set(got.value, n);
    n += got.value.length;
  }
  return data.subarray(0, n);
}

async function textView(path, signal) {
  const data = await readBounded(await call('GET', path, { signal }));
  if (!data) return h('p', { class: 'muted' }, 'It is too long to be shown.');
  try {
    return h('pre', { dataset: { text: '' }, class: 'preview', tabindex: 0, 'aria-label': 'Text' }, new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch {
    return h('p', { class: 'muted' }, 'Its bytes are no text.');
  }
}

/** @param o a row of the list */
export function showObject(bucket, o, done) {
  let path;
  try {
    path = `${PATH}/${seg(bucket)}/objects/${seg(o.key)}`;
  } catch (error) {
    toastError(error);
    return;
  }
  const custom = Object.entries(o.custom_metadata ?? {});
  const stop = new AbortController();
  const text = h('div', { class: 'problem' });
  const shows = o.size > 0 && o.size <= SHOWN_MAX;
  const d = dialog({ title: o.key, wide: true, body: [
    facts([['Size', `${bytes(o.size)} (${number(o.size)} bytes)`], ['Changed', when(o.last_modified)], ['ETag', h('code', null, o.etag)], ['Class', o.storage_class],
      ...Object.entries(o.http_metadata ?? {}).map(([name, value]) => [NAMES[name] ?? name, name === 'cacheExpiry' ? when(value) : value])]),
    h('h3', { class: 'gap' }, 'Metadata'), custom.length ? facts(custom) : h('p', { class: 'muted' }, 'None. A Worker gives some with customMetadata.'),
    h('div', { class: 'actions gap' }, h('a', { class: 'btn', href: api.url(path), download: o.key.split('/').pop() || 'object' }, 'Download'),
      may('deploy') && button('Delete', () => {
        d.close();
        removeOne(bucket, o.key, done);
      }, { kind: 'danger', icon: 'trash' })),
    text] });
  d.el.addEventListener('close', () => stop.abort());
  if (!shows) return;
  fill(text, skeleton(3));
  textView(path, stop.signal).then((el) => fill(text, el), (error) => error.name !== 'AbortError' && fill(text, note(error.message, 'warn')));
}
