/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CLIENT_WORLD_H
#define WFP_CLIENT_WORLD_H

/**
 * @file
 * A client and an origin for the client's tests.
 */

#include <apr_strings.h>

#include "outbound/client.h"
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

static inline apr_status_t end_world(void *data)
{
    world_t *w = data;

    origin_stop(&w->origin);
    return APR_SUCCESS;
}

static inline world_t *make_world_with(wfp_test_t *t,
                                       wfp_client_config_t *config)
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

static inline world_t *make_world(wfp_test_t *t)
{
    wfp_client_config_t config = { .connections_max = 64,
                                   .connections_per_origin = 16,
                                   .user_agent = "wfp" };

    return make_world_with(t, &config);
}

static inline wfp_request_t *request(world_t *w, const char *method,
                                     const char *path)
{
    return wfp_request_make(method,
                            apr_psprintf(w->req_pool, "http://127.0.0.1:%d%s",
                                         w->origin.port, path),
                            w->req_pool);
}

static inline apr_status_t go(wfp_response_t **presp, world_t *w,
                              wfp_request_t *req)
{
    return wfp_client_send(presp, w->client, req, &w->terms, &w->res);
}

static inline wfp_response_t *get(world_t *w, const char *path)
{
    wfp_test_t *t = w->t;
    wfp_response_t *resp = NULL;

    CHECK_INT(go(&resp, w, request(w, "GET", path)), 0);
    return resp;
}

static inline const char *text(world_t *w, wfp_response_t *resp)
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
static inline void fails(world_t *w, const char *path, wfp_code_e code)
{
    wfp_test_t *t = w->t;
    wfp_response_t *resp = NULL;

    CHECK(go(&resp, w, request(w, "GET", path)) != APR_SUCCESS);
    CHECK_INT(w->res.code, code);
    CHECK(!strstr(w->res.message, "127.0.0"));
}

#endif
