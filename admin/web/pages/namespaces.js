/* SPDX-License-Identifier: Apache-2.0 */
/* The dispatch namespaces: list, make, delete. */
import { api, isLimited, may, seg } from '../lib/api.js';
import { time, trash } from '../lib/data.js';
import { h } from '../lib/dom.js';
import { number, plural } from '../lib/format.js';
import { listing } from '../lib/listing.js';
import { go, link } from '../lib/router.js';
import { badge, button, confirmName, dialog, empty, field, input, pageHead, toast } from '../lib/ui.js';

const PATH = '~/workers/dispatch/namespaces';

export function createNamespace() {
  const name = input({ name: 'name', required: true, maxlength: 63, placeholder: 'production' });
  dialog({
    title: 'New namespace',
    body: field('Name', name, 'Letters, digits, "-" and "_". The dispatcher names it in its binding.'),
    action: 'Create',
    run: async () => {
      await api.post(PATH, { name: name.value.trim() });
      toast('Namespace created');
      go(link('/ns/{ns}', { ns: name.value.trim() }));
    },
  });
}

export function deleteNamespace(ns, done) {
  confirmName({
    title: `Delete ${ns.namespace_name}?`,
    text: `${plural(ns.script_count ?? 0, 'Worker')} in it, with all versions, secrets and schedules, will be deleted. This cannot be undone.`,
    name: ns.namespace_name,
    run: async () => {
      await api.del(`${PATH}/${seg(ns.namespace_name)}`);
      toast(`Deleted ${ns.namespace_name}`);
      done();
    },
  });
}

/** What is asked of the API for a page of a list. */
export function pageOf({ text, page, each, sort }) {
  return { name_contains: text, page, per_page: each, order: sort.by, direction: sort.down ? 'desc' : '' };
}

export default async function namespaces({ query, signal }) {
  const mine = may('admin') && !isLimited();
  const make = (opts) => button('New namespace', () => createNamespace(), { kind: 'primary', icon: 'plus', ...opts });
  const list = listing({
    query, caption: 'Dispatch namespaces', sort: { by: 'name', down: false },
    read: async (asked) => {
      const doc = await api.get(PATH, pageOf(asked), { signal });
      return { rows: doc.result, total: doc.result_info.total_count };
    },
    none: () => empty('No dispatch namespace yet', 'Most platforms need one for production and one for staging, not one for each customer: customers are told apart by tags.', mine && make()),
    columns: [
      { label: 'Name', sort: 'name', cell: (n) => h('a', { class: 'strong', href: link('/ns/{ns}', { ns: n.namespace_name }) }, n.namespace_name) },
      { label: 'Workers', class: 'num', cell: (n) => number(n.script_count) },
      { label: 'Way out', cell: (n) => [badge(n.egress), ' ', n.outbound?.service ? h('a', { href: link('/workers/{name}', { name: n.outbound.service }) }, n.outbound.service) : null] },
      { label: 'Created', class: 'tight', cell: (n) => time(n.created_on) },
      { label: 'Changed', sort: 'modified_on', down: true, class: 'tight', cell: (n) => time(n.modified_on) },
      { label: '', class: 'tight', cell: (n) => mine ? trash(`Delete ${n.namespace_name}`, () => deleteNamespace(n, list.reload)) : '' },
    ],
  });
  await list.first;
  return h('div', null, pageHead('Namespaces', { actions: mine ? [make()] : [], sub: 'Each holds the Workers of your customers, apart from all others.' }), list);
}
