/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a queue: to send one, to look, to pull and to say what became of them. */
import { api } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { bytes, plural } from '../lib/format.js';
import { time } from '../lib/data.js';
import { badge, card, dialog, empty, errorBox, field, input, note, select, table, textarea, toast, worker } from '../lib/ui.js';

const SHORT = 200;

/** The text of a message, and how many bytes it has. */
function bodyOf(m) {
  if (m.metadata['CF-Content-Type'] === 'text') return { text: m.body, size: new TextEncoder().encode(m.body).length };
  const data = Uint8Array.from(atob(m.body), (c) => c.charCodeAt(0));
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(data), size: data.length };
  } catch {
    return { text: [...data.slice(0, 512)].map((b) => b.toString(16).padStart(2, '0')).join(' '), size: data.length };
  }
}

function bodyView(m) {
  const { text, size } = bodyOf(m);
  if (text === '') return h('span', { class: 'muted' }, 'empty');
  if (text.length <= SHORT) return h('code', { class: 'cell' }, text);
  return h('details', null, h('summary', null, h('code', null, `${text.slice(0, SHORT)}…`), ` ${bytes(size)}`), h('pre', null, text));
}

export function sendMessage(path, done) {
  const type = select([['json', 'JSON'], ['text', 'Text']], { name: 'type' });
  const body = textarea({ name: 'body', rows: 6, required: true, placeholder: '{"order": 7}' });
  const delay = input({ name: 'delay', type: 'number', min: 0, max: 43200, placeholder: 'as the queue has it' });
  dialog({ title: 'Send a message', action: 'Send', body: [field('Kind', type), field('Message', body), field('Delay, in seconds', delay)], run: async () => {
    let value = body.value;
    if (type.value === 'json') {
      try {
        value = JSON.parse(value);
      } catch (error) {
        throw Object.assign(new Error(`This is no JSON: ${error.message}`), { hint: 'Texts stand in "double quotes", or choose the kind Text.' });
      }
    }
    await api.post(`${path}/messages`, { body: value, content_type: type.value, ...(delay.value && { delay_seconds: Number(delay.value) }) });
    toast('Sent');
    done();
  } });
}

/** How many, and a column that says what became of each where they were pulled. */
function messageTable(list, settle) {
  return table({ caption: 'Messages', rows: list, columns: [
    { label: 'Message', cell: bodyView },
    { label: 'Kind', class: 'tight', cell: (m) => badge(m.metadata['CF-Content-Type']) },
    { label: 'Sent', class: 'tight', cell: (m) => time(new Date(m.timestamp_ms).toISOString()) },
    { label: 'Tries', class: 'num', cell: (m) => m.attempts },
    settle && { label: '', class: 'tight', cell: (m) => h('span', { class: 'actions' },
      worker('Done', () => settle([m], 'acks'), { small: true, 'aria-label': `Done: ${m.id}` }),
      worker('Retry', () => settle([m], 'retries'), { small: true, 'aria-label': `Retry: ${m.id}` })) },
  ].filter(Boolean) });
}

/** el.look() asks again. changed() after messages went. */
export function messagesCard({ path, q, signal, changed }) {
  const pulls = q.consumers[0]?.type === 'http_pull';
  const count = select([['10', '10 messages'], ['50', '50 messages'], ['100', '100 messages']], { name: 'count', 'aria-label': 'How many' });
  const box = h('div');
  const say = h('span', { class: 'muted', role: 'status' });
  let leased = [];

  async function look() {
    const { messages } = (await api.post(`${path}/messages/peek`, { batch_size: Number(count.value) }, { signal })).result;
    leased = [];
    say.textContent = plural(messages.length, 'message');
    fill(box, messages.length ? messageTable(messages) : empty('Nothing to be seen', 'No message can be taken now. Those that somebody works on, and those with a delay, are not shown.'));
  }

  /* after some were settled, or pulled */
  function drawLeased(text) {
    fill(box, leased.length ? [h('div', { class: 'toolbar pulled' }, note(text), worker('All are done', () => settle(leased, 'acks')), worker('Retry all', () => settle(leased, 'retries'))), messageTable(leased, settle)]
      : empty('Nothing is left of what was pulled', 'Look or pull again.'));
  }

  async function pull() {
    const { messages } = (await api.post(`${path}/messages/pull`, { batch_size: Number(count.value) }, { signal })).result;
    leased = messages;
    say.textContent = '';
    changed();
    if (messages.length) drawLeased(`${plural(messages.length, 'message')} pulled. Say what became of each, or it comes again: "Done" removes it.`);
    else fill(box, empty('Nothing to pull', 'No message can be taken now.'));
  }

  async function settle(list, word) {
    const { result } = await api.post(`${path}/messages/ack`, { [word]: list.map((m) => ({ lease_id: m.lease_id })) });
    const n = result.ackCount + result.retryCount;
    leased = leased.filter((m) => !list.includes(m));
    toast(word === 'acks' ? `${plural(n, 'message')} done` : `${plural(n, 'message')} will come again`, n < list.length ? 'bad' : 'good',
      n < list.length && `${plural(list.length - n, 'message')} came too late: the time to say it was over.`);
    changed();
    drawLeased(`${plural(leased.length, 'message')} left. Say what became of each.`);
  }

  const el = card('Messages', [h('div', { class: 'toolbar' }, count, worker('Look', look, { icon: 'search' }),
    pulls && worker('Pull', pull, { icon: 'queue' }), say), box],
  { hint: pulls ? 'Looking changes nothing; pulling takes them for a while.' : 'Looking changes nothing.', class: 'messages' });
  el.look = () => look().catch((error) => fill(box, errorBox(error)));
  el.look();
  return el;
}
