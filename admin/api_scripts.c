/* SPDX-License-Identifier: Apache-2.0 */
/* Workers: list, upload, look, delete. docs/api/scripts.md */
#include "admin/api_scripts.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/api_worker.h"
#include "admin/show.h"
#include "core/name.h"

#define LIST_MAX   1000
#define DELETE_MAX 1000
#define TAGS_MAX   16 /* of a query */

/* ---- how a Worker is shown ----------------------------------------------- */

static wfp_json_t *texts(const apr_array_header_t *list, apr_pool_t *p)
{
    wfp_json_t *arr = wfp_json_array(p);
    int i;

    for (i = 0; list && i < list->nelts; i++) {
        wfp_json_add_str(arr, APR_ARRAY_IDX(list, i, const char *));
    }
    return arr;
}

typedef struct shown_t {
    wfp_json_t *doc;
} shown_t;

static apr_status_t show_setting(void *baton, const char *key, wfp_json_t *v)
{
    shown_t *to = baton;

    if (strcmp(key, "body_part")) {
        wfp_json_set(to->doc, key, v);
    }
    return APR_SUCCESS;
}

static void show_settings(wfp_json_t *doc, const char *settings, apr_pool_t *p)
{
    shown_t to = { doc };
    wfp_json_t *v = NULL;

    wfp_json_set_bool(doc, "logpush", 0);
    wfp_json_set_str(doc, "usage_model", "standard");
    if (!settings || !*settings
        || wfp_json_parse(&v, settings, strlen(settings), NULL, p)
               != APR_SUCCESS
        || wfp_json_each(v, show_setting, &to, p) != APR_SUCCESS) {
        v = NULL; /* none are kept */
    }
    wfp_json_set_bool(doc, "has_modules", !wfp_json_get(v, "body_part", p));
}

static wfp_json_t *show_info(const wfp_script_info_t *info, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);

    wfp_json_set_str(doc, "id", info->name);
    wfp_json_set_str(doc, "tag", info->id);
    wfp_json_set_str(doc, "etag", info->etag);
    wfp_json_set(doc, "tags", texts(info->tags, p));
    wfp_json_set_str(doc, "created_on", wfp_show_time(info->created, p));
    wfp_json_set_str(doc, "modified_on", wfp_show_time(info->modified, p));
    wfp_json_set_str(doc, "last_deployed_from", info->source);
    wfp_json_set_str(doc, "deployment_id", info->version_id);
    wfp_json_set_bool(doc, "has_assets", info->has_assets);
    show_settings(doc, info->settings, p);
    return doc;
}

/* A user Worker has its object inside of another, and some clients look for its
 * members outside. */
static wfp_json_t *show_listed(const wfp_api_call_t *call,
                               const wfp_script_info_t *info)
{
    wfp_json_t *doc = show_info(info, call->pool);

    if (*wfp_api_call_ns(call)) {
        wfp_json_set(doc, "script", show_info(info, call->pool));
        wfp_json_set_str(doc, "dispatch_namespace", wfp_api_call_ns(call));
    }
    return doc;
}

/* ---- which Workers --------------------------------------------------------- */

/* ?tags=a:yes,b:no */
static apr_status_t read_query(wfp_script_query_t *query, wfp_api_call_t *call)
{
    const char *text = wfp_api_call_query(call, "tags");
    apr_array_header_t *with = apr_array_make(call->pool, 4,
                                              sizeof(const char *));
    apr_array_header_t *without = apr_array_make(call->pool, 4,
                                                 sizeof(const char *));

    query->ns = wfp_api_call_ns(call);
    query->with = with;
    query->without = without;
    query->after = "";
    while (text && *text) {
        apr_size_t n = strcspn(text, ",");
        char *tag = apr_pstrmemdup(call->pool, text, n);
        char *colon = strrchr(tag, ':');
        int yes = colon && !strcmp(colon, ":yes");

        if (with->nelts + without->nelts == TAGS_MAX) {
            return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                        "tags: at most %d", TAGS_MAX);
        }
        if (!colon || colon == tag || (!yes && strcmp(colon, ":no"))) {
            return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                        "tags: use TAG:yes or TAG:no, with "
                                        "commas between");
        }
        *colon = '\0';
        APR_ARRAY_PUSH(yes ? with : without, const char *) = tag;
        text += n + (text[n] == ',');
    }
    return APR_SUCCESS;
}

/* One of two words. */
static apr_status_t read_choice(int *pis_second, wfp_api_call_t *call,
                                const char *key, const char *first,
                                const char *second)
{
    const char *word = wfp_api_call_query(call, key);

    *pis_second = word && !strcmp(word, second);
    return !word || *pis_second || !strcmp(word, first)
               ? APR_SUCCESS
               : wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "%s: %s or %s",
                                      key, first, second);
}

/* ?name_contains=&order=name|modified_on&direction=asc|desc
 * *pis_sorted: one of them is there. */
static apr_status_t read_order(int *pis_sorted, wfp_script_query_t *query,
                               wfp_api_call_t *call)
{
    apr_status_t rv = read_choice(&query->by_modified, call, "order", "name",
                                  "modified_on");

    query->contains = wfp_api_call_contains(call);
    *pis_sorted = query->contains || wfp_api_call_query(call, "order")
                  || wfp_api_call_query(call, "direction");
    if (rv == APR_SUCCESS && query->contains
        && strlen(query->contains) > WFP_NAME_MAX) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "name_contains: at most %d bytes",
                                    WFP_NAME_MAX);
    }
    return rv == APR_SUCCESS
               ? read_choice(&query->is_down, call, "direction", "asc", "desc")
               : rv;
}

apr_status_t wfp_api_scripts_list(wfp_api_call_t *call)
{
    const char *cursor = wfp_api_call_query(call, "cursor");
    wfp_json_t *doc = wfp_json_array(call->pool);
    wfp_script_query_t query = { 0 };
    apr_array_header_t *list;
    apr_int64_t limit = LIST_MAX;
    const char *next;
    int i, is_sorted = 0;
    apr_status_t rv = wfp_api_call_number(&limit, call, "limit", 1, LIST_MAX);

    if (rv == APR_SUCCESS) {
        rv = read_query(&query, call);
    }
    if (rv == APR_SUCCESS) {
        rv = read_order(&is_sorted, &query, call);
    }
    if (rv == APR_SUCCESS && !is_sorted && cursor && *cursor
        && !wfp_name_is_valid(cursor, strlen(cursor))) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "cursor: the one of the page before");
    }
    if (rv == APR_SUCCESS) {
        query.after = cursor ? cursor : "";
        query.limit = (int)limit;
        rv = is_sorted
                 ? wfp_scripts_page_sorted(&list, &next, call->server->store,
                                           &query, &call->res, call->pool)
                 : wfp_scripts_page(&list, &next, call->server->store, &query,
                                    &call->res, call->pool);
    }
    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    for (i = 0; i < list->nelts; i++) {
        wfp_json_add(doc,
                     show_listed(call,
                                 APR_ARRAY_IDX(list, i, wfp_script_info_t *)));
    }
    return wfp_api_answer_cursor(call, doc, doc, next);
}

/* ---- one Worker -------------------------------------------------------------- */

wfp_json_t *wfp_api_scripts_show_uploaded(const wfp_deploy_t *d, apr_pool_t *p)
{
    const wfp_script_t *script = d->put.script;
    wfp_script_info_t info = {
        .id = d->put.script_id,
        .ns = script->ns,
        .name = script->name,
        .version_id = script->version_id,
        .created = d->put.made,
        .modified = script->created,
        .etag = d->put.etag,
        .source = d->put.actor->source,
        .settings = script->settings,
        .tags = script->tags,
        .has_assets = *script->assets != '\0',
    };
    wfp_json_t *doc = show_info(&info, p);

    wfp_json_set_int(doc, "startup_time_ms", (d->seen.startup_us + 999) / 1000);
    wfp_json_set(doc, "handlers", texts(d->seen.handlers, p));
    wfp_json_set_str(doc, "entry_point", script->main_module);
    return doc;
}

apr_status_t wfp_api_scripts_put(wfp_api_call_t *call)
{
    wfp_upload_form_t *form;
    wfp_metadata_t *meta;
    wfp_deploy_t d;
    apr_status_t rv;

    wfp_api_worker_begin(&d, call, "upload");
    rv = wfp_api_worker_upload(&form, &meta, call, WFP_METADATA_UPLOAD);
    if (rv == APR_SUCCESS) {
        rv = wfp_deploy_code(&d, form, meta, &call->res, call->pool);
    }
    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    wfp_api_worker_done(call, &d);
    wfp_api_worker_tell(call, meta);
    return wfp_api_answer_json(call,
                               wfp_api_scripts_show_uploaded(&d, call->pool));
}

/* Of an account Worker the API has no details but its content. wrangler takes
 * only 10092 for a user Worker that may be made. */
apr_status_t wfp_api_scripts_get(wfp_api_call_t *call)
{
    wfp_script_info_t *info;
    wfp_script_t *script;
    apr_status_t rv = wfp_scripts_head(&script, &info, call->server->store,
                                       wfp_api_call_ns(call),
                                       wfp_api_worker_name(call), &call->res,
                                       call->pool);

    if (rv == APR_SUCCESS) {
        return wfp_api_answer_json(call, show_listed(call, info));
    }
    if (call->res.code == WFP_WORKER_NOT_FOUND) {
        (void)wfp_api_answer_error(call, WFP_API_NO_USER_WORKER, NULL);
        (void)wfp_api_answer_error(call, WFP_API_NO_WORKER, NULL);
        return rv;
    }
    return wfp_api_worker_failed(call, rv);
}

apr_status_t wfp_api_scripts_delete(wfp_api_call_t *call)
{
    wfp_script_delete_t what = { .ns = wfp_api_call_ns(call),
                                 .name = wfp_api_worker_name(call),
                                 .if_match = wfp_api_worker_if_match(call),
                                 .actor = wfp_api_call_actor(call) };
    apr_int64_t stamp;
    apr_status_t rv = wfp_api_call_either(&what.force, call, "force", "false",
                                          "true");

    if (rv == APR_SUCCESS) {
        rv = wfp_scripts_delete(&stamp, call->server->store, &what, &call->res,
                                call->pool);
    }
    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    wfp_api_call_publish(call, stamp, wfp_api_call_ns(call),
                         wfp_api_worker_name(call), 1);
    return wfp_api_answer_json(call, NULL);
}

apr_status_t wfp_api_scripts_delete_some(wfp_api_call_t *call)
{
    apr_pool_t *p = call->pool;
    wfp_json_t *doc = wfp_json_object(p), *gone = wfp_json_array(p);
    apr_array_header_t *list;
    wfp_script_query_t query = { 0 };
    apr_int64_t limit = DELETE_MAX;
    int i, more = 0;
    apr_status_t rv = wfp_api_call_number(&limit, call, "limit", 1, DELETE_MAX);

    if (rv == APR_SUCCESS) {
        rv = read_query(&query, call);
    }
    if (rv == APR_SUCCESS && !query.with->nelts) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "tags: a TAG:yes of those to be deleted is "
                                    "needed");
    }
    if (rv == APR_SUCCESS) {
        query.limit = (int)limit;
        rv = wfp_scripts_delete_some(&list, &more, call->server->store, &query,
                                     wfp_api_call_actor(call), &call->res, p);
    }
    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    for (i = 0; i < list->nelts; i++) {
        const wfp_change_t *change = &APR_ARRAY_IDX(list, i, wfp_change_t);
        wfp_json_t *one = wfp_json_object(p);

        wfp_api_call_publish(call, change->stamp, change->ns, change->name, 1);
        wfp_json_set_str(one, "id", change->name);
        wfp_json_add(gone, one);
    }
    wfp_json_set(doc, "deleted", gone);
    wfp_json_set_int(doc, "deleted_count", list->nelts);
    wfp_json_set_bool(doc, "has_more", more);
    return wfp_api_answer_json(call, doc);
}
