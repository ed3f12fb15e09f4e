/* SPDX-License-Identifier: Apache-2.0 */
/* What a Worker does, as it does it: filters, pause, errors with their stack. */
import { call } from '../lib/api.js';
import { passes, pause } from '../lib/data.js';
import { fill, h } from '../lib/dom.js';
import { button, empty, errorBox, input, note, select } from '../lib/ui.js';
import { recordView } from './record.js';

const KEPT = 300;
const LIVE = 'Live';
const WAIT_MAX = 30; /* s between two that failed */
const OUTCOMES = [['', 'Every outcome'], ['ok', 'ok'], ['exception', 'exception'], ['exceededCpu', 'exceededCpu'], ['exceededMemory', 'exceededMemory'], ['canceled', 'canceled'], ['unknown', 'other errors']];

/** Events of a stream: told(name, text of data). Comments are passed over. */
async function read(res, told) {
  const reader = res.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let got = await reader.read(); !got.done; got = await reader.read()) {
    const parts = (rest + got.value).split(/\r?\n\r?\n/);
    rest = parts.pop();
    for (const part of parts) {
      const lines = part.split(/\r?\n/);
      const data = lines.filter((l) => l.startsWith('data:')).map((l) => l.slice(5).trimStart()).join('\n');
      if (data) told(lines.find((l) => l.startsWith('event:'))?.slice(6).trim() ?? 'message', data);
    }
  }
}

export default function tail({ worker, signal }) {
  const outcome = select(OUTCOMES, { name: 'outcome', 'aria-label': 'Outcome' });
  const method = select([['', 'Every method'], 'GET', 'POST', 'PUT', 'PATCH', 'DELETE'], { name: 'method', 'aria-label': 'Method' });
  const text = input({ name: 'query', 'aria-label': 'Text in a console line', placeholder: 'Text in a console line' });
  const state = h('span', { class: 'muted', role: 'status' });
  const problem = h('div', { class: 'problem' });
  const list = h('div', { class: 'records', role: 'log', 'aria-label': 'Records' });
  const held = [];
  let phase = '';
  let paused = false;
  let turn = null;

  function tell(now = phase) {
    phase = now;
    const waiting = held.length ? `Paused, ${held.length} wait` : 'Paused';
    state.textContent = phase === LIVE && paused ? waiting : phase;
  }

  function put(node) {
    list.querySelector('.empty')?.remove();
    list.prepend(node);
    while (list.children.length > KEPT) list.lastChild.remove();
  }

  function take(name, data) {
    if (name === 'dropped') {
      put(note(`${JSON.parse(data).count} were left out: this page read too slowly.`, 'warn'));
    } else if (name === 'message') {
      const r = JSON.parse(data);
      if (!paused) put(recordView(r));
      else if (held.push(r) > KEPT) held.shift();
      if (paused) tell();
    }
  }

  function filters() {
    return [outcome.value && { outcome: [outcome.value] }, method.value && { method: [method.value] }, text.value.trim() && { query: text.value.trim() }].filter(Boolean);
  }

  /** One connection, as long as it lasts. lost: when the one before ended. */
  async function connect(mine, lost) {
    const wanted = filters();
    const res = await call('GET', `${worker.path}/tail`, { query: wanted.length ? { filters: JSON.stringify(wanted) } : {}, signal: mine });
    if (lost) put(note(`Not connected from ${lost.toLocaleTimeString()} to ${new Date().toLocaleTimeString()}: what ran then is not here. The history has what is kept.`, 'warn'));
    fill(problem);
    tell(LIVE);
    if (!list.children.length) fill(list, empty('Waiting for requests', 'Each invocation is shown here as it ends.'));
    await read(res, take);
  }

  /* what is there stays, whatever becomes of the connection */
  async function follow() {
    turn?.abort();
    const mine = turn = new AbortController();
    const until = AbortSignal.any([mine.signal, signal]);
    let lost = null;
    tell('Connecting');
    for (let wait = 1; !until.aborted; wait = Math.min(2 * wait, WAIT_MAX)) {
      try {
        await connect(until, lost);
      } catch (error) {
        if (until.aborted) return;
        if (error.name === 'ApiError' && !passes(error)) {
          tell('');
          fill(problem, error.code === 10501 ? note('This server does not have live tails yet.') : errorBox(error, follow));
          return;
        }
        if (error.status > 0) fill(problem, errorBox(error));
      }
      if (phase === LIVE) [lost, wait] = [new Date(), 1];
      tell('Not connected, trying again');
      await pause(wait * 1000, until).catch(() => {});
    }
  }

  const hold = button('Pause', () => {
    paused = !paused;
    hold.setAttribute('aria-pressed', String(paused));
    if (!paused) held.splice(0).forEach((r) => put(recordView(r)));
    tell();
  }, { 'aria-pressed': 'false', icon: 'pause' });
  for (const el of [outcome, method, text]) el.addEventListener('change', follow);
  follow();
  return h('div', null, h('div', { class: 'toolbar' }, outcome, method, text, hold, button('Clear', () => fill(list)), state), problem, list);
}
