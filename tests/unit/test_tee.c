/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tee.h"

#include <apr_strings.h>

#include "tests/unit/wfp_test.h"

/* A source that counts from 0: `left` bytes in pieces of at most `piece`. */
typedef struct source_t {
    int next, left;
    apr_size_t piece;
    apr_status_t end;
    int closed;
} source_t;

static apr_status_t source_read(wfp_body_t *body, apr_bucket_brigade *bb,
                                apr_size_t max, wfp_result_t *res)
{
    source_t *s = body->baton;
    apr_size_t i, n = max < s->piece ? max : s->piece;
    char buf[64];

    n = n < (apr_size_t)s->left ? n : (apr_size_t)s->left;
    if (n == 0) {
        return s->end == APR_EOF
                   ? APR_EOF
                   : wfp_result_set(res, WFP_NETWORK_ERROR, s->end, "torn");
    }
    for (i = 0; i < n; i++) {
        buf[i] = (char)('0' + s->next++ % 10);
    }
    s->left -= (int)n;
    return apr_brigade_write(bb, NULL, NULL, buf, n);
}

static void source_close(wfp_body_t *body)
{
    ((source_t *)body->baton)->closed++;
}

static const wfp_body_kind_t source_kind = { "source", source_read,
                                             source_close };

typedef struct room_t {
    apr_size_t used, max, peak;
} room_t;

static int take(void *baton, apr_size_t n)
{
    room_t *room = baton;

    if (n > room->max - room->used) {
        return 0;
    }
    room->used += n;
    room->peak = room->used > room->peak ? room->used : room->peak;
    return 1;
}

static void give(void *baton, apr_size_t n)
{
    ((room_t *)baton)->used -= n;
}

typedef struct world_t {
    source_t source;
    room_t room;
    wfp_tee_room_t terms;
    wfp_body_t *a, *b;
    apr_bucket_brigade *bb;
    wfp_result_t res;
    apr_pool_t *p;
} world_t;

static world_t *make_world(wfp_test_t *t, int left, apr_size_t room)
{
    world_t *w = apr_pcalloc(t->pool, sizeof(*w));
    wfp_body_t *body = wfp_body_make(&source_kind, &w->source, left, t->pool);

    w->p = t->pool;
    w->source.left = left;
    w->source.piece = 10;
    w->source.end = APR_EOF;
    w->room.max = room;
    w->terms.take = take;
    w->terms.give = give;
    w->terms.baton = &w->room;
    w->bb = apr_brigade_create(t->pool, apr_bucket_alloc_create(t->pool));
    wfp_result_init(&w->res, t->pool);
    CHECK_INT(wfp_tee_make(&w->a, &w->b, body, &w->terms, t->pool),
              APR_SUCCESS);
    return w;
}

/* The next bytes as text, or what ended it. */
static const char *next(world_t *w, wfp_body_t *body, apr_size_t max)
{
    apr_status_t rv = wfp_body_read(body, w->bb, max, &w->res);
    char *text;

    if (rv != APR_SUCCESS) {
        return rv == APR_EOF ? "end" : wfp_code_row(w->res.code)->code;
    }
    text = apr_pcalloc(w->p, 128);
    max = 127;
    (void)!apr_brigade_flatten(w->bb, text, &max);
    (void)!apr_brigade_cleanup(w->bb);
    return text;
}

static void both_give_all(wfp_test_t *t)
{
    world_t *w = make_world(t, 25, 100);

    CHECK_INT(w->a->length, 25);
    CHECK_STR(next(w, w->a, 64), "0123456789");
    CHECK_INT(w->room.used, 10);
    CHECK_STR(next(w, w->b, 4), "0123");
    CHECK_STR(next(w, w->b, 64), "456789");
    CHECK_INT(w->room.used, 0);
    CHECK_STR(next(w, w->b, 64), "0123456789");
    CHECK_STR(next(w, w->b, 64), "01234");
    CHECK_STR(next(w, w->b, 64), "end");
    CHECK_STR(next(w, w->a, 12), "012345678901");
    CHECK_STR(next(w, w->a, 64), "234");
    CHECK_STR(next(w, w->a, 64), "end");
    CHECK_INT(w->room.used, 0);
    CHECK_INT(w->source.closed, 1);
}

static void who_is_behind_is_given_up(wfp_test_t *t)
{
    world_t *w = make_world(t, 100, 25);
    int i;

    for (i = 0; i < 10; i++) {
        CHECK_STR(next(w, w->a, 64), "0123456789");
        CHECK(w->room.used <= 25);
    }
    CHECK_INT(w->room.used, 0);
    CHECK_STR(next(w, w->b, 64), "body_too_large");
    CHECK_STR(next(w, w->a, 64), "end");
}

static void a_cancelled_branch_costs_nothing(wfp_test_t *t)
{
    world_t *w = make_world(t, 1000, 25);

    CHECK_STR(next(w, w->a, 64), "0123456789");
    wfp_body_cancel(w->b);
    CHECK_INT(w->room.used, 0);
    CHECK_STR(next(w, w->a, 64), "0123456789");
    CHECK_INT(w->room.peak, 10);
    CHECK_INT(w->source.closed, 0);
    wfp_body_cancel(w->a);
    CHECK_INT(w->source.closed, 1);
}

static void a_failure_reaches_both(wfp_test_t *t)
{
    world_t *w = make_world(t, 10, 100);

    w->source.end = APR_EGENERAL;
    CHECK_STR(next(w, w->a, 64), "0123456789");
    CHECK_STR(next(w, w->a, 64), "network_error");
    CHECK_STR(next(w, w->b, 64), "0123456789");
    CHECK_STR(next(w, w->b, 64), "network_error");
    CHECK_STR(w->res.message, "torn");
}

static void what_nobody_has_is_forgotten(wfp_test_t *t)
{
    world_t *w = make_world(t, 1000, 100);

    w->a->handed_on = 1;
    CHECK_STR(next(w, w->a, 64), "0123456789");
    wfp_tee_forget(w->a);
    wfp_tee_forget(w->b);
    CHECK_INT(w->room.used, 0);
    CHECK_STR(next(w, w->a, 64), "0123456789");
    CHECK_STR(next(w, w->b, 64), "end");
}

static void branches_of_branches_end(wfp_test_t *t)
{
    world_t *w = make_world(t, 100, 1000);
    wfp_body_t *first = w->a, *other;
    int i;

    for (i = 1; i < WFP_TEE_DEPTH_MAX; i++) {
        CHECK_INT(wfp_tee_make(&w->b, &other, w->b, &w->terms, t->pool),
                  APR_SUCCESS);
    }
    CHECK_INT(wfp_tee_make(&w->a, &other, w->b, &w->terms, t->pool),
              APR_ENOSPC);
    CHECK_STR(next(w, w->b, 64), "0123456789");
    CHECK_STR(next(w, first, 64), "0123456789");
}

static void memory_is_shared(wfp_test_t *t)
{
    world_t *w = make_world(t, 10, 0);
    wfp_body_t *mem = wfp_body_mem("abc", 3, t->pool);

    CHECK_INT(wfp_tee_make(&w->a, &w->b, mem, &w->terms, t->pool), APR_SUCCESS);
    CHECK(mem->used);
    CHECK_STR(next(w, w->a, 64), "abc");
    CHECK_STR(next(w, w->b, 64), "abc");
    wfp_tee_forget(w->a);
    w->b->handed_on = 1;
}

static const wfp_test_case_t cases[] = {
    { "both give all", both_give_all },
    { "who is behind is given up", who_is_behind_is_given_up },
    { "a cancelled branch costs nothing", a_cancelled_branch_costs_nothing },
    { "a failure reaches both", a_failure_reaches_both },
    { "what nobody has is forgotten", what_nobody_has_is_forgotten },
    { "branches of branches end", branches_of_branches_end },
    { "memory is shared", memory_is_shared },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
