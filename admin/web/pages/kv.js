/* SPDX-License-Identifier: Apache-2.0 */
/* KV: the namespaces; of one its keys by pages, to look at, to change and to delete. */
import { deleteMany, uploadMany } from '../kv/bulk.js';
import { saveMany } from '../kv/save.js';
import { newKey, openKey } from '../kv/value.js';
import { api, may, seg } from '../lib/api.js';
import { boundCard, time, trash } from '../lib/data.js';
import { fill, h } from '../lib/dom.js';
import { plural, when } from '../lib/format.js';
import { listing } from '../lib/listing.js';
import { go, link } from '../lib/router.js';
import { button, confirmName, dialog, empty, field, input, pageHead, table, toast, worker } from '../lib/ui.js';

const PATH = '~/storage/kv/namespaces';
const EACH = 100;

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

async function list({ signal, query }) {
  const mine = may('deploy');
  const make = () => mine && button('New KV namespace', create, { kind: 'primary', icon: 'plus' });
  const all = listing({
    query, caption: 'KV namespaces', label: 'Search by title',
    read: async ({ text, page, each }) => {
      const doc = await api.get(PATH, { page, per_page: each, order: 'title', name_contains: text }, { signal });
      return { rows: doc.result, total: doc.result_info.total_count };
    },
    none: () => empty('No KV namespace yet', ['Make one here, then give a Worker a binding of the kind KV namespace: it says ', h('code', null, 'env.KV:get("key")'), '.'], make()),
    columns: [
      { label: 'Title', cell: (n) => h('a', { class: 'strong', href: link('/kv/{id}', { id: n.id }) }, n.title) },
      { label: 'Id', cell: (n) => h('code', null, n.id) },
      { label: 'Made', class: 'tight', cell: (n) => time(n.created_on) },
      { label: '', class: 'tight', cell: (n) => mine ? trash(`Delete ${n.title}`, () => remove(n, all.reload)) : '' },
    ],
  });
  await all.first;
  return h('div', null, pageHead('KV', { actions: [make()], sub: 'Keys and values that Workers share.' }), all);
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
  const many = h('span', { class: 'push actions' });
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
    fill(many, chosen.size > 0 && button(`Download ${plural(chosen.size, 'key')}`, () => saveMany(at, ns.title, '', [...chosen])),
      chosen.size > 0 && able && button(`Delete ${plural(chosen.size, 'key')}`, () => deleteMany(at, ns.title, [...chosen], again), { kind: 'danger', icon: 'trash' }));
  }
  function draw() {
    drawMany();
    fill(box, rows.length === 0 ? empty('No key', prefix.value ? 'None begins so.' : 'Workers put values here, or you do.') : table({ caption: 'Keys', rows, columns: [
      { label: boxOf(null, rows), class: 'tight', cell: (k) => boxOf(k.name) },
      { label: 'Key', cell: (k) => worker(k.name || '(no name)', () => openKey(at, k.name, again), { kind: 'link' }) },
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
  return h('div', null, pageHead(ns.title, { crumbs: [['KV', '#/kv']], actions: [button('Download', () => saveMany(at, ns.title, prefix.value, null), { 'aria-label': 'Download these keys' }),
    able && button('Upload many', () => uploadMany(at, again), { icon: 'upload' }), able && button('New key', () => newKey(at, again), { kind: 'primary', icon: 'plus' })] }),
    h('div', { class: 'toolbar bottom' }, h('div', { class: 'grow' }, field('Keys that begin with', prefix)), begin, many), box, more, boundCard('kv_namespace', ns.id, signal));
}

export default (ctx) => ctx.params.id === undefined ? list(ctx) : keys(ctx);
