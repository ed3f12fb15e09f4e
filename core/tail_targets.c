/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `tail_consumers`, read where they are given (admin/), checked (store/) and used
 * (mod_wfp/). Whether a consumer exists is the store's business.
 */
#include "core/tail_targets.h"

#include <apr_strings.h>
#include <string.h>

#include "core/name.h"

#define KEY "tail_consumers"

static apr_status_t refuse(wfp_result_t *res, const char *what)
{
    return wfp_result_set(res, WFP_INVALID, APR_EINVAL, "\"" KEY "\" %s", what);
}

static int has(const apr_array_header_t *list, const char *target)
{
    int i;

    for (i = 0; i < list->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(list, i, const char *), target)) {
            return 1;
        }
    }
    return 0;
}

static int is_name(const char *text)
{
    return text && wfp_name_is_valid(text, strlen(text));
}

/* Is it a text, or not there? */
static int is_optional(const wfp_json_t *v)
{
    return !v || wfp_json_is_null(v) || wfp_json_str(v);
}

static apr_status_t read_one(const char **ptarget, const wfp_json_t *one,
                             const char *ns, wfp_result_t *res, apr_pool_t *p)
{
    const char *service = wfp_json_str(wfp_json_get(one, "service", p));
    const wfp_json_t *env = wfp_json_get(one, "environment", p);
    const wfp_json_t *of = wfp_json_get(one, "namespace", p);
    const char *named = wfp_json_str(of);

    if (!wfp_json_is_object(one)) {
        return refuse(res, "is not an array of objects");
    }
    if (!is_name(service)) {
        return refuse(res, "needs the name of a Worker as \"service\"");
    }
    if (!is_optional(env) || !is_optional(of)) {
        return refuse(res, "has an environment or a namespace that is no text");
    }
    if (named && *named && ns && strcmp(named, ns)) {
        return refuse(res, "names a Worker of another namespace: records are "
                           "for account Workers and for those of their own "
                           "namespace");
    }
    *ptarget = named && *named ? apr_pstrcat(p, "/", service, NULL)
                               : apr_pstrdup(p, service);
    return APR_SUCCESS;
}

apr_status_t wfp_tail_targets_read(apr_array_header_t **plist,
                                   const wfp_json_t *arr, const char *ns,
                                   wfp_result_t *res, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 1, sizeof(const char *));
    apr_size_t i;
    apr_status_t rv = APR_SUCCESS;

    *plist = list;
    if (!arr || wfp_json_is_null(arr)) {
        return rv;
    }
    if (!wfp_json_is_array(arr)) {
        return refuse(res, "is not an array of objects");
    }
    if (wfp_json_size(arr) > WFP_TAIL_TARGETS_MAX) {
        return refuse(res, "has more than 10 members");
    }
    for (i = 0; rv == APR_SUCCESS && i < wfp_json_size(arr); i++) {
        const char *target = NULL;

        rv = read_one(&target, wfp_json_at(arr, i, p), ns, res, p);
        if (rv == APR_SUCCESS && !has(list, target)) {
            APR_ARRAY_PUSH(list, const char *) = target;
        }
    }
    return rv;
}

apr_array_header_t *wfp_tail_targets_of_text(const char *text, apr_pool_t *p)
{
    apr_array_header_t *list;
    wfp_json_t *arr = NULL;
    wfp_result_t res;

    wfp_result_init(&res, p);
    if (text && *text
        && wfp_json_parse(&arr, text, strlen(text), NULL, p) != APR_SUCCESS) {
        arr = NULL;
    }
    if (wfp_tail_targets_read(&list, arr, NULL, &res, p) != APR_SUCCESS) {
        list->nelts = 0;
    }
    return list;
}

apr_array_header_t *wfp_tail_targets_of_settings(const char *settings,
                                                 apr_pool_t *p)
{
    wfp_json_t *obj = NULL, *arr = NULL;

    /* most have none: nothing is parsed for them */
    if (settings && strstr(settings, "\"" KEY "\"")
        && wfp_json_parse(&obj, settings, strlen(settings), NULL, p)
               == APR_SUCCESS) {
        arr = wfp_json_get(obj, KEY, p);
    }
    return wfp_tail_targets_of_text(arr ? wfp_json_text(arr, p) : NULL, p);
}
