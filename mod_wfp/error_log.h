/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ERROR_LOG_H
#define WFP_ERROR_LOG_H

#include <httpd.h>

/**
 * @file
 * What a line of httpd's error log can say of a request's Workers:
 * %{wfp}W in an ErrorLogFormat.
 */

/** hook pre_config: make %{...}W known. */
int wfp_error_log_pre_config(apr_pool_t *pconf, apr_pool_t *plog,
                             apr_pool_t *ptemp);

#endif
