/* SPDX-License-Identifier: Apache-2.0 */
/* Settings: whose session this is, and the server as the API tells it. */
import { api, who } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { ago, when } from '../lib/format.js';
import { badge, card, facts, pageHead, slot } from '../lib/ui.js';

/** What an object of the API holds, one line each. */
function tell(doc) {
  return facts(Object.entries(doc ?? {}).map(([name, value]) =>
    [name.replaceAll('_', ' '), typeof value === 'object' && value !== null ? h('code', { class: 'mono' }, JSON.stringify(value)) : String(value)]));
}

export default function settings({ signal }) {
  const me = who();
  return h('div', null, pageHead('Settings', { sub: 'Directives of httpd\'s configuration are changed there, not here.' }),
    card('Your session', facts([
      ['Token', me.name || me.token?.id],
      ['Role', badge(me.role)],
      ['Reaches', me.namespaces.join(', ') || 'everything'],
      ['Signed in', h('span', { title: when(me.created_on) }, ago(me.created_on))],
      ['Ends', when(me.expires_on)],
      ['Account', h('code', null, me.account)],
      ['API for this page', h('code', null, me.api)],
    ])),
    card('Server', slot(async () => tell((await api.get('~/healthz', null, { signal })).result))));
}
