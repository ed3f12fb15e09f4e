/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_WINDOW_H
#define WFP_WINDOW_H

#include <apr_allocator.h>
#include <apr_errno.h>

#include "core/wfp.h"

/**
 * @file
 * A queue of bytes that is full at a certain size. It locks nothing: whoever
 * shares one holds a lock around each call. Its blocks come from an allocator
 * (with a mutex of its own, where threads share it) and go back as soon as they
 * are empty.
 */

typedef struct wfp_window_t {
    apr_allocator_t *allocator;
    apr_memnode_t *first; /* NULL: empty */
    apr_memnode_t *last;
    const char *next; /* the next byte to take, in first */
    apr_size_t bytes;
    apr_size_t max;
} wfp_window_t;

/** An empty window that is full at max bytes. */
void wfp_window_init(wfp_window_t *w, apr_allocator_t *allocator,
                     apr_size_t max);

/** Is there no room? */
int wfp_window_is_full(const wfp_window_t *w);

/** Add n bytes; the last put before it is full may go over.
 *  @return APR_SUCCESS or APR_ENOMEM (some may have been added) */
apr_status_t wfp_window_put(wfp_window_t *w, const char *data,
                            apr_size_t n) WFP_CHECK;

/** Take up to n bytes into buf. @return how many */
apr_size_t wfp_window_take(wfp_window_t *w, char *buf, apr_size_t n);

/** Throw everything away. */
void wfp_window_clear(wfp_window_t *w);

#endif
