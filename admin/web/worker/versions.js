/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of a Worker: which run, share the traffic out, go back. */
import { api, may } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { ago, bytes, when } from '../lib/format.js';
import { link } from '../lib/router.js';
import { badge, button, card, dialog, empty, field, input, table, toast } from '../lib/ui.js';

function sharesOf(deployments) {
  return new Map((deployments[0]?.versions ?? []).map((v) => [v.version_id, v.percentage]));
}

/** Where one version can be tried, whatever its share: a preview. */
function tryLink(worker, v) {
  return link(worker.ns ? '/ns/{ns}/w/{name}' : '/workers/{name}', worker, { tab: 'try', version: v.id });
}

async function give(worker, versions, message) {
  await api.post(`${worker.path}/deployments`, { strategy: 'percentage', versions, annotations: message ? { 'workers/message': message } : {} });
  toast('Deployed');
}

function deployAll(worker, v, done) {
  const message = input({ name: 'message', placeholder: 'Why' });
  dialog({ title: `Give version ${v.number} all traffic?`, action: 'Deploy', body: field('Message', message), run: async () => {
    await give(worker, [{ version_id: v.id, percentage: 100 }], message.value.trim());
    done();
  } });
}

function split(worker, v, running, done) {
  const slider = h('input', { type: 'range', name: 'share', min: 0, max: 100, value: 10 });
  const said = h('output', { class: 'strong', for: '' });
  const say = () => { said.textContent = `Version ${v.number}: ${slider.value} %, version ${running.number}: ${100 - slider.value} %`; };
  slider.addEventListener('input', say);
  say();
  dialog({ title: `Share the traffic between ${running.number} and ${v.number}`, action: 'Deploy',
    body: [field(`Share of version ${v.number}`, slider, 'With 0 % only requests that name the version in Cloudflare-Workers-Version-Overrides get it: a preview.'), said],
    run: async () => {
      const share = Number(slider.value);
      await give(worker, share === 100 ? [{ version_id: v.id, percentage: 100 }]
        : [{ version_id: running.id, percentage: 100 - share }, { version_id: v.id, percentage: share }]);
      done();
    } });
}

function rollback(worker, done) {
  const message = input({ name: 'message', placeholder: 'Why' });
  dialog({ title: 'Roll back?', action: 'Roll back', kind: 'danger', body: [h('p', null, 'The version that ran before gets all traffic at once.'), field('Message', message)], run: async () => {
    await api.post(`${worker.path}/rollback`, message.value.trim() ? { message: message.value.trim() } : {});
    toast('Rolled back');
    done();
  } });
}

export default async function versions({ worker, signal, refresh }) {
  const [list, deployed] = await Promise.all([
    api.get(`${worker.path}/versions`, { limit: 50 }, { signal }),
    api.get(`${worker.path}/deployments`, null, { signal }),
  ]);
  const items = list.result.items;
  const shares = sharesOf(deployed.result.deployments);
  const running = [...items].filter((v) => shares.has(v.id)).sort((a, b) => shares.get(b.id) - shares.get(a.id))[0];
  return h('div', null,
    card('Versions', table({ caption: 'Versions', rows: items, none: empty('No version', ''), columns: [
      { label: 'Version', class: 'tight', cell: (v) => h('span', { class: 'strong', title: v.id }, `#${v.number}`) },
      { label: 'Traffic', class: 'tight', cell: (v) => shares.has(v.id) ? badge(`${shares.get(v.id)} %`, 'good') : badge('none') },
      { label: 'Message', cell: (v) => v.annotations?.['workers/message'] ?? '' },
      { label: 'Who', cell: (v) => v.created_by },
      { label: 'Size', class: 'num', cell: (v) => bytes(v.size) },
      { label: 'When', class: 'tight', cell: (v) => h('span', { title: when(v.created_on) }, ago(v.created_on)) },
      { label: '', class: 'tight', cell: (v) => may('deploy') ? h('span', { class: 'actions' },
        h('a', { class: 'btn small', href: tryLink(worker, v), 'aria-label': `Try version ${v.number}` }, 'Try'),
        shares.get(v.id) !== 100 && button('Deploy', () => deployAll(worker, v, refresh), { small: true, 'aria-label': `Deploy version ${v.number}` }),
        running && running.id !== v.id && button('Split', () => split(worker, v, running, refresh), { small: true, 'aria-label': `Split with version ${v.number}` })) : '' },
    ] }), { actions: may('deploy') && items.length > 1 ? button('Roll back', () => rollback(worker, refresh), { kind: 'danger' }) : null }),
    card('Deployments', table({ caption: 'Deployments', rows: deployed.result.deployments.slice(0, 20), columns: [
      { label: 'When', class: 'tight', cell: (d) => h('span', { title: when(d.created_on) }, ago(d.created_on)) },
      { label: 'Versions', cell: (d) => d.versions.map((v) => `#${items.find((x) => x.id === v.version_id)?.number ?? v.version_id.slice(0, 8)} ${v.percentage} %`).join(', ') },
      { label: 'Message', cell: (d) => d.annotations?.['workers/message'] ?? '' },
      { label: 'Who', cell: (d) => d.created_by ?? '' },
    ] })));
}
