/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces that the pages of D1, R2 and queues share. */
import { h } from './dom.js';
import { ago, when } from './format.js';
import { dropped } from '../worker/source.js';
import { button, toastError } from './ui.js';

/** A small button of a row that takes something away. */
export function trash(label, run) {
  return button(label, run, { kind: 'quiet', icon: 'trash', iconOnly: true, small: true });
}

export function time(text) {
  return h('span', { title: when(text) }, ago(text));
}

function turn(label, to) {
  if (typeof to === 'string') return h('a', { class: 'btn small', href: to }, label);
  return button(label, to || null, { small: true, disabled: !to });
}

/** To the pages before and after: addresses, functions, or nothing. say: which this is. */
export function pager({ before, after, say }) {
  return (before || after || say) && h('nav', { class: 'pager', 'aria-label': 'Pages of the list' },
    h('span', { class: 'muted', role: 'status' }, say), turn('Previous', before), turn('Next', after));
}

/** A button that lets files be chosen; took([{path, file}, ...]). */
export function filesButton(label, took, { multiple = true, accept, ...opts } = {}) {
  const pick = h('input', { type: 'file', multiple, accept, class: 'sr', tabindex: -1, 'aria-label': label, onchange: () => {
    took([...pick.files].map((file) => ({ path: file.name, file })));
    pick.value = '';
  } });
  return [button(label, () => pick.click(), { icon: 'upload', ...opts }), pick];
}

/** Let files be dropped on an element; took([{path, file}, ...]), folders walked. */
export function dropZone(el, took) {
  el.addEventListener('dragover', (e) => {
    e.preventDefault();
    el.classList.add('dropping');
  });
  el.addEventListener('dragleave', () => el.classList.remove('dropping'));
  el.addEventListener('drop', (e) => {
    e.preventDefault();
    el.classList.remove('dropping');
    dropped(e.dataTransfer).then(took).catch(toastError);
  });
  return el;
}

/** Have the browser keep bytes under a name. */
export function keep(blob, name) {
  const url = URL.createObjectURL(blob);
  const a = h('a', { href: url, download: name });
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
