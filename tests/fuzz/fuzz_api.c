/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "METHOD PATH?QUERY", a newline, a Content-Type, a newline, a body: a request
 * of an admin to the REST API over a real store, from its path to its answer.
 * Of httpd there is only what reads the body and takes the answer. The store
 * is made anew now and then, or it would grow with every Worker.
 */
#include <apr_env.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_connection.h>
#include <unistd.h>

#include "admin/api.h"
#include "admin/api_route.h"
#include "core/json.h"
#include "core/keyring.h"
#include "lua_runtime/run.h"
#include "outbound/policy.h"
#include "store/namespaces.h"
#include "store/tokens.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_name = "api";

#define RUNS_A_WORLD 500
#define WORKER                                                                 \
    "PUT /accounts/a/workers/dispatch/namespaces/demo/scripts/w\n\n"           \
    "return { fetch = function() end }"

/* What all requests share for a while. */
typedef struct world_t {
    apr_pool_t *pool;
    wfp_api_server_t api;
    const char *file;
    const char *secret;
    int runs;
} world_t;

/* The one request. */
static struct {
    const char *body;
    apr_size_t size;
    int given;
    char *answer;
    apr_size_t answer_size;
} now;

/* ---- httpd's part -------------------------------------------------------- */

int ap_rwrite(const void *data, int n, request_rec *r)
{
    FUZZ_CHECK(!now.answer && n >= 0);
    now.answer = apr_pstrmemdup(r->pool, data, (apr_size_t)n);
    now.answer_size = (apr_size_t)n;
    return n;
}

int ap_rflush(request_rec *r)
{
    return 0;
}

const char *ap_run_http_scheme(const request_rec *r)
{
    return "http";
}

apr_off_t ap_get_limit_req_body(const request_rec *r)
{
    return 0;
}

void ap_set_content_type(request_rec *r, const char *type)
{
    r->content_type = type;
}

void ap_set_content_length(request_rec *r, apr_off_t n)
{
    r->clength = n;
}

int ap_request_has_body(request_rec *r)
{
    return 1;
}

/* no answer of this API is a stream */
apr_status_t ap_pass_brigade(ap_filter_t *filter, apr_bucket_brigade *bb)
{
    FUZZ_CHECK(0);
    return APR_EGENERAL;
}

apr_bucket *ap_bucket_error_create(int error, const char *buf, apr_pool_t *p,
                                   apr_bucket_alloc_t *alloc)
{
    FUZZ_CHECK(0);
    return NULL;
}

apr_bucket *ap_bucket_eoc_create(apr_bucket_alloc_t *alloc)
{
    FUZZ_CHECK(0);
    return NULL;
}

/* ---- the world ----------------------------------------------------------- */

static apr_status_t read_body(void *baton, request_rec *r,
                              apr_bucket_brigade *bb, apr_size_t max)
{
    apr_size_t n = now.size < max ? now.size : max;

    FUZZ_CHECK(!now.given); /* nobody asks for more than all */
    if (n) {
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_heap_create(now.body, n, NULL,
                                                           bb->bucket_alloc));
    }
    now.body += n;
    now.size -= n;
    if (!now.size) {
        now.given = 1;
        APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(bb->bucket_alloc));
    }
    return APR_SUCCESS;
}

static void publish(void *baton, const wfp_change_t *change, apr_pool_t *p)
{
    FUZZ_CHECK(change->stamp > 0);
}

static apr_status_t check_target(const char *target, wfp_result_t *res,
                                 apr_pool_t *p)
{
    return wfp_policy_add(wfp_policy_make(p), 1, target, res);
}

static apr_status_t remove_files(void *data)
{
    const world_t *world = data;
    static const char *const ends[] = { "", "-wal", "-shm", "-lock", "-key" };
    apr_pool_t *p;
    int i;

    apr_pool_create(&p, NULL);
    for (i = 0; i < 5; i++) {
        (void)apr_file_remove(apr_pstrcat(p, world->file, ends[i], NULL), p);
    }
    apr_pool_destroy(p);
    return APR_SUCCESS;
}

static void open_store(world_t *world, wfp_result_t *res)
{
    apr_pool_t *p = world->pool;
    apr_array_header_t *schema;
    const char *dir;
    char *root;
    int applied;

    if (apr_env_get(&root, "srcdir", p) != APR_SUCCESS) {
        root = (char *)"..";
    }
    FUZZ_CHECK(apr_temp_dir_get(&dir, p) == APR_SUCCESS);
    world->file = apr_psprintf(p, "%s/wfp-fuzz-%ld.db", dir, (long)getpid());
    apr_pool_cleanup_register(p, world, remove_files, apr_pool_cleanup_null);
    FUZZ_CHECK(
        wfp_store_open(&world->api.store, "sqlite3", world->file, 0, res, p)
        == APR_SUCCESS);
    FUZZ_CHECK(wfp_store_read_schema(&schema, "sqlite3",
                                     apr_pstrcat(p, root, "/conf/schema", NULL),
                                     res, p)
               == APR_SUCCESS);
    FUZZ_CHECK(wfp_store_migrate(&applied, world->api.store, schema, res, p)
               == APR_SUCCESS);
}

static void make_key(world_t *world, wfp_result_t *res)
{
    const char *path = apr_pstrcat(world->pool, world->file, "-key", NULL);

    FUZZ_CHECK(wfp_keyring_make(path, res, world->pool) == APR_SUCCESS);
    FUZZ_CHECK(wfp_keyring_load(&world->api.keys, path, res, world->pool)
               == APR_SUCCESS);
}

static void make_world(world_t *world)
{
    static wfp_limit_policy_t policy;
    static wfp_runtime_t runtime;
    static const wfp_actor_t actor = { "0", "fuzz", "api", "192.0.2.1" };
    wfp_token_t token = { .name = "fuzz", .role = "admin" };
    wfp_namespace_t demo = { .name = "demo" }, old = { .name = "old" };
    wfp_result_t res;

    memset(world, 0, sizeof(*world));
    apr_pool_create(&world->pool, NULL);
    wfp_result_init(&res, world->pool);
    open_store(world, &res);
    make_key(world, &res);
    FUZZ_CHECK(wfp_run_child_init(&runtime, &res) == APR_SUCCESS);
    wfp_limit_policy_clear(&policy);
    wfp_limits_clear(&demo.limits);
    wfp_limits_clear(&old.limits);
    token.namespaces = apr_array_make(world->pool, 1, sizeof(const char *));
    FUZZ_CHECK(wfp_namespaces_create(world->api.store, &demo, &actor, &res,
                                     world->pool)
               == APR_SUCCESS);
    FUZZ_CHECK(
        wfp_namespaces_create(world->api.store, &old, &actor, &res, world->pool)
        == APR_SUCCESS);
    FUZZ_CHECK(wfp_tokens_create(&world->secret, world->api.store, &token,
                                 &actor, &res, world->pool)
               == APR_SUCCESS);
    FUZZ_CHECK(
        wfp_registry_create(&world->api.registry, 1 << 20, &res, world->pool)
        == APR_SUCCESS);
    FUZZ_CHECK(wfp_api_rate_create(&world->api.rate, &res, world->pool)
               == APR_SUCCESS);
    world->api.account = "a";
    world->api.limits = &policy;
    world->api.runtime = &runtime;
    world->api.versions_kept = 2;
    world->api.rate_requests = 1000000;
    world->api.rate_window = apr_time_from_sec(60);
    world->api.read_body = read_body;
    world->api.publish = publish;
    world->api.check_target = check_target;
}

/* ---- a request ----------------------------------------------------------- */

/* A row that is found has the values that the path has: the path they make
 * finds it again. */
static void check_route(const char *method, const char *path, apr_pool_t *p)
{
    apr_table_t *params = apr_table_make(p, 4), *again = apr_table_make(p, 4);
    const wfp_api_route_t *route, *other;
    const char *allow, *made = "", *at;

    wfp_api_route_find(&route, &allow, params, method, path, p);
    FUZZ_CHECK(!route || !allow);
    for (at = route ? route->pattern : ""; *at;) {
        apr_size_t n = strcspn(at, "{");
        const char *end = at[n] ? strchr(at, '}') : NULL;
        const char *name, *value;

        made = apr_pstrcat(p, made, apr_pstrmemdup(p, at, n), NULL);
        at += n;
        if (end) {
            int is_raw = end[-1] == '*'; /* as it was in the path */

            name = apr_pstrmemdup(p, at + 1,
                                  (apr_size_t)(end - at - 1)
                                      - (apr_size_t)(is_raw || end[-1] == '+'));
            value = apr_table_get(params, name);
            FUZZ_CHECK(value && *value && (is_raw || wfp_json_is_utf8(value)));
            if (is_raw) {
                made = apr_pstrcat(p, made, value, NULL);
            }
            for (; *value && !is_raw; value++) {
                made = apr_psprintf(p, "%s%%%02x", made, (unsigned char)*value);
            }
            at = end + 1;
        }
    }
    if (route) {
        wfp_api_route_find(&other, &allow, again, method, made, p);
        FUZZ_CHECK(other == route);
    }
}

static void check_answer(const request_rec *r, apr_pool_t *p)
{
    wfp_json_t *doc, *errors;

    FUZZ_CHECK(r->status >= 200 && r->status != 500 && r->status != 503);
    FUZZ_CHECK(now.answer && (apr_off_t)now.answer_size == r->clength);
    if (strcmp(r->content_type, "application/json")) {
        FUZZ_CHECK(r->status == 200);
        return;
    }
    FUZZ_CHECK(wfp_json_parse(&doc, now.answer, now.answer_size, NULL, p)
               == APR_SUCCESS);
    errors = wfp_json_get(doc, "errors", p);
    if (wfp_json_get(doc, "success", p)) { /* else the description */
        FUZZ_CHECK(wfp_json_is_true(wfp_json_get(doc, "success", p))
                   == (r->status == 200));
        FUZZ_CHECK((wfp_json_size(errors) > 0) == (r->status >= 400));
    }
}

static void ask(world_t *world, char *line, const char *type, apr_pool_t *p)
{
    request_rec *r = apr_pcalloc(p, sizeof(*r));
    char *path = strchr(line, ' '), *query;

    if (!path) {
        return;
    }
    *path++ = '\0';
    query = strchr(path, '?');
    if (query) {
        *query++ = '\0';
    }
    r->pool = p;
    r->method = line;
    r->args = query;
    r->headers_in = apr_table_make(p, 4);
    r->headers_out = apr_table_make(p, 4);
    r->notes = apr_table_make(p, 1);
    r->connection = apr_pcalloc(p, sizeof(*r->connection));
    r->connection->bucket_alloc = apr_bucket_alloc_create(p);
    r->useragent_ip = (char *)"192.0.2.1";
    FUZZ_CHECK(apr_sockaddr_info_get(&r->useragent_addr, "192.0.2.1", APR_INET,
                                     1, 0, p)
               == APR_SUCCESS);
    apr_table_setn(r->headers_in, "Authorization",
                   apr_pstrcat(p, "Bearer ", world->secret, NULL));
    if (*type) {
        apr_table_setn(r->headers_in, "Content-Type", type);
    }
    check_route(line, wfp_api_route_path(path), p);
    FUZZ_CHECK(wfp_api_handle(r, path, &world->api) == OK);
    check_answer(r, p);
}

/* @param text  to be written to */
static void take(world_t *world, char *text, size_t n)
{
    char *type = strchr(text, '\n'),
         *body = type ? strchr(type + 1, '\n') : NULL;
    apr_pool_t *p;

    if (body) {
        apr_pool_create(&p, NULL);
        *type++ = '\0';
        *body++ = '\0';
        memset(&now, 0, sizeof(now));
        now.body = body;
        now.size = n - (size_t)(body - text);
        ask(world, text, type, p);
        apr_pool_destroy(p);
    }
}

static world_t the_world;

static void begin(void)
{
    char worker[] = WORKER;

    make_world(&the_world);
    take(&the_world, worker, sizeof(worker) - 1);
}

static void end(void)
{
    apr_pool_destroy(the_world.pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *text = fuzz_text(data, n);

    if (!the_world.pool) {
        apr_initialize();
        begin();
        atexit(end);
    }
    else if (++the_world.runs == RUNS_A_WORLD) {
        end();
        begin();
    }
    take(&the_world, text, n);
    free(text);
    return 0;
}
