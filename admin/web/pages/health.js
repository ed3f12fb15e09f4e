/* SPDX-License-Identifier: Apache-2.0 */
/* How the server is, as its health check tells it. */
import { gauge } from '../lib/chart.js';
import { h } from '../lib/dom.js';
import { bytes, plural, short } from '../lib/format.js';
import { badge, facts, note } from '../lib/ui.js';

const fine = (is, good, bad) => badge(is ? good : bad, is ? 'good' : 'bad');

function synced(behind, seconds) {
  return [behind === 0 ? badge('up to date', 'good') : badge(`${plural(behind, 'change')} behind`, 'warn'),
    seconds >= 1 && h('span', { class: 'muted' }, ` asked the store ${plural(Math.round(seconds), 'second')} ago`)];
}

function registry(r) {
  const bodies = r.body_bytes_used + r.body_bytes_free;
  return h('div', { class: 'stack' },
    gauge('Workers in the registry', r.known, r.slots, `${short(r.known)} of ${short(r.slots)}`),
    gauge('Code in shared memory', r.body_bytes_used, bodies, `${bytes(r.body_bytes_used)} of ${bytes(bodies)}`),
    r.evicted > 0 && h('p', { class: 'hint' }, `${plural(r.evicted, 'Worker\'s code was', 'Workers\' code was')} put out to make room.`));
}

export function isFine(doc) {
  return doc.status === 'ok';
}

/** doc: what healthz answers; a token that is limited sees the status only. */
export function healthView(doc) {
  return h('div', { class: 'stack health' }, facts([
    ['Server', fine(isFine(doc), 'healthy', 'degraded')],
    doc.store !== undefined && ['Store', fine(doc.store === 'reachable', 'reachable', doc.store)],
    doc.changes_behind !== undefined && ['This host', synced(doc.changes_behind, doc.sync_lag)],
  ]), (doc.problems ?? []).map((text) => note(text, 'warn')), doc.registry && registry(doc.registry),
  !isFine(doc) && h('p', { class: 'hint' }, 'Workers that are known are served on. "wfpctl doctor" says what is wrong.'));
}
