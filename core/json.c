/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON of the control plane and the store, over jansson. A
 * wfp_json_t is jansson's value under a name of ours; each one that is handed
 * out holds a reference that its pool gives back. Tenants' JSON never comes
 * here: jansson's memory is not metered.
 *
 * jansson's makers and setters fail only when memory is out or a text is not
 * UTF-8; the second is prevented here, and the first ends in a missing member,
 * since a NULL value is allowed everywhere.
 */
#include "core/json.h"

#include <jansson.h>
#include <string.h>

#include "core/utf8.h"

#define PARSE_FLAGS (JSON_DECODE_ANY)
#define PRINT_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY)

static json_t *inner(const wfp_json_t *v)
{
    return (json_t *)v;
}

static apr_status_t drop(void *v)
{
    json_decref(v);
    return APR_SUCCESS;
}

/* Hand v out: p takes over the caller's reference. */
static wfp_json_t *give(json_t *v, apr_pool_t *p)
{
    if (v) {
        apr_pool_cleanup_register(p, v, drop, apr_pool_cleanup_null);
    }
    return (wfp_json_t *)v;
}

/* In words that do not name jansson's options. */
static const char *fault(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "\\u0000 is not allowed";
    default:
        return error->text;
    }
}

static apr_status_t parse(wfp_json_t **pv, const char *text, apr_size_t n,
                          size_t flags, wfp_result_t *res, apr_pool_t *p)
{
    json_error_t error;
    const char *nul = memchr(text, 0, n);
    json_t *v;

    /* jansson takes a NUL for the end and would not look at what follows */
    if (nul) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "invalid JSON: NUL at byte %" APR_SIZE_T_FMT,
                              (apr_size_t)(nul - text));
    }
    v = json_loadb(text, n, flags, &error);
    if (!v) {
        const char *what = fault(&error), *near = strstr(what, " near ");
        int len = near ? (int)(near - what) : (int)strlen(what);

        /* what stands near the fault may be a secret: only the place is told */
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "invalid JSON: %.*s at byte %d", len, what,
                              error.position);
    }
    *pv = give(v, p);
    return APR_SUCCESS;
}

apr_status_t wfp_json_parse(wfp_json_t **pv, const char *text, apr_size_t n,
                            wfp_result_t *res, apr_pool_t *p)
{
    return parse(pv, text, n, PARSE_FLAGS, res, p);
}

/* How deep brackets nest, whatever else the text is. */
static int depth_of(const char *s, apr_size_t n)
{
    int depth = 0, deepest = 0, quoted = 0;
    apr_size_t i;

    for (i = 0; i < n; i++) {
        if (quoted) {
            quoted = s[i] != '"';
            i += s[i] == '\\';
            continue;
        }
        quoted = s[i] == '"';
        depth += (s[i] == '[' || s[i] == '{') - (s[i] == ']' || s[i] == '}');
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

apr_status_t wfp_json_read(wfp_json_t **pv, const char *text, apr_size_t n,
                           wfp_result_t *res, apr_pool_t *p)
{
    if (depth_of(text, n) > WFP_JSON_DEPTH_MAX) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "invalid JSON: nested deeper than %d",
                              WFP_JSON_DEPTH_MAX);
    }
    return parse(pv, text, n, PARSE_FLAGS | JSON_REJECT_DUPLICATES, res, p);
}

const char *wfp_json_text(const wfp_json_t *v, apr_pool_t *p)
{
    apr_size_t n = json_dumpb(inner(v), NULL, 0, PRINT_FLAGS);
    char *text;

    if (!n) {
        return "null";
    }
    text = apr_palloc(p, n + 1);
    n = json_dumpb(inner(v), text, n, PRINT_FLAGS);
    text[n] = '\0';
    return text;
}

wfp_json_t *wfp_json_object(apr_pool_t *p)
{
    return give(json_object(), p);
}

wfp_json_t *wfp_json_array(apr_pool_t *p)
{
    return give(json_array(), p);
}

wfp_json_t *wfp_json_null(apr_pool_t *p)
{
    return give(json_null(), p);
}

int wfp_json_is_utf8(const char *text)
{
    const unsigned char *in = (const unsigned char *)text;
    apr_size_t n;

    while (*in) {
        n = wfp_utf8_size(in);
        if (!n) {
            return 0;
        }
        in += n;
    }
    return 1;
}

/* A string value of text, each byte that is no UTF-8 replaced. */
static json_t *repaired(const char *text, apr_size_t size)
{
    const unsigned char *in = (const unsigned char *)text, *end = in + size;
    apr_pool_t *tmp = NULL;
    json_t *v = NULL;
    char *out, *to;

    /* a rare case of functions that have no pool to work in */
    if (apr_pool_create(&tmp, NULL) != APR_SUCCESS) {
        return NULL;
    }
    out = to = apr_palloc(tmp, 3 * size + 1);
    while (in < end) {
        apr_size_t n = wfp_utf8_size(in);

        memcpy(to, n ? (const char *)in : WFP_UTF8_REPLACEMENT, n ? n : 3);
        to += n ? n : 3;
        in += n ? n : 1;
    }
    v = json_stringn(out, (size_t)(to - out));
    apr_pool_destroy(tmp);
    return v;
}

static json_t *make_string(const char *text)
{
    json_t *v;

    if (!text) {
        return json_null();
    }
    v = json_string(text);
    return v ? v : repaired(text, strlen(text));
}

/* The void casts below: see the head of the file. */

void wfp_json_set_str(wfp_json_t *obj, const char *key, const char *text)
{
    (void)json_object_set_new(inner(obj), key, make_string(text));
}

void wfp_json_set_bytes(wfp_json_t *obj, const char *key, const char *data,
                        apr_size_t n)
{
    json_t *v = json_stringn(data, n);

    (void)json_object_set_new(inner(obj), key, v ? v : repaired(data, n));
}

void wfp_json_set_int(wfp_json_t *obj, const char *key, apr_int64_t n)
{
    (void)json_object_set_new(inner(obj), key, json_integer(n));
}

void wfp_json_set_number(wfp_json_t *obj, const char *key, double n)
{
    (void)json_object_set_new(inner(obj), key, json_real(n));
}

void wfp_json_set_bool(wfp_json_t *obj, const char *key, int yes)
{
    (void)json_object_set_new(inner(obj), key, json_boolean(yes));
}

void wfp_json_set(wfp_json_t *obj, const char *key, wfp_json_t *v)
{
    (void)json_object_set(inner(obj), key, inner(v));
}

void wfp_json_add(wfp_json_t *arr, wfp_json_t *v)
{
    (void)json_array_append(inner(arr), inner(v));
}

void wfp_json_add_str(wfp_json_t *arr, const char *text)
{
    (void)json_array_append_new(inner(arr), make_string(text));
}

wfp_json_t *wfp_json_get(const wfp_json_t *obj, const char *key, apr_pool_t *p)
{
    return give(json_incref(json_object_get(inner(obj), key)), p);
}

const char *wfp_json_str(const wfp_json_t *v)
{
    return json_string_value(inner(v));
}

int wfp_json_int(const wfp_json_t *v, apr_int64_t *n)
{
    if (!json_is_integer(inner(v))) {
        return 0;
    }
    *n = json_integer_value(inner(v));
    return 1;
}

int wfp_json_is_bool(const wfp_json_t *v)
{
    return json_is_boolean(inner(v));
}

int wfp_json_number(const wfp_json_t *v, double *n)
{
    if (!json_is_number(inner(v))) {
        return 0;
    }
    *n = json_number_value(inner(v));
    return 1;
}

int wfp_json_is_true(const wfp_json_t *v)
{
    return json_is_true(inner(v));
}

int wfp_json_is_object(const wfp_json_t *v)
{
    return json_is_object(inner(v));
}

int wfp_json_is_array(const wfp_json_t *v)
{
    return json_is_array(inner(v));
}

int wfp_json_is_null(const wfp_json_t *v)
{
    return json_is_null(inner(v));
}

apr_size_t wfp_json_size(const wfp_json_t *v)
{
    return json_is_array(inner(v)) ? json_array_size(inner(v))
                                   : json_object_size(inner(v));
}

wfp_json_t *wfp_json_at(const wfp_json_t *arr, apr_size_t i, apr_pool_t *p)
{
    return give(json_incref(json_array_get(inner(arr), i)), p);
}

apr_status_t wfp_json_each(const wfp_json_t *obj, wfp_json_member_fn *fn,
                           void *baton, apr_pool_t *p)
{
    void *at;

    for (at = json_object_iter(inner(obj)); at;
         at = json_object_iter_next(inner(obj), at)) {
        json_t *v = json_incref(json_object_iter_value(at));
        apr_status_t rv = fn(baton, json_object_iter_key(at), give(v, p));

        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    return APR_SUCCESS;
}
