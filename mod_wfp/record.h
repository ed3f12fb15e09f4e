/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RECORD_H
#define WFP_RECORD_H

#include <httpd.h>

#include "lua_runtime/host.h"
#include "lua_runtime/run.h"
#include "mod_wfp/invoke.h"

/**
 * @file
 * The log record of an invocation: console lines, exception and figures as one
 * line of JSON in WfpLog. Written with one write(), so that lines of several
 * children do not mix.
 */

/** Open WfpLog of every server. post_config. @return OK or an error */
int wfp_record_open(server_rec *s, apr_pool_t *pconf);

/** A console line. Control characters are escaped. */
void wfp_record_line(wfp_host_ctx_t *ctx, wfp_log_e level, const char *text,
                     apr_size_t n);

/** Write the record of an invocation that has ended. */
void wfp_record_write(wfp_host_ctx_t *ctx, const wfp_usage_t *usage);

#endif
