/* SPDX-License-Identifier: Apache-2.0 */
/* Two who change the same thing: the second is told before anything is replaced. */

/**
 * What something was when somebody began to change it. The returned function is
 * called with what it is right before it is saved: when somebody else changed it,
 * it throws what is shown, once; who saves again replaces that.
 *
 * @param tell what `now` is said as
 */
export function meanwhile(was, tell = (now) => JSON.stringify(now)) {
  let known = JSON.stringify(was);
  return (now) => {
    const is = JSON.stringify(now);
    if (is === known) return;
    known = is;
    const error = new Error(now === undefined || now === null ? 'Somebody else deleted it meanwhile.'
      : `Somebody else changed it meanwhile. It is now: ${tell(now)}`);
    error.hint = 'What you wrote is still here. Save again to replace what there is now, or cancel and look.';
    throw error;
  };
}

/* Somebody who writes all the time is let win. */
const TURNS = 5;

/**
 * Look, compare, write: what is written replaces what was compared and nothing else,
 * since the API writes it only while its etag is that.
 *
 * @param look  what there is now: {is, etag}; etag undefined: there is none
 * @param check what meanwhile() gave: it is called with `is`
 * @param write called with the headers for the call that writes
 */
export async function settle(look, check, write) {
  for (let turn = 1; ; turn++) {
    const { is, etag } = await look();
    check(is);
    try {
      return await write(etag ? { 'If-Match': etag } : { 'If-None-Match': '*' });
    } catch (error) {
      if (error.code !== 10412 || turn === TURNS) throw error;
    }
  }
}
