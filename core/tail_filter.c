/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters are kept as what was asked, so they can travel as text, and looked at
 * in the order of what costs least. Called by the API, which checks and keeps
 * them, and by the thread that serves tails.
 */
#include "core/tail_filter.h"

#include <apr_strings.h>
#include <apr_tables.h>
#include <string.h>
#include <strings.h>

#include "core/crypto.h"

#define LIST_MAX 16
#define TEXT_MAX 256

struct wfp_tail_filter_t {
    apr_pool_t *pool;
    double rate;                  /* 0 to 1; 1: all */
    apr_array_header_t *outcomes; /* const char *; NULL: any, as below */
    apr_array_header_t *methods;
    apr_array_header_t *addresses;
    const char *header;  /* in lower case */
    const char *value;   /* that it contains, "" none */
    const char *text;    /* that a console line contains */
    const char *version; /* id */
    apr_uint64_t random;
};

static apr_status_t refuse(wfp_result_t *res, const char *key, const char *what)
{
    return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                          "filters: \"%.40s\" is not %s", key, what);
}

static apr_status_t read_list(apr_array_header_t **plist, const char *key,
                              const wfp_json_t *v, wfp_result_t *res,
                              apr_pool_t *p)
{
    apr_size_t i, n = wfp_json_size(v);

    if (!wfp_json_is_array(v) || n > LIST_MAX) {
        return refuse(res, key, "an array of at most 16 texts");
    }
    *plist = apr_array_make(p, (int)n, sizeof(const char *));
    for (i = 0; i < n; i++) {
        const char *text = wfp_json_str(wfp_json_at(v, i, p));

        if (!text || strlen(text) > TEXT_MAX) {
            return refuse(res, key, "an array of texts");
        }
        APR_ARRAY_PUSH(*plist, const char *) = text;
    }
    return APR_SUCCESS;
}

static apr_status_t read_text(const char **ptext, const char *key,
                              const wfp_json_t *v, wfp_result_t *res)
{
    const char *text = wfp_json_str(v);

    if (!text || strlen(text) > TEXT_MAX) {
        return refuse(res, key, "a text of at most 256 bytes");
    }
    *ptext = text;
    return APR_SUCCESS;
}

static apr_status_t read_header(wfp_tail_filter_t *f, const wfp_json_t *v,
                                wfp_result_t *res, apr_pool_t *p)
{
    const wfp_json_t *value = wfp_json_get(v, "query", p);
    const char *name = NULL;
    apr_status_t rv = read_text(&name, "header", wfp_json_get(v, "key", p),
                                res);

    if (rv == APR_SUCCESS && value && !wfp_json_is_null(value)) {
        rv = read_text(&f->value, "header", value, res);
    }
    if (rv == APR_SUCCESS) {
        char *lower = apr_pstrdup(p, name);

        for (f->header = lower; *lower; lower++) {
            if (*lower >= 'A' && *lower <= 'Z') {
                *lower = (char)(*lower - 'A' + 'a');
            }
        }
    }
    return rv;
}

typedef struct reader_t {
    wfp_tail_filter_t *filter;
    wfp_result_t *res;
} reader_t;

static apr_status_t read_one(void *baton, const char *key, wfp_json_t *v)
{
    reader_t *reader = baton;
    wfp_tail_filter_t *f = reader->filter;
    wfp_result_t *res = reader->res;

    if (!strcmp(key, "sampling_rate")) {
        return wfp_json_number(v, &f->rate) && f->rate >= 0 && f->rate <= 1
                   ? APR_SUCCESS
                   : refuse(res, key, "a number from 0 to 1");
    }
    if (!strcmp(key, "outcome")) {
        return read_list(&f->outcomes, key, v, res, f->pool);
    }
    if (!strcmp(key, "method")) {
        return read_list(&f->methods, key, v, res, f->pool);
    }
    if (!strcmp(key, "client_ip")) {
        return read_list(&f->addresses, key, v, res, f->pool);
    }
    if (!strcmp(key, "header")) {
        return read_header(f, v, res, f->pool);
    }
    if (!strcmp(key, "query")) {
        return read_text(&f->text, key, v, res);
    }
    if (!strcmp(key, "scriptVersion")) {
        return read_text(&f->version, key, v, res);
    }
    return refuse(res, key, "a filter");
}

/* Of this connection: what it is does not change with who asks later. */
static void set_self(apr_array_header_t *list, const char *self)
{
    int i;

    for (i = 0; list && i < list->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(list, i, const char *), "self")) {
            APR_ARRAY_IDX(list, i, const char *) = self;
        }
    }
}

apr_status_t wfp_tail_filter_read(wfp_tail_filter_t **pfilter,
                                  const wfp_json_t *arr, const char *self,
                                  wfp_result_t *res, apr_pool_t *p)
{
    wfp_tail_filter_t *f = apr_pcalloc(p, sizeof(*f));
    reader_t reader = { f, res };
    apr_status_t rv = APR_SUCCESS;
    apr_size_t i, n = wfp_json_size(arr);

    f->pool = p;
    f->rate = 1;
    f->value = "";
    *pfilter = f;
    if (arr && !wfp_json_is_null(arr)
        && (!wfp_json_is_array(arr) || n > LIST_MAX)) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "\"filters\" is not an array of at most 16");
    }
    for (i = 0; i < n && rv == APR_SUCCESS; i++) {
        const wfp_json_t *one = wfp_json_at(arr, i, p);

        if (!wfp_json_is_object(one)) {
            return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                                  "\"filters\": element %d is not an object",
                                  (int)i);
        }
        rv = wfp_json_each(one, read_one, &reader, p);
    }
    if (rv == APR_SUCCESS) {
        set_self(f->addresses, self);
        rv = wfp_crypto_random(&f->random, sizeof(f->random));
    }
    return rv;
}

/* ---- as text ------------------------------------------------------------------- */

static void add(wfp_json_t *arr, const char *key, wfp_json_t *v, apr_pool_t *p)
{
    wfp_json_t *obj = wfp_json_object(p);

    wfp_json_set(obj, key, v);
    wfp_json_add(arr, obj);
}

static void add_list(wfp_json_t *arr, const char *key,
                     const apr_array_header_t *list, apr_pool_t *p)
{
    wfp_json_t *texts = wfp_json_array(p);
    int i;

    for (i = 0; list && i < list->nelts; i++) {
        wfp_json_add_str(texts, APR_ARRAY_IDX(list, i, const char *));
    }
    if (list) {
        add(arr, key, texts, p);
    }
}

static void add_text(wfp_json_t *arr, const char *key, const char *text,
                     apr_pool_t *p)
{
    wfp_json_t *obj = wfp_json_object(p);

    if (text) {
        wfp_json_set_str(obj, key, text);
        wfp_json_add(arr, obj);
    }
}

const char *wfp_tail_filter_text(const wfp_tail_filter_t *f, apr_pool_t *p)
{
    wfp_json_t *arr = wfp_json_array(p);

    if (f->rate < 1) {
        wfp_json_t *rate = wfp_json_object(p);

        wfp_json_set_number(rate, "sampling_rate", f->rate);
        wfp_json_add(arr, rate);
    }
    add_list(arr, "outcome", f->outcomes, p);
    add_list(arr, "method", f->methods, p);
    add_list(arr, "client_ip", f->addresses, p);
    if (f->header) {
        wfp_json_t *header = wfp_json_object(p);

        wfp_json_set_str(header, "key", f->header);
        wfp_json_set_str(header, "query", f->value);
        add(arr, "header", header, p);
    }
    add_text(arr, "query", f->text, p);
    add_text(arr, "scriptVersion", f->version, p);
    return wfp_json_text(arr, p);
}

/* ---- a record ------------------------------------------------------------------- */

static int is_among(const apr_array_header_t *list, const char *text)
{
    int i;

    for (i = 0; text && i < list->nelts; i++) {
        if (!strcasecmp(APR_ARRAY_IDX(list, i, const char *), text)) {
            return 1;
        }
    }
    return 0;
}

/* Clients that ask for errors name those they know: "unknown" is all others. */
static int is_outcome(const apr_array_header_t *list, const char *outcome)
{
    static const char *const known[] = { "ok", "canceled", "exception",
                                         "exceededCpu", "exceededMemory" };
    apr_size_t i;

    if (is_among(list, outcome)) {
        return 1;
    }
    for (i = 0; outcome && i < sizeof(known) / sizeof(known[0]); i++) {
        if (!strcmp(known[i], outcome)) {
            return 0;
        }
    }
    return is_among(list, "unknown");
}

/* Some console line has the text in it. */
static int has_text(const wfp_json_t *logs, const char *text, apr_pool_t *p)
{
    apr_size_t i, k;

    for (i = 0; i < wfp_json_size(logs); i++) {
        const wfp_json_t *said = wfp_json_get(wfp_json_at(logs, i, p),
                                              "message", p);

        for (k = 0; k < wfp_json_size(said); k++) {
            const char *part = wfp_json_str(wfp_json_at(said, k, p));

            if (part && strstr(part, text)) {
                return 1;
            }
        }
    }
    return 0;
}

static int meets_request(const wfp_tail_filter_t *f, const wfp_json_t *record,
                         apr_pool_t *p)
{
    const wfp_json_t *request = wfp_json_get(wfp_json_get(record, "event", p),
                                             "request", p);
    const wfp_json_t *headers = wfp_json_get(request, "headers", p);
    const char *text;

    if (f->methods
        && !is_among(f->methods,
                     wfp_json_str(wfp_json_get(request, "method", p)))) {
        return 0;
    }
    if (f->addresses
        && !is_among(f->addresses,
                     wfp_json_str(
                         wfp_json_get(headers, "cf-connecting-ip", p)))) {
        return 0;
    }
    text = f->header ? wfp_json_str(wfp_json_get(headers, f->header, p)) : NULL;
    return !f->header || (text && strstr(text, f->value));
}

static int meets_all(const wfp_tail_filter_t *f, const wfp_json_t *record,
                     apr_pool_t *p)
{
    const char *id = wfp_json_str(
        wfp_json_get(wfp_json_get(record, "scriptVersion", p), "id", p));

    return (!f->outcomes
            || is_outcome(f->outcomes,
                          wfp_json_str(wfp_json_get(record, "outcome", p))))
           && (!f->version || (id && !strcmp(id, f->version)))
           && meets_request(f, record, p)
           && (!f->text
               || has_text(wfp_json_get(record, "logs", p), f->text, p));
}

/* xorshift: nobody gains by guessing which records of their own are chosen */
static int is_chosen(wfp_tail_filter_t *f)
{
    apr_uint64_t n = f->random | 1;

    if (f->rate >= 1) {
        return 1;
    }
    n ^= n << 13;
    n ^= n >> 7;
    n ^= n << 17;
    f->random = n;
    return (double)(n >> 11) / (double)((apr_uint64_t)1 << 53) < f->rate;
}

int wfp_tail_filter_meets(wfp_tail_filter_t *f, const char *record,
                          apr_size_t n, apr_pool_t *p)
{
    wfp_json_t *doc;
    wfp_result_t res;

    if (!is_chosen(f)) {
        return 0;
    }
    if (!f->outcomes && !f->methods && !f->addresses && !f->header && !f->text
        && !f->version) {
        return 1;
    }
    wfp_result_init(&res, p);
    return wfp_json_parse(&doc, record, n, &res, p) == APR_SUCCESS
           && meets_all(f, doc, p);
}
