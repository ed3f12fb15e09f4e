/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HANGUP_H
#define WFP_HANGUP_H

#include <apr_time.h>

#include "mod_wfp/invoke.h"

/**
 * @file
 * Has the client gone away? Asked only by those who wait anyway, and only after
 * they have waited for WFP_HANGUP_LOOK: whoever is served faster pays nothing.
 */

/** How long a wait lasts before somebody looks, and looks again. */
#define WFP_HANGUP_LOOK apr_time_from_msec(200)

/**
 * Look at the client's connection (HTTP/2: at the stream). Once seen it stays
 * so, until the request is over: what waitUntil left has no client.
 *
 * @return 1: it has gone; 0: it is there, or there is none any more
 * @note request scope; one system call
 */
int wfp_hangup_look(wfp_work_t *work);

/** Was it seen already? Costs nothing. */
int wfp_hangup_was_seen(const wfp_work_t *work);

/** It was noticed in another way. */
void wfp_hangup_note(wfp_work_t *work);

/** Fill in res for a wait that ends for that reason. */
apr_status_t wfp_hangup_tell(wfp_result_t *res) WFP_CHECK;

#endif
