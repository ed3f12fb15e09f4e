/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SESSION_H
#define WFP_SESSION_H

#include <httpd.h>

#include "admin/api.h"

/** @file Signing in to the admin page, and out. */

/** Where the page finds it, and where the REST API for who is signed in, below
 *  its Location. */
#define WFP_SESSION_PATH "session"
#define WFP_SESSION_API  "client/v4"

/**
 * Answer what the page asks of the server: "session" itself, or a call to the
 * REST API by who is signed in. Both answer in the API's form.
 *
 * @param base  the page's Location, without a slash at the end
 * @param path  below it, still encoded, without the slash in front
 * @return for httpd's handler hook; DECLINED: it is neither
 * @note request scope
 */
int wfp_session_handle(request_rec *r, const char *base, const char *path,
                       const wfp_api_server_t *server);

#endif
