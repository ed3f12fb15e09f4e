/* SPDX-License-Identifier: Apache-2.0 */
/* .assetsignore: which files of a site are left out, written as .gitignore is. */

const SIGNS = /[\\^$.|+(){}]/g;

/* One path, of which "*" is within a folder and "**" any number of them, as a regular expression. */
function source(pattern) {
  let out = '';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    const set = c === '[' && /^\[([!^]?)(\]?[^\]]*)\]/.exec(pattern.slice(i));
    if (pattern.startsWith('**/', i) && (i === 0 || pattern[i - 1] === '/')) {
      out += '(?:.*/)?';
      i += 2;
    } else if (pattern.slice(i) === '**' && i > 0 && pattern[i - 1] === '/') {
      out += '.+';
      i += 1;
    } else if (c === '*') {
      while (pattern[i + 1] === '*') i++;
      out += '[^/]*';
    } else if (c === '?') out += '[^/]';
    else if (set) {
      out += `[${set[1] ? '^/' : ''}${set[2].replace(/[\\[\]^]/g, '\\$&')}]`;
      i += set[0].length - 1;
    } else if (c === '\\' && i + 1 < pattern.length) out += pattern[++i].replace(SIGNS, '\\$&').replace(/[*?[\]]/, '\\$&');
    else out += c.replace(SIGNS, '\\$&').replace(/[[\]]/, '\\$&');
  }
  return out;
}

function ruleOf(line) {
  let text = line.replace(/\r$/, '').replace(/(^|[^\\])\s+$/, '$1');
  if (!text || text.startsWith('#')) return null;
  const back = text.startsWith('!');
  if (back) text = text.slice(1);
  const folders = text.endsWith('/');
  text = text.replace(/\/+$/, '');
  const anchored = text.includes('/');
  try {
    return text ? { back, folders, pattern: new RegExp(`^${anchored ? '' : '(?:.*/)?'}${source(text.replace(/^\//, ''))}$`) } : null;
  } catch { /* a set that is none: no path is meant */
    return null;
  }
}

/** {count, ignores(path)} of the file's text. Paths have no "/" in front. */
export function ignoreOf(text) {
  const rules = text.split('\n').map(ruleOf).filter(Boolean);
  const hit = (path, isFolder) => {
    const last = rules.findLast((r) => (isFolder || !r.folders) && r.pattern.test(path));
    return last ? !last.back : false;
  };
  /* what is in a folder that is left out does not come back */
  const ignores = (path) => {
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) if (hit(path.slice(0, at), true)) return true;
    return hit(path, false);
  };
  return { count: rules.length, ignores };
}
