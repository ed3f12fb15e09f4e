/* SPDX-License-Identifier: Apache-2.0 */
/* What makes a Worker run: hosts and schedules, and how the last runs went. */
import { api, isLimited, may } from '../lib/api.js';
import { h } from '../lib/dom.js';
import { ago, when } from '../lib/format.js';
import { meanwhile, settle } from '../lib/meanwhile.js';
import { badge, button, card, dialog, empty, field, table, textarea, toast } from '../lib/ui.js';
import { hostsCard, hostsOf } from './hosts.js';

const cronsOf = (list) => list.map((s) => s.cron);

function editSchedules(worker, list, done) {
  const check = meanwhile(cronsOf(list), (now) => now.join(', ') || 'none');
  const text = textarea({ name: 'crons', value: cronsOf(list).join('\n'), placeholder: '*/5 * * * *' });
  dialog({ title: 'Schedules', body: field('One a line', text, 'Minute, hour, day, month, weekday, in UTC.'), run: async () => {
    const path = `${worker.path}/schedules`;
    const crons = text.value.split('\n').map((t) => t.trim()).filter(Boolean).map((cron) => ({ cron }));
    await settle(async () => {
      const { result, etag } = await api.get(path);
      return { is: cronsOf(result.schedules), etag };
    }, check, (headers) => api.put(path, crons, { headers }));
    toast('Schedules saved');
    done();
  } });
}

const KINDS = { ok: 'good', done: 'good', running: 'info', waiting: 'info', skipped: 'warn' };

export default async function triggers({ worker, signal, refresh }) {
  const [schedules, runs, hosts] = await Promise.all([
    api.get(`${worker.path}/schedules`, null, { signal }), api.get(`${worker.path}/schedules/runs`, null, { signal }),
    isLimited() ? null : hostsOf(worker, signal)]);
  const crons = schedules.result.schedules;
  const list = runs.result.runs ?? runs.result;
  return h('div', null,
    hosts && hostsCard(worker, hosts, refresh),
    card('Schedules', table({ caption: 'Schedules', rows: crons, none: empty('No schedule', 'The function scheduled(event, env, ctx) runs at these times.'), columns: [
      { label: 'Cron', cell: (s) => h('code', null, s.cron) }, { label: 'Since', class: 'tight', cell: (s) => h('span', { title: when(s.created_on) }, ago(s.created_on)) },
    ] }), { actions: may('deploy') && button('Change', () => editSchedules(worker, crons, refresh), { 'aria-label': 'Change schedules' }) }),
    card('Last runs', table({ caption: 'Last runs', rows: list, none: empty('No run yet', ''), columns: [
      { label: 'When', class: 'tight', cell: (r) => h('span', { title: when(r.scheduled_on) }, ago(r.scheduled_on)) },
      { label: 'Cron', cell: (r) => h('code', null, r.cron) },
      { label: 'Outcome', cell: (r) => badge(r.outcome ?? r.state, KINDS[r.outcome ?? r.state] ?? 'bad') },
      { label: 'Error', cell: (r) => r.error ?? '' },
    ] })));
}
