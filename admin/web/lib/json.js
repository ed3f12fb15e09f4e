/* SPDX-License-Identifier: Apache-2.0 */

/**
 * JSON.parse() whose numbers JSON.stringify() writes as they were, also those
 * that JavaScript's would round (in browsers that can).
 */
export function parseExact(text) {
  return JSON.parse(text, (key, value, context) => typeof value === 'number' && context?.source !== undefined && JSON.rawJSON
    && String(value) !== context.source ? JSON.rawJSON(context.source) : value);
}
