/* SPDX-License-Identifier: Apache-2.0 */
/*
 * D1 databases. A database is made in two steps: its row, then its file; one
 * whose file could not be made is taken back.
 */
#include "admin/api_d1.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/show.h"
#include "core/clock.h"
#include "core/name.h"
#include "store/audit.h"

#define PER_PAGE_MAX 1000

/* A query of the API's. */
#define QUERY_MAX apr_time_from_sec(30)

/* Bytes of rows of one answer. */
#define ANSWER_MAX (APR_INT64_C(32) << 20)

static wfp_json_t *show(const wfp_d1_database_t *d1, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);

    wfp_json_set_str(doc, "uuid", d1->id);
    wfp_json_set_str(doc, "name", d1->name);
    wfp_json_set_str(doc, "created_at", wfp_show_time(d1->created, p));
    wfp_json_set_str(doc, "version", "production");
    return doc;
}

apr_status_t wfp_api_d1_failed(wfp_api_call_t *call, apr_status_t rv)
{
    return wfp_api_answer_result(call, rv, WFP_API_D1_MISSING,
                                 WFP_API_D1_EXISTS);
}

apr_status_t wfp_api_d1_find(wfp_d1_database_t **pd1, wfp_api_call_t *call)
{
    apr_status_t rv = wfp_d1_databases_get(pd1, call->server->store,
                                           wfp_api_call_param(call, "database"),
                                           &call->res, call->pool);

    return rv == APR_SUCCESS ? rv : wfp_api_d1_failed(call, rv);
}

/* ?name=: that one, or none. */
static apr_status_t list_named(wfp_api_call_t *call, const char *name,
                               const wfp_api_page_t *page)
{
    wfp_json_t *doc = wfp_json_array(call->pool);
    wfp_d1_database_t *d1;
    apr_status_t rv = wfp_d1_databases_get(&d1, call->server->store, name,
                                           &call->res, call->pool);
    int is_there = rv == APR_SUCCESS && !strcmp(d1->name, name);

    if (rv != APR_SUCCESS && call->res.code != WFP_NOT_FOUND) {
        return rv;
    }
    if (is_there && page->skip == 0) {
        wfp_json_add(doc, show(d1, call->pool));
    }
    return wfp_api_answer_page(call, doc, page, is_there);
}

apr_status_t wfp_api_d1_list(wfp_api_call_t *call)
{
    const char *name = wfp_api_call_query(call, "name");
    wfp_json_t *doc = wfp_json_array(call->pool);
    apr_array_header_t *list;
    wfp_api_page_t page;
    wfp_list_t which;
    apr_int64_t total;
    int i;
    apr_status_t rv = wfp_api_call_list(&which, &page, call, PER_PAGE_MAX);

    if (rv == APR_SUCCESS && name) {
        return list_named(call, name, &page);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_d1_databases_list(&list, &total, call->server->store, &which,
                                   &call->res, call->pool);
    }
    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        wfp_json_add(doc, show(APR_ARRAY_IDX(list, i, wfp_d1_database_t *),
                               call->pool));
    }
    return rv == APR_SUCCESS ? wfp_api_answer_page(call, doc, &page, total)
                             : rv;
}

/* Wishes about places and copies that one host cannot grant are refused, those
 * that name where it may lie are only hints. */
static apr_status_t check_wishes(wfp_api_call_t *call, const wfp_json_t *doc)
{
    wfp_json_t *copies = wfp_json_get(doc, "read_replication", call->pool);
    const char *mode = wfp_json_str(wfp_json_get(copies, "mode", call->pool));
    wfp_json_t *place = wfp_json_get(doc, "jurisdiction", call->pool);

    if (mode && strcmp(mode, "disabled")) {
        return wfp_api_answer_error(call, WFP_API_D1_BAD,
                                    "read_replication is not supported");
    }
    if (place && !wfp_json_is_null(place)) {
        return wfp_api_answer_error(call, WFP_API_D1_BAD,
                                    "jurisdiction is not supported");
    }
    return APR_SUCCESS;
}

static apr_status_t make_file(wfp_api_call_t *call, const wfp_d1_database_t *d1)
{
    apr_status_t rv = wfp_d1_make(call->server->d1, d1->id, &call->res);
    wfp_result_t ignored;

    if (rv == APR_SUCCESS) {
        return rv;
    }
    wfp_result_init(&ignored, call->pool);
    if (wfp_d1_databases_delete(call->server->store, d1->id,
                                wfp_api_call_actor(call), &ignored, call->pool)
        != APR_SUCCESS) {
        return rv; /* a row without a file: the client can delete it */
    }
    return rv;
}

apr_status_t wfp_api_d1_create(wfp_api_call_t *call)
{
    wfp_d1_database_t d1 = { 0 };
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv == APR_SUCCESS) {
        rv = check_wishes(call, doc);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    d1.name = wfp_json_str(wfp_json_get(doc, "name", call->pool));
    if (!d1.name || !wfp_name_is_valid(d1.name, strlen(d1.name))) {
        return wfp_api_answer_error(call, WFP_API_D1_BAD,
                                    "name: 1 to 63 of A-Z a-z 0-9 _ -");
    }
    rv = wfp_d1_databases_create(call->server->store, &d1,
                                 wfp_api_call_actor(call), &call->res,
                                 call->pool);
    if (rv == APR_SUCCESS) {
        rv = make_file(call, &d1);
    }
    return rv == APR_SUCCESS ? wfp_api_answer_json(call, show(&d1, call->pool))
                             : wfp_api_d1_failed(call, rv);
}

apr_status_t wfp_api_d1_note(wfp_api_call_t *call, const char *id,
                             const char *action, const wfp_json_t *details)
{
    apr_status_t rv = wfp_audit_note(call->server->store, WFP_CHANGE_D1, id,
                                     action, wfp_json_text(details, call->pool),
                                     wfp_api_call_actor(call), &call->res,
                                     call->pool);

    return rv == APR_SUCCESS ? rv : wfp_api_d1_failed(call, rv);
}

apr_status_t wfp_api_d1_run(wfp_sql_answer_t *answer, wfp_api_call_t *call,
                            const wfp_sql_call_t *sql)
{
    wfp_sql_share_t share = { 0, QUERY_MAX * 1000, 0, ANSWER_MAX };
    wfp_sql_call_t bounded = *sql;
    apr_status_t rv;

    bounded.share = &share;
    memset(answer, 0, sizeof(*answer));
    answer->pool = call->pool;
    rv = wfp_d1_run(answer, call->server->d1, &bounded,
                    wfp_clock_now() + QUERY_MAX, NULL, &call->res);
    if (rv != APR_SUCCESS && call->res.code == WFP_CPU_LIMIT) {
        return wfp_api_answer_error(call, WFP_API_D1_ERROR,
                                    "the query ran longer than it may: "
                                    "SQLITE_INTERRUPT");
    }
    return rv == APR_SUCCESS ? rv : wfp_api_d1_failed(call, rv);
}

/* Tables that the user made, and bytes. */
static apr_status_t add_sizes(wfp_json_t *doc, wfp_api_call_t *call,
                              const wfp_d1_database_t *d1)
{
    static const char sql[] = "SELECT count(*) FROM sqlite_schema WHERE "
                              "type='table' AND name NOT LIKE 'sqlite!_%' "
                              "ESCAPE '!'";
    wfp_sql_query_t query = { sql, sizeof(sql) - 1, NULL, 0 };
    wfp_sql_call_t ask = { .database = d1->id, .queries = &query, .count = 1 };
    wfp_sql_answer_t answer;
    apr_status_t rv = wfp_api_d1_run(&answer, call, &ask);

    if (rv == APR_SUCCESS) {
        wfp_json_set_int(doc, "num_tables", answer.first->first->values[0].u.i);
        wfp_json_set_int(doc, "file_size", answer.first->size_after);
    }
    return rv;
}

static apr_status_t answer_one(wfp_api_call_t *call,
                               const wfp_d1_database_t *d1)
{
    wfp_json_t *doc = show(d1, call->pool);
    wfp_json_t *copies = wfp_json_object(call->pool);
    apr_status_t rv = add_sizes(doc, call, d1);

    wfp_json_set_str(copies, "mode", "disabled");
    wfp_json_set(doc, "read_replication", copies);
    return rv == APR_SUCCESS ? wfp_api_answer_json(call, doc) : rv;
}

apr_status_t wfp_api_d1_get(wfp_api_call_t *call)
{
    wfp_d1_database_t *d1;
    apr_status_t rv = wfp_api_d1_find(&d1, call);

    return rv == APR_SUCCESS ? answer_one(call, d1) : rv;
}

/* Nothing of a database can be another here: what is asked for must be what is. */
apr_status_t wfp_api_d1_update(wfp_api_call_t *call)
{
    static const char *const known[] = { "read_replication", "jurisdiction",
                                         NULL };
    wfp_d1_database_t *d1;
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv == APR_SUCCESS) {
        rv = check_wishes(call, doc);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_known(call, doc, known, 0);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_api_d1_find(&d1, call);
    }
    return rv == APR_SUCCESS ? answer_one(call, d1) : rv;
}

apr_status_t wfp_api_d1_delete(wfp_api_call_t *call)
{
    wfp_d1_database_t *d1;
    apr_status_t rv = wfp_api_d1_find(&d1, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_d1_databases_delete(call->server->store, d1->id,
                                 wfp_api_call_actor(call), &call->res,
                                 call->pool);
    if (rv == APR_SUCCESS) {
        rv = wfp_d1_remove(call->server->d1, d1->id, &call->res);
    }
    return rv == APR_SUCCESS ? wfp_api_answer_json(call, NULL)
                             : wfp_api_d1_failed(call, rv);
}
