/* SPDX-License-Identifier: Apache-2.0 */
/* Which request follows a redirect. */
#include "outbound/redirect.h"

#include "tests/unit/wfp_test.h"

typedef struct case_t {
    wfp_request_t *req;
    wfp_response_t *resp;
    wfp_request_t *next;
    wfp_result_t res;
} case_t;

static case_t *make(wfp_test_t *t, const char *method, int status,
                    const char *location)
{
    case_t *c = apr_pcalloc(t->pool, sizeof(*c));

    wfp_result_init(&c->res, t->pool);
    c->req = wfp_request_make(method, "http://a.example:8080/dir/page?q#f",
                              t->pool);
    wfp_headers_add(c->req->headers, "Authorization", "secret");
    wfp_headers_add(c->req->headers, "Cookie", "c=1");
    wfp_headers_add(c->req->headers, "Content-Type", "text/plain");
    wfp_headers_add(c->req->headers, "X-Kept", "1");
    c->req->body = wfp_body_mem("data", 4, t->pool);
    wfp_body_cancel(c->req->body); /* the first hop has sent it */
    c->resp = wfp_response_make(status, t->pool);
    if (location) {
        wfp_headers_add(c->resp->headers, "Location", location);
    }
    return c;
}

static apr_status_t next(case_t *c, int hop)
{
    return wfp_redirect_next(&c->next, c->req, c->resp, hop, &c->res);
}

static void methods(wfp_test_t *t)
{
    static const struct {
        int status;
        const char *before, *after;
    } rows[] = {
        { 301, "POST", "GET" },    { 302, "POST", "GET" },
        { 303, "POST", "GET" },    { 303, "PUT", "GET" },
        { 303, "HEAD", "HEAD" },   { 301, "PUT", "PUT" },
        { 302, "HEAD", "HEAD" },   { 307, "POST", "POST" },
        { 308, "PATCH", "PATCH" },
    };
    apr_size_t i, n;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        case_t *c = make(t, rows[i].before, rows[i].status, "/x");
        int same = !strcmp(rows[i].before, rows[i].after);

        CHECK_INT(next(c, 0), 0);
        CHECK(c->next);
        CHECK_STR(c->next->method, rows[i].after);
        CHECK_INT(c->next->body != NULL, same);
        if (same) {
            CHECK_STR(wfp_body_peek(c->next->body, &n), "data");
            CHECK_INT(n, 4);
        }
        CHECK_INT(wfp_headers_get(c->next->headers, "Content-Type") != NULL,
                  same);
        CHECK(wfp_headers_get(c->req->headers, "Content-Type"));
    }
}

static void targets(wfp_test_t *t)
{
    static const struct {
        const char *location, *url;
        int secret;
    } rows[] = {
        { "other", "http://a.example:8080/dir/other", 1 },
        { "/top?x=1#f", "http://a.example:8080/top?x=1", 1 },
        { "//a.example:8080/b", "http://a.example:8080/b", 1 },
        { "http://A.example:8080/b", "http://a.example:8080/b", 1 },
        { "http://a.example/b", "http://a.example/b", 0 },
        { "https://a.example:8080/b", "https://a.example:8080/b", 0 },
        { "http://b.example:8080/b", "http://b.example:8080/b", 0 },
        { "http://2130706433/", "http://127.0.0.1/", 0 },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        case_t *c = make(t, "GET", 302, rows[i].location);
        const wfp_headers_t *h;

        CHECK_INT(next(c, 0), 0);
        CHECK_STR(c->next->url, rows[i].url);
        h = c->next->headers;
        CHECK_INT(wfp_headers_get(h, "Authorization") != NULL, rows[i].secret);
        CHECK_INT(wfp_headers_get(h, "Cookie") != NULL, rows[i].secret);
        CHECK_STR(wfp_headers_get(h, "X-Kept"), "1");
    }
}

/* What logs in by the URL does so there only. */
static void user_info_stays_with_its_origin(wfp_test_t *t)
{
    static const struct {
        const char *location, *url;
    } rows[] = {
        { "//b.example/x", "http://b.example/x" },
        { "http://b.example/x", "http://b.example/x" },
        { "https://a.example/x", "https://a.example/x" },
        { "http://u2:p2@b.example/x", "http://u2:p2@b.example/x" },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        case_t *c = make(t, "GET", 302, rows[i].location);

        c->req->url = "http://user:pass@a.example/dir";
        CHECK_INT(next(c, 0), 0);
        CHECK_STR(c->next->url, rows[i].url);
    }
}

/* There and back again: dropped is dropped. */
static void secrets_do_not_come_back(wfp_test_t *t)
{
    case_t *c = make(t, "GET", 302, "http://b.example/");

    CHECK_INT(next(c, 0), 0);
    c->req = c->next;
    (void)wfp_headers_unset(c->resp->headers, "Location");
    wfp_headers_add(c->resp->headers, "Location", "http://a.example:8080/");
    CHECK_INT(next(c, 1), 0);
    CHECK(!wfp_headers_get(c->next->headers, "Authorization"));
    CHECK(!wfp_headers_get(c->next->headers, "Cookie"));
}

static void final_responses(wfp_test_t *t)
{
    static const int statuses[] = { 200, 201, 300, 304, 305, 306, 404, 500 };
    apr_size_t i;
    case_t *c;

    for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        c = make(t, "GET", statuses[i], "/x");
        CHECK_INT(next(c, 0), 0);
        CHECK(!c->next);
    }
    c = make(t, "GET", 302, NULL);
    CHECK_INT(next(c, 0), 0);
    CHECK(!c->next);
    c = make(t, "GET", 302, "/x");
    c->req->redirect = WFP_REDIRECT_MANUAL;
    CHECK_INT(next(c, 0), 0);
    CHECK(!c->next);
}

static void refusals(wfp_test_t *t)
{
    static const char *const wrong[] = {
        "http://",     "file:///etc/passwd",  "ftp://a.example/",
        "http://a b/", "javascript:alert(1)", NULL
    };
    const char *const *w;
    case_t *c;

    for (w = wrong; *w; w++) {
        c = make(t, "GET", 302, *w);
        CHECK(next(c, 0) != 0);
        CHECK(!c->next);
        CHECK_INT(c->res.code, WFP_NETWORK_ERROR);
    }
    c = make(t, "GET", 302, "/x");
    c->req->redirect = WFP_REDIRECT_ERROR;
    CHECK(next(c, 0) != 0);
    CHECK_INT(c->res.code, WFP_NETWORK_ERROR);
    c = make(t, "GET", 302, "/x");
    CHECK_INT(next(c, WFP_REDIRECTS_MAX - 1), 0);
    CHECK(c->next);
    CHECK(next(c, WFP_REDIRECTS_MAX) != 0);
    CHECK_INT(c->res.code, WFP_TOO_MANY_REDIRECTS);
}

static apr_status_t no_read(wfp_body_t *body, apr_bucket_brigade *bb,
                            apr_size_t max, wfp_result_t *res)
{
    return APR_EOF;
}

static void a_streamed_body_goes_once(wfp_test_t *t)
{
    static const wfp_body_kind_t kind = { "stream", no_read, NULL };
    case_t *c = make(t, "POST", 307, "/x");

    c->req->body = wfp_body_make(&kind, NULL, -1, t->pool);
    CHECK(next(c, 0) != 0);
    CHECK_INT(c->res.code, WFP_NETWORK_ERROR);
    c->resp->status = 303;
    CHECK_INT(next(c, 0), 0);
    CHECK(!c->next->body);
}

static const wfp_test_case_t cases[] = {
    { "methods", methods },
    { "targets", targets },
    { "user info stays", user_info_stays_with_its_origin },
    { "secrets do not come back", secrets_do_not_come_back },
    { "final responses", final_responses },
    { "refusals", refusals },
    { "a streamed body goes once", a_streamed_body_goes_once },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
