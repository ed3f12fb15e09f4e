/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list that may be long: the server gives it by pages and looks for names in it.
 * What is looked for, the page and the order are in the address, so that a link,
 * a reload and the way back lead to the same rows.
 */
import { fillPager } from './data.js';
import { fill, h } from './dom.js';
import { number } from './format.js';
import { icon } from './icons.js';
import { setQuery } from './router.js';
import { button, empty, input, slot, table } from './ui.js';

const WAIT = 200; /* ms after a key, before the server is asked */

/** A field that tells what is looked for once typing pauses. */
export function searchField({ label, value = '', name = 'name', max = 63, wait = WAIT, look }) {
  const field = input({ type: 'search', name, placeholder: label, 'aria-label': label, value, maxlength: max, 'data-search': '' });
  let timer = 0;
  let last = value.trim();
  const tell = () => {
    clearTimeout(timer);
    if (field.value.trim() === last) return;
    last = field.value.trim();
    look(last);
  };
  field.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(tell, wait);
  });
  /* Enter need not wait; it sends nothing that is around it either */
  field.addEventListener('keydown', (e) => {
    if (e.key !== 'Enter') return;
    e.preventDefault();
    tell();
  });
  const form = h('div', { class: 'search', role: 'search', 'aria-label': label }, icon('search'), field);
  form.clear = () => {
    field.value = '';
    last = '';
  };
  return form;
}

/** Which rows are shown, in words. */
function said({ page, rows, total, text }, each) {
  if (!rows.length) return text ? 'Nothing found' : '';
  if (total === undefined) return page > 1 || text ? `${number(rows.length)} on page ${number(page)}` : '';
  const first = (page - 1) * each + 1;
  const of = rows.length === total ? number(total) : `${number(first)} to ${number(first + rows.length - 1)} of ${number(total)}`;
  return text ? `${of} found` : of;
}

/**
 * listing({query, caption, columns, each, read, none, label, sort, extra, keep})
 *
 * @param query    of the address: q, page, after (a cursor), order, direction
 * @param read     async ({text, page, each, cursor, sort}) => {rows, total} of an API
 *                 with pages, or {rows, next} of one with cursors
 * @param none     what is there when there is nothing at all
 * @param within   () => what else than the text narrows it, in words
 * @param sort     {by, down}: the order when the address has none
 * @param extra    more controls beside the search, or none
 * @param keep     () => what else is kept in the address
 * @param isInside of a dialog: the address is not its, nor may it hold a form
 * @return an element; reload() asks again, begin() from the first page
 */
export function listing({ query, caption, columns, each = 50, read, none, label = 'Search by name', sort, extra = [], keep = () => ({}), within = () => '', isInside = false }) {
  const usual = sort ?? { by: '', down: false };
  const state = { text: query.get('q') ?? '', page: Math.max(1, Math.floor(Number(query.get('page'))) || 1), before: [], cursor: query.get('after') ?? '',
    sort: query.get('order') ? { by: query.get('order'), down: query.get('direction') === 'desc' } : usual };
  const pages = h('div', { class: 'list-foot' });
  /* it stays, so that what changes in it is read out */
  const told = h('p', { class: 'sr', role: 'status' });

  function remember() {
    if (isInside) return;
    const { by, down } = state.sort;
    const isUsual = by === usual.by && down === usual.down;
    setQuery({ ...keep(), q: state.text, page: state.page > 1 ? state.page : '', after: state.cursor,
      order: isUsual ? '' : by, direction: isUsual || !down ? '' : 'desc' });
  }

  function turn(page, cursor = '') {
    Object.assign(state, { page, cursor });
    remember();
    el.reload().then(() => {
      if (el.getBoundingClientRect().top < 0) el.scrollIntoView();
    });
  }

  function look(change) {
    Object.assign(state, change, { page: 1, before: [], cursor: '' });
    remember();
    return el.reload();
  }

  function nothing() {
    if (!state.text) return none();
    return empty(`Nothing here is called "${state.text}"${within()}`, 'A part of the name is enough, in small letters or large.', button('Show all', () => {
      search.clear();
      look({ text: '' });
    }));
  }

  const body = slot(async () => {
    let got = await read({ ...state, each });
    const last = Math.max(1, Math.ceil((got.total ?? 0) / each));
    if (!got.rows.length && got.total !== undefined && state.page > last) { /* the last page went */
      state.page = last;
      remember();
      got = await read({ ...state, each });
    }
    const { rows, total, next } = got;
    const isByPage = total !== undefined;
    if (!isByPage && !state.cursor) state.page = 1;
    const isFirst = !isByPage && state.cursor !== '' && !state.before.length; /* a link led here */
    fillPager(pages, {
      say: said({ ...state, rows, total }, each),
      isFirst,
      before: isFirst ? () => turn(1) : isByPage ? state.page > 1 && (() => turn(state.page - 1)) : state.before.length > 0 && (() => turn(state.page - 1, state.before.pop())),
      after: isByPage ? state.page < last && (() => turn(state.page + 1)) : next && (() => {
        state.before.push(state.cursor);
        turn(state.page + 1, next);
      }),
    });
    told.textContent = said({ ...state, rows, total }, each) || (rows.length ? `${number(rows.length)} shown` : '');
    if (!rows.length && state.page === 1) return nothing();
    return table({ caption, columns, rows, sort: state.sort, onSort: (by) => look({ sort: by }) });
  }, { lines: 8 });
  const search = searchField({ label, name: isInside ? 'search' : 'name', value: state.text, look: (text) => look({ text }) });
  const el = h('div', { class: 'listing' }, told, h('div', { class: 'toolbar' }, search, extra), body, pages);
  el.reload = body.reload;
  el.begin = () => look({});
  el.first = body.first;
  return el;
}
