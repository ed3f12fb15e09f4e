/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Consumers of queues: a Worker (of the account, or, which is ours, of a
 * namespace), or whoever pulls. A queue has one at most.
 */
#include "admin/api_queue_consumers.h"

#include <string.h>

#include "admin/api_queues.h"
#include "admin/show_queue.h"
#include "core/name.h"
#include "core/queue.h"
#include "store/queue_consumers.h"

static apr_status_t failed(wfp_api_call_t *call, apr_status_t rv)
{
    if (call->res.code == WFP_INVALID) {
        return wfp_api_answer_error(call, WFP_API_CONSUMER_BAD, "%s",
                                    call->res.message);
    }
    return wfp_api_answer_result(call, rv, WFP_API_QUEUE_MISSING,
                                 WFP_API_QUEUE_CONSUMED);
}

static const char *text_of(wfp_api_call_t *call, const wfp_json_t *doc,
                           const char *name)
{
    return wfp_json_str(wfp_json_get(doc, name, call->pool));
}

static int is_name(const char *name)
{
    return name && wfp_name_is_valid(name, strlen(name));
}

/* Type, and the Worker of one that is a Worker. */
static apr_status_t read_kind(wfp_queue_consumer_t *c, wfp_api_call_t *call,
                              const wfp_json_t *doc)
{
    const char *type = text_of(call, doc, "type");
    const char *ns = text_of(call, doc, "dispatch_namespace");

    c->is_pull = type && !strcmp(type, "http_pull");
    if (type && !c->is_pull && strcmp(type, "worker")) {
        return wfp_api_answer_error(call, WFP_API_CONSUMER_BAD,
                                    "type: worker or http_pull");
    }
    if (c->is_pull) {
        return APR_SUCCESS;
    }
    c->script = text_of(call, doc, "script_name");
    if (!c->script) {
        c->script = text_of(call, doc, "script");
    }
    if (!is_name(c->script) || (ns && !is_name(ns))) {
        return wfp_api_answer_error(call, WFP_API_CONSUMER_BAD,
                                    "script_name: a Worker, which may be of a "
                                    "dispatch_namespace");
    }
    c->ns = ns ? ns : WFP_ACCOUNT_NS;
    return APR_SUCCESS;
}

static apr_status_t read_settings(wfp_queue_consumer_t *c, wfp_api_call_t *call,
                                  const wfp_json_t *obj)
{
    static const char *const members[] = {
        "batch_size",  "max_wait_time_ms", "max_retries",
        "retry_delay", "max_concurrency",  "visibility_timeout_ms",
        NULL
    };
    const struct {
        const char *name;
        apr_int64_t *field;
        apr_int64_t min, max;
    } rows[] = {
        { "batch_size", &c->batch_size, 1, WFP_QUEUE_BATCH_COUNT_MAX },
        { "max_wait_time_ms", &c->max_wait_ms, 0, WFP_QUEUE_WAIT_MAX_MS },
        { "max_retries", &c->max_retries, 0, WFP_QUEUE_RETRIES_MAX },
        { "retry_delay", &c->retry_delay_s, 0, WFP_QUEUE_DELAY_MAX },
        { "max_concurrency", &c->max_concurrency, 1,
          WFP_QUEUE_CONCURRENCY_MAX },
        { "visibility_timeout_ms", &c->visibility_ms, 1,
          WFP_QUEUE_VISIBILITY_MAX_MS },
    };
    apr_size_t i;
    apr_status_t rv = APR_SUCCESS;

    if (obj && !wfp_json_is_null(obj) && !wfp_json_is_object(obj)) {
        return wfp_api_answer_error(call, WFP_API_CONSUMER_BAD,
                                    "settings: an object");
    }
    for (i = 0; rv == APR_SUCCESS && i < sizeof(rows) / sizeof(*rows); i++) {
        rv = wfp_api_queues_number(rows[i].field, call, obj, rows[i].name,
                                   rows[i].min, rows[i].max,
                                   WFP_API_CONSUMER_BAD);
    }
    return rv == APR_SUCCESS ? wfp_api_call_known(call, obj, members, 0) : rv;
}

static apr_status_t read_body(wfp_queue_consumer_t *c, wfp_api_call_t *call)
{
    static const char *const members[] = { "type",        "script_name",
                                           "script",      "dispatch_namespace",
                                           "settings",    "dead_letter_queue",
                                           "environment", "environment_name",
                                           NULL };
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    memset(c, 0, sizeof(*c));
    wfp_queue_consumers_standard(c);
    if (rv == APR_SUCCESS) {
        rv = read_kind(c, call, doc);
    }
    if (rv == APR_SUCCESS) {
        rv = read_settings(c, call, wfp_json_get(doc, "settings", call->pool));
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_known(call, doc, members, 0);
    }
    if (rv == APR_SUCCESS) {
        c->dead_letter = text_of(call, doc, "dead_letter_queue");
        c->dead_letter = c->dead_letter ? c->dead_letter : "";
    }
    return rv;
}

static apr_status_t answer_one(wfp_api_call_t *call, const wfp_queue_t *queue)
{
    wfp_api_answer_etag(call,
                        wfp_queue_consumers_etag(queue->consumer, call->pool));
    return wfp_api_answer_json(call,
                               wfp_show_queue_consumer(queue, call->pool));
}

static apr_status_t write_one(wfp_api_call_t *call, const char *id)
{
    wfp_queue_consumer_t c;
    wfp_queue_t *queue;
    apr_status_t rv = wfp_api_queues_find(&queue, call);

    if (rv == APR_SUCCESS) {
        rv = read_body(&c, call);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (id && (!queue->consumer || strcmp(queue->consumer->id, id))) {
        return wfp_api_answer_error(call, WFP_API_NO_CONSUMER, NULL);
    }
    c.id = id;
    rv = wfp_queue_consumers_put(call->server->store, queue->id, &c,
                                 wfp_api_call_match(call),
                                 wfp_api_call_actor(call), &call->res,
                                 call->pool);
    if (rv != APR_SUCCESS) {
        return failed(call, rv);
    }
    queue->consumer = &c;
    return answer_one(call, queue);
}

apr_status_t wfp_api_queue_consumers_add(wfp_api_call_t *call)
{
    return write_one(call, NULL);
}

apr_status_t wfp_api_queue_consumers_update(wfp_api_call_t *call)
{
    return write_one(call, wfp_api_call_param(call, "consumer"));
}

apr_status_t wfp_api_queue_consumers_list(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_array(call->pool);
    wfp_queue_t *queue;
    apr_status_t rv = wfp_api_queues_find(&queue, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (queue->consumer) {
        wfp_json_add(doc, wfp_show_queue_consumer(queue, call->pool));
    }
    return wfp_api_answer_json(call, doc);
}

apr_status_t wfp_api_queue_consumers_get(wfp_api_call_t *call)
{
    wfp_queue_t *queue;
    apr_status_t rv = wfp_api_queues_find(&queue, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!queue->consumer
        || strcmp(queue->consumer->id, wfp_api_call_param(call, "consumer"))) {
        return wfp_api_answer_error(call, WFP_API_NO_CONSUMER, NULL);
    }
    return answer_one(call, queue);
}

apr_status_t wfp_api_queue_consumers_remove(wfp_api_call_t *call)
{
    wfp_queue_t *queue;
    apr_status_t rv = wfp_api_queues_find(&queue, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_queue_consumers_remove(call->server->store, queue->id,
                                    wfp_api_call_param(call, "consumer"),
                                    wfp_api_call_match(call),
                                    wfp_api_call_actor(call), &call->res,
                                    call->pool);
    return rv == APR_SUCCESS
               ? wfp_api_answer_json(call, NULL)
               : wfp_api_answer_result(call, rv, WFP_API_NO_CONSUMER,
                                       WFP_API_QUEUE_CONSUMED);
}
