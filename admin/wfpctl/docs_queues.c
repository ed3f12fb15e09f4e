/* SPDX-License-Identifier: Apache-2.0 */
/* Queues, schedules and their runs, as lines for people. */
#include <apr_strings.h>

#include "admin/wfpctl/docs.h"
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

void wfp_docs_schedules(const wfp_cmd_t *cmd, const wfp_json_t *doc)
{
    const wfp_json_t *list = wfp_json_get(doc, "schedules", cmd->pool);
    apr_size_t i;

    for (i = 0; i < wfp_json_size(list); i++) {
        wfp_print_line(cmd, "%s",
                       str(cmd, wfp_json_at(list, i, cmd->pool), "cron"));
    }
    wfp_print_json(cmd, list);
}

void wfp_docs_runs(const wfp_cmd_t *cmd, const wfp_json_t *list)
{
    apr_size_t i;

    for (i = 0; i < wfp_json_size(list); i++) {
        const wfp_json_t *run = wfp_json_at(list, i, cmd->pool);
        const char *outcome = str(cmd, run, "outcome");
        const char *error = str(cmd, run, "error");

        wfp_print_line(cmd, "%s  %s  %s%s%s", str(cmd, run, "scheduled_on"),
                       str(cmd, run, "cron"),
                       *outcome ? outcome : str(cmd, run, "state"),
                       *error ? ": " : "", error);
    }
    wfp_print_json(cmd, list);
}

static void show_consumer(const wfp_cmd_t *cmd, const wfp_json_t *consumer)
{
    apr_pool_t *p = cmd->pool;
    const wfp_json_t *settings = wfp_json_get(consumer, "settings", p);
    const char *ns = str(cmd, consumer, "dispatch_namespace");
    const char *script = str(cmd, consumer, "script_name");
    const char *dead = str(cmd, consumer, "dead_letter_queue");

    wfp_print_line(cmd, "consumer %s%s%s", ns, *ns ? "/" : "",
                   *script ? script : "by pulling");
    wfp_print_line(cmd,
                   "  batch-size %" APR_INT64_T_FMT
                   ", max-retries %" APR_INT64_T_FMT
                   ", retry-delay %" APR_INT64_T_FMT " s%s%s",
                   number(cmd, settings, "batch_size"),
                   number(cmd, settings, "max_retries"),
                   number(cmd, settings, "retry_delay"),
                   *dead ? ", dead-letter " : "", dead);
}

static void show_all(const wfp_cmd_t *cmd, const wfp_json_t *doc)
{
    apr_pool_t *p = cmd->pool;
    const wfp_json_t *settings = wfp_json_get(doc, "settings", p);
    const wfp_json_t *list = wfp_json_get(doc, "consumers", p);
    apr_size_t i;

    wfp_print_line(cmd, "queue %s", str(cmd, doc, "queue_name"));
    wfp_print_line(cmd, "id %s", str(cmd, doc, "queue_id"));
    wfp_print_line(cmd,
                   "delay %" APR_INT64_T_FMT " s, retention %" APR_INT64_T_FMT
                   " s%s",
                   number(cmd, settings, "delivery_delay"),
                   number(cmd, settings, "message_retention_period"),
                   wfp_json_is_true(
                       wfp_json_get(settings, "delivery_paused", p))
                       ? ", paused"
                       : "");
    wfp_print_line(cmd,
                   "backlog %" APR_INT64_T_FMT " messages, %" APR_INT64_T_FMT
                   " bytes",
                   number(cmd, doc, "backlog_count"),
                   number(cmd, doc, "backlog_bytes"));
    for (i = 0; i < wfp_json_size(list); i++) {
        show_consumer(cmd, wfp_json_at(list, i, p));
    }
    list = wfp_json_get(doc, "producers", p);
    for (i = 0; i < wfp_json_size(list); i++) {
        const wfp_json_t *one = wfp_json_at(list, i, p);
        const char *ns = str(cmd, one, "dispatch_namespace");

        wfp_print_line(cmd, "producer %s%s%s", ns, *ns ? "/" : "",
                       str(cmd, one, "script"));
    }
}

void wfp_docs_queue(const wfp_cmd_t *cmd, const wfp_json_t *doc,
                    const char *done)
{
    if (done) {
        wfp_print_line(cmd, "%s queue %s", done, str(cmd, doc, "queue_name"));
    }
    else {
        show_all(cmd, doc);
    }
    wfp_print_json(cmd, doc);
}

void wfp_docs_queue_gone(const wfp_cmd_t *cmd, const char *name)
{
    wfp_json_t *doc = wfp_json_object(cmd->pool);

    wfp_print_line(cmd, "Deleted queue %s", name);
    wfp_json_set_str(doc, "queue_name", name);
    wfp_print_json(cmd, doc);
}
