/* SPDX-License-Identifier: Apache-2.0 */
/* Whose work unpacking is: budget, memory, end. */
#include "core/clock.h"
#include "lua_runtime/unpacked.h"

#include <zlib.h>

#include "lua_runtime/inside.h"
#include "tests/unit/runtime_fixture.h"

#define SIZE  (apr_size_t)(64 * 1024 * 1024)
#define FETCH "fetch('http://o.example/', { decompress = true })"
#define WORKER(body)                                                           \
    "return { fetch = function(request, env, ctx) " body " end }"

/* gzip of SIZE zeros */
static char packed[128 * 1024];
static apr_size_t packed_size;

static void pack(wfp_test_t *t)
{
    z_stream z;

    memset(&z, 0, sizeof(z));
    CHECK_INT(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 8, 0), Z_OK);
    z.next_in = apr_pcalloc(t->pool, SIZE);
    z.avail_in = (uInt)SIZE;
    z.next_out = (Bytef *)packed;
    z.avail_out = sizeof(packed);
    CHECK_INT(deflate(&z, Z_FINISH), Z_STREAM_END);
    packed_size = sizeof(packed) - z.avail_out;
    (void)deflateEnd(&z);
}

static apr_status_t packed_fetch(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                                 wfp_request_t *req, wfp_result_t *res)
{
    *presp = wfp_response_make(200, ctx->pool);
    wfp_headers_add((*presp)->headers, "Content-Encoding", "gzip");
    (*presp)->body = wfp_body_mem(packed, packed_size, ctx->pool);
    return APR_SUCCESS;
}

typedef struct world_t {
    wfp_limits_t limits;
    wfp_isolate_t *iso;
    wfp_host_ctx_t ctx;
    wfp_invocation_t *inv;
    wfp_response_t *resp;
    wfp_result_t res;
    apr_bucket_brigade *bb;
} world_t;

/* Run it up to its response. */
static apr_status_t begin(wfp_test_t *t, world_t *w, const char *text,
                          apr_int64_t cpu_ms)
{
    wfp_request_t *req = wfp_request_make("GET", "http://a.example/", t->pool);

    memset(w, 0, sizeof(*w));
    if (!packed_size) {
        pack(t);
    }
    w->limits = fixture_limits();
    w->limits.v[WFP_LIMIT_CPU_MS] = cpu_ms;
    w->iso = fixture_isolate(t, text, &w->limits);
    fixture_host.fetch = packed_fetch;
    w->ctx.pool = t->pool;
    w->bb = apr_brigade_create(t->pool, apr_bucket_alloc_create(t->pool));
    wfp_result_init(&w->res, t->pool);
    CHECK_INT(wfp_run_begin(&w->inv, w->iso, &w->ctx, &w->limits,
                            wfp_clock_now() + apr_time_from_sec(20), NULL, NULL,
                            t->pool),
              APR_SUCCESS);
    return wfp_run_fetch(&w->resp, w->inv, req, &w->res);
}

static apr_status_t read_on(world_t *w, apr_size_t *pn)
{
    apr_status_t rv = wfp_body_read(w->resp->body, w->bb, WFP_BODY_CHUNK,
                                    &w->res);
    apr_off_t n = 0;

    if (rv == APR_SUCCESS) {
        rv = apr_brigade_length(w->bb, 1, &n);
        (void)apr_brigade_cleanup(w->bb); /* always succeeds */
    }
    *pn += (apr_size_t)n;
    return rv;
}

static void end(world_t *w)
{
    (void)wfp_run_end(w->inv);
    wfp_isolate_destroy(w->iso);
}

static apr_int64_t cpu_us(const world_t *w)
{
    wfp_usage_t usage;

    wfp_run_usage(&usage, w->inv);
    return usage.cpu_us;
}

static void its_cpu_time_while_others_read(wfp_test_t *t)
{
    apr_size_t n = 0;
    apr_int64_t before;
    double mine;
    world_t w;

    CHECK_INT(begin(t, &w, WORKER("return " FETCH), 20000), APR_SUCCESS);
    CHECK(wfp_run_owns_body(w.inv));
    before = cpu_us(&w);
    mine = fixture_cpu_ms();
    while (read_on(&w, &n) == APR_SUCCESS) {
    }
    mine = fixture_cpu_ms() - mine;
    CHECK_INT(n, SIZE);
    /* what reads it is cheap beside that */
    CHECK((double)(cpu_us(&w) - before) > mine * 1000 / 3);
    CHECK((double)(cpu_us(&w) - before) <= mine * 1000);
    CHECK(!wfp_run_owns_body(w.inv));
    end(&w);
}

static void over_its_limit(wfp_test_t *t)
{
    apr_size_t n = 0;
    apr_status_t rv;
    wfp_result_t told;
    world_t w;

    CHECK_INT(begin(t, &w, WORKER("return " FETCH), 5), APR_SUCCESS);
    while ((rv = read_on(&w, &n)) == APR_SUCCESS) {
    }
    CHECK(n > 0 && n < SIZE);
    CHECK_INT(w.res.code, WFP_CPU_LIMIT);
    CHECK_STR(w.res.limit, "cpu_ms");
    CHECK_STR(w.res.worker, "customer-a");
    CHECK_INT(w.res.allowed, 5);
    CHECK(wfp_isolate_is_dead(w.iso) && !wfp_run_owns_body(w.inv));
    CHECK_INT(read_on(&w, &n), APR_EOF);
    wfp_result_init(&told, t->pool);
    CHECK(wfp_run_tell(&told, w.inv));
    CHECK_INT(told.code, WFP_CPU_LIMIT);
    end(&w);
}

static void over_its_limit_within(wfp_test_t *t)
{
    world_t w;

    CHECK(begin(t, &w,
                WORKER("local body = " FETCH ".body pcall(function() "
                       "while body:read() do end end) "
                       "return Response.new('survived')"),
                5)
          != APR_SUCCESS);
    CHECK_INT(w.res.code, WFP_CPU_LIMIT);
    CHECK(wfp_isolate_is_dead(w.iso));
    end(&w);
}

static void memory_comes_back(wfp_test_t *t)
{
    world_t w;

    CHECK_INT(begin(t, &w,
                    WORKER("for _ = 1, 500 do local r = " FETCH
                           " r.body:read(1) r.body:cancel() end "
                           "return Response.new('all')"),
                    5000),
              APR_SUCCESS);
    /* reading takes some, too, but not as much as they */
    CHECK(w.inv->budget.charged < (apr_size_t)WFP_UNPACK_COST * 500 / 4);
    CHECK(!wfp_run_owns_body(w.inv));
    end(&w);
}

/* Many that are all open cost what they hold. */
static void memory_is_charged(wfp_test_t *t)
{
    world_t w;

    CHECK(begin(t, &w,
                WORKER("local all = {} while true do local r = " FETCH
                       " r.body:read(1) all[#all + 1] = r end"),
                20000)
          != APR_SUCCESS);
    CHECK_INT(w.res.code, WFP_MEMORY_LIMIT);
    end(&w);
}

static void what_nobody_gets_is_not_waited_for(wfp_test_t *t)
{
    apr_size_t n = 0;
    world_t w;

    CHECK_INT(begin(t, &w,
                    WORKER("local r = " FETCH " return Response.new('no')"),
                    20),
              APR_SUCCESS);
    CHECK(!wfp_run_owns_body(w.inv));
    end(&w);

    CHECK_INT(begin(t, &w, WORKER("return " FETCH), 20), APR_SUCCESS);
    CHECK_INT(read_on(&w, &n), APR_SUCCESS);
    end(&w);
    CHECK_INT(read_on(&w, &n), APR_ECONNABORTED);
    CHECK(strstr(w.res.message, "has ended"));
}

static const wfp_test_case_t cases[] = {
    { "its_cpu_time_while_others_read", its_cpu_time_while_others_read },
    { "over_its_limit", over_its_limit },
    { "over_its_limit_within", over_its_limit_within },
    { "memory_comes_back", memory_comes_back },
    { "memory_is_charged", memory_is_charged },
    { "what_nobody_gets_is_not_waited_for",
      what_nobody_gets_is_not_waited_for },
    { NULL, NULL },
};

int main(void)
{
    return fixture_main(cases);
}
