/* SPDX-License-Identifier: Apache-2.0 */
/* Queues as JSON. Called by api_queues.c and wfpctl. */
#include "admin/show_queue.h"

#include "admin/show.h"

static wfp_json_t *show_settings(const wfp_queue_consumer_t *c, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);

    wfp_json_set_int(doc, "batch_size", c->batch_size);
    wfp_json_set_int(doc, "max_retries", c->max_retries);
    wfp_json_set_int(doc, "retry_delay", c->retry_delay_s);
    if (c->is_pull) {
        wfp_json_set_int(doc, "visibility_timeout_ms", c->visibility_ms);
        return doc;
    }
    wfp_json_set_int(doc, "max_wait_time_ms", c->max_wait_ms);
    if (c->max_concurrency) {
        wfp_json_set_int(doc, "max_concurrency", c->max_concurrency);
    }
    else {
        wfp_json_set(doc, "max_concurrency", wfp_json_null(p));
    }
    return doc;
}

wfp_json_t *wfp_show_queue_consumer(const wfp_queue_t *queue, apr_pool_t *p)
{
    const wfp_queue_consumer_t *c = queue->consumer;
    wfp_json_t *doc = wfp_json_object(p);

    wfp_json_set_str(doc, "consumer_id", c->id);
    wfp_json_set_str(doc, "queue_id", queue->id);
    wfp_json_set_str(doc, "queue_name", queue->name);
    wfp_json_set_str(doc, "type", c->is_pull ? "http_pull" : "worker");
    wfp_json_set_str(doc, "created_on", wfp_show_time(c->created, p));
    if (!c->is_pull) {
        /* clients know it by either name */
        wfp_json_set_str(doc, "script", c->script);
        wfp_json_set_str(doc, "script_name", c->script);
        if (*c->ns) {
            wfp_json_set_str(doc, "dispatch_namespace", c->ns);
        }
    }
    if (*c->dead_letter) {
        wfp_json_set_str(doc, "dead_letter_queue", c->dead_letter);
    }
    wfp_json_set(doc, "settings", show_settings(c, p));
    return doc;
}

static apr_status_t add_producers(wfp_json_t *doc, wfp_store_t *store,
                                  const wfp_queue_t *queue, wfp_result_t *res,
                                  apr_pool_t *p)
{
    wfp_json_t *list = wfp_json_array(p);
    apr_array_header_t *producers;
    int i;
    apr_status_t rv = wfp_queues_producers(&producers, store, queue->name, res,
                                           p);

    for (i = 0; rv == APR_SUCCESS && i < producers->nelts; i++) {
        const wfp_queue_producer_t *each = &APR_ARRAY_IDX(producers, i,
                                                          wfp_queue_producer_t);
        wfp_json_t *one = wfp_json_object(p);

        wfp_json_set_str(one, "type", "worker");
        wfp_json_set_str(one, "script", each->script);
        if (*each->ns) {
            wfp_json_set_str(one, "dispatch_namespace", each->ns);
        }
        wfp_json_add(list, one);
    }
    wfp_json_set(doc, "producers", list);
    wfp_json_set_int(doc, "producers_total_count",
                     (apr_int64_t)wfp_json_size(list));
    return rv;
}

apr_status_t wfp_show_queue(wfp_json_t **pdoc, wfp_store_t *store,
                            const wfp_queue_t *queue, wfp_result_t *res,
                            apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p), *settings = wfp_json_object(p);
    wfp_json_t *consumers = wfp_json_array(p);

    if (queue->consumer) {
        wfp_json_add(consumers, wfp_show_queue_consumer(queue, p));
    }
    wfp_json_set_str(doc, "queue_id", queue->id);
    wfp_json_set_str(doc, "queue_name", queue->name);
    wfp_json_set_str(doc, "created_on", wfp_show_time(queue->created, p));
    wfp_json_set_str(doc, "modified_on", wfp_show_time(queue->modified, p));
    wfp_json_set_int(settings, "delivery_delay", queue->delivery_delay_s);
    wfp_json_set_bool(settings, "delivery_paused", queue->is_paused);
    wfp_json_set_int(settings, "message_retention_period", queue->retention_s);
    wfp_json_set(doc, "settings", settings);
    wfp_json_set(doc, "consumers", consumers);
    wfp_json_set_int(doc, "consumers_total_count",
                     (apr_int64_t)wfp_json_size(consumers));
    *pdoc = doc;
    return add_producers(doc, store, queue, res, p);
}
