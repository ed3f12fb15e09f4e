/* SPDX-License-Identifier: Apache-2.0 */
/* One key of KV: look at its value, write it with metadata and an end, unless somebody else did meanwhile. */
import { api, call, may, seg, upload } from '../lib/api.js';
import { keep } from '../lib/data.js';
import { h } from '../lib/dom.js';
import { bytes as sizeOf, when } from '../lib/format.js';
import { linesOf } from '../lib/lines.js';
import { meanwhile, settle } from '../lib/meanwhile.js';
import { button, dialog, field, input, progress, select, textarea, toast } from '../lib/ui.js';

const SHOWN_MAX = 256 * 1024;
const TOLD_MAX = 120;

/** {bytes, metadata, expiration, etag} of a key; null: there is none. Metadata: undefined where there is none. */
export async function readKey(at, name, signal) {
  let res;
  try {
    res = await call('GET', `${at}/values/${seg(name)}`, { signal });
  } catch (error) {
    if (error.code === 10009) return null;
    throw error;
  }
  const bytes = new Uint8Array(await res.arrayBuffer());
  const metadata = (await api.exact(`${at}/metadata/${seg(name)}`, null, { signal })).result ?? undefined;
  return { bytes, metadata, expiration: Number(res.headers.get('expiration')) || undefined, etag: res.headers.get('ETag') };
}

/** As text, where it is some that can be shown. */
function textOf(bytes) {
  if (bytes.length > SHOWN_MAX) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/* What is compared: the bytes by a number that changes when they do. */
function watcher(was) {
  let last = was?.bytes;
  let turn = 0;
  return (now) => {
    if (!now) return null;
    if (!last || now.bytes.length !== last.length || now.bytes.some((b, i) => b !== last[i])) turn++;
    last = now.bytes;
    return { value: turn, metadata: now.metadata, expiration: now.expiration };
  };
}

function said(now) {
  const text = textOf(now.bytes);
  return [text === null ? sizeOf(now.bytes.length) : `"${text.slice(0, TOLD_MAX)}${text.length > TOLD_MAX ? '…' : ''}"`,
    now.metadata !== undefined && `metadata ${JSON.stringify(now.metadata).slice(0, TOLD_MAX)}`, now.expiration && `until ${when(now.expiration * 1000)}`].filter(Boolean).join(', ');
}

/** What saves, and throws, once, when the key is not what it was any more: write(headers). */
function guardOf(at, was) {
  const watch = watcher(was);
  let latest = null;
  const meant = meanwhile(was && watch(was), () => said(latest));
  const check = (is) => {
    try {
      meant(is);
    } catch (error) {
      if (!was && latest) {
        error.message = `There is such a key already: ${said(latest)}`;
        error.hint = 'What you wrote is still here. Save again to replace what there is, or choose another key.';
      }
      throw error;
    }
  };
  return (name, write) => settle(async () => {
    latest = await readKey(at, name);
    return { is: watch(latest), etag: latest?.etag };
  }, check, write);
}

/* ---- writing ---------------------------------------------------------------------- */

/** What a value is sent as: with metadata a form, else its bytes. */
function bodyOf(value, metadata) {
  if (!metadata) return value;
  const form = new FormData();
  form.append('value', value);
  form.append('metadata', metadata);
  return form;
}

/** When it ends: {el, query()}. */
function endField(expiration) {
  const kind = select([...(expiration ? [['keep', `As it is: ${when(expiration * 1000)}`]] : []), ['never', 'Never'], ['ttl', 'In so many seconds'], ['at', 'At a time']], { name: 'ends' });
  const ttl = input({ name: 'ttl', type: 'number', min: 60, required: true, placeholder: 'at least 60' });
  const at = input({ name: 'at', type: 'datetime-local', step: 1, required: true });
  const fields = { ttl: field('Seconds', ttl), at: field('Time', at, 'As your clock has it.') };
  const show = () => {
    for (const [name, box] of [['ttl', ttl], ['at', at]]) {
      fields[name].hidden = kind.value !== name;
      box.disabled = kind.value !== name;
    }
  };
  kind.addEventListener('change', show);
  show();
  return { el: [field('It ends', kind), fields.ttl, fields.at], query: () => {
    if (kind.value === 'ttl') return { expiration_ttl: ttl.value };
    if (kind.value === 'at') return { expiration: Math.floor(new Date(at.value).getTime() / 1000) };
    return kind.value === 'keep' ? { expiration } : {};
  } };
}

function metadataOf(area) {
  const text = area.value.trim();
  if (!text) return '';
  try {
    JSON.parse(text);
  } catch (error) {
    throw Object.assign(new Error(`The metadata is no JSON: ${error.message}`), { hint: 'Such as {"by": "ann"}, or "a text" in quotes.' });
  }
  return text;
}

/**
 * A key, and its value as text or from a file.
 *
 * @param name '' and was null: a new one; else what it has stays until it is changed
 */
function edit(at, name, was, done) {
  const text = was ? textOf(was.bytes) : '';
  const key = input({ name: 'key', required: true, value: name, readonly: was !== null });
  const value = textarea({ name: 'value', rows: 10, disabled: text === null, placeholder: text === null ? `${sizeOf(was.bytes.length)} that are no text, or too many to show: they stay as they are` : '' });
  const lines = linesOf(value, text ?? '');
  const file = h('input', { type: 'file', name: 'file', class: 'input' });
  const metadata = textarea({ name: 'metadata', rows: 2, value: was?.metadata === undefined ? '' : JSON.stringify(was.metadata) });
  const end = endField(was?.expiration);
  const bar = progress('Sending');
  bar.hidden = true;
  const guard = guardOf(at, was);
  const bytesOf = () => file.files[0] ?? new Blob([was && (text === null || !lines.changed()) ? was.bytes : lines.text()]);
  dialog({ title: was ? 'Edit value' : 'New key', wide: true, body: [field('Key', key), field('Value', value),
    field('Or a file', file, 'Its bytes as they are.'), field('Metadata', metadata, 'JSON, or nothing.'), end.el, bar], run: async () => {
    const body = bodyOf(bytesOf(), metadataOf(metadata));
    try {
      await guard(key.value, (headers) => {
        bar.hidden = false;
        return upload('PUT', `${at}/values/${seg(key.value)}`, { body, query: end.query(),
          headers: { ...headers, ...(!(body instanceof FormData) && { 'Content-Type': 'application/octet-stream' }) }, told: (share) => bar.set(share) });
      });
    } finally {
      bar.hidden = true;
    }
    toast('Stored');
    done();
  } });
}

export function newKey(at, done) {
  edit(at, '', null, done);
}

/** Its value, with buttons to keep and to edit it. */
export async function openKey(at, name, done) {
  const was = await readKey(at, name);
  if (!was) throw Object.assign(new Error(`There is no key ${name} any more.`), { hint: 'It was deleted, or its time is over. Search again.' });
  const text = textOf(was.bytes);
  const save = button('Download', () => keep(new Blob([was.bytes]), name.split('/').pop() || 'value'));
  const { close } = dialog({ title: name, wide: true, body: [
    text === null ? h('p', null, `${sizeOf(was.bytes.length)} that are no text, or too many to show.`) : h('pre', { class: 'preview', tabindex: 0, 'aria-label': 'Value', dataset: { value: '' } }, text),
    h('p', { class: 'gap actions' }, save, may('deploy') && button('Edit', () => {
      close();
      edit(at, name, was, done);
    }))] });
}
