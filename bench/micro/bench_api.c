/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What single steps cost, without httpd: `make bench/micro/bench_api`.
 * Each line is the best of several rounds, in microseconds a run.
 */
#include "core/clock.h"
#include "tests/unit/runtime_fixture.h"

typedef struct micro_t {
    const char *name;
    const char *text;
} micro_t;

static const micro_t micros[] = {
    { "hello", "return {fetch=function(request, env, ctx) return "
               "Response.new('hello\\n') end}" },
    { "hello, one header",
      "return {fetch=function() return Response.new('hello\\n', "
      "{headers={['x-a']='b'}}) end}" },
    { "method, url, a header",
      "return {fetch=function(r) return Response.new(r.method .. r.url .. "
      "tostring(r.headers:get('host'))) end}" },
    { "URL", "return {fetch=function(r) return "
             "Response.new(URL.new(r.url).pathname) end}" },
    { "json", "return {fetch=function() return Response.json(json.decode("
              "'{\"a\":[1,2,3],\"b\":\"text\",\"c\":{\"d\":1.5}}')) end}" },
    { "fetch, passed on", "return {fetch=function(r) return fetch(r) end}" },
    { "fetch, header changed",
      "return {fetch=function(r) local x = fetch(r) x.headers:set('a', 'b') "
      "return x end}" },
    { "error caught",
      "return {fetch=function() pcall(Response.new, 'x', {status=1}) return "
      "Response.new('x') end}" },
    { NULL, NULL },
};

/* Microseconds of one run, mean of n. */
static double round_of(wfp_isolate_t *iso, const wfp_limits_t *limits, int n,
                       apr_pool_t *pool)
{
    double start = fixture_cpu_ms();
    wfp_host_ctx_t ctx;
    apr_pool_t *p;
    int i;

    (void)apr_pool_create(&p, pool);
    memset(&ctx, 0, sizeof(ctx));
    ctx.pool = p;
    for (i = 0; i < n; i++) {
        wfp_request_t *req = wfp_request_make("GET", "http://a.example/x?y", p);
        wfp_response_t *resp = NULL;
        wfp_invocation_t *inv = NULL;
        wfp_result_t res;

        wfp_headers_addn(req->headers, "Host", "a.example");
        wfp_headers_addn(req->headers, "Accept", "text/html");
        wfp_result_init(&res, p);
        if (wfp_run_begin(&inv, iso, &ctx, limits,
                          wfp_clock_now() + apr_time_from_sec(5), NULL, NULL, p)
                == APR_SUCCESS
            && wfp_run_fetch(&resp, inv, req, &res) != APR_SUCCESS) {
            printf("%s\n", res.message);
            i = n;
        }
        (void)wfp_run_end(inv);
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return (fixture_cpu_ms() - start) * 1e3 / n;
}

static void micro_run(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    const micro_t *m;

    for (m = micros; m->name; m++) {
        wfp_isolate_t *iso = fixture_isolate(t, m->text, &limits);
        double best = 1e9;
        int i;

        for (i = 0; i < 10; i++) {
            double us = round_of(iso, &limits, 5000, t->pool);

            best = us < best ? us : best;
        }
        printf("# %-24s %7.2f us\n", m->name, best);
        wfp_isolate_destroy(iso);
    }
}

static const wfp_test_case_t cases[] = {
    { "micro", micro_run },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
