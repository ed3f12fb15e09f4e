/* SPDX-License-Identifier: Apache-2.0 */
/* What a Worker does, as it does it, and what it did. */
import { fill, h } from '../lib/dom.js';
import { button } from '../lib/ui.js';
import history from './history.js';
import tail from './tail.js';

const VIEWS = [
  ['Live', tail],
  ['History', history],
  ['Last errors', (ctx) => history({ ...ctx, errors: true })],
];

export default function logs({ worker, signal }) {
  const body = h('div');
  let turn = null;

  function show(i) {
    turn?.abort();
    turn = new AbortController();
    buttons.forEach((b, k) => b.setAttribute('aria-pressed', String(k === i)));
    fill(body, VIEWS[i][1]({ worker, signal: turn.signal }));
  }

  const buttons = VIEWS.map(([label], i) => button(label, () => show(i), { 'aria-pressed': 'false' }));
  signal.addEventListener('abort', () => turn?.abort());
  show(0);
  return h('div', null, h('div', { class: 'toolbar', role: 'group', 'aria-label': 'Which records' }, buttons), body);
}
