/* SPDX-License-Identifier: Apache-2.0 */
/* Light, dark, or as the system has it. */

const KEY = 'wfp-theme';

function kept() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function isDark() {
  const own = document.documentElement.dataset.theme;
  return own ? own === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

export function begin() {
  const own = kept();
  if (own === 'dark' || own === 'light') document.documentElement.dataset.theme = own;
}

export function toggle() {
  const next = isDark() ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem(KEY, next);
  } catch { /* only not kept */ }
}
