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

function keep(theme) {
  try {
    if (theme) localStorage.setItem(KEY, theme);
    else localStorage.removeItem(KEY);
  } catch { /* only not kept */ }
}

/** "light", "dark", or "": as the system has it. */
export function chosen() {
  return document.documentElement.dataset.theme ?? '';
}

export function isDark() {
  return chosen() ? chosen() === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

export function choose(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  keep(theme);
  document.dispatchEvent(new Event('wfp-theme'));
}

export function begin() {
  const own = kept();
  if (own === 'dark' || own === 'light') document.documentElement.dataset.theme = own;
}

export function toggle() {
  choose(isDark() ? 'light' : 'dark');
}
