/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Elements. Whatever a tenant chose goes through here as text: there is no way
 * to hand over markup, and the page's policy has none either.
 */

const SVG = 'http://www.w3.org/2000/svg';

function set(el, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith('on')) el.addEventListener(key.slice(2), value);
  else if (key === 'class') el.setAttribute('class', value);
  else if (key === 'style') Object.assign(el.style, value);
  else if (key === 'dataset') Object.assign(el.dataset, value);
  else if (key === 'value' || key === 'checked' || key === 'indeterminate') el[key] = value;
  else el.setAttribute(key, value === true ? '' : value);
}

/** Put children (text, elements, lists of them, nothing) into an element. */
export function add(el, ...kids) {
  for (const kid of kids.flat(Infinity)) {
    if (kid === null || kid === undefined || kid === false) continue;
    el.append(kid instanceof Node ? kid : document.createTextNode(String(kid)));
  }
  return el;
}

/** h('p', {class: 'x', onclick: fn}, 'text', element, ...) */
export function h(tag, props, ...kids) {
  const el = document.createElement(tag);
  add(el, kids);
  /* a select's value is one of its children */
  for (const [key, value] of Object.entries(props || {})) set(el, key, value);
  return el;
}

export function svg(tag, props, ...kids) {
  const el = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(props || {})) set(el, key, value);
  return add(el, kids);
}

/** Replace what is in an element. */
export function fill(el, ...kids) {
  el.replaceChildren();
  return add(el, kids);
}

let ids = 0;

/** An id that nothing else on the page has. */
export function newId(prefix = 'e') {
  return `${prefix}-${++ids}`;
}
