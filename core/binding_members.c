/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each kind of binding has beside a name and a type, to JSON and back: one
 * row a kind. Called by binding_json.c for each element of its array. Whether
 * what a binding names exists is the store's business, not this file's.
 */
#include "core/binding_members.h"

#include <apr_strings.h>
#include <string.h>

#include "core/name.h"
#include "core/point.h"
#include "core/r2.h"
#include "core/rate.h"

typedef wfp_binding_reader_t reader_t;

/* A member that would change what is called must not be dropped silently.
 * "production" is the only environment there is. "props" is the last: a service
 * may have it, an outbound Worker has parameters instead. */
static apr_status_t refuse_extras(const wfp_json_t *v, int but_props,
                                  reader_t *rd)
{
    static const char *const extras[] = { "entrypoint", "cross_account_grant",
                                          "environment", "props" };
    apr_size_t i, n = sizeof(extras) / sizeof(extras[0]) - (but_props != 0);

    for (i = 0; i < n; i++) {
        wfp_json_t *extra = wfp_json_get(v, extras[i], rd->p);
        const char *text = wfp_json_str(extra);

        if (extra && !wfp_json_is_null(extra)
            && !(text && !strcmp(extras[i], "environment")
                 && !strcmp(text, "production"))) {
            return wfp_binding_unsupported(rd, extras[i]);
        }
    }
    return APR_SUCCESS;
}

/* Is there a parameter of that name already? */
static int has_param(const wfp_outbound_t *outbound, const char *name)
{
    int i;

    for (i = 0; i < outbound->params->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(outbound->params, i, wfp_param_t).name,
                    name)) {
            return 1;
        }
    }
    return 0;
}

static void outbound_clear(wfp_outbound_t *outbound, apr_pool_t *p)
{
    outbound->service = NULL;
    outbound->params = apr_array_make(p, 2, sizeof(wfp_param_t));
}

/* ---- one kind of binding after the other ------------------------------ */

static apr_status_t read_text(wfp_binding_t *binding, const wfp_json_t *v,
                              reader_t *rd)
{
    apr_status_t rv = wfp_binding_string(&binding->text, v, "text", "text", rd);

    if (rv == APR_SUCCESS) {
        binding->text_size = strlen(binding->text);
    }
    return rv;
}

static apr_status_t read_json(wfp_binding_t *binding, const wfp_json_t *v,
                              reader_t *rd)
{
    wfp_json_t *value = wfp_json_get(v, "json", rd->p);

    if (!value) {
        return wfp_binding_missing(rd, "json");
    }
    binding->text = wfp_json_text(value, rd->p);
    binding->text_size = strlen(binding->text);
    return APR_SUCCESS;
}

/* A member of props that would be made another binding where there is such a
 * thing must not reach the callee as plain data. */
static apr_status_t check_prop(void *baton, const char *key, wfp_json_t *v)
{
    reader_t *rd = baton;

    return wfp_json_get(v, "$binding", rd->p)
               ? wfp_binding_unsupported(rd,
                                         apr_psprintf(rd->p,
                                                      "props.%.80s.$binding",
                                                      key))
               : APR_SUCCESS;
}

/* What the callee sees as ctx.props: an object; its text is kept. */
static apr_status_t read_props(wfp_binding_t *binding, const wfp_json_t *v,
                               reader_t *rd)
{
    wfp_json_t *props = wfp_json_get(v, "props", rd->p);
    apr_status_t rv;

    if (!props || wfp_json_is_null(props)) {
        return APR_SUCCESS;
    }
    if (!wfp_json_is_object(props)) {
        return wfp_binding_not_a(rd, "props", "an object");
    }
    rv = wfp_json_each(props, check_prop, rd, rd->p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    binding->text = wfp_json_text(props, rd->p);
    binding->text_size = strlen(binding->text);
    return APR_SUCCESS;
}

static apr_status_t read_service(wfp_binding_t *binding, const wfp_json_t *v,
                                 reader_t *rd)
{
    apr_status_t rv = wfp_binding_target(&binding->target, v, "service",
                                         "service", rd);

    if (rv == APR_SUCCESS) {
        rv = refuse_extras(v, 1, rd);
    }
    return rv == APR_SUCCESS ? read_props(binding, v, rd) : rv;
}

/* "params" of a dispatch binding: [{"name":"customer"}], values come with each
 * call. */
static apr_status_t read_declared(wfp_outbound_t *outbound, const wfp_json_t *v,
                                  reader_t *rd)
{
    wfp_json_t *params = wfp_json_get(v, "params", rd->p);
    apr_size_t i;

    if (params && !wfp_json_is_null(params) && !wfp_json_is_array(params)) {
        return wfp_binding_not_a(rd, "outbound.params", "an array");
    }
    for (i = 0; i < wfp_json_size(params); i++) {
        wfp_param_t *param;
        const char *name;
        apr_status_t rv = wfp_binding_string(&name,
                                             wfp_json_at(params, i, rd->p),
                                             "name", "outbound.params[].name",
                                             rd);

        if (rv != APR_SUCCESS) {
            return rv;
        }
        if (!wfp_name_is_binding(name, strlen(name))
            || has_param(outbound, name)) {
            return wfp_binding_not_a(rd, "outbound.params[].name",
                                     "a valid name given once");
        }
        param = apr_array_push(outbound->params);
        param->name = name;
        param->value = NULL;
    }
    return APR_SUCCESS;
}

/* The namespace's id: 32 hex digits. */
static apr_status_t read_kv(wfp_binding_t *binding, const wfp_json_t *v,
                            reader_t *rd)
{
    apr_status_t rv = wfp_binding_string(&binding->target, v, "namespace_id",
                                         "namespace_id", rd);

    if (rv == APR_SUCCESS
        && (strlen(binding->target) != 32
            || strspn(binding->target, "0123456789abcdef") != 32)) {
        rv = wfp_binding_not_a(rd, "namespace_id", "an id of 32 hex digits");
    }
    return rv;
}

/* The database's id, a UUID; wrangler says "id", the SDK "database_id". */
static apr_status_t read_d1(wfp_binding_t *binding, const wfp_json_t *v,
                            reader_t *rd)
{
    const char *member = wfp_json_get(v, "database_id", rd->p) ? "database_id"
                                                               : "id";
    apr_status_t rv = wfp_binding_string(&binding->target, v, member, member,
                                         rd);

    if (rv == APR_SUCCESS
        && (strlen(binding->target) != WFP_UUID_SIZE - 1
            || strspn(binding->target, "0123456789abcdef-")
                   != WFP_UUID_SIZE - 1)) {
        rv = wfp_binding_not_a(rd, member, "a database's id");
    }
    return rv;
}

static apr_status_t read_r2(wfp_binding_t *binding, const wfp_json_t *v,
                            reader_t *rd)
{
    wfp_json_t *place = wfp_json_get(v, "jurisdiction", rd->p);
    apr_status_t rv = wfp_binding_string(&binding->target, v, "bucket_name",
                                         "bucket_name", rd);

    if (rv == APR_SUCCESS && !wfp_r2_is_bucket_name(binding->target)) {
        return wfp_binding_not_a(rd, "bucket_name", "a bucket's name");
    }
    return rv == APR_SUCCESS && place && !wfp_json_is_null(place)
               ? wfp_binding_unsupported(rd, "jurisdiction")
               : rv;
}

/* A whole number; bracket forms have it as text. -1: none. */
static apr_int64_t number_of(const wfp_json_t *v)
{
    const char *text = wfp_json_str(v);
    apr_int64_t n;
    char *end;

    if (!text) {
        return wfp_json_int(v, &n) ? n : -1;
    }
    n = apr_strtoi64(text, &end, 10);
    return *text && !*end ? n : -1;
}

/* Who leads to more than limit and period would be let through silently. */
static apr_status_t read_ratelimit(wfp_binding_t *binding, const wfp_json_t *v,
                                   reader_t *rd)
{
    wfp_json_t *simple = wfp_json_get(v, "simple", rd->p);
    wfp_json_t *more = wfp_json_get(simple, "mitigation_timeout", rd->p);
    apr_int64_t limit = number_of(wfp_json_get(simple, "limit", rd->p));
    apr_int64_t period = number_of(wfp_json_get(simple, "period", rd->p));
    wfp_rate_rule_t rule;
    apr_status_t rv = wfp_binding_string(&binding->target, v, "namespace_id",
                                         "namespace_id", rd);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!wfp_rate_is_id(binding->target)) {
        return wfp_binding_not_a(rd, "namespace_id",
                                 "1 to 64 printable characters");
    }
    if (!simple || wfp_json_is_null(simple)) {
        return wfp_binding_missing(rd, "simple");
    }
    if (!wfp_rate_is_rule(limit, 10)) {
        return wfp_binding_not_a(rd, "simple.limit",
                                 "a whole number from 1 to 1000000000");
    }
    if (!wfp_rate_is_rule(limit, period)) {
        return wfp_binding_not_a(rd, "simple.period", "10 or 60");
    }
    if (more && !wfp_json_is_null(more) && number_of(more) != 0) {
        return wfp_binding_unsupported(rd, "simple.mitigation_timeout");
    }
    rule.limit = (apr_uint32_t)limit;
    rule.period_s = (apr_uint32_t)period;
    binding->text = wfp_rate_write(&rule, rd->p);
    binding->text_size = strlen(binding->text);
    return APR_SUCCESS;
}

static apr_status_t read_queue(wfp_binding_t *binding, const wfp_json_t *v,
                               reader_t *rd)
{
    return wfp_binding_target(&binding->target, v, "queue_name", "queue_name",
                              rd);
}

/* A dataset; none: the binding's name, as wrangler has it. */
static apr_status_t read_analytics(wfp_binding_t *binding, const wfp_json_t *v,
                                   reader_t *rd)
{
    wfp_json_t *dataset = wfp_json_get(v, "dataset", rd->p);
    apr_status_t rv = APR_SUCCESS;

    if (!dataset || wfp_json_is_null(dataset)) {
        binding->target = binding->name;
    }
    else {
        rv = wfp_binding_string(&binding->target, v, "dataset", "dataset", rd);
    }
    return rv == APR_SUCCESS && !wfp_point_is_dataset(binding->target)
               ? wfp_binding_not_a(rd, "dataset",
                                   "a name of at most 100 letters, digits, "
                                   "\"_\" and \"-\"")
               : rv;
}

static apr_status_t read_dispatch(wfp_binding_t *binding, const wfp_json_t *v,
                                  reader_t *rd)
{
    wfp_json_t *outbound = wfp_json_get(v, "outbound", rd->p);
    wfp_json_t *worker = wfp_json_get(outbound, "worker", rd->p);
    apr_status_t rv = wfp_binding_target(&binding->target, v, "namespace",
                                         "namespace", rd);

    if (rv != APR_SUCCESS || !outbound || wfp_json_is_null(outbound)) {
        return rv;
    }
    rv = wfp_binding_target(&binding->outbound.service, worker, "service",
                            "outbound.worker.service", rd);
    if (rv == APR_SUCCESS) {
        rv = refuse_extras(worker, 0, rd);
    }
    return rv == APR_SUCCESS ? read_declared(&binding->outbound, outbound, rd)
                             : rv;
}

static apr_status_t write_text(wfp_json_t *v, const wfp_binding_t *binding,
                               reader_t *rd)
{
    wfp_json_set_str(v, "text", binding->text);
    return APR_SUCCESS;
}

static apr_status_t write_value(wfp_json_t *v, const char *member,
                                const wfp_binding_t *binding, reader_t *rd)
{
    wfp_json_t *value = NULL;

    if (!binding->text
        || wfp_json_parse(&value, binding->text, binding->text_size, NULL,
                          rd->p)
               != APR_SUCCESS) {
        return wfp_binding_not_a(rd, member, "valid JSON");
    }
    wfp_json_set(v, member, value);
    return APR_SUCCESS;
}

static apr_status_t write_json(wfp_json_t *v, const wfp_binding_t *binding,
                               reader_t *rd)
{
    return write_value(v, "json", binding, rd);
}

static apr_status_t write_service(wfp_json_t *v, const wfp_binding_t *binding,
                                  reader_t *rd)
{
    /* "/NAME" is one of the Worker's own namespace: found, not said */
    wfp_json_set_str(v, "service", binding->target + (*binding->target == '/'));
    return binding->text_size ? write_value(v, "props", binding, rd)
                              : APR_SUCCESS;
}

static apr_status_t write_kv(wfp_json_t *v, const wfp_binding_t *binding,
                             reader_t *rd)
{
    wfp_json_set_str(v, "namespace_id", binding->target);
    return APR_SUCCESS;
}

static apr_status_t write_d1(wfp_json_t *v, const wfp_binding_t *binding,
                             reader_t *rd)
{
    wfp_json_set_str(v, "id", binding->target);
    wfp_json_set_str(v, "database_id", binding->target);
    return APR_SUCCESS;
}

static apr_status_t write_r2(wfp_json_t *v, const wfp_binding_t *binding,
                             reader_t *rd)
{
    wfp_json_set_str(v, "bucket_name", binding->target);
    return APR_SUCCESS;
}

static apr_status_t write_ratelimit(wfp_json_t *v, const wfp_binding_t *binding,
                                    reader_t *rd)
{
    wfp_json_t *simple = wfp_json_object(rd->p);
    wfp_rate_rule_t rule;

    if (!wfp_rate_read(&rule, binding->text)) {
        return wfp_binding_not_a(rd, "simple", "a limit and a period");
    }
    wfp_json_set_int(simple, "limit", rule.limit);
    wfp_json_set_int(simple, "period", rule.period_s);
    wfp_json_set_str(v, "namespace_id", binding->target);
    wfp_json_set(v, "simple", simple);
    return APR_SUCCESS;
}

static apr_status_t write_queue(wfp_json_t *v, const wfp_binding_t *binding,
                                reader_t *rd)
{
    wfp_json_set_str(v, "queue_name", binding->target);
    return APR_SUCCESS;
}

static apr_status_t write_analytics(wfp_json_t *v, const wfp_binding_t *binding,
                                    reader_t *rd)
{
    wfp_json_set_str(v, "dataset", binding->target);
    return APR_SUCCESS;
}

static apr_status_t write_dispatch(wfp_json_t *v, const wfp_binding_t *binding,
                                   reader_t *rd)
{
    const wfp_outbound_t *from = &binding->outbound;
    wfp_json_t *outbound, *worker, *params;
    int i;

    wfp_json_set_str(v, "namespace", binding->target);
    if (!from->service) {
        return APR_SUCCESS;
    }
    outbound = wfp_json_object(rd->p);
    worker = wfp_json_object(rd->p);
    params = wfp_json_array(rd->p);
    wfp_json_set_str(worker, "service", from->service);
    for (i = 0; from->params && i < from->params->nelts; i++) {
        wfp_json_t *param = wfp_json_object(rd->p);

        wfp_json_set_str(param, "name",
                         APR_ARRAY_IDX(from->params, i, wfp_param_t).name);
        wfp_json_add(params, param);
    }
    wfp_json_set(outbound, "worker", worker);
    wfp_json_set(outbound, "params", params);
    wfp_json_set(v, "outbound", outbound);
    return APR_SUCCESS;
}

/* A kind without a function has no members of its own. */
static const struct {
    apr_status_t (*read)(wfp_binding_t *binding, const wfp_json_t *v,
                         reader_t *rd);
    apr_status_t (*write)(wfp_json_t *v, const wfp_binding_t *binding,
                          reader_t *rd);
} rows[WFP_BINDING_KIND_COUNT] = {
    [WFP_BINDING_PLAIN_TEXT] = { read_text, write_text },
    [WFP_BINDING_SECRET_TEXT] = { read_text, write_text },
    [WFP_BINDING_JSON] = { read_json, write_json },
    [WFP_BINDING_SERVICE] = { read_service, write_service },
    [WFP_BINDING_DISPATCH_NAMESPACE] = { read_dispatch, write_dispatch },
    [WFP_BINDING_VERSION_METADATA] = { NULL, NULL },
    [WFP_BINDING_KV_NAMESPACE] = { read_kv, write_kv },
    [WFP_BINDING_D1] = { read_d1, write_d1 },
    [WFP_BINDING_QUEUE] = { read_queue, write_queue },
    [WFP_BINDING_R2_BUCKET] = { read_r2, write_r2 },
    [WFP_BINDING_RATELIMIT] = { read_ratelimit, write_ratelimit },
    [WFP_BINDING_ANALYTICS] = { read_analytics, write_analytics },
    [WFP_BINDING_ASSETS] = { NULL, NULL },
};

apr_status_t wfp_binding_members_write(wfp_json_t *v,
                                       const wfp_binding_t *binding,
                                       reader_t *rd)
{
    return rows[binding->kind].write ? rows[binding->kind].write(v, binding, rd)
                                     : APR_SUCCESS;
}

apr_status_t wfp_binding_members_read(wfp_binding_t *binding,
                                      const wfp_json_t *v, reader_t *rd)
{
    outbound_clear(&binding->outbound, rd->p);
    return rows[binding->kind].read ? rows[binding->kind].read(binding, v, rd)
                                    : APR_SUCCESS;
}
