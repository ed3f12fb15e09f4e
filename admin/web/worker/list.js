/* SPDX-License-Identifier: Apache-2.0 */
/* Workers of a namespace, or the account's: by pages, by tag; deletion by tag. */
import { api, may, workerPath } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { ago, number, plural, when } from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { listing } from '../lib/listing.js';
import { go, link } from '../lib/router.js';
import { badge, button, confirmName, empty, input, pageHead, progress, tagList, toast } from '../lib/ui.js';

/** A full page; the server may answer with less while there is more. */
async function readPage(path, query, each, signal) {
  const rows = [];
  let cursor = query.cursor;
  do {
    const doc = await api.get(path, { ...query, cursor, limit: each - rows.length }, { signal });
    rows.push(...doc.result);
    cursor = doc.result_info?.cursor ?? '';
  } while (cursor && rows.length < each);
  return { rows, next: cursor };
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
  const here = ns ? link('/ns/{ns}/new', { ns }) : '#/workers-new';
  const address = (name) => link(ns ? '/ns/{ns}/w/{name}' : '/workers/{name}', { ns, name });
  const tags = h('div', { class: 'actions' });
  const make = () => button('New Worker', () => go(here), { kind: 'primary', icon: 'plus' });
  let tag = query.get('tag') ?? '';

  function filter(chosen) {
    tag = chosen;
    wanted.value = tag;
    drawTags();
    list.begin();
  }

  function drawTags() {
    fill(tags, tag && [badge(`tag: ${tag}`, 'info'), button('Show all', () => filter(''), { small: true }),
      ns && may('deploy') && button('Delete all with this tag', () => deleteTagged(path, tag, ns, refresh), { small: true, kind: 'danger' })]);
  }

  function none() {
    if (tag) return empty('No Worker has this tag', '', button('Show all', () => filter('')));
    return empty('No Worker here yet', 'Drop a folder of Lua files on the next page, or write the first one there. wfpctl deploy and wrangler work, too.', may('deploy') && make());
  }

  const wanted = input({ type: 'search', name: 'tag', placeholder: 'Only with this tag', 'aria-label': 'Tag', value: tag });
  const list = listing({
    query, caption: 'Workers', none, sort: { by: 'name', down: false }, keep: () => ({ tag }),
    within: () => tag && ` with the tag ${tag}`,
    extra: [h('form', { class: 'search', onsubmit: (e) => {
      e.preventDefault();
      filter(wanted.value.trim());
    } }, icon('search'), wanted), tags],
    read: ({ text, cursor, each, sort: { by, down } }) => readPage(path, { tags: tag && `${tag}:yes`, cursor, name_contains: text,
      order: by === 'name' ? '' : by, direction: down ? 'desc' : '' }, each, signal),
    columns: [
      { label: 'Name', sort: 'name', cell: (w) => h('a', { class: 'strong', href: address(w.id) }, w.id) },
      { label: 'Tags', cell: (w) => tagList(w.tags, filter) },
      { label: 'From', cell: (w) => badge(w.last_deployed_from) },
      { label: 'Changed', sort: 'modified_on', down: true, class: 'tight', cell: (w) => h('span', { title: when(w.modified_on) }, ago(w.modified_on)) },
    ],
  });
  drawTags();
  return h('div', null, pageHead(ns || 'Account Workers', { crumbs: ns ? [['Namespaces', '#/ns']] : [], actions: may('deploy') ? [make()] : [],
    sub: ns ? null : 'Dispatchers, outbound Workers and services of the platform itself.' }), sections, list);
}
