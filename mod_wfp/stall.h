/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_STALL_H
#define WFP_STALL_H

#include <apr_network_io.h>

#include "mod_wfp/invoke.h"

/**
 * @file
 * A client that neither sends nor reads must not keep an isolate for httpd's
 * Timeout: while one waits for it, the connection's timeout is at most what is
 * left of the invocation's wall time. Of no effect over HTTP/2, where a stream
 * has no socket, nor once no isolate waits.
 */

/** Between begin and end. */
typedef struct wfp_stall_t {
    apr_socket_t *socket; /* NULL: nothing was changed */
    apr_interval_time_t before;
} wfp_stall_t;

/** Before reading from or writing to the client of work->r. */
void wfp_stall_begin(wfp_stall_t *stall, const wfp_work_t *work);

/** After it. */
void wfp_stall_end(const wfp_stall_t *stall);

#endif
