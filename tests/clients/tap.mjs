// SPDX-License-Identifier: Apache-2.0
// Checks of one program, told as TAP: one line each, the plan at the end.
// A check that fails does not end the run, since later ones may still tell.
import assert from 'node:assert/strict';

let told = 0;
let failed = 0;

/** Do one check; gives what it returns, undefined when it failed. */
export async function check(name, body) {
  told += 1;
  try {
    const result = await body();
    console.log(`ok ${told} - ${name}`);
    return result;
  } catch (error) {
    failed += 1;
    const text = `${error.name}: ${error.message}`.replace(/\s*\n\s*/g, ' | ');
    console.log(`# ${text}`);
    console.log(`not ok ${told} - ${name}`);
    return undefined;
  }
}

/** After the last check. */
export function plan() {
  console.log(`1..${told}`);
  process.exitCode = failed ? 1 : 0;
}

/**
 * The server must say no: with this status, in Cloudflare's envelope, and with
 * this code as the first of errors[], which is the one that clients look at.
 */
export async function refused(promise, status, code) {
  let error;
  try {
    const result = await promise;
    assert.fail(`not refused: ${JSON.stringify(result)}`);
  } catch (caught) {
    if (caught.code === 'ERR_ASSERTION') throw caught;
    error = caught;
  }
  assert.equal(error.status, status, `${error.message}`);
  assert.equal(error.error?.success, false);
  assert.equal(error.error?.result, null);
  assert.equal(error.errors[0].code, code, JSON.stringify(error.errors));
  assert.equal(typeof error.errors[0].message, 'string');
  return error;
}

/** All of a list that the SDK pages; one that does not end is an error. */
export async function all(list) {
  const items = [];
  for await (const item of list) {
    items.push(item);
    assert.ok(items.length < 3000, 'the list does not end');
  }
  return items;
}

export { assert };
