/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CONFIG_CHECK_H
#define WFP_CONFIG_CHECK_H

#include <apr_pools.h>
#include <httpd.h>

/**
 * @file
 * What is wrong with directives together, each of which is right by itself.
 * Told with file and line, also by httpd -t.
 */

/** Hook check_config. @return OK, or that httpd shall not start */
int wfp_config_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                     server_rec *s);

#endif
