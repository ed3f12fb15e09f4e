/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TAILERS_H
#define WFP_TAILERS_H

#include <apr_pools.h>

#include "core/json_out.h"
#include "mod_wfp/invoke.h"

/**
 * @file
 * Runs `tail` handlers: each child those of what it did itself, on threads of
 * their own, so that whoever made the records never waits. What comes while a
 * handler is busy waits in a list of fixed size and is given to it at once later; a
 * handler that is slower than that loses records, which are counted, and is told
 * how many.
 */

/** Records for one Worker. */
typedef struct wfp_tailers_item_t {
    wfp_work_t *work; /* what it will run in; all of it is in its pool */
    const char *ns;
    const char *name;
    wfp_json_out_t records; /* with commas between them */
    wfp_json_out_t consumed;
    int count;
    apr_uint64_t dropped; /* what was not taken since; the tailers' */
} wfp_tailers_item_t;

/** child scope. At its end what waits has a few seconds. */
apr_status_t wfp_tailers_start(wfp_tailers_t **ptailers, wfp_server_t *server,
                               apr_pool_t *p) WFP_CHECK;

/** An item without records. @param cdn_loop of the request that they came of, so
 *  that what a handler calls is known to come round; NULL: none
 *  @return NULL: no memory */
wfp_tailers_item_t *wfp_tailers_make(wfp_server_t *server, const char *ns,
                                     const char *name, const char *cdn_loop);

/** Add a record, and whose it is. */
void wfp_tailers_add(wfp_tailers_item_t *item, const char *worker,
                     const char *record, apr_size_t n);

/** Hand it over; the tailers' from now on. Any thread; waits for nothing. */
void wfp_tailers_take(wfp_tailers_t *tailers, wfp_tailers_item_t *item);

#endif
