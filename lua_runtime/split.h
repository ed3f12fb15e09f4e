/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SPLIT_H
#define WFP_SPLIT_H

#include "core/tee.h"
#include "lua_runtime/run.h"

/**
 * @file
 * Bodies that a script has split by tee() or clone(). For this room only.
 */

/** Bytes that one takes. */
#define WFP_SPLIT_COST (WFP_TEE_COST + 256)

/** Split source in the invocation's pool; as wfp_tee_make(). Critical. */
apr_status_t wfp_split_make(wfp_body_t **pa, wfp_body_t **pb,
                            wfp_invocation_t *inv,
                            wfp_body_t *source) WFP_CHECK;

/** The invocation ends: what it did not hand on is cancelled, nothing more is
 *  kept. */
void wfp_split_end_all(wfp_invocation_t *inv);

#endif
