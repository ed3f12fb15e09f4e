/* SPDX-License-Identifier: Apache-2.0 */
/* All that an egress filter can do; README.md tells how to build and load it. */
#include <httpd.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_config.h>
#include <mod_wfp.h>

typedef struct capitals_t {
    const wfp_egress_api_t *api;
    wfp_body_t *inner;
    apr_bucket_brigade *raw; /* as it came from inner */
} capitals_t;

static apr_status_t capitals_read(wfp_body_t *body, apr_bucket_brigade *bb,
                                  apr_size_t max, wfp_result_t *res)
{
    capitals_t *c = body->baton;
    apr_status_t rv = c->api->body_read(c->inner, c->raw, max, res);
    apr_size_t i, n = 0;
    const char *data;

    while (rv == APR_SUCCESS && !APR_BRIGADE_EMPTY(c->raw)) {
        apr_bucket *b = APR_BRIGADE_FIRST(c->raw);

        rv = apr_bucket_read(b, &data, &n, APR_BLOCK_READ);
        for (i = 0; rv == APR_SUCCESS && i < n; i++) {
            rv = apr_brigade_putc(bb, NULL, NULL, apr_toupper(data[i]));
        }
        apr_bucket_delete(b);
    }
    return rv;
}

static void capitals_close(wfp_body_t *body)
{
    capitals_t *c = body->baton;

    c->api->body_cancel(c->inner);
}

static wfp_body_t *capitals(const wfp_egress_t *egress, wfp_body_t *inner)
{
    static const wfp_body_kind_t kind = { "capitals", capitals_read,
                                          capitals_close, NULL };
    capitals_t *c = apr_pcalloc(egress->pool, sizeof(*c));

    c->api = egress->api;
    c->inner = inner;
    c->raw = apr_brigade_create(egress->pool,
                                apr_bucket_alloc_create(egress->pool));
    return c->api->body_make(&kind, c, inner->length, egress->pool);
}

static int example_filter(wfp_egress_t *egress)
{
    const wfp_egress_api_t *api = egress->api;
    wfp_request_t *req;
    int rv;

    if (egress->abi != WFP_EGRESS_ABI) {
        return APR_ENOTIMPL; /* built for another mod_wfp: nothing goes out */
    }
    if (ap_strstr_c(egress->request->url, "/example-refuse")) {
        return api->refuse(egress, "not with this module");
    }
    if (ap_strstr_c(egress->request->url, "/example-answer")) {
        (void)api->answer(egress, 200, "from the module\n", 16);
        return WFP_EGRESS_OK;
    }
    req = api->change_request(egress);
    api->headers_set(req->headers, "X-Example",
                     apr_pstrcat(egress->pool, egress->ns, "/", egress->worker,
                                 NULL));
    if (req->body) {
        req->body = capitals(egress, req->body);
    }
    rv = api->next(egress);
    if (rv == WFP_EGRESS_OK) {
        api->headers_set(egress->response->headers, "X-Example", "answered");
    }
    return rv;
}

static void register_hooks(apr_pool_t *p)
{
    APR_OPTIONAL_HOOK(wfp, egress, example_filter, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA egress_example_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks
};
