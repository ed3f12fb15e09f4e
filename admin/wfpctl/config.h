/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CONFIG_H
#define WFP_CONFIG_H

#include "admin/wfpctl/cmd.h"

/** @file The server's settings, asked from httpd itself. */

/**
 * Fill in cmd->config by `HTTPD -t -D DUMP_WFP -D DUMP_RUN_CFG -f FILE`, so
 * that Include, Define and variables mean what they mean to the server.
 * HTTPD is the one found by configure, or the environment's WFP_HTTPD.
 */
apr_status_t wfp_config_read(wfp_cmd_t *cmd) WFP_CHECK;

/** That httpd. */
const char *wfp_config_httpd(apr_pool_t *p);

#endif
