/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP client against a real origin on loopback. */
#include "outbound/client.h"

#include <apr_strings.h>
#include <signal.h>

#include "tests/unit/origin.h"
#include "tests/unit/wfp_test.h"

typedef struct world_t {
    wfp_test_t *t;
    apr_pool_t *pool;
    origin_t origin;
    wfp_client_t *client;
    wfp_policy_t *policy;
    wfp_client_terms_t terms;
    wfp_result_t res;
    apr_pool_t *req_pool;
} world_t;

static apr_status_t end_world(void *data)
{
    world_t *w = data;

    origin_stop(&w->origin);
    return APR_SUCCESS;
}

static world_t *make_world_with(wfp_test_t *t, wfp_client_config_t *config)
{
    world_t *w = apr_pcalloc(t->pool, sizeof(*w));

    w->t = t;
    CHECK(origin_start(&w->origin));
    apr_pool_cleanup_register(t->pool, w, end_world, apr_pool_cleanup_null);
    apr_pool_create(&w->pool, t->pool);
    apr_pool_create(&w->req_pool, w->pool);
    wfp_result_init(&w->res, w->pool);
    CHECK_INT(wfp_client_create(&w->client, config, &w->res, w->pool), 0);
    w->policy = wfp_policy_make(w->pool);
    CHECK_INT(wfp_policy_add(w->policy, 1, "127.0.0.1/32", &w->res), 0);
    w->terms.policy = w->policy;
    w->terms.connect_timeout = apr_time_from_sec(2);
    w->terms.total_timeout = apr_time_from_sec(20);
    return w;
}

static world_t *make_world(wfp_test_t *t)
{
    wfp_client_config_t config = { .connections_max = 64,
                                   .connections_per_origin = 16,
                                   .user_agent = "wfp" };

    return make_world_with(t, &config);
}

static wfp_request_t *request(world_t *w, const char *method, const char *path)
{
    return wfp_request_make(method,
                            apr_psprintf(w->req_pool, "http://127.0.0.1:%d%s",
                                         w->origin.port, path),
                            w->req_pool);
}

static apr_status_t go(wfp_response_t **presp, world_t *w, wfp_request_t *req)
{
    return wfp_client_send(presp, w->client, req, &w->terms, &w->res);
}

static wfp_response_t *get(world_t *w, const char *path)
{
    wfp_test_t *t = w->t;
    wfp_response_t *resp = NULL;

    CHECK_INT(go(&resp, w, request(w, "GET", path)), 0);
    return resp;
}

static const char *text(world_t *w, wfp_response_t *resp)
{
    wfp_test_t *t = w->t;
    const char *data;
    apr_size_t n;

    CHECK(resp->body);
    CHECK_INT(wfp_body_slurp(&data, &n, resp->body, 1000000, &w->res,
                             w->req_pool),
              0);
    return data;
}

/* Fail to get path, with this code. */
static void fails(world_t *w, const char *path, wfp_code_e code)
{
    wfp_test_t *t = w->t;
    wfp_response_t *resp = NULL;

    CHECK(go(&resp, w, request(w, "GET", path)) != APR_SUCCESS);
    CHECK_INT(w->res.code, code);
    CHECK(!strstr(w->res.message, "127.0.0"));
}

static void a_small_answer(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_response_t *resp = get(w, "/hello");

    CHECK_INT(resp->status, 200);
    CHECK_STR(resp->status_text, "OK");
    CHECK_STR(wfp_headers_get(resp->headers, "content-type"), "text/plain");
    CHECK_INT(resp->body->length, 6);
    CHECK_STR(text(w, resp), "hello\n");
    CHECK(strstr(resp->url, "/hello"));
}

static void a_connection_is_used_again(wfp_test_t *t)
{
    world_t *w = make_world(t);
    int i;

    for (i = 0; i < 5; i++) {
        CHECK_STR(text(w, get(w, "/connection")), "0");
    }
    CHECK_INT(origin_count(&w->origin), 1);
}

static void chunks_come_without_trailers(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_response_t *resp = get(w, "/chunked");

    CHECK_STR(resp->status_text, "Fine");
    CHECK_STR(wfp_headers_get(resp->headers, "X-Early"), "1");
    CHECK(!wfp_headers_get(resp->headers, "X-Late"));
    CHECK(!wfp_headers_get(resp->headers, "Trailer"));
    CHECK(!wfp_headers_get(resp->headers, "Transfer-Encoding"));
    CHECK_STR(text(w, resp), "hello world");
    CHECK_STR(text(w, get(w, "/old")), "until the end");
}

static void interim_answers_are_skipped(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_response_t *resp = get(w, "/interim");

    CHECK_INT(resp->status, 200);
    CHECK(!wfp_headers_get(resp->headers, "Link"));
    CHECK_STR(wfp_headers_get(resp->headers, "X-Final"), "1");
    CHECK_STR(text(w, resp), "ok");
}

static void answers_without_a_body(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_response_t *resp;

    resp = get(w, "/204");
    CHECK_INT(resp->status, 204);
    CHECK(!resp->body);
    resp = get(w, "/304");
    CHECK_INT(resp->status, 304);
    CHECK(!resp->body);
    CHECK_INT(go(&resp, w, request(w, "HEAD", "/304")), 0);
    CHECK(!resp->body);
    CHECK_STR(wfp_headers_get(resp->headers, "Content-Length"), "9");
    CHECK_INT(origin_count(&w->origin), 1);
}

static void fields_of_the_connection_stay_there(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_response_t *resp = get(w, "/hop");

    CHECK(!wfp_headers_get(resp->headers, "Connection"));
    CHECK(!wfp_headers_get(resp->headers, "Keep-Alive"));
    CHECK(!wfp_headers_get(resp->headers, "X-Mine"));
    CHECK_STR(wfp_headers_get(resp->headers, "X-Yours"), "2");
    CHECK_STR(wfp_headers_get(resp->headers, "Content-Encoding"), "gzip");
    CHECK_INT(wfp_headers_unset(resp->headers, "Set-Cookie"), 2);
    CHECK_STR(text(w, resp), "ok");
}

static void what_goes_out(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_request_t *req = request(w, "GET", "/headers?q=1");
    wfp_response_t *resp;
    const char *head, *host;

    wfp_headers_add(req->headers, "X-Own", "value");
    wfp_headers_add(req->headers, "X-Empty", "");
    wfp_headers_add(req->headers, "Host", "evil.example");
    wfp_headers_add(req->headers, "Content-Length", "77");
    wfp_headers_add(req->headers, "Transfer-Encoding", "chunked");
    wfp_headers_add(req->headers, "Connection", "upgrade");
    wfp_headers_add(req->headers, "Proxy-Authorization", "secret");
    wfp_headers_add(req->headers, "Cookie", "c=1");
    CHECK_INT(go(&resp, w, req), 0);
    head = text(w, resp);
    host = apr_psprintf(t->pool, "\r\nHost: 127.0.0.1:%d\r\n", w->origin.port);
    CHECK(strstr(head, "GET /headers?q=1 HTTP/1.1\r\n") == head);
    CHECK(strstr(head, host));
    CHECK(strstr(head, "\r\nX-Own: value\r\n"));
    CHECK(strstr(head, "\r\nX-Empty:\r\n"));
    CHECK(strstr(head, "\r\nUser-Agent: wfp\r\n"));
    CHECK(strstr(head, "\r\nCookie: c=1\r\n"));
    CHECK(!strstr(head, "evil") && !strstr(head, "77"));
    CHECK(!strcasestr(head, "Transfer-Encoding"));
    CHECK(!strcasestr(head, "Connection:"));
    CHECK(!strcasestr(head, "Proxy-"));
    CHECK(!strcasestr(head, "Accept-Encoding"));
    CHECK_INT(go(&resp, w, request(w, "POST", "/headers")), 0);
    CHECK(strstr(text(w, resp), "\r\nContent-Length: 0\r\n"));
}

static void what_may_not_go_out(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_request_t *req = request(w, "GET", "/hello");
    wfp_response_t *resp;

    wfp_headers_addn(req->headers, "X-A", "1\r\nX-B: 2");
    CHECK(go(&resp, w, req) != 0);
    CHECK_INT(w->res.code, WFP_NETWORK_ERROR);
    CHECK(go(&resp, w, request(w, "CONNECT", "/")) != 0);
    CHECK(go(&resp, w, request(w, "GET / HTTP/1.1\r\nA:", "/")) != 0);
    req = wfp_request_make("GET", "file:///etc/passwd", w->req_pool);
    CHECK(go(&resp, w, req) != 0);
    CHECK_INT(origin_count(&w->origin), 0);
    CHECK_STR(text(w, get(w, "/hello")), "hello\n");
}

static void broken_answers(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_response_t *resp;
    const char *data;
    apr_size_t n;

    fails(w, "/close", WFP_NETWORK_ERROR);
    fails(w, "/garbage", WFP_NETWORK_ERROR);
    fails(w, "/lengths", WFP_NETWORK_ERROR);
    fails(w, "/switch", WFP_NETWORK_ERROR);
    fails(w, "/bighead/5000", WFP_NETWORK_ERROR);
    CHECK_INT(get(w, "/bighead/500")->status, 200);
    resp = get(w, "/early");
    CHECK_INT(resp->body->length, 100);
    CHECK(wfp_body_slurp(&data, &n, resp->body, 1000, &w->res, w->req_pool)
          != APR_SUCCESS);
    CHECK_INT(w->res.code, WFP_NETWORK_ERROR);
}

static void nobody_listens(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_response_t *resp;

    /* port 1023 of loopback: nobody has it, the default ports end above */
    CHECK_INT(wfp_policy_add(w->policy, 1, ":1023", &w->res), 0);
    CHECK(go(&resp, w,
             wfp_request_make("GET", "http://127.0.0.1:1023/", w->req_pool))
          != 0);
    CHECK_INT(w->res.code, WFP_NETWORK_ERROR);
}

static void deadlines_hold(wfp_test_t *t)
{
    world_t *w = make_world(t);
    apr_time_t start = apr_time_now();
    wfp_response_t *resp;
    const char *data;
    apr_size_t n;

    w->terms.total_timeout = apr_time_from_msec(150);
    fails(w, "/silent", WFP_TIMEOUT);
    w->terms.deadline = apr_time_now() + apr_time_from_msec(100);
    w->terms.total_timeout = apr_time_from_sec(20);
    fails(w, "/slow/700", WFP_TIMEOUT);
    w->terms.deadline = apr_time_now() + apr_time_from_msec(100);
    resp = get(w, "/drip/100");
    CHECK_INT(wfp_body_slurp(&data, &n, resp->body, 1000, &w->res, w->req_pool),
              APR_TIMEUP);
    CHECK_INT(w->res.code, WFP_TIMEOUT);
    CHECK(apr_time_now() - start < apr_time_from_sec(2));
}

static void the_policy_sees_addresses(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_policy_t *none = wfp_policy_make(w->pool);
    wfp_response_t *resp;
    wfp_request_t *req;

    w->terms.policy = none;
    fails(w, "/hello", WFP_EGRESS_BLOCKED);
    CHECK_INT(origin_count(&w->origin), 0);
    /* a name passes the first question, its address does not */
    req = wfp_request_make("GET",
                           apr_psprintf(w->req_pool, "http://localhost:%d/",
                                        w->origin.port),
                           w->req_pool);
    CHECK(go(&resp, w, req) != 0);
    CHECK_INT(w->res.code, WFP_EGRESS_BLOCKED);
    CHECK_STR(w->res.message, "Egress blocked: the address is not public");
    CHECK_INT(origin_count(&w->origin), 0);
    CHECK_INT(wfp_policy_add(none, 1, "localhost", &w->res), 0);
    CHECK_INT(go(&resp, w, req), 0);
}

static void a_pooled_connection_meets_the_policy(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_policy_t *mine = wfp_policy_make(w->pool);
    wfp_response_t *resp;
    wfp_request_t *req;
    int before;

    CHECK_INT(wfp_policy_add(mine, 1, "localhost", &w->res), 0);
    w->terms.policy = mine;
    req = wfp_request_make("GET",
                           apr_psprintf(w->req_pool,
                                        "http://localhost:%d/connection",
                                        w->origin.port),
                           w->req_pool);
    CHECK_INT(go(&resp, w, req), 0);
    CHECK_STR(text(w, resp), "0");
    before = origin_count(&w->origin);
    w->terms.policy = wfp_policy_make(w->pool);
    CHECK(go(&resp, w, req) != 0);
    CHECK_INT(w->res.code, WFP_EGRESS_BLOCKED);
    CHECK_INT(origin_count(&w->origin), before);
}

/* A body that makes `left` bytes in pieces, or fails. */
typedef struct source_t {
    apr_off_t left;
    int fails;
    int closed;
    pthread_t reader;
    int strange; /* somebody else's thread has read */
} source_t;

static apr_status_t source_read(wfp_body_t *body, apr_bucket_brigade *bb,
                                apr_size_t max, wfp_result_t *res)
{
    source_t *source = body->baton;
    static const char block[5000] = { 1, 1, 1 };
    apr_size_t n = sizeof(block);

    source->strange |= !pthread_equal(source->reader, pthread_self());
    if (source->left == 0 && source->fails) {
        return wfp_result_set(res, WFP_CLIENT_DISCONNECTED, APR_ECONNRESET,
                              NULL);
    }
    if (source->left == 0) {
        return APR_EOF;
    }
    n = (apr_off_t)n < source->left ? n : (apr_size_t)source->left;
    source->left -= (apr_off_t)n;
    return apr_brigade_write(bb, NULL, NULL, block, n);
}

static void source_close(wfp_body_t *body)
{
    ((source_t *)body->baton)->closed++;
}

static const wfp_body_kind_t source_kind = { "test", source_read,
                                             source_close };

static source_t *give_body(world_t *w, wfp_request_t *req, apr_off_t n,
                           apr_off_t length)
{
    source_t *source = apr_pcalloc(w->pool, sizeof(*source));

    source->left = n;
    source->reader = pthread_self();
    req->body = wfp_body_make(&source_kind, source, length, w->req_pool);
    return source;
}

/* Send n streamed bytes; what the origin got. */
static void streams(world_t *w, const char *path, apr_off_t n, apr_off_t length)
{
    wfp_test_t *t = w->t;
    wfp_request_t *req = request(w, "PUT", path);
    source_t *source = give_body(w, req, n, length);
    const char *want = apr_psprintf(w->pool, "PUT %" APR_OFF_T_FMT " ", n);
    wfp_response_t *resp;

    CHECK_INT(go(&resp, w, req), 0);
    CHECK(!strncmp(text(w, resp), want, strlen(want)));
    CHECK_INT(source->closed, 1);
    CHECK(!source->strange);
}

static void request_bodies_stream(wfp_test_t *t)
{
    world_t *w = make_world(t);

    streams(w, "/sum/0", 10, 10);
    streams(w, "/sum/0", 10, -1);
    streams(w, "/sum/0", 3000000, 3000000);
    streams(w, "/sum/0", 3000000, -1);
    streams(w, "/sum/300", 1500000, -1); /* the origin is slow */
    CHECK_INT(origin_count(&w->origin), 1);
}

static void request_bodies_in_memory(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_request_t *req = request(w, "POST", "/sum/0");
    char *data = apr_pcalloc(w->pool, 2000000);
    apr_pool_t *other;
    wfp_response_t *resp;

    memset(data, 1, 2000000);
    req->body = wfp_body_mem(data, 2000000, w->req_pool);
    CHECK_INT(go(&resp, w, req), 0);
    CHECK_STR(text(w, resp), "POST 2000000 2000000");
    CHECK(req->body->used);
    req->body = wfp_body_mem("", 0, w->req_pool);
    CHECK_INT(go(&resp, w, req), 0);
    CHECK_STR(text(w, resp), "POST 0 0");
    /* a body that may go before the response is copied piece by piece */
    apr_pool_create(&other, w->pool);
    req->method = "PATCH";
    req->body = wfp_body_mem(data, 2000000, other);
    CHECK_INT(go(&resp, w, req), 0);
    apr_pool_destroy(other);
    CHECK_STR(text(w, resp), "PATCH 2000000 2000000");
    CHECK_STR(text(w, get(w, "/hello")), "hello\n");
}

static void wrong_request_bodies(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_request_t *req = request(w, "PUT", "/sum/0");
    wfp_response_t *resp;
    source_t *source;

    (void)give_body(w, req, 50, 100);
    CHECK(go(&resp, w, req) != 0);
    CHECK_INT(w->res.code, WFP_NETWORK_ERROR);
    source = give_body(w, req, 200, 100);
    CHECK(go(&resp, w, req) != 0);
    CHECK_INT(w->res.code, WFP_NETWORK_ERROR);
    CHECK_INT(source->closed, 1);
    source = give_body(w, req, 400000, -1);
    source->fails = 1;
    CHECK_INT(go(&resp, w, req), APR_ECONNRESET);
    CHECK_INT(w->res.code, WFP_CLIENT_DISCONNECTED);
    CHECK_INT(source->closed, 1);
}

static void an_answer_before_the_body_was_read(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_request_t *req = request(w, "PUT", "/refuse");
    source_t *source = give_body(w, req, 100000000, -1);
    wfp_response_t *resp;

    if (go(&resp, w, req) == APR_SUCCESS) {
        CHECK_INT(resp->status, 413);
        wfp_body_cancel(resp->body);
    }
    CHECK(source->left > 50000000);
    CHECK_INT(source->closed, 1);
}

static void large_answers_come_whole(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_response_t *resp = get(w, "/huge/30000000");
    apr_bucket_alloc_t *alloc = apr_bucket_alloc_create(w->req_pool);
    apr_bucket_brigade *bb = apr_brigade_create(w->req_pool, alloc);
    apr_status_t rv;

    CHECK_INT(resp->body->length, 30000000);
    while ((rv = wfp_body_read(resp->body, bb, 16384, &w->res)) == 0) {
        apr_brigade_cleanup(bb);
    }
    CHECK_INT(rv, APR_EOF);
    CHECK_INT(resp->body->done, 30000000);
    CHECK_INT(origin_count(&w->origin), 1);
}

static void leaving_early(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_client_stats_t stats;
    wfp_response_t *resp;
    int i;

    for (i = 0; i < 20; i++) {
        apr_bucket_alloc_t *alloc = apr_bucket_alloc_create(w->req_pool);
        apr_bucket_brigade *bb = apr_brigade_create(w->req_pool, alloc);

        resp = get(w, "/huge/100000000");
        if (i % 3 == 0) {
            CHECK_INT(wfp_body_read(resp->body, bb, 16384, &w->res), 0);
        }
        if (i % 2 == 0) {
            wfp_body_cancel(resp->body);
        }
        apr_pool_clear(w->req_pool); /* the rest ends with the pool */
    }
    wfp_client_stats(&stats, w->client);
    CHECK_INT(stats.transfers, 20);
    CHECK_INT(stats.failures, 0);
    CHECK_INT(stats.active, 0);
}

static void the_client_ends_before_the_body(wfp_test_t *t)
{
    world_t *w = make_world(t);
    wfp_response_t *resp;

    w->req_pool = t->pool; /* lives longer than the client */
    resp = get(w, "/huge/100000000");
    CHECK(!resp->body->closed);
    w->req_pool = w->pool; /* as long as the client */
    resp = get(w, "/huge/100000000");
    CHECK(!resp->body->closed);
    wfp_body_cancel(get(w, "/huge/100000000")->body);
}

#define THREADS 8
#define ROUNDS  150

typedef struct worker_t {
    world_t *w;
    int number;
    int good;
} worker_t;

/* One fetch of a kind that depends on n. @return 1: as it should be */
static int mixed_fetch(worker_t *me, int n, apr_pool_t *p)
{
    static const char *const paths[] = { "/hello", "/huge/300000", "/chunked",
                                         "/early", "/sum/0",       "/hello" };
    world_t *w = me->w;
    const char *path = paths[(n + me->number) % 6];
    wfp_request_t *req = wfp_request_make("POST",
                                          apr_psprintf(p,
                                                       "http://127.0.0.1:%d%s",
                                                       w->origin.port, path),
                                          p);
    wfp_response_t *resp;
    wfp_result_t res;
    const char *data;
    apr_size_t size;
    apr_status_t rv;

    wfp_result_init(&res, p);
    if (!strcmp(path, "/sum/0")) {
        req->body = wfp_body_mem("abc", 3, p);
    }
    rv = wfp_client_send(&resp, w->client, req, &w->terms, &res);
    if (rv != APR_SUCCESS) {
        return 0;
    }
    if (n % 7 == 0) {
        return 1; /* left to the pool */
    }
    rv = wfp_body_slurp(&data, &size, resp->body, 1000000, &res, p);
    return strcmp(path, "/early") ? rv == 0 : rv != 0;
}

static void *work(void *data)
{
    worker_t *me = data;
    apr_pool_t *p;
    int i;

    apr_pool_create(&p, NULL);
    for (i = 0; i < ROUNDS; i++) {
        me->good += mixed_fetch(me, i, p);
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return NULL;
}

static void many_threads(wfp_test_t *t)
{
    wfp_client_config_t config = { .connections_max = 6,
                                   .connections_per_origin = 4 };
    world_t *w = make_world_with(t, &config);
    pthread_t threads[THREADS];
    worker_t workers[THREADS];
    wfp_client_stats_t stats;
    int i;

    for (i = 0; i < THREADS; i++) {
        workers[i] = (worker_t){ .w = w, .number = i };
        pthread_create(&threads[i], NULL, work, &workers[i]);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (i = 0; i < THREADS; i++) {
        CHECK_INT(workers[i].good, ROUNDS);
    }
    wfp_client_stats(&stats, w->client);
    CHECK_INT(stats.transfers, THREADS * ROUNDS);
    CHECK_INT(stats.active, 0);
}

static const wfp_test_case_t cases[] = {
    { "a small answer", a_small_answer },
    { "a connection is used again", a_connection_is_used_again },
    { "chunks come without trailers", chunks_come_without_trailers },
    { "interim answers are skipped", interim_answers_are_skipped },
    { "answers without a body", answers_without_a_body },
    { "fields of the connection stay", fields_of_the_connection_stay_there },
    { "what goes out", what_goes_out },
    { "what may not go out", what_may_not_go_out },
    { "broken answers", broken_answers },
    { "nobody listens", nobody_listens },
    { "deadlines hold", deadlines_hold },
    { "the policy sees addresses", the_policy_sees_addresses },
    { "a pooled connection meets it", a_pooled_connection_meets_the_policy },
    { "request bodies stream", request_bodies_stream },
    { "request bodies in memory", request_bodies_in_memory },
    { "wrong request bodies", wrong_request_bodies },
    { "an early answer", an_answer_before_the_body_was_read },
    { "large answers come whole", large_answers_come_whole },
    { "leaving early", leaving_early },
    { "the client ends first", the_client_ends_before_the_body },
    { "many threads", many_threads },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
