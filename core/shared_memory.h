/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SHARED_MEMORY_H
#define WFP_SHARED_MEMORY_H

#include <apr_pools.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * Memory that a process shares with the children it forks later. It has no name
 * that others could open, and is gone with the last of them.
 */

/** A line of the processor's cache, in bytes: what two write often is kept that far
 *  apart. */
#define WFP_SHARED_LINE 64

/** Where the memory begins is a multiple of that: lines are fetched in pairs. */
#define WFP_SHARED_ALIGN ((apr_size_t)2 * WFP_SHARED_LINE)

/**
 * Make some: all zeros, from a multiple of WFP_SHARED_ALIGN on.
 *
 * @param pmemory  set when it is made
 * @param what  it is for, as in "no shared memory for counters"
 * @param res  may be NULL
 * @return APR_SUCCESS; APR's reason, with WFP_INTERNAL in res
 * @note start scope (parent, alone)
 */
apr_status_t wfp_shared_memory(void **pmemory, apr_size_t bytes,
                               const char *what, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

/**
 * Make a key for hashes that nobody outside can compute.
 *
 * @param what  as above
 * @return APR_SUCCESS; or why there are no random bytes, with WFP_INTERNAL in res
 */
apr_status_t wfp_shared_key(apr_uint64_t key[2], const char *what,
                            wfp_result_t *res) WFP_CHECK;

#endif
