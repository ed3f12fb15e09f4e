/* SPDX-License-Identifier: Apache-2.0 */
/* One object: what is known of it, its text where it is one, its bytes to keep. */
import { api, call, may, seg } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { bytes, number, when } from '../lib/format.js';
import { button, dialog, facts, note, skeleton } from '../lib/ui.js';
import { PATH } from '../pages/r2.js';
import { removeOne } from './remove.js';

const SHOWN_MAX = 256 * 1024;
const NAMES = { contentType: 'Content-Type', contentLanguage: 'Content-Language', contentDisposition: 'Content-Disposition', contentEncoding: 'Content-Encoding', cacheControl: 'Cache-Control', cacheExpiry: 'Expires' };

async function textView(path, signal) {
  const data = new Uint8Array(await (await call('GET', path, { signal })).arrayBuffer());
  try {
    return h('pre', { dataset: { text: '' }, class: 'preview', tabindex: 0, 'aria-label': 'Text' }, new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch {
    return h('p', { class: 'muted' }, 'Its bytes are no text.');
  }
}

/** @param o a row of the list */
export function showObject(bucket, o, done) {
  const path = `${PATH}/${seg(bucket)}/objects/${seg(o.key)}`;
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
