/* SPDX-License-Identifier: Apache-2.0 */
/* Members are Cloudflare's; those that this server has no use for (traces,
 * destinations) are passed over. */
#include "core/observe.h"

#include <string.h>

typedef struct observe_t {
    int enabled;
    int invocations; /* also those with nothing to tell */
    int persist;
    double rate; /* below 0: not said */
    const char *prefix;
    wfp_result_t *res;
    apr_pool_t *pool;
} observe_t;

static apr_status_t read_flag(int *pflag, observe_t *o, const char *key,
                              const wfp_json_t *v)
{
    if (!wfp_json_is_bool(v)) {
        return wfp_result_set(o->res, WFP_INVALID, APR_EINVAL,
                              "\"%s%s\" is not true or false", o->prefix, key);
    }
    *pflag = wfp_json_is_true(v);
    return APR_SUCCESS;
}

static apr_status_t read_rate(observe_t *o, const char *key,
                              const wfp_json_t *v)
{
    double rate;

    if (!wfp_json_number(v, &rate) || !(rate >= 0 && rate <= 1)) {
        return wfp_result_set(o->res, WFP_INVALID, APR_EINVAL,
                              "\"%s%s\" is not a number from 0 to 1", o->prefix,
                              key);
    }
    o->rate = rate;
    return APR_SUCCESS;
}

static apr_status_t read_member(void *baton, const char *key, wfp_json_t *v)
{
    observe_t *o = baton;

    if (wfp_json_is_null(v)) {
        return APR_SUCCESS;
    }
    if (!strcmp(key, "enabled")) {
        return read_flag(&o->enabled, o, key, v);
    }
    if (!strcmp(key, "invocation_logs")) {
        return read_flag(&o->invocations, o, key, v);
    }
    if (!strcmp(key, "persist")) {
        return read_flag(&o->persist, o, key, v);
    }
    return strcmp(key, "head_sampling_rate") ? APR_SUCCESS
                                             : read_rate(o, key, v);
}

/* What is said of logs alone comes before what is said of all. */
static apr_status_t read_logs(observe_t *logs, const wfp_json_t *v)
{
    if (!v || wfp_json_is_null(v)) {
        return APR_SUCCESS;
    }
    if (!wfp_json_is_object(v)) {
        return wfp_result_set(logs->res, WFP_INVALID, APR_EINVAL,
                              "\"observability.logs\" is not an object");
    }
    logs->prefix = "observability.logs.";
    return wfp_json_each(v, read_member, logs, logs->pool);
}

static apr_uint32_t word_of(const observe_t *o)
{
    double share = (o->rate < 0 ? 1 : o->rate) * WFP_OBSERVE_WHOLE;
    apr_uint32_t word = (apr_uint32_t)share;

    if (!o->enabled || !o->persist) {
        return WFP_OBSERVE_OFF;
    }
    if (!word && share > 0) {
        word = 1;
    }
    return (word << WFP_OBSERVE_SHIFT)
           | (o->invocations ? 0 : WFP_OBSERVE_QUIET);
}

apr_status_t wfp_observe_read(apr_uint32_t *pword, const wfp_json_t *v,
                              wfp_result_t *res, apr_pool_t *p)
{
    observe_t o = { 0, 1, 1, -1, "observability.", res, p };
    apr_status_t rv;

    *pword = WFP_OBSERVE_DEFAULT;
    if (!v || wfp_json_is_null(v)) {
        return APR_SUCCESS;
    }
    if (!wfp_json_is_object(v)) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "\"observability\" is not an object");
    }
    rv = wfp_json_each(v, read_member, &o, p);
    if (rv == APR_SUCCESS) {
        rv = read_logs(&o, wfp_json_get(v, "logs", p));
    }
    if (rv == APR_SUCCESS && wfp_json_size(v) > 0) {
        *pword = word_of(&o);
    }
    return rv;
}

apr_uint32_t wfp_observe_settings(const char *settings, apr_pool_t *p)
{
    apr_uint32_t word = WFP_OBSERVE_DEFAULT;
    wfp_json_t *obj;
    wfp_result_t ignored;

    wfp_result_init(&ignored, p);
    if (!settings || !*settings
        || wfp_json_parse(&obj, settings, strlen(settings), &ignored, p)
               != APR_SUCCESS
        || wfp_observe_read(&word, wfp_json_get(obj, "observability", p),
                            &ignored, p)
               != APR_SUCCESS) {
        return WFP_OBSERVE_DEFAULT;
    }
    return word;
}

/* Ids are the same for one child but for a time and a number: mixed, each bit
 * of them counts. */
static apr_uint32_t mix(const char *id)
{
    apr_uint64_t sum = 0x9e3779b97f4a7c15;

    for (; *id; id++) {
        sum = (sum ^ (unsigned char)*id) * 0x100000001b3;
    }
    sum ^= sum >> 33;
    sum *= 0xff51afd7ed558ccd;
    sum ^= sum >> 33;
    return (apr_uint32_t)(sum >> 20) & WFP_OBSERVE_WHOLE;
}

int wfp_observe_chooses(apr_uint32_t word, const char *id)
{
    apr_uint32_t share = word >> WFP_OBSERVE_SHIFT;

    return share == WFP_OBSERVE_WHOLE || (share && mix(id) < share);
}
