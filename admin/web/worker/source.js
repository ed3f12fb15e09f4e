/* SPDX-License-Identifier: Apache-2.0 */
/* A Worker's modules: how they come from the API, from disk, and go back. */
import { api, call, upload, workerPath } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { checkbox } from '../lib/ui.js';

export const TEMPLATE = `-- Answers every request. env has the Worker's bindings.
return {
  fetch = function(request, env, ctx)
    local url = URL.new(request.url)
    return Response.new("Hello from " .. url.pathname .. "\\n", {
      headers = { ["Content-Type"] = "text/plain; charset=utf-8" },
    })
  end,
}
`;

const TEXT_ENDINGS = /\.(lua|txt|json|html?|css|js|mjs|svg|md|xml|csv|ya?ml|sql|tpl|mustache)$/i;

/** A module {name, text} or, where it is no text, {name, blob}. */
async function moduleOf(name, file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (TEXT_ENDINGS.test(name) || !text.includes('\0')) return { name, text };
  } catch { /* bytes, then */ }
  return { name, blob: new Blob([bytes]) };
}

function byName(a, b) {
  return a.name < b.name ? -1 : 1;
}

/** What runs: {main, files}. */
export async function loadContent(worker, signal) {
  const res = await call('GET', `${worker.path}/content`, { signal });
  const main = res.headers.get('cf-entrypoint');
  if (!(res.headers.get('Content-Type') ?? '').startsWith('multipart/')) {
    const name = main || 'worker.lua';
    return { main: name, files: [{ name, text: await res.text() }] };
  }
  const files = [];
  for (const [name, value] of await res.formData()) {
    files.push(typeof value === 'string' ? { name, text: value } : await moduleOf(name, value));
  }
  return { main: main || files[0]?.name, files: files.sort(byName) };
}

/** The files of a drop or a file input; folders are walked. */
export async function filesOf(list) {
  const out = [];
  for (const { path, file } of list) {
    if (!/(^|\/)\.[^/]/.test(path)) out.push(await moduleOf(path, file));
  }
  return withoutFolder(out).sort(byName);
}

/** A folder that all are in is the Worker's own. */
function withoutFolder(files) {
  const first = files[0]?.name.split('/');
  if (first?.length > 1 && files.every((f) => f.name.startsWith(`${first[0]}/`)) && !files.some((f) => f.name === 'worker.lua')) {
    return files.map((f) => ({ ...f, name: f.name.slice(first[0].length + 1) }));
  }
  return files;
}

function entriesOf(reader) {
  return new Promise((done, fail) => reader.readEntries(done, fail));
}

async function walk(entry, out) {
  if (entry.isFile) {
    out.push({ path: entry.fullPath.replace(/^\//, ''), file: await new Promise((done, fail) => entry.file(done, fail)) });
  } else {
    const reader = entry.createReader();
    for (let list = await entriesOf(reader); list.length; list = await entriesOf(reader)) {
      for (const one of list) await walk(one, out);
    }
  }
}

/** What was dropped: [{path, file}, ...] */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((i) => i.webkitGetAsEntry?.()).filter(Boolean);
  const out = [];
  if (entries.length) {
    for (const entry of entries) await walk(entry, out);
  } else {
    for (const file of transfer.files) out.push({ path: file.name, file });
  }
  return out;
}

export function mainOf(files, main) {
  if (files.some((f) => f.name === main)) return main;
  if (files.some((f) => f.name === 'worker.lua')) return 'worker.lua';
  const top = files.filter((f) => /^[^/]+\.lua$/.test(f.name));
  return top.length === 1 ? top[0].name : files.find((f) => /\.lua$/.test(f.name))?.name ?? files[0]?.name;
}

function formOf(files, metadata) {
  const form = new FormData();
  form.append('metadata', new Blob([JSON.stringify(metadata)], { type: 'application/json' }));
  for (const f of files) {
    const type = /\.lua$/.test(f.name) ? 'text/x-lua' : f.blob ? 'application/octet-stream' : 'text/plain';
    form.append(f.name, new Blob([f.blob ?? f.text], { type }), f.name);
  }
  return form;
}

/** All that a version has besides its code, as the next version is to have it. */
async function kept(worker) {
  const s = (await api.get(`${worker.path}/settings`)).result;
  return {
    limits: s.limits ?? undefined,
    egress: s.egress ?? undefined,
    compatibility_date: s.compatibility_date ?? undefined,
    compatibility_flags: s.compatibility_flags?.length ? s.compatibility_flags : undefined,
    bindings: (s.bindings ?? []).map((b) => b.type === 'assets' ? { name: b.name, type: b.type } : { name: b.name, type: 'inherit' }),
    tags: s.tags ?? undefined,
    usage_model: s.usage_model ?? undefined,
    placement: Object.keys(s.placement ?? {}).length ? s.placement : undefined,
    keep_assets: true,
  };
}

/**
 * Store code.
 *
 * @param how {message, only: true (a version without traffic), told, fresh, assets: instead of those that there are}
 */
export async function deploy(worker, { main, files }, how) {
  const metadata = { ...(how.fresh ? {} : await kept(worker)), ...(files.length ? { main_module: main } : {}) };
  if (how.assets) metadata.assets = how.assets;
  if (how.message) metadata.annotations = { 'workers/message': how.message };
  if (how.fresh && how.tags?.length) metadata.tags = how.tags;
  const headers = how.ifMatch ? { 'If-Match': `"${how.ifMatch}"` } : {};
  return upload(how.only ? 'POST' : 'PUT', how.only ? `${worker.path}/versions` : worker.path,
    { body: formOf(files, metadata), headers, told: how.told });
}

/** What runs: [{version_id, percentage}, ...], the one that most traffic gets first. */
export async function sharesOf(worker, signal) {
  const d = (await api.get(`${worker.path}/deployments`, null, { signal })).result.deployments[0];
  return d?.versions ?? [];
}

/**
 * Asks before a deploy takes a split of the traffic away: a checkbox that is shown where there is one.
 *
 * @return el; el.ok() is false while it asks
 */
export function splitGuard(worker) {
  const box = checkbox('Replace it: the new version gets all of the traffic', { name: 'replace' });
  const text = h('p');
  const el = h('div', { class: 'note warn', hidden: true, role: 'alert' }, h('div', null, h('strong', null, 'The traffic is shared between versions'), text, box));
  el.ok = async () => {
    const shares = (await sharesOf(worker)).filter((s) => s.percentage > 0);
    if (shares.length < 2 || box.box.checked) return true;
    const items = (await api.get(`${worker.path}/versions`, { limit: 100 })).result.items;
    fill(text, shares.map((s) => `#${items.find((v) => v.id === s.version_id)?.number ?? s.version_id.slice(0, 8)}: ${s.percentage} %`).join(', '));
    el.hidden = false;
    return false;
  };
  return el;
}

/** Throws where there is a Worker of this name: nothing of it is replaced by a new one. */
export async function mustBeNew(worker) {
  try {
    await api.get(`${worker.path}/settings`);
  } catch (error) {
    if (error.status === 404) return;
    throw error;
  }
  throw Object.assign(new Error(`There is a Worker ${worker.name} already.`), { hint: 'Choose another name, or change that one on its own page.' });
}

export function workerOf(ns, name) {
  return { ns, name, path: workerPath(ns, name) };
}

/** Where a message of the API says that a module is wrong: {name, line}; null. */
export function placeOf(message, files) {
  for (const [, name, line] of message.matchAll(/([\w./@-]+):(\d+):?/g)) {
    const found = files.find((f) => f.name === name || f.name === `${name}.lua`);
    if (found) return { name: found.name, line: Number(line) };
  }
  return null;
}
