/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LEDGER_TURN_H
#define WFP_LEDGER_TURN_H

#include "core/ledger.h"
#include "mod_wfp/invoke.h"

/** @file What Workers did: from an invocation to the ledger, and on to the store. */

/** An invocation begins. Until it is counted it is lost with its process. */
void wfp_ledger_begins(wfp_host_ctx_t *ctx);

/** It was found out which Worker that is: one that is lost is that Worker's. */
void wfp_ledger_names(const wfp_host_ctx_t *ctx);

/** An invocation is over: count it. */
void wfp_ledger_here(const wfp_host_ctx_t *ctx, const wfp_usage_t *usage);

/** A request is over: count what its client sent and got for the last user Worker,
 *  or else the outermost. */
void wfp_ledger_transfer(const wfp_work_t *work, const request_rec *r);

/** A turn of the follower: tell the store, once a second, and now and then sum up
 *  what is old. */
void wfp_ledger_follow(wfp_server_t *server, apr_pool_t *p);

/** Tell the store now; who does that already is waited for. A child's end. */
void wfp_ledger_last(wfp_server_t *server, apr_pool_t *p);

#endif
