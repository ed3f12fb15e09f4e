/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_PART_H
#define WFP_PART_H

#include "lua_runtime/host.h"
#include "mod_wfp/invoke.h"

/**
 * @file
 * A part of a work that another thread does: a work of its own, with a pool
 * that no other thread uses meanwhile, and its invocation's caller as the other
 * thread sees it. Made and joined by the thread that does the whole work.
 */

/**
 * Make a part for op.
 *
 * @param pctx  the invocation as op's calls get it, in the part's pool
 * @param ctx   whose op it is; not used by the other thread but for the
 *              subrequests it has, atomically
 * @param op    its request is replaced by a copy in the part's pool
 * @return APR_SUCCESS; APR_ENOTIMPL: only the own thread can do it; APR_ENOMEM
 */
apr_status_t wfp_part_make(wfp_host_ctx_t **pctx, wfp_host_ctx_t *ctx,
                           wfp_op_t *op) WFP_CHECK;

/** The other thread is done: what it left belongs to the whole work now, what
 *  came of op included. The part is not used any more. */
void wfp_part_join(wfp_host_ctx_t *ctx, wfp_op_t *op);

/** The work that this one is a part of, once it is joined; else itself. */
wfp_work_t *wfp_part_whole(wfp_work_t *work);

/** Give back the pools that joined parts left to the work; their invocations
 *  have ended. */
void wfp_part_free_all(wfp_work_t *work);

#endif
