/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and times as people read them. */

const whole = new Intl.NumberFormat('en');
const tenth = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const hundredth = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

export function number(n) {
  return typeof n === 'number' && isFinite(n) ? whole.format(n) : '–';
}

/** 1,234,567 as 1.2M */
export function short(n) {
  if (typeof n !== 'number' || !isFinite(n)) return '–';
  for (const [size, unit] of [[1e9, 'G'], [1e6, 'M'], [1e4, 'k']]) {
    if (Math.abs(n) >= size) return tenth.format(n / (unit === 'k' ? 1e3 : size)) + unit;
  }
  return hundredth.format(n);
}

export function bytes(n) {
  if (typeof n !== 'number' || !isFinite(n)) return '–';
  if (n < 1024) return `${whole.format(n)} B`;
  for (const unit of ['KB', 'MB', 'GB', 'TB']) {
    n /= 1024;
    if (n < 1024 || unit === 'TB') return `${tenth.format(n)} ${unit}`;
  }
  return '';
}

export function ms(n) {
  if (typeof n !== 'number' || !isFinite(n)) return '–';
  return n < 1000 ? `${hundredth.format(n)} ms` : `${hundredth.format(n / 1000)} s`;
}

export function percent(part, all) {
  return all > 0 ? `${tenth.format(100 * part / all)} %` : '–';
}

const AGO = [[60, 's'], [3600, 'min', 60], [86400, 'h', 3600], [86400 * 30, 'd', 86400]];

export function ago(text, now = Date.now()) {
  const s = Math.round((now - Date.parse(text)) / 1000);
  if (!isFinite(s)) return '–';
  if (s < 5) return 'just now';
  for (const [end, unit, size] of AGO) {
    if (s < end) return `${Math.floor(s / (size || 1))} ${unit} ago`;
  }
  return date(text);
}

export function date(text) {
  const d = new Date(text);
  return isNaN(d) ? '–' : d.toISOString().slice(0, 10);
}

export function when(text) {
  const d = new Date(text);
  return isNaN(d) ? '–' : d.toLocaleString();
}

export function plural(n, one, many = `${one}s`) {
  return `${number(n)} ${n === 1 ? one : many}`;
}
