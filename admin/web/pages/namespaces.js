/* SPDX-License-Identifier: Apache-2.0 */
/* The dispatch namespaces: list, make, delete. */
import { api, isLimited, may, seg } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { ago, number, plural, when } from '../lib/format.js';
import { go, link } from '../lib/router.js';
import { badge, button, confirmName, dialog, empty, field, input, pageHead, table, toast } from '../lib/ui.js';

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

export default async function namespaces({ signal, refresh }) {
  const list = (await api.get(PATH, null, { signal })).result;
  const mine = may('admin') && !isLimited();
  const make = button('New namespace', () => createNamespace(), { kind: 'primary', icon: 'plus' });
  return h('div', null, pageHead('Namespaces', { actions: mine ? [make] : [], sub: 'Each holds the Workers of your customers, apart from all others.' }),
    list.length === 0 ? empty('No dispatch namespace yet', 'Most platforms need one for production and one for staging, not one for each customer: customers are told apart by tags.',
      mine && button('Create a namespace', () => createNamespace(), { kind: 'primary' }))
      : table({
        caption: 'Dispatch namespaces',
        columns: [
          { label: 'Name', cell: (n) => h('a', { class: 'strong', href: link('/ns/{ns}', { ns: n.namespace_name }) }, n.namespace_name) },
          { label: 'Workers', class: 'num', cell: (n) => number(n.script_count) },
          { label: 'Way out', cell: (n) => [badge(n.egress), ' ', n.outbound?.service ? h('a', { href: link('/workers/{name}', { name: n.outbound.service }) }, n.outbound.service) : null] },
          { label: 'Created', cell: (n) => h('span', { title: when(n.created_on) }, ago(n.created_on)) },
          { label: 'Changed', cell: (n) => h('span', { title: when(n.modified_on) }, ago(n.modified_on)) },
          { label: '', class: 'tight', cell: (n) => mine ? button(`Delete ${n.namespace_name}`, () => deleteNamespace(n, refresh), { kind: 'quiet', icon: 'trash', iconOnly: true, small: true }) : '' },
        ],
        rows: list,
      }));
}
