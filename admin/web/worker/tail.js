/* SPDX-License-Identifier: Apache-2.0 */
/* What a Worker does, as it does it: filters, pause, errors with their stack. */
import { call } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { button, empty, errorBox, input, note, select } from '../lib/ui.js';
import { recordView } from './record.js';

const KEPT = 300;
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
  const list = h('div', { class: 'records', role: 'log', 'aria-label': 'Records' });
  const held = [];
  let paused = false;
  let turn = null;

  function show(r) {
    list.querySelector('.empty')?.remove();
    list.prepend(recordView(r));
    while (list.children.length > KEPT) list.lastChild.remove();
  }

  function take(name, data) {
    if (name === 'dropped') {
      list.prepend(note(`${JSON.parse(data).count} were left out: this page read too slowly.`, 'warn'));
    } else if (name === 'message') {
      const r = JSON.parse(data);
      if (!paused) show(r);
      else if (held.push(r) > KEPT) held.shift();
      if (paused) state.textContent = `Paused, ${held.length} wait`;
    }
  }

  function filters() {
    return [outcome.value && { outcome: [outcome.value] }, method.value && { method: [method.value] }, text.value.trim() && { query: text.value.trim() }].filter(Boolean);
  }

  async function follow() {
    turn?.abort();
    const mine = turn = new AbortController();
    signal.addEventListener('abort', () => mine.abort());
    if (signal.aborted) mine.abort();
    try {
      while (!mine.signal.aborted) {
        state.textContent = 'Connecting';
        const wanted = filters();
        const res = await call('GET', `${worker.path}/tail`, { query: wanted.length ? { filters: JSON.stringify(wanted) } : {}, signal: mine.signal });
        state.textContent = paused ? 'Paused' : 'Live';
        if (!list.children.length) fill(list, empty('Waiting for requests', 'Each invocation is shown here as it ends.'));
        await read(res, take);
        await new Promise((done) => setTimeout(done, 1000));
      }
    } catch (error) {
      if (error.name === 'AbortError' || mine.signal.aborted) return;
      state.textContent = '';
      fill(list, error.code === 10501 ? note('This server does not have live tails yet.') : errorBox(error, follow));
    }
  }

  const pause = button('Pause', () => {
    paused = !paused;
    pause.setAttribute('aria-pressed', String(paused));
    state.textContent = paused ? 'Paused' : 'Live';
    if (!paused) held.splice(0).forEach(show);
  }, { 'aria-pressed': 'false', icon: 'pause' });
  for (const el of [outcome, method, text]) el.addEventListener('change', follow);
  follow();
  return h('div', null, h('div', { class: 'toolbar' }, outcome, method, text, pause, button('Clear', () => fill(list)), state), list);
}
