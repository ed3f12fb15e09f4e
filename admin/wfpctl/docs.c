/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How results look. Called by the commands, those of the store and those of a
 * server.
 */
#include "admin/wfpctl/docs.h"

#include <apr_strings.h>

#include "admin/show.h"
#include "admin/wfpctl/print.h"

static const char *str(const wfp_cmd_t *cmd, const wfp_json_t *doc,
                       const char *key)
{
    const char *text = wfp_json_str(wfp_json_get(doc, key, cmd->pool));

    return text ? text : "";
}

static apr_int64_t number(const wfp_cmd_t *cmd, const wfp_json_t *doc,
                          const char *key)
{
    apr_int64_t n = 0;

    (void)wfp_json_int(wfp_json_get(doc, key, cmd->pool), &n); /* 0 then */
    return n;
}

/* What a binding names, whatever its type calls it. */
static const char *target_of(const wfp_cmd_t *cmd, const wfp_json_t *binding)
{
    static const char *const keys[] = { "service", "namespace", "namespace_id",
                                        NULL };
    const char *target = "";
    int i;

    for (i = 0; keys[i] && !*target; i++) {
        target = str(cmd, binding, keys[i]);
    }
    return target;
}

static apr_status_t print_limit(void *cmdv, const char *key, wfp_json_t *v)
{
    const wfp_cmd_t *cmd = cmdv;

    wfp_print_line(cmd, "limit    %s %s", key, wfp_json_text(v, cmd->pool));
    return APR_SUCCESS;
}

static void print_lists(const wfp_cmd_t *cmd, const wfp_json_t *doc)
{
    apr_pool_t *p = cmd->pool;
    const wfp_json_t *modules = wfp_json_get(doc, "modules", p);
    const wfp_json_t *bindings = wfp_json_get(doc, "bindings", p);
    const wfp_json_t *tags = wfp_json_get(doc, "tags", p);
    apr_size_t i;

    for (i = 0; i < wfp_json_size(modules); i++) {
        const wfp_json_t *module = wfp_json_at(modules, i, p);

        wfp_print_line(cmd, "module   %s, %" APR_INT64_T_FMT " bytes",
                       str(cmd, module, "name"), number(cmd, module, "size"));
    }
    for (i = 0; i < wfp_json_size(bindings); i++) {
        const wfp_json_t *binding = wfp_json_at(bindings, i, p);

        wfp_print_line(cmd, "binding  %s %s %s", str(cmd, binding, "type"),
                       str(cmd, binding, "name"), target_of(cmd, binding));
    }
    for (i = 0; i < wfp_json_size(tags); i++) {
        wfp_print_line(cmd, "tag      %s",
                       wfp_json_str(wfp_json_at(tags, i, p)));
    }
}

void wfp_docs_script(const wfp_cmd_t *cmd, const wfp_json_t *doc)
{
    wfp_print_line(cmd, "version  %" APR_INT64_T_FMT " (%s)",
                   number(cmd, doc, "number"), str(cmd, doc, "version_id"));
    wfp_print_line(cmd, "created  %s", str(cmd, doc, "created_on"));
    wfp_print_line(cmd, "main     %s", str(cmd, doc, "main_module"));
    wfp_print_line(cmd, "egress   %s", str(cmd, doc, "egress"));
    print_lists(cmd, doc);
    if (wfp_json_each(wfp_json_get(doc, "limits", cmd->pool), print_limit,
                      (void *)cmd, cmd->pool)
        == APR_SUCCESS) {
        wfp_print_json(cmd, doc);
    }
}

void wfp_docs_versions(const wfp_cmd_t *cmd, const wfp_json_t *list)
{
    apr_size_t i;

    for (i = 0; i < wfp_json_size(list); i++) {
        const wfp_json_t *v = wfp_json_at(list, i, cmd->pool);
        int runs = wfp_json_is_true(wfp_json_get(v, "deployed", cmd->pool));

        wfp_print_line(cmd, "%c %4" APR_INT64_T_FMT " %s %s %s %s",
                       runs ? '*' : ' ', number(cmd, v, "number"),
                       str(cmd, v, "id"), str(cmd, v, "created_on"),
                       str(cmd, v, "created_by"), str(cmd, v, "message"));
    }
    wfp_print_json(cmd, list);
}

void wfp_docs_names(const wfp_cmd_t *cmd, const wfp_json_t *list,
                    const char *key)
{
    apr_size_t i;

    for (i = 0; i < wfp_json_size(list); i++) {
        wfp_print_line(cmd, "%s",
                       str(cmd, wfp_json_at(list, i, cmd->pool), key));
    }
    wfp_print_json(cmd, list);
}

/* [NS/]NAME of an entry. */
static const char *worker_of(const wfp_cmd_t *cmd, const wfp_json_t *doc)
{
    const char *ns = str(cmd, doc, "namespace");

    return apr_pstrcat(cmd->pool, ns, *ns ? "/" : "", str(cmd, doc, "script"),
                       NULL);
}

typedef struct day_t {
    const wfp_cmd_t *cmd;
    const char *date;
} day_t;

/* {"total": 1.5, ...}: that */
static const char *flat(const wfp_cmd_t *cmd, const wfp_json_t *v)
{
    const wfp_json_t *total = wfp_json_get(v, "total", cmd->pool);

    return wfp_json_text(total ? total : v, cmd->pool);
}

static apr_status_t print_used(void *baton, const char *key, wfp_json_t *v)
{
    const day_t *day = baton;

    if (strcmp(key, "date") != 0) {
        wfp_print_line(day->cmd, "%s %s %s", day->date, key, flat(day->cmd, v));
    }
    return APR_SUCCESS;
}

/* Where a list has that day; NULL: nowhere. */
static wfp_json_t *day_of(const wfp_cmd_t *cmd, const wfp_json_t *list,
                          const char *key, const char *date)
{
    apr_size_t i;

    for (i = 0; i < wfp_json_size(list); i++) {
        wfp_json_t *doc = wfp_json_at(list, i, cmd->pool);

        if (!strncmp(str(cmd, doc, key), date, strlen(date))) {
            return doc;
        }
    }
    return NULL;
}

static apr_status_t copy_member(void *baton, const char *key, wfp_json_t *v)
{
    if (strcmp(key, "time") != 0) {
        wfp_json_set(baton, key, v);
    }
    return APR_SUCCESS;
}

static void show_day(const wfp_cmd_t *cmd, wfp_json_t *out, wfp_json_t *used,
                     const wfp_json_t *did, const char *date)
{
    day_t day = { cmd, date };

    if (!used) {
        used = wfp_json_object(cmd->pool);
        wfp_json_set_str(used, "date", date);
    }
    if ((did && wfp_json_each(did, copy_member, used, cmd->pool) != APR_SUCCESS)
        || wfp_json_each(used, print_used, &day, cmd->pool) != APR_SUCCESS) {
        return; /* no object */
    }
    wfp_json_add(out, used);
}

void wfp_docs_usage(const wfp_cmd_t *cmd, const wfp_json_t *days,
                    const wfp_json_t *buckets, int count)
{
    wfp_json_t *out = wfp_json_array(cmd->pool);
    apr_time_t now = apr_time_now();
    int i;

    for (i = 0; i < count; i++) {
        const char *date = apr_pstrndup(
            cmd->pool,
            wfp_show_time(now - apr_time_from_sec(86400) * i, cmd->pool), 10);
        wfp_json_t *used = day_of(cmd, days, "date", date);
        wfp_json_t *did = day_of(cmd, buckets, "time", date);

        if (used || did) {
            show_day(cmd, out, used, did, date);
        }
    }
    wfp_print_json(cmd, out);
}

void wfp_docs_hostnames(const wfp_cmd_t *cmd, const wfp_json_t *list)
{
    apr_size_t i;

    for (i = 0; i < wfp_json_size(list); i++) {
        const wfp_json_t *doc = wfp_json_at(list, i, cmd->pool);

        wfp_print_line(cmd, "%s %s", str(cmd, doc, "hostname"),
                       worker_of(cmd, doc));
    }
    wfp_print_json(cmd, list);
}

void wfp_docs_hostname(const wfp_cmd_t *cmd, const wfp_json_t *doc)
{
    wfp_print_line(cmd, "Set hostname %s to %s", str(cmd, doc, "hostname"),
                   worker_of(cmd, doc));
    wfp_print_json(cmd, doc);
}

/* The texts of a list with commas between; "*": it is empty. */
static const char *joined(const wfp_cmd_t *cmd, const wfp_json_t *list)
{
    const char *names = NULL;
    apr_size_t i;

    for (i = 0; i < wfp_json_size(list); i++) {
        const char *name = wfp_json_str(wfp_json_at(list, i, cmd->pool));

        names = names ? apr_pstrcat(cmd->pool, names, ",", name, NULL) : name;
    }
    return names ? names : "*";
}

void wfp_docs_tokens(const wfp_cmd_t *cmd, const wfp_json_t *list)
{
    apr_pool_t *p = cmd->pool;
    apr_size_t i;

    for (i = 0; i < wfp_json_size(list); i++) {
        const wfp_json_t *token = wfp_json_at(list, i, p);
        int s3 = wfp_json_is_true(wfp_json_get(token, "s3", p));

        wfp_print_line(cmd, "%s %-6s %s%s%s %s", str(cmd, token, "id"),
                       str(cmd, token, "role"),
                       joined(cmd, wfp_json_get(token, "namespaces", p)),
                       s3 ? " s3:" : "",
                       s3 ? joined(cmd, wfp_json_get(token, "buckets", p)) : "",
                       str(cmd, token, "name"));
    }
    wfp_print_json(cmd, list);
}

void wfp_docs_token(const wfp_cmd_t *cmd, const wfp_json_t *doc)
{
    wfp_print_line(cmd, "id       %s", str(cmd, doc, "id"));
    wfp_print_line(cmd, "token    %s", str(cmd, doc, "token"));
    if (wfp_json_get(doc, "secret_access_key", cmd->pool)) {
        wfp_print_line(cmd, "s3 key   %s", str(cmd, doc, "access_key_id"));
        wfp_print_line(cmd, "s3 secret %s", str(cmd, doc, "secret_access_key"));
    }
    wfp_print_line(cmd, "It is shown once.");
    wfp_print_json(cmd, doc);
}
