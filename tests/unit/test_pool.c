/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "lua_runtime/pool.h"
#include "runtime_fixture.h"

#define MB (1024 * 1024)

static const char hello[] =
    "return { fetch = function() return Response.new('hello') end }";

/* Takes so many MB and keeps them. */
static const char hungry[] =
    "local t = {} return { fetch = function(request) for i = 1, 1e9 do "
    "t[i] = ('x'):rep(100000) .. i end end }";
static const char full[] =
    "local t = {} return { fetch = function() for i = 1, 30 do "
    "t[i] = ('x'):rep(100000) .. i end return Response.new('full') end }";

static wfp_isolate_t *make_of(wfp_test_t *t, wfp_pool_t *pool, const char *text,
                              const char *name, apr_int64_t stamp)
{
    wfp_script_t *script = fixture_script(text, t->pool);
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso = NULL;
    wfp_result_t res;

    script->name = name;
    script->stamp = stamp;
    wfp_result_init(&res, t->pool);
    CHECK(wfp_pool_admit(pool, script->ns, name, NULL));
    wfp_runtime_t *runtime = apr_pmemdup(t->pool, fixture(t), sizeof(*runtime));

    runtime->total = wfp_pool_total(pool);
    CHECK_INT(wfp_isolate_create(&iso, runtime, script, &limits, 0, &res,
                                 t->pool),
              APR_SUCCESS);
    return iso;
}

/* An isolate of this name and version, admitted. */
static wfp_isolate_t *make(wfp_test_t *t, wfp_pool_t *pool, const char *name,
                           apr_int64_t stamp)
{
    return make_of(t, pool, hello, name, stamp);
}

static wfp_pool_stats_t stats(wfp_pool_t *pool)
{
    wfp_pool_stats_t s;

    wfp_pool_stats(&s, pool);
    return s;
}

static void what_was_given_is_taken(wfp_test_t *t)
{
    wfp_pool_t *pool;
    wfp_isolate_t *a;

    CHECK_INT(wfp_pool_create(&pool, 10, 64 * MB, t->pool), APR_SUCCESS);
    CHECK(wfp_pool_take(pool, "production", "a", 1, NULL) == NULL);
    a = make(t, pool, "a", 1);
    CHECK_INT(stats(pool).out, 1);
    wfp_pool_give(pool, a);
    CHECK_INT(stats(pool).out, 0);
    CHECK_INT(stats(pool).idle, 1);
    CHECK(stats(pool).bytes < 256 * 1024);
    CHECK(wfp_pool_take(pool, "production", "a", 2, NULL) == NULL);
    CHECK(wfp_pool_take(pool, "production", "b", 1, NULL) == NULL);
    CHECK(wfp_pool_take(pool, "", "a", 1, NULL) == NULL);
    CHECK(wfp_pool_take(pool, "production", "a", 1, NULL) == a);
    CHECK(wfp_pool_take(pool, "production", "a", 1, NULL) == NULL);
    CHECK_INT(stats(pool).warm, 1);
    CHECK_INT(stats(pool).cold, 1);
    wfp_pool_give(pool, a);
}

static void a_dead_one_is_destroyed(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    fixture_outcome_t out;
    wfp_pool_t *pool;
    wfp_isolate_t *iso;

    if (FIXTURE_CANNOT_END) {
        t->skip = "TSan delivers no signal in the VM's loops";
        return;
    }
    CHECK_INT(wfp_pool_create(&pool, 10, 64 * MB, t->pool), APR_SUCCESS);
    CHECK(wfp_pool_admit(pool, "production", "any", NULL));
    iso = fixture_isolate(t,
                          "return { fetch = function() while true do end end }",
                          &limits);
    fixture_run(&out, iso, NULL, &limits, t->pool);
    CHECK_INT(out.res.code, WFP_CPU_LIMIT);
    wfp_pool_give(pool, iso);
    CHECK_INT(stats(pool).killed, 1);
    CHECK_INT(stats(pool).idle, 0);
    CHECK_INT(stats(pool).out, 0);
    CHECK_INT(stats(pool).bytes, 0);
}

static void the_count_holds(wfp_test_t *t)
{
    wfp_isolate_t *made[20];
    wfp_pool_t *pool;
    int i;

    CHECK_INT(wfp_pool_create(&pool, 5, 64 * MB, t->pool), APR_SUCCESS);
    for (i = 0; i < 20; i++) {
        made[i] = make(t, pool, apr_psprintf(t->pool, "w%d", i), 1);
    }
    CHECK_INT(stats(pool).out, 20);
    for (i = 0; i < 20; i++) {
        wfp_pool_give(pool, made[i]);
    }
    CHECK_INT(stats(pool).idle, 5);
    CHECK_INT(stats(pool).evicted, 15);
}

static void the_bytes_hold(wfp_test_t *t)
{
    wfp_arena_share_t large = 2 * MB;
    wfp_isolate_t *made[4];
    wfp_pool_t *pool;
    int i;

    CHECK_INT(wfp_pool_create(&pool, 100, 5 * 64 * 1024, t->pool), APR_SUCCESS);
    for (i = 0; i < 4; i++) {
        made[i] = make(t, pool, apr_psprintf(t->pool, "w%d", i), 1);
    }
    /* 64 KB each, all out, and one that is led: nothing to evict */
    CHECK(!wfp_pool_admit(pool, "production", "any", &large));
    CHECK_INT(stats(pool).out, 4);
    for (i = 0; i < 4; i++) {
        wfp_pool_give(pool, made[i]);
    }
    CHECK(stats(pool).bytes < 5 * 64 * 1024);
    CHECK(wfp_pool_admit(pool, "production", "any", NULL));
    wfp_pool_withdraw(pool);
    CHECK_INT(stats(pool).out, 0);
}

/* Many large shares have it all: a small one begins, and the platform's. */
static void a_small_share_begins(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *made[8], *small;
    fixture_outcome_t out;
    wfp_pool_t *pool;
    int i;

    limits.v[WFP_LIMIT_CPU_MS] = 2000;
    CHECK_INT(wfp_pool_create(&pool, 100, 6 * MB, t->pool), APR_SUCCESS);
    for (i = 0; i < 8; i++) {
        made[i] = make_of(t, pool, hungry, apr_psprintf(t->pool, "hog%d", i),
                          1);
        fixture_run(&out, made[i], NULL, &limits, t->pool);
        CHECK_INT(out.res.code, WFP_ISOLATE_UNAVAILABLE);
    }
    CHECK(stats(pool).bytes > 6 * MB);
    CHECK(stats(pool).bytes < (6 + 8) * MB);
    small = make(t, pool, "small", 1);
    fixture_run(&out, small, NULL, &limits, t->pool);
    CHECK_INT(out.res.code, WFP_OK);
    CHECK(wfp_pool_admit(pool, "", "dispatcher", NULL));
    wfp_pool_withdraw(pool);
    wfp_pool_give(pool, small);
    for (i = 0; i < 8; i++) {
        wfp_pool_give(pool, made[i]);
    }
    CHECK_INT(wfp_pool_total(pool)->running, 0);
    CHECK_INT(stats(pool).out, 0);
}

/* Growing ones meet the end of what all may hold: idle ones go first. There is
 * some left for who comes. */
static void running_ones_count(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *one, *other, *small;
    fixture_outcome_t out;
    wfp_pool_t *pool;
    int i;

    limits.v[WFP_LIMIT_CPU_MS] = 2000;
    CHECK_INT(wfp_pool_create(&pool, 100, 6 * MB, t->pool), APR_SUCCESS);
    for (i = 0; i < 40; i++) {
        wfp_pool_give(pool,
                      make(t, pool, apr_psprintf(t->pool, "idle%d", i), 1));
    }
    one = make_of(t, pool, full, "one", 1);
    other = make_of(t, pool, hungry, "other", 1);
    small = make(t, pool, "small", 1);
    fixture_run(&out, one, NULL, &limits, t->pool);
    CHECK_INT(out.res.code, WFP_OK);
    CHECK(stats(pool).bytes > 3 * MB);
    CHECK_INT(stats(pool).idle, 40);
    fixture_run(&out, other, NULL, &limits, t->pool);
    CHECK_INT(out.res.code, WFP_ISOLATE_UNAVAILABLE);
    CHECK_INT(out.res.retry_after_s, 1);
    CHECK(stats(pool).idle < 40);
    CHECK(stats(pool).bytes <= 6 * MB);
    CHECK(wfp_pool_admit(pool, "production", "any", NULL));
    wfp_pool_withdraw(pool);
    fixture_run(&out, small, NULL, &limits, t->pool);
    CHECK_INT(out.res.code, WFP_OK);
    wfp_pool_give(pool, other);
    wfp_pool_give(pool, one);
    wfp_pool_give(pool, small);
    CHECK_INT(stats(pool).out, 0);
}

/* Of what runs one Worker has half, whoever else has little; its first one and
 * small ones run on. */
static void a_worker_has_half(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *one, *two, *rests, *other;
    fixture_outcome_t out;
    wfp_pool_t *pool;

    limits.v[WFP_LIMIT_CPU_MS] = 2000;
    CHECK_INT(wfp_pool_create(&pool, 100, 6 * MB, t->pool), APR_SUCCESS);
    one = make_of(t, pool, full, "hog", 1);
    two = make_of(t, pool, full, "hog", 1);
    rests = make(t, pool, "hog", 1);
    fixture_run(&out, one, NULL, &limits, t->pool);
    CHECK_INT(out.res.code, WFP_ISOLATE_UNAVAILABLE);
    wfp_pool_give(pool, one);
    wfp_pool_give(pool, rests);
    /* alone it may hold more than half */
    fixture_run(&out, two, NULL, &limits, t->pool);
    CHECK_INT(out.res.code, WFP_OK);
    CHECK(stats(pool).bytes > 3 * MB);
    CHECK(!wfp_pool_admit(pool, "production", "hog", NULL));
    CHECK(wfp_pool_take(pool, "production", "hog", 1, NULL) == NULL);
    CHECK_INT(stats(pool).idle, 1);
    other = make(t, pool, "other", 1);
    fixture_run(&out, other, NULL, &limits, t->pool);
    CHECK_INT(out.res.code, WFP_OK);
    wfp_pool_give(pool, other);
    /* what rests is nobody's share */
    wfp_pool_give(pool, two);
    CHECK(wfp_pool_admit(pool, "production", "hog", NULL));
    wfp_pool_withdraw(pool);
    one = wfp_pool_take(pool, "production", "hog", 1, NULL);
    CHECK(one != NULL);
    wfp_pool_give(pool, one);
    CHECK_INT(stats(pool).out, 0);
}

/* One block larger than all that is left: no idle one goes for it. */
static void a_large_block_is_refused(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    fixture_outcome_t out;
    wfp_pool_t *pool;
    wfp_isolate_t *iso;

    CHECK_INT(wfp_pool_create(&pool, 100, 4 * MB, t->pool), APR_SUCCESS);
    wfp_pool_give(pool, make(t, pool, "idle", 1));
    iso = make_of(t, pool,
                  "return { fetch = function() return Response.new(tostring(#"
                  "('x'):rep(6000000))) end }",
                  "large", 1);
    fixture_run(&out, iso, NULL, &limits, t->pool);
    CHECK_INT(out.res.code, WFP_ISOLATE_UNAVAILABLE);
    CHECK_INT(stats(pool).idle, 1);
    wfp_pool_give(pool, iso);
}

/* Threads that take, make and give at once. */
typedef struct busy_t {
    wfp_test_t test;
    wfp_pool_t *pool;
    int bad;
} busy_t;

static void *be_busy(void *data)
{
    busy_t *busy = data;
    wfp_test_t *t = &busy->test;
    int i;

    if (setjmp(t->out)) {
        busy->bad = 1;
        return NULL;
    }
    for (i = 0; i < 300; i++) {
        const char *name = i % 7 ? "hot" : apr_psprintf(t->pool, "cold%d", i);
        wfp_isolate_t *iso = wfp_pool_take(busy->pool, "production", name, 1,
                                           NULL);

        if (!iso) {
            iso = make(t, busy->pool, name, 1);
        }
        CHECK_STR(wfp_isolate_name(iso), name);
        wfp_pool_give(busy->pool, iso);
    }
    return NULL;
}

static void threads_share_it(wfp_test_t *t)
{
    pthread_t threads[4];
    busy_t busy[4];
    wfp_pool_t *pool;
    int i;

    (void)fixture(t);
    CHECK_INT(wfp_pool_create(&pool, 8, 64 * MB, t->pool), APR_SUCCESS);
    memset(busy, 0, sizeof(busy));
    for (i = 0; i < 4; i++) {
        busy[i].pool = pool;
        CHECK(apr_pool_create(&busy[i].test.pool, NULL) == APR_SUCCESS);
        CHECK(pthread_create(&threads[i], NULL, be_busy, &busy[i]) == 0);
    }
    for (i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        apr_pool_destroy(busy[i].test.pool);
        CHECK(!busy[i].bad);
    }
    CHECK_INT(stats(pool).out, 0);
    CHECK_INT(wfp_pool_total(pool)->running, 0);
    CHECK(stats(pool).idle <= 8);
}

static const wfp_test_case_t cases[] = {
    { "what_was_given_is_taken", what_was_given_is_taken },
    { "a_dead_one_is_destroyed", a_dead_one_is_destroyed },
    { "the_count_holds", the_count_holds },
    { "the_bytes_hold", the_bytes_hold },
    { "a_small_share_begins", a_small_share_begins },
    { "running_ones_count", running_ones_count },
    { "a_worker_has_half", a_worker_has_half },
    { "a_large_block_is_refused", a_large_block_is_refused },
    { "threads_share_it", threads_share_it },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
