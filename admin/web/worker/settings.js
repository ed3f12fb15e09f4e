/* SPDX-License-Identifier: Apache-2.0 */
/* What a Worker has besides its code: bindings, secrets, tags, limits. */
import { api, isLimited, may, seg } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { parseExact } from '../lib/json.js';
import { meanwhile } from '../lib/meanwhile.js';
import { link } from '../lib/router.js';
import { badge, button, card, confirmName, dialog, empty, field, input, select, table, tagList, textarea, toast } from '../lib/ui.js';
import { runningVersion } from './code.js';
import { limitFacts, limitFields } from './limits.js';

/* type -> [label, what its value is called, member] */
const KINDS = {
  plain_text: ['Variable', 'Text', 'text'], json: ['JSON', 'Value, as JSON', 'json'], kv_namespace: ['KV namespace', 'Id of the namespace', 'namespace_id'],
  d1: ['D1 database', 'Id of the database', 'database_id'], r2_bucket: ['R2 bucket', 'Name of the bucket', 'bucket_name'],
  queue: ['Queue', 'Name of the queue', 'queue_name'], service: ['Service', 'Name of the Worker', 'service'],
  dispatch_namespace: ['Dispatch namespace', 'Name of the namespace', 'namespace'], analytics_engine: ['Analytics Engine', 'Dataset', 'dataset'],
};

/* type -> where what it stands for is looked at */
const PAGES = {
  kv_namespace: (b) => link('/kv/{id}', { id: b.namespace_id }), d1: (b) => link('/d1/{id}', { id: b.database_id }),
  r2_bucket: (b) => link('/r2/{bucket}', { bucket: b.bucket_name }), queue: (b) => link('/queues/{name}', { name: b.queue_name }),
  service: (b) => link('/workers/{name}', { name: b.service }), dispatch_namespace: (b) => link('/ns/{ns}', { ns: b.namespace }),
};

function valueOf(b) {
  const kind = KINDS[b.type];
  if (b.type === 'secret_text') return h('span', { class: 'muted' }, 'hidden');
  const v = kind ? b[kind[2]] : null;
  if (v === undefined || v === null) return '';
  const text = h('code', null, typeof v === 'string' ? v : JSON.stringify(v));
  return PAGES[b.type] && !isLimited() ? h('a', { href: PAGES[b.type](b) }, text) : text;
}

const TRIES = 3;

/**
 * Change the settings as they are now, whoever changed others meanwhile: what is
 * looked at is what is replaced, else it is looked at anew.
 *
 * @param change from the settings now to what is sent; throws where it must not be
 */
async function patch(worker, change) {
  for (let n = 1; ; n++) {
    const version = await runningVersion(worker);
    const now = (await api.exact(`${worker.path}/settings`)).result;
    try {
      await api.patch(`${worker.path}/settings`, change(now), version ? { headers: { 'If-Match': `"${version}"` } } : {});
      return;
    } catch (error) {
      if (error.status !== 412 || n === TRIES) throw error;
    }
  }
}

/* from the bindings now to those that are to be */
function putBindings(worker, change) {
  return patch(worker, ({ bindings }) => ({ bindings: change(bindings) }));
}

function said(b) {
  if (b.type === 'secret_text') return 'a secret';
  const kind = KINDS[b.type];
  return `${kind?.[0] ?? b.type}${kind ? ` ${JSON.stringify(b[kind[2]] ?? '')}` : ''}`;
}

/* {name, type} alone keeps what there is */
function others(bindings, name) {
  return bindings.filter((b) => b.name !== name).map((b) => ({ name: b.name, type: b.type }));
}

function jsonOf(text) {
  try {
    return parseExact(text);
  } catch (error) {
    throw Object.assign(new Error(`The value is no JSON: ${error.message}`), { hint: 'A text stands in "double quotes".' });
  }
}

/** Tells, once, that a name is in use. */
function taken(tell) {
  let told = null;
  return (now) => {
    if (!now || told === JSON.stringify(now)) return;
    told = JSON.stringify(now);
    throw Object.assign(new Error(`There is ${now.name} already: ${tell(now)}`), { hint: 'Save again to replace it, or choose another name.' });
  };
}

function editBinding(worker, b, done) {
  const type = select(Object.entries(KINDS).map(([id, k]) => [id, k[0]]), { name: 'type', value: b?.type ?? 'plain_text' });
  const name = input({ name: 'name', required: true, value: b?.name ?? '', placeholder: 'GREETING' });
  const was = b ? b[KINDS[b.type][2]] : '';
  const value = textarea({ name: 'value', value: typeof was === 'string' ? was : JSON.stringify(was, null, 2) });
  const checks = new Map(); /* a new one's name may be corrected */
  const checkOf = (n) => {
    if (!checks.has(n)) checks.set(n, n === b?.name ? meanwhile(b, said) : taken(said));
    return checks.get(n);
  };
  dialog({ title: b ? `Change ${b.name}` : 'New binding', body: [field('Kind', type), field('Name', name, 'The Worker reads it as env.NAME.'), field('Value', value, 'A text, or the id or name of what it stands for.')], run: async () => {
    const made = { name: name.value.trim(), type: type.value };
    made[KINDS[type.value][2]] = type.value === 'json' ? jsonOf(value.value) : value.value;
    await putBindings(worker, (bindings) => {
      if (b) checkOf(b.name)(bindings.find((x) => x.name === b.name) ?? null);
      if (made.name !== b?.name) checkOf(` ${made.name}`)(bindings.find((x) => x.name === made.name) ?? null);
      return [...others(bindings, b?.name ?? made.name).filter((x) => x.name !== made.name), made];
    });
    toast('Saved, and running');
    done();
  } });
}

function putSecret(worker, known, done) {
  const name = input({ name: 'name', required: true, value: known ?? '' });
  const text = input({ name: 'text', type: 'password', required: true, autocomplete: 'new-password' });
  const check = taken(said);
  dialog({ title: known ? `New value of ${known}` : 'New secret', body: [field('Name', name), field('Value', text, 'It is sealed, and nobody can read it again, only replace it.')], run: async () => {
    if (!known) check((await api.get(`${worker.path}/secrets`)).result.find((x) => x.name === name.value.trim()) ?? null);
    await api.put(`${worker.path}/secrets`, { name: name.value.trim(), text: text.value, type: 'secret_text' });
    toast('Secret set');
    done();
  } });
}

function drop(title, name, run, done) {
  confirmName({ title, text: 'The Worker runs without it at once.', name, run: async () => {
    await run();
    toast(`Deleted ${name}`);
    done();
  } });
}

function dropBinding(worker, b, done) {
  const check = meanwhile(b, said);
  drop(`Delete ${b.name}?`, b.name, () => putBindings(worker, (bindings) => {
    check(bindings.find((x) => x.name === b.name) ?? null);
    return others(bindings, b.name);
  }), done);
}

function editTags(worker, tags, done) {
  const text = input({ name: 'tags', value: tags.join(', ') });
  const check = meanwhile(tags, (now) => now.join(', ') || 'none');
  dialog({ title: 'Tags', body: field('Tags', text, 'At most 8, with commas between.'), run: async () => {
    check((await api.get(`${worker.path}/tags`)).result);
    await api.put(`${worker.path}/tags`, text.value.split(',').map((t) => t.trim()).filter(Boolean));
    toast('Tags saved');
    done();
  } });
}

function editLimits(worker, limits, done) {
  const made = limitFields(limits);
  const check = meanwhile(limits ?? {});
  dialog({ title: 'Limits', body: [h('p', { class: 'hint' }, 'Empty: as the namespace and the server have it.'), made.el], run: async () => {
    await patch(worker, (now) => {
      check(now.limits ?? {});
      return { limits: made.values() };
    });
    toast('Limits saved');
    done();
  } });
}

export default async function settings({ worker, signal, refresh }) {
  const s = (await api.exact(`${worker.path}/settings`, null, { signal })).result;
  const secrets = s.bindings.filter((b) => b.type === 'secret_text');
  const plain = s.bindings.filter((b) => b.type !== 'secret_text');
  const able = may('deploy');
  const x = (label, run) => button(label, run, { kind: 'quiet', icon: 'trash', iconOnly: true, small: true });
  return h('div', null,
    card('Bindings and variables', table({ caption: 'Bindings', rows: plain, none: empty('No binding', 'Variables, KV namespaces, databases, buckets, queues and other Workers come to the code as env.NAME.'), columns: [
      { label: 'Name', cell: (b) => h('code', null, b.name) }, { label: 'Kind', cell: (b) => badge(KINDS[b.type]?.[0] ?? b.type) }, { label: 'Value', cell: valueOf },
      { label: '', class: 'tight', cell: (b) => able ? h('span', { class: 'actions' }, KINDS[b.type] && button('Change', () => editBinding(worker, b, refresh), { small: true, 'aria-label': `Change ${b.name}` }),
        x(`Delete ${b.name}`, () => dropBinding(worker, b, refresh))) : '' },
    ] }), { actions: able && button('Add', () => editBinding(worker, null, refresh), { icon: 'plus', 'aria-label': 'Add a binding' }) }),
    card('Secrets', table({ caption: 'Secrets', rows: secrets, none: empty('No secret', 'Keys and passwords: sealed, and never shown again.'), columns: [
      { label: 'Name', cell: (b) => h('code', null, b.name) }, { label: 'Value', cell: valueOf },
      { label: '', class: 'tight', cell: (b) => able ? h('span', { class: 'actions' }, button('Replace', () => putSecret(worker, b.name, refresh), { small: true, 'aria-label': `Replace ${b.name}` }),
        x(`Delete ${b.name}`, () => drop(`Delete ${b.name}?`, b.name, () => api.del(`${worker.path}/secrets/${seg(b.name)}`), refresh))) : '' },
    ] }), { actions: able && button('Add', () => putSecret(worker, null, refresh), { icon: 'plus', 'aria-label': 'Add a secret' }) }),
    h('div', { class: 'grid' },
      card('Tags', s.tags?.length ? tagList(s.tags) : h('p', { class: 'muted' }, 'None. Tags group the Workers of a customer.'), { actions: able && button('Change', () => editTags(worker, s.tags ?? [], refresh), { 'aria-label': 'Change tags' }) }),
      card('Limits', limitFacts(s.limits), { actions: able && button('Change', () => editLimits(worker, s.limits, refresh), { 'aria-label': 'Change limits' }) })));
}
