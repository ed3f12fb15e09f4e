/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CDN_LOOP_H
#define WFP_CDN_LOOP_H

#include <apr_pools.h>

#include "core/wfp.h"

/**
 * @file
 * CDN-Loop (RFC 8586): how requests that come back by way of other hosts are
 * told. Every request that goes out carries what its own request had and one
 * mark of ours.
 */

/** Marks of ours that a request may come in with: as many as Workers may nest
 *  in one server by default. */
#define WFP_CDN_LOOP_MAX 16

/** How often are we named in a field's value (NULL: not at all)? */
int wfp_cdn_loop_count(const char *value);

/** The value with our mark added, in p. value: NULL for none. */
const char *wfp_cdn_loop_add(const char *value, apr_pool_t *p);

#endif
