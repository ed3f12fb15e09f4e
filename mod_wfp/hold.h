/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HOLD_H
#define WFP_HOLD_H

#include <apr_pools.h>
#include <httpd.h>

#include "core/wfp.h"

/**
 * @file
 * prefork ends a child in its handler of SIGTERM and SIGHUP, wherever the
 * child's thread is: in the middle of a library, or with a lock held that the
 * end needs. Here the signals wait while that thread is in code of this module.
 * With a threaded MPM, which never interrupts a worker, there is no hold: NULL,
 * and everything here does nothing.
 */

typedef struct wfp_hold_t wfp_hold_t;

/**
 * Take the two signals over. The thread counts as inside from now on, until the
 * first wfp_hold_leave().
 *
 * @param phold  NULL: a threaded MPM
 * @param told   called in the signal's handler, inside or not: the child ends
 *               soon, so whoever waits for something is to be woken
 * @note child scope; the hold is the server's (wfp_server()->hold), where the
 *       handler looks for it
 */
apr_status_t wfp_hold_create(wfp_hold_t **phold, void (*told)(void *baton),
                             void *baton, apr_pool_t *p) WFP_CHECK;

/** The thread comes into our code; they nest. c: whose client it may wait for;
 *  NULL: for none. */
void wfp_hold_enter(wfp_hold_t *hold, conn_rec *c);

/** It leaves; a signal that waited has its effect now: does not return then. */
void wfp_hold_leave(wfp_hold_t *hold);

/** 1: it is inside now. Any thread. */
int wfp_hold_is_inside(const wfp_hold_t *hold);

/** End the connection of the client that it may be waiting for. Any thread. */
void wfp_hold_hang_up(const wfp_hold_t *hold);

#endif
