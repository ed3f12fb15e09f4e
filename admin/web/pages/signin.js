/* SPDX-License-Identifier: Apache-2.0 */
/* Sign in with an API token. The server keeps the session; the token is not kept. */
import { signIn } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { errorBox, field, input } from '../lib/ui.js';

export default function signin(done) {
  const token = input({ type: 'password', name: 'token', required: true, autocomplete: 'current-password' });
  const problem = h('div');
  const send = h('button', { type: 'submit', class: 'btn primary wide' }, 'Sign in');
  const form = h('form', {
    class: 'card signin',
    onsubmit: async (e) => {
      e.preventDefault();
      send.disabled = true;
      fill(problem);
      try {
        await signIn(token.value.trim());
        done();
      } catch (error) {
        if (error.status === 429) error.hint = 'Each wrong one after that makes the wait longer; an hour without one forgets it.';
        fill(problem, errorBox(error));
        token.select();
      } finally {
        send.disabled = false;
      }
    },
  },
  h('img', { src: 'icon.svg', alt: '', width: 40, height: 40 }),
  h('h1', null, 'Sign in to mod_wfp'),
  field('API token', token, ['"wfpctl init" showed the first one, ', h('code', null, 'wfpctl token create'), ' makes more.']),
  problem, send);
  return h('main', { class: 'alone', id: 'main' }, form);
}
