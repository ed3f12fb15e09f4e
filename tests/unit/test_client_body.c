/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP client's bodies, both ways; leaving early; many threads. */
#include "tests/unit/client_world.h"

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

/* All transfers end, those under way and those that come. */
static void an_abort_while_many_fetch(wfp_test_t *t)
{
    world_t *w = make_world(t);
    pthread_t threads[THREADS];
    worker_t workers[THREADS];
    wfp_client_stats_t stats;
    int i;

    for (i = 0; i < THREADS; i++) {
        workers[i] = (worker_t){ .w = w, .number = i };
        pthread_create(&threads[i], NULL, work, &workers[i]);
    }
    usleep(20000);
    wfp_client_abort(w->client);
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    wfp_client_stats(&stats, w->client);
    CHECK_INT(stats.transfers, THREADS * ROUNDS);
    CHECK(stats.failures > 0);
    CHECK_INT(stats.active, 0);
}

static const wfp_test_case_t cases[] = {
    { "request bodies stream", request_bodies_stream },
    { "request bodies in memory", request_bodies_in_memory },
    { "wrong request bodies", wrong_request_bodies },
    { "an early answer", an_answer_before_the_body_was_read },
    { "large answers come whole", large_answers_come_whole },
    { "leaving early", leaving_early },
    { "the client ends first", the_client_ends_before_the_body },
    { "many threads", many_threads },
    { "an abort while many fetch", an_abort_while_many_fetch },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
