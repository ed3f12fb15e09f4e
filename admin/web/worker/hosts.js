/* SPDX-License-Identifier: Apache-2.0 */
/* Hostnames of the table that lead to a Worker: a new one, its metadata, the end of one. */
import { api, may, seg } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { parseExact } from '../lib/json.js';
import { meanwhile, settle } from '../lib/meanwhile.js';
import { button, card, confirmName, dialog, empty, field, input, table, textarea, toast } from '../lib/ui.js';

const pathOf = (name) => `~/hostnames/${seg(name)}`;

/** Those of the Worker among all, which come by pages. */
export async function hostsOf(worker, signal) {
  const own = [];
  for (let page = 1; page <= 20; page++) {
    const list = (await api.exact('~/hostnames', { page, per_page: 1000 }, { signal })).result;
    own.push(...list.filter((x) => x.script === worker.name && (x.namespace ?? '') === worker.ns));
    if (!list.length) break;
  }
  return own;
}

/** Where a host leads, and with what; null: nowhere. */
async function lookAt(name) {
  try {
    const { result, etag } = await api.exact(pathOf(name));
    return { is: plain(result), etag };
  } catch (error) {
    if (error.status === 404) return { is: null };
    throw error;
  }
}

function plain(host) {
  return { worker: host.namespace ? `${host.namespace}/${host.script}` : host.script, metadata: host.metadata ?? null };
}

function said(now) {
  return `${now.worker}${now.metadata ? `, ${JSON.stringify(now.metadata)}` : ''}`;
}

function parsed(area) {
  const text = area.value.trim();
  if (!text) return undefined;
  try {
    return parseExact(text);
  } catch (error) {
    throw Object.assign(new Error(`The metadata is no JSON: ${error.message}`), { hint: 'Such as {"plan": "pro"}, or nothing.' });
  }
}

/** host: null for a new one. */
function edit(worker, host, done) {
  const name = input({ name: 'hostname', required: true, placeholder: 'shop.example.com', value: host?.hostname ?? '', readonly: host !== null });
  const metadata = textarea({ name: 'metadata', rows: 3, placeholder: '{"plan": "pro"}', value: host?.metadata ? JSON.stringify(host.metadata) : '' });
  const checks = new Map(); /* a new name may be corrected */
  const checkOf = (n) => {
    if (!checks.has(n)) checks.set(n, meanwhile(host && plain(host), said));
    return checks.get(n);
  };
  dialog({ title: host ? `Change ${host.hostname}` : 'New hostname', action: host ? 'Save' : 'Add',
    body: [field('Hostname', name, 'Or *.example.com for all below. It counts where WfpRouteBy is table.'), field('Metadata', metadata, 'JSON, or nothing: a dispatcher reads it as request.cf.hostMetadata.')], run: async () => {
      const to = name.value.trim();
      const body = { ...(worker.ns ? { namespace: worker.ns } : {}), script: worker.name, metadata: parsed(metadata) };
      try {
        await settle(() => lookAt(to), checkOf(to), (headers) => api.put(pathOf(to), body, { headers }));
      } catch (error) {
        if (!host && error.name !== 'ApiError') {
          error.message = error.message.replace('Somebody else changed it meanwhile. It is now:', 'It leads somewhere already:');
          error.hint = 'Save again to lead it here, or choose another one.';
        }
        throw error;
      }
      toast(host ? 'Saved' : 'Hostname added');
      done();
    } });
}

function remove(host, done) {
  const check = meanwhile(plain(host), said);
  confirmName({ title: `Delete ${host.hostname}?`, text: 'Requests to this host do not reach the Worker any more.', name: host.hostname, run: async () => {
    await settle(() => lookAt(host.hostname), check, (headers) => api.del(pathOf(host.hostname), { headers }));
    toast(`Deleted ${host.hostname}`);
    done();
  } });
}

export function hostsCard(worker, hosts, done) {
  return card('Hostnames', table({ caption: 'Hostnames', rows: hosts, none: empty('No hostname', 'With WfpRouteBy table a hostname leads to this Worker.'), columns: [
    { label: 'Hostname', cell: (x) => x.hostname }, { label: 'Metadata', cell: (x) => x.metadata ? h('code', null, JSON.stringify(x.metadata)) : '' },
    { label: '', class: 'tight', cell: (x) => may('admin') ? h('span', { class: 'actions' }, button('Change', () => edit(worker, x, done), { small: true, 'aria-label': `Change ${x.hostname}` }),
      button(`Delete ${x.hostname}`, () => remove(x, done), { kind: 'quiet', icon: 'trash', iconOnly: true, small: true })) : '' },
  ] }), { actions: may('admin') && button('Add', () => edit(worker, null, done), { icon: 'plus', 'aria-label': 'Add a hostname' }) });
}
