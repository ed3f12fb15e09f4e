/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One source, two branches, each with a window of what it has not had yet; one
 * of the windows is always empty. Made by lua_runtime for tee() and clone().
 */
#include "core/tee.h"

#include "core/window.h"

typedef struct tee_t tee_t;

typedef struct branch_t {
    tee_t *tee;
    struct branch_t *other;
    wfp_window_t kept;
    unsigned open : 1;     /* it will be read on */
    unsigned given_up : 1; /* there was no room for it */
} branch_t;

struct tee_t {
    wfp_body_t *source;
    const wfp_tee_room_t *room;
    branch_t branches[2];
    int depth;
    apr_status_t ended; /* of the source: APR_EOF, or why it failed */
    wfp_result_t why;
};

static void drop_kept(branch_t *branch)
{
    branch->tee->room->give(branch->tee->room->baton, branch->kept.bytes);
    wfp_window_clear(&branch->kept);
}

static void give_up(branch_t *branch)
{
    branch->given_up = 1;
    branch->open = 0;
    drop_kept(branch);
}

/* Keep what follows `from` in bb for the branch that is behind. */
static apr_status_t keep(branch_t *behind, apr_bucket *from,
                         apr_bucket_brigade *bb)
{
    const wfp_tee_room_t *room = behind->tee->room;
    apr_bucket *b;

    for (b = APR_BUCKET_NEXT(from); b != APR_BRIGADE_SENTINEL(bb);
         b = APR_BUCKET_NEXT(b)) {
        const char *data;
        apr_size_t n;
        apr_status_t rv = apr_bucket_read(b, &data, &n, APR_BLOCK_READ);

        if (rv != APR_SUCCESS) {
            return rv;
        }
        if (!room->take(room->baton, n)) {
            give_up(behind);
            return APR_SUCCESS;
        }
        rv = wfp_window_put(&behind->kept, data, n);
        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    return APR_SUCCESS;
}

/* The next bytes of the source, for both. */
static apr_status_t read_on(branch_t *branch, apr_bucket_brigade *bb,
                            apr_size_t max, wfp_result_t *res)
{
    tee_t *tee = branch->tee;
    apr_bucket *last = APR_BRIGADE_LAST(bb);
    apr_status_t rv;

    if (tee->ended == APR_SUCCESS) {
        rv = wfp_body_read(tee->source, bb, max, &tee->why);
        if (rv == APR_SUCCESS) {
            rv = branch->other->open ? keep(branch->other, last, bb)
                                     : APR_SUCCESS;
            return rv == APR_SUCCESS
                       ? rv
                       : wfp_result_set(res, WFP_INTERNAL, rv, NULL);
        }
        tee->ended = rv;
    }
    if (tee->ended != APR_EOF && res) {
        wfp_result_copy(res, &tee->why);
    }
    return tee->ended;
}

static apr_status_t branch_read(wfp_body_t *body, apr_bucket_brigade *bb,
                                apr_size_t max, wfp_result_t *res)
{
    branch_t *branch = body->baton;
    char *data;

    if (branch->given_up) {
        return wfp_result_set(res, WFP_BODY_TOO_LARGE, APR_ENOSPC,
                              "Body too large: its copy was read too far "
                              "ahead");
    }
    if (branch->kept.bytes == 0) {
        return read_on(branch, bb, max, res);
    }
    max = max < branch->kept.bytes ? max : branch->kept.bytes;
    data = apr_bucket_alloc(max, bb->bucket_alloc);
    max = wfp_window_take(&branch->kept, data, max);
    branch->tee->room->give(branch->tee->room->baton, max);
    APR_BRIGADE_INSERT_TAIL(bb,
                            apr_bucket_heap_create(data, max, apr_bucket_free,
                                                   bb->bucket_alloc));
    return APR_SUCCESS;
}

static void branch_close(wfp_body_t *body)
{
    branch_t *branch = body->baton;

    branch->open = 0;
    drop_kept(branch);
    if (!branch->other->open) {
        wfp_body_cancel(branch->tee->source);
    }
}

static const wfp_body_kind_t branch_kind = { "tee", branch_read, branch_close };

static int depth_of(const wfp_body_t *body)
{
    return body->kind == &branch_kind
               ? ((const branch_t *)body->baton)->tee->depth
               : 0;
}

static apr_status_t destroy_allocator(void *allocator)
{
    apr_allocator_destroy(allocator);
    return APR_SUCCESS;
}

static wfp_body_t *open_branch(branch_t *branch, tee_t *tee, branch_t *other,
                               apr_allocator_t *allocator, apr_pool_t *p)
{
    branch->tee = tee;
    branch->other = other;
    branch->open = 1;
    wfp_window_init(&branch->kept, allocator, 0);
    return wfp_body_make(&branch_kind, branch, tee->source->length, p);
}

apr_status_t wfp_tee_make(wfp_body_t **pa, wfp_body_t **pb, wfp_body_t *source,
                          const wfp_tee_room_t *room, apr_pool_t *p)
{
    apr_allocator_t *allocator;
    apr_size_t n;
    const char *data = wfp_body_peek(source, &n);
    tee_t *tee;
    apr_status_t rv;

    if (data) {
        wfp_body_cancel(source);
        *pa = wfp_body_mem(data, n, p);
        *pb = wfp_body_mem(data, n, p);
        return APR_SUCCESS;
    }
    if (depth_of(source) == WFP_TEE_DEPTH_MAX) {
        return APR_ENOSPC;
    }
    rv = apr_allocator_create(&allocator);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_allocator_max_free_set(allocator, 8 * 1024);
    apr_pool_cleanup_register(p, allocator, destroy_allocator,
                              apr_pool_cleanup_null);
    tee = apr_pcalloc(p, sizeof(*tee));
    tee->source = source;
    tee->depth = depth_of(source) + 1;
    tee->room = room;
    wfp_result_init(&tee->why, p);
    *pa = open_branch(&tee->branches[0], tee, &tee->branches[1], allocator, p);
    *pb = open_branch(&tee->branches[1], tee, &tee->branches[0], allocator, p);
    return APR_SUCCESS;
}

void wfp_tee_forget(wfp_body_t *body)
{
    if (body->kind == &branch_kind && !body->handed_on) {
        wfp_body_cancel(body);
    }
}
