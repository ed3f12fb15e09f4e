/* SPDX-License-Identifier: Apache-2.0 */
/* API tokens: who has one, a new one, the end of one. */
import { api, seg, who } from '../lib/api.js';
import { time, trash } from '../lib/data.js';
import { h } from '../lib/dom.js';
import { when } from '../lib/format.js';
import { listing } from '../lib/listing.js';
import { badge, button, checkbox, confirmName, copyButton, dialog, empty, field, input, note, pageHead, select, toast } from '../lib/ui.js';

const PATH = '~/tokens';
const FEW = 3;
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

/** The first few, and how many more. */
function reaches(list) {
  if (list.length <= FEW) return list.join(', ') || 'everything';
  return h('details', { class: 'more' }, h('summary', null, list.slice(0, FEW - 1).join(', '), ` and ${list.length - FEW + 1} more`), h('p', { class: 'muted' }, list.slice(FEW - 1).join(', ')));
}

export default async function tokens({ query, signal }) {
  const make = () => button('New token', () => create(list.reload), { kind: 'primary', icon: 'plus' });
  const list = listing({
    query, caption: 'API tokens',
    read: async ({ text, page, each }) => {
      const doc = await api.get(PATH, { page, per_page: each, name_contains: text, direction: 'desc' }, { signal });
      return { rows: doc.result, total: doc.result_info.total_count };
    },
    none: () => empty('No token', 'A token has a role and may be limited to namespaces.', make()),
    columns: [
      { label: 'Name', cell: (t) => h('span', null, h('span', { class: 'strong' }, t.name || t.id), t.id === who().token?.id && [' ', badge('yours', 'info')]) },
      { label: 'Role', cell: (t) => h('span', null, badge(t.role), t.s3 && [' ', badge('S3')]) },
      { label: 'Reaches', cell: (t) => reaches([...t.namespaces, ...t.buckets]) },
      { label: 'Made', class: 'tight', cell: (t) => time(t.created_on) },
      { label: 'Expires', class: 'tight', cell: expiry },
      { label: '', class: 'tight', cell: (t) => trash(`Revoke ${t.name || t.id}`, () => revoke(t, list.reload)) },
    ],
  });
  await list.first;
  return h('div', null, pageHead('Tokens', { actions: [make()], sub: 'What programs and people show to the API, and to this page.' }), list);
}
