/* SPDX-License-Identifier: Apache-2.0 */
/* Queues: all of them. */
import { api, may, seg } from '../lib/api.js';
import { time, trash } from '../lib/data.js';
import { h } from '../lib/dom.js';
import { number } from '../lib/format.js';
import { listing } from '../lib/listing.js';
import { go, link } from '../lib/router.js';
import { badge, button, confirmName, dialog, empty, field, input, pageHead, toast } from '../lib/ui.js';

export const PATH = '~/queues';

export function workerHref(ns, name) {
  return ns ? link('/ns/{ns}/w/{name}', { ns, name }) : link('/workers/{name}', { name });
}

function create() {
  const name = input({ name: 'name', required: true, maxlength: 63, placeholder: 'orders' });
  dialog({ title: 'New queue', body: field('Name', name, 'Letters, digits, "-" and "_". Bindings know it by its name, which does not change.'), action: 'Create', run: async () => {
    await api.post(PATH, { queue_name: name.value.trim() });
    toast('Queue made');
    go(link('/queues/{name}', { name: name.value.trim() }));
  } });
}

/** Ask for the name, then delete. */
export function removeQueue(q, done) {
  confirmName({ title: `Delete ${q.queue_name}?`, text: 'All its messages go with it, whoever is bound to it. This cannot be undone.', name: q.queue_name, run: async () => {
    await api.del(`${PATH}/${seg(q.queue_id)}`);
    toast(`Deleted ${q.queue_name}`);
    done();
  } });
}

/** Who takes messages, in a word. */
export function consumerView(c) {
  if (!c) return h('span', { class: 'muted' }, 'none');
  if (c.type === 'http_pull') return badge('pull');
  return h('a', { href: workerHref(c.dispatch_namespace, c.script_name) }, c.dispatch_namespace ? `${c.dispatch_namespace}/${c.script_name}` : c.script_name);
}

export default async function queues({ signal, query }) {
  const mine = may('deploy');
  const make = () => mine && button('New queue', create, { kind: 'primary', icon: 'plus' });
  const list = listing({
    query, caption: 'Queues',
    read: async ({ text, page, each }) => {
      const doc = await api.get(PATH, { page, per_page: each, name_contains: text }, { signal });
      return { rows: doc.result, total: doc.result_info.total_count };
    },
    none: () => empty('No queue yet', ['Make one, give a Worker a binding of the kind queue to send with ', h('code', null, 'env.QUEUE:send(message)'), ', and another as its consumer.'], make()),
    columns: [
      { label: 'Name', cell: (q) => h('span', null, h('a', { class: 'strong', href: link('/queues/{name}', { name: q.queue_name }) }, q.queue_name), q.settings.delivery_paused && [' ', badge('paused', 'warn')]) },
      { label: 'Waiting', class: 'num', cell: (q) => number(q.backlog_count) },
      { label: 'Consumer', cell: (q) => consumerView(q.consumers[0]) },
      { label: 'Producers', class: 'num', cell: (q) => number(q.producers_total_count) },
      { label: 'Made', class: 'tight', cell: (q) => time(q.created_on) },
      { label: '', class: 'tight', cell: (q) => mine ? trash(`Delete ${q.queue_name}`, () => removeQueue(q, list.reload)) : '' },
    ],
  });
  await list.first;
  return h('div', null, pageHead('Queues', { actions: [make()], sub: 'Messages that one Worker sends and another works on later.' }), list);
}
