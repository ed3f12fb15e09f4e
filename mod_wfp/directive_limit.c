/* SPDX-License-Identifier: Apache-2.0 */
/* Setters of what Workers may use: limits of an invocation, quotas of services.
 * Named in the rows of directives.c. */
#include "mod_wfp/directive_limit.h"

#include <apr_strings.h>
#include <string.h>

#include "mod_wfp/config.h"
#include "mod_wfp/directive_value.h"

#define MOST APR_INT64_C(1000000000000)

/* "WHY: NAME, NAME..." */
static const char *with_names(const char *why, const char *(*name)(int),
                              int count, apr_pool_t *p)
{
    const char *text = why;
    int i;

    for (i = 0; i < count; i++) {
        text = apr_pstrcat(p, text, i ? ", " : ": ", name(i), NULL);
    }
    return text;
}

static const char *limit_name(int i)
{
    return wfp_limit_row((wfp_limit_e)i)->name;
}

static const char *usage_name(int i)
{
    return wfp_usage_name((wfp_usage_e)i);
}

/* More would not fit where it becomes bytes or microseconds. */
static const char *read_value(apr_int64_t *n, cmd_parms *cmd, const char *text)
{
    if (!wfp_directive_value_count(n, text) && *n <= MOST) {
        return NULL;
    }
    return wfp_directive_value_refuse(
        cmd, text, "is not a whole number of at most 1000000000000");
}

/* A ceiling of the limit; 0 is none. */
static const char *read_ceiling(apr_int64_t *n, cmd_parms *cmd,
                                wfp_limit_e limit, const char *text)
{
    apr_int64_t floor = wfp_limit_row(limit)->floor;
    const char *err = read_value(n, cmd, text);

    if (err || *n == 0 || *n >= floor) {
        return err;
    }
    return wfp_directive_value_refuse(
        cmd, text,
        apr_psprintf(cmd->pool,
                     "is no ceiling: at least %" APR_INT64_T_FMT
                     ", or 0 for none",
                     floor));
}

const char *wfp_directive_limit_set(cmd_parms *cmd, void *dummy,
                                    const char *name, const char *value,
                                    const char *top)
{
    wfp_server_conf_t *conf = wfp_config_server(cmd->server);
    const char *err = wfp_directive_value_in_server(cmd, 0);
    wfp_limit_e limit = wfp_limit_by_name(name);
    wfp_limit_policy_t own;
    wfp_result_t res;
    apr_int64_t n;

    if (err) {
        return err;
    }
    if (limit == WFP_LIMIT_COUNT) {
        return wfp_directive_value_refuse(cmd, name,
                                          with_names("is no limit", limit_name,
                                                     WFP_LIMIT_COUNT,
                                                     cmd->pool));
    }
    wfp_result_init(&res, cmd->pool);
    wfp_limit_policy_clear(&own);
    err = read_value(&n, cmd, value);
    if (!err && top) {
        err = read_ceiling(&own.ceiling.v[limit], cmd, limit, top);
    }
    if (err) {
        return err;
    }
    if (wfp_limit_check(&own, limit, n, &res) != APR_SUCCESS) {
        return apr_psprintf(cmd->pool, "%s: %s", cmd->cmd->name, res.message);
    }
    conf->limit_at[limit] = cmd->directive;
    conf->limits.standard.v[limit] = n;
    conf->limits.ceiling.v[limit] = own.ceiling.v[limit];
    return NULL;
}

/* Most bytes of one KV namespace, D1 database, bucket, Worker's assets. */
static const struct {
    const char *name;
    apr_size_t offset; /* in wfp_server_conf_t */
} sizes[] = {
    { "kv_bytes", APR_OFFSETOF(wfp_server_conf_t, kv_bytes) },
    { "d1_bytes", APR_OFFSETOF(wfp_server_conf_t, d1_bytes) },
    { "r2_bytes", APR_OFFSETOF(wfp_server_conf_t, r2_bytes) },
    { "asset_bytes", APR_OFFSETOF(wfp_server_conf_t, asset_bytes) },
    { NULL, 0 },
};

static apr_int64_t *size_of(wfp_server_conf_t *conf, const char *name)
{
    int i = 0;

    while (sizes[i].name && strcmp(sizes[i].name, name) != 0) {
        i++;
    }
    return sizes[i].name ? (void *)((char *)conf + sizes[i].offset) : NULL;
}

static const char *set_size(cmd_parms *cmd, apr_int64_t *size, const char *text,
                            const char *more)
{
    const char *err = wfp_directive_value_number(size, text,
                                                 WFP_DIRECTIVE_SIZE);

    if (more) {
        return wfp_directive_value_refuse(cmd, more, "is one value too many");
    }
    return err ? wfp_directive_value_refuse(cmd, text, err)
           : *size < 64 * 1024
               ? wfp_directive_value_refuse(cmd, text, "is below 64K")
               : NULL;
}

const char *wfp_directive_limit_quota(cmd_parms *cmd, void *dummy,
                                      const char *name, const char *script,
                                      const char *ns)
{
    wfp_server_conf_t *conf = wfp_config_server(cmd->server);
    const char *err = wfp_directive_value_in_server(cmd, 1);
    wfp_usage_e kind = wfp_usage_by_name(name);
    apr_int64_t n, all = 0;

    if (err) {
        return err;
    }
    if (size_of(conf, name)) {
        return set_size(cmd, size_of(conf, name), script, ns);
    }
    if (kind == WFP_USAGE_COUNT) {
        return wfp_directive_value_refuse(
            cmd, name,
            with_names("has no quota: kv_bytes, d1_bytes, r2_bytes, "
                       "asset_bytes; a day",
                       usage_name, WFP_USAGE_COUNT, cmd->pool));
    }
    if (wfp_directive_value_count(&n, script) || n < 0) {
        return wfp_directive_value_refuse(
            cmd, script, "is not a whole number, 0 for no bound");
    }
    if (ns && (wfp_directive_value_count(&all, ns) || all < 0)) {
        return wfp_directive_value_refuse(
            cmd, ns, "is not a whole number, 0 for no bound");
    }
    if (all > 0 && n > all) {
        return wfp_directive_value_refuse(
            cmd, ns,
            "is less than one Worker's: a namespace has that or more, or 0");
    }
    conf->quota.script[kind] = n;
    conf->quota.ns[kind] = all;
    return NULL;
}
