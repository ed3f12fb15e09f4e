/* SPDX-License-Identifier: Apache-2.0 */
/* D1: the databases. */
import { PATH } from '../d1/ask.js';
import { api, may, seg } from '../lib/api.js';
import { time, trash } from '../lib/data.js';
import { h } from '../lib/dom.js';
import { listing } from '../lib/listing.js';
import { go, link } from '../lib/router.js';
import { button, confirmName, dialog, empty, field, input, pageHead, toast } from '../lib/ui.js';

function create() {
  const name = input({ name: 'name', required: true, maxlength: 63, placeholder: 'orders' });
  dialog({ title: 'New database', body: field('Name', name, 'Letters, digits, "-" and "_".'), action: 'Create', run: async () => {
    const made = (await api.post(PATH, { name: name.value.trim() })).result;
    toast('Database made');
    go(link('/d1/{id}', { id: made.uuid }));
  } });
}

/** Ask for the name, then delete. */
export function removeDatabase(d1, done) {
  confirmName({ title: `Delete ${d1.name}?`, text: 'All its tables and rows go with it, whoever is bound to it. This cannot be undone: export it first.', name: d1.name, run: async () => {
    await api.del(`${PATH}/${seg(d1.uuid)}`);
    toast(`Deleted ${d1.name}`);
    done();
  } });
}

export default async function databases({ signal, query }) {
  const mine = may('deploy');
  const make = () => mine && button('New database', create, { kind: 'primary', icon: 'plus' });
  const list = listing({
    query, caption: 'Databases',
    read: async ({ text, page, each }) => {
      const doc = await api.get(PATH, { page, per_page: each, name_contains: text }, { signal });
      return { rows: doc.result, total: doc.result_info.total_count };
    },
    none: () => empty('No database yet', ['Make one here, then give a Worker a binding of the kind D1 database: it says ', h('code', null, 'env.DB:prepare("SELECT 1"):all()'), '.'], make()),
    columns: [
      { label: 'Name', cell: (d) => h('a', { class: 'strong', href: link('/d1/{id}', { id: d.uuid }) }, d.name) },
      { label: 'Id', cell: (d) => h('code', null, d.uuid) },
      { label: 'Made', class: 'tight', cell: (d) => time(d.created_at) },
      { label: '', class: 'tight', cell: (d) => mine ? trash(`Delete ${d.name}`, () => removeDatabase(d, list.reload)) : '' },
    ],
  });
  await list.first;
  return h('div', null, pageHead('D1', { actions: [make()], sub: 'SQL databases of SQLite that Workers share.' }), list);
}
