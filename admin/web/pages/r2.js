/* SPDX-License-Identifier: Apache-2.0 */
/* R2: the buckets. */
import { api, may, seg } from '../lib/api.js';
import { pager, time, trash } from '../lib/data.js';
import { fill, h } from '../lib/dom.js';
import { icon } from '../lib/icons.js';
import { go, link, setQuery } from '../lib/router.js';
import { badge, button, confirmName, dialog, empty, field, input, pageHead, select, slot, table, toast } from '../lib/ui.js';

export const PATH = '~/r2/buckets';
export const CLASSES = [['Standard', 'Standard'], ['InfrequentAccess', 'Infrequent access']];
const EACH = 50;

function create() {
  const name = input({ name: 'name', required: true, minlength: 3, maxlength: 63, placeholder: 'photos' });
  const kind = select(CLASSES, { name: 'class' });
  dialog({ title: 'New bucket', action: 'Create', body: [field('Name', name, '3 to 63 lower-case letters, digits and "-".'),
    field('Storage class', kind, 'A label that objects get and clients see; all are kept the same way.')], run: async () => {
    const made = (await api.post(PATH, { name: name.value.trim(), storageClass: kind.value })).result;
    toast('Bucket made');
    go(link('/r2/{bucket}', { bucket: made.name }));
  } });
}

/** Ask for the name, then delete. */
export function removeBucket(name, done) {
  confirmName({ title: `Delete ${name}?`, text: 'It must be empty. Uploads that were begun go with it.', name, run: async () => {
    await api.del(`${PATH}/${seg(name)}`);
    toast(`Deleted ${name}`);
    done();
  } });
}

function bucketTable(rows, mine, refresh) {
  return table({ caption: 'Buckets', rows, columns: [
    { label: 'Name', cell: (b) => h('a', { class: 'strong', href: link('/r2/{bucket}', { bucket: b.name }) }, b.name) },
    { label: 'Class', class: 'tight', cell: (b) => badge(b.storage_class) },
    { label: 'Made', class: 'tight', cell: (b) => time(b.creation_date) },
    { label: '', class: 'tight', cell: (b) => mine ? trash(`Delete ${b.name}`, () => removeBucket(b.name, refresh)) : '' },
  ] });
}

export default async function buckets({ signal, refresh, query }) {
  const mine = may('deploy');
  const state = { text: query.get('q') ?? '', before: [], cursor: '' };
  const make = () => mine && button('New bucket', create, { kind: 'primary', icon: 'plus' });
  const pages = h('div');
  const name = input({ type: 'search', name: 'name', placeholder: 'Search by name', 'aria-label': 'Search by name', value: state.text, maxlength: 63 });
  const body = slot(async () => {
    const { result, result_info: info } = await api.get(PATH, { name_contains: state.text, per_page: EACH, cursor: state.cursor }, { signal });
    const rows = result.buckets;
    const next = info?.cursor;
    fill(pages, pager({ before: state.before.length > 0 && (() => turn(state.before.pop())), after: next && (() => {
      state.before.push(state.cursor);
      turn(next);
    }) }));
    if (rows.length) return bucketTable(rows, mine, refresh);
    return state.text ? empty('No bucket has such a name', 'Search for a part of its name.')
      : empty('No bucket yet', ['Objects of any size live in buckets. Make one, then give a Worker a binding of the kind R2 bucket, or use it by S3.'], make());
  }, { lines: 6 });
  function turn(cursor) {
    state.cursor = cursor;
    body.reload();
  }
  let typing = 0;
  name.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      Object.assign(state, { text: name.value.trim(), before: [], cursor: '' });
      setQuery({ q: state.text });
      body.reload();
    }, 200);
  });
  return h('div', null, pageHead('R2', { actions: [make()], sub: 'Buckets of objects, for Workers and for all that speaks S3.' }),
    h('div', { class: 'toolbar' }, h('div', { class: 'search' }, icon('search'), name)), body, pages);
}
