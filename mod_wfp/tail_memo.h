/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TAIL_MEMO_H
#define WFP_TAIL_MEMO_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/registry.h"

/**
 * @file
 * Whom a few of a child's Workers give their records to. It stands in the packed
 * script, which a request for a file of the Worker does not open otherwise.
 */

typedef struct wfp_tail_memo_t wfp_tail_memo_t;

/** Make an empty one of fixed size. @note child scope */
apr_status_t wfp_tail_memo_create(wfp_tail_memo_t **pmemo,
                                  apr_pool_t *p) WFP_CHECK;

/** What is remembered of exactly this version: const char *, copies in p; NULL:
 *  nothing. Any thread. */
apr_array_header_t *wfp_tail_memo_get(wfp_tail_memo_t *memo,
                                      const wfp_entry_t *entry, apr_pool_t *p);

/** Remember it in the place of another one. Any thread. */
void wfp_tail_memo_put(wfp_tail_memo_t *memo, const wfp_entry_t *entry,
                       const apr_array_header_t *targets);

#endif
