/* SPDX-License-Identifier: Apache-2.0 */
/* R2: the buckets. */
import { api, may, seg } from '../lib/api.js';
import { time, trash } from '../lib/data.js';
import { h } from '../lib/dom.js';
import { listing } from '../lib/listing.js';
import { go, link } from '../lib/router.js';
import { badge, button, confirmName, dialog, empty, field, input, pageHead, select, toast } from '../lib/ui.js';

export const PATH = '~/r2/buckets';
export const CLASSES = [['Standard', 'Standard'], ['InfrequentAccess', 'Infrequent access']];

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

export default async function buckets({ signal, query }) {
  const mine = may('deploy');
  const make = () => mine && button('New bucket', create, { kind: 'primary', icon: 'plus' });
  const list = listing({
    query, caption: 'Buckets',
    read: async ({ text, each, cursor }) => {
      const { result, result_info: info } = await api.get(PATH, { name_contains: text, per_page: each, cursor }, { signal });
      return { rows: result.buckets, next: info?.cursor };
    },
    none: () => empty('No bucket yet', ['Objects of any size live in buckets. Make one, then give a Worker a binding of the kind R2 bucket, or use it by S3.'], make()),
    columns: [
      { label: 'Name', cell: (b) => h('a', { class: 'strong', href: link('/r2/{bucket}', { bucket: b.name }) }, b.name) },
      { label: 'Class', class: 'tight', cell: (b) => badge(b.storage_class) },
      { label: 'Made', class: 'tight', cell: (b) => time(b.creation_date) },
      { label: '', class: 'tight', cell: (b) => mine ? trash(`Delete ${b.name}`, () => removeBucket(b.name, list.reload)) : '' },
    ],
  });
  await list.first;
  return h('div', null, pageHead('R2', { actions: [make()], sub: 'Buckets of objects, for Workers and for all that speaks S3.' }), list);
}
