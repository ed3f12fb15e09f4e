/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TAIL_H
#define WFP_TAIL_H

#include "admin/wfpctl/cmd.h"

/** @file What `wfpctl tail` shows, wherever records come from. */

/** Block SIGINT and SIGTERM: they only end the tail, by wfp_tail_is_over(). */
void wfp_tail_begin(void);

/** Was one sent? */
int wfp_tail_is_over(void);

/** The options as filters of the API (core/tail_filter.h). */
apr_status_t wfp_tail_filters(const char **pfilters, wfp_cmd_t *cmd) WFP_CHECK;

/** Show a record: lines for people, or JSON with --json. What is not JSON is
 *  passed over. @param p scratch @return 0: it cannot be written any more */
int wfp_tail_show(const wfp_cmd_t *cmd, const char *record, apr_size_t n,
                  apr_pool_t *p);

/** Say something besides, on stderr. */
void wfp_tail_say(const wfp_cmd_t *cmd, const char *text);

#endif
