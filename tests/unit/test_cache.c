/* SPDX-License-Identifier: Apache-2.0 */
/* The Cache API below Lua: rules of HTTP, and responses in a store that forgets. */
#include "services/cache.h"

#include <apr_date.h>
#include <apr_hash.h>
#include <apr_strings.h>

#include "core/clock.h"
#include "tests/unit/wfp_test.h"

#define NOW apr_time_from_sec(1800000000)

/* ---- a store ------------------------------------------------------------- */

typedef struct object_t {
    unsigned char *data;
    unsigned size;
} object_t;

typedef struct heap_t {
    apr_pool_t *pool;
    apr_hash_t *objects;
    int fails;
} heap_t;

static apr_status_t heap_store(void *baton, const unsigned char *id,
                               apr_time_t expires, unsigned char *data,
                               unsigned size, apr_pool_t *p)
{
    heap_t *heap = baton;
    object_t *o = apr_palloc(heap->pool, sizeof(*o));

    if (heap->fails) {
        return APR_EGENERAL;
    }
    o->data = apr_pmemdup(heap->pool, data, size);
    o->size = size;
    apr_hash_set(heap->objects, apr_pmemdup(heap->pool, id, WFP_CACHE_ID_SIZE),
                 WFP_CACHE_ID_SIZE, o);
    return APR_SUCCESS;
}

static apr_status_t heap_retrieve(void *baton, const unsigned char *id,
                                  unsigned char *data, unsigned *psize,
                                  apr_pool_t *p)
{
    heap_t *heap = baton;
    object_t *o = apr_hash_get(heap->objects, id, WFP_CACHE_ID_SIZE);

    if (!o || o->size > *psize) {
        return o ? APR_ENOSPC : APR_NOTFOUND;
    }
    memcpy(data, o->data, o->size);
    *psize = o->size;
    return APR_SUCCESS;
}

static apr_status_t heap_remove(void *baton, const unsigned char *id,
                                apr_pool_t *p)
{
    heap_t *heap = baton;

    apr_hash_set(heap->objects, id, WFP_CACHE_ID_SIZE, NULL);
    return APR_SUCCESS;
}

static wfp_cache_backend_t backend(heap_t *heap, wfp_test_t *t)
{
    wfp_cache_backend_t b = { heap, heap_store, heap_retrieve, heap_remove };

    memset(heap, 0, sizeof(*heap));
    heap->pool = t->pool;
    heap->objects = apr_hash_make(t->pool);
    return b;
}

/* ---- rules ------------------------------------------------------------------ */

/* "Name: value" lines. */
static wfp_headers_t *fields(wfp_test_t *t, const char *text)
{
    wfp_headers_t *h = wfp_headers_make(t->pool);
    char *line, *state, *copy = apr_pstrdup(t->pool, text);

    for (line = apr_strtok(copy, "\n", &state); line;
         line = apr_strtok(NULL, "\n", &state)) {
        char *value = strstr(line, ": ");

        *value = '\0';
        wfp_headers_add(h, line, value + 2);
    }
    return h;
}

static const struct {
    int status;
    const char *fields;
    apr_int64_t ttl; /* 0: it may not be kept */
} kept[] = {
    { 200, "", 7200 },
    { 301, "", 7200 },
    { 302, "", 1200 },
    { 404, "", 180 },
    { 500, "", 0 },
    { 204, "", 0 },
    { 304, "Cache-Control: max-age=5", 0 },
    { 500, "Cache-Control: max-age=5", 5 },
    { 200, "Cache-Control: max-age=5", 5 },
    { 200, "cache-control: MAX-AGE=5", 5 },
    { 200, "Cache-Control: max-age=\"5\"", 5 },
    { 200, "Cache-Control: public, max-age=5, s-maxage=9", 9 },
    { 200, "Cache-Control: s-maxage=9\nCache-Control: max-age=5", 9 },
    { 200, "Cache-Control: max-age=5\nCache-Control: max-age=9", 5 },
    { 200, "Cache-Control: s-maxage=0, max-age=5", 0 },
    { 200, "Cache-Control: max-age=0", 0 },
    { 200, "Cache-Control: max-age=-1", 0 },
    { 200, "Cache-Control: max-age=x", 0 },
    { 200, "Cache-Control: max-age=99999999999999999999", WFP_CACHE_TTL_MAX },
    { 200, "Cache-Control: no-store", 0 },
    { 200, "Cache-Control: max-age=5,no-store", 0 },
    { 200, "Cache-Control: private", 0 },
    { 200, "Cache-Control: private=\"x, y\"", 0 },
    { 200, "Cache-Control: no-cache", 0 },
    { 200, "Cache-Control: x=\"no-store\", max-age=5", 5 },
    { 200, "Cache-Control: x=\"no-store, max-age=7", 7200 },
    { 200, "Set-Cookie: a=b", 0 },
    { 200, "Set-Cookie: a=b\nCache-Control: max-age=5", 0 },
    { 200, "Set-Cookie: a=b\nCache-Control: private=Set-Cookie", 7200 },
    { 200, "Set-Cookie: a=b\nCache-Control: private=\"set-cookie\", max-age=5",
      5 },
    { 200, "Set-Cookie: a=b\nCache-Control: no-cache=\"Set-Cookie\"", 7200 },
    { 200, "Expires: 0", 0 },
    { 200, "Expires: Thu, 01 Jan 1970 00:00:00 GMT", 0 },
    { 200, "Expires: Fri, 15 Jan 2027 08:00:30 GMT", 30 },
    { 200,
      "Date: Fri, 15 Jan 2027 07:00:00 GMT\n"
      "Expires: Fri, 15 Jan 2027 07:01:00 GMT",
      60 },
    { 200, "Expires: 0\nCache-Control: max-age=5", 5 },
    { 200, "Cache-Control: max-age=50\nAge: 30", 20 },
    { 200, "Cache-Control: max-age=50\nAge: 50", 0 },
};

static void what_may_be_kept(wfp_test_t *t)
{
    unsigned i;

    for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        apr_int64_t ttl = 0;
        const char *why = wfp_cache_may_keep(&ttl, kept[i].status,
                                             fields(t, kept[i].fields), NOW);

        if (why ? kept[i].ttl != 0 : ttl != kept[i].ttl) {
            printf("# %d %s: %s\n", kept[i].status, kept[i].fields,
                   why ? why : apr_ltoa(t->pool, (long)ttl));
        }
        CHECK((why == NULL) == (kept[i].ttl != 0));
        CHECK_INT(why ? 0 : ttl, kept[i].ttl);
    }
}

static void vary(wfp_test_t *t)
{
    CHECK(wfp_cache_varies_always(fields(t, "Vary: *")));
    CHECK(wfp_cache_varies_always(fields(t, "Vary: accept\nvary: a, * ")));
    CHECK(!wfp_cache_varies_always(fields(t, "Vary: accept, b*")));
    CHECK(!wfp_cache_varies_always(fields(t, "Accept: *")));
}

static const struct {
    const char *request;
    const char *response;
    int same;
} conditions[] = {
    { "If-None-Match: \"a\"", "ETag: \"a\"", 1 },
    { "If-None-Match: W/\"a\"", "ETag: \"a\"", 1 },
    { "If-None-Match: \"a\"", "ETag: W/\"a\"", 1 },
    { "If-None-Match: \"b\", \"a\"", "ETag: \"a\"", 1 },
    { "If-None-Match: *", "ETag: \"a\"", 1 },
    { "If-None-Match: \"b\"", "ETag: \"a\"", 0 },
    { "If-None-Match: \"ab\"", "ETag: \"a\"", 0 },
    { "If-None-Match: a", "ETag: a", 0 },
    { "If-None-Match: \"a\"", "X: y", 0 },
    { "If-None-Match: \"a", "ETag: \"a\"", 0 },
    { "If-Modified-Since: Fri, 15 Jan 2027 08:00:00 GMT",
      "Last-Modified: Fri, 15 Jan 2027 08:00:00 GMT", 1 },
    { "If-Modified-Since: Fri, 15 Jan 2027 08:00:00 GMT",
      "Last-Modified: Fri, 15 Jan 2027 08:00:01 GMT", 0 },
    { "If-Modified-Since: yesterday",
      "Last-Modified: Fri, 15 Jan 2027 08:00:01 GMT", 0 },
    { "If-Modified-Since: Fri, 15 Jan 2027 08:00:00 GMT", "X: y", 0 },
    /* the tag decides */
    { "If-None-Match: \"b\"\nIf-Modified-Since: Fri, 15 Jan 2027 08:00:00 GMT",
      "ETag: \"a\"\nLast-Modified: Fri, 15 Jan 2027 08:00:00 GMT", 0 },
};

static void what_is_not_modified(wfp_test_t *t)
{
    unsigned i;

    for (i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        CHECK_INT(wfp_cache_not_modified(fields(t, conditions[i].request),
                                         fields(t, conditions[i].response)),
                  conditions[i].same);
    }
}

static const struct {
    const char *request;
    int kind;
    apr_uint64_t from, to;
} ranges[] = {
    { "Range: bytes=0-4", WFP_CACHE_PART, 0, 4 },
    { "Range: bytes=5-", WFP_CACHE_PART, 5, 9 },
    { "Range: bytes=-3", WFP_CACHE_PART, 7, 9 },
    { "Range: bytes=-30", WFP_CACHE_PART, 0, 9 },
    { "Range: bytes=3-99", WFP_CACHE_PART, 3, 9 },
    { "Range: bytes=9-9", WFP_CACHE_PART, 9, 9 },
    { "Range: bytes=10-", WFP_CACHE_NO_PART, 0, 0 },
    { "Range: bytes=-0", WFP_CACHE_NO_PART, 0, 0 },
    { "Range: bytes=5-4", WFP_CACHE_WHOLE, 0, 0 },
    { "Range: bytes=0-1,4-5", WFP_CACHE_WHOLE, 0, 0 },
    { "Range: bytes=", WFP_CACHE_WHOLE, 0, 0 },
    { "Range: bytes=a-b", WFP_CACHE_WHOLE, 0, 0 },
    { "Range: bytes=99999999999999999999999-", WFP_CACHE_WHOLE, 0, 0 },
    { "Range: lines=0-4", WFP_CACHE_WHOLE, 0, 0 },
    { "X: y", WFP_CACHE_WHOLE, 0, 0 },
    { "Range: bytes=0-4\nIf-Range: \"a\"", WFP_CACHE_PART, 0, 4 },
    { "Range: bytes=0-4\nIf-Range: \"b\"", WFP_CACHE_WHOLE, 0, 0 },
    { "Range: bytes=0-4\nIf-Range: W/\"a\"", WFP_CACHE_WHOLE, 0, 0 },
};

static void what_part_is_asked_for(wfp_test_t *t)
{
    unsigned i;

    for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        apr_uint64_t from = 0, to = 0;
        int kind = wfp_cache_range(&from, &to, fields(t, ranges[i].request),
                                   fields(t, "ETag: \"a\""), 10);

        CHECK_INT(kind, ranges[i].kind);
        if (kind == WFP_CACHE_PART) {
            CHECK_INT(from, ranges[i].from);
            CHECK_INT(to, ranges[i].to);
        }
    }
}

/* ---- calls ------------------------------------------------------------------- */

static void put(const wfp_cache_backend_t *b, wfp_test_t *t, const char *owner,
                const char *url, const char *body, apr_size_t n)
{
    wfp_cache_call_t call = { WFP_CACHE_PUT, owner, "c", url };
    wfp_result_t res;

    call.status = 200;
    call.status_text = "fine";
    call.headers = fields(t, "ETag: \"a\"\nSet-Cookie: a=b\nX-Y: z");
    call.body = body;
    call.body_size = n;
    call.ttl = 60;
    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_cache_run(b, &call, NOW, &res, t->pool), APR_SUCCESS);
}

static wfp_response_t *match(const wfp_cache_backend_t *b, wfp_test_t *t,
                             const char *owner, const char *url,
                             const char *request)
{
    wfp_cache_call_t call = { WFP_CACHE_MATCH, owner, "c", url };
    wfp_result_t res;

    call.headers = fields(t, request);
    call.max = WFP_CACHE_BODY_MAX;
    call.pool = t->pool;
    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_cache_run(b, &call, NOW + apr_time_from_sec(7), &res,
                            t->pool),
              APR_SUCCESS);
    return call.resp;
}

static const char *body_of(const wfp_response_t *resp, apr_size_t *pn)
{
    *pn = 0;
    return resp && resp->body ? wfp_body_peek(resp->body, pn) : NULL;
}

static void a_response_comes_back(wfp_test_t *t)
{
    heap_t heap;
    wfp_cache_backend_t b = backend(&heap, t);
    wfp_response_t *resp;
    apr_size_t n;

    put(&b, t, "w", "http://x/#frag", "hello", 5);
    resp = match(&b, t, "w", "http://x/", "X: y");
    CHECK(resp != NULL);
    CHECK_INT(resp->status, 200);
    CHECK_STR(resp->status_text, "fine");
    CHECK_STR(wfp_headers_get(resp->headers, "x-y"), "z");
    CHECK_STR(wfp_headers_get(resp->headers, "age"), "7");
    CHECK_STR(wfp_headers_get(resp->headers, "content-length"), "5");
    CHECK(wfp_headers_get(resp->headers, "set-cookie") == NULL);
    CHECK(!memcmp(body_of(resp, &n), "hello", 5));
    CHECK_INT(n, 5);
    resp = match(&b, t, "w", "http://x/", "If-None-Match: \"a\"");
    CHECK_INT(resp->status, 304);
    CHECK(resp->body == NULL);
    resp = match(&b, t, "w", "http://x/", "Range: bytes=1-2");
    CHECK_INT(resp->status, 206);
    CHECK(!memcmp(body_of(resp, &n), "el", 2));
    CHECK_STR(wfp_headers_get(resp->headers, "content-range"), "bytes 1-2/5");
    resp = match(&b, t, "w", "http://x/", "Range: bytes=7-");
    CHECK_INT(resp->status, 416);
}

static void nobody_elses(wfp_test_t *t)
{
    heap_t heap;
    wfp_cache_backend_t b = backend(&heap, t);

    put(&b, t, "w", "http://x/", "hello", 5);
    CHECK(match(&b, t, "v", "http://x/", "X: y") == NULL);
    CHECK(match(&b, t, "w", "http://x/y", "X: y") == NULL);
    CHECK(match(&b, t, "w\n1 1 c", "http://x/", "X: y") == NULL);
    CHECK(match(&b, t, "w", "http://x/", "X: y") != NULL);
}

static void a_large_one_is_in_pieces(wfp_test_t *t)
{
    apr_size_t size = 300000, n, i;
    char *body = apr_palloc(t->pool, size);
    heap_t heap;
    wfp_cache_backend_t b = backend(&heap, t);
    wfp_response_t *resp;
    apr_hash_index_t *hi;

    for (i = 0; i < size; i++) {
        body[i] = (char)(i * 7 + i / 251);
    }
    put(&b, t, "w", "http://x/", body, size);
    CHECK_INT(apr_hash_count(heap.objects), 6);
    resp = match(&b, t, "w", "http://x/", "X: y");
    CHECK(!memcmp(body_of(resp, &n), body, size));
    CHECK_INT(n, size);
    resp = match(&b, t, "w", "http://x/", "Range: bytes=65000-131073");
    CHECK(!memcmp(body_of(resp, &n), body + 65000, 66074));
    CHECK_INT(n, 66074);
    /* the store forgets pieces, or cuts them: then there is none */
    for (hi = apr_hash_first(t->pool, heap.objects); hi;
         hi = apr_hash_next(hi)) {
        object_t *o = apr_hash_this_val(hi);

        if (o->size == WFP_CACHE_OBJECT_MAX) {
            o->size = 100;
            break;
        }
    }
    CHECK(match(&b, t, "w", "http://x/", "X: y") == NULL);
}

static void it_ends(wfp_test_t *t)
{
    heap_t heap;
    wfp_cache_backend_t b = backend(&heap, t);
    wfp_cache_call_t call = { WFP_CACHE_MATCH, "w", "c", "http://x/" };
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    put(&b, t, "w", "http://x/", "hello", 5);
    call.headers = fields(t, "X: y");
    call.max = 4;
    call.pool = t->pool;
    CHECK_INT(wfp_cache_run(&b, &call, NOW, &res, t->pool), APR_ENOSPC);
    CHECK_INT(res.code, WFP_BODY_TOO_LARGE);
    call.max = 5;
    CHECK_INT(wfp_cache_run(&b, &call, NOW + apr_time_from_sec(60), &res,
                            t->pool),
              APR_SUCCESS);
    CHECK(call.resp == NULL);
    call.verb = WFP_CACHE_DELETE;
    CHECK_INT(wfp_cache_run(&b, &call, NOW, &res, t->pool), APR_SUCCESS);
    CHECK(call.found);
    CHECK_INT(wfp_cache_run(&b, &call, NOW, &res, t->pool), APR_SUCCESS);
    CHECK(!call.found);
    /* a put that fails leaves nothing old behind */
    put(&b, t, "w", "http://x/", "hello", 5);
    heap.fails = 1;
    put(&b, t, "w", "http://x/", "other", 5);
    CHECK(match(&b, t, "w", "http://x/", "X: y") == NULL);
}

/* Whatever the store gives: a miss, or what was put. */
static void a_store_that_lies(wfp_test_t *t)
{
    heap_t heap;
    wfp_cache_backend_t b = backend(&heap, t);
    object_t *o;
    unsigned i;
    apr_size_t n;

    put(&b, t, "w", "http://x/", "hello", 5);
    o = apr_hash_this_val(apr_hash_first(t->pool, heap.objects));
    for (i = 0; i < o->size; i++) {
        wfp_response_t *resp;

        o->data[i] ^= 0xff;
        resp = match(&b, t, "w", "http://x/", "X: y");
        CHECK(!resp || (resp->status >= 200 && resp->status < 600));
        (void)body_of(resp, &n);
        CHECK(n <= 5);
        o->data[i] ^= 0xff;
    }
    for (i = o->size; i > 0; i--) {
        o->size = i - 1;
        CHECK(match(&b, t, "w", "http://x/", "X: y") == NULL);
    }
}

static const wfp_test_case_t cases[] = {
    { "what may be kept", what_may_be_kept },
    { "Vary", vary },
    { "what is not modified", what_is_not_modified },
    { "what part is asked for", what_part_is_asked_for },
    { "a response comes back", a_response_comes_back },
    { "nobody else's", nobody_elses },
    { "a large one is in pieces", a_large_one_is_in_pieces },
    { "it ends", it_ends },
    { "a store that lies", a_store_that_lies },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
