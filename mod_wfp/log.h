/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LOG_H
#define WFP_LOG_H

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

/**
 * @file
 * The module's symbol for logging and its tags. WFPLOGNO(0101): first two
 * digits are the file, never reused. docs/operations/log-tags.md lists them.
 */

extern module AP_MODULE_DECLARE_DATA wfp_module;
APLOG_USE_MODULE(wfp);

#define WFPLOGNO(n) "WFP" #n ": "

#endif
