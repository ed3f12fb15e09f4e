/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RECORD_H
#define WFP_RECORD_H

#include "lua_runtime/host.h"
#include "lua_runtime/run.h"
#include "mod_wfp/invoke.h"

/**
 * @file
 * The log record of an invocation: console lines, exception and figures as one
 * line of JSON, handed to the logger.
 */

/** A console line. Control characters are escaped. */
void wfp_record_line(wfp_host_ctx_t *ctx, wfp_log_e level, const char *text,
                     apr_size_t n);

/** Write the record of an invocation that has ended. */
void wfp_record_write(wfp_host_ctx_t *ctx, const wfp_usage_t *usage);

#endif
