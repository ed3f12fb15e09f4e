/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces that the pages of D1, R2 and queues share. */
import { dropped } from '../worker/source.js';
import { api } from './api.js';
import { fill, h } from './dom.js';
import { ago, when } from './format.js';
import { link } from './router.js';
import { button, card, slot, toastError } from './ui.js';

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

/** To the pages before and after: addresses, functions, or nothing. say: which this is; isFirst: before is the first. */
export function pager({ before, after, say, isFirst = false }) {
  return (before || after || say) && h('nav', { class: 'pager', 'aria-label': 'Pages of the list' },
    h('span', { class: 'muted', role: 'status' }, say), (before || after) && [turn(isFirst ? 'First page' : 'Previous', before), turn('Next', after)]);
}

/** Fill in a pager: who had the focus on the one before has it. */
export function fillPager(place, what) {
  const had = place.contains(document.activeElement) && document.activeElement.textContent;
  fill(place, pager(what));
  const now = had ? [...place.querySelectorAll('button:enabled')] : [];
  (now.find((b) => b.textContent === had) ?? now[0])?.focus({ preventScroll: true });
}

/** A button that lets files be chosen; took([{path, file}, ...]). */
export function filesButton(label, took, { multiple = true, accept, ...opts } = {}) {
  const pick = h('input', { type: 'file', multiple, accept, class: 'sr', tabindex: -1, 'aria-label': label, onchange: () => {
    took([...pick.files].map((file) => ({ path: file.name, file })));
    pick.value = '';
  } });
  return [button(label, () => pick.click(), { icon: 'upload', ...opts }), pick];
}

/** Workers that are bound to something, as a list of links. */
export function boundCard(type, target, signal) {
  return card('Who is bound to it', slot(async () => {
    const { result } = await api.get('~/workers/bindings', { type, target }, { signal });
    if (!result.length) return h('p', { class: 'muted' }, 'No Worker that runs. Bindings are given on a Worker\'s page, under Settings.');
    return h('ul', { class: 'bound' }, result.map((b) => {
      const { script: name, dispatch_namespace: ns } = b;
      return h('li', null, h('a', { href: ns ? link('/ns/{ns}/w/{name}', { ns, name }, { tab: 'settings' }) : link('/workers/{name}', { name }, { tab: 'settings' }) },
        ns ? `${ns}/${name}` : name), ' ', h('code', null, `env.${b.name}`));
    }));
  }, { lines: 1 }));
}

export function pause(ms, signal) {
  return new Promise((done, fail) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      fail(new DOMException('aborted', 'AbortError'));
    });
  });
}

/** Is it for a reason that passes? */
export function passes(error) {
  return error.name === 'ApiError' && error.status !== 501 && (error.status === 429 || error.status === 0 || error.status === 408 || error.status >= 500);
}

/** Try again what failed so; who asks too often waits for minutes. */
export async function patiently(run, signal) {
  for (let n = 1; ; n++) {
    try {
      return await run();
    } catch (error) {
      const often = error.status === 429;
      if (!passes(error) || n >= (often ? 60 : 4)) throw error;
      await pause(often ? 6000 : 500 * 2 ** n, signal);
    }
  }
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

/** Bytes as base64. */
export function base64Of(data) {
  let text = '';
  for (let i = 0; i < data.length; i += 0x8000) text += String.fromCharCode(...data.subarray(i, i + 0x8000));
  return btoa(text);
}
