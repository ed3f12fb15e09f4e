/* SPDX-License-Identifier: Apache-2.0 */
/* wfpctl queues list|get|create|set|delete|pause|resume|purge|consume|release. */
#include <apr_strings.h>
#include <limits.h>
#include <string.h>

#include "admin/show_queue.h"
#include "admin/wfpctl/args.h"
#include "admin/wfpctl/docs.h"
#include "admin/wfpctl/print.h"
#include "admin/wfpctl/queues.h"
#include "core/name.h"
#include "core/queue.h"
#include "services/queues.h"
#include "store/queue_consumers.h"

/* --- options ------------------------------------------------------------------ */

typedef struct number_t {
    const char *option;
    apr_int64_t *to;
    apr_int64_t min, max;
} number_t;

static apr_status_t read_numbers(wfp_cmd_t *cmd, const number_t *rows, int n)
{
    int i;

    for (i = 0; i < n; i++) {
        const char *text = wfp_args_option(cmd, rows[i].option);
        apr_int64_t value;
        char *end;

        if (!text) {
            continue;
        }
        value = apr_strtoi64(text, &end, 10);
        if (!*text || *end || value < rows[i].min || value > rows[i].max) {
            return wfp_args_usage(cmd,
                                  "--%s: a number from %" APR_INT64_T_FMT
                                  " to %" APR_INT64_T_FMT,
                                  rows[i].option, rows[i].min, rows[i].max);
        }
        *rows[i].to = value;
    }
    return APR_SUCCESS;
}

apr_status_t wfp_cmd_queues_read(wfp_queue_t *queue, wfp_cmd_t *cmd)
{
    const number_t rows[] = {
        { "delay", &queue->delivery_delay_s, 0, WFP_QUEUE_DELAY_MAX },
        { "retention", &queue->retention_s, WFP_QUEUE_RETENTION_MIN,
          WFP_QUEUE_RETENTION_MAX },
    };

    return read_numbers(cmd, rows, (int)(sizeof(rows) / sizeof(*rows)));
}

apr_status_t wfp_cmd_queues_consumer(wfp_queue_consumer_t *c, wfp_cmd_t *cmd)
{
    const number_t rows[] = {
        { "batch-size", &c->batch_size, 1, WFP_QUEUE_BATCH_COUNT_MAX },
        { "max-wait", &c->max_wait_ms, 0, WFP_QUEUE_WAIT_MAX_MS },
        { "max-retries", &c->max_retries, 0, WFP_QUEUE_RETRIES_MAX },
        { "retry-delay", &c->retry_delay_s, 0, WFP_QUEUE_DELAY_MAX },
        { "max-concurrency", &c->max_concurrency, 1,
          WFP_QUEUE_CONCURRENCY_MAX },
    };
    const char *dead = wfp_args_option(cmd, "dead-letter");

    memset(c, 0, sizeof(*c));
    wfp_queue_consumers_standard(c);
    c->dead_letter = dead ? dead : "";
    wfp_args_worker(&c->ns, &c->script, cmd, 1);
    return read_numbers(cmd, rows, (int)(sizeof(rows) / sizeof(*rows)));
}

/* --- the store ------------------------------------------------------------------ */

static apr_status_t find(wfp_queue_t **pqueue, wfp_cmd_t *cmd)
{
    return wfp_queues_get_named(pqueue, cmd->store, wfp_args_at(cmd, 0),
                                &cmd->res, cmd->pool);
}

/* As it is now. @param done  what was done to it; NULL: all of it is shown */
static apr_status_t show(wfp_cmd_t *cmd, const char *done)
{
    wfp_queue_t *queue;
    wfp_json_t *doc = NULL;
    apr_status_t rv = find(&queue, cmd);

    if (rv == APR_SUCCESS) {
        rv = wfp_show_queue(&doc, cmd->store, queue, &cmd->res, cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        wfp_json_set_int(doc, "backlog_count", queue->backlog_count);
        wfp_json_set_int(doc, "backlog_bytes", queue->backlog_bytes);
        wfp_docs_queue(cmd, doc, done);
    }
    return rv;
}

apr_status_t wfp_cmd_queues_list(wfp_cmd_t *cmd)
{
    wfp_json_t *doc = wfp_json_array(cmd->pool), *one;
    apr_array_header_t *list;
    const wfp_list_t all = { NULL, 0, INT_MAX };
    apr_int64_t total;
    int i;
    apr_status_t rv = wfp_queues_list(&list, &total, cmd->store, &all,
                                      &cmd->res, cmd->pool);

    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        rv = wfp_show_queue(&one, cmd->store,
                            APR_ARRAY_IDX(list, i, wfp_queue_t *), &cmd->res,
                            cmd->pool);
        if (rv == APR_SUCCESS) {
            wfp_json_add(doc, one);
        }
    }
    if (rv == APR_SUCCESS) {
        wfp_docs_names(cmd, doc, "queue_name");
    }
    return rv;
}

apr_status_t wfp_cmd_queues_get(wfp_cmd_t *cmd)
{
    return show(cmd, NULL);
}

apr_status_t wfp_cmd_queues_create(wfp_cmd_t *cmd)
{
    wfp_queue_t queue = { .retention_s = WFP_QUEUE_RETENTION_STANDARD };
    apr_status_t rv = wfp_cmd_queues_read(&queue, cmd);

    queue.name = wfp_args_at(cmd, 0);
    if (rv == APR_SUCCESS
        && !wfp_name_is_valid(queue.name, strlen(queue.name))) {
        rv = wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                            "the name of a queue is 1 to 63 of A-Z a-z 0-9 "
                            "_ -");
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_queues_create(cmd->store, &queue, wfp_cmd_actor(), &cmd->res,
                               cmd->pool);
    }
    return rv == APR_SUCCESS ? show(cmd, "Created") : rv;
}

/* @param paused  -1: as it is */
static apr_status_t change(wfp_cmd_t *cmd, int paused, const char *done)
{
    wfp_queue_t *queue;
    apr_status_t rv = find(&queue, cmd);

    if (rv == APR_SUCCESS) {
        rv = wfp_cmd_queues_read(queue, cmd);
    }
    if (rv == APR_SUCCESS) {
        queue->is_paused = paused < 0 ? queue->is_paused : paused;
        rv = wfp_queues_update(cmd->store, queue, NULL, wfp_cmd_actor(),
                               &cmd->res, cmd->pool);
    }
    return rv == APR_SUCCESS ? show(cmd, done) : rv;
}

apr_status_t wfp_cmd_queues_set(wfp_cmd_t *cmd)
{
    return change(cmd, -1, "Changed");
}

apr_status_t wfp_cmd_queues_pause(wfp_cmd_t *cmd)
{
    return change(cmd, 1, "Paused");
}

apr_status_t wfp_cmd_queues_resume(wfp_cmd_t *cmd)
{
    return change(cmd, 0, "Resumed");
}

apr_status_t wfp_cmd_queues_delete(wfp_cmd_t *cmd)
{
    wfp_queue_t *queue;
    apr_status_t rv = find(&queue, cmd);

    if (rv == APR_SUCCESS) {
        rv = wfp_queues_delete(cmd->store, queue->id, NULL, wfp_cmd_actor(),
                               &cmd->res, cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        wfp_docs_queue_gone(cmd, queue->name);
    }
    return rv;
}

apr_status_t wfp_cmd_queues_purge(wfp_cmd_t *cmd)
{
    wfp_queue_t *queue;
    apr_status_t rv = find(&queue, cmd);

    if (rv == APR_SUCCESS) {
        rv = wfp_audit_note(cmd->store, WFP_CHANGE_QUEUE, queue->id, "purge",
                            "{}", wfp_cmd_actor(), &cmd->res, cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_queues_purge(wfp_queues_make(cmd->store, 0, cmd->pool),
                              queue->id, &cmd->res, cmd->pool);
    }
    return rv == APR_SUCCESS ? show(cmd, "Purged") : rv;
}

apr_status_t wfp_cmd_queues_consume(wfp_cmd_t *cmd)
{
    wfp_queue_consumer_t consumer;
    wfp_queue_t *queue;
    apr_status_t rv = wfp_cmd_queues_consumer(&consumer, cmd);

    if (rv == APR_SUCCESS) {
        rv = find(&queue, cmd);
    }
    if (rv == APR_SUCCESS) {
        consumer.id = queue->consumer ? queue->consumer->id : NULL;
        rv = wfp_queue_consumers_put(cmd->store, queue->id, &consumer, NULL,
                                     wfp_cmd_actor(), &cmd->res, cmd->pool);
    }
    return rv == APR_SUCCESS ? show(cmd, "Changed") : rv;
}

apr_status_t wfp_cmd_queues_release(wfp_cmd_t *cmd)
{
    wfp_queue_t *queue;
    apr_status_t rv = find(&queue, cmd);

    if (rv == APR_SUCCESS && !queue->consumer) {
        rv = wfp_result_set(&cmd->res, WFP_NOT_FOUND, APR_NOTFOUND,
                            "nobody consumes the queue %s", queue->name);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_queue_consumers_remove(cmd->store, queue->id,
                                        queue->consumer->id, NULL,
                                        wfp_cmd_actor(), &cmd->res, cmd->pool);
    }
    return rv == APR_SUCCESS ? show(cmd, "Changed") : rv;
}
