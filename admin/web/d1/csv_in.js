/* SPDX-License-Identifier: Apache-2.0 */
/* A file of CSV to a table: looked at first, then run as SQL, a statement a line, all of it one transaction. */
import { fill, h } from '../lib/dom.js';
import { number, plural } from '../lib/format.js';
import { checkbox, dialog, field, input, select, table } from '../lib/ui.js';
import { quote } from './ask.js';
import { declaredOf, literalOf, readCsv } from './csv.js';
import { shapeOf } from './shape.js';

const SHOWN = 5;

function wrong(text, hint) {
  return Object.assign(new Error(text), { hint });
}

/** The text of a file; what is not UTF-8 is refused. */
async function textOf(file) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw wrong(`${file.name} is not UTF-8.`, 'Save it as CSV in UTF-8.');
  }
}

/* The names of the file's columns must be the table's; without names they come in its order. */
function columnsFor(shape, names, width) {
  const own = shape.columns.filter((c) => !c.made).map((c) => c.name);
  if (!names) {
    if (width > own.length) throw wrong(`The file has ${number(width)} columns, ${shape.name} has ${number(own.length)}.`, 'Choose another table, or say that the first line has the names.');
    return own.slice(0, width);
  }
  return names.map((name) => {
    const found = own.find((n) => n === name) ?? own.find((n) => n.toLowerCase() === name.toLowerCase());
    if (found === undefined) throw wrong(`${shape.name} has no column "${name}".`, `It has: ${own.join(', ')}. Change the first line of the file, or import it to a new table.`);
    return found;
  });
}

function unique(names) {
  const seen = new Set();
  for (const name of names) {
    if (seen.has(name.toLowerCase())) throw wrong(`Two columns are called "${name}".`, 'Change the first line of the file.');
    seen.add(name.toLowerCase());
  }
}

/**
 * Statements for records: {sql, lineOf(line of sql)}, which says the line of the file that it came from.
 *
 * @param make true: the table is made first
 */
function statements(name, columns, records, make) {
  const out = [];
  const starts = []; /* [line of sql, line of the file] */
  let line = 1;
  if (make) {
    out.push(`CREATE TABLE ${quote(name)} (${columns.map((c, i) => `${quote(c)} ${declaredOf(records.map((r) => r.fields[i]))}`).join(', ')});\n`);
    line++;
  }
  const into = `INSERT INTO ${quote(name)} (${columns.map(quote).join()}) VALUES (`;
  for (const r of records) {
    const sql = `${into}${r.fields.map(literalOf).join()});\n`;
    starts.push([line, r.line]);
    line += sql.split('\n').length - 1;
    out.push(sql);
  }
  return { sql: new Blob(out), lineOf: (at) => starts.findLast(([from]) => from <= at)?.[1] ?? 0 };
}

function check(records, width) {
  for (const r of records) {
    if (r.fields.length !== width) throw wrong(`Line ${number(r.line)} has ${plural(r.fields.length, 'field')}, the first has ${number(width)}.`, 'Each line needs as many.');
    if (r.fields.some((f) => f.text.includes('\0'))) throw wrong(`Line ${number(r.line)} has a NUL.`, 'Leave it out: SQL has no texts with it.');
  }
}

function nameFor(file) {
  return file.name.replace(/\.[^.]*$/, '').replace(/[^\p{L}\p{N}_]+/gu, '_').replace(/^_+|_+$/g, '').slice(0, 60) || 'imported';
}

/**
 * Ask where it goes, then run(sql, lineOf).
 *
 * @param tables names of those that there are
 */
export async function takeCsv({ id, file, tables, run, signal }) {
  const records = readCsv(await textOf(file));
  if (!records.length) throw wrong(`${file.name} has no line.`, 'Choose another file.');
  const width = records[0].fields.length;
  const where = select([['', 'A new table'], ...tables.map((t) => [`=${t}`, t])], { name: 'table' });
  const name = input({ name: 'name', value: nameFor(file), required: true });
  const heads = checkbox('The first line has the names of the columns', { name: 'heads', checked: true });
  const shown = h('div', { class: 'sheet' });
  const naming = field('Its name', name);
  const same = tables.find((t) => t.toLowerCase() === nameFor(file).toLowerCase());
  if (same) where.value = `=${same}`;

  const names = () => heads.box.checked ? records[0].fields.map((f) => f.text.trim()) : null;
  const rows = () => heads.box.checked ? records.slice(1) : records;

  function draw() {
    naming.hidden = where.value !== '';
    name.disabled = naming.hidden;
    const labels = names() ?? records[0].fields.map((f, i) => `c${i + 1}`);
    fill(shown, table({ caption: 'The first rows', rows: rows().slice(0, SHOWN), columns: labels.map((label, i) => ({ label,
      cell: (r) => r.fields[i] === undefined ? '' : r.fields[i].text === '' && !r.fields[i].quoted ? h('span', { class: 'muted' }, 'NULL') : h('span', { class: 'cell' }, r.fields[i].text.slice(0, 160)) })) }),
    h('p', { class: 'hint' }, `${plural(rows().length, 'row')} in all. A field that has nothing, and no quotes, is NULL.`));
  }

  for (const el of [where, heads.box]) el.addEventListener('change', draw);
  draw();
  dialog({ title: `Import ${file.name}`, wide: true, action: 'Import', body: [h('div', { class: 'row' }, field('To', where), naming), h('p', { class: 'gap' }, heads), h('div', { class: 'gap' }, shown)], run: async () => {
    const list = rows();
    check(list, width);
    if (!list.length) throw wrong('There is no row in it.', 'Only a line with names.');
    const to = where.value.slice(1);
    const columns = to ? columnsFor(await shapeOf(id, { type: 'table', name: to }, signal), names(), width)
      : names() ?? records[0].fields.map((f, i) => `c${i + 1}`);
    unique(columns);
    const made = statements(to || name.value, columns, list, !to);
    run(made.sql, made.lineOf);
  } });
}

/** The API's error, by the file's line. */
export function byLine(error, file, lineOf) {
  const found = /Error in line (\d+): /.exec(error.message);
  const line = found && lineOf(Number(found[1]));
  if (line) error.message = `${file.name}, line ${line}: ${error.message.slice(found.index + found[0].length)}`;
  return error;
}

export function isCsv(file) {
  return /\.(csv|tsv|tab)$/i.test(file.name);
}

