/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CANCEL_H
#define WFP_CANCEL_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * How one thread tells another to wait no longer. The thread that waits looks
 * whether it was told (wfp_cancel_why()) and says, around its wait, how it is
 * woken; any thread tells. NULL stands for one that is never told.
 */

typedef struct wfp_cancel_t wfp_cancel_t;

/** One that nobody has told yet, in p. */
apr_status_t wfp_cancel_make(wfp_cancel_t **pcancel, apr_pool_t *p) WFP_CHECK;

/**
 * Tell; the first reason holds. Any thread, as long as p lives. Wakes the
 * thread that waits.
 *
 * @param why  WFP_ABORTED, WFP_TIMEOUT or WFP_CLIENT_DISCONNECTED
 */
void wfp_cancel_fire(wfp_cancel_t *cancel, wfp_code_e why);

/** Why to wait no longer; WFP_OK: go on. Any thread. */
wfp_code_e wfp_cancel_why(const wfp_cancel_t *cancel);

/** The same as a failure: APR_SUCCESS, or APR_ECONNABORTED and res. */
apr_status_t wfp_cancel_check(const wfp_cancel_t *cancel,
                              wfp_result_t *res) WFP_CHECK;

/**
 * wake(baton) is called, under the lock of cancel, when it is told: by then
 * wfp_cancel_why() says so. One at a time, for the thread that waits. To miss
 * nothing: watch, look, wait, unwatch. Order of locks: what wake takes comes
 * after that of cancel, so do not watch or unwatch while holding it.
 */
void wfp_cancel_watch(wfp_cancel_t *cancel, void (*wake)(void *baton),
                      void *baton);

/** wake is not called any more, and no call of it is under way. */
void wfp_cancel_unwatch(wfp_cancel_t *cancel);

/** Sleep until that time (core/clock.h), or until told. */
void wfp_cancel_sleep(wfp_cancel_t *cancel, apr_time_t until);

#endif
