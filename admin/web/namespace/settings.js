/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a namespace: its way out, limits, who gets its records, its name, its end. */
import { api, isLimited, may, seg } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { ago, number, plural, when } from '../lib/format.js';
import { meanwhile, settle } from '../lib/meanwhile.js';
import { go, link } from '../lib/router.js';
import { badge, button, card, checkbox, dialog, errorBox, facts, field, input, textarea, toast } from '../lib/ui.js';
import { deleteNamespace } from '../pages/namespaces.js';
import { limitFacts, limitFields } from '../worker/limits.js';

const PATH = '~/workers/dispatch/namespaces';

/* word -> [label, what it means] */
const EGRESS = {
  none: ['Closed', 'No fetch leaves, not even to the outbound Worker.'],
  outbound: ['Through the outbound Worker', 'Every fetch is a request to it; it decides what goes on.'],
  direct: ['Direct', 'fetch reaches what the server\'s filters and the lists below allow.'],
};

const lines = (text) => text.split(/[\s,]+/).filter(Boolean);

/**
 * A card that is a form. members(): what is sent of what `names` are; again(ns, path):
 * the card as it is when that is saved. Others have what is written in them.
 */
function form({ title, hint, body, names, members, again }, ns, path) {
  const settings = (of) => Object.fromEntries(names.map((n) => [n, of[n]]));
  const check = meanwhile(settings(ns));
  const problem = h('div', { class: 'problem' });
  const send = h('button', { type: 'submit', class: 'btn primary' }, 'Save');
  const el = card(title, h('form', { class: 'stack', 'aria-label': title, onsubmit: async (e) => {
    e.preventDefault();
    send.disabled = true;
    fill(problem);
    try {
      const saved = await settle(async () => {
        const { result, etag } = await api.get(path);
        return { is: settings(result), etag };
      }, check, (headers) => api.patch(path, members(), { headers }));
      toast(`${title}: saved, and in force`);
      const next = again(saved.result, path);
      el.replaceWith(next);
      next.querySelector('[type=submit]').focus({ preventScroll: true });
    } catch (error) {
      fill(problem, errorBox(error));
      send.disabled = false;
    }
  } }, body, problem, h('div', null, send)), { hint });
  return el;
}

/* ---- the way out ------------------------------------------------------------------ */

function ways(ns) {
  return h('fieldset', { class: 'choices' }, h('legend', null, 'Way out'), Object.entries(EGRESS).map(([word, [label, text]]) =>
    h('label', { class: 'choice' }, h('input', { type: 'radio', name: 'egress', value: word, checked: ns.egress === word }),
      h('span', null, h('strong', null, label), h('span', { class: 'hint' }, text)))));
}

/** "NAME=VALUE" lines to an object. */
function paramsOf(text) {
  const pairs = text.split('\n').map((l) => l.trim()).filter(Boolean);
  return Object.fromEntries(pairs.map((line) => {
    const at = line.indexOf('=');
    return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  }));
}

function wayForm(ns, path) {
  const service = input({ name: 'service', value: ns.outbound?.service ?? '', placeholder: 'none', maxlength: 63 });
  const params = textarea({ name: 'params', rows: 3, value: Object.entries(ns.outbound?.params ?? {}).map(([k, v]) => `${k}=${v}`).join('\n'), placeholder: 'plan=pro' });
  const allow = textarea({ name: 'egress_allow', rows: 4, value: ns.egress_allow.join('\n'), placeholder: '10.1.2.3/32:8080' });
  const deny = textarea({ name: 'egress_deny', rows: 4, value: ns.egress_deny.join('\n'), placeholder: '*.example.com' });
  const choices = ways(ns);
  const body = [choices,
    h('div', { class: 'pair' }, field('Outbound Worker', service, 'An account Worker. A dispatcher\'s binding that names another goes first.'),
      field('Its parameters', params, 'NAME=VALUE, one a line; it reads them as env.NAME.')),
    h('div', { class: 'pair' }, field('Also allowed', allow, 'Addresses or names, one a line, beyond what the server allows.'),
      field('Forbidden', deny, 'One a line; this goes before what is allowed.'))];
  const members = () => {
    const name = service.value.trim();
    return { outbound: name ? { service: name, params: paramsOf(params.value) } : null, egress: choices.querySelector(':checked').value,
      egress_allow: lines(allow.value), egress_deny: lines(deny.value) };
  };
  return form({ title: 'Way out', hint: 'What fetch in these Workers may reach.', body, names: ['outbound', 'egress', 'egress_allow', 'egress_deny'], members, again: wayForm }, ns, path);
}

/* ---- limits, records -------------------------------------------------------------- */

function limitsForm(ns, path) {
  const made = limitFields(ns.limits);
  return form({ title: 'Limits', hint: 'For each Worker here. A Worker\'s own may be less, never more. Empty: as the server has it.',
    body: made.el, names: ['limits'], members: () => ({ limits: made.values() }), again: limitsForm }, ns, path);
}

/* an account Worker by its name, one of the namespace behind a "/" */
const consumerOf = (c) => `${c.namespace ? '/' : ''}${c.service ?? ''}`;

function consumersOf(text, ns) {
  return lines(text).map((name) => name.startsWith('/') ? { service: name.slice(1), namespace: ns } : { service: name });
}

function moreForm(ns, path) {
  const consumers = textarea({ name: 'tail_consumers', rows: 3, value: ns.tail_consumers.map(consumerOf).join('\n'), placeholder: 'tail-worker' });
  const trusted = checkbox('Trusted: its Workers have request.cf, too', { name: 'trusted_workers', checked: ns.trusted_workers });
  const before = consumers.value;
  const body = [field('Tail Workers', consumers, 'They get a record of every invocation here, one a line: NAME is an account Worker, /NAME one of this namespace.'), trusted];
  const members = () => ({
    trusted_workers: trusted.box.checked,
    ...(consumers.value !== before && { tail_consumers: consumersOf(consumers.value, ns.namespace_name) }),
  });
  return form({ title: 'Records and trust', hint: '', body, names: ['trusted_workers', 'tail_consumers'], members, again: moreForm }, ns, path);
}

/* ---- its name, its end ------------------------------------------------------------ */

function rename(ns) {
  const name = input({ name: 'name', required: true, maxlength: 63, value: ns.namespace_name });
  dialog({ title: `Rename ${ns.namespace_name}`, action: 'Rename', body: [field('New name', name, 'Letters, digits, "-" and "_".'),
    h('p', { class: 'hint' }, 'Hostnames, bindings and tokens that name it follow. Dispatchers\' code and clients that call it by its name do not.')],
  canRun: () => name.value.trim() !== ns.namespace_name && name.value.trim() !== '', run: async () => {
    const to = name.value.trim();
    await api.put(`${PATH}/${seg(ns.namespace_name)}`, { name: to });
    toast(`Renamed to ${to}`);
    go(link('/ns/{ns}', { ns: to }, { tab: 'settings' }));
  } });
}

function dangerCard(ns) {
  return card('Name and end', h('div', { class: 'stack' },
    h('div', { class: 'row spread' }, h('div', null, h('strong', null, 'Rename'), h('p', { class: 'hint' }, 'Everything in it stays as it is.')), button('Rename', () => rename(ns))),
    h('div', { class: 'row spread' }, h('div', null, h('strong', null, 'Delete'), h('p', { class: 'hint' }, `${plural(ns.script_count ?? 0, 'Worker')} with versions, secrets and schedules go with it.`)),
      button('Delete namespace', () => deleteNamespace(ns, () => go('#/ns')), { kind: 'danger', icon: 'trash' }))), { class: 'danger' });
}

/* ---- the page --------------------------------------------------------------------- */

function readOnly(ns) {
  const list = (l) => l.length ? l.map((t) => h('div', null, h('code', null, t))) : 'none';
  return [card('Way out', facts([
    ['Way out', [badge(EGRESS[ns.egress]?.[0] ?? ns.egress)]], ['Outbound Worker', ns.outbound?.service ?? 'none'],
    ['Also allowed', list(ns.egress_allow)], ['Forbidden', list(ns.egress_deny)],
    ['Tail Workers', ns.tail_consumers.map(consumerOf).join(', ') || 'none'], ['Trusted', ns.trusted_workers ? 'yes' : 'no'],
  ])), card('Limits', limitFacts(ns.limits))];
}

export default async function settings({ signal }, name) {
  const path = `${PATH}/${seg(name)}`;
  const ns = (await api.get(path, null, { signal })).result;
  return h('div', null, card('Namespace', facts([
    ['Workers', number(ns.script_count)], ['Id', h('code', null, ns.namespace_id)],
    ['Made', h('span', { title: when(ns.created_on) }, ago(ns.created_on))], ['Changed', h('span', { title: when(ns.modified_on) }, ago(ns.modified_on))],
  ])), may('admin') ? [wayForm(ns, path), limitsForm(ns, path), moreForm(ns, path), !isLimited() && dangerCard(ns)] : readOnly(ns));
}
