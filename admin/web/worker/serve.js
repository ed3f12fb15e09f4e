/* SPDX-License-Identifier: Apache-2.0 */
/* How assets are served: a form of assets.config. */
import { checkbox, field, select, textarea } from '../lib/ui.js';

const HTML = [['auto-trailing-slash', 'auto-trailing-slash: /a.html at /a, /a/index.html at /a/'], ['force-trailing-slash', 'force-trailing-slash: both at /a/'],
  ['drop-trailing-slash', 'drop-trailing-slash: both at /a'], ['none', 'none: as they are named']];
const MISSING = [['none', 'none: the Worker, or 404'], ['404-page', '404-page: the nearest 404.html'], ['single-page-application', 'single-page-application: /index.html']];

/** {el, value()}. alone: there is no code that could be first. */
export function configForm(config, alone = false) {
  const html = select(HTML, { name: 'html_handling', value: config.html_handling ?? HTML[0][0] });
  const missing = select(MISSING, { name: 'not_found_handling', value: config.not_found_handling ?? MISSING[0][0] });
  const first = config.run_worker_first;
  const always = checkbox('Run the Worker first for every path', { name: 'worker_first', checked: first === true });
  const rules = textarea({ name: 'rules', rows: 3, placeholder: '/api/*\n!/api/docs/*', value: Array.isArray(first) ? first.join('\n') : '', disabled: first === true });
  always.box.addEventListener('change', () => { rules.disabled = always.box.checked; });
  return {
    el: [field('Pages', html), field('What no file is for', missing), !alone && [always, field('Or for these paths', rules, 'One a line; those with ! stay with the files.')]],
    value: () => {
      const list = rules.value.split('\n').map((t) => t.trim()).filter(Boolean);
      const { run_worker_first: old, ...rest } = config;
      return { ...rest, html_handling: html.value, not_found_handling: missing.value,
        ...(always.box.checked ? { run_worker_first: true } : list.length ? { run_worker_first: list } : {}) };
    },
  };
}
