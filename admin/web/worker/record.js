/* SPDX-License-Identifier: Apache-2.0 */
/* One record of an invocation, as text: whatever a tenant logs is no markup. */
import { h } from '../lib/dom.js';
import { ms } from '../lib/format.js';
import { badge } from '../lib/ui.js';

function titleOf(r) {
  const e = r.event ?? {};
  if (e.request) return [badge(e.request.method), ' ', e.request.url];
  return e.cron ? `cron ${e.cron}` : e.queue ? `queue ${e.queue}` : 'called';
}

function textOf(message) {
  return (Array.isArray(message) ? message : [message]).map((m) => typeof m === 'string' ? m : JSON.stringify(m)).join(' ');
}

/** What it logged, how it failed, which limit ended it. */
export function recordLines(r) {
  return [(r.logs ?? []).map((l) => h('pre', { class: `log ${l.level}` }, `${l.level}: ${textOf(l.message)}`)),
    (r.exceptions ?? []).map((x) => h('pre', { class: 'log error' }, `${x.name ? `${x.name}: ` : ''}${x.message ?? ''}${x.stack ? `\n${x.stack}` : ''}`)),
    r.kill && h('p', { class: 'muted' }, `Ended by ${r.kill.limit}: ${r.kill.used} of ${r.kill.allowed}${r.kill.line ? `, line ${r.kill.line}` : ''}`)];
}

/** @param day  with the day of its time; open: as a whole */
export function recordView(r, { day = false, open = (r.exceptions?.length ?? 0) > 0 } = {}) {
  const status = r.event?.response?.status;
  const at = new Date(r.eventTimestamp);
  return h('details', { class: 'record', open },
    h('summary', null, h('span', { class: 'muted' }, day ? at.toLocaleString() : at.toLocaleTimeString()), ' ', badge(r.outcome, r.outcome === 'ok' ? 'good' : 'bad'), ' ',
      status && badge(status, status >= 500 ? 'bad' : ''), ' ', titleOf(r), h('span', { class: 'muted' }, ` ${ms(r.wallTime)}, CPU ${ms((r.cpuTimeUs ?? 0) / 1000)}`)),
    recordLines(r),
    r.requestId && h('p', { class: 'muted' }, `Request ${r.requestId}`, r.scriptVersion?.id && `, version ${r.scriptVersion.id}`),
    r.truncated && h('p', { class: 'muted' }, 'Something was left out: the record was too long.'));
}
