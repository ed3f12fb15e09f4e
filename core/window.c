/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of bytes through which bodies pass between a request's thread and
 * the client's loop, and in which a tee keeps what one branch has not had yet.
 * Knows no locks.
 */
#include "core/window.h"

#include <string.h>

#define BLOCK_SIZE (8192 - APR_MEMNODE_T_SIZE)

void wfp_window_init(wfp_window_t *w, apr_allocator_t *allocator,
                     apr_size_t max)
{
    memset(w, 0, sizeof(*w));
    w->allocator = allocator;
    w->max = max;
}

int wfp_window_is_full(const wfp_window_t *w)
{
    return w->bytes >= w->max;
}

static apr_status_t add_block(wfp_window_t *w)
{
    apr_memnode_t *node = apr_allocator_alloc(w->allocator, BLOCK_SIZE);

    if (!node) {
        return APR_ENOMEM;
    }
    node->next = NULL;
    if (w->last) {
        w->last->next = node;
    }
    else {
        w->first = node;
        w->next = node->first_avail;
    }
    w->last = node;
    return APR_SUCCESS;
}

apr_status_t wfp_window_put(wfp_window_t *w, const char *data, apr_size_t n)
{
    while (n > 0) {
        apr_size_t room;

        if (!w->last || w->last->first_avail == w->last->endp) {
            apr_status_t rv = add_block(w);

            if (rv != APR_SUCCESS) {
                return rv;
            }
        }
        room = (apr_size_t)(w->last->endp - w->last->first_avail);
        room = room < n ? room : n;
        memcpy(w->last->first_avail, data, room);
        w->last->first_avail += room;
        w->bytes += room;
        data += room;
        n -= room;
    }
    return APR_SUCCESS;
}

/* Give the first block back. */
static void drop_block(wfp_window_t *w)
{
    apr_memnode_t *node = w->first;

    w->first = node->next;
    w->last = w->first ? w->last : NULL;
    w->next = w->first ? (char *)w->first + APR_MEMNODE_T_SIZE : NULL;
    node->next = NULL;
    apr_allocator_free(w->allocator, node);
}

apr_size_t wfp_window_take(wfp_window_t *w, char *buf, apr_size_t n)
{
    apr_size_t taken = 0;

    while (taken < n && w->first) {
        apr_size_t some = (apr_size_t)(w->first->first_avail - w->next);

        some = some < n - taken ? some : n - taken;
        memcpy(buf + taken, w->next, some);
        taken += some;
        w->next += some;
        if (w->next == w->first->first_avail) {
            drop_block(w);
        }
    }
    w->bytes -= taken;
    return taken;
}

void wfp_window_clear(wfp_window_t *w)
{
    while (w->first) {
        drop_block(w);
    }
    w->bytes = 0;
}
