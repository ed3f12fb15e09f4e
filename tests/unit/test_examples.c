/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The examples of docs/worker-api and docs/coming-from-cloudflare.md: every
 * block marked lua is a Worker that is run with the request that
 * docs/worker-api/README.md describes. A block marked text after it is what it
 * must answer. The names that those pages list are there, and the other way.
 */
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/clock.h"
#include "lua_runtime/sandbox.h"
#include "services/d1.h"
#include "services/cache.h"
#include "services/kv_file.h"
#include "services/ratelimit.h"
#include "services/sqlite.h"
#include "tests/unit/example_r2.h"
#include "tests/unit/runtime_fixture.h"

#define PAGES      TOP_SRCDIR "/docs/worker-api"
#define CLOUDFLARE "../coming-from-cloudflare.md"

#define DATABASE "00000000-0000-4000-8000-000000000001"

#define PAGES_MAX 64
static const char *pages[PAGES_MAX];
static int page_count, page_at;

static apr_status_t answer(wfp_response_t **presp, const char *text,
                           apr_pool_t *p)
{
    *presp = wfp_response_make(200, p);
    wfp_headers_add((*presp)->headers, "content-type", "text/plain");
    wfp_headers_add((*presp)->headers, "x-internal", "secret");
    (*presp)->body = wfp_body_mem(text, strlen(text), p);
    return APR_SUCCESS;
}

/* gzip of "origin: packed" */
static const char packed[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x2f\xca\x4c\xcf\xcc"
    "\xb3\x52\x28\x48\x4c\xce\x4e\x4d\x01\x00\xe3\x48\x99\xef\x0e\x00"
    "\x00\x00";

static apr_status_t example_fetch(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                                  wfp_request_t *req, wfp_result_t *res)
{
    if (strstr(req->url, "169.254.")) {
        return wfp_result_set(res, WFP_EGRESS_BLOCKED, APR_EACCES,
                              "Address not allowed");
    }
    if (strstr(req->url, "/packed")) {
        (void)!answer(presp, "", ctx->pool); /* always succeeds */
        wfp_headers_addn((*presp)->headers, "content-encoding", "gzip");
        (*presp)->body = wfp_body_mem(packed, sizeof(packed) - 1, ctx->pool);
        return APR_SUCCESS;
    }
    return answer(presp,
                  apr_psprintf(ctx->pool, "origin: %s %s", req->method,
                               req->url),
                  ctx->pool);
}

static apr_status_t example_dispatch(wfp_response_t **presp,
                                     wfp_host_ctx_t *ctx,
                                     const wfp_dispatch_t *what,
                                     wfp_request_t *req, wfp_result_t *res)
{
    if (strcmp(what->name, "customer-a") != 0) {
        return wfp_result_set(res, WFP_WORKER_NOT_FOUND, APR_NOTFOUND,
                              "Worker not found: %s", what->name);
    }
    return answer(presp, "hello from customer-a", ctx->pool);
}

static wfp_kv_handle_t kv_file;

static apr_status_t close_kv(void *data)
{
    memset(&kv_file, 0, sizeof(kv_file));
    return APR_SUCCESS;
}

/* A namespace that is empty at first. */
static apr_status_t open_kv(wfp_host_ctx_t *ctx, wfp_result_t *res)
{
    wfp_sqlite_open_t how = wfp_kv_file_how;
    char *dir = apr_pstrdup(ctx->pool, "/tmp/wfp-examples-XXXXXX");
    const char *path;
    apr_status_t rv = APR_EGENERAL;

    kv_file.pool = ctx->pool;
    apr_pool_cleanup_register(ctx->pool, NULL, close_kv, apr_pool_cleanup_null);
    if (!mkdtemp(dir)) {
        return rv;
    }
    rv = wfp_sqlite_start(dir, ctx->pool);
    path = apr_pstrcat(ctx->pool, dir, "/kv.sqlite", NULL);
    if (rv == APR_SUCCESS) {
        rv = wfp_sqlite_open(&kv_file.db, path, &how, res, ctx->pool);
    }
    if (rv == APR_SUCCESS) { /* and all its files */
        rv = wfp_sqlite_exec(kv_file.db, "PRAGMA user_version = 1", res);
    }
    (void)apr_file_remove(path, ctx->pool);
    (void)apr_file_remove(apr_pstrcat(ctx->pool, path, "-wal", NULL),
                          ctx->pool);
    (void)apr_file_remove(apr_pstrcat(ctx->pool, path, "-shm", NULL),
                          ctx->pool);
    (void)apr_dir_remove(dir, ctx->pool);
    return rv;
}

static apr_status_t example_kv(wfp_host_ctx_t *ctx,
                               const wfp_binding_t *binding,
                               wfp_kv_call_t *call, int is_counted,
                               wfp_result_t *res)
{
    apr_status_t rv = kv_file.db ? APR_SUCCESS : open_kv(ctx, res);

    apr_pool_create(&call->pool, ctx->pool);
    return rv == APR_SUCCESS ? wfp_kv_file_run(&kv_file, call, res) : rv;
}

/* One cache, which keeps one response. */
static unsigned char cached[WFP_CACHE_OBJECT_MAX];
static unsigned cached_size;

static apr_status_t keep_one(void *baton, const unsigned char *id,
                             apr_time_t expires, unsigned char *data,
                             unsigned size, apr_pool_t *p)
{
    memcpy(cached, data, size);
    cached_size = size;
    return APR_SUCCESS;
}

static apr_status_t get_one(void *baton, const unsigned char *id,
                            unsigned char *data, unsigned *psize, apr_pool_t *p)
{
    memcpy(data, cached, cached_size);
    *psize = cached_size;
    return cached_size ? APR_SUCCESS : APR_NOTFOUND;
}

static apr_status_t drop_one(void *baton, const unsigned char *id,
                             apr_pool_t *p)
{
    cached_size = 0;
    return APR_SUCCESS;
}

static apr_status_t example_cache(wfp_host_ctx_t *ctx, wfp_cache_call_t *call,
                                  wfp_result_t *res)
{
    static const wfp_cache_backend_t one = { NULL, keep_one, get_one,
                                             drop_one };

    call->pool = ctx->pool;
    return wfp_cache_run(&one, call, apr_time_now(), res, ctx->pool);
}

static apr_status_t example_bucket(wfp_host_ctx_t *ctx,
                                   const wfp_binding_t *binding,
                                   wfp_r2_call_t *call, wfp_result_t *res)
{
    return example_r2(TOP_SRCDIR "/conf/schema", ctx->pool, call, res);
}

static int example_limit(wfp_host_ctx_t *ctx, const wfp_rate_ask_t *ask)
{
    static wfp_ratelimit_t *limits; /* of the case before: another pool's */
    static apr_pool_t *of;

    if (of != ctx->pool
        && wfp_ratelimit_create(&limits, NULL, ctx->pool) != APR_SUCCESS) {
        return 0;
    }
    of = ctx->pool;
    return wfp_ratelimit_take(limits, ask, wfp_clock_now());
}

static apr_status_t example_point(wfp_host_ctx_t *ctx, const char *dataset,
                                  const char *owner, const wfp_point_t *point,
                                  wfp_result_t *res)
{
    return APR_SUCCESS;
}

static apr_status_t example_service(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                                    const wfp_binding_t *binding,
                                    wfp_request_t *req, wfp_result_t *res)
{
    return answer(presp, "hello from a service", ctx->pool);
}

static apr_status_t example_call(const char **presult, wfp_host_ctx_t *ctx,
                                 const wfp_binding_t *binding,
                                 const char *method, const char *args,
                                 wfp_result_t *res)
{
    /* a table of the name and the first argument, as isolates write it */
    *presult = apr_psprintf(ctx->pool, "00000999;Ts%d:%ss6:called%ss4:withE",
                            (int)strlen(method), method, strchr(args, ';') + 1);
    return APR_SUCCESS;
}

static apr_status_t remove_database(void *data)
{
    static const char *const names[] = { "/d1/" DATABASE ".sqlite-shm",
                                         "/d1/" DATABASE ".sqlite-wal",
                                         "/d1/" DATABASE ".sqlite" };
    const char *dir = data;
    char path[200];
    int i;

    for (i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof(path), "%s%s", dir, names[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof(path), "%s/d1", dir);
    (void)rmdir(path);
    (void)rmdir(dir);
    return APR_SUCCESS;
}

/* A database of the case's own, made when it is asked for first. */
static apr_status_t example_sql(wfp_sql_answer_t **panswer, wfp_host_ctx_t *ctx,
                                const wfp_sql_call_t *call, wfp_result_t *res)
{
    char *dir = apr_pstrdup(ctx->pool, "/tmp/wfp-example-XXXXXX");
    wfp_sql_answer_t *answer;
    wfp_d1_t *d1;
    apr_status_t rv;

    if (!ctx->data) {
        if (!mkdtemp(dir)) {
            return APR_EGENERAL;
        }
        apr_pool_cleanup_register(ctx->pool, dir, remove_database,
                                  apr_pool_cleanup_null);
        rv = wfp_sqlite_start(dir, ctx->pool);
        rv = rv == APR_SUCCESS ? wfp_d1_create(&d1, dir, 0, ctx->pool) : rv;
        rv = rv == APR_SUCCESS ? wfp_d1_make(d1, DATABASE, res) : rv;
        if (rv != APR_SUCCESS) {
            return rv;
        }
        ctx->data = d1;
    }
    answer = apr_pcalloc(ctx->pool, sizeof(*answer));
    apr_pool_create(&answer->pool, ctx->pool);
    *panswer = answer;
    return wfp_d1_run(answer, ctx->data, call,
                      wfp_clock_now() + apr_time_from_sec(5), NULL, res);
}

static void example_pass_through(wfp_host_ctx_t *ctx)
{
}

static apr_status_t example_queue(wfp_host_ctx_t *ctx,
                                  const wfp_binding_t *binding,
                                  const wfp_queue_send_t *send,
                                  wfp_result_t *res)
{
    return APR_SUCCESS;
}

static void add_binding(wfp_script_t *script, const char *name,
                        wfp_binding_e kind, const char *text)
{
    wfp_binding_t *b = apr_array_push(script->bindings);

    memset(b, 0, sizeof(*b));
    b->name = name;
    b->kind = kind;
    b->text = text;
    b->text_size = text ? strlen(text) : 0;
    b->target = kind == WFP_BINDING_D1 ? DATABASE : "target";
}

static wfp_isolate_t *make_isolate(wfp_test_t *t, const char *text)
{
    wfp_limits_t limits = fixture_limits();
    wfp_script_t *script = fixture_script(text, t->pool);
    const wfp_runtime_t *runtime = fixture(t);
    wfp_isolate_t *iso = NULL;
    wfp_result_t res;

    fixture_host.fetch = example_fetch;
    fixture_host.dispatch = example_dispatch;
    fixture_host.service = example_service;
    fixture_host.service_call = example_call;
    fixture_host.sql = example_sql;
    fixture_host.pass_through = example_pass_through;
    fixture_host.kv = example_kv;
    fixture_host.queue = example_queue;
    fixture_host.limit = example_limit;
    fixture_host.point = example_point;
    fixture_host.cache = example_cache;
    fixture_host.r2 = example_bucket;
    script->version_tag = "v1";
    add_binding(script, "GREETING", WFP_BINDING_PLAIN_TEXT, "hello");
    add_binding(script, "API_KEY", WFP_BINDING_SECRET_TEXT, "s3cr3t");
    add_binding(script, "SETTINGS", WFP_BINDING_JSON,
                "{\"limit\":10,\"tags\":[\"a\",\"b\"]}");
    add_binding(script, "DISPATCHER", WFP_BINDING_DISPATCH_NAMESPACE, NULL);
    add_binding(script, "SVC", WFP_BINDING_SERVICE, NULL);
    add_binding(script, "DB", WFP_BINDING_D1, NULL);
    add_binding(script, "KV", WFP_BINDING_KV_NAMESPACE, NULL);
    add_binding(script, "BUCKET", WFP_BINDING_R2_BUCKET, NULL);
    add_binding(script, "POINTS", WFP_BINDING_ANALYTICS, NULL);
    add_binding(script, "LIMIT", WFP_BINDING_RATELIMIT, "3/60");
    add_binding(script, "QUEUE", WFP_BINDING_QUEUE, NULL);
    add_binding(script, "VERSION", WFP_BINDING_VERSION_METADATA, NULL);
    wfp_result_init(&res, t->pool);
    if (wfp_isolate_create(&iso, runtime, script, &limits, 1, &res, t->pool)
        != APR_SUCCESS) {
        printf("# %s\n", res.message);
        CHECK(iso != NULL);
    }
    return iso;
}

/* The request that the pages speak of. */
static wfp_request_t *make_request(apr_pool_t *p)
{
    static const char body[] = "{\"item\":\"book\",\"count\":2}";
    static const wfp_cf_t cf = { "192.0.2.7", "HTTP/1.1", NULL, NULL };
    wfp_request_t *req;

    req = wfp_request_make("POST", "https://shop.example/orders?id=7", p);
    wfp_headers_add(req->headers, "host", "shop.example");
    wfp_headers_add(req->headers, "content-type", "application/json");
    wfp_headers_add(req->headers, "cookie", "session=abc");
    req->body = wfp_body_mem(body, sizeof(body) - 1, p);
    req->redirect = WFP_REDIRECT_MANUAL;
    req->cf = &cf;
    return req;
}

/* Run one Worker; its answer as text, or "error: ..." */
static const char *run_example(wfp_test_t *t, const char *text)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso = make_isolate(t, text);
    apr_time_t deadline = wfp_clock_now() + apr_time_from_sec(5);
    wfp_response_t *resp = NULL;
    wfp_invocation_t *inv;
    wfp_host_ctx_t ctx;
    wfp_result_t res;
    const char *body = "";
    apr_size_t n;

    memset(&ctx, 0, sizeof(ctx));
    ctx.pool = t->pool;
    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_run_begin(&inv, iso, &ctx, &limits, deadline,
                            "00000099;Ts4:frees4:planE", NULL, t->pool),
              APR_SUCCESS);
    if (wfp_run_fetch(&resp, inv, make_request(t->pool), &res) != APR_SUCCESS
        || (resp->body
            && wfp_body_slurp(&body, &n, resp->body, 1 << 20, &res, t->pool)
                   != APR_SUCCESS)) {
        body = apr_pstrcat(t->pool, "error: ", res.message, NULL);
    }
    if (wfp_run_pending(inv)) {
        CHECK_INT(wfp_run_wait_until(inv, &ctx, deadline, &res), APR_SUCCESS);
    }
    (void)wfp_run_end(inv);
    wfp_isolate_destroy(iso);
    return body;
}

/* The text of the next block of that kind from *pat on, or NULL; *pat then
 * stands behind it. */
static const char *next_block(const char **pat, const char *mark, apr_pool_t *p)
{
    const char *start = strstr(*pat, mark), *end;

    if (!start) {
        return NULL;
    }
    start += strlen(mark);
    end = strstr(start, "\n```");
    if (!end) {
        return NULL;
    }
    *pat = end + 4;
    return apr_pstrmemdup(p, start, (apr_size_t)(end - start));
}

static char *read_page(wfp_test_t *t, const char *name)
{
    const char *path = apr_pstrcat(t->pool, PAGES "/", name, NULL);
    apr_size_t n = 200000;
    char *text = apr_pcalloc(t->pool, n + 1);
    apr_file_t *file;

    CHECK_INT(apr_file_open(&file, path, APR_READ, 0, t->pool), APR_SUCCESS);
    CHECK_INT(apr_file_read_full(file, text, n, &n), APR_EOF);
    CHECK_INT(apr_file_close(file), APR_SUCCESS);
    return text;
}

static void examples_of_a_page(wfp_test_t *t)
{
    const char *name = pages[page_at++];
    const char *at = read_page(t, name), *code, *next;

    while ((code = next_block(&at, "```lua\n", t->pool)) != NULL) {
        const char *got = run_example(t, code), *want, *after = at;

        next = strstr(at, "```lua\n");
        want = next_block(&after, "```text\n", t->pool);
        if (want && (!next || after < next)) {
            if (strcmp(got, want) != 0) {
                printf("# %s: got \"%s\" of:\n# %.60s\n", name, got, code);
            }
            CHECK_STR(got, want);
        }
        else if (strncmp(got, "error: ", 7) == 0) {
            printf("# %s: %s in:\n# %.60s\n", name, got, code);
            CHECK(strncmp(got, "error: ", 7) != 0);
        }
    }
}

/* The first name of " names ..." that text does not have, NULL: it has all.
 * Lua's own names are not asked for; *pcount counts the others. */
static const char *missing(int *pcount, const char *names, const char *text,
                           apr_pool_t *p)
{
    const char *const *g;
    char *last, *name = apr_strtok(apr_pstrdup(p, names), " ", &last);

    for (; name; name = apr_strtok(NULL, " ", &last)) {
        apr_size_t n = strlen(name);

        for (g = wfp_sandbox_globals(); *g; g++) {
            if (strncmp(*g, name, n) == 0 && ((*g)[n] == '.' || !(*g)[n])) {
                break;
            }
        }
        if (*g) {
            continue;
        }
        ++*pcount;
        if (!strstr(text, name)) {
            return name;
        }
    }
    return NULL;
}

/* Every global of the Worker API, and what is in it, stands in some page, and
 * on the page for those who come from Cloudflare. */
static void globals_have_their_page(wfp_test_t *t)
{
    static const char code[] =
        "return { fetch = function() local t = {} "
        "for k, v in pairs(_G) do t[#t + 1] = k "
        "if type(v) == 'table' and v ~= _G then for m, f in pairs(v) do "
        "t[#t + 1] = k .. '.' .. m end end end "
        "return Response.new(table.concat(t, ' ')) end }";
    const char *names = run_example(t, code), *all = "", *name;
    int i, count = 0;

    for (i = 0; i < page_count; i++) {
        all = apr_pstrcat(t->pool, all, read_page(t, pages[i]), NULL);
    }
    name = missing(&count, names, all, t->pool);
    if (!name) {
        all = read_page(t, CLOUDFLARE);
        name = missing(&count, names, all, t->pool);
    }
    if (name) {
        printf("# %s has no page, or is not on " CLOUDFLARE "\n", name);
    }
    CHECK(name == NULL);
    CHECK(count > 80);
}

/* The paths that the Lua column of a row names: "a.b:c" of `a.b:c(...)`. */
static const char *row_paths(const char *row, apr_pool_t *p)
{
    const char *at = strstr(row + 2, " | "), *end, *paths = "";

    end = at ? strstr(at + 3, " | ") : NULL;
    while (end && (at = strchr(at, '`')) != NULL && at < end) {
        apr_size_t n = strspn(++at, "abcdefghijklmnopqrstuvwxyz_.:0123456789"
                                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

        if (n) {
            paths = apr_pstrcat(p, paths, "'", apr_pstrmemdup(p, at, n), "', ",
                                NULL);
        }
        at = strchr(at, '`') + 1;
    }
    return paths;
}

/* What the page's Lua column names is there, in objects of each class. */
static void cloudflare_page_is_true(wfp_test_t *t)
{
    static const char code[] =
        "return { fetch = function(request, env, ctx) "
        "local form = FormData.new() form:append('f', { data = 'x' }) "
        "local objects = setmetatable({ request = request, env = env, "
        "ctx = ctx, response = Response.new('x'), headers = Headers.new(), "
        "body = Response.new('x').body, url = URL.new('http://a/'), "
        "params = URLSearchParams.new(), form = form, file = form:get('f'), "
        "rewriter = HTMLRewriter.new(), "
        "fetcher = env.DISPATCHER:get('a'), "
        "controller = AbortController.new(), "
        "signal = AbortSignal.abort('why') }, { __index = _G }) "
        "for _, path in ipairs(paths) do local at = objects "
        "for name in path:gmatch('[^.:]+') do "
        "local ok, found = pcall(function() return at[name] end) "
        "if not ok or found == nil then return Response.new(path) end "
        "at = found end end "
        "return Response.new('all of ' .. #paths) end }";
    char *last, *line, *text = read_page(t, CLOUDFLARE);
    const char *paths = "", *got;

    for (line = apr_strtok(text, "\n", &last); line;
         line = apr_strtok(NULL, "\n", &last)) {
        if (strncmp(line, "| ", 2) == 0 && !strstr(line, "not there yet")) {
            paths = apr_pstrcat(t->pool, paths, row_paths(line, t->pool), NULL);
        }
    }
    got = run_example(t, apr_pstrcat(t->pool, "local paths = { ", paths, "}\n",
                                     code, NULL));
    printf("# the page's names: %s\n", got);
    CHECK(strncmp(got, "all of ", 7) == 0 && atol(got + 7) > 140);
}

int main(void)
{
    static wfp_test_case_t cases[PAGES_MAX + 3];
    apr_finfo_t info;
    apr_dir_t *dir;
    apr_pool_t *p;

    apr_initialize();
    if (apr_pool_create(&p, NULL) != APR_SUCCESS
        || apr_dir_open(&dir, PAGES, p) != APR_SUCCESS) {
        printf("1..1\nnot ok 1 - no " PAGES "\n");
        return 1;
    }
    pages[page_count++] = cases[0].name = CLOUDFLARE;
    cases[0].fn = examples_of_a_page;
    while (page_count < PAGES_MAX
           && apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        apr_size_t n = strlen(info.name);

        if (n > 3 && strcmp(info.name + n - 3, ".md") == 0) {
            pages[page_count] = apr_pstrdup(p, info.name);
            cases[page_count].name = pages[page_count];
            cases[page_count].fn = examples_of_a_page;
            page_count++;
        }
    }
    (void)apr_dir_close(dir); /* it was only read */
    cases[page_count].name = "globals have their page";
    cases[page_count].fn = globals_have_their_page;
    cases[page_count + 1].name = "coming from Cloudflare: the names are there";
    cases[page_count + 1].fn = cloudflare_page_is_true;
    return wfp_test_run(cases);
}
