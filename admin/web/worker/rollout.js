/* SPDX-License-Identifier: Apache-2.0 */
/* Which versions get how much of the traffic: all to one, a split, back to the one before. */
import { api } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { meanwhile } from '../lib/meanwhile.js';
import { button, dialog, errorBox, field, input, toast } from '../lib/ui.js';
import { sharesOf } from './source.js';

const MOST = 10; /* versions of one deployment */

/** {version_id: share}, whatever order they come in. */
const plain = (shares) => Object.fromEntries(shares.map((s) => [s.version_id, s.percentage]).sort(([a], [b]) => a < b ? -1 : 1));

/* of a call: it counts only as long as that runs */
const ifRuns = (shares) => shares[0] ? { headers: { 'If-Match': `"${shares[0].version_id}"` } } : {};

/**
 * Deploys, unless somebody else did since `shares` were read: that is told once.
 *
 * @param names version_id -> what people call it
 * @return async fn(versions, message)
 */
export function giver(worker, shares, names) {
  const check = meanwhile(plain(shares), (now) => Object.entries(now).map(([id, share]) => `${names(id)}: ${share} %`).join(', '));
  return async (versions, message) => {
    const now = await sharesOf(worker);
    check(plain(now));
    await api.post(`${worker.path}/deployments`, { strategy: 'percentage', versions, annotations: message ? { 'workers/message': message } : {} },
      ifRuns(now));
    toast('Deployed');
  };
}

export function deployAll(worker, v, { shares, names, done }) {
  const message = input({ name: 'message', placeholder: 'Why' });
  const give = giver(worker, shares, names);
  dialog({ title: `Give version ${v.number} all traffic?`, action: 'Deploy', body: field('Message', message), run: async () => {
    await give([{ version_id: v.id, percentage: 100 }], message.value.trim());
    done();
  } });
}

/** A slider each for those that run and for v; the one that has most now gets what is left. */
export function split(worker, v, { shares, names, done }) {
  const sorted = [...shares].sort((a, b) => b.percentage - a.percentage);
  const rest = sorted.find((s) => s.version_id !== v.id);
  const others = sorted.filter((s) => s !== rest && s.version_id !== v.id);
  const mine = sorted.find((s) => s.version_id === v.id)?.percentage ?? 10;
  const message = input({ name: 'message', placeholder: 'Why' });
  const said = h('output', { class: 'strong' });
  const give = giver(worker, shares, names);
  const rows = [{ version_id: v.id, percentage: mine }, ...others].map((s) => ({ id: s.version_id,
    slider: h('input', { type: 'range', name: 'share', min: 0, max: 100, value: s.percentage }) }));
  const left = () => 100 - rows.reduce((sum, r) => sum + Number(r.slider.value), 0);
  const say = () => {
    const list = [...rows.map((r) => `${names(r.id)}: ${r.slider.value} %`), `${names(rest.version_id)}: ${left()} %`];
    said.textContent = left() < 0 ? `That is ${100 - left()} %: give others less.` : list.join(', ');
  };
  for (const r of rows) r.slider.addEventListener('input', say);
  say();
  dialog({ title: `Share the traffic between ${[rest.version_id, ...rows.map((r) => r.id)].map(names).join(' and ')}`, action: 'Deploy', canRun: () => left() >= 0,
    body: [rows.map((r, i) => field(`Share of version ${names(r.id).replace('#', '')}`, r.slider,
      i === 0 && 'With 0 % only requests that name the version get it: a preview.')), said, field('Message', message)],
    run: async () => {
      const list = [{ version_id: rest.version_id, percentage: left() }, ...rows.map((r) => ({ version_id: r.id, percentage: Number(r.slider.value) }))];
      /* who gave it all wants none of the others; one with 0 % is a preview */
      await give(Number(rows[0].slider.value) === 100 ? [list[1]] : list, message.value.trim());
      done();
    } });
}

export function rollback(worker, { shares, names, done }) {
  const message = input({ name: 'message', placeholder: 'Why' });
  const check = meanwhile(plain(shares), (now) => Object.entries(now).map(([id, share]) => `${names(id)}: ${share} %`).join(', '));
  dialog({ title: 'Roll back?', action: 'Roll back', kind: 'danger', body: [h('p', null, 'The version that ran before gets all traffic at once.'), field('Message', message)], run: async () => {
    const now = await sharesOf(worker);
    check(plain(now));
    await api.post(`${worker.path}/rollback`, message.value.trim() ? { message: message.value.trim() } : {}, ifRuns(now));
    toast('Rolled back');
    done();
  } });
}

/* ---- preview ---------------------------------------------------------------------- */

/** Let a version be asked for by name, with no other traffic. */
async function reach(worker, v, shares, names) {
  await giver(worker, shares, names)([...shares, { version_id: v.id, percentage: 0 }], `Preview of ${names(v.id)}`);
}

function headerOf(worker, v) {
  return `Cloudflare-Workers-Version-Overrides: ${worker.name}="${v.id}"`;
}

/** As a command of a shell: nothing in it may end the quotes. */
function quoted(text) {
  return `'${text.replaceAll('\'', '\'\\\'\'')}'`;
}

function curlOf(worker, v, door) {
  const more = door.header ? ` -H ${quoted(`${door.header}: ${worker.name}`)}` : '';
  return `curl -H ${quoted(headerOf(worker, v))}${more} ${quoted(door.url)}`;
}

/** How a version is looked at that others do not get: here, and from outside. */
export async function preview(worker, v, { shares, names, done, tryHref, copy }) {
  const { doors } = (await api.get(`${worker.path}/try`)).result;
  const box = h('div', { class: 'stack gap' });
  const problem = h('div', { class: 'problem' });
  const { el, close } = dialog({ title: `Preview of version ${v.number}`, wide: true, body: [
    h('p', null, 'Here: a request that only you send, with its answer, console lines and CPU time.'),
    h('p', { class: 'gap' }, h('a', { class: 'btn primary', href: tryHref, onclick: () => close() }, `Try version ${v.number}`)), box, problem] });
  let changed = false;
  el.addEventListener('close', () => changed && done());

  function show(reached) {
    if (!reached) {
      fill(box, h('h3', null, 'From outside'),
        h('p', null, 'Nobody can ask for this version, since it is no part of the deployment. With 0 % of the traffic it can be asked for by name.'),
        shares.length < MOST ? button('Let it be asked for', async (e) => {
          e.currentTarget.disabled = true;
          fill(problem);
          try {
            await reach(worker, v, shares, names);
            changed = true;
            show(true);
          } catch (error) {
            fill(problem, errorBox(error));
            e.target.disabled = false;
          }
        }) : h('p', { class: 'hint' }, `A deployment has at most ${MOST} versions: take another out first.`));
      return;
    }
    fill(box, h('h3', null, 'From outside'), h('p', null, 'Requests with this header get it. Through a dispatcher only where that passes the header on.'),
      h('div', { class: 'with-copy' }, h('code', { dataset: { header: '' } }, headerOf(worker, v)), copy(headerOf(worker, v), 'Copy the header')),
      doors.map((d) => h('div', { class: 'with-copy' }, h('code', { dataset: { curl: '' } }, curlOf(worker, v, d)), copy(curlOf(worker, v, d), 'Copy the command'))));
  }

  show(shares.some((s) => s.version_id === v.id));
}
