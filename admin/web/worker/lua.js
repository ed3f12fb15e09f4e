/* SPDX-License-Identifier: Apache-2.0 */
/* Lua by lines, for colours: what a line begins inside of is all that is kept. */

const KEYWORDS = new Set(('and break do else elseif end false for function goto if in local nil not or repeat '
  + 'return then true until while').split(' '));
const GLOBALS = new Set(('Response Request Headers URL URLSearchParams fetch json crypto console caches parallel '
  + 'require string table math os utf8 error pcall xpcall select pairs ipairs next type tostring tonumber '
  + 'setmetatable getmetatable rawget rawset rawequal rawlen assert print coroutine FormData HTMLRewriter '
  + 'env ctx request').split(' '));

const TOKEN = new RegExp([
  /(?<comment>--)/, /(?<long>\[=*\[)/, /(?<string>"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?)/,
  /(?<number>0[xX][\da-fA-F.]+(?:[pP][+-]?\d+)?|\d[\d.]*(?:[eE][+-]?\d+)?)/,
  /(?<word>[A-Za-z_]\w*)/, /(?<space>\s+)/, /(?<other>.)/,
].map((r) => r.source).join('|'), 'y');

function closing(level) {
  return `]${'='.repeat(level)}]`;
}

/**
 * The pieces of a line.
 *
 * @param state null, or {kind, level}: the line begins in a long string or comment
 * @return {parts: [[class, text], ...], state}
 */
export function lineOf(text, state) {
  const parts = [];
  let at = 0;
  if (state) {
    const end = text.indexOf(closing(state.level));
    if (end < 0) return { parts: [[state.kind, text]], state };
    at = end + state.level + 2;
    parts.push([state.kind, text.slice(0, at)]);
  }
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    const group = found.groups;
    const rest = text.slice(at);
    const opened = group.comment ? /^--\[(=*)\[/.exec(rest) : group.long ? /^\[(=*)\[/.exec(rest) : null;
    if (opened) {
      const kind = group.comment ? 'comment' : 'string';
      const level = opened[1].length;
      const end = text.indexOf(closing(level), at + opened[0].length);
      if (end < 0) {
        parts.push([kind, rest]);
        return { parts, state: { kind, level } };
      }
      parts.push([kind, text.slice(at, end + level + 2)]);
      at = end + level + 2;
      continue;
    }
    if (group.comment) {
      parts.push(['comment', rest]);
      break;
    }
    const word = group.word;
    parts.push([group.string ? 'string' : group.number ? 'number'
      : word ? (KEYWORDS.has(word) ? 'keyword' : GLOBALS.has(word) ? 'global' : '') : '', found[0]]);
    at = TOKEN.lastIndex;
  }
  return { parts, state: null };
}

/** What each line begins inside of. */
export function statesOf(lines) {
  const states = [];
  let state = null;
  for (const line of lines) {
    states.push(state);
    /* most lines cannot open or close anything long */
    if (state || line.includes('[')) state = lineOf(line, state).state;
  }
  return states;
}
