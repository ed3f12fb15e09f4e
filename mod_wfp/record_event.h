/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RECORD_EVENT_H
#define WFP_RECORD_EVENT_H

#include "core/event.h"
#include "core/json_out.h"
#include "core/record_request.h"
#include "mod_wfp/invoke.h"

/** @file A record's member "event": what the Worker was run for. */

/** The request that it was run for, when there was no other event. */
void wfp_record_event_request(wfp_record_request_t *request,
                              const wfp_host_ctx_t *ctx);

/** Another event: the comma, the key and its value. */
void wfp_record_event_tell(wfp_json_out_t *out, const wfp_event_t *event);

/**
 * The request as it came, as a value: for `tail` handlers, and for nobody else.
 * @return 0: the record has it like that, or there was none; nothing was written
 */
int wfp_record_event_open(wfp_json_out_t *out, const wfp_host_ctx_t *ctx);

#endif
