/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TRIAL_DOORS_H
#define WFP_TRIAL_DOORS_H

#include <httpd.h>

#include "admin/try.h"
#include "mod_wfp/server.h"

/** @file Where Workers are served: listeners, virtual hosts and Locations. */

/** The URLs that can lead to a Worker: at most 20. baton: the server. */
wfp_doors_fn wfp_trial_doors_list;

/**
 * The address that a request to a port comes to.
 *
 * @param r  a request to the API: at whose address a listener for all of them is
 * @return of the listener with this port; without one, of the listener that r
 *         came by when that leads to Workers, else of the first that does. NULL:
 *         none does
 */
apr_sockaddr_t *wfp_trial_doors_address(wfp_server_t *server, request_rec *r,
                                        int port);

#endif
