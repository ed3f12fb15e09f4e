/* SPDX-License-Identifier: Apache-2.0 */
/* Static assets of a Worker: which there are, a new folder of them, how they are served. */
import { api, may } from '../lib/api.js';
import { dropZone } from '../lib/data.js';
import { fill, h } from '../lib/dom.js';
import { bytes, number, plural } from '../lib/format.js';
import { button, card, checkbox, dialog, empty, errorBox, facts, field, input, note, progress, select, table, textarea, toast } from '../lib/ui.js';
import { deploy, loadContent, sharesOf, splitGuard } from './source.js';
import { uploadAssets } from './upload.js';

const HTML = [['auto-trailing-slash', 'auto-trailing-slash: /a.html at /a, /a/index.html at /a/'], ['force-trailing-slash', 'force-trailing-slash: both at /a/'],
  ['drop-trailing-slash', 'drop-trailing-slash: both at /a'], ['none', 'none: as they are named']];
const MISSING = [['none', 'none: the Worker, or 404'], ['404-page', '404-page: the nearest 404.html'], ['single-page-application', 'single-page-application: /index.html']];

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

/** How they are served: a form, and what it says. */
function configForm(config) {
  const html = select(HTML, { name: 'html_handling', value: config.html_handling ?? HTML[0][0] });
  const missing = select(MISSING, { name: 'not_found_handling', value: config.not_found_handling ?? MISSING[0][0] });
  const first = config.run_worker_first;
  const always = checkbox('Run the Worker first for every path', { name: 'worker_first', checked: first === true });
  const rules = textarea({ name: 'rules', rows: 3, placeholder: '/api/*\n!/api/docs/*', value: Array.isArray(first) ? first.join('\n') : '', disabled: first === true });
  always.box.addEventListener('change', () => { rules.disabled = always.box.checked; });
  return {
    el: [field('Pages', html), field('What no file is for', missing), always, field('Or for these paths', rules, 'One a line; those with ! stay with the files.')],
    value: () => {
      const list = rules.value.split('\n').map((t) => t.trim()).filter(Boolean);
      const { run_worker_first: old, ...rest } = config;
      return { ...rest, html_handling: html.value, not_found_handling: missing.value,
        ...(always.box.checked ? { run_worker_first: true } : list.length ? { run_worker_first: list } : {}) };
    },
  };
}

/* The code that runs, with other assets; also where there is nothing but assets. */
async function deployWith(worker, assets, message, told) {
  const ifMatch = (await sharesOf(worker))[0]?.version_id;
  const code = await loadContent(worker);
  return deploy(worker, code, { assets, message, ifMatch, told });
}

function change(worker, now, list, done) {
  const form = configForm(now.config ?? {});
  const message = input({ name: 'message', maxlength: 100, placeholder: 'What is different' });
  const guard = splitGuard(worker);
  const bar = progress('');
  bar.hidden = true;
  const total = list?.reduce((sum, f) => sum + f.file.size, 0);
  dialog({ title: list ? `Deploy ${plural(list.length, 'file')}` : 'How assets are served', wide: true, action: 'Deploy',
    body: [list && h('p', null, `${bytes(total)}. They replace all assets that there are; the code stays. Files of the same content are not sent again.`),
      form.el, field('Message', message), guard, bar],
    run: async () => {
      if (!await guard.ok()) return false;
      bar.hidden = false;
      const told = (share, say) => bar.set(share, say);
      try {
        const sent = list ? await uploadAssets(worker, list, told) : null;
        told(null, 'Deploying');
        await deployWith(worker, { ...(sent ? { jwt: sent.jwt } : {}), config: { ...form.value(), ...sent?.config } }, message.value.trim());
        toast(sent ? `Deployed ${plural(sent.count, 'asset')}` : 'Deployed');
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

  function took(list) {
    fill(problem);
    if (!may('deploy')) return;
    if (!list.length) fill(problem, errorBox(new Error('There is no file in it.')));
    else change(worker, now, list, refresh);
  }

  const pick = h('input', { type: 'file', webkitdirectory: true, multiple: true, class: 'sr', tabindex: -1, 'aria-label': 'A folder of assets', onchange: () => {
    took([...pick.files].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
    pick.value = '';
  } });
  const choose = may('deploy') && [button('Upload a folder', () => pick.click(), { icon: 'upload' }), pick];
  const el = h('div', null, problem,
    now.config && card('How they are served', served(now.config), { actions: may('deploy') && button('Change', () => change(worker, now, null, refresh), { 'aria-label': 'Change how assets are served' }) }),
    card('Assets', now.count ? table({ caption: 'Assets', rows: now.items, columns: [
      { label: 'Path', cell: (a) => h('span', { class: 'mono' }, a.path) }, { label: 'Type', cell: (a) => a.type ?? '' },
      { label: 'Size', class: 'num', cell: (a) => bytes(a.size) },
    ] }) : empty('No asset', may('deploy') ? 'Drop a folder here: its files are served before the Worker runs.' : 'Files that are served before the Worker runs.', choose),
    { actions: now.count ? choose : null, hint: now.count ? `${plural(now.count, 'file')}, ${bytes(total)}` : '' }),
    now.count > now.items.length && note(`The first ${number(now.items.length)} of ${number(now.count)} are shown.`));
  return may('deploy') ? dropZone(el, took) : el;
}
