/* SPDX-License-Identifier: Apache-2.0 */
/* One namespace: its Workers. */
import { api, workerPath } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { ago, when } from '../lib/format.js';
import { link } from '../lib/router.js';
import { empty, pageHead, table, tagList } from '../lib/ui.js';

export default async function namespace({ params, signal }) {
  const list = (await api.get(workerPath(params.ns), { limit: 100 }, { signal })).result;
  return h('div', null, pageHead(params.ns, { crumbs: [['Namespaces', '#/ns']] }),
    list.length === 0 ? empty('No Worker here yet', 'Deploy one with wfpctl, wrangler or the API.')
      : table({
        caption: 'Workers',
        columns: [
          { label: 'Name', cell: (w) => h('a', { class: 'strong', href: link('/ns/{ns}/w/{name}', { ns: params.ns, name: w.id }) }, w.id) },
          { label: 'Tags', cell: (w) => tagList(w.tags) },
          { label: 'Changed', class: 'tight', cell: (w) => h('span', { title: when(w.modified_on) }, ago(w.modified_on)) },
        ],
        rows: list,
      }));
}
