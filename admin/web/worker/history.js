/* SPDX-License-Identifier: Apache-2.0 */
/* What a Worker did: the records that the store keeps, newest first, by pages. */
import { api } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { button, empty, errorBox, input, select } from '../lib/ui.js';
import { recordView } from './record.js';

const EACH = 50;
/* how often it is asked on for a page in which nothing was found */
const TRIES = 10;
const ERRORS = 'exception,exceededCpu,exceededMemory,exceededWallTime,internalError';
const OUTCOMES = [['', 'Every outcome'], ['ok', 'ok'], [ERRORS, 'every error'], ...[...ERRORS.split(','), 'loadShed', 'canceled'].map((o) => [o, o])];
const LEVELS = [['', 'Every level'], 'debug', 'info', 'log', 'warn', 'error'];
const SINCE = [['', 'As long as they are kept'], [900, 'Last 15 minutes'], [3600, 'Last hour'], [86400, 'Last day'], [604800, 'Last 7 days']];

async function readPage(path, query, signal) {
  const records = [];
  let cursor = query.cursor;
  for (let n = 0; n < TRIES; n++) {
    const doc = await api.get(path, { ...query, cursor, limit: EACH - records.length }, { signal });
    records.push(...doc.result);
    cursor = doc.result_info?.cursor ?? '';
    if (!cursor || records.length >= EACH) break;
  }
  return { records, cursor };
}

/** @param errors  only what went wrong, open, with its stack */
export default function history({ worker, signal, errors = false }) {
  const outcome = select(OUTCOMES, { name: 'outcome', 'aria-label': 'Outcome' });
  const level = select(LEVELS, { name: 'level', 'aria-label': 'Level of a console line' });
  const since = select(SINCE, { name: 'since', 'aria-label': 'Time' });
  const text = input({ name: 'query', 'aria-label': 'Text', placeholder: 'Text, address or request id' });
  const state = h('span', { class: 'muted', role: 'status' });
  const list = h('div', { class: 'records', 'aria-label': 'Records' });
  const foot = h('div', { class: 'toolbar' });
  let turn = 0;

  function wanted(cursor) {
    const query = { cursor, outcome: errors ? ERRORS : outcome.value, level: level.value, query: text.value.trim() };
    if (since.value) query.since = new Date(Date.now() - since.value * 1000).toISOString();
    return Object.fromEntries(Object.entries(query).filter(([, v]) => v));
  }

  function nothing(query) {
    const { outcome: o, level: l, query: q, since: s } = query;
    if (q || s || (!errors && (o || l))) return empty('Nothing that is kept is so', 'Choose a longer time, or fewer conditions.');
    return errors ? empty('No errors', 'Nothing went wrong in what is kept.')
      : empty('Nothing is kept', 'A Worker keeps what failed and what it logged, or all, when its observability is enabled in the settings.');
  }

  async function show(cursor) {
    const mine = ++turn;
    const query = wanted(cursor);
    state.textContent = 'Loading';
    fill(foot);
    try {
      const got = await readPage(`${worker.path}/logs`, query, signal);
      if (mine !== turn) return;
      if (!cursor) fill(list);
      list.append(...got.records.map((r) => recordView(r, { day: true, open: errors })));
      if (!list.children.length && !got.cursor) fill(list, nothing(query));
      state.textContent = '';
      if (got.cursor) fill(foot, button('Older', () => show(got.cursor)));
    } catch (error) {
      if (error.name === 'AbortError' || mine !== turn) return;
      state.textContent = '';
      fill(foot, errorBox(error, () => show(cursor)));
    }
  }

  for (const el of [outcome, level, since, text]) el.addEventListener('change', () => show());
  show();
  return h('div', null, h('div', { class: 'toolbar' }, !errors && [outcome, level], since, text, button('Refresh', () => show()), state), list, foot);
}
