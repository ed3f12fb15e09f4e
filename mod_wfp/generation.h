/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_GENERATION_H
#define WFP_GENERATION_H

#include "mod_wfp/server.h"

/**
 * @file
 * What a generation of the server has in shared memory: made anew at each
 * restart, and filled from what the one before knew when that is of the same
 * store. What outlives generations as it is: kept.h.
 */

typedef struct wfp_generation_t wfp_generation_t;

/**
 * Make it, and fill in the server's registry, api_rate, hosts, kv_cache, ring,
 * usage and what is kept.
 *
 * @return NULL: there is no such memory; it was logged
 * @note start scope
 */
wfp_generation_t *wfp_generation_begin(wfp_server_t *server, apr_pool_t *ptemp);

/**
 * Take the registry of the generation before over, and let that go. Nothing of
 * another store is taken: its Workers are other ones.
 *
 * @param id  of the store's account; NULL: it does not answer
 * @return 1: there was a generation before, this is no first start
 * @note start scope
 */
int wfp_generation_inherit(wfp_generation_t *generation, const char *id,
                           wfp_server_t *server);

/** Lives until the next generation has begun. */
apr_pool_t *wfp_generation_pool(const wfp_generation_t *generation);

#endif
