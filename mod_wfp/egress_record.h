/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_EGRESS_RECORD_H
#define WFP_EGRESS_RECORD_H

#include "core/json_out.h"
#include "mod_wfp/invoke.h"
#include "outbound/client.h"
#include "outbound/egress.h"

/**
 * @file
 * What became of each call that an invocation made: noted at the call's end,
 * counted by namespace and written into the invocation's record when that ends,
 * since bodies stream until then.
 */

/** A hop begins. request scope. */
void wfp_egress_record_begin(wfp_egress_t *egress);

/** The times that the current hop's transfer shall fill in. Lives as long as
 *  its response. request scope. */
wfp_client_times_t *wfp_egress_record_times(wfp_egress_t *egress);

/** A hop has ended like this; wfp_egress_t's note. */
void wfp_egress_record_note(wfp_egress_t *egress, int outcome);

/** A part is joined: what its calls became is the whole invocation's. keep: the
 *  part's pool lives on. */
void wfp_egress_record_join(wfp_host_ctx_t *whole, wfp_host_ctx_t *part,
                            int keep);

/** The invocation ends: count its calls. */
void wfp_egress_record_count(const wfp_host_ctx_t *ctx);

/** The record's member "egress": its calls in their order, the first 1000, and
 *  no more than make the record `room` bytes long; no member when it made none.
 *  @return 0: some were left out */
int wfp_egress_record_tell(wfp_json_out_t *out, const wfp_host_ctx_t *ctx,
                           apr_size_t room);

#endif
