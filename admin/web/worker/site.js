/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of files as a site: which of them are served, which say how, which are left out, and that it is said. */
import { h } from '../lib/dom.js';
import { bytes, number, plural } from '../lib/format.js';
import { note } from '../lib/ui.js';
import { ignoreOf } from './ignore.js';

const LISTED = 100;

/** A folder that all are in is the site itself. */
function inside(list) {
  const top = list[0]?.path.split('/')[0];
  const cut = list.length && list.every((f) => f.path.startsWith(`${top}/`)) ? top.length + 1 : 0;
  return list.map(({ path, file }) => ({ path: path.slice(cut), file }));
}

/**
 * Look at files, as they were dropped or chosen: [{path, file}, ...].
 *
 * @return {files: [{path: "/...", file}], size, config: {_headers, _redirects} as texts, ignore, ignored, hidden: paths}
 */
export async function siteOf(list) {
  const site = { files: [], size: 0, config: {}, ignore: null, ignored: [], hidden: [] };
  const all = inside(list);
  const rules = all.find((f) => f.path === '.assetsignore');
  if (rules) site.ignore = ignoreOf(await rules.file.text());
  for (const { path, file } of all) {
    if (path === '.assetsignore') continue;
    if (path === '_headers' || path === '_redirects') site.config[path] = await file.text();
    else if (/(^|\/)\.(?!well-known\/)/.test(path)) site.hidden.push(path);
    else if (site.ignore?.ignores(path)) site.ignored.push(path);
    else {
      site.files.push({ path: `/${path}`, file });
      site.size += file.size;
    }
  }
  return site;
}

function listOf(paths) {
  return h('ul', { class: 'bound' }, paths.slice(0, LISTED).map((p) => h('li', null, h('code', null, p))), paths.length > LISTED && h('li', null, `and ${number(paths.length - LISTED)} more`));
}

function left(why, paths) {
  return paths.length > 0 && h('details', null, h('summary', null, `${plural(paths.length, 'file')} left out: ${why}`), listOf(paths));
}

const lines = (text, pattern) => text.split('\n').filter((l) => pattern.test(l)).length;

/** What there is of a site, in words. */
export function siteView(site) {
  const code = site.files.filter((f) => /\.lua$/i.test(f.path));
  const { _headers: heads, _redirects: moved } = site.config;
  return h('div', { class: 'stack' },
    h('p', null, h('strong', null, plural(site.files.length, 'file')), `, ${bytes(site.size)}. Files of the same content are not sent again.`),
    heads !== undefined && h('p', null, h('code', null, '_headers'), ` is taken: headers for ${plural(lines(heads, /^[^\s#]/), 'path')}. It is not served.`),
    moved !== undefined && h('p', null, h('code', null, '_redirects'), ` is taken: ${plural(lines(moved, /^\s*[^\s#]/), 'rule')}. It is not served.`),
    site.ignore && h('p', null, h('code', null, '.assetsignore'), ` is heeded: ${plural(site.ignore.count, 'pattern')}.`),
    left('by .assetsignore', site.ignored), left('hidden', site.hidden),
    code.length > 0 && note([`${plural(code.length, 'file')} of Lua would be served to everybody as text: `, h('code', null, code[0].path), code.length > 1 && ' and others', '. Name them in .assetsignore, or take them in as code.'], 'warn'));
}

/** What the API passed over in _headers and _redirects, after a deploy; null: nothing. */
export function passedOver(doc) {
  const list = (doc.messages ?? []).map((m) => m.message ?? String(m));
  return list.length ? h('div', null, note('It is deployed. Not all of it could be used:', 'warn'), h('ul', { class: 'bound' }, list.slice(0, LISTED).map((m) => h('li', null, m)))) : null;
}
