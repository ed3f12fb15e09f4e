/* SPDX-License-Identifier: Apache-2.0 */
/* Workers of a namespace, or the account's: by pages, by tag; deletion by tag. */
import { api, may, workerPath } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { ago, number, plural, when } from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { go, link, setQuery } from '../lib/router.js';
import { badge, button, confirmName, empty, input, pageHead, progress, slot, table, tagList, toast } from '../lib/ui.js';

const PAGE = 50; /* light enough for a phone */

/** A full page; the server may answer with less while there is more. */
async function readPage(path, query, signal) {
  const rows = [];
  let cursor = query.cursor;
  do {
    const doc = await api.get(path, { ...query, cursor, limit: PAGE - rows.length }, { signal });
    rows.push(...doc.result);
    cursor = doc.result_info?.cursor ?? '';
  } while (cursor && rows.length < PAGE);
  return { rows, cursor };
}

async function countTagged(path, tag, told) {
  let cursor = '';
  let n = 0;
  do {
    const doc = await api.get(path, { tags: `${tag}:yes`, limit: 1000, cursor });
    n += doc.result.length;
    cursor = doc.result_info?.cursor ?? '';
    told(n);
  } while (cursor);
  return n;
}

async function deleteTagged(path, tag, ns, done) {
  const counting = progress('Counting');
  counting.set(null);
  const n = await countTagged(path, tag, (so) => counting.set(null, `Counting: ${number(so)}`));
  const bar = progress('Deleting');
  bar.hidden = true;
  const d = confirmName({ title: `Delete ${plural(n, 'Worker')} tagged ${tag}?`,
    text: `All ${number(n)} with this tag in ${ns} go, with their versions and secrets. This cannot be undone.`, name: tag, action: `Delete ${number(n)}`,
    run: async () => {
      let gone = 0;
      bar.hidden = false;
      for (let more = true; more;) {
        const doc = await api.del(path, { query: { tags: `${tag}:yes`, limit: 200 } });
        gone += doc.result.deleted_count;
        more = doc.result.has_more && doc.result.deleted_count > 0;
        bar.set(n ? Math.min(1, gone / n) : 1, `Deleted ${number(gone)} of ${number(n)}`);
      }
      toast(`Deleted ${plural(gone, 'Worker')}`);
      done();
    } });
  d.el.querySelector('.dialog-body').append(bar);
}

/** @param sections of a namespace: its tabs */
export async function workersPage({ query, signal, refresh }, ns, sections) {
  const path = workerPath(ns);
  const state = { tag: query.get('tag') ?? '', text: query.get('q') ?? '', sort: { by: query.get('order') || 'name', down: query.get('direction') === 'desc' }, before: [], cursor: '' };
  const here = ns ? link('/ns/{ns}/new', { ns }) : '#/workers-new';
  const address = (name) => link(ns ? '/ns/{ns}/w/{name}' : '/workers/{name}', { ns, name });
  const tags = h('div', { class: 'actions' });
  const pager = h('div', { class: 'pager' });
  const make = () => button('New Worker', () => go(here), { kind: 'primary', icon: 'plus' });

  function look(change) {
    Object.assign(state, change, { before: [], cursor: '' });
    const { by, down } = state.sort;
    setQuery({ tag: state.tag, q: state.text, order: by === 'name' ? '' : by, direction: down ? 'desc' : '' });
    drawTags();
    body.reload();
  }

  const filter = (tag) => look({ tag });

  function asked() {
    const { by, down } = state.sort;
    return { tags: state.tag && `${state.tag}:yes`, cursor: state.cursor, name_contains: state.text,
      order: by === 'name' ? '' : by, direction: down ? 'desc' : '' };
  }

  function drawTags() {
    fill(tags, state.tag && [badge(`tag: ${state.tag}`, 'info'), button('Show all', () => filter(''), { small: true }),
      ns && may('deploy') && button('Delete all with this tag', () => deleteTagged(path, state.tag, ns, refresh), { small: true, kind: 'danger' })]);
  }

  function drawPager(next) {
    fill(pager, state.before.length > 0 && button('Previous', () => {
      state.cursor = state.before.pop();
      body.reload();
    }, { small: true }), next && button('Next', () => {
      state.before.push(state.cursor);
      state.cursor = next;
      body.reload();
    }, { small: true }));
  }

  const body = slot(async () => {
    const { rows, cursor } = await readPage(path, asked(), signal);
    drawPager(cursor);
    if (!rows.length && !state.before.length) {
      return state.tag || state.text ? empty(state.text ? 'No Worker has such a name' : 'No Worker has this tag', '',
        button('Show all', () => {
          name.value = '';
          look({ tag: '', text: '' });
        }))
        : empty('No Worker here yet', 'Drop a folder of Lua files on the next page, or write the first one there. wfpctl deploy and wrangler work, too.', may('deploy') && make());
    }
    return table({ caption: 'Workers', rows, sort: state.sort, onSort: (sort) => look({ sort }), columns: [
      { label: 'Name', sort: 'name', cell: (w) => h('a', { class: 'strong', href: address(w.id) }, w.id) },
      { label: 'Tags', cell: (w) => tagList(w.tags, filter) },
      { label: 'From', cell: (w) => badge(w.last_deployed_from) },
      { label: 'Changed', sort: 'modified_on', down: true, class: 'tight', cell: (w) => h('span', { title: when(w.modified_on) }, ago(w.modified_on)) },
    ] });
  }, { lines: 8 });
  const wanted = input({ type: 'search', name: 'tag', placeholder: 'Only with this tag', 'aria-label': 'Tag', value: state.tag });
  const name = input({ type: 'search', name: 'name', placeholder: 'Search by name', 'aria-label': 'Search by name', value: state.text, maxlength: 63 });
  let typing = 0;
  name.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => look({ text: name.value.trim() }), 200);
  });
  drawTags();
  return h('div', null, pageHead(ns || 'Account Workers', { crumbs: ns ? [['Namespaces', '#/ns']] : [], actions: may('deploy') ? [make()] : [],
    sub: ns ? null : 'Dispatchers, outbound Workers and services of the platform itself.' }), sections,
  h('div', { class: 'toolbar' }, h('form', { class: 'search', onsubmit: (e) => {
    e.preventDefault();
    look({ text: name.value.trim() });
  } }, icon('search'), name), h('form', { class: 'search', onsubmit: (e) => {
    e.preventDefault();
    filter(wanted.value.trim());
  } }, icon('search'), wanted), tags), h('div', { class: 'listing' }, body), pager);
}
