/* SPDX-License-Identifier: Apache-2.0 */
/* Sign in with an API token. The server keeps the session; the token is not kept. */
import { signIn } from '../lib/api.js';
import { fill, h, newId } from '../lib/dom.js';
import { button, errorBox, field, input } from '../lib/ui.js';

function form(head, hint, done, more) {
  const token = input({ type: 'password', name: 'token', required: true, autocomplete: 'current-password' });
  const problem = h('div');
  const send = h('button', { type: 'submit', class: 'btn primary wide' }, 'Sign in');
  return h('form', {
    class: 'card signin',
    onsubmit: async (e) => {
      e.preventDefault();
      send.disabled = true;
      fill(problem);
      try {
        done(await signIn(token.value.trim()));
      } catch (error) {
        if (error.message.startsWith('Too many wrong tokens')) error.hint = 'Each wrong one after that makes the wait longer; an hour without one forgets it.';
        fill(problem, errorBox(error));
        token.select();
      } finally {
        send.disabled = false;
      }
    },
  }, h('img', { src: 'icon.svg', alt: '', width: 40, height: 40 }), head, field('API token', token, hint), problem, send, more);
}

export function signin(done) {
  return h('main', { class: 'alone', id: 'main' }, form(h('h1', null, 'Sign in to mod_wfp'),
    ['"wfpctl init" showed the first one, ', h('code', null, 'wfpctl token create'), ' makes more.'], done));
}

/**
 * Over the page of a session that ended, and hides it. Resolves to true when its
 * token is signed in again, to false when somebody else is, or wants to be.
 */
export function signinAgain(session) {
  return new Promise((done) => {
    const id = newId('d');
    let answer = null;
    const end = (is) => {
      answer = is;
      el.close();
    };
    const el = h('dialog', { class: 'again', 'aria-labelledby': id }, form(h('h2', { id }, 'Your session ended'),
      ['With the token ', h('strong', null, session.name || session.token?.name || session.token?.id), ' you go on where you were: what you wrote is still there.'],
      (now) => end(now?.token?.id === session.token?.id),
      button('Sign in as somebody else', () => end(false), { kind: 'quiet wide' })));
    el.addEventListener('close', () => {
      if (answer === null) { /* Escape leads nowhere */
        el.showModal();
        return;
      }
      el.remove();
      done(answer);
    });
    document.body.append(el);
    el.showModal();
  });
}
