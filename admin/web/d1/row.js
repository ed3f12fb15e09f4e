/* SPDX-License-Identifier: Apache-2.0 */
/* A row to write, and to take away: what somebody else changed meanwhile is told, not replaced. */
import { h, newId } from '../lib/dom.js';
import { linesOf } from '../lib/lines.js';
import { meanwhile } from '../lib/meanwhile.js';
import { button, confirmName, dialog, select, textarea, toast } from '../lib/ui.js';
import { deleteRow, insertRow, readRow, updateRow } from './shape.js';
import { TYPES, typeOf } from './values.js';

const SHOWN = 60;

function said([type, text]) {
  if (type === 'null') return 'NULL';
  return `${text.slice(0, SHOWN)}${text.length > SHOWN ? '…' : ''}`;
}

function factsOf(c) {
  return [c.type, c.pk > 0 && 'primary key', c.needed && 'NOT NULL', c.standard !== null && `DEFAULT ${c.standard}`, c.made && 'generated'].filter(Boolean).join(', ');
}

/**
 * One column: {el, name, cell(), changed()}.
 *
 * @param cell [type, text]; of a new row null: as the column's default has it
 */
function cellField(c, cell) {
  const fresh = cell === null;
  const free = !c.needed || c.standard !== null || /^integer$/i.test(c.type) && c.pk > 0;
  const [type, text] = cell ?? [free ? 'default' : typeOf(c.type), ''];
  const kind = select([...(fresh && free ? [['default', 'default']] : []), ...TYPES], { name: 'type', value: type, disabled: c.made, 'aria-label': `Type of ${c.name}` });
  const area = textarea({ name: 'value', rows: Math.min(8, text.split('\n').length), readonly: c.made });
  const lines = linesOf(area, text);
  const hint = () => { area.placeholder = { null: 'NULL', default: 'as the table has it', blob: '00 ff', text: 'empty' }[kind.value] ?? ''; };
  area.id = newId('cell');
  kind.addEventListener('change', () => {
    if (kind.value === 'null' || kind.value === 'default') area.value = '';
    hint();
  });
  area.addEventListener('input', () => {
    if (kind.value === 'null' || kind.value === 'default') kind.value = typeOf(c.type);
    hint();
  });
  hint();
  return { name: c.name,
    el: h('div', { class: 'field' }, h('label', { for: area.id }, c.name, ' ', h('span', { class: 'hint' }, factsOf(c))), h('div', { class: 'typed' }, kind, area)),
    cell: () => [kind.value, lines.text()],
    changed: () => !c.made && (fresh ? kind.value !== 'default' : kind.value !== type || lines.changed()) };
}

const changed = (fields) => Object.fromEntries(fields.filter((f) => f.changed()).map((f) => [f.name, f.cell()]));

/** What throws when the row is not as it was; returns it otherwise. */
function guardOf(id, shape, key, row) {
  const check = meanwhile(row.cells, (now) => Object.entries(now).filter(([name, cell]) => String(cell) !== String(row.cells[name]))
    .map(([name, cell]) => `${name} ${said(cell)}`).join(', '));
  return async () => {
    const now = await readRow(id, shape, key);
    if (now) row.mark = now.mark;
    check(now?.cells ?? null);
    if (!now) throw Object.assign(new Error('The row is not there any more.'), { hint: 'What you wrote is still here: copy it, and add it as a new row.' });
    throw Object.assign(new Error('The row was not changed.'), { hint: 'A trigger of the table may keep it, or somebody changed it and back. Save again to see.' });
  };
}

/** What has to be typed to take a row away. */
function nameOf(shape, key) {
  const text = key.map((k) => Array.isArray(k) ? '' : String(k)).join(', ');
  return /^[\x21-\x7e][\x20-\x7e]{0,39}$/.test(text) && text === text.trim() ? text : shape.name;
}

function removeRow(id, shape, key, row, done) {
  const name = nameOf(shape, key);
  const guard = guardOf(id, shape, key, row);
  confirmName({ title: `Delete this row of ${shape.name}?`, text: 'This cannot be undone.', name, run: async () => {
    if (!await deleteRow(id, shape, key, row.mark)) await guard();
    toast('Row deleted');
    done();
  } });
}

/** key: what names it, as readRows() has it. */
export async function editRow(id, shape, key, done) {
  const row = await readRow(id, shape, key);
  if (!row) throw Object.assign(new Error('The row is not there any more.'), { hint: 'Reload the page. A row whose key is no UTF-8 can be reached with SQL only.' });
  const fields = shape.columns.map((c) => cellField(c, row.cells[c.name]));
  const guard = guardOf(id, shape, key, row);
  const d = dialog({ title: `Row of ${shape.name}`, wide: true, body: [fields.map((f) => f.el),
    h('p', { class: 'gap' }, button('Delete row', () => {
      d.close();
      removeRow(id, shape, key, row, done);
    }, { kind: 'danger', icon: 'trash' }))], run: async () => {
    const cells = changed(fields);
    if (!Object.keys(cells).length) return;
    if (!await updateRow(id, shape, key, row.mark, cells)) await guard();
    toast('Row saved');
    done();
  } });
}

export function addRow(id, shape, done) {
  const fields = shape.columns.filter((c) => !c.made).map((c) => cellField(c, null));
  dialog({ title: `New row of ${shape.name}`, wide: true, action: 'Insert', body: fields.map((f) => f.el), run: async () => {
    await insertRow(id, shape, changed(fields));
    toast('Row inserted');
    done();
  } });
}
