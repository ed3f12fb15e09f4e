/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_BUGCHECK_H
#define WFP_BUGCHECK_H

#include <apr_pools.h>

#include "core/wfp.h"

/**
 * @file
 * Which of Lua's known faults has the liblua that is linked? For the log: the
 * sandbox keeps every door to them shut, whatever is found.
 */

typedef struct wfp_bugcheck_t {
    const char *found;     /* names, ", " between; "": none */
    const char *undecided; /* probes that could not run or took too long */
} wfp_bugcheck_t;

/**
 * Try each fault in a throw-away process, all at the same time; a process that
 * crashes is a finding. No core is dumped and no process is left.
 *
 * @param result  texts in p
 * @param p       pool of the texts
 * @return APR_SUCCESS; else no process could be made
 * @note start scope. Blocks for some milliseconds, for one second at most.
 */
WFP_CHECK apr_status_t wfp_bugcheck_run(wfp_bugcheck_t *result, apr_pool_t *p);

#endif
