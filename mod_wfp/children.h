/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CHILDREN_FIGURES_H
#define WFP_CHILDREN_FIGURES_H

#include <httpd.h>
#include <mpm_common.h>

#include "core/children.h"
#include "mod_wfp/server.h"

/** @file The figures of this child, told to core/children.h once a second. */

/** Begin to tell. child scope, once isolates and client are there. */
apr_status_t wfp_children_start(wfp_server_t *server, apr_pool_t *p) WFP_CHECK;

/** Tell those of this child now. Any thread. */
void wfp_children_here(wfp_server_t *server);

/** hook child_status: a child has ended. */
void wfp_children_child_status(server_rec *s, pid_t pid, ap_generation_t gen,
                               int slot, mpm_child_status state);

#endif
