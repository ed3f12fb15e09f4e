/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LOGS_H
#define WFP_LOGS_H

#include "admin/log_list.h"
#include "admin/wfpctl/cmd.h"

/** @file What `wfpctl logs` is asked, and shows, wherever records come from. */

/** The options. */
apr_status_t wfp_logs_read(wfp_log_list_t *ask, wfp_log_list_texts_t *texts,
                           wfp_cmd_t *cmd) WFP_CHECK;

/** Show records that come newest first, the newest last. */
void wfp_logs_show(const wfp_cmd_t *cmd, const wfp_json_t *records);

#endif
