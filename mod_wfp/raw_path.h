/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RAW_PATH_H
#define WFP_RAW_PATH_H

#include <apr_pools.h>

/**
 * @file
 * A path as it was sent, beside the paths of the configuration, which are decoded.
 */

/** Decoded, but %2F and %00 stay as they are, and so does what is no %XX: none of
 *  a claimed URI is refused. @return path itself, when nothing is to be decoded */
char *wfp_raw_path_decode(char *path, apr_pool_t *p);

/** The opposite: of what rules made of a decoded path. sent: the path that it was
 *  decoded from; NULL: of it %2F and %00 were, too. */
char *wfp_raw_path_encode(const char *path, const char *sent, apr_pool_t *p);

/** What of a path lies below a Location's; NULL: it does not. */
const char *wfp_raw_path_below(const char *path, const char *location);

#endif
