/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_THREAD_H
#define WFP_THREAD_H

#include <apr_pools.h>
#include <apr_thread_proc.h>

#include "core/wfp.h"

/**
 * @file
 * Helper threads of a process whose signals are for the thread that it began
 * with: none reaches these, from their first instruction on, but those of
 * faults of their own.
 */

/**
 * Start one that somebody will join.
 *
 * @param p  what apr_thread_create() needs of memory
 */
apr_status_t wfp_thread_start(apr_thread_t **pthread, apr_thread_start_t fn,
                              void *data, apr_pool_t *p) WFP_CHECK;

/** Start one that nobody will join; it may outlive all pools. */
apr_status_t wfp_thread_detach(void *(*fn)(void *data), void *data,
                               apr_size_t stack_bytes) WFP_CHECK;

#endif
