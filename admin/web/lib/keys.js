/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that lead somewhere. They can be switched off: who speaks to a computer has use for letters. */
import { may, isLimited } from './api.js';
import { h } from './dom.js';
import { go } from './router.js';
import { checkbox, dialog } from './ui.js';

const KEPT = 'wfp-keys';
const WAIT = 1200; /* ms between the two of "g o" */
const PLACES = [['o', '/', 'Overview'], ['n', '/ns', 'Namespaces'], ['w', '/workers', 'Account Workers', 'all'], ['k', '/kv', 'KV', 'all'], ['d', '/d1', 'D1', 'all'],
  ['r', '/r2', 'R2', 'all'], ['q', '/queues', 'Queues', 'all'], ['t', '/tokens', 'Tokens', 'admin'], ['a', '/audit', 'Audit log', 'admin'], ['s', '/settings', 'Settings']];

function isOff() {
  try {
    return localStorage.getItem(KEPT) === 'off';
  } catch {
    return false;
  }
}

function choose(on) {
  try {
    if (on) localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, 'off');
  } catch { /* only not kept */ }
}

function places() {
  return PLACES.filter(([, , , who]) => !who || (!isLimited() && (who === 'all' || may('admin'))));
}

const key = (text) => h('kbd', null, text);

function row(keys, text) {
  return h('div', null, h('dt', null, keys), h('dd', null, text));
}

/** All that there are. */
export function help() {
  const on = checkbox('Single letters do something', { name: 'keys', checked: !isOff(), onchange: (e) => choose(e.target.checked) });
  dialog({ title: 'Keys', body: [
    h('h3', null, 'Everywhere'),
    h('dl', { class: 'keys' }, row(key('?'), 'These keys'), row(key('/'), 'Search the list'), row([key('Esc')], 'Close a dialog or the menu'),
      places().map(([k, , text]) => row([key('g'), ' ', key(k)], text))),
    h('h3', { class: 'gap' }, 'Where one writes'),
    h('dl', { class: 'keys' }, row([key('Ctrl'), ' ', key('S')], 'Deploy what the editor has'), row([key('Ctrl'), ' ', key('Enter')], 'Run SQL')),
    h('h3', { class: 'gap' }, 'In a chart'),
    h('dl', { class: 'keys' }, row([key('\u2190'), ' ', key('\u2192')], 'The value before, the next'), row([key('Home'), ' ', key('End')], 'The first, the last')),
    h('div', { class: 'gap' }, on)] });
}

function isTyping(e) {
  return e.ctrlKey || e.metaKey || e.altKey || e.target.closest?.('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]') || document.querySelector('dialog[open]');
}

/** From now on, while somebody is signed in. */
export function listen(isIn) {
  let since = 0;
  addEventListener('keydown', (e) => {
    if (!isIn() || isOff() || isTyping(e)) return;
    const place = since && e.timeStamp - since < WAIT && places().find(([k]) => k === e.key);
    since = e.key === 'g' ? e.timeStamp : 0;
    if (place) go(`#${place[1]}`);
    else if (e.key === '?') help();
    else if (e.key === '/' && document.querySelector('main [data-search]')) {
      const search = document.querySelector('main [data-search]');
      search.focus();
      search.select();
    } else return;
    e.preventDefault();
  });
}
