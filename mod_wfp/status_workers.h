/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_STATUS_WORKERS_H
#define WFP_STATUS_WORKERS_H

#include <httpd.h>

#include "mod_wfp/server.h"

/** @file What Workers did, by namespace and, for the busiest, by name. */

/** Workers, and namespaces, that have lines of their own. */
#define WFP_STATUS_WORKERS_MAX 100

/** Prometheus text. */
void wfp_status_workers_metrics(request_rec *r, wfp_server_t *server);

/** Lines of mod_status: namespaces. @param brief  ?auto */
void wfp_status_workers_lines(request_rec *r, wfp_server_t *server, int brief);

#endif
