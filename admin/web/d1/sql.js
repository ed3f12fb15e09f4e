/* SPDX-License-Identifier: Apache-2.0 */
/* SQL: several statements at once, a result for each. */
import { who } from '../lib/api.js';
import { fill, h } from '../lib/dom.js';
import { number, plural } from '../lib/format.js';
import { button, card, confirmName, empty, errorBox, field, textarea, worker } from '../lib/ui.js';
import { ask, isDangerous } from './ask.js';
import { metaText, rowsTable } from './rows.js';

const SHOWN = 200;

/** What somebody wrote last for a database, while the page is open. */
const drafts = new Map();

function resultView(r, i, all) {
  const box = h('div');
  const show = (n) => fill(box, rowsTable({ columns: r.columns, rows: r.rows.slice(0, n), caption: `Result ${i + 1}`, none: empty('No row') }),
    n < r.rows.length && h('div', { class: 'table-foot' }, button(`Show more of ${number(r.rows.length)} rows`, () => show(n + 5 * SHOWN), { small: true })));
  if (r.columns.length) show(SHOWN);
  else fill(box, h('p', { class: 'muted' }, 'Done. It has no rows.'));
  return card(all > 1 ? `Result ${i + 1} of ${all}` : 'Result', box,
    { actions: r.rows.length > 0 && worker('Save as CSV', async () => (await import('./csv_out.js')).saveResult(r, `result-${i + 1}`), { small: true, 'aria-label': `Save result ${i + 1} as CSV` }),
      hint: [r.columns.length > 0 && plural(r.rows.length, 'row'), metaText(r.meta)].filter(Boolean).join(' · '), class: 'result' });
}

export default function sql({ d1, signal }) {
  const mine = `${who().token?.id}/${d1.uuid}`;
  const text = textarea({ name: 'sql', rows: 8, value: drafts.get(mine) ?? '', placeholder: 'SELECT name, type FROM sqlite_schema;' });
  const out = h('div');
  const say = h('span', { class: 'muted', role: 'status' });
  const run = button('Run', () => send(), { kind: 'primary', icon: 'play', 'aria-keyshortcuts': 'Control+Enter' });

  async function really(wanted) {
    run.disabled = true;
    run.setAttribute('aria-busy', 'true');
    say.textContent = 'Running';
    const began = performance.now();
    try {
      const results = await ask(d1.uuid, wanted, { signal });
      fill(out, results.length ? results.map((r, i) => resultView(r, i, results.length)) : empty('Nothing was run', 'There is no statement in the text.'));
      say.textContent = `${plural(results.length, 'statement')} in ${number(Math.round(performance.now() - began))} ms`;
    } catch (error) {
      if (error.name === 'AbortError') return;
      say.textContent = '';
      fill(out, errorBox(error));
    } finally {
      run.disabled = false;
      run.removeAttribute('aria-busy');
    }
  }

  function send() {
    const from = text.selectionStart;
    const chosen = text.value.slice(from, text.selectionEnd).trim();
    const wanted = chosen || text.value;
    if (run.disabled) return;
    if (!wanted.trim()) {
      say.textContent = 'Write a statement first.';
      text.focus();
    } else if (!isDangerous(wanted)) {
      really(wanted);
    } else {
      confirmName({ title: 'Run this?', text: 'It drops something, or deletes or changes all rows of a table. This cannot be undone.', name: d1.name, action: 'Run', run: () => { really(wanted); } });
    }
  }

  text.addEventListener('input', () => drafts.set(mine, text.value));
  text.addEventListener('keydown', (e) => {
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
      e.preventDefault();
      send();
    }
  });
  return h('div', null, field('SQL', text, 'Several statements are apart by semicolons and are one transaction: when one fails, none was done. What is selected is run alone. Ctrl+Enter runs.'),
    h('div', { class: 'toolbar run' }, run, say), out);
}
