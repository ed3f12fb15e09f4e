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
