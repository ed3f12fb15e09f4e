/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending one request: takes a transfer, fills it in, hands it to the loop and
 * makes the response from what comes back. The egress filter of the module
 * calls it; it decides nothing about where requests may go (policy.c does).
 */
#include "outbound/client.h"

#include <apr_strings.h>
#include <curl/curl.h>
#include <string.h>

#include "core/clock.h"
#include "core/lock.h"
#include "core/url.h"
#include "outbound/client_easy.h"
#include "outbound/client_loop.h"
#include "outbound/client_pins.h"
#include "outbound/client_resolver.h"
#include "outbound/client_stream.h"
#include "outbound/client_transfer.h"
#include "outbound/head.h"

/* A response that is here as a whole and not larger is handed on as bytes in
 * memory. */
#define WHOLE_MAX (64 * 1024)

/* Look-ups of names at a time. */
#define LOOK_UPS_MAX 64

/* Free blocks that the windows' allocator keeps. */
#define ALLOCATOR_KEEPS (4 * 1024 * 1024)

static apr_status_t stop_client(void *data)
{
    wfp_client_t *client = data;

    wfp_client_resolver_abort(client->resolver);
    wfp_client_loop_stop(client->loop);
    wfp_client_transfer_free_all(client);
    return APR_SUCCESS;
}

void wfp_client_abort(wfp_client_t *client)
{
    wfp_client_loop_abort(client->loop);
    wfp_client_resolver_abort(client->resolver);
}

static apr_status_t free_client(void *data)
{
    wfp_client_t *client = data;

    if (client->resolver) {
        wfp_client_resolver_destroy(client->resolver);
    }
    apr_pool_destroy(client->pool);
    curl_global_cleanup();
    return APR_SUCCESS;
}

static apr_status_t make_allocator(wfp_client_t *client)
{
    apr_thread_mutex_t *mutex;
    apr_status_t rv = apr_allocator_create(&client->allocator);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_allocator_max_free_set(client->allocator, ALLOCATOR_KEEPS);
    rv = apr_pool_create_ex(&client->pool, NULL, NULL, client->allocator);
    if (rv != APR_SUCCESS) {
        apr_allocator_destroy(client->allocator);
        return rv;
    }
    apr_allocator_owner_set(client->allocator, client->pool);
    apr_pool_tag(client->pool, "wfp_client");
    rv = apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT,
                                 client->pool);
    if (rv == APR_SUCCESS) {
        apr_allocator_mutex_set(client->allocator, mutex);
        rv = wfp_lock_make_both(&client->mutex, &client->share_freed,
                                client->pool);
    }
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(client->pool);
    }
    return rv;
}

apr_status_t wfp_client_create(wfp_client_t **pclient,
                               const wfp_client_config_t *config,
                               wfp_result_t *res, apr_pool_t *p)
{
    wfp_client_t *client = apr_pcalloc(p, sizeof(*client));
    apr_status_t rv;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return wfp_result_set(res, WFP_INTERNAL, APR_EGENERAL,
                              "The outbound client cannot start");
    }
    rv = make_allocator(client);
    if (rv != APR_SUCCESS) {
        curl_global_cleanup();
        return wfp_result_set(res, WFP_INTERNAL, rv,
                              "The outbound client cannot start");
    }
    /* the first cleanup of p, so the last to run: bodies in p are closed */
    apr_pool_cleanup_register(p, client, free_client, apr_pool_cleanup_null);
    client->config = *config;
    client->share_max = (config->connections_max + 1) / 2;
    rv = wfp_client_resolver_create(&client->resolver,
                                    config->look_ups_max ? config->look_ups_max
                                                         : LOOK_UPS_MAX);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv,
                              "The outbound client cannot start");
    }
    rv = wfp_client_loop_create(&client->loop, config, res, client->pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_pool_pre_cleanup_register(p, client, stop_client);
    *pclient = client;
    return APR_SUCCESS;
}

/* May the transport read these bytes for as long as the response lives? */
static int outlives(const wfp_body_t *body, const wfp_request_t *req)
{
    return body->pool == req->pool
           || apr_pool_is_ancestor(body->pool, req->pool);
}

/* How the body goes out: not at all, from memory or pumped. */
static void order_body(wfp_client_order_t *order, wfp_client_transfer_t *t,
                       wfp_request_t *req)
{
    wfp_body_t *body = req->body;
    apr_size_t n = 0;
    const char *data;

    order->length = 0;
    if (!body) {
        return;
    }
    if (body->length == 0 || !strcmp(req->method, "HEAD")) {
        wfp_body_cancel(body);
        return;
    }
    data = wfp_body_peek(body, &n);
    order->length = body->length;
    if (data && outlives(body, req)) {
        order->data = data;
        wfp_body_cancel(body); /* nobody reads it a second time */
        return;
    }
    order->streamed = 1;
    t->source = body;
    t->pumped = apr_brigade_create(req->pool,
                                   apr_bucket_alloc_create(req->pool));
}

static apr_status_t ask_policy(wfp_client_transfer_t *t, wfp_url_t *url,
                               wfp_request_t *req,
                               const wfp_client_terms_t *terms,
                               wfp_result_t *res)
{
    const char *why;
    apr_status_t rv = wfp_url_parse(url, req->url, NULL, res, req->pool);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (strcmp(url->scheme, "http") != 0 && strcmp(url->scheme, "https") != 0) {
        return wfp_result_set(res, WFP_NETWORK_ERROR, APR_EINVAL,
                              "Network error: only http and https");
    }
    if (!wfp_policy_name_ok(terms->policy, url->host, url->port, &why)) {
        return wfp_result_set(res, WFP_EGRESS_BLOCKED, APR_EACCES,
                              "Egress blocked: %s", why);
    }
    t->policy = terms->policy;
    t->idle = terms->idle_timeout;
    t->moved = 0;
    t->is_over = terms->is_over;
    t->is_over_arg = terms->is_over_arg;
    t->look = terms->look;
    t->looked = wfp_clock_now();
    t->cancel = terms->cancel;
    t->told = terms->times;
    t->host = url->host;
    t->plain = !strcmp(url->scheme, "http");
    return APR_SUCCESS;
}

static apr_time_t end_of(const wfp_client_terms_t *terms)
{
    apr_time_t now = wfp_clock_now(), until = now + apr_time_from_sec(3600);

    if (terms->total_timeout > 0 && now + terms->total_timeout < until) {
        until = now + terms->total_timeout;
    }
    if (terms->deadline > 0 && terms->deadline < until) {
        until = terms->deadline;
    }
    return until;
}

static apr_status_t prepare(wfp_client_transfer_t *t, wfp_request_t *req,
                            const wfp_client_terms_t *terms, wfp_result_t *res)
{
    wfp_client_order_t order = { 0 };
    wfp_url_t url;
    apr_time_t until;
    apr_status_t rv = ask_policy(t, &url, req, terms, res);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!wfp_head_is_method(req->method)) {
        return wfp_result_set(res, WFP_NETWORK_ERROR, APR_EINVAL,
                              "Network error: the method may not be sent");
    }
    order.url = wfp_url_text(&url, 0, req->pool);
    order.method = req->method;
    order.headers = req->headers;
    order.connect_timeout = terms->connect_timeout;
    order.pool = req->pool;
    /* looking the name up is part of connecting */
    until = wfp_clock_now() + terms->connect_timeout;
    rv = wfp_client_pins_set(t, &url, terms,
                             until < t->until ? until : t->until, res,
                             req->pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    order_body(&order, t, req);
    rv = wfp_client_easy_prepare(t, &order);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_NETWORK_ERROR, rv,
                              "Network error: the request is not legal");
    }
    return APR_SUCCESS;
}

/* The head's text as a string in p. */
static char *head_text(wfp_client_transfer_t *t, apr_pool_t *p)
{
    apr_size_t n;
    char *text;

    (void)apr_thread_mutex_lock(t->mutex); /* cannot fail: our own */
    n = t->head.bytes;
    text = apr_palloc(p, n + 1);
    n = wfp_window_take(&t->head, text, n);
    (void)apr_thread_mutex_unlock(t->mutex);
    text[n] = '\0';
    return text;
}

/* A transfer that is over, and small: the body as bytes, or NULL. */
static wfp_body_t *whole_body(wfp_client_transfer_t *t, apr_pool_t *p)
{
    wfp_body_t *body = NULL;

    (void)apr_thread_mutex_lock(t->mutex); /* cannot fail: our own */
    if (t->done && t->code == 0 && t->down.bytes <= WHOLE_MAX) {
        apr_size_t n = t->down.bytes;
        char *data = apr_palloc(p, n + 1);

        n = wfp_window_take(&t->down, data, n);
        data[n] = '\0';
        body = wfp_body_mem(data, n, p);
    }
    (void)apr_thread_mutex_unlock(t->mutex);
    return body;
}

static int has_body(const wfp_response_t *resp, const wfp_request_t *req)
{
    return strcmp(req->method, "HEAD") != 0
           && wfp_response_may_have_body(resp->status);
}

/* The head is here: the response. t is ended, or the body's. */
static apr_status_t answer(wfp_response_t **presp, wfp_client_transfer_t *t,
                           wfp_request_t *req, wfp_result_t *res)
{
    wfp_response_t *resp;
    apr_off_t length;
    apr_status_t rv = wfp_head_parse(&resp, &length, head_text(t, req->pool),
                                     req->pool);

    if (rv != APR_SUCCESS) {
        wfp_client_stream_end(t);
        return wfp_result_set(res, WFP_NETWORK_ERROR, rv,
                              "Network error: the answer is no HTTP");
    }
    resp->url = req->url;
    *presp = resp;
    if (!has_body(resp, req)) {
        /* let the connection come free; the answer is good in any case */
        (void)!wfp_client_stream_wait(t, WFP_CLIENT_FOR_END, NULL);
        wfp_client_stream_end(t);
        return APR_SUCCESS;
    }
    resp->body = whole_body(t, req->pool);
    if (resp->body) {
        wfp_client_stream_end(t);
    }
    else {
        resp->body = wfp_client_stream_body(t, length, req->pool);
    }
    return APR_SUCCESS;
}

/* Run a prepared transfer up to the response's head. */
static apr_status_t run(wfp_response_t **presp, wfp_client_transfer_t *t,
                        wfp_request_t *req, wfp_result_t *res)
{
    apr_status_t rv;
    int head_done;

    wfp_client_loop_post(t->client->loop, t, WFP_CLIENT_START);
    rv = wfp_client_stream_wait(t, WFP_CLIENT_FOR_HEAD, res);
    (void)apr_thread_mutex_lock(t->mutex); /* cannot fail: our own */
    head_done = t->head_done;
    if (head_done && t->told) {
        *t->told = t->times;
        t->told->first_byte_us = wfp_clock_now() - t->begun;
    }
    (void)apr_thread_mutex_unlock(t->mutex);
    if (rv == APR_SUCCESS && head_done) {
        return answer(presp, t, req, res);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_client_easy_failure(t, res);
    }
    wfp_client_stream_end(t);
    return rv;
}

/* Why the wait for a share ended early. */
static wfp_code_e why_over(const wfp_client_terms_t *terms)
{
    wfp_code_e why = wfp_cancel_why(terms->cancel);

    return why != WFP_OK ? why : WFP_CLIENT_DISCONNECTED;
}

apr_status_t wfp_client_send(wfp_response_t **presp, wfp_client_t *client,
                             wfp_request_t *req,
                             const wfp_client_terms_t *terms, wfp_result_t *res)
{
    wfp_client_transfer_t *t = NULL;
    apr_time_t begun = wfp_clock_now();
    apr_status_t rv;

    __atomic_add_fetch(&client->transfers, 1, __ATOMIC_RELAXED);
    rv = wfp_client_transfer_take(&t, client, terms, end_of(terms));
    if (rv != APR_SUCCESS) {
        rv = wfp_result_set(res,
                            APR_STATUS_IS_TIMEUP(rv) ? WFP_TIMEOUT
                            : rv == APR_ECONNABORTED ? why_over(terms)
                                                     : WFP_INTERNAL,
                            rv, NULL);
    }
    else {
        t->begun = begun;
        rv = prepare(t, req, terms, res);
        if (rv == APR_SUCCESS) {
            rv = run(presp, t, req, res);
        }
        else {
            wfp_client_transfer_give(t);
        }
    }
    if (rv != APR_SUCCESS) {
        __atomic_add_fetch(&client->failures, 1, __ATOMIC_RELAXED);
    }
    return rv;
}

void wfp_client_stats(wfp_client_stats_t *stats, wfp_client_t *client)
{
    stats->transfers = __atomic_load_n(&client->transfers, __ATOMIC_RELAXED);
    stats->failures = __atomic_load_n(&client->failures, __ATOMIC_RELAXED);
    stats->look_ups = (apr_uint32_t)wfp_client_resolver_busy(client->resolver);
    stats->active = wfp_client_loop_active(client->loop);
}
