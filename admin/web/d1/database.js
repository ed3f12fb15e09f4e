/* SPDX-License-Identifier: Apache-2.0 */
/* One database: its tables, SQL, files of SQL. */
import { api, may, seg } from '../lib/api.js';
import { boundCard, time } from '../lib/data.js';
import { h } from '../lib/dom.js';
import { bytes, number } from '../lib/format.js';
import { go, link } from '../lib/router.js';
import { button, facts, note, pageHead, tabs } from '../lib/ui.js';
import { removeDatabase } from '../pages/d1.js';
import { PATH } from './ask.js';

const TABS = [
  ['tables', 'Tables', () => import('./tables.js')],
  ['sql', 'SQL', () => import('./sql.js')],
  ['files', 'Import and export', () => import('./files.js')],
];

export default async function database(ctx) {
  const { id } = ctx.params;
  const d1 = (await api.get(`${PATH}/${seg(id)}`, null, { signal: ctx.signal })).result;
  const able = may('deploy');
  const tab = TABS.find(([name]) => name === ctx.query.get('tab')) ?? TABS[0];
  const { default: show } = able ? await tab[2]() : { default: () => [note('To read or change what is in a database, sign in with a token of the role deploy: SQL can do both.'), boundCard('d1', id, ctx.signal)] };
  return h('div', null, pageHead(d1.name, { crumbs: [['D1', '#/d1']],
    actions: able ? [button('Delete', () => removeDatabase(d1, () => go('#/d1')), { kind: 'danger', icon: 'trash' })] : [] }),
  h('div', { class: 'lead' }, facts([['Tables', number(d1.num_tables)], ['Size', bytes(d1.file_size)], ['Made', time(d1.created_at)], ['Id', h('code', null, d1.uuid)]])),
  able && tabs(TABS.map(([name, label]) => [name, label, link('/d1/{id}', { id }, name === 'tables' ? {} : { tab: name })]), tab[0]),
  await show({ ...ctx, d1 }));
}
