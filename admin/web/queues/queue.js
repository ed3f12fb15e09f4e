/* SPDX-License-Identifier: Apache-2.0 */
/* One queue: how much waits, who sends, who takes, what is in it. */
import { ApiError, api, may, seg } from '../lib/api.js';
import { boundCard } from '../lib/data.js';
import { h } from '../lib/dom.js';
import { ago, bytes, number, plural, when } from '../lib/format.js';
import { meanwhile, settle } from '../lib/meanwhile.js';
import { go } from '../lib/router.js';
import { badge, button, card, confirmName, dialog, facts, field, input, pageHead, slot, stat, toast, worker } from '../lib/ui.js';
import { PATH, consumerView, removeQueue } from '../pages/queues.js';
import { consumerCard } from './consumer.js';
import { messagesCard, sendMessage } from './messages.js';

async function find(name, signal) {
  const [q] = (await api.get(PATH, { name }, { signal })).result;
  if (!q) throw new ApiError(404, [{ code: 11000, message: `There is no queue ${name}` }]);
  return q;
}

function seconds(n) {
  for (const [size, unit] of [[86400, 'day'], [3600, 'hour'], [60, 'minute']]) {
    if (n >= size && n % size === 0) return plural(n / size, unit);
  }
  return plural(n, 'second');
}

function stats(path, q, signal) {
  return slot(async () => {
    const m = (await api.get(`${path}/metrics`, null, { signal })).result;
    const oldest = m.oldest_message_timestamp_ms;
    return h('div', { class: 'stats' }, stat('Messages waiting', number(m.backlog_count)), stat('Their size', bytes(m.backlog_bytes)),
      stat('Oldest', oldest ? ago(new Date(oldest).toISOString()) : '–', { sub: oldest ? when(oldest) : 'nothing waits' }),
      stat('Delivery', q.settings.delivery_paused ? 'Paused' : 'On', { kind: q.settings.delivery_paused ? '' : 'good', sub: q.settings.delivery_paused ? 'messages wait' : '' }));
  }, { lines: 3 });
}

function editSettings(path, q, done) {
  const delay = input({ name: 'delay', type: 'number', min: 0, max: 43200, required: true, value: q.settings.delivery_delay });
  const keep = input({ name: 'keep', type: 'number', min: 60, max: 1209600, required: true, value: q.settings.message_retention_period });
  const plain = ({ settings: s }) => ({ delay: s.delivery_delay, keep: s.message_retention_period });
  const check = meanwhile(plain(q), (now) => `delay ${number(now.delay)} s, kept for ${number(now.keep)} s`);
  dialog({ title: 'Settings', body: [field('Delay, in seconds', delay, 'Before a message is given to anybody, where its sender says nothing. At most 43,200.'),
    field('Kept for, in seconds', keep, 'A message that nobody took is removed after it. 86,400 is a day; at most 1,209,600.')], run: async () => {
    await settle(async () => {
      const { result, etag } = await api.get(path);
      return { is: plain(result), etag };
    }, check, (headers) => api.patch(path, { settings: { delivery_delay: Number(delay.value), message_retention_period: Number(keep.value) } }, { headers }));
    toast('Settings saved');
    done();
  } });
}

function purge(path, q, done) {
  confirmName({ title: `Remove all messages of ${q.queue_name}?`, text: 'Those that wait and those that somebody works on. This cannot be undone.', name: q.queue_name, action: 'Remove all', run: async () => {
    await api.post(`${path}/purge`, { delete_messages_permanently: true });
    toast('Removed all messages');
    done();
  } });
}

export default async function queue({ params, signal, refresh }) {
  const q = await find(params.name, signal);
  const path = `${PATH}/${seg(q.queue_id)}`;
  const able = may('deploy');
  const paused = q.settings.delivery_paused;
  const consumer = q.consumers[0];
  const figures = stats(path, q, signal);
  const changed = () => figures.reload();
  const messages = able && messagesCard({ path, q, signal, changed });
  return h('div', null, pageHead(q.queue_name, { crumbs: [['Queues', '#/queues']], actions: able ? [
    button('Send a message', () => sendMessage(path, () => {
      changed();
      messages.look();
    }), { kind: 'primary', icon: 'up' }),
    worker(paused ? 'Resume' : 'Pause', async () => {
      await api.patch(path, { settings: { delivery_paused: !paused } });
      toast(paused ? 'Messages are delivered again' : 'Messages wait until it is resumed');
      refresh();
    }, { icon: paused ? 'play' : 'pause' }),
    button('Remove all messages', () => purge(path, q, refresh), { kind: 'danger' }),
    button('Delete', () => removeQueue(q, () => go('#/queues')), { kind: 'danger', icon: 'trash' })] : [] }),
  figures,
  h('div', { class: 'grid' },
    consumerCard({ path, q, consumer, able, view: consumerView, refresh }),
    boundCard('queue', q.queue_name, signal)),
  card('Settings', facts([['Delay', seconds(q.settings.delivery_delay)], ['Kept for', seconds(q.settings.message_retention_period)],
    ['Delivery', badge(paused ? 'paused' : 'on', paused ? 'warn' : 'good')], ['Id', h('code', null, q.queue_id)]]),
  { actions: able && button('Change', () => editSettings(path, q, refresh), { 'aria-label': 'Change settings' }) }),
  messages);
}

