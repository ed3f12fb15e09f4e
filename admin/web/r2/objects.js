/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of a bucket, by their "folders": what keys have before a "/". */
import { api, may, seg } from '../lib/api.js';
import { boundCard, dropZone, fillPager, filesButton, time, trash } from '../lib/data.js';
import { fill, h } from '../lib/dom.js';
import { bytes, number } from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { go, link, setQuery } from '../lib/router.js';
import { button, empty, input, pageHead, slot, table } from '../lib/ui.js';
import { PATH, removeBucket } from '../pages/r2.js';
import { removeMany, removeOne } from './remove.js';
import { showObject } from './show.js';
import { uploads } from './upload.js';

const EACH = 100;

/** The folders above, each a link. */
function trail(bucket, prefix) {
  const parts = prefix.split('/').slice(0, -1);
  return h('nav', { class: 'crumbs wrap', 'aria-label': 'Folder' }, h('a', { href: link('/r2/{bucket}', { bucket }) }, bucket),
    parts.map((part, i) => [h('span', { 'aria-hidden': 'true' }, '/'),
      h('a', { href: link('/r2/{bucket}', { bucket }, { prefix: `${parts.slice(0, i + 1).join('/')}/` }) }, part || '(no name)')]));
}

/** Boxes that choose rows: one a row, one for all. */
function chooser(rows, changed) {
  const chosen = new Set();
  const boxes = new Map();
  const all = h('input', { type: 'checkbox', 'aria-label': 'Choose all that are shown', onchange: () => {
    for (const [row, box] of boxes) {
      box.checked = all.checked;
      if (all.checked) chosen.add(row);
      else chosen.delete(row);
    }
    tell();
  } });
  function tell() {
    all.checked = chosen.size > 0 && chosen.size === rows.length;
    all.indeterminate = chosen.size > 0 && chosen.size < rows.length;
    changed([...chosen]);
  }
  const box = (row) => {
    const el = h('input', { type: 'checkbox', 'aria-label': `Choose ${row.key}`, onchange: () => {
      if (el.checked) chosen.add(row);
      else chosen.delete(row);
      tell();
    } });
    boxes.set(row, el);
    return el;
  };
  return { all, box };
}

function objectTable({ bucket, prefix, rows, able, refresh, changed }) {
  const { all, box } = chooser(rows, changed);
  const nameOf = (o) => o.key.slice(prefix.length) || '(no name)';
  return table({ caption: 'Objects', rows, columns: [
    able && { label: all, class: 'tight choose', cell: box },
    { label: 'Name', cell: (o) => o.folder
      ? h('a', { class: 'with-icon', href: link('/r2/{bucket}', { bucket }, { prefix: o.key }) }, icon('folder'), h('span', null, nameOf(o)))
      : h('button', { type: 'button', class: 'plain-btn with-icon', 'aria-label': o.key, onclick: () => showObject(bucket, o, refresh) }, icon('file'), h('span', null, nameOf(o))) },
    { label: 'Size', class: 'num', cell: (o) => o.folder ? '' : bytes(o.size) },
    { label: 'Type', class: 'kind', cell: (o) => o.http_metadata?.contentType ?? '' },
    { label: 'Changed', class: 'tight', cell: (o) => o.folder ? '' : time(o.last_modified) },
    able && { label: '', class: 'tight', cell: (o) => o.folder ? '' : trash(`Delete ${o.key}`, () => removeOne(bucket, o.key, refresh)) },
  ].filter(Boolean) });
}

export default async function objects({ params, query, signal }) {
  const { bucket } = params;
  await api.get(`${PATH}/${seg(bucket)}`, null, { signal });
  const able = may('deploy');
  const prefix = query.get('prefix') ?? '';
  const state = { begin: query.get('q') ?? '', before: [], cursor: '' };
  const pages = h('div');
  let chosen = [];
  const drop = able && button('Delete chosen', () => removeMany(bucket, chosen, reload), { kind: 'danger chosen', disabled: true });
  const reload = () => body.reload();
  const up = able && uploads({ bucket, prefix, signal, done: reload });

  function changed(rows) {
    chosen = rows;
    if (!able) return;
    drop.disabled = rows.length === 0;
    drop.textContent = rows.length ? `Delete chosen (${number(rows.length)})` : 'Delete chosen';
  }

  async function read() {
    const doc = await api.get(`${PATH}/${seg(bucket)}/objects`,
      { prefix: prefix + state.begin, delimiter: '/', per_page: EACH, cursor: state.cursor }, { signal });
    return { next: doc.result_info.cursor, rows: [...doc.result_info.delimited.map((key) => ({ key, folder: true })), ...doc.result] };
  }

  function nothing() {
    if (state.begin) return empty('Nothing here begins so', 'Search for the first letters of a name in this folder.');
    return empty(prefix ? 'Nothing is in this folder' : 'No object yet', able ? 'Drop files or a folder here, or choose some. Workers put objects with env.BUCKET:put(key, value).'
      : 'Workers put objects with env.BUCKET:put(key, value).', able && h('span', null, filesButton('Upload files', up.take, { kind: 'primary' })));
  }

  const body = slot(async () => {
    const { rows, next } = await read();
    changed([]);
    fillPager(pages, { before: state.before.length > 0 && (() => turn(state.before.pop())), after: next && (() => {
      state.before.push(state.cursor);
      turn(next);
    }) });
    return rows.length ? objectTable({ bucket, prefix, rows, able, refresh: reload, changed }) : nothing();
  }, { lines: 8 });

  function turn(cursor) {
    state.cursor = cursor;
    reload().then(() => {
      if (body.getBoundingClientRect().top < 0) body.scrollIntoView();
    });
  }

  const begin = input({ type: 'search', name: 'begin', placeholder: 'Names that begin with', 'aria-label': 'Names in this folder that begin with', value: state.begin });
  let typing = 0;
  begin.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      Object.assign(state, { begin: begin.value, before: [], cursor: '' });
      setQuery({ prefix, q: state.begin });
      reload();
    }, 200);
  });
  const el = h('div', null, pageHead(bucket, { crumbs: [['R2', '#/r2']], actions: [
    button('Use by S3', async () => (await import('./keys.js')).default(bucket), { icon: 'key' }),
    able && button('Delete', () => removeBucket(bucket, () => go('#/r2')), { kind: 'danger', icon: 'trash' })] }),
  trail(bucket, prefix),
  h('div', { class: 'toolbar' }, h('div', { class: 'search' }, icon('search'), begin), able && filesButton('Upload', up.take, { kind: 'primary' }), drop),
  able && up.el, body, pages, !prefix && boundCard('r2_bucket', bucket, signal));
  await body.first; /* what is below does not jump */
  return able ? dropZone(el, up.take) : el;
}
