/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Undoes the bracket notation of SDK 7. Called by upload_form.c for each field;
 * knows no member of metadata but those whose values are no texts.
 */
#include "admin/bracket.h"

#include <apr_strings.h>
#include <string.h>

/* A name's brackets; "" is []. */
typedef struct path_t {
    const char *seg[WFP_BRACKET_DEPTH_MAX];
    int n;
} path_t;

static const char *const typed_members[] = {
    "cache_options", "code_update_strategy", "keep_assets", "limits",
    "logpush",       "observability",
};

int wfp_bracket_is(const char *name, const char *root)
{
    apr_size_t n = strlen(root);

    return strncmp(name, root, n) == 0 && name[n] == '[';
}

static apr_status_t refuse(const char *name, const char *why, wfp_result_t *res)
{
    return wfp_result_set(res, WFP_INVALID, APR_EINVAL, "field \"%.80s\" %s",
                          name, why);
}

static apr_status_t split(path_t *path, const char *name, wfp_result_t *res,
                          apr_pool_t *p)
{
    const char *at = strchr(name, '[');

    path->n = 0;
    while (at && *at) {
        const char *end = *at == '[' ? strchr(at, ']') : NULL;

        if (!end) {
            return refuse(name, "has malformed brackets", res);
        }
        if (path->n == WFP_BRACKET_DEPTH_MAX) {
            return refuse(name, "has too many brackets", res);
        }
        path->seg[path->n++] = apr_pstrmemdup(p, at + 1,
                                              (apr_size_t)(end - at - 1));
        at = end + 1;
    }
    if (!path->n || !*path->seg[0]) {
        return refuse(name, "names no member", res);
    }
    return APR_SUCCESS;
}

static wfp_json_t *container(const char *seg, apr_pool_t *p)
{
    return *seg ? wfp_json_object(p) : wfp_json_array(p);
}

/* Could the rest of a path, from segment i on, not be set in v any more? */
static int is_taken(wfp_json_t *v, const path_t *path, int i, apr_pool_t *p)
{
    while (v && i < path->n) {
        if (!*path->seg[i]) {
            return !wfp_json_is_array(v);
        }
        if (!wfp_json_is_object(v)) {
            return 1;
        }
        v = wfp_json_get(v, path->seg[i++], p);
    }
    return v != NULL;
}

/* The element or member of segment i, which has a segment behind it. NULL: no
 * member can have that name */
static wfp_json_t *step(wfp_json_t *v, const path_t *path, int i, apr_pool_t *p)
{
    const char *seg = path->seg[i];
    wfp_json_t *child = NULL;

    if (*seg) {
        child = wfp_json_get(v, seg, p);
    }
    else if (wfp_json_size(v)) {
        child = wfp_json_at(v, wfp_json_size(v) - 1, p);
        if (is_taken(child, path, i + 1, p)) {
            child = NULL;
        }
    }
    if (child) {
        return child;
    }
    child = container(path->seg[i + 1], p);
    if (*seg) {
        wfp_json_set(v, seg, child);
        return wfp_json_get(v, seg, p); /* not there: seg is no UTF-8 */
    }
    wfp_json_add(v, child);
    return child;
}

/* NULL: as a text. */
static wfp_json_t *typed_value(const char *member, const char *value,
                               apr_size_t n, apr_pool_t *p)
{
    wfp_json_t *v = NULL;
    apr_size_t i;

    for (i = 0; i < sizeof(typed_members) / sizeof(typed_members[0]); i++) {
        if (!strcmp(member, typed_members[i])
            && wfp_json_parse(&v, value, n, NULL, p) == APR_SUCCESS
            && !wfp_json_str(v) && !wfp_json_is_object(v)
            && !wfp_json_is_array(v)) {
            return v;
        }
    }
    return NULL;
}

/* Set the last segment's value. */
static apr_status_t put(wfp_json_t *v, const path_t *path, const char *value,
                        apr_size_t n, apr_pool_t *p)
{
    const char *seg = path->seg[path->n - 1];
    wfp_json_t *typed = typed_value(path->seg[0], value, n, p), *got;

    if (*seg) {
        if (typed) {
            wfp_json_set(v, seg, typed);
        }
        else {
            wfp_json_set_str(v, seg, value);
        }
        got = wfp_json_get(v, seg, p);
    }
    else {
        wfp_json_add_str(v, value);
        got = wfp_json_at(v, wfp_json_size(v) - 1, p);
    }
    /* core/json mends what is no UTF-8, which would be another value */
    return got && (typed || !strcmp(wfp_json_str(got), value)) ? APR_SUCCESS
                                                               : APR_EINVAL;
}

apr_status_t wfp_bracket_set(wfp_json_t *obj, const char *name,
                             const char *value, apr_size_t n, wfp_result_t *res,
                             apr_pool_t *p)
{
    path_t path;
    wfp_json_t *v = obj;
    int i;
    apr_status_t rv = split(&path, name, res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (memchr(value, 0, n)) {
        return refuse(name, "has a NUL in its value", res);
    }
    for (i = 0; i < path.n; i++) {
        if (*path.seg[i] ? !wfp_json_is_object(v) : !wfp_json_is_array(v)) {
            return refuse(name, "is at odds with the fields before", res);
        }
        if (i + 1 < path.n) {
            v = step(v, &path, i, p);
            if (!v) {
                return refuse(name, "is no UTF-8", res);
            }
        }
        else if (*path.seg[i] && wfp_json_get(v, path.seg[i], p)) {
            return refuse(name, "is given twice", res);
        }
    }
    return put(v, &path, value, n, p) == APR_SUCCESS
               ? APR_SUCCESS
               : refuse(name, "is no UTF-8", res);
}
