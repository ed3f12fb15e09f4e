/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of a Worker: which run, which ran, what can be done with each. */
import { api, may } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { ago, bytes, when } from '../lib/format.js';
import { link } from '../lib/router.js';
import { badge, button, card, copyButton, empty, table, worker as slow } from '../lib/ui.js';
import { deployAll, preview, rollback, split } from './rollout.js';

const EACH = 25;

/** Where one version can be tried, whatever its share. */
function tryLink(worker, v) {
  return link(worker.ns ? '/ns/{ns}/w/{name}' : '/workers/{name}', worker, { tab: 'try', version: v.id });
}

function deploymentsCard(list, names) {
  return card('Deployments', table({ caption: 'Deployments', rows: list.slice(0, 20), columns: [
    { label: 'When', class: 'tight', cell: (d) => h('span', { title: when(d.created_on) }, ago(d.created_on)) },
    { label: 'Versions', cell: (d) => d.versions.map((v) => `${names(v.version_id)} ${v.percentage} %`).join(', ') },
    { label: 'Message', cell: (d) => d.annotations?.['workers/message'] ?? '' },
    { label: 'Who', cell: (d) => d.created_by ?? '' },
  ] }));
}

export default async function versions({ worker, signal, refresh }) {
  const read = (cursor) => api.get(`${worker.path}/versions`, { limit: EACH, cursor }, { signal });
  const [list, deployed] = await Promise.all([read(''), api.get(`${worker.path}/deployments`, null, { signal })]);
  const { deployments } = deployed.result;
  const items = list.result.items;
  const shares = deployments[0]?.versions ?? [];
  const shareOf = (v) => shares.find((s) => s.version_id === v.id)?.percentage;
  const names = (id) => {
    const found = items.find((v) => v.id === id);
    return found ? `#${found.number}` : id.slice(0, 8);
  };
  const to = { shares, names, done: refresh };
  const box = h('div', { class: 'slot' });
  let cursor = list.result_info?.cursor ?? '';

  function actionsOf(v) {
    const share = shareOf(v);
    const alone = share === 100 || (shares.length === 1 && share !== undefined);
    return h('span', { class: 'actions' }, h('a', { class: 'btn small', href: tryLink(worker, v), 'aria-label': `Try version ${v.number}` }, 'Try'),
      !alone && slow('Preview', () => preview(worker, v, { ...to, tryHref: tryLink(worker, v), copy: copyButton }), { small: true, 'aria-label': `Preview version ${v.number}` }),
      share !== 100 && button('Deploy', () => deployAll(worker, v, to), { small: true, 'aria-label': `Deploy version ${v.number}` }),
      shares.length > 0 && !alone && button('Split', () => split(worker, v, to), { small: true, 'aria-label': `Split with version ${v.number}` }));
  }

  function draw() {
    fill(box, table({ caption: 'Versions', rows: items, none: empty('No version', ''), columns: [
      { label: 'Version', class: 'tight', cell: (v) => h('span', { class: 'strong', title: v.id }, `#${v.number}`) },
      { label: 'Traffic', class: 'tight', cell: (v) => shareOf(v) === undefined ? badge('none') : badge(`${shareOf(v)} %`, shareOf(v) ? 'good' : 'info') },
      { label: 'Message', cell: (v) => v.annotations?.['workers/message'] ?? '' },
      { label: 'Who', cell: (v) => v.created_by },
      { label: 'Size', class: 'num', cell: (v) => bytes(v.size) },
      { label: 'When', class: 'tight', cell: (v) => h('span', { title: when(v.created_on) }, ago(v.created_on)) },
      { label: '', class: 'tight', cell: (v) => may('deploy') ? actionsOf(v) : '' },
    ] }), cursor && h('div', { class: 'table-foot' }, slow('Show more', async () => {
      const more = await read(cursor);
      items.push(...more.result.items);
      cursor = more.result_info?.cursor ?? '';
      draw();
    }, { small: true })));
  }

  draw();
  return h('div', null,
    card('Versions', box, { actions: may('deploy') && items.length > 1 ? button('Roll back', () => rollback(worker, to), { kind: 'danger' }) : null }),
    deploymentsCard(deployments, names));
}
