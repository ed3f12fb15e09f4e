/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RECORD_H
#define WFP_RECORD_H

#include "lua_runtime/host.h"
#include "lua_runtime/run.h"
#include "mod_wfp/invoke.h"

/**
 * @file
 * The log record of an invocation: console lines, exception and figures as one
 * line of JSON, put into the ring for whoever wants it.
 */

/** Who wants a record: bits. */
#define WFP_RECORD_NOW    0x1  /* a log that is written */
#define WFP_RECORD_KEPT   0x2  /* the store */
#define WFP_RECORD_IF_ANY 0x4  /* the store, when it has something to tell */
#define WFP_RECORD_TRIED  0x8  /* who tries the Worker */
#define WFP_RECORD_GIVEN  0x10 /* `tail` handlers (tailed.h) */
#define WFP_RECORD_TAILED 0x20 /* a live tail */

/** Sets ctx->recorded when it begins: does anybody want its record at once, a log
 *  that is written, a tail that listens to its Worker, or who tries it? */
void wfp_record_ask(wfp_host_ctx_t *ctx);

/** Shall the store have it? Asked when its Worker was found. @return bits */
int wfp_record_is_kept(const wfp_host_ctx_t *ctx);

/** A console line. Control characters are escaped. */
void wfp_record_line(wfp_host_ctx_t *ctx, wfp_log_e level, const char *text,
                     apr_size_t n);

/** Bytes of the work's pool that its console lines take until the work's end. */
apr_size_t wfp_record_held(const wfp_host_ctx_t *ctx, const wfp_usage_t *usage);

/** It ends now, and its record is written soon. */
void wfp_record_expect(const wfp_host_ctx_t *ctx);

/** Write the record of an invocation that has ended. */
void wfp_record_write(wfp_host_ctx_t *ctx, const wfp_usage_t *usage);

#endif
