/* SPDX-License-Identifier: Apache-2.0 */
/* Static assets of a Worker: which there are, a new folder of them, how they are served. */
import { api, may } from '../lib/api.js';
import { dropZone } from '../lib/data.js';
import { fill, h } from '../lib/dom.js';
import { bytes, number, plural } from '../lib/format.js';
import { meanwhile } from '../lib/meanwhile.js';
import { button, card, dialog, empty, errorBox, facts, field, input, note, progress, table, toast, toastError } from '../lib/ui.js';
import { configForm } from './serve.js';
import { passedOver, siteOf, siteView } from './site.js';
import { deploy, loadContent, sharesOf, splitGuard } from './source.js';
import { uploadAssets } from './upload.js';

async function listOf(worker, signal) {
  const items = [];
  let doc;
  let cursor = '';
  do {
    doc = await api.get(`${worker.path}/assets`, { cursor }, { signal });
    items.push(...doc.result.items);
    cursor = doc.result_info?.cursor ?? '';
  } while (cursor && items.length < 2000);
  return { ...doc.result, items };
}

/* The code that runs, with other assets; also where there is nothing but assets. */
async function deployWith(worker, assets, message, told) {
  const ifMatch = (await sharesOf(worker))[0]?.version_id;
  const code = await loadContent(worker);
  return deploy(worker, code, { assets, message, ifMatch, told });
}

/* What the folder says in files of its own is the folder's: what one before it said goes. */
function configFor(now, site) {
  const { _headers, _redirects, ...rest } = now.config ?? {};
  return site ? rest : now.config ?? {};
}

function gone(now, site) {
  const names = ['_headers', '_redirects'].filter((n) => now.config?.[n] && site.config[n] === undefined);
  return names.length > 0 && note(`${names.join(' and ')} of the folder before will not hold any more: this one has none.`, 'warn');
}

/** site: files to deploy; null: only how they are served is changed. */
function change(worker, now, site, done) {
  const form = configForm(configFor(now, site));
  const message = input({ name: 'message', maxlength: 100, placeholder: 'What is different' });
  const guard = splitGuard(worker);
  const isSame = meanwhile(now.version_id, () => 'another version, with other code or other files');
  const check = async () => isSame((await api.get(`${worker.path}/assets`, { limit: 1 })).result.version_id);
  const bar = progress('');
  bar.hidden = true;
  dialog({ title: site ? `Deploy ${plural(site.files.length, 'file')}` : 'How assets are served', wide: true, action: 'Deploy',
    body: [site && [siteView(site), h('p', { class: 'gap' }, 'They replace all assets that there are; the code stays.'), gone(now, site)], form.el, field('Message', message), guard, bar],
    run: async () => {
      if (!await guard.ok()) return false;
      bar.hidden = false;
      const told = (share, say) => bar.set(share, say);
      try {
        await check();
        const sent = site ? await uploadAssets(worker, site, told) : null;
        told(null, 'Deploying');
        const doc = await deployWith(worker, { ...(sent ? { jwt: sent.jwt } : {}), config: { ...form.value(), ...site?.config } }, message.value.trim());
        toast(site ? `Deployed ${plural(site.files.length, 'asset')}` : 'Deployed');
        const more = passedOver(doc);
        if (more) setTimeout(() => dialog({ title: worker.name, body: more }));
      } finally {
        bar.hidden = true;
      }
      done();
      return true;
    } });
}

function served(config) {
  const first = config.run_worker_first;
  return facts([['Pages', config.html_handling ?? 'auto-trailing-slash'], ['What no file is for', config.not_found_handling ?? 'none'],
    ['Worker first', first === true ? 'always' : Array.isArray(first) ? first.join(', ') : 'only where there is no file'],
    config._headers && ['_headers', bytes(config._headers.length)], config._redirects && ['_redirects', bytes(config._redirects.length)]]);
}

export default async function assets({ worker, signal, refresh }) {
  const now = await listOf(worker, signal);
  const problem = h('div', { class: 'problem' });
  const total = now.items.reduce((sum, a) => sum + a.size, 0);

  async function took(list) {
    fill(problem);
    if (!may('deploy')) return;
    const site = await siteOf(list);
    if (site.files.length) change(worker, now, site, refresh);
    else fill(problem, errorBox(Object.assign(new Error('There is no file in it that could be served.'), { hint: 'Hidden files and those that .assetsignore names are left out.' })));
  }

  const pick = h('input', { type: 'file', webkitdirectory: true, multiple: true, class: 'sr', tabindex: -1, 'aria-label': 'A folder of assets', onchange: () => {
    took([...pick.files].map((file) => ({ path: file.webkitRelativePath || file.name, file }))).catch(toastError);
    pick.value = '';
  } });
  const choose = may('deploy') && [button('Upload a folder', () => pick.click(), { icon: 'upload' }), pick];
  const el = h('div', null, problem,
    now.config && card('How they are served', served(now.config), { actions: may('deploy') && button('Change', () => change(worker, now, null, refresh), { 'aria-label': 'Change how assets are served' }) }),
    card('Assets', now.count ? table({ caption: 'Assets', rows: now.items, columns: [
      { label: 'Path', cell: (a) => h('span', { class: 'mono' }, a.path) }, { label: 'Type', cell: (a) => a.type ?? '' },
      { label: 'Size', class: 'num', cell: (a) => bytes(a.size) },
    ] }) : empty('No asset', may('deploy') ? 'Drop a folder here: its files are served before the Worker runs. _headers, _redirects and .assetsignore in it are heeded.' : 'Files that are served before the Worker runs.', choose),
    { actions: now.count ? choose : null, hint: now.count ? `${plural(now.count, 'file')}, ${bytes(total)}` : '' }),
    now.count > now.items.length && note(`The first ${number(now.items.length)} of ${number(now.count)} are shown.`));
  return may('deploy') ? dropZone(el, took) : el;
}
