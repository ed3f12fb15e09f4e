/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_PAGES_H
#define WFP_PAGES_H

#include <httpd.h>

#include "mod_wfp/server.h"

/** @file The admin page's files: read at the start, served from memory. */

/** Read them into server->pages, in pconf. What cannot be read is logged, and
 *  the page is not there. Start scope. */
void wfp_pages_read(wfp_server_t *server, apr_pool_t *pconf);

/** Answer a request to the page, as a handler hook.
 *  @param base  its Location, without a slash at the end */
int wfp_pages_handle(request_rec *r, const char *base,
                     const wfp_server_t *server);

#endif
