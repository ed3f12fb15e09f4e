/* SPDX-License-Identifier: Apache-2.0 */
/* What is different between two texts, by lines (Myers, with a bound). */
import { h } from '../lib/dom.js';

const EDITS_MAX = 1500;
const AROUND = 3;

/** [[' ' | '-' | '+', line], ...] of what lies between equal beginnings and ends. */
function middle(a, b) {
  const n = a.length;
  const m = b.length;
  const max = Math.min(n + m, EDITS_MAX);
  const trail = [];
  let v = new Map([[1, 0]]);
  for (let d = 0; d <= max; d++) {
    trail.push(new Map(v));
    for (let k = -d; k <= d; k += 2) {
      let x = k === -d || (k !== d && (v.get(k - 1) ?? -1) < (v.get(k + 1) ?? -1)) ? v.get(k + 1) : v.get(k - 1) + 1;
      let y = x - k;
      while (x < n && y < m && a[x] === b[y]) {
        x++;
        y++;
      }
      v.set(k, x);
      if (x >= n && y >= m) return walkBack(trail, a, b, d);
    }
  }
  /* too different to be worth the time */
  return [...a.map((l) => ['-', l]), ...b.map((l) => ['+', l])];
}

function walkBack(trail, a, b, edits) {
  const out = [];
  let x = a.length;
  let y = b.length;
  for (let d = edits; d >= 0; d--) {
    const v = trail[d];
    const k = x - y;
    const before = k === -d || (k !== d && (v.get(k - 1) ?? -1) < (v.get(k + 1) ?? -1)) ? k + 1 : k - 1;
    const px = d === 0 ? 0 : v.get(before);
    const py = d === 0 ? 0 : px - before;
    while (x > px && y > py) {
      out.push([' ', a[--x]]);
      y--;
    }
    if (d === 0) break;
    if (x > px) out.push(['-', a[--x]]);
    else out.push(['+', b[--y]]);
  }
  return out.reverse();
}

export function diffLines(before, after) {
  const a = before === '' ? [] : before.split('\n');
  const b = after === '' ? [] : after.split('\n');
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  return [
    ...a.slice(0, head).map((l) => [' ', l]),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map((l) => [' ', l]),
  ];
}

/** {added, removed} of a list that diffLines() made. */
export function countOf(list) {
  return { added: list.filter(([k]) => k === '+').length, removed: list.filter(([k]) => k === '-').length };
}

const SAID = { '+': 'added', '-': 'removed' };

/** The changed lines with a few around them. */
export function diffView(list) {
  const near = list.map(() => false);
  list.forEach(([kind], i) => {
    if (kind !== ' ') for (let j = Math.max(0, i - AROUND); j <= Math.min(list.length - 1, i + AROUND); j++) near[j] = true;
  });
  const rows = [];
  let left = 0;
  let right = 0;
  list.forEach(([kind, text], i) => {
    if (kind !== '+') left++;
    if (kind !== '-') right++;
    if (!near[i]) {
      if (near[i - 1] || i === 0) rows.push(h('div', { class: 'diff-gap' }, '⋯'));
      return;
    }
    rows.push(h('div', { class: `diff-line ${kind === '+' ? 'plus' : kind === '-' ? 'minus' : ''}` },
      h('span', { class: 'diff-no' }, kind === '+' ? '' : left), h('span', { class: 'diff-no' }, kind === '-' ? '' : right),
      h('span', { class: 'diff-sign', 'aria-label': SAID[kind] ?? null }, kind), h('span', null, text || ' ')));
  });
  return h('div', { class: 'diff', tabindex: 0, role: 'region', 'aria-label': 'Changes' }, rows);
}
