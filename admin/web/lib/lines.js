/* SPDX-License-Identifier: Apache-2.0 */

/**
 * A text in a text area, which knows only "\n" as a line's end: what was not
 * changed stays as it was, and lines that ended with "\r\n" do so again.
 */
export function linesOf(area, text) {
  area.value = text;
  const shown = area.value;
  const crlf = text.includes('\r\n') && !/(^|[^\r])\n/.test(text);
  return {
    changed: () => area.value !== shown,
    text: () => area.value === shown ? text : crlf ? area.value.replaceAll('\n', '\r\n') : area.value,
  };
}
