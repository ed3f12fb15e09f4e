/* SPDX-License-Identifier: Apache-2.0 */
/* KV: the namespaces; of one its keys by pages; a value to look at, to put and to delete. */
import { deleteMany, uploadMany } from '../kv/bulk.js';
import { api, call, may, seg, upload } from '../lib/api.js';
import { boundCard } from '../lib/data.js';
import { fill, h } from '../lib/dom.js';
import { ago, plural, when } from '../lib/format.js';
import { go, link } from '../lib/router.js';
import { button, confirmName, dialog, empty, field, input, pageHead, progress, table, textarea, toast, worker } from '../lib/ui.js';

const PATH = '~/storage/kv/namespaces';
const EACH = 100;
const SHOWN_MAX = 256 * 1024;

function create() {
  const title = input({ name: 'title', required: true, maxlength: 512, placeholder: 'sessions' });
  dialog({ title: 'New KV namespace', body: field('Title', title), action: 'Create', run: async () => {
    const made = (await api.post(PATH, { title: title.value.trim() })).result;
    go(link('/kv/{id}', { id: made.id }));
  } });
}

function remove(ns, done) {
  confirmName({ title: `Delete ${ns.title}?`, text: 'All its keys and values go with it. This cannot be undone.', name: ns.title, run: async () => {
    await api.del(`${PATH}/${seg(ns.id)}`);
    toast(`Deleted ${ns.title}`);
    done();
  } });
}

async function list({ signal, refresh, query }) {
  const page = Number(query.get('page') ?? 1);
  const doc = await api.get(PATH, { page, per_page: 50, order: 'title' }, { signal });
  const mine = may('deploy');
  const make = () => mine && button('New KV namespace', create, { kind: 'primary', icon: 'plus' });
  const pages = doc.result_info.total_pages;
  return h('div', null, pageHead('KV', { actions: [make()], sub: 'Keys and values that Workers share.' }),
    doc.result.length === 0 && page === 1 ? empty('No KV namespace yet', 'A Worker reaches one by a binding of the kind kv_namespace.', make())
      : table({ caption: 'KV namespaces', rows: doc.result, columns: [
        { label: 'Title', cell: (n) => h('a', { class: 'strong', href: link('/kv/{id}', { id: n.id }) }, n.title) },
        { label: 'Id', cell: (n) => h('code', null, n.id) },
        { label: 'Made', cell: (n) => h('span', { title: when(n.created_on) }, ago(n.created_on)) },
        { label: '', class: 'tight', cell: (n) => mine ? button(`Delete ${n.title}`, () => remove(n, refresh), { kind: 'quiet', icon: 'trash', iconOnly: true, small: true }) : '' },
      ] }),
    page > 1 && h('a', { class: 'btn', href: link('/kv', {}, { page: page - 1 }) }, 'Previous'),
    page < pages && h('a', { class: 'btn', href: link('/kv', {}, { page: page + 1 }) }, 'Next'));
}

/* ---- one value -------------------------------------------------------------------- */

/** What a value is sent as: with metadata a form, else its bytes. */
function bodyOf(value, metadata) {
  if (!metadata) return value;
  const form = new FormData();
  form.append('value', value);
  form.append('metadata', metadata);
  return form;
}

/** A key, and its value as text or from a file. k null: a new one; else what it has stays until it is changed. */
function edit(at, k, text, done) {
  const key = input({ name: 'key', required: true, value: k?.name ?? '', readonly: k !== null });
  const value = textarea({ name: 'value', rows: 10, value: text });
  const file = h('input', { type: 'file', name: 'file', class: 'input' });
  const metadata = textarea({ name: 'metadata', rows: 2, value: k?.metadata === undefined ? '' : JSON.stringify(k.metadata) });
  const ttl = input({ name: 'ttl', type: 'number', min: 60, placeholder: k?.expiration ? `until ${when(k.expiration * 1000)}` : 'for ever' });
  const bar = progress('Sending');
  bar.hidden = true;
  dialog({ title: k === null ? 'New key' : 'Edit value', wide: true, body: [field('Key', key), field('Value', value),
    field('Or a file', file, 'Its bytes as they are.'), field('Metadata', metadata, 'JSON, or nothing.'), field('Seconds to live', ttl), bar], run: async () => {
    bar.hidden = false;
    const body = bodyOf(file.files[0] ?? new Blob([value.value]), metadata.value.trim());
    await upload('PUT', `${at}/values/${seg(key.value)}`, { body, query: ttl.value ? { expiration_ttl: ttl.value } : { expiration: k?.expiration },
      headers: body instanceof FormData ? {} : { 'Content-Type': 'application/octet-stream' }, told: (share) => bar.set(share) });
    toast('Stored');
    done();
  } });
}

async function open(at, k, done) {
  const { name } = k;
  const path = `${at}/values/${seg(name)}`;
  const res = await call('GET', path);
  const bytes = new Uint8Array(await res.arrayBuffer());
  let text = null;
  try {
    text = bytes.length <= SHOWN_MAX ? new TextDecoder('utf-8', { fatal: true }).decode(bytes) : null;
  } catch { /* not text */ }
  const save = h('a', { class: 'btn', href: api.url(path), download: name.split('/').pop() }, 'Download');
  const { close } = dialog({ title: name, wide: true, body: [
    text === null ? h('p', null, `${bytes.length} bytes that are no text, or too many to show.`) : h('pre', { dataset: { value: '' } }, text),
    save, may('deploy') && text !== null && button('Edit', () => {
      close();
      edit(at, k, text, done);
    })] });
}

/** Checkboxes of a table's rows: which are chosen, and a button for them. */
function chooser(changed) {
  const chosen = new Set();
  const boxOf = (name, rows) => h('input', { type: 'checkbox', 'aria-label': name === null ? 'Choose all' : `Choose ${name}`, checked: name === null ? rows.length > 0 && rows.every((r) => chosen.has(r.name)) : chosen.has(name),
    onchange: (e) => {
      for (const n of name === null ? rows.map((r) => r.name) : [name]) {
        if (e.target.checked) chosen.add(n);
        else chosen.delete(n);
      }
      changed(name === null);
    } });
  return { chosen, boxOf };
}

async function keys({ params, signal, refresh }) {
  const at = `${PATH}/${seg(params.id)}`;
  const ns = (await api.get(at, null, { signal })).result;
  const able = may('deploy');
  const prefix = input({ name: 'prefix', type: 'search', placeholder: 'a beginning', onchange: () => begin.click() });
  const box = h('div');
  const many = h('span', { class: 'push' });
  const more = worker('Show more', () => next());
  let rows = [];
  let cursor = '';
  const { chosen, boxOf } = chooser((all) => all ? draw() : drawMany());
  const again = () => begin.click();
  const drop = (k) => confirmName({ title: 'Delete a key?', text: 'Its value goes with it.', name: k.name, run: async () => {
    await api.del(`${at}/values/${seg(k.name)}`);
    toast('Deleted');
    again();
  } });
  function drawMany() {
    fill(many, chosen.size > 0 && button(`Delete ${plural(chosen.size, 'key')}`, () => deleteMany(at, ns.title, [...chosen], again), { kind: 'danger', icon: 'trash' }));
  }
  function draw() {
    drawMany();
    fill(box, rows.length === 0 ? empty('No key', prefix.value ? 'None begins so.' : 'Workers put values here, or you do.') : table({ caption: 'Keys', rows, columns: [
      ...(able ? [{ label: boxOf(null, rows), class: 'tight', cell: (k) => boxOf(k.name) }] : []),
      { label: 'Key', cell: (k) => worker(k.name, () => open(at, k, again), { kind: 'link' }) },
      { label: 'Expires', cell: (k) => k.expiration ? when(k.expiration * 1000) : 'never' },
      { label: 'Metadata', cell: (k) => k.metadata === undefined ? '' : h('code', null, JSON.stringify(k.metadata)) },
      { label: '', class: 'tight', cell: (k) => able ? button(`Delete ${k.name}`, () => drop(k), { kind: 'quiet', icon: 'trash', iconOnly: true, small: true }) : '' },
    ] }));
  }
  async function next() {
    const doc = await api.get(`${at}/keys`, { prefix: prefix.value, limit: EACH, cursor }, { signal });
    rows = rows.concat(doc.result);
    cursor = doc.result_info.cursor;
    more.hidden = !cursor;
    draw();
  }
  const begin = worker('Search', () => {
    rows = [];
    cursor = '';
    chosen.clear();
    return next();
  });
  await next();
  return h('div', null, pageHead(ns.title, { crumbs: [['KV', '#/kv']], actions: able ? [button('Upload many', () => uploadMany(at, again), { icon: 'upload' }), button('New key', () => edit(at, null, '', again), { kind: 'primary', icon: 'plus' })] : [] }),
    h('div', { class: 'toolbar bottom' }, h('div', { class: 'grow' }, field('Keys that begin with', prefix)), begin, many), box, more, boundCard('kv_namespace', ns.id, signal));
}

export default (ctx) => ctx.params.id === undefined ? list(ctx) : keys(ctx);
