/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text area with line numbers and colours behind it. Only the lines that can
 * be seen are drawn, so a Worker of a megabyte is as quick as one of ten lines.
 */
import { fill, h, newId } from '../lib/dom.js';
import { lineOf, statesOf } from './lua.js';

const LINE = 20; /* px, as style.css has it */

function coloured(text, state, isLua) {
  if (!isLua || text.length > 4000) return [text];
  return lineOf(text, state).parts.map(([kind, part]) => kind ? h('span', { class: `t-${kind}` }, part) : part);
}

function indentOf(text, at) {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, at))[0];
}

/** Type into the text area so that undo knows of it. */
function type(area, text) {
  if (!document.execCommand('insertText', false, text)) area.setRangeText(text, area.selectionStart, area.selectionEnd, 'end');
}

function shift(area, back) {
  const { value, selectionStart: from, selectionEnd: to } = area;
  const start = value.lastIndexOf('\n', from - 1) + 1;
  const block = value.slice(start, to);
  const moved = back ? block.replace(/^ {1,2}/gm, '') : block.replace(/^/gm, '  ');
  area.setSelectionRange(start, to);
  type(area, moved);
  area.setSelectionRange(start, start + moved.length);
}

/**
 * editor({label, onInput(text), onSave()}): an element with open(text, {name,
 * readOnly}), text(), mark(line or 0), go(line).
 */
export function editor({ label, onInput, onSave }) {
  const hint = newId('keys');
  const area = h('textarea', {
    class: 'ed-area', spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off', wrap: 'off',
    'aria-label': label, 'aria-describedby': hint,
  });
  const gutter = h('div', { class: 'ed-gutter', 'aria-hidden': 'true' });
  const paint = h('div', { class: 'ed-paint', 'aria-hidden': 'true' });
  const box = h('div', { class: 'ed' }, gutter, h('div', { class: 'ed-text' }, paint, area));
  const el = h('div', null, box, h('p', { class: 'hint', id: hint }, 'Tab indents; Esc, then Tab leaves the editor. Ctrl+S deploys.'));
  let lines = [''];
  let states = [null];
  let isLua = true;
  let bad = 0;
  let leaving = false;

  function draw() {
    const first = Math.max(0, Math.floor(area.scrollTop / LINE) - 2);
    const last = Math.min(lines.length, first + Math.ceil(area.clientHeight / LINE) + 5);
    const numbers = [];
    const rows = [];
    for (let i = first; i < last; i++) {
      const wrong = i + 1 === bad ? 'wrong' : '';
      numbers.push(h('div', { class: wrong }, i + 1));
      rows.push(h('div', { class: wrong }, coloured(lines[i], states[i], isLua), '\n'));
    }
    fill(gutter, h('div', { style: { transform: `translateY(${first * LINE - area.scrollTop}px)` } }, numbers));
    fill(paint, h('div', { style: { transform: `translate(${-area.scrollLeft}px, ${first * LINE - area.scrollTop}px)` } }, rows));
  }

  function read() {
    lines = area.value.split('\n');
    states = isLua ? statesOf(lines) : [];
    draw();
  }

  function onKey(e) {
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 's') {
      e.preventDefault();
      onSave?.();
    } else if (e.key === 'Escape') {
      leaving = true;
      return;
    } else if (e.key === 'Tab' && !leaving && !area.readOnly) {
      e.preventDefault();
      if (e.shiftKey || area.selectionStart !== area.selectionEnd) shift(area, e.shiftKey);
      else type(area, '  ');
    } else if (e.key === 'Enter' && !e.ctrlKey && !e.metaKey && !area.readOnly) {
      const indent = indentOf(area.value, area.selectionStart);
      if (indent) {
        e.preventDefault();
        type(area, `\n${indent}`);
      }
    }
    leaving = false;
  }

  area.addEventListener('input', () => {
    bad = 0;
    read();
    onInput?.(area.value);
  });
  area.addEventListener('scroll', draw);
  area.addEventListener('keydown', onKey);
  new ResizeObserver(draw).observe(area);

  el.open = (text, { name = '', readOnly = false } = {}) => {
    isLua = /\.lua$/.test(name) || !/\.\w+$/.test(name);
    bad = 0;
    area.value = text;
    area.readOnly = readOnly;
    area.scrollTop = 0;
    area.setSelectionRange(0, 0);
    read();
  };
  el.text = () => area.value;
  el.go = (line) => {
    const at = lines.slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0);
    area.focus();
    area.setSelectionRange(at, at);
    area.scrollTop = Math.max(0, (line - 5) * LINE);
    draw();
  };
  el.mark = (line) => {
    bad = line;
    if (line) el.go(line);
    else draw();
  };
  return el;
}
