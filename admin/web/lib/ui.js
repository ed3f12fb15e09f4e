/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that pages are made of. Styles are in style.css under their names. */
import { add, fill, h, newId } from './dom.js';
import { icon } from './icons.js';

/* ---- buttons, small things ------------------------------------------------------ */

/** button('Save', fn, {kind: 'primary' | 'danger' | 'quiet', icon, ...attributes}) */
export function button(label, onclick, { kind = '', icon: name, small, iconOnly, ...rest } = {}) {
  return h('button', {
    type: 'button',
    class: `btn ${kind}${small ? ' small' : ''}${iconOnly ? ' square' : ''}`,
    'aria-label': iconOnly ? label : null,
    title: iconOnly ? label : null,
    onclick,
    ...rest,
  }, name && icon(name), !iconOnly && label);
}

/* The last of those: while it works it cannot have the focus. */
let pressed = null;

/** A button that does something slow: it cannot be pressed twice, and errors are told. */
export function worker(label, run, opts) {
  const b = button(label, async () => {
    pressed = b;
    b.disabled = true;
    b.setAttribute('aria-busy', 'true');
    try {
      await run();
    } catch (error) {
      if (error.name !== 'AbortError') toastError(error);
    } finally {
      b.disabled = false;
      b.removeAttribute('aria-busy');
      if (document.activeElement === document.body) b.focus();
    }
  }, opts);
  return b;
}

export function badge(text, kind = '') {
  return h('span', { class: `badge ${kind}` }, text);
}

export function tagList(tags, onTag) {
  return h('span', { class: 'tags' }, (tags ?? []).map((tag) => onTag
    ? h('button', { type: 'button', class: 'tag', title: `Show only ${tag}`, onclick: (e) => { e.stopPropagation(); onTag(tag); } }, tag)
    : h('span', { class: 'tag' }, tag)));
}

export function copyButton(text, label = 'Copy') {
  return button(label, async () => {
    try {
      await navigator.clipboard.writeText(text);
      toast('Copied');
    } catch { /* over plain HTTP, or not allowed */
      toast('The browser does not let this page copy', 'bad', 'Select the text and copy it.');
    }
  }, { kind: 'quiet', icon: 'copy', small: true, iconOnly: true });
}

/** A headed box. */
export function card(title, body, { actions, class: cls = '', hint } = {}) {
  return h('section', { class: `card ${cls}` },
    title && h('header', { class: 'card-head' }, h('h2', null, title), hint && h('p', { class: 'muted' }, hint),
      actions && h('div', { class: 'actions' }, actions)),
    h('div', { class: 'card-body' }, body));
}

/** The head of a page. crumbs: [[text, href], ...] */
export function pageHead(title, { crumbs = [], actions = [], sub } = {}) {
  return h('header', { class: 'page-head' },
    crumbs.length > 0 && h('nav', { class: 'crumbs', 'aria-label': 'Where you are' },
      crumbs.map(([text, href], i) => [i > 0 && h('span', { 'aria-hidden': 'true' }, '/'), h('a', { href }, text)])),
    h('div', { class: 'page-title' }, h('h1', null, title), h('div', { class: 'actions' }, actions)),
    sub && h('p', { class: 'muted' }, sub));
}

/** What to do next where nothing is yet. */
export function empty(title, text, action) {
  return h('div', { class: 'empty' }, icon('boxes'), h('p', { class: 'empty-title' }, title), text && h('p', null, text), action);
}

export function skeleton(lines = 3) {
  return h('div', { class: 'skeleton', 'aria-busy': 'true', 'aria-label': 'Loading' },
    Array.from({ length: lines }, () => h('div')));
}

/* ---- errors, toasts --------------------------------------------------------------- */

/** An error with its message, code and how to mend it. */
export function errorBox(error, retry) {
  return h('div', { class: 'note bad', role: 'alert' }, icon('warn'), h('div', null,
    h('strong', { class: 'error-text' }, error.message || 'Something went wrong'),
    error.code ? h('span', { class: 'muted' }, ` (code ${error.code})`) : null,
    error.hint && h('p', null, error.hint),
    retry && button('Try again', retry, { small: true })));
}

export function note(text, kind = 'info') {
  return h('div', { class: `note ${kind}` }, icon(kind === 'info' ? 'list' : 'warn'), h('div', null, text));
}

let tray;

export function toast(text, kind = 'good', more) {
  if (!tray) {
    tray = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });
    document.body.append(tray);
  }
  const el = h('div', { class: `toast ${kind}` }, icon(kind === 'good' ? 'check' : 'warn'),
    h('div', null, h('div', null, text), more && h('div', { class: 'muted' }, more)),
    button('Dismiss', () => el.remove(), { kind: 'quiet', icon: 'close', iconOnly: true, small: true }));
  /* a dialog makes what is outside of it inert */
  (document.querySelector('dialog[open]') ?? document.body).append(tray);
  tray.append(el);
  setTimeout(() => el.remove(), kind === 'good' ? 4000 : 12000);
}

export function toastError(error) {
  toast(error.message || 'Something went wrong', 'bad', error.hint);
}

/* ---- forms ------------------------------------------------------------------------ */

/** A labelled control. control: an element, or fn(id) that makes one. */
export function field(label, control, hint) {
  const id = newId('f');
  const el = typeof control === 'function' ? control(id) : control;
  if (!el.id) el.id = id;
  const hintId = hint && `${el.id}-hint`;
  if (hint) el.setAttribute('aria-describedby', hintId);
  return h('div', { class: 'field' }, h('label', { for: el.id }, label), el,
    hint && h('p', { class: 'hint', id: hintId }, hint));
}

export function input(props) {
  return h('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', class: 'input', ...props });
}

export function textarea(props) {
  return h('textarea', { class: 'input', spellcheck: 'false', rows: 4, ...props });
}

/** options: [value or [value, text], ...] */
export function select(options, props) {
  return h('select', { class: 'input', ...props }, options.map((o) => {
    const [value, text] = Array.isArray(o) ? o : [o, o];
    return h('option', { value }, text);
  }));
}

export function checkbox(label, props) {
  const box = h('input', { type: 'checkbox', ...props });
  const el = h('label', { class: 'check' }, box, h('span', null, label));
  el.box = box;
  return el;
}

/* ---- dialogs ---------------------------------------------------------------------- */

/**
 * A modal form. run(close) is called when it is sent; what it throws is shown
 * inside, and the dialog stays.
 */
export function dialog({ title, body, action = 'Save', kind = 'primary', run, wide, canRun }) {
  const problem = h('div', { class: 'problem' });
  const send = h('button', { type: 'submit', class: `btn ${kind}` }, action);
  const bar = h('div', { class: 'bar', hidden: true }, h('div'));
  const id = newId('d');
  const close = () => el.close();
  const form = h('form', {
    method: 'dialog',
    onsubmit: async (e) => {
      e.preventDefault();
      if (!run || send.disabled) return close();
      send.disabled = true;
      send.setAttribute('aria-busy', 'true');
      fill(problem);
      try {
        if (await run(close) !== false) close();
      } catch (error) {
        if (error.name === 'AbortError') return;
        fill(problem, errorBox(error));
        problem.scrollIntoView({ block: 'nearest' });
      } finally {
        send.disabled = canRun ? !canRun() : false;
        send.removeAttribute('aria-busy');
      }
    },
  },
  h('header', { class: 'dialog-head' }, h('h2', { id }, title),
    button('Close', close, { kind: 'quiet', icon: 'close', iconOnly: true })),
  h('div', { class: 'dialog-body' }, body, bar, problem),
  h('footer', { class: 'dialog-foot' }, button(run ? 'Cancel' : 'Close', close), run && send));
  const el = h('dialog', { class: wide ? 'wide' : '', 'aria-labelledby': id }, form);
  if (canRun) {
    send.disabled = !canRun();
    form.addEventListener('input', () => { send.disabled = !canRun(); });
  }
  el.addEventListener('close', () => {
    if (tray && el.contains(tray)) document.body.append(tray);
    el.remove();
  });
  /* who opened it has the focus again, though it was busy then */
  const opener = document.activeElement === document.body ? pressed : document.activeElement;
  el.addEventListener('close', () => {
    if (document.activeElement === document.body) opener?.focus();
  });
  document.body.append(el);
  el.showModal();
  el.querySelector('.dialog-body :is(input, textarea, select):not([data-search])')?.focus();
  return { el, close, fail: (error) => fill(problem, errorBox(error)) };
}

/** Something that cannot be undone: the name has to be typed. Where nobody could, a word. */
export function confirmName({ title, text, name, action = 'Delete', run }) {
  const typed = input({ name: 'confirm', 'data-confirm': '' });
  const word = name === '' || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(name) ? 'delete' : name;
  return dialog({
    title,
    body: [h('p', null, text), field(['Type ', h('code', null, word), ' to confirm'], typed)],
    action,
    kind: 'danger',
    canRun: () => typed.value === word,
    run,
  });
}

/* ---- progress, tabs --------------------------------------------------------------- */

export function progress(label) {
  const bar = h('progress', { max: 1, 'aria-label': label });
  const text = h('span', { class: 'muted' }, label);
  const el = h('div', { class: 'progress', role: 'status' }, text, bar);
  el.set = (share, say) => {
    if (share === null) bar.removeAttribute('value');
    else bar.value = share;
    if (say) text.textContent = say;
  };
  return el;
}

/** tabs([[id, label, href], ...], current): links that look like tabs. */
export function tabs(list, current) {
  const nav = h('nav', { class: 'tabs', 'aria-label': 'Sections' }, list.map(([id, label, href]) =>
    h('a', { href, 'aria-current': id === current ? 'page' : null }, label)));
  /* on a phone not all fit */
  requestAnimationFrame(() => {
    const now = nav.querySelector('[aria-current]');
    if (now) nav.scrollLeft = now.offsetLeft - nav.offsetLeft - (nav.clientWidth - now.offsetWidth) / 2;
  });
  return nav;
}

/* ---- tables ----------------------------------------------------------------------- */

function headCell(column, sort, onSort) {
  if (!column.sort || !onSort) return h('th', { class: column.class, scope: 'col' }, column.label);
  const is = sort?.by === column.sort;
  return h('th', { class: column.class, scope: 'col', 'aria-sort': is ? (sort.down ? 'descending' : 'ascending') : 'none' },
    h('button', {
      type: 'button', class: 'sort',
      onclick: () => onSort({ by: column.sort, down: is ? !sort.down : Boolean(column.down) }),
    }, column.label, h('span', { class: 'arrow', 'aria-hidden': 'true' }, is ? (sort.down ? '↓' : '↑') : '')));
}

/**
 * table({columns: [{label (text or an element), cell(row), class, sort, down}], rows, caption, sort,
 * onSort, none}). A cell is text or elements. Narrow screens show rows as cards
 * with the column's label in front.
 */
export function table({ columns, rows, caption, sort, onSort, none, rowClass }) {
  const body = h('tbody');
  for (const row of rows) {
    body.append(h('tr', { class: rowClass?.(row) }, columns.map((c) =>
      h('td', { class: c.class, 'data-label': typeof c.label === 'string' ? c.label : '' }, c.cell(row)))));
  }
  if (!rows.length && none) {
    body.append(h('tr', { class: 'none' }, h('td', { colspan: columns.length }, none)));
  }
  return h('div', { class: 'table-wrap', tabindex: 0, role: 'region', 'aria-label': caption ?? 'Table' }, h('table', null,
    caption && h('caption', { class: 'sr' }, caption),
    h('thead', null, h('tr', null, columns.map((c) => headCell(c, sort, onSort)))), body));
}

/** Names and values. */
export function facts(pairs) {
  return h('dl', { class: 'facts' }, pairs.filter(Boolean).map(([name, value]) =>
    h('div', null, h('dt', null, name), h('dd', null, value))));
}

/** A figure with a label, as overviews have. */
export function stat(label, value, { sub, kind = '', href } = {}) {
  return h(href ? 'a' : 'div', { class: `stat ${kind}`, href }, h('span', { class: 'stat-label' }, label),
    h('strong', null, value), sub && h('span', { class: 'muted' }, sub));
}

/* ---- filling in ------------------------------------------------------------------- */

/* Who had the focus on what goes is not thrown back to the page's beginning. */
function refill(el, got) {
  const had = el.contains(document.activeElement);
  fill(el, got);
  if (!had) return;
  const next = el.querySelector('.table-wrap, a[href], button, input');
  next?.focus({ preventScroll: true });
}

/**
 * A box that shows what load() makes: a skeleton first, an error with "Try
 * again" when it fails. el.reload() asks again and keeps what is there meanwhile;
 * el.first: when the first was filled in.
 */
export function slot(load, { lines = 3 } = {}) {
  const el = h('div', { class: 'slot' }, skeleton(lines));
  let turn = 0;
  el.reload = async () => {
    const mine = ++turn;
    el.setAttribute('aria-busy', 'true');
    try {
      const got = await load();
      if (mine === turn) refill(el, got);
    } catch (error) {
      if (error.name === 'AbortError') return;
      if (mine === turn) fill(el, errorBox(error, el.reload));
    } finally {
      if (mine === turn) el.removeAttribute('aria-busy');
    }
  };
  el.first = el.reload();
  return el;
}

export { add, fill, h };
