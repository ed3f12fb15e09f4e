/* SPDX-License-Identifier: Apache-2.0 */
/* Who takes the messages of a queue: a Worker, or whoever pulls. */
import { api, seg } from '../lib/api.js';
import { trash } from '../lib/data.js';
import { h } from '../lib/dom.js';
import { ms, number } from '../lib/format.js';
import { meanwhile, settle } from '../lib/meanwhile.js';
import { link } from '../lib/router.js';
import { button, card, confirmName, dialog, empty, facts, field, input, select, toast } from '../lib/ui.js';

/* setting -> [label, least, most, standard, hint]; of both kinds, of a Worker, of who pulls */
const BOTH = {
  batch_size: ['Messages in a batch', 1, 100, 10], max_retries: ['Tries after the first', 0, 100, 3],
  retry_delay: ['Seconds before it is tried again', 0, 43200, 0],
};
const WORKER = {
  max_wait_time_ms: ['Wait for a full batch, in ms', 0, 60000, 5000],
  max_concurrency: ['Batches at a time', 1, 250, '', 'Empty: as many as the server lets it.'],
};
const PULL = { visibility_timeout_ms: ['Messages are his who pulled them, in ms', 1, 43200000, 30000] };

function numberField(name, [label, min, max, standard, hint], settings) {
  const value = settings ? settings[name] ?? '' : standard;
  const el = input({ name, type: 'number', min, max, value, required: name !== 'max_concurrency' });
  return { el, view: field(label, el, hint) };
}

/* What is compared of a consumer. */
function plain(c) {
  return c ? { type: c.type, script: c.script_name, namespace: c.dispatch_namespace, dead: c.dead_letter_queue, settings: c.settings } : null;
}

/* The consumer there is now, and its etag. */
async function lookAt(path) {
  const [now] = (await api.get(`${path}/consumers`)).result;
  if (!now) return { is: null };
  const { result, etag } = await api.get(`${path}/consumers/${seg(now.consumer_id)}`);
  return { is: plain(result), etag };
}

function edit(path, consumer, done) {
  const kind = select([['worker', 'A Worker'], ['http_pull', 'Whoever pulls by the API']], { name: 'type', value: consumer?.type ?? 'worker' });
  const script = input({ name: 'script', required: true, value: consumer?.script_name ?? '', placeholder: 'order-worker' });
  const ns = input({ name: 'namespace', value: consumer?.dispatch_namespace ?? '', placeholder: 'none: an account Worker' });
  const dead = input({ name: 'dead', value: consumer?.dead_letter_queue ?? '', placeholder: 'none: it is deleted' });
  const made = Object.fromEntries(Object.entries({ ...BOTH, ...WORKER, ...PULL }).map(([name, row]) =>
    [name, numberField(name, row, consumer?.type && (name in BOTH || name in (consumer.type === 'worker' ? WORKER : PULL)) ? consumer.settings : null)]));
  const views = (names) => Object.keys(names).map((name) => made[name].view);
  const ofWorker = [field('Worker', script), field('In the namespace', ns), ...views(WORKER)];
  const ofPull = views(PULL);
  const show = () => {
    const pulls = kind.value === 'http_pull';
    for (const el of ofWorker) el.hidden = pulls;
    for (const el of ofPull) el.hidden = !pulls;
    for (const el of ofWorker.concat(ofPull).flatMap((v) => [...v.querySelectorAll('input')])) el.disabled = el.closest('.field').hidden;
  };
  kind.addEventListener('change', show);
  show();
  const check = meanwhile(plain(consumer), (now) => `${now.type === 'worker' ? [now.namespace, now.script].filter(Boolean).join('/') : 'pull'}, ${JSON.stringify(now.settings)}${now.dead ? `, dead letters to ${now.dead}` : ''}`);
  dialog({ title: consumer ? 'Change the consumer' : 'Add a consumer', body: [field('Who takes the messages', kind), ofWorker, views(BOTH), ofPull,
    field('What was tried in vain goes to the queue', dead)], run: async () => {
    const pulls = kind.value === 'http_pull';
    const names = Object.keys({ ...BOTH, ...(pulls ? PULL : WORKER) });
    const body = { type: kind.value, ...(!pulls && { script_name: script.value.trim() }), ...(!pulls && ns.value.trim() && { dispatch_namespace: ns.value.trim() }),
      ...(dead.value.trim() && { dead_letter_queue: dead.value.trim() }),
      settings: Object.fromEntries(names.map((name) => [name, made[name].el.value === '' ? null : Number(made[name].el.value)])) };
    await settle(() => lookAt(path), check, (headers) => consumer ? api.put(`${path}/consumers/${seg(consumer.consumer_id)}`, body, { headers })
      : api.post(`${path}/consumers`, body));
    toast('Consumer saved');
    done();
  } });
}

function remove(path, q, consumer, done) {
  confirmName({ title: 'Remove the consumer?', text: 'The messages wait until there is another.', name: q.queue_name, action: 'Remove', run: async () => {
    await api.del(`${path}/consumers/${seg(consumer.consumer_id)}`);
    toast('Consumer removed');
    done();
  } });
}

function told(consumer, view) {
  const s = consumer.settings;
  const dead = consumer.dead_letter_queue;
  return facts([['Who', view(consumer)], ['Batch', number(s.batch_size)], ['Retries', number(s.max_retries)], ['Before a retry', `${number(s.retry_delay)} s`],
    consumer.type === 'worker' ? ['Wait for a full batch', ms(s.max_wait_time_ms)] : ['Messages are his for', ms(s.visibility_timeout_ms)],
    consumer.type === 'worker' && ['At a time', s.max_concurrency ? number(s.max_concurrency) : 'as the server lets it'],
    ['Tried in vain', dead ? h('a', { href: link('/queues/{name}', { name: dead }) }, dead) : 'deleted']]);
}

export function consumerCard({ path, q, consumer, able, view, refresh }) {
  return card('Consumer', consumer ? told(consumer, view) : empty('No consumer', 'The messages wait. A Worker takes them with its function queue(batch, env, ctx), or a program pulls them.',
    able && button('Add a consumer', () => edit(path, null, refresh), { kind: 'primary', icon: 'plus' })),
  { actions: able && consumer && [button('Change', () => edit(path, consumer, refresh), { 'aria-label': 'Change the consumer' }), trash('Remove the consumer', () => remove(path, q, consumer, refresh))] });
}
