/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_STATUS_KINDS_H
#define WFP_STATUS_KINDS_H

#include <httpd.h>

#include "mod_wfp/server.h"

/** @file Figures by code, limit, reason and kind of a call: few of each. */

/** Prometheus text. */
void wfp_status_kinds_metrics(request_rec *r, wfp_server_t *server,
                              const wfp_stats_all_t *all);

/** Lines of mod_status. @param brief  ?auto */
void wfp_status_kinds_lines(request_rec *r, wfp_server_t *server,
                            const wfp_stats_all_t *all, int brief);

/** Seconds with six digits behind the point. */
const char *wfp_status_kinds_seconds(apr_uint64_t us, apr_pool_t *p);

/** A name as it stands in a line of mod_status: no line of its own, no markup. */
const char *wfp_status_kinds_text(const char *name, int brief, apr_pool_t *p);

#endif
