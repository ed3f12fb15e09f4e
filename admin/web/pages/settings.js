/* SPDX-License-Identifier: Apache-2.0 */
/* Settings: whose session this is, how the page looks, the server, the way to its API. */
import { api, who } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { ago, when } from '../lib/format.js';
import * as theme from '../lib/theme.js';
import { badge, card, copyButton, facts, pageHead, slot } from '../lib/ui.js';
import { healthView } from './health.js';

const MAY = { read: 'look at everything', deploy: 'change Workers and data', admin: 'change everything' };
const THEMES = [['', 'As the system has it'], ['light', 'Light'], ['dark', 'Dark']];

function copied(text, label) {
  return h('span', { class: 'copied' }, h('code', null, text), copyButton(text, `Copy ${label}`));
}

function session(me) {
  return facts([
    ['Token', h('strong', null, me.name || me.token?.name || me.token?.id)],
    ['Role', [badge(me.role, 'info'), ' ', h('span', { class: 'muted' }, MAY[me.role] ?? '')]],
    ['Namespaces', me.namespaces.length ? me.namespaces.map((n) => [badge(n), ' ']) : 'all'],
    ['Signed in', h('span', { title: when(me.created_on) }, ago(me.created_on))],
    ['Ends', when(me.expires_on)],
  ]);
}

function looks() {
  return h('fieldset', { class: 'choices inline' }, h('legend', { class: 'sr' }, 'Colours'), THEMES.map(([value, label]) =>
    h('label', { class: 'check' }, h('input', { type: 'radio', name: 'theme', value, checked: theme.chosen() === value,
      onchange: () => theme.choose(value) }), h('span', null, label))));
}

export default function settings({ signal }) {
  const me = who();
  const root = new URL(me.api, location.href).href.replace(/\/+$/, '');
  return h('div', null, pageHead('Settings', { sub: 'What httpd\'s configuration says is changed there, not here.' }),
    card('Your session', session(me)),
    h('div', { class: 'grid' },
      card('Server', slot(async () => healthView((await api.get('~/healthz', null, { signal })).result))),
      card('Colours', looks())),
    card('API', facts([
      ['Account', copied(me.account, 'the account')],
      ['For this page only', copied(root, 'the address')],
      ['Description', h('a', { href: `${root}/openapi.json`, target: '_blank', rel: 'noreferrer' }, 'openapi.json')],
    ]), { hint: 'Programs use the API\'s own address with a token.' }));
}
