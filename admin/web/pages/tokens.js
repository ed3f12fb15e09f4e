/* SPDX-License-Identifier: Apache-2.0 */
/* API tokens: who has one, a new one, the end of one. */
import { api, seg, who } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { ago, when } from '../lib/format.js';
import { badge, button, checkbox, confirmName, copyButton, dialog, empty, field, input, note, pageHead, select, table, toast } from '../lib/ui.js';

const PATH = '~/tokens';
const ROLES = [['read', 'read: look at everything'], ['deploy', 'deploy: change Workers and data'], ['admin', 'admin: everything']];

function names(text) {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** A secret that is shown this once. */
function secret(label, value) {
  const shown = input({ value, readonly: true, name: 'secret' });
  const el = field(label, shown);
  el.append(h('div', { class: 'with-copy' }, shown, copyButton(value, `Copy ${label}`)));
  return el;
}

export function showSecret(made, refresh) {
  const { el } = dialog({
    title: 'The new token',
    body: [note('Copy it now: it is shown this once and kept nowhere.', 'warn'),
      h('p', { class: 'mono', dataset: { secret: '' } }, made.value, ' ', copyButton(made.value, 'Copy the token')),
      made.access_key_id && [secret('Access key id', made.access_key_id), secret('Secret access key', made.secret_access_key)]],
  });
  el.addEventListener('close', refresh);
}

function create(refresh) {
  const name = input({ name: 'name', required: true, maxlength: 120, placeholder: 'continuous integration' });
  const role = select(ROLES, { name: 'role' });
  const spaces = input({ name: 'namespaces', placeholder: 'all' });
  const end = input({ name: 'expires', type: 'date', min: new Date(Date.now() + 864e5).toISOString().slice(0, 10) });
  const s3 = checkbox('It is an S3 access key, too');
  const buckets = input({ name: 'buckets', placeholder: 'all' });
  dialog({
    title: 'New token',
    body: [field('Name', name, 'What it is for. The audit log names it.'), field('Role', role),
      field('Namespaces', spaces, 'Limit it to these, apart by commas.'),
      field('Expires', end, 'Empty: never.'), s3,
      field('Buckets', buckets, 'Those the S3 key reaches, apart by commas.')],
    action: 'Create',
    run: async (close) => {
      const made = (await api.post(PATH, {
        name: name.value.trim(), role: role.value, namespaces: names(spaces.value),
        ...(end.value && { expires_on: `${end.value}T00:00:00Z` }),
        ...(s3.box.checked && { s3: true, buckets: names(buckets.value) }),
      })).result;
      close();
      showSecret(made, refresh);
      return false;
    },
  });
}

function revoke(token, refresh) {
  confirmName({
    title: `Revoke ${token.name}?`,
    text: token.id === who().token?.id ? 'This is the token you are signed in with: you will be signed out.'
      : 'Whoever uses it is refused at once, and sessions signed in with it end.',
    name: token.name || token.id,
    action: 'Revoke',
    run: async () => {
      await api.del(`${PATH}/${seg(token.id)}`);
      toast('Token revoked');
      refresh();
    },
  });
}

function expiry(token) {
  if (!token.expires_on) return 'never';
  return Date.parse(token.expires_on) < Date.now() ? badge('expired', 'bad') : h('span', { title: when(token.expires_on) }, token.expires_on.slice(0, 10));
}

export default async function tokens({ signal, refresh }) {
  const list = (await api.get(PATH, null, { signal })).result;
  const make = () => button('New token', () => create(refresh), { kind: 'primary', icon: 'plus' });
  return h('div', null, pageHead('Tokens', { actions: [make()], sub: 'What programs and people show to the API, and to this page.' }),
    list.length === 0 ? empty('No token', 'A token has a role and may be limited to namespaces.', make())
      : table({
        caption: 'API tokens',
        columns: [
          { label: 'Name', cell: (t) => h('span', null, h('span', { class: 'strong' }, t.name || t.id), t.id === who().token?.id && [' ', badge('yours')]) },
          { label: 'Role', cell: (t) => h('span', null, badge(t.role), t.s3 && [' ', badge('S3')]) },
          { label: 'Reaches', cell: (t) => [...t.namespaces, ...t.buckets].join(', ') || 'everything' },
          { label: 'Made', cell: (t) => h('span', { title: when(t.created_on) }, ago(t.created_on)) },
          { label: 'Expires', cell: expiry },
          { label: '', class: 'tight', cell: (t) => button(`Revoke ${t.name}`, () => revoke(t, refresh), { kind: 'quiet', icon: 'trash', iconOnly: true, small: true }) },
        ],
        rows: list,
      }));
}
