/* SPDX-License-Identifier: Apache-2.0 */
#include "core/body.h"
#include "tests/unit/wfp_test.h"

typedef struct source_t {
    int left;
    int closed;
    int fail;
} source_t;

static apr_status_t source_read(wfp_body_t *body, apr_bucket_brigade *bb,
                                apr_size_t max, wfp_result_t *res)
{
    source_t *s = body->baton;

    if (s->fail) {
        return wfp_result_set(res, WFP_NETWORK_ERROR, APR_ECONNRESET, NULL);
    }
    if (s->left == 0) {
        return APR_EOF;
    }
    s->left--;
    return apr_brigade_write(bb, NULL, NULL, "0123456789", 10);
}

static void source_close(wfp_body_t *body)
{
    source_t *s = body->baton;

    s->closed++;
}

static const wfp_body_kind_t source_kind = { "test", source_read,
                                             source_close };

static void memory_is_not_copied(wfp_test_t *t)
{
    static const char text[] = "hello";
    wfp_body_t *body = wfp_body_mem(text, 5, t->pool);
    const char *data;
    apr_size_t n;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK(wfp_body_peek(body, &n) == text && n == 5);
    CHECK_INT(wfp_body_slurp(&data, &n, body, 5, &res, t->pool), 0);
    CHECK(data == text && n == 5 && body->used);
    CHECK(wfp_body_peek(body, &n) == NULL);
    CHECK_INT(wfp_body_slurp(&data, &n, body, 5, &res, t->pool), 0);
    CHECK_INT(n, 0);
}

static void stream_is_read_to_its_end(wfp_test_t *t)
{
    source_t s = { 3, 0, 0 };
    wfp_body_t *body = wfp_body_make(&source_kind, &s, -1, t->pool);
    const char *data;
    apr_size_t n;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_body_slurp(&data, &n, body, 30, &res, t->pool), 0);
    CHECK_INT(n, 30);
    CHECK_INT(body->done, 30);
    CHECK_INT(s.closed, 1);
    wfp_body_cancel(body);
    CHECK_INT(s.closed, 1);
}

static void too_large_is_refused(wfp_test_t *t)
{
    source_t s = { 3, 0, 0 };
    wfp_body_t *body = wfp_body_make(&source_kind, &s, -1, t->pool);
    const char *data;
    apr_size_t n;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_body_slurp(&data, &n, body, 29, &res, t->pool), APR_ENOSPC);
    CHECK_INT(res.code, WFP_BODY_TOO_LARGE);
    CHECK_INT(s.closed, 1);
    /* with a known length nothing is read at all */
    s.left = 3;
    body = wfp_body_make(&source_kind, &s, 30, t->pool);
    CHECK_INT(wfp_body_slurp(&data, &n, body, 29, &res, t->pool), APR_ENOSPC);
    CHECK_INT(s.left, 3);
}

static void failure_is_told_and_closes(wfp_test_t *t)
{
    source_t s = { 3, 0, 1 };
    wfp_body_t *body = wfp_body_make(&source_kind, &s, -1, t->pool);
    const char *data;
    apr_size_t n;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_body_slurp(&data, &n, body, 99, &res, t->pool),
              APR_ECONNRESET);
    CHECK_INT(res.code, WFP_NETWORK_ERROR);
    CHECK_INT(s.closed, 1);
}

static void pool_end_closes(wfp_test_t *t)
{
    source_t s = { 3, 0, 0 };
    apr_pool_t *sub;

    CHECK_INT(apr_pool_create(&sub, t->pool), 0);
    wfp_body_make(&source_kind, &s, -1, sub);
    apr_pool_destroy(sub);
    CHECK_INT(s.closed, 1);
}

static void a_cap_ends_a_stream(wfp_test_t *t)
{
    source_t s = { 3, 0, 0 };
    wfp_body_t *body = wfp_body_make(&source_kind, &s, -1, t->pool);
    const char *data;
    apr_size_t n;
    wfp_result_t res, over;

    wfp_result_init(&res, t->pool);
    wfp_result_init(&over, t->pool);
    (void)wfp_result_set(&over, WFP_BODY_TOO_LARGE, APR_ENOSPC, "too much");
    over.limit = "response_mb";
    body = wfp_body_cap(body, 25, &over, t->pool);
    CHECK_INT(wfp_body_slurp(&data, &n, body, 100, &res, t->pool), APR_ENOSPC);
    CHECK_INT(res.code, WFP_BODY_TOO_LARGE);
    CHECK_STR(res.limit, "response_mb");
    CHECK_INT(s.closed, 1);
    s.left = 3;
    body = wfp_body_make(&source_kind, &s, -1, t->pool);
    body = wfp_body_cap(body, 30, &over, t->pool);
    CHECK_INT(wfp_body_slurp(&data, &n, body, 100, &res, t->pool), 0);
    CHECK_INT(n, 30);
}

typedef struct circle_t {
    apr_status_t inner;
    int cancels;
    int closed;
} circle_t;

static apr_status_t circle_read(wfp_body_t *body, apr_bucket_brigade *bb,
                                apr_size_t max, wfp_result_t *res)
{
    circle_t *c = body->baton;

    c->inner = wfp_body_read(body, bb, max, res);
    if (c->cancels) {
        wfp_body_cancel(body);
    }
    return c->closed ? APR_EGENERAL
                     : apr_brigade_write(bb, NULL, NULL, "abc", 3);
}

static void circle_close(wfp_body_t *body)
{
    circle_t *c = body->baton;

    c->closed++;
}

static const wfp_body_kind_t circle_kind = { "circle", circle_read,
                                             circle_close };

static void a_source_cannot_read_its_body(wfp_test_t *t)
{
    apr_bucket_alloc_t *alloc = apr_bucket_alloc_create(t->pool);
    apr_bucket_brigade *bb = apr_brigade_create(t->pool, alloc);
    circle_t c = { 0, 0, 0 };
    wfp_body_t *body = wfp_body_make(&circle_kind, &c, -1, t->pool);
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_body_read(body, bb, 10, &res), APR_SUCCESS);
    CHECK_INT(c.inner, APR_EBUSY);
    CHECK_INT(res.code, WFP_EXCEPTION);
    CHECK_INT(body->done, 3);
    c.cancels = 1;
    CHECK_INT(wfp_body_read(body, bb, 10, &res), APR_SUCCESS);
    CHECK_INT(c.closed, 1);
    CHECK_INT(wfp_body_read(body, bb, 10, &res), APR_EOF);
    CHECK_INT(c.closed, 1);
}

static const wfp_test_case_t cases[] = {
    { "memory is not copied", memory_is_not_copied },
    { "a stream is read to its end", stream_is_read_to_its_end },
    { "too large is refused", too_large_is_refused },
    { "failure is told and closes", failure_is_told_and_closes },
    { "the pool's end closes", pool_end_closes },
    { "a cap ends a stream", a_cap_ends_a_stream },
    { "a source cannot read its body", a_source_cannot_read_its_body },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
