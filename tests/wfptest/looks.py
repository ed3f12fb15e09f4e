# SPDX-License-Identifier: Apache-2.0
"""What can be seen, and read out, of a page of the admin: scripts that a browser
runs in it. Each answers with what is wrong."""

# Texts of less contrast with what is behind them than WCAG AA has: 4.5, or 3
# of large ones. Colours of all that lie behind are put over each other.
CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d',
  {willReadFrequently: true});
function rgba(colour) {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  const d = canvas.getImageData(0, 0, 1, 1).data;
  return [d[0], d[1], d[2], d[3] / 255];
}
const over = (a, b) => [0, 1, 2].map((i) => a[i] * a[3] + b[i] * (1 - a[3]))
  .concat(1);
function light(c) {
  const [r, g, b] = c.map((v) => v / 255)
    .map((v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
}
function behind(el) {
  const all = [];
  for (let e = el; e; e = e.parentElement) {
    const c = rgba(getComputedStyle(e).backgroundColor);
    if (c[3] > 0) all.push(c);
    if (c[3] === 1) break;
  }
  return all.reverse().reduce((b, c) => over(c, b), [255, 255, 255, 1]);
}
const seen = new Map();
for (const el of document.querySelectorAll('body *')) {
  const own = [...el.childNodes].some((n) => n.nodeType === 3 &&
    n.data.trim()) || el.matches(
    'input:not([type=range], [type=checkbox], [type=radio]), textarea, select');
  const style = getComputedStyle(el);
  const inSvg = el instanceof SVGElement;
  if (!own || !el.checkVisibility?.({checkOpacity: true,
      checkVisibilityCSS: true}) || el.closest(':disabled, .sr, .skip')) continue;
  if (el.matches('.ed-area') || el.getClientRects().length === 0) continue;
  const back = behind(el);
  const front = over(rgba(inSvg ? style.fill : style.color), back);
  const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
  const ratio = (a + .05) / (b + .05);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
  const faint = el.placeholder && !el.value ? light(over(rgba(
    getComputedStyle(el, '::placeholder').color), back)) : null;
  if (faint !== null && (Math.max(faint, light(back)) + .05) /
      (Math.min(faint, light(back)) + .05) < 4.5) {
    seen.set(`placeholder of ${el.name}`, el.placeholder);
  }
  if (ratio < (large ? 3 : 4.5)) {
    seen.set(`${el.tagName}.${el.getAttribute('class') ?? ''} ` +
      `${ratio.toFixed(2)}`, (el.textContent || el.placeholder || '')
      .slice(0, 40));
  }
}
return [...seen];
"""
# Controls that have no name, and ids that are there twice
NAMES = """
const named = (e) => (e.getAttribute('aria-label') || e.innerText ||
  e.textContent || (e.labels && [...e.labels].map((l) => l.textContent).join())
  || e.title || (e.getAttribute('aria-labelledby') ?? '').split(' ')
  .map((id) => document.getElementById(id)?.textContent ?? '').join('')).trim();
const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
const controls = 'button, a, input, select, textarea, progress, meter, dialog,' +
  '[role=button], [role=region], [role=img], [role=log], [tabindex]';
return [...document.querySelectorAll(controls)]
  .filter((e) => !e.matches('main, .sr') && !(e.matches('input, textarea, select')
    ? e.getAttribute('aria-label') || [...e.labels ?? []].some(
      (l) => l.textContent.trim()) : named(e)))
  .map((e) => e.outerHTML.slice(0, 150))
  .concat(ids.filter((id, i) => ids.indexOf(id) !== i))
  .concat([...document.querySelectorAll('img:not([alt])')]
    .map((e) => e.outerHTML))
  .concat(document.querySelectorAll('h1').length === 1 ? [] : ['not one h1']);
"""
# Headings that leave out a level, and landmarks that are not there once
OUTLINE = """
const open = document.querySelector('dialog[open]');
const levels = [...(open ?? document).querySelectorAll('h1, h2, h3, h4')]
  .filter((e) => e.checkVisibility()).map((e) => [Number(e.tagName[1]),
    e.textContent.slice(0, 40)]);
const skipped = levels.filter(([n], i) =>
  n > (i ? levels[i - 1][0] : open ? 2 : n === 2 ? 2 : 1) + 1);
const marks = open ? [] : ['main'].filter((m) =>
  document.querySelectorAll(m).length !== 1);
const nameless = [...document.querySelectorAll('nav, [role=search]')]
  .filter((e) => e.checkVisibility() && !e.getAttribute('aria-label'))
  .map((e) => e.outerHTML.slice(0, 80));
return [...skipped.map((s) => `a level is left out before ${s}`),
  ...marks.map((m) => `not one ${m}`), ...nameless];
"""
# What is wider than the window, or a dialog, that it is in
WIDE = """
const room = document.querySelector('dialog[open]') ?? document.documentElement;
const limit = room === document.documentElement ? innerWidth
  : room.getBoundingClientRect().right;
if (room.scrollWidth <= room.clientWidth) return [];
return [...room.querySelectorAll('*')].filter((e) => e.checkVisibility() &&
  !e.closest('.sr, .tabs, .ed, .diff, .table-wrap, pre') &&
  e.getBoundingClientRect().right > limit + 1).slice(0, 3)
  .map((e) => `too wide: ${e.outerHTML.slice(0, 100)}`)
  .concat(['moves sideways']);
"""
# Press every button of the page that opens a dialog; look at each
DIALOGS = """
const done = arguments[0];
const checks = [%s];
const wait = (ms) => new Promise((go) => setTimeout(go, ms));
const dialog = () => document.querySelector('dialog[open]');
const skip = new RegExp('^(Add files|Upload|Clear|Pause|Resume|Roll|Send|Run|' +
  'Search|Show|Try|Next|Previous|Look|Download|Copy|Export)');
/* of rows that have the same buttons one is enough */
const place = (b) => b.closest('section, table, .page-head')?.className;
(async () => {
  const seen = [];
  const wrong = [];
  const names = new Set();
  for (const b of [...document.querySelectorAll('main button')]) {
    const name = b.getAttribute('aria-label') || b.textContent;
    const kind = name.replace(/ .*/, '');
    if (b.type === 'submit' || b.disabled || !b.isConnected || skip.test(name)
        || b.matches('.sort, .tag') || names.has(kind + place(b))) continue;
    const at = location.hash;
    b.focus();
    b.click();
    for (let i = 0; i < 60 && !dialog() && location.hash === at; i++) {
      await wait(10);
      if (i > 6 && !document.querySelector('[aria-busy=true]')) break;
    }
    if (location.hash !== at) {
      history.back();
      break;
    }
    if (!dialog()) continue;
    names.add(kind + place(b));
    seen.push(name);
    for (let i = 0; i < 100 && dialog().querySelector('[aria-busy=true]'); i++)
      await wait(20);
    if (!dialog().contains(document.activeElement))
      wrong.push(`${name}: the focus is not in it`);
    if (!document.getElementById(dialog().getAttribute('aria-labelledby')))
      wrong.push(`${name}: has no name`);
    for (const check of checks)
      for (const text of check()) {
        if (text !== 'not one h1') wrong.push(`${name}: ${text}`);
      }
    dialog().close();
    for (let i = 0; i < 500 && b.isConnected && document.activeElement !== b; i++)
      await wait(10);
    if (b.isConnected && document.activeElement !== b)
      wrong.push(`${name}: the focus does not come back`);
  }
  done([seen, wrong]);
})();
"""


def dialogs():
    """The script that looks into every dialog of a page."""
    return DIALOGS % ", ".join(
        "() => {%s}" % check for check in (NAMES, OUTLINE, WIDE, CONTRAST))


def problems(driver):
    """What is wrong with the page as it is."""
    return [str(found) for script in (NAMES, OUTLINE, WIDE, CONTRAST)
            for found in driver.execute_script(script)]
