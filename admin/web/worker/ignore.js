/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .assetsignore: which files of a site are left out, written as .gitignore is. A
 * site may be somebody else's: no pattern is made a regular expression, whose
 * time could grow with a power of its stars.
 */

const SIZE_MAX = 1 << 20;
const RULES_MAX = 2000;

const STAR = '*'; /* any signs of a name */
const DEEP = '**'; /* any folders */
const ANY = (c) => c !== undefined;

/**
 * Does a list meet a pattern? What a star stands for grows by one when the rest
 * does not meet; stars before the last need not be looked at again.
 */
function meets(pattern, list, isStar, meetsOne) {
  let [p, i, star, from] = [0, 0, -1, 0];
  while (i < list.length) {
    if (p < pattern.length && isStar(pattern[p])) {
      star = p++;
      from = i;
    } else if (p < pattern.length && meetsOne(pattern[p], list[i])) {
      p++;
      i++;
    } else if (star >= 0) {
      p = star + 1;
      i = ++from;
    } else return false;
  }
  while (p < pattern.length && isStar(pattern[p])) p++;
  return p === pattern.length;
}

const meetsName = (signs, name) => meets(signs, name, (s) => s === STAR, (sign, c) => sign(c));

const is = (sign) => (c) => c === sign;

/* "[a-z]" as one sign; null: it is none. Sets that are wrong are an error. */
function setOf(text) {
  const set = /^\[([!^]?)(\]?[^\]]*)\]/.exec(text);
  if (!set) return null;
  const one = new RegExp(`^[${set[1] ? '^/' : ''}${set[2].replace(/[\\[\]^]/g, '\\$&')}]$`);
  return { size: set[0].length, meets: (c) => one.test(c) };
}

/* Names between slashes, each DEEP or a list of signs. */
function partsOf(text) {
  const parts = [[]];
  for (let i = 0; i < text.length; i++) {
    const signs = parts.at(-1);
    const set = text[i] === '[' && setOf(text.slice(i));
    if (text[i] === '/') parts.push([]);
    else if (text[i] === '*') {
      if (signs.at(-1) !== STAR) signs.push(STAR);
      const alone = signs.length === 1 && text[i + 1] === '*' && text[i + 2] !== '*';
      if (alone && (text[i + 2] === '/' || (i + 2 === text.length && parts.length > 1))) {
        parts[parts.length - 1] = DEEP;
        i++;
      }
    } else if (text[i] === '?') signs.push(ANY);
    else if (set) {
      signs.push(set.meets);
      i += set.size - 1;
    } else signs.push(is(text[i] === '\\' && i + 1 < text.length ? text[++i] : text[i]));
  }
  return parts;
}

/* "a/**" is what is in the folder, not the folder. */
function meetsPath(parts, names) {
  const inside = parts.at(-1) === DEEP;
  return meets(inside ? [...parts, [STAR]] : parts, names, (part) => part === DEEP, (part, name) => meetsName(part, name));
}

function ruleOf(line) {
  let text = line.replace(/\r$/, '');
  for (; /\s$/.test(text) && text.at(-2) !== '\\'; text = text.slice(0, -1));
  if (!text || text.startsWith('#')) return null;
  const back = text.startsWith('!');
  if (back) text = text.slice(1);
  const folders = text.endsWith('/');
  while (text.endsWith('/')) text = text.slice(0, -1);
  const anchored = text.includes('/');
  try {
    const parts = partsOf(text.replace(/^\//, ''));
    return text ? { back, folders, parts: anchored ? parts : [DEEP, ...parts] } : null;
  } catch { /* a set that is none: no path is meant */
    return null;
  }
}

/** {count, ignores(path)} of the file's text. Paths have no "/" in front. */
export function ignoreOf(text) {
  const rules = text.length > SIZE_MAX ? null : text.split('\n').map(ruleOf).filter(Boolean);
  if (!rules || rules.length > RULES_MAX) throw Object.assign(new Error(`.assetsignore has more than ${RULES_MAX} patterns, or 1 MB.`), { hint: 'A pattern of a folder stands for all that is in it.' });
  const known = new Map();
  const hit = (path, isFolder) => {
    const names = path.split('/');
    const last = rules.findLast((r) => (isFolder || !r.folders) && meetsPath(r.parts, names));
    return last ? !last.back : false;
  };
  const hitFolder = (path) => {
    if (!known.has(path)) known.set(path, hit(path, true));
    return known.get(path);
  };
  /* what is in a folder that is left out does not come back */
  const ignores = (path) => {
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) if (hitFolder(path.slice(0, at))) return true;
    return hit(path, false);
  };
  return { count: rules.length, ignores };
}
