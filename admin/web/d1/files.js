/* SPDX-License-Identifier: Apache-2.0 */
/* A database from a file of SQL, and as one. */
import { api, call, seg, upload } from '../lib/api.js';
import { dropZone, filesButton, keep } from '../lib/data.js';
import { fill, h } from '../lib/dom.js';
import { bytes, ms, number, plural } from '../lib/format.js';
import { button, card, confirmName, errorBox, field, note, progress, select } from '../lib/ui.js';
import { PATH, isDangerous, mended, tablesOf } from './ask.js';
import { byLine, isCsv, takeCsv } from './csv_in.js';

const SQL_MAX = 16 * 1024 * 1024;

/** What the sqlite3 program puts around a dump is not needed, and not allowed. Lines stay where they are. */
async function bare(file) {
  const text = await file.text();
  const begin = /^(?:\s*PRAGMA foreign_keys=OFF;)?\s*BEGIN TRANSACTION;/i.exec(text);
  if (!begin) return { body: file, cut: false };
  return { body: new Blob([begin[0].replace(/[^\n]/g, ''), text.slice(begin[0].length).replace(/\bCOMMIT;\s*$/i, '')]), cut: true };
}

function newBar(box, label) {
  const bar = progress(label);
  bar.set(null);
  fill(box, bar);
  return bar;
}

/* ---- import ------------------------------------------------------------------------ */

async function take(d1, file, box, signal) {
  const run = () => { send(d1, file, box, signal); };
  fill(box);
  if (isCsv(file)) {
    try {
      if (file.size > SQL_MAX) throw Object.assign(new Error(`${file.name} has ${bytes(file.size)}: at most ${bytes(SQL_MAX)} at a time.`), { hint: 'Divide it into several files, each with the names in its first line.' });
      const tables = (await tablesOf(d1.uuid, signal)).filter((t) => t.type === 'table').map((t) => t.name);
      await takeCsv({ id: d1.uuid, file, tables, signal, run: (sql, lineOf) => { send(d1, new File([sql], file.name), box, signal, (error) => byLine(error, file, lineOf)); } });
    } catch (error) {
      if (error.name !== 'AbortError') fill(box, errorBox(error));
    }
  } else if (file.size <= SQL_MAX && isDangerous(await file.text())) {
    confirmName({ title: `Import ${file.name}?`, text: 'It drops something, or deletes or changes all rows of a table. This cannot be undone.', name: d1.name, action: 'Import', run });
  } else run();
}

/** told: the error in the file's own words. */
async function send(d1, file, box, signal, told = (error) => error) {
  if (file.size > SQL_MAX) {
    fill(box, note(`${file.name} has ${bytes(file.size)}: at most ${bytes(SQL_MAX)} at a time. Divide it into several files.`, 'warn'));
    return;
  }
  const at = `${PATH}/${seg(d1.uuid)}/import`;
  const began = performance.now();
  const bar = newBar(box, `Uploading ${file.name}`);
  try {
    const { body, cut } = await bare(file);
    const { filename } = (await api.post(at, { action: 'init', etag: '0'.repeat(32) }, { signal })).result;
    const { etag } = await upload('PUT', `${at}/${seg(filename)}`, { body, headers: { 'Content-Type': 'application/sql' }, signal,
      told: (share) => bar.set(share, `Uploading ${file.name}: ${bytes(share * body.size)} of ${bytes(body.size)}`) });
    bar.set(null, `Running ${file.name}`);
    const { result } = (await api.post(at, { action: 'ingest', filename, etag: etag.replaceAll('"', '') }, { signal })).result;
    fill(box, note([h('strong', null, `Imported ${file.name}`), h('p', null,
      `${plural(result.num_queries, 'statement')}, ${plural(result.meta.rows_written, 'row')} written from ${bytes(body.size)} in ${ms(performance.now() - began)}. The database has ${bytes(result.meta.size_after)} now.`),
    cut && h('p', null, 'BEGIN and COMMIT of the dump were left out: an import is one transaction.')]));
  } catch (error) {
    if (error.name !== 'AbortError') fill(box, errorBox(told(mended(error))));
  }
}

/* ---- export ------------------------------------------------------------------------ */

/** The bytes of an answer, telling how many came. */
async function bytesOf(res, told) {
  const parts = [];
  const reader = res.body.getReader();
  let n = 0;
  for (let got = await reader.read(); !got.done; got = await reader.read()) {
    parts.push(got.value);
    told(n += got.value.length);
  }
  return new Blob(parts, { type: 'application/sql' });
}

async function give(d1, options, box, signal) {
  const at = `${PATH}/${seg(d1.uuid)}/export`;
  const began = performance.now();
  const bar = newBar(box, 'Writing the file');
  try {
    const { result } = (await api.post(at, { output_format: 'polling', dump_options: options }, { signal })).result;
    const res = await call('GET', `${at}/${seg(result.signed_url.split('/').pop())}`, { signal });
    const all = Number(res.headers.get('Content-Length'));
    const blob = await bytesOf(res, (n) => bar.set(all ? n / all : null, `Fetching: ${bytes(n)}${all ? ` of ${bytes(all)}` : ''}`));
    keep(blob, result.filename);
    fill(box, note([h('strong', null, `Exported ${result.filename}`), h('p', null, `${number(blob.size)} bytes (${bytes(blob.size)}) in ${ms(performance.now() - began)}. It is where your browser keeps downloads.`)]));
  } catch (error) {
    if (error.name !== 'AbortError') fill(box, errorBox(error));
  }
}

function exportCard(d1, tables, signal) {
  const what = select([['', 'Tables and rows'], ['no_data', 'Only the tables, without rows'], ['no_schema', 'Only the rows']], { name: 'what' });
  const which = select([['*', 'All'], ...tables.map((t) => [`=${t.name}`, t.name])], { name: 'table' });
  const box = h('div', { class: 'problem', role: 'status' });
  const run = button('Export', async () => {
    run.disabled = true;
    await give(d1, { ...(what.value && { [what.value]: true }), ...(which.value !== '*' && { tables: [which.value.slice(1)] }) }, box, signal);
    run.disabled = false;
  }, { kind: 'primary' });
  return card('Export', [h('div', { class: 'row' }, h('div', { class: 'grow' }, field('What', what)), h('div', { class: 'grow' }, field('Of which table', which)), run), box],
    { hint: 'A file of SQL as of one moment. A table\'s page makes CSV of it.' });
}

export default async function files({ d1, signal }) {
  const tables = (await tablesOf(d1.uuid, signal)).filter((t) => t.type === 'table');
  const box = h('div', { class: 'problem', role: 'status' });
  const took = async ([one]) => {
    if (one) await take(d1, one.file, box, signal).catch((error) => fill(box, errorBox(error)));
  };
  return h('div', null, card('Import', [
    dropZone(h('div', { class: 'drop' }, h('p', null, 'Drop a file of SQL here, or of CSV, or'), filesButton('Choose a file', took, { multiple: false, accept: '.sql,.txt,.csv,.tsv,.tab' }),
      h('p', { class: 'hint' }, `At most ${bytes(SQL_MAX)}. All of it is one transaction: when a statement or a row fails, nothing is changed.`)), took), box]),
  exportCard(d1, tables, signal));
}
