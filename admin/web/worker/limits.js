/* SPDX-License-Identifier: Apache-2.0 */
/* The limits that a Worker or a namespace may have, as fields and as text. */
import { h } from '../lib/dom.js';
import { number } from '../lib/format.js';
import { facts, field, input } from '../lib/ui.js';

/* name -> [label, unit, least] as docs/operations/limits.md has them */
export const LIMITS = {
  cpu_ms: ['CPU', 'ms', 1], wall_ms: ['Time', 'ms', 10], memory_mb: ['Memory', 'MB', 1],
  instructions: ['Instructions', '', 1000], subrequests: ['Subrequests', '', 0], connections: ['Connections', '', 1],
  startup_ms: ['CPU at start', 'ms', 10], log_kb: ['Log', 'KB', 0], response_mb: ['Response', 'MB', 0], depth: ['Workers nested', '', 1],
};

const labelOf = ([label, unit]) => unit ? `${label}, ${unit}` : label;

/** {el, values()} for limits {name: number}; what is left empty is not there. */
export function limitFields(limits) {
  const fields = Object.entries(LIMITS).map(([name, row]) => [name, input({
    type: 'number', name, min: row[2], step: 1, inputmode: 'numeric', placeholder: 'server\'s', value: limits?.[name] ?? '',
  }), row]);
  return {
    el: h('div', { class: 'limits' }, fields.map(([, box, row]) => field(labelOf(row), box))),
    values: () => Object.fromEntries(fields.filter(([, box]) => box.value !== '').map(([name, box]) => [name, Number(box.value)])),
  };
}

export function limitFacts(limits) {
  const set = Object.entries(limits ?? {});
  return set.length ? facts(set.map(([name, value]) => {
    const row = LIMITS[name] ?? [name, ''];
    return [row[0], `${number(value)} ${row[1]}`.trim()];
  })) : h('p', { class: 'muted' }, 'None of its own: as the server has them.');
}
