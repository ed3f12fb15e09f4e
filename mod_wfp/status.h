/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_STATUS_H
#define WFP_STATUS_H

#include <httpd.h>

/**
 * @file
 * What the server shows of itself: a section of mod_status, and Prometheus text
 * (wfp-metrics).
 */

/** Add the section to mod_status, when that is loaded. */
void wfp_status_register(apr_pool_t *p);

/** hook handler: wfp-metrics. */
int wfp_status_handle(request_rec *r);

#endif
