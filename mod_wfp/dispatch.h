/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DISPATCH_H
#define WFP_DISPATCH_H

#include <httpd.h>

#include "mod_wfp/invoke.h"

/**
 * @file
 * The story of a request that was claimed (claim.h): handled by a dispatcher
 * Worker or by built-in routing.
 */

/** The work of a claimed request, or of the one that it was redirected from, while
 *  there is one; NULL. The thread that serves it. */
const wfp_work_t *wfp_dispatch_work(const request_rec *r);

/** hook handler. */
int wfp_dispatch_handle(request_rec *r);

#endif
