/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_URL_PLAIN_H
#define WFP_URL_PLAIN_H

#include <apr_pools.h>

#include "core/url.h"

/**
 * @file
 * URLs that can be read in one way only, taken apart without curl; for url.c.
 *
 * That is "http" or "https" in lower case, a name in lower case that cannot be
 * an address, a port or none, a path and a query of bytes that stand for
 * themselves, without "%" and without a segment that begins with a dot. Most
 * requests are for one of these, and curl's parser takes ten times as long.
 */

/** @return 1: *url is what curl would say, in p; 0: ask curl */
int wfp_url_plain(wfp_url_t *url, const char *text, apr_pool_t *p);

#endif
