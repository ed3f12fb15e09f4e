/* SPDX-License-Identifier: Apache-2.0 */
/* The code of a Worker: drop files, edit, compare with what runs, deploy. */
import { may, who } from '../lib/api.js';
import { dropZone } from '../lib/data.js';
import { fill, h } from '../lib/dom.js';
import { go, link } from '../lib/router.js';
import { button, checkbox, dialog, errorBox, field, input, note, progress, toast, toastError } from '../lib/ui.js';
import { countOf, diffLines, diffView } from './diff.js';
import { editor } from './editor.js';
import { passedOver } from './site.js';
import { TEMPLATE, deploy, filesOf, loadContent, mainOf, mustBeNew, placeOf, sharesOf, splitGuard, workerOf } from './source.js';

function textOf(files, name) {
  return files.find((f) => f.name === name)?.text ?? '';
}

function changesOf(before, after) {
  const names = [...new Set([...before, ...after].map((f) => f.name))].sort();
  return names.map((name) => ({ name, list: diffLines(textOf(before, name), textOf(after, name)),
    isNew: !before.some((f) => f.name === name), isGone: !after.some((f) => f.name === name) }))
    .filter((c) => c.isNew || c.isGone || c.list.some(([k]) => k !== ' '));
}

function changesView(changes) {
  if (!changes.length) return note('Nothing is different from what runs.');
  return changes.map((c) => {
    const n = countOf(c.list);
    return h('div', { class: 'stack' }, h('h3', null, c.name, h('span', { class: 'muted' },
      ` +${n.added} −${n.removed}${c.isNew ? ', new' : c.isGone ? ', removed' : ''}`)), diffView(c.list));
  });
}

/* What was written and not deployed, until the page is loaded anew. */
const drafts = new Map();

/* The browser asks before all of them are lost. */
addEventListener('beforeunload', (e) => { if (drafts.size) e.preventDefault(); });

/** worker: null in a namespace where a new one is made; ns names it then. */
export default async function code({ worker, ns, signal }) {
  const mine = `${who().token?.id} ${worker?.path ?? `new ${ns}`}`;
  const running = worker ? await loadContent(worker, signal) : { main: 'worker.lua', files: [] };
  const fresh = async () => ({
    files: worker ? running.files.map((f) => ({ ...f })) : [{ name: 'worker.lua', text: TEMPLATE }],
    main: running.main, open: running.main, base: running.files,
    version: worker ? (await runningVersion(worker, signal)) : null,
  });
  const begun = drafts.get(mine);
  const state = begun ?? await fresh();
  const problem = h('div', { class: 'problem' });
  const list = h('div', { class: 'files', role: 'group', 'aria-label': 'Files' });
  const status = h('span', { class: 'muted', role: 'status' });
  /* what was written in the dialog, until it is deployed */
  const asked = { name: '', message: '', only: false };
  const ed = editor({ label: 'Code', onSave: () => ask(), onInput: (text) => {
    const file = state.files.find((f) => f.name === state.open);
    if (file) file.text = text;
    tell();
  } });

  function tell() {
    const n = worker ? changesOf(state.base, state.files).length : Number(state.files.length > 1 || state.files[0]?.text !== TEMPLATE);
    if (n) drafts.set(mine, state);
    else drafts.delete(mine);
    status.textContent = worker ? (n ? `${n} changed` : 'As it runs') : '';
  }

  function show(name, line = 0) {
    state.open = name;
    const file = state.files.find((f) => f.name === name);
    ed.open(file?.text ?? `${file?.blob?.size ?? 0} bytes that are no text`, { name, readOnly: !file || file.text === undefined || !may('deploy') });
    drawFiles();
    if (line) ed.mark(line);
  }

  function drawFiles() {
    fill(list, state.files.map((f) => h('div', { class: 'file' },
      h('button', { type: 'button', 'aria-pressed': String(f.name === state.open), onclick: () => show(f.name) }, f.name,
        f.name === state.main && h('span', { class: 'muted' }, ' main')),
      may('deploy') && state.files.length > 1 && button(`Remove ${f.name}`, () => {
        state.files = state.files.filter((x) => x !== f);
        state.main = mainOf(state.files, state.main);
        show(state.open === f.name ? state.main : state.open);
        tell();
      }, { kind: 'quiet', icon: 'close', iconOnly: true, small: true }))));
  }

  /* files without a script, where nothing was written yet, are rather a site */
  async function take(raw) {
    const untouched = !worker && state.files.length === 1 && state.files[0].text === TEMPLATE;
    if (untouched && raw.length && !raw.some((f) => /\.lua$/i.test(f.path))) return makeSite(raw, () => addFiles(raw));
    return addFiles(raw);
  }

  async function makeSite(raw, asCode) {
    fill(problem);
    try {
      await (await import('./new_site.js')).newSite(ns, raw, asCode);
    } catch (error) {
      fill(problem, errorBox(error));
    }
  }

  async function addFiles(raw) {
    const files = await filesOf(raw);
    if (!files.length) return;
    for (const f of files) state.files = [...state.files.filter((x) => x.name !== f.name), f];
    state.files.sort((a, b) => a.name < b.name ? -1 : 1);
    state.main = mainOf(state.files, state.main);
    show(files.some((f) => f.name === state.main) ? state.main : files[0].name);
    tell();
    toast(`Took in ${files.map((f) => f.name).slice(0, 3).join(', ')}${files.length > 3 ? ` and ${files.length - 3} more` : ''}`);
  }

  function addFile() {
    const name = input({ name: 'file', placeholder: 'lib/util.lua', required: true });
    dialog({ title: 'New file', action: 'Add', body: field('Name', name, 'require("lib/util") finds lib/util.lua.'), run: () => {
      const path = name.value.trim();
      if (!state.files.some((f) => f.name === path)) state.files.push({ name: path, text: '' });
      show(path);
      tell();
    } });
  }

  async function send(target, how) {
    const done = await deploy(target, state, how);
    drafts.delete(mine);
    Object.assign(asked, { name: '', message: '', only: false });
    const told = passedOver(done);
    if (told) setTimeout(() => dialog({ title: target.name, body: told }));
    toast(how.only ? 'Stored as a version without traffic' : `Deployed ${target.name}`);
    if (!worker || how.only) {
      go(link(ns ? '/ns/{ns}/w/{name}' : '/workers/{name}', { ns, name: target.name }, how.only ? { tab: 'versions' } : {}));
      return done;
    }
    state.base = state.files.map((f) => ({ ...f }));
    state.version = await runningVersion(worker);
    tell();
    return done;
  }

  function conflict() {
    dialog({ title: 'Somebody else deployed meanwhile', wide: true, action: 'Compare with what runs now',
      body: note('What you wrote is still here. Compare it with what runs now, then deploy again to replace that.', 'warn'),
      run: async () => {
        state.base = (await loadContent(worker)).files;
        state.version = await runningVersion(worker);
        tell();
        compare();
      } });
  }

  function compare() {
    dialog({ title: 'Changes', wide: true, body: changesView(changesOf(state.base, state.files)) });
  }

  function ask() {
    if (!may('deploy')) return;
    fill(problem);
    const name = input({ name: 'name', required: true, placeholder: 'customer-a', value: asked.name });
    const message = input({ name: 'message', maxlength: 100, placeholder: 'What is different', value: asked.message });
    const only = checkbox('Store only: it gets no traffic until it is deployed', { name: 'only', checked: asked.only });
    const bar = progress('Uploading');
    bar.hidden = true;
    const guard = worker && splitGuard(worker);
    const keep = () => Object.assign(asked, { name: name.value, message: message.value, only: only.box.checked });
    const d = dialog({ title: worker ? `Deploy ${worker.name}` : 'Deploy a new Worker', wide: Boolean(worker), action: 'Deploy',
      body: [!worker && field('Name', name, 'Lower-case letters, digits, "-" and "_".'), field('Message', message), worker && only, guard,
        worker && h('div', { class: 'stack' }, h('div'), changesView(changesOf(state.base, state.files))), bar],
      run: async () => {
        if (guard && !only.box.checked && !await guard.ok()) return false;
        bar.hidden = false;
        const target = worker ?? workerOf(ns, name.value.trim());
        try {
          if (!worker) await mustBeNew(target);
          await send(target, { message: message.value.trim(), only: worker && only.box.checked, fresh: !worker,
            ifMatch: worker ? state.version : null, told: (share) => bar.set(share >= 1 ? null : share, share >= 1 ? 'Checking and deploying' : 'Uploading') });
        } catch (error) {
          bar.hidden = true;
          d.close();
          if (error.status === 412) {
            conflict();
            return false;
          }
          fill(problem, errorBox(error));
          const place = placeOf(error.message, state.files);
          if (place) show(place.name, place.line);
          return false;
        }
        return true;
      } });
    d.el.addEventListener('input', keep);
  }

  const pickOf = (label, isFolder) => h('input', { type: 'file', multiple: true, webkitdirectory: isFolder, class: 'sr', tabindex: -1, 'aria-label': label, onchange: (e) => {
    take([...e.target.files].map((file) => ({ path: file.webkitRelativePath || file.name, file }))).catch(toastError);
    e.target.value = '';
  } });
  const pick = pickOf('Files to take in', false);
  const pickFolder = pickOf('A folder to take in', true);
  const pickSite = h('input', { type: 'file', webkitdirectory: true, multiple: true, class: 'sr', tabindex: -1, 'aria-label': 'A folder of a site', onchange: (e) => {
    if (e.target.files.length) makeSite([...e.target.files].map((file) => ({ path: file.webkitRelativePath || file.name, file })), null);
    e.target.value = '';
  } });
  const el = h('div', { class: 'code-tab' },
    h('div', { class: 'toolbar' }, may('deploy') && [button('Add files', () => pick.click(), { icon: 'upload' }), button('Add a folder', () => pickFolder.click(), { icon: 'folder' }), button('New file', addFile, { icon: 'plus' }), pick,
      !worker && [button('Only files, no code', () => pickSite.click(), { icon: 'file' }), pickSite], pickFolder],
      worker && button('Compare', compare), status,
      may('deploy') && h('span', { class: 'push' }, button('Deploy', ask, { kind: 'primary', icon: 'up' }))),
    problem, h('div', { class: 'code-grid' }, h('div', { class: 'card' }, list, may('deploy') && h('p', { class: 'hint drop-hint' }, 'Drop files or a folder here')), h('div', null, ed)));
  if (may('deploy')) dropZone(el, take);
  show(state.open);
  tell();
  if (begun) {
    fill(problem, note([h('p', null, 'What you wrote here before is still there, and not deployed.'), button('Throw it away', async () => {
      Object.assign(state, await fresh());
      fill(problem);
      show(state.open);
      tell();
    }, { small: true })]));
  }
  return el;
}

/** The id of the version that most traffic gets, for If-Match. */
export async function runningVersion(worker, signal) {
  return (await sharesOf(worker, signal))[0]?.version_id ?? null;
}
