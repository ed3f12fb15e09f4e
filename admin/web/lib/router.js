/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of the page are fragments, so it works below any path of a server. */

function compile(path) {
  const names = [];
  const text = path.replace(/\{(\w+)\}/g, (all, name) => {
    names.push(name);
    return '([^/]+)';
  });
  return { names, pattern: new RegExp(`^${text}/?$`) };
}

/** Which page of a table an address names: {page, params, query, path}. */
export function match(pages, hash) {
  const [path, search] = hash.replace(/^#/, '').split('?');
  for (const page of pages) {
    page.compiled ??= compile(page.path);
    const found = page.compiled.pattern.exec(path || '/');
    if (!found) continue;
    const params = {};
    try {
      page.compiled.names.forEach((name, i) => {
        params[name] = decodeURIComponent(found[i + 1]);
      });
    } catch {
      continue;
    }
    return { page, params, query: new URLSearchParams(search ?? ''), path: path || '/' };
  }
  return null;
}

/** link('/ns/{name}', {name: 'a/b'}, {tag: 'x'}): an href. */
export function link(path, params = {}, query = {}) {
  const at = path.replace(/\{(\w+)\}/g, (all, name) => encodeURIComponent(params[name]));
  const pairs = Object.entries(query).filter(([, v]) => v !== '' && v !== undefined && v !== null);
  const search = new URLSearchParams(pairs).toString();
  return `#${at}${search ? `?${search}` : ''}`;
}

export function go(href) {
  location.hash = href.replace(/^#/, '');
}

/** Change some of the query of the address in place. */
export function addQuery(query) {
  const now = new URLSearchParams(location.hash.split('?')[1] ?? '');
  setQuery({ ...Object.fromEntries(now), ...query });
}

/** Change the query of the address in place: no new entry, no new page. */
export function setQuery(query) {
  const path = location.hash.replace(/^#/, '').split('?')[0] || '/';
  history.replaceState(null, '', link(path.replace(/[{}]/g, ''), {}, query));
}
