/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RECORD_H
#define WFP_RECORD_H

#include "lua_runtime/host.h"
#include "lua_runtime/run.h"
#include "mod_wfp/invoke.h"

/**
 * @file
 * The log record of an invocation: console lines, exception and figures as one
 * line of JSON behind the Worker's name, put into the ring for whoever wants it.
 */

/** Does anybody want its record? Asked once, when it begins: a log that is
 *  written, or a tail that listens to its Worker. */
int wfp_record_is_wanted(const wfp_host_ctx_t *ctx);

/** A console line. Control characters are escaped. */
void wfp_record_line(wfp_host_ctx_t *ctx, wfp_log_e level, const char *text,
                     apr_size_t n);

/** Write the record of an invocation that has ended. */
void wfp_record_write(wfp_host_ctx_t *ctx, const wfp_usage_t *usage);

#endif
