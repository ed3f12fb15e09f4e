/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of a redirect: which method, body and headers the next hop has.
 * Makes requests only; the pipeline sends them. Knows no transport.
 */
#include "outbound/redirect.h"

#include <apr_strings.h>
#include <string.h>

#include "core/url.h"

/* these must not reach an origin that they were not meant for */
static const char *const secret_headers[] = {
    "Authorization",
    "Cookie",
    "Proxy-Authorization",
    NULL,
};

/* these describe a body that is sent no more */
static const char *const body_headers[] = {
    "Content-Encoding", "Content-Language", "Content-Length",
    "Content-Location", "Content-Type",     NULL,
};

static int is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307
           || status == 308;
}

static void drop(wfp_headers_t *headers, const char *const *names)
{
    for (; *names; names++) {
        (void)wfp_headers_unset(headers, *names); /* may be none */
    }
}

/* Does this status turn the method into GET? */
static int becomes_get(int status, const char *method)
{
    if (status == 303) {
        return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
    }
    return (status == 301 || status == 302) && !strcmp(method, "POST");
}

static apr_status_t resolve(wfp_url_t *to, wfp_url_t *from,
                            const char *location, const wfp_request_t *req,
                            wfp_result_t *res)
{
    if (wfp_url_parse(from, req->url, NULL, NULL, req->pool) != APR_SUCCESS
        || wfp_url_parse(to, location, req->url, NULL, req->pool)
               != APR_SUCCESS) {
        return wfp_result_set(res, WFP_NETWORK_ERROR, APR_EINVAL,
                              "Network error: the redirect's Location is no "
                              "URL");
    }
    if (strcmp(to->scheme, "http") != 0 && strcmp(to->scheme, "https") != 0) {
        return wfp_result_set(res, WFP_NETWORK_ERROR, APR_EINVAL,
                              "Network error: the redirect's Location is no "
                              "http or https URL");
    }
    return APR_SUCCESS;
}

/* The body once more: bytes in memory are still there. */
static apr_status_t repeat_body(wfp_request_t *next, const wfp_request_t *req,
                                wfp_result_t *res)
{
    if (!req->body) {
        return APR_SUCCESS;
    }
    if (!req->body->data) {
        return wfp_result_set(res, WFP_NETWORK_ERROR, APR_EINVAL,
                              "Network error: a streamed body cannot be sent "
                              "again on a redirect");
    }
    next->body = wfp_body_mem(req->body->data, (apr_size_t)req->body->length,
                              req->pool);
    return APR_SUCCESS;
}

apr_status_t wfp_redirect_next(wfp_request_t **pnext, const wfp_request_t *req,
                               const wfp_response_t *resp, int hop,
                               wfp_result_t *res)
{
    const char *location;
    wfp_request_t *next;
    wfp_url_t from, to;
    apr_status_t rv;

    *pnext = NULL;
    if (!is_redirect(resp->status) || req->redirect == WFP_REDIRECT_MANUAL) {
        return APR_SUCCESS;
    }
    if (req->redirect == WFP_REDIRECT_ERROR) {
        return wfp_result_set(res, WFP_NETWORK_ERROR, APR_EINVAL,
                              "Network error: a redirect where none was "
                              "wanted");
    }
    location = wfp_headers_get(resp->headers, "Location");
    if (!location) {
        return APR_SUCCESS;
    }
    if (hop >= WFP_REDIRECTS_MAX) {
        return wfp_result_set(res, WFP_TOO_MANY_REDIRECTS, APR_EINVAL, NULL);
    }
    rv = resolve(&to, &from, location, req, res);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    next = apr_pmemdup(req->pool, req, sizeof(*req));
    next->url = wfp_url_text(&to, 0, req->pool);
    next->headers = wfp_headers_clone(req->headers, req->pool);
    next->body = NULL;
    if (!wfp_url_same_origin(&from, &to)) {
        drop(next->headers, secret_headers);
    }
    if (becomes_get(resp->status, req->method)) {
        next->method = "GET";
        drop(next->headers, body_headers);
    }
    else {
        rv = repeat_body(next, req, res);
        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    *pnext = next;
    return APR_SUCCESS;
}
