/* SPDX-License-Identifier: Apache-2.0 */
/* A request to the Worker, and what came of it. What a Worker says is shown as text. */
import { api, seg } from '../lib/api.js';
import { base64Of, filesButton, keep } from '../lib/data.js';
import { fill, h } from '../lib/dom.js';
import { bytes, ms, number } from '../lib/format.js';
import { badge, button, card, empty, errorBox, facts, field, input, note, select, textarea } from '../lib/ui.js';
import { recordLines } from './record.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const BODY_MAX = 1 << 20;
const SHOWN = 200000;

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

/** Lines "Name: value" as pairs. */
function pairsOf(text) {
  return text.split('\n').filter((line) => line.trim()).map((line) => {
    const at = line.indexOf(':');
    if (at < 1) throw Object.assign(new Error(`Headers: "${line.trim()}" is no "Name: value"`), { hint: 'One a line, with a colon behind the name.' });
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
}

function statusBadge(status) {
  return badge(status, status >= 500 ? 'bad' : status >= 400 ? 'warn' : 'good');
}

function bodyView(res) {
  const type = res.headers.find(([n]) => n.toLowerCase() === 'content-type')?.[1] ?? '';
  const save = () => keep(new Blob([res.body ?? bytesOf(res.body_base64)], { type: 'application/octet-stream' }), 'answer');
  if (!res.body_size) return h('p', { class: 'muted' }, 'No body.');
  const cut = res.body !== null && res.body.length > SHOWN;
  return h('div', { class: 'stack' },
    res.body !== null ? h('pre', { class: 'answer', tabindex: 0, 'aria-label': 'Body' }, cut ? res.body.slice(0, SHOWN) : res.body)
      : h('p', null, `${bytes(res.body_size)} that are no text`, type && h('span', { class: 'muted' }, ` (${type})`)),
    (res.truncated || res.broken || cut) && note([res.broken && 'The body broke off. ', res.truncated && `Of ${bytes(res.body_size)} the first ${bytes(BODY_MAX)} were kept. `,
      cut && 'Not all of it is shown.'], 'warn'),
    h('div', null, button('Download', save, { small: true, icon: 'file' })));
}

function responseView(done) {
  const res = done.response;
  if (!res) return note('There was no answer.', 'warn');
  return card('Answer', h('div', { class: 'stack' },
    h('p', { class: 'try-line' }, statusBadge(res.status), ' ', h('span', { class: 'strong' }, res.status_text), h('span', { class: 'muted' }, ` ${ms(done.took_us / 1000)}, ${bytes(res.body_size)}`)),
    h('details', null, h('summary', null, `Headers (${res.headers.length})`),
      h('dl', { class: 'try-headers' }, res.headers.map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))))),
    bodyView(res)));
}

function recordView(r, items) {
  const id = r.scriptVersion?.id ?? '';
  const version = items.find((v) => v.id === id);
  return h('section', { class: 'record' },
    h('h3', null, r.dispatchNamespace ? `${r.dispatchNamespace}/` : '', r.scriptName, ' ', badge(r.outcome, r.outcome === 'ok' ? 'good' : 'bad'), ' ',
      badge(r.coldStart ? 'cold start' : 'warm', r.coldStart ? 'info' : ''), r.event?.response ? [' ', statusBadge(r.event.response.status)] : ''),
    facts([['CPU', ms(r.cpuTimeUs / 1000)], ['Wall', ms(r.wallTime)], ['Instructions', r.instructions ? number(r.instructions) : 'too few to count'],
      ['Memory, at most', bytes(r.memoryPeak)], ['Subrequests', number(r.subrequests)], ['Version', version ? `#${version.number}` : h('code', null, id.slice(0, 8) || '–')]]),
    recordLines(r),
    r.truncated && h('p', { class: 'muted' }, 'Not all lines were kept.'));
}

function recordsView(worker, done, items) {
  return [!done.reached && note(done.records.length ? `The request did not come to ${worker.name}: look at the URL, or at what the dispatcher makes of it.`
    : `No Worker ran that may be shown here, ${worker.name} neither.`, 'warn'),
  card('What ran', h('div', null, done.records.map((r) => recordView(r, items)), !done.records.length && h('p', { class: 'muted' }, 'Nothing.'),
    done.records_dropped > 0 && h('p', { class: 'muted' }, `${done.records_dropped} more were left out.`)),
  { hint: done.request_id ? `Request ${done.request_id}` : '' })];
}

function hintOf(doors) {
  const door = doors[0];
  if (!door) return 'No virtual host of this server leads to this Worker: WfpDispatcher and WfpNamespace do.';
  if (door.by_table) return 'Only hostnames of the table (Triggers) lead to it here.';
  return door.through === 'dispatcher' ? `The dispatcher ${door.dispatcher ?? ''} decides who answers.` : 'By built-in routing.';
}

/* What was asked last of a Worker, until the page is loaded anew: kept nowhere else, since there may be secrets in it. */
const asked = new Map();

/* A link may name a version that is older than those of the list. */
async function withChosen(worker, items, id, signal) {
  if (!id || items.some((v) => v.id === id)) return items;
  return [...items, (await api.get(`${worker.path}/versions/${seg(id)}`, null, { signal })).result];
}

function versionSelect(items, shares, chosen) {
  return select([['', 'As deployed'], ...items.map((v) => [v.id, `#${v.number}${shares.has(v.id) ? `, ${shares.get(v.id)} %` : ', no traffic'}`
    + (v.annotations?.['workers/message'] ? `: ${v.annotations['workers/message'].slice(0, 40)}` : '')])], { name: 'version', value: items.some((v) => v.id === chosen) ? chosen : '' });
}

export default async function tryIt({ worker, query, signal }) {
  const [found, list, deployed] = await Promise.all([api.get(`${worker.path}/try`, null, { signal }),
    api.get(`${worker.path}/versions`, { limit: 50 }, { signal }), api.get(`${worker.path}/deployments`, null, { signal })]);
  const first = (door) => door.through === 'dispatcher' ? 0 : 1;
  const doors = found.result.doors.sort((a, b) => first(a) - first(b));
  const items = await withChosen(worker, list.result.items, query.get('version'), signal);
  const shares = new Map((deployed.result.deployments[0]?.versions ?? []).map((v) => [v.version_id, v.percentage]));
  const last = asked.get(worker.path) ?? {};
  const door = doors[0];
  const method = select(METHODS, { name: 'method', value: METHODS.includes(last.method) ? last.method : 'GET' });
  const url = input({ name: 'url', type: 'url', required: true, list: 'try-doors', value: last.url ?? door?.url ?? '' });
  const version = versionSelect(items, shares, query.get('version'));
  const headers = textarea({ name: 'headers', rows: 3, placeholder: 'Accept: text/html', value: last.headers ?? (door?.header ? `${door.header}: ${worker.name}` : '') });
  const body = textarea({ name: 'body', rows: 4, value: last.body ?? '' });
  const said = h('span', { class: 'muted', role: 'status' });
  const out = h('div', { class: 'stack', 'aria-live': 'polite' }, empty('Nothing was sent yet', 'The request goes the way that any other takes: limits, outbound Worker and egress hold, and it counts.'));
  const send = h('button', { type: 'submit', class: 'btn primary' }, 'Send');
  let file = null;

  function take([one]) {
    file = one?.file ?? null;
    said.textContent = file ? `Body: ${file.name}, ${bytes(file.size)}` : '';
    body.disabled = Boolean(file);
    clear.hidden = !file;
  }

  const clear = button('Write it instead', () => take([]), { small: true, hidden: true });

  async function bodyOf() {
    if (file) {
      if (file.size > BODY_MAX) throw Object.assign(new Error(`The file has ${bytes(file.size)}: at most ${bytes(BODY_MAX)} can be sent.`), { hint: 'Choose a smaller one, or send it with curl.' });
      return { body_base64: base64Of(new Uint8Array(await file.arrayBuffer())) };
    }
    return body.value ? { body: body.value } : {};
  }

  async function go() {
    send.disabled = true;
    send.setAttribute('aria-busy', 'true');
    asked.set(worker.path, { method: method.value, url: url.value, headers: headers.value, body: body.value });
    try {
      const ask = { method: method.value, url: url.value.trim(), headers: pairsOf(headers.value), ...await bodyOf() };
      if (version.value) ask.version_id = version.value;
      const done = (await api.post(`${worker.path}/try`, ask, { signal })).result;
      fill(out, responseView(done), recordsView(worker, done, items));
      out.scrollIntoView({ block: 'nearest' });
    } catch (error) {
      if (error.name !== 'AbortError') fill(out, errorBox(error));
    } finally {
      send.disabled = false;
      send.removeAttribute('aria-busy');
    }
  }

  return h('div', { class: 'grid try' },
    h('form', { class: 'card card-body stack', 'aria-label': 'Request', onsubmit: (e) => {
      e.preventDefault();
      go();
    }, onkeydown: (e) => {
      if (e.key === 'Enter' && (e.ctrlKey || e.metaKey) && !send.disabled) e.currentTarget.requestSubmit();
    } }, h('div', { class: 'row' }, field('Method', method), field('Version', version)),
    field('URL', url, hintOf(doors)), h('datalist', { id: 'try-doors' }, doors.map((d) => h('option', { value: d.url }))),
    field('Headers', headers, 'One a line. Host comes from the URL; the client\'s address is yours.'),
    field('Body', body), h('div', { class: 'row' }, filesButton('Send a file', take, { multiple: false, small: true }), clear, said),
    h('div', null, send)), out);
}
