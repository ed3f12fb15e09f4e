/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues; who consumes them is api_queue_consumers.c's, what is in them
 * api_queue_messages.c's.
 */
#include "admin/api_queues.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/show_queue.h"
#include "core/name.h"
#include "core/queue.h"
#include "services/queues.h"

#define PER_PAGE_MAX 100

/* How often a change is made anew of what somebody else has just made of it. */
#define TURNS_MAX 20

apr_status_t wfp_api_queues_failed(wfp_api_call_t *call, apr_status_t rv)
{
    return wfp_api_answer_result(call, rv, WFP_API_QUEUE_MISSING,
                                 WFP_API_QUEUE_EXISTS);
}

apr_status_t wfp_api_queues_find(wfp_queue_t **pqueue, wfp_api_call_t *call)
{
    apr_status_t rv = wfp_queues_get(pqueue, call->server->store,
                                     wfp_api_call_param(call, "queue"),
                                     &call->res, call->pool);

    return rv == APR_SUCCESS ? rv : wfp_api_queues_failed(call, rv);
}

apr_status_t wfp_api_queues_number(apr_int64_t *pn, wfp_api_call_t *call,
                                   const wfp_json_t *obj, const char *name,
                                   apr_int64_t min, apr_int64_t max,
                                   wfp_api_error_e error)
{
    wfp_json_t *v = wfp_json_get(obj, name, call->pool);
    apr_int64_t n;

    if (!v || wfp_json_is_null(v)) {
        return APR_SUCCESS;
    }
    if (!wfp_json_int(v, &n) || n < min || n > max) {
        return wfp_api_answer_error(call, error,
                                    "%s: a whole number from %" APR_INT64_T_FMT
                                    " to %" APR_INT64_T_FMT,
                                    name, min, max);
    }
    *pn = n;
    return APR_SUCCESS;
}

static apr_status_t answer_one(wfp_api_call_t *call, const wfp_queue_t *queue)
{
    wfp_json_t *doc;
    apr_status_t rv = wfp_show_queue(&doc, call->server->store, queue,
                                     &call->res, call->pool);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_api_answer_etag(call, wfp_queues_etag(queue, call->pool));
    return wfp_api_answer_json(call, doc);
}

/* ---- reading ---------------------------------------------------------------- */

/* ?name=a&name=b: those of them that there are. */
static int add_named(void *listv, const char *key, const char *value)
{
    APR_ARRAY_PUSH((apr_array_header_t *)listv, const char *) = value;
    return 1;
}

static apr_status_t list_named(apr_array_header_t **plist, apr_int64_t *ptotal,
                               wfp_api_call_t *call, const wfp_api_page_t *page)
{
    apr_array_header_t *names = apr_array_make(call->pool, 4,
                                               sizeof(const char *));
    wfp_queue_t *queue;
    int i;
    apr_status_t rv = APR_SUCCESS;

    (void)apr_table_do(add_named, names, call->query, "name", NULL);
    *plist = apr_array_make(call->pool, 4, sizeof(wfp_queue_t *));
    *ptotal = 0;
    for (i = 0; rv == APR_SUCCESS && i < names->nelts; i++) {
        rv = wfp_queues_get_named(&queue, call->server->store,
                                  APR_ARRAY_IDX(names, i, const char *),
                                  &call->res, call->pool);
        if (rv != APR_SUCCESS && call->res.code == WFP_NOT_FOUND) {
            rv = APR_SUCCESS;
            continue;
        }
        if (rv == APR_SUCCESS && ++*ptotal > page->skip
            && (*plist)->nelts < page->per_page) {
            APR_ARRAY_PUSH(*plist, wfp_queue_t *) = queue;
        }
    }
    return rv;
}

apr_status_t wfp_api_queues_list(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_array(call->pool), *one;
    apr_array_header_t *list;
    wfp_api_page_t page;
    wfp_list_t which;
    apr_int64_t total;
    int i;
    apr_status_t rv = wfp_api_call_list(&which, &page, call, PER_PAGE_MAX);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_query(call, "name")
                 ? list_named(&list, &total, call, &page)
                 : wfp_queues_list(&list, &total, call->server->store, &which,
                                   &call->res, call->pool);
    }
    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const wfp_queue_t *queue = APR_ARRAY_IDX(list, i, wfp_queue_t *);

        rv = wfp_show_queue(&one, call->server->store, queue, &call->res,
                            call->pool);
        wfp_json_set_int(one, "backlog_count", queue->backlog_count);
        wfp_json_set_int(one, "backlog_bytes", queue->backlog_bytes);
        wfp_json_add(doc, one);
    }
    return rv == APR_SUCCESS ? wfp_api_answer_page(call, doc, &page, total)
                             : rv;
}

apr_status_t wfp_api_queues_get(wfp_api_call_t *call)
{
    wfp_queue_t *queue;
    apr_status_t rv = wfp_api_queues_find(&queue, call);

    return rv == APR_SUCCESS ? answer_one(call, queue) : rv;
}

apr_status_t wfp_api_queues_measure(wfp_json_t **pdoc, wfp_api_call_t *call,
                                    const char *id)
{
    wfp_json_t *doc = wfp_json_object(call->pool);
    wfp_queue_t *queue;
    apr_int64_t oldest;
    apr_status_t rv = wfp_queues_get(&queue, call->server->store, id,
                                     &call->res, call->pool);

    if (rv == APR_SUCCESS) {
        rv = wfp_queue_messages_oldest(&oldest, call->server->store, id,
                                       &call->res, call->pool);
    }
    if (rv != APR_SUCCESS) {
        return wfp_api_queues_failed(call, rv);
    }
    wfp_json_set_int(doc, "backlog_count", queue->backlog_count);
    wfp_json_set_int(doc, "backlog_bytes", queue->backlog_bytes);
    wfp_json_set_int(doc, "oldest_message_timestamp_ms", oldest);
    *pdoc = doc;
    return rv;
}

apr_status_t wfp_api_queues_metrics(wfp_api_call_t *call)
{
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_queues_measure(&doc, call,
                                             wfp_api_call_param(call, "queue"));

    return rv == APR_SUCCESS ? wfp_api_answer_json(call, doc) : rv;
}

/* ---- writing ---------------------------------------------------------------- */

static apr_status_t read_settings(wfp_queue_t *queue, wfp_api_call_t *call,
                                  const wfp_json_t *obj)
{
    static const char *const members[] = { "delivery_delay", "delivery_paused",
                                           "message_retention_period", NULL };
    wfp_json_t *paused = wfp_json_get(obj, "delivery_paused", call->pool);
    apr_status_t rv;

    if (!obj || wfp_json_is_null(obj)) {
        return APR_SUCCESS;
    }
    if (!wfp_json_is_object(obj)) {
        return wfp_api_answer_error(call, WFP_API_QUEUE_BAD,
                                    "settings: an object");
    }
    if (paused && !wfp_json_is_null(paused)) {
        if (!wfp_json_is_bool(paused)) {
            return wfp_api_answer_error(call, WFP_API_QUEUE_BAD,
                                        "delivery_paused: true or false");
        }
        queue->is_paused = wfp_json_is_true(paused);
    }
    rv = wfp_api_queues_number(&queue->delivery_delay_s, call, obj,
                               "delivery_delay", 0, WFP_QUEUE_DELAY_MAX,
                               WFP_API_QUEUE_BAD);
    if (rv == APR_SUCCESS) {
        rv = wfp_api_queues_number(&queue->retention_s, call, obj,
                                   "message_retention_period",
                                   WFP_QUEUE_RETENTION_MIN,
                                   WFP_QUEUE_RETENTION_MAX, WFP_API_QUEUE_BAD);
    }
    return rv == APR_SUCCESS ? wfp_api_call_known(call, obj, members, 0) : rv;
}

/* queue_name and settings of a body. @param pname NULL: not given */
static apr_status_t read_members(const char **pname, wfp_queue_t *queue,
                                 wfp_api_call_t *call, const wfp_json_t *doc)
{
    static const char *const members[] = { "queue_name", "settings",
                                           "jurisdiction", NULL };
    wfp_json_t *place = wfp_json_get(doc, "jurisdiction", call->pool);
    apr_status_t rv;

    if (place && !wfp_json_is_null(place)) {
        return wfp_api_answer_error(call, WFP_API_QUEUE_BAD,
                                    "jurisdiction is not supported");
    }
    *pname = wfp_json_str(wfp_json_get(doc, "queue_name", call->pool));
    rv = wfp_api_call_known(call, doc, members, 0);
    return rv == APR_SUCCESS
               ? read_settings(queue, call,
                               wfp_json_get(doc, "settings", call->pool))
               : rv;
}

apr_status_t wfp_api_queues_create(wfp_api_call_t *call)
{
    wfp_queue_t queue = { .retention_s = WFP_QUEUE_RETENTION_STANDARD };
    const char *name;
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv == APR_SUCCESS) {
        rv = read_members(&name, &queue, call, doc);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!name || !wfp_name_is_valid(name, strlen(name))) {
        return wfp_api_answer_error(call, WFP_API_QUEUE_BAD,
                                    "queue_name: 1 to 63 of A-Z a-z 0-9 _ -");
    }
    queue.name = name;
    rv = wfp_queues_create(call->server->store, &queue,
                           wfp_api_call_actor(call), &call->res, call->pool);
    return rv == APR_SUCCESS ? answer_one(call, &queue)
                             : wfp_api_queues_failed(call, rv);
}

/* Change what there is, as long as it is that. */
static apr_status_t update_it(wfp_api_call_t *call, wfp_queue_t *queue,
                              const wfp_json_t *doc)
{
    const wfp_match_t is = { .match = wfp_queues_etag(queue, call->pool) };
    const char *name;
    apr_status_t rv = read_members(&name, queue, call, doc);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (name && strcmp(name, queue->name)) {
        return wfp_api_answer_error(call, WFP_API_QUEUE_BAD,
                                    "queue_name: bindings know the queue by "
                                    "its name, which does not change");
    }
    return wfp_queues_update(call->server->store, queue, &is,
                             wfp_api_call_actor(call), &call->res, call->pool);
}

apr_status_t wfp_api_queues_update(wfp_api_call_t *call)
{
    wfp_queue_t *queue;
    wfp_json_t *doc = NULL;
    int turn;
    apr_status_t rv = APR_EMISMATCH;

    for (turn = 0; rv == APR_EMISMATCH && turn < TURNS_MAX; turn++) {
        rv = wfp_api_queues_find(&queue, call);
        if (rv == APR_SUCCESS && !doc) {
            rv = wfp_api_call_object(&doc, call);
        }
        if (rv != APR_SUCCESS) {
            return rv;
        }
        if (wfp_etag_check(wfp_api_call_match(call),
                           wfp_queues_etag(queue, call->pool), "the queue",
                           &call->res)
            != APR_SUCCESS) {
            return wfp_api_queues_failed(call, APR_EMISMATCH);
        }
        rv = update_it(call, queue, doc);
    }
    if (rv == APR_SUCCESS) {
        return wfp_api_queues_get(call);
    }
    return call->answer.errors ? rv : wfp_api_queues_failed(call, rv);
}

apr_status_t wfp_api_queues_delete(wfp_api_call_t *call)
{
    apr_status_t rv = wfp_queues_delete(call->server->store,
                                        wfp_api_call_param(call, "queue"),
                                        wfp_api_call_match(call),
                                        wfp_api_call_actor(call), &call->res,
                                        call->pool);

    return rv == APR_SUCCESS ? wfp_api_answer_json(call, NULL)
                             : wfp_api_queues_failed(call, rv);
}

apr_status_t wfp_api_queues_purge(wfp_api_call_t *call)
{
    wfp_queue_t *queue;
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_queues_find(&queue, call);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!wfp_json_is_true(
            wfp_json_get(doc, "delete_messages_permanently", call->pool))) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "delete_messages_permanently must be true");
    }
    rv = wfp_audit_note(call->server->store, WFP_CHANGE_QUEUE, queue->id,
                        "purge", "{}", wfp_api_call_actor(call), &call->res,
                        call->pool);
    if (rv == APR_SUCCESS) {
        rv = wfp_queues_purge(call->server->queues, queue->id, &call->res,
                              call->pool);
    }
    return rv == APR_SUCCESS ? wfp_api_queues_get(call)
                             : wfp_api_queues_failed(call, rv);
}
