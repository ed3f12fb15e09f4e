/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_PRINT_H
#define WFP_PRINT_H

#include <apr_time.h>

#include "admin/wfpctl/cmd.h"
#include "core/json.h"

/** @file What wfpctl says: lines for people, or one JSON value. */

/** A line on stdout. Control characters, which names and messages of other
 *  people may hold, become "?". Nothing with --json. */
void wfp_print_line(const wfp_cmd_t *cmd, const char *fmt, ...)
    WFP_PRINTF(2, 3);

/** The result with --json; else nothing. */
void wfp_print_json(const wfp_cmd_t *cmd, const wfp_json_t *v);

/** Why it failed, on stderr. */
void wfp_print_failure(const wfp_cmd_t *cmd);

/** A time as 2026-11-24T15:04:05Z, in the command's pool. */
const char *wfp_print_time(const wfp_cmd_t *cmd, apr_time_t t);

/** Did all output get out? */
apr_status_t wfp_print_flush(wfp_cmd_t *cmd) WFP_CHECK;

/** Texts (const char *; NULL: none) as a JSON array. */
wfp_json_t *wfp_print_texts(const apr_array_header_t *texts,
                            const wfp_cmd_t *cmd);

#endif
