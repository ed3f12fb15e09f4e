/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits and a namespace's outbound Worker to JSON and back. The store keeps
 * them so, wfpctl and the API are given them so. Whether the Worker exists is
 * the store's business, not this file's.
 */
#include "core/settings_json.h"

#include <apr_strings.h>
#include <string.h>

#include "core/name.h"

/* ---- limits ----------------------------------------------------------- */

wfp_json_t *wfp_settings_json_write_limits(const wfp_limits_t *limits,
                                           apr_pool_t *p)
{
    wfp_json_t *obj = wfp_json_object(p);
    int i;

    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        if (limits->v[i] != WFP_LIMIT_UNSET) {
            wfp_json_set_int(obj, wfp_limit_row((wfp_limit_e)i)->name,
                             limits->v[i]);
        }
    }
    return obj;
}

typedef struct limits_reader_t {
    wfp_limits_t *limits;
    const wfp_limit_policy_t *policy;
    wfp_result_t *res;
} limits_reader_t;

static apr_status_t read_limit(void *baton, const char *key, wfp_json_t *v)
{
    limits_reader_t *rd = baton;
    wfp_limit_e limit = wfp_limit_by_name(key);
    apr_status_t rv = APR_SUCCESS;
    apr_int64_t n = 0;

    if (limit == WFP_LIMIT_COUNT) {
        return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL,
                              "limit \"%.80s\" is not supported", key);
    }
    if (wfp_json_is_null(v)) {
        return APR_SUCCESS;
    }
    if (!wfp_json_int(v, &n) || n < 0) {
        return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL,
                              "limit \"%s\" is not a whole number", key);
    }
    if (rd->policy) {
        rv = wfp_limit_check(rd->policy, limit, n, rd->res);
    }
    rd->limits->v[limit] = n;
    return rv;
}

apr_status_t wfp_settings_json_read_limits(wfp_limits_t *limits,
                                           const wfp_json_t *obj,
                                           const wfp_limit_policy_t *policy,
                                           wfp_result_t *res, apr_pool_t *p)
{
    limits_reader_t rd = { limits, policy, res };

    wfp_limits_clear(limits);
    if (obj && !wfp_json_is_null(obj) && !wfp_json_is_object(obj)) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "\"limits\" is not an object");
    }
    return wfp_json_each(obj, read_limit, &rd, p);
}

/* ---- a namespace's outbound Worker ------------------------------------ */

wfp_json_t *wfp_settings_json_write_outbound(const wfp_outbound_t *outbound,
                                             apr_pool_t *p)
{
    wfp_json_t *obj, *params;
    int i;

    if (!outbound->service) {
        return wfp_json_null(p);
    }
    obj = wfp_json_object(p);
    params = wfp_json_object(p);
    wfp_json_set_str(obj, "service", outbound->service);
    for (i = 0; outbound->params && i < outbound->params->nelts; i++) {
        const wfp_param_t *param = &APR_ARRAY_IDX(outbound->params, i,
                                                  wfp_param_t);

        wfp_json_set_str(params, param->name, param->value);
    }
    wfp_json_set(obj, "params", params);
    return obj;
}

typedef struct param_reader_t {
    wfp_outbound_t *outbound;
    wfp_result_t *res;
} param_reader_t;

static apr_status_t read_param(void *baton, const char *key, wfp_json_t *v)
{
    param_reader_t *rd = baton;
    wfp_param_t *param;

    if (!wfp_name_is_binding(key, strlen(key))) {
        return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL,
                              "outbound parameter \"%.80s\" is not an "
                              "identifier of at most 63 bytes",
                              key);
    }
    if (!wfp_json_str(v)) {
        return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL,
                              "outbound parameter \"%s\" is not a string", key);
    }
    param = apr_array_push(rd->outbound->params);
    param->name = apr_pstrdup(rd->outbound->params->pool, key);
    param->value = wfp_json_str(v);
    return APR_SUCCESS;
}

apr_status_t wfp_settings_json_read_outbound(wfp_outbound_t *outbound,
                                             const wfp_json_t *v,
                                             wfp_result_t *res, apr_pool_t *p)
{
    param_reader_t rd = { outbound, res };
    wfp_json_t *params = wfp_json_get(v, "params", p);
    const char *service = wfp_json_str(wfp_json_get(v, "service", p));

    outbound->service = NULL;
    outbound->params = apr_array_make(p, 2, sizeof(wfp_param_t));
    if (!v || wfp_json_is_null(v)) {
        return APR_SUCCESS;
    }
    if (!service || !wfp_name_is_valid(service, strlen(service))) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "\"outbound.service\" is missing or not a valid "
                              "name");
    }
    if (params && !wfp_json_is_null(params) && !wfp_json_is_object(params)) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "\"outbound.params\" is not an object");
    }
    outbound->service = service;
    return wfp_json_each(params, read_param, &rd, p);
}

wfp_egress_e wfp_settings_json_egress(const char *settings, apr_pool_t *p)
{
    wfp_egress_e egress = WFP_EGRESS_NONE;
    wfp_json_t *obj, *v;

    if (!settings || !*settings) {
        return WFP_EGRESS_DIRECT;
    }
    if (wfp_json_parse(&obj, settings, strlen(settings), NULL, p)
        != APR_SUCCESS) {
        return WFP_EGRESS_NONE;
    }
    v = wfp_json_get(obj, "egress", p);
    if (!v || wfp_json_is_null(v)) {
        return WFP_EGRESS_DIRECT;
    }
    (void)wfp_script_egress_by_word(&egress, wfp_json_str(v));
    return egress;
}
