/* SPDX-License-Identifier: Apache-2.0 */
/* core/body.c under thousands of made-up sources and readers, the same ones in
 * each run: nothing is lost, doubled or read after its end, and every source is
 * closed once. */
#include "core/body.h"

#include <apr_strings.h>

#include "wfp_test.h"

#define SIZE_MAX_MADE 70000

/* A source that gives bytes in odd pieces, in memory that it uses again. */
typedef struct source_t {
    apr_uint32_t seed;
    apr_size_t size;    /* bytes in all */
    apr_size_t at;      /* bytes given */
    apr_size_t fail_at; /* fails when it has given so many */
    int closed;
    int read_after_end;
    char scratch[9000];
} source_t;

/* xorshift32 */
static apr_uint32_t next(apr_uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static char byte_at(apr_size_t i)
{
    return (char)(i * 31 + (i >> 8));
}

static void add_piece(source_t *s, apr_bucket_brigade *bb, apr_size_t from,
                      apr_size_t n, apr_pool_t *p)
{
    char *data = s->scratch + from;
    apr_bucket *b;
    apr_size_t i;

    for (i = 0; i < n; i++) {
        data[i] = byte_at(s->at + i);
    }
    s->at += n;
    switch (next(&s->seed) % 4) {
    case 0:
        b = apr_bucket_transient_create(data, n, bb->bucket_alloc);
        break;
    case 1:
        b = apr_bucket_pool_create(apr_pmemdup(p, data, n), n, p,
                                   bb->bucket_alloc);
        break;
    default:
        b = apr_bucket_heap_create(data, n, NULL, bb->bucket_alloc);
    }
    APR_BRIGADE_INSERT_TAIL(bb, b);
}

static apr_status_t odd_read(wfp_body_t *body, apr_bucket_brigade *bb,
                             apr_size_t max, wfp_result_t *res)
{
    source_t *s = body->baton;
    apr_size_t from = 0;
    int pieces = 1 + (int)(next(&s->seed) % 3);

    s->read_after_end |= s->closed;
    if (s->at >= s->fail_at) {
        return wfp_result_set(res, WFP_NETWORK_ERROR, APR_ECONNRESET, NULL);
    }
    if (s->at == s->size) {
        return APR_EOF;
    }
    memset(s->scratch, '?', sizeof(s->scratch));
    while (pieces-- > 0 && s->at < s->size) {
        apr_size_t n = 1 + next(&s->seed) % 3000;

        n = n > s->size - s->at ? s->size - s->at : n;
        add_piece(s, bb, from, n, body->pool);
        from += n;
        if (next(&s->seed) % 8 == 0) {
            APR_BRIGADE_INSERT_TAIL(bb,
                                    apr_bucket_flush_create(bb->bucket_alloc));
        }
    }
    return APR_SUCCESS;
}

static void odd_close(wfp_body_t *body)
{
    ((source_t *)body->baton)->closed++;
}

static const wfp_body_kind_t odd_kind = { "odd", odd_read, odd_close };

/* Are the n bytes at data those from the one numbered start on? */
static int is_right(const char *data, apr_size_t n, apr_size_t start)
{
    apr_size_t i;

    for (i = 0; i < n; i++) {
        if (data[i] != byte_at(start + i)) {
            return 0;
        }
    }
    return 1;
}

/* Read a few times by hand. @return bytes read; SIZE_MAX_MADE + 1: wrong ones */
static apr_size_t read_some(wfp_body_t *body, apr_uint32_t *seed,
                            wfp_result_t *res, apr_pool_t *p)
{
    apr_bucket_brigade *bb = apr_brigade_create(p, apr_bucket_alloc_create(p));
    apr_size_t total = 0, n;
    int times = (int)(next(seed) % 4);
    char *data;

    while (times-- > 0
           && wfp_body_read(body, bb, WFP_BODY_CHUNK, res) == APR_SUCCESS) {
        if (apr_brigade_pflatten(bb, &data, &n, p) != APR_SUCCESS
            || !is_right(data, n, total)) {
            return SIZE_MAX_MADE + 1;
        }
        total += n;
        apr_brigade_cleanup(bb);
    }
    return total;
}

static void make_source(source_t *s, apr_uint32_t *seed)
{
    memset(s, 0, sizeof(*s));
    s->seed = next(seed);
    s->size = next(seed) % 3 ? next(seed) % SIZE_MAX_MADE : next(seed) % 4;
    s->fail_at = APR_SIZE_MAX;
}

/* One made-up life of a body: some reads, then all the rest at once. */
static void live(wfp_test_t *t, apr_uint32_t seed, apr_pool_t *p)
{
    source_t *s = apr_palloc(p, sizeof(*s));
    wfp_result_t res;
    wfp_body_t *body;
    const char *data = NULL;
    apr_size_t before, n = 0, left;
    apr_status_t rv;

    make_source(s, &seed);
    wfp_result_init(&res, p);
    body = wfp_body_make(&odd_kind, s,
                         next(&seed) % 2 ? (apr_off_t)s->size : -1, p);
    before = read_some(body, &seed, &res, p);
    CHECK(before <= s->size);
    CHECK_INT(body->done, before);
    left = body->ended ? 0 : s->size - before;
    switch (next(&seed) % 4) {
    case 0: /* one byte too much */
        if (left) {
            rv = wfp_body_slurp(&data, &n, body, left - 1, &res, p);
            CHECK_INT(rv, APR_ENOSPC);
            CHECK_INT(res.code, WFP_BODY_TOO_LARGE);
            CHECK(data == NULL);
        }
        break;
    case 1:
        wfp_body_cancel(body);
        wfp_body_cancel(body);
        break;
    case 2: /* it fails on its way; its end may come first */
        s->fail_at = before + next(&s->seed) % 5000;
        rv = wfp_body_slurp(&data, &n, body, s->size, &res, p);
        CHECK(rv == APR_ECONNRESET || rv == APR_SUCCESS);
        if (rv == APR_ECONNRESET) {
            CHECK_INT(res.code, WFP_NETWORK_ERROR);
            CHECK(data == NULL);
        }
        break;
    default:
        rv = wfp_body_slurp(&data, &n, body, left, &res, p);
        CHECK_INT(rv, APR_SUCCESS);
        CHECK_INT(n, left);
        CHECK(is_right(data, n, before));
        CHECK_INT(data[n], '\0');
        CHECK_INT(body->done, s->size);
    }
    if (left || data) {
        CHECK(body->used && body->ended);
        CHECK_INT(s->closed, 1);
        CHECK_INT(read_some(body, &seed, &res, p), 0);
    }
    CHECK(!s->read_after_end);
}

static void nothing_is_lost_or_doubled(wfp_test_t *t)
{
    apr_uint32_t i;

    for (i = 1; i <= 3000; i++) {
        apr_pool_t *p;

        apr_pool_create(&p, t->pool);
        live(t, i * 2654435761u, p);
        apr_pool_destroy(p);
    }
}

static void memory_body_is_read_from_any_place(wfp_test_t *t)
{
    static const char text[] = "0123456789";
    apr_bucket_brigade *bb = apr_brigade_create(t->pool,
                                                apr_bucket_alloc_create(
                                                    t->pool));
    wfp_body_t *body = wfp_body_mem(text, 10, t->pool);
    wfp_result_t res;
    const char *data;
    char got[20];
    apr_size_t n = sizeof(got);

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_body_read(body, bb, 1, &res), APR_SUCCESS);
    CHECK_INT(apr_brigade_flatten(bb, got, &n), APR_SUCCESS);
    CHECK(n == (apr_size_t)body->done && !memcmp(got, text, n));
    CHECK_INT(wfp_body_slurp(&data, &n, body, 10, &res, t->pool), APR_SUCCESS);
    CHECK_INT(n + (apr_size_t)body->done, n ? 20 - n : 10);
    body = wfp_body_mem(text, 0, t->pool);
    CHECK_INT(wfp_body_slurp(&data, &n, body, 0, &res, t->pool), APR_SUCCESS);
    CHECK_INT(n, 0);
    body = wfp_body_mem(text, 10, t->pool);
    wfp_body_cancel(body);
    CHECK(wfp_body_peek(body, &n) == NULL);
    CHECK_INT(wfp_body_slurp(&data, &n, body, 0, &res, t->pool), APR_SUCCESS);
    CHECK_INT(n, 0);
}

static const wfp_test_case_t cases[] = {
    { "nothing_is_lost_or_doubled", nothing_is_lost_or_doubled },
    { "memory_body_is_read_from_any_place",
      memory_body_is_read_from_any_place },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
