/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_FOLLOW_H
#define WFP_FOLLOW_H

#include <apr_pools.h>

#include "core/wfp.h"

/** @file The lines that come into a file, also when it is rotated. */

typedef struct wfp_follow_t wfp_follow_t;

/** A line, without its end. @return 0: enough */
typedef int wfp_follow_fn(void *baton, const char *line, apr_size_t n);

/** @param from_end  0: what is in it is new, too */
apr_status_t wfp_follow_open(wfp_follow_t **pf, const char *path, int from_end,
                             apr_pool_t *p) WFP_CHECK;

/** What is new in it; of another file of that name, all. Does not wait.
 *  @return 0: each() had enough */
int wfp_follow_read(wfp_follow_t *f, wfp_follow_fn *each, void *baton);

#endif
