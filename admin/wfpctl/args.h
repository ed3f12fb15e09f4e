/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ARGS_H
#define WFP_ARGS_H

#include "admin/wfpctl/cmd.h"
#include "core/limits.h"
#include "core/script.h"

/** @file The command line: words, options, and the values in them. */

/** Say what is wrong with how wfpctl was called (it exits with 2). */
apr_status_t wfp_args_usage(wfp_cmd_t *cmd, const char *fmt, ...)
    WFP_PRINTF(2, 3);

/** Sort argv into cmd->args and cmd->options. Options may stand anywhere;
 *  after "--" there are none. */
apr_status_t wfp_args_parse(wfp_cmd_t *cmd, int argc,
                            const char *const *argv) WFP_CHECK;

/** Are the options and the number of arguments those of this command? */
apr_status_t wfp_args_check(wfp_cmd_t *cmd, const wfp_cmd_row_t *row) WFP_CHECK;

/** An argument. */
const char *wfp_args_at(const wfp_cmd_t *cmd, int i);

/** The last value of an option ("" for one without), or NULL. */
const char *wfp_args_option(const wfp_cmd_t *cmd, const char *name);

/** Shall a command do what others would notice? With --force, and where nobody
 *  sits at a terminal who could say so. */
int wfp_args_force(const wfp_cmd_t *cmd);

/** All values of an option, in order: const char *. NULL: not given. */
apr_array_header_t *wfp_args_all(const wfp_cmd_t *cmd, const char *name);

/** Split an argument [NS/]NAME. */
void wfp_args_worker(const char **pns, const char **pname, wfp_cmd_t *cmd,
                     int i);

/** Split NAME=VALUE; name is what the text is called in the refusal. */
apr_status_t wfp_args_pair(const char **pname, const char **pvalue,
                           wfp_cmd_t *cmd, const char *option,
                           const char *text) WFP_CHECK;

/** All --limit NAME=VALUE; an empty VALUE takes the limit away. */
apr_status_t wfp_args_limits(wfp_limits_t *limits, wfp_cmd_t *cmd) WFP_CHECK;

/** --egress none|outbound|direct; without it *pegress stays. */
apr_status_t wfp_args_egress(wfp_egress_e *pegress, wfp_cmd_t *cmd) WFP_CHECK;

/** NAME[:PARAM[=VALUE],...]. @param values 1: each needs one; 0: none may
 *  have one */
apr_status_t wfp_args_outbound(wfp_outbound_t *outbound, wfp_cmd_t *cmd,
                               const char *text, int values) WFP_CHECK;

#endif
