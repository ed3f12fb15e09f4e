/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RECORD_EVENT_H
#define WFP_RECORD_EVENT_H

#include "core/json_out.h"
#include "mod_wfp/invoke.h"

/** @file A record's member "event": what the Worker was run for. */

/** @return 0: some of the request's headers, or of its address, were left out */
int wfp_record_event_tell(wfp_json_out_t *out, const wfp_host_ctx_t *ctx);

/**
 * The request as it came, as a value: for `tail` handlers, and for nobody else.
 * @return 0: the record has it like that, or there was none; nothing was written
 */
int wfp_record_event_open(wfp_json_out_t *out, const wfp_host_ctx_t *ctx);

#endif
