/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bindings of versions. Called by versions.c and scripts.c. Sealed texts pass
 * through: it must not know what is in them.
 */
#include <apr_strings.h>
#include <string.h>

#include "store/column.h"
#include "store/tx.h"

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

apr_status_t wfp_bindings_insert(wfp_dbd_t *db, const char *version_id,
                                 const apr_array_header_t *bindings)
{
    static const wfp_sql_t insert = {
        "bindings_insert", "INSERT INTO bindings (version_id, pos, name, kind, "
                           "value, target, outbound) "
                           "VALUES (%s, %d, %s, %s, %s, %s, %s)"
    };
    int i;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; rv == APR_SUCCESS && i < bindings->nelts; i++) {
        const wfp_binding_t *b = &APR_ARRAY_IDX(bindings, i, wfp_binding_t);

        rv = wfp_dbd_exec(NULL, db, &insert,
                          DBD_ARGS(version_id, wfp_dbd_num(db, i), b->name,
                                   wfp_binding_kind_name(b->kind),
                                   wfp_column_base64(or_empty(b->text),
                                                     b->text_size, db->pool),
                                   or_empty(b->target),
                                   wfp_column_outbound(&b->outbound,
                                                       db->pool)));
    }
    return rv;
}

static apr_status_t read_row(wfp_binding_t *b, wfp_dbd_t *db, const char **row)
{
    b->name = row[0];
    b->kind = wfp_binding_kind_by_name(row[1]);
    if (b->kind == WFP_BINDING_KIND_COUNT) {
        return wfp_result_set(db->res, WFP_INTERNAL, APR_EGENERAL,
                              "the store has a binding of the unknown type %s",
                              row[1]);
    }
    wfp_column_unbase64(&b->text, &b->text_size, row[2], db->pool);
    b->target = row[3];
    return wfp_column_read_outbound(&b->outbound, row[4], db->res, db->pool);
}

apr_status_t wfp_bindings_read(apr_array_header_t **pbindings,
                               apr_array_header_t **ptags, wfp_dbd_t *db,
                               const char *version_id)
{
    /* a tag has no kind: both are asked for at once, as each is a trip to
     * PostgreSQL */
    static const wfp_sql_t list = {
        "bindings_and_tags", "SELECT name, kind, value, target, outbound, pos "
                             "FROM bindings WHERE version_id = %s "
                             "UNION ALL SELECT tag, '', '', '', '', pos "
                             "FROM tags WHERE version_id = %s ORDER BY pos"
    };
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &list, 5,
                                   DBD_ARGS(version_id, version_id));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    *pbindings = apr_array_make(db->pool, rows->nelts + 1,
                                sizeof(wfp_binding_t));
    *ptags = apr_array_make(db->pool, rows->nelts + 1, sizeof(const char *));
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);

        if (*row[1]) {
            rv = read_row(apr_array_push(*pbindings), db, row);
        }
        else {
            APR_ARRAY_PUSH(*ptags, const char *) = row[0];
        }
    }
    return rv;
}

static apr_status_t need_service(wfp_dbd_t *db, const wfp_binding_t *b,
                                 const char *service, const char *self)
{
    wfp_script_row_t row;
    apr_status_t rv;

    if (self && strcmp(service, self) == 0) {
        return APR_SUCCESS;
    }
    rv = wfp_scripts_row(&row, db, WFP_ACCOUNT_NS, service);
    if (rv == APR_SUCCESS && !row.id) {
        return wfp_result_about(
            db->res, WFP_ABOUT_SERVICE,
            wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                           "binding %s: there is no account Worker '%s'",
                           b->name, service));
    }
    return rv;
}

static apr_status_t need_namespace(wfp_dbd_t *db, const wfp_binding_t *b,
                                   const char *self)
{
    const char *id;
    apr_status_t rv = wfp_namespaces_id(&id, db, or_empty(b->target));

    if (rv == APR_SUCCESS && (!id || !*id)) {
        return wfp_result_about(
            db->res, WFP_ABOUT_NAMESPACE,
            wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                           "binding %s: there is no dispatch namespace '%s'",
                           b->name, or_empty(b->target)));
    }
    if (rv == APR_SUCCESS && b->outbound.service) {
        rv = need_service(db, b, b->outbound.service, self);
    }
    return rv;
}

static apr_status_t need_kv(wfp_dbd_t *db, const wfp_binding_t *b)
{
    static const wfp_sql_t get = {
        "bindings_kv", "SELECT id FROM kv_namespaces WHERE id = %s"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, 1,
                                  DBD_ARGS(or_empty(b->target)));

    if (rv == APR_SUCCESS && !row) {
        return wfp_result_about(
            db->res, WFP_ABOUT_KV_NAMESPACE,
            wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                           "KV namespace '%s' not found. Verify the namespace "
                           "exists (binding %s)",
                           or_empty(b->target), b->name));
    }
    return rv;
}

static apr_status_t need_d1(wfp_dbd_t *db, const wfp_binding_t *b)
{
    static const wfp_sql_t get = {
        "bindings_d1", "SELECT id FROM d1_databases WHERE id = %s"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, 1,
                                  DBD_ARGS(or_empty(b->target)));

    if (rv == APR_SUCCESS && !row) {
        return wfp_result_about(
            db->res, WFP_ABOUT_D1,
            wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                           "binding %s: the D1 database '%s' could not be "
                           "found",
                           b->name, or_empty(b->target)));
    }
    return rv;
}

static apr_status_t need_r2(wfp_dbd_t *db, const wfp_binding_t *b)
{
    static const wfp_sql_t get = {
        "bindings_r2", "SELECT id FROM r2_buckets WHERE name = %s"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, 1,
                                  DBD_ARGS(or_empty(b->target)));

    if (rv == APR_SUCCESS && !row) {
        return wfp_result_about(
            db->res, WFP_ABOUT_R2,
            wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                           "R2 bucket '%s' not found. Please use a different "
                           "name and try again (binding %s)",
                           or_empty(b->target), b->name));
    }
    return rv;
}

static apr_status_t need_queue(wfp_dbd_t *db, const wfp_binding_t *b)
{
    static const wfp_sql_t get = { "bindings_queue",
                                   "SELECT id FROM queues WHERE name = %s" };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, 1,
                                  DBD_ARGS(or_empty(b->target)));

    if (rv == APR_SUCCESS && !row) {
        return wfp_result_about(
            db->res, WFP_ABOUT_QUEUE,
            wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                           "binding %s: the queue '%s' does not exist", b->name,
                           or_empty(b->target)));
    }
    return rv;
}

/* The service of a user Worker: an account Worker, else one of its own
 * namespace, which the target says from then on by a "/" in front. */
static apr_status_t aim_service(wfp_dbd_t *db, wfp_binding_t *b,
                                const wfp_script_t *of)
{
    const char *name = or_empty(b->target) + (b->target && *b->target == '/');
    wfp_script_row_t row;
    apr_status_t rv = APR_SUCCESS;

    if (!*of->ns) {
        return need_service(db, b, name, of->name);
    }
    if (name == or_empty(b->target)) {
        rv = wfp_scripts_row(&row, db, WFP_ACCOUNT_NS, name);
        if (rv != APR_SUCCESS || row.id) {
            return rv;
        }
    }
    rv = wfp_scripts_row(&row, db, of->ns, name);
    if (rv == APR_SUCCESS && !row.id && strcmp(name, of->name)) {
        return wfp_result_about(
            db->res, WFP_ABOUT_SERVICE,
            wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                           name == b->target
                               ? "binding %s: there is no account Worker "
                                 "'%s', nor one in the namespace"
                               : "binding %s: there is no Worker '%s' in the "
                                 "namespace",
                           b->name, name));
    }
    b->target = apr_pstrcat(db->pool, "/", name, NULL);
    return rv;
}

/* Kinds whose target is a resource (core/script.h). */
static apr_status_t (*const needs[WFP_BINDING_KIND_COUNT])(
    wfp_dbd_t *db, const wfp_binding_t *b) = {
    [WFP_BINDING_KV_NAMESPACE] = need_kv,
    [WFP_BINDING_D1] = need_d1,
    [WFP_BINDING_QUEUE] = need_queue,
    [WFP_BINDING_R2_BUCKET] = need_r2,
};

apr_status_t wfp_bindings_check(wfp_dbd_t *db, const wfp_script_t *script)
{
    const apr_array_header_t *bindings = script->bindings;
    const char *self = *script->ns ? NULL : script->name;
    int i;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; rv == APR_SUCCESS && i < bindings->nelts; i++) {
        wfp_binding_t *b = &APR_ARRAY_IDX(bindings, i, wfp_binding_t);

        if (b->kind == WFP_BINDING_SERVICE) {
            rv = aim_service(db, b, script);
        }
        else if (b->kind == WFP_BINDING_DISPATCH_NAMESPACE) {
            rv = need_namespace(db, b, self);
        }
        else if (needs[b->kind]) {
            rv = needs[b->kind](db, b);
        }
    }
    return rv;
}
