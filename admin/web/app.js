/* SPDX-License-Identifier: Apache-2.0 */
/* The frame around the pages: who is signed in, the menu, which page is shown. */
import { isLimited, may, resume, signOut, whenEnded, who } from './lib/api.js';
import { fill, h } from './lib/dom.js';
import { icon } from './lib/icons.js';
import { help, listen } from './lib/keys.js';
import { go, link, match } from './lib/router.js';
import * as theme from './lib/theme.js';
import { button, empty, errorBox, pageHead, skeleton, toastError } from './lib/ui.js';
import { groups, pages } from './pages/index.js';
import { signin, signinAgain } from './pages/signin.js';

const app = document.getElementById('app');
const main = h('main', { id: 'main', tabindex: -1 });
let leave = null;
let menu = null;
let turn = 0;

/* ---- the frame -------------------------------------------------------------------- */

function sees(page) {
  return may(page.role ?? 'read') && !(page.all && isLimited());
}

function menuOf() {
  return h('nav', { class: 'menu', 'aria-label': 'Pages' }, groups.map(([id, label]) => {
    const list = pages.filter((p) => p.nav && p.group === id && sees(p));
    return list.length > 0 && h('div', { class: 'menu-group' }, label && h('h2', null, label), list.map((p) =>
      h('a', { href: `#${p.path}`, dataset: { path: p.path } }, icon(p.icon), p.nav)));
  }));
}

function themeButton() {
  const b = button('Change between light and dark', theme.toggle, { kind: 'quiet', icon: theme.isDark() ? 'sun' : 'moon', iconOnly: true });
  const turn = () => fill(b, icon(theme.isDark() ? 'sun' : 'moon'));
  document.addEventListener('wfp-theme', turn);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', turn);
  return b;
}

function logo() {
  return h('a', { class: 'logo', href: '#/' }, h('img', { src: 'icon.svg', alt: '', width: 26, height: 26 }), 'mod_wfp');
}

async function end() {
  try {
    await signOut();
  } catch (error) {
    toastError(error);
    return;
  }
  begin();
}

function frame() {
  menu = menuOf();
  const side = h('div', { class: 'side', id: 'side' }, logo(), menu, h('div', { class: 'side-foot' },
    h('div', { class: 'who', title: 'Whose token this is' }, h('strong', null, who().token?.name ?? 'signed in'), h('span', { class: 'muted' }, who().role)),
    button('Keys', help, { kind: 'quiet', icon: 'keys', iconOnly: true }), themeButton(), button('Sign out', end, { kind: 'quiet', icon: 'out', iconOnly: true })));
  /* on a phone it lies over the page, which is out of reach meanwhile */
  const open = (is) => {
    side.classList.toggle('open', is);
    main.inert = is;
    opener.setAttribute('aria-expanded', String(is));
    fill(opener, icon(is ? 'close' : 'menu'));
    if (is) side.querySelector('nav a')?.focus();
  };
  const opener = button('Menu', () => open(!side.classList.contains('open')),
    { kind: 'quiet', icon: 'menu', iconOnly: true, 'aria-controls': 'side', 'aria-expanded': 'false' });
  side.addEventListener('click', (e) => {
    if (e.target.closest('a')) open(false);
  });
  addEventListener('keydown', (e) => {
    if (e.key !== 'Escape' || !side.classList.contains('open')) return;
    open(false);
    opener.focus();
  });
  matchMedia('(min-width: 761px)').addEventListener('change', () => open(false));
  fill(app, h('div', { class: 'top' }, opener, logo()), side, main);
}

/* ---- which page ------------------------------------------------------------------- */

function mark(page) {
  const path = page?.nav ? page.path : page?.under;
  for (const a of menu.querySelectorAll('a')) {
    if (a.dataset.path === path) a.setAttribute('aria-current', 'page');
    else a.removeAttribute('aria-current');
  }
}

/** Something that does not exist, with the way back to those that do. */
function absent({ page, params }, error) {
  const { nav, path } = pages.find((p) => p.path === page.under);
  const crumbs = [[nav, `#${path}`]];
  const names = Object.values(params);
  /* a Worker may be missing, or its namespace */
  if (names.length > 1 && error.code !== 100119) crumbs.push([params.ns, link('/ns/{ns}', params)]);
  const [label, href] = crumbs[crumbs.length - 1];
  return h('div', null, pageHead(names[crumbs.length - 1], { crumbs }), errorBox(error),
    h('p', { class: 'gap' }, button(`Back to ${label}`, () => go(href), { kind: 'primary' })));
}

/** done: it is the page, not what is there until it comes. */
function place(node, mine, done = true) {
  if (mine !== turn) return;
  fill(main, node);
  main.dataset.at = done ? location.hash.replace(/^#/, '') : '';
  const title = main.querySelector('h1')?.textContent;
  document.title = title ? `${title} · mod_wfp` : 'mod_wfp';
}

async function show() {
  const mine = ++turn;
  leave?.abort();
  leave = new AbortController();
  const found = match(pages, location.hash);
  mark(found?.page);
  if (!found || !sees(found.page)) {
    place(h('div', null, h('h1', { class: 'sr' }, 'No such page'), empty('There is no such page', found ? 'Your token does not have the right to see it.' : 'The address is wrong, or what it showed is gone.',
      button('To the overview', () => go('#/'), { kind: 'primary' }))), mine);
    return;
  }
  const slow = setTimeout(() => place(skeleton(6), mine, false), 150);
  try {
    const made = await (await found.page.load()).default({ ...found, signal: leave.signal, refresh: show });
    place(made, mine);
  } catch (error) {
    if (error.name === 'AbortError') return;
    place(error.status === 404 && found.page.under ? absent(found, error)
      : h('div', null, h('h1', { class: 'sr' }, 'That did not work'), errorBox(error, show)), mine);
  } finally {
    clearTimeout(slow);
  }
}

/* They are of the page before. */
function closeDialogs() {
  for (const d of document.querySelectorAll('dialog[open]')) d.close();
}

function onAddress() {
  if (!who()) return;
  closeDialogs();
  scrollTo(0, 0);
  show();
  main.focus({ preventScroll: true });
}

function askToken() {
  leave?.abort();
  turn++;
  closeDialogs();
  document.title = 'Sign in · mod_wfp';
  fill(app, signin(begin));
  app.querySelector('input')?.focus();
}

/** The session ended: what is there, and what is written there, waits for its token. */
async function askAgain(session) {
  const at = location.hash;
  const goesOn = await signinAgain(session);
  if (!goesOn) {
    closeDialogs();
    begin();
  } else if (location.hash !== at) onAddress();
  return goesOn;
}

async function begin() {
  /* its files come while the session is asked for */
  match(pages, location.hash)?.page.load().catch(() => {});
  try {
    if (!await resume()) {
      askToken();
      return;
    }
  } catch (error) {
    fill(app, h('div', { class: 'alone' }, errorBox(error, begin)));
    return;
  }
  frame();
  await show();
}

theme.begin();
listen(() => Boolean(who()));
whenEnded(askAgain);
addEventListener('hashchange', onAddress);
/* (its address would be a page's) */
document.querySelector('.skip').addEventListener('click', (e) => {
  e.preventDefault();
  (document.querySelector('main') ?? app).focus();
});
begin();
