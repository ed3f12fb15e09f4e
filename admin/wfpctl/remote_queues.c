/* SPDX-License-Identifier: Apache-2.0 */
/* wfpctl queues and schedules by a server's REST API. */
#include <apr_strings.h>

#include "admin/wfpctl/args.h"
#include "admin/wfpctl/docs.h"
#include "admin/wfpctl/queues.h"
#include "admin/wfpctl/remote.h"

#define QUEUES "/queues"

/* --- schedules ------------------------------------------------------------------ */

static const char *schedules_of(wfp_cmd_t *cmd, const char *more)
{
    const char *ns, *name, *path;
    apr_pool_t *p = cmd->pool;

    wfp_args_worker(&ns, &name, cmd, 0);
    path = *ns ? apr_pstrcat(p, "/workers/dispatch/namespaces/",
                             wfp_remote_part(cmd, ns), NULL)
               : "/workers";
    return apr_pstrcat(p, path, "/scripts/", wfp_remote_part(cmd, name),
                       "/schedules", more, NULL);
}

apr_status_t wfp_remote_schedules_list(wfp_cmd_t *cmd)
{
    wfp_json_t *doc;
    apr_status_t rv = wfp_remote_call(&doc, cmd, "GET", schedules_of(cmd, ""),
                                      NULL);

    if (rv == APR_SUCCESS) {
        wfp_docs_schedules(cmd, doc);
    }
    return rv;
}

apr_status_t wfp_remote_schedules_put(wfp_cmd_t *cmd)
{
    wfp_json_t *body = wfp_json_array(cmd->pool), *doc;
    apr_array_header_t *crons;
    int i;
    apr_status_t rv = wfp_cmd_schedules_read(&crons, cmd);

    for (i = 0; rv == APR_SUCCESS && i < crons->nelts; i++) {
        wfp_json_t *one = wfp_json_object(cmd->pool);

        wfp_json_set_str(one, "cron", APR_ARRAY_IDX(crons, i, const char *));
        wfp_json_add(body, one);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_remote_call(&doc, cmd, "PUT", schedules_of(cmd, ""), body);
    }
    if (rv == APR_SUCCESS) {
        wfp_docs_schedules(cmd, doc);
    }
    return rv;
}

apr_status_t wfp_remote_schedules_runs(wfp_cmd_t *cmd)
{
    wfp_json_t *doc;
    apr_status_t rv = wfp_remote_call(&doc, cmd, "GET",
                                      schedules_of(cmd, "/runs"), NULL);

    if (rv == APR_SUCCESS) {
        wfp_docs_runs(cmd, doc);
    }
    return rv;
}

/* --- queues --------------------------------------------------------------------- */

static const char *part(const wfp_cmd_t *cmd, const wfp_json_t *doc,
                        const char *key)
{
    const char *text = wfp_json_str(wfp_json_get(doc, key, cmd->pool));

    return text ? text : "";
}

/* The queue that the first argument names, and its path. */
static apr_status_t find(wfp_json_t **pdoc, const char **ppath, wfp_cmd_t *cmd)
{
    const char *name = wfp_args_at(cmd, 0);
    wfp_json_t *list;
    apr_status_t rv = wfp_remote_call(&list, cmd, "GET",
                                      apr_pstrcat(cmd->pool, QUEUES "?name=",
                                                  wfp_remote_part(cmd, name),
                                                  NULL),
                                      NULL);

    if (rv == APR_SUCCESS && !wfp_json_size(list)) {
        rv = wfp_result_set(&cmd->res, WFP_NOT_FOUND, APR_NOTFOUND,
                            "there is no queue %s", name);
    }
    if (rv == APR_SUCCESS) {
        *pdoc = wfp_json_at(list, 0, cmd->pool);
        *ppath = apr_pstrcat(cmd->pool, QUEUES "/",
                             part(cmd, *pdoc, "queue_id"), NULL);
    }
    return rv;
}

/* As it is now, as cmd_queues.c shows it. */
static apr_status_t show(wfp_cmd_t *cmd, const char *done)
{
    wfp_json_t *doc, *metrics;
    const char *path;
    apr_pool_t *p = cmd->pool;
    apr_int64_t n;
    apr_status_t rv = find(&doc, &path, cmd);

    if (rv == APR_SUCCESS) {
        rv = wfp_remote_call(&metrics, cmd, "GET",
                             apr_pstrcat(p, path, "/metrics", NULL), NULL);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (wfp_json_int(wfp_json_get(metrics, "backlog_count", p), &n)) {
        wfp_json_set_int(doc, "backlog_count", n);
    }
    if (wfp_json_int(wfp_json_get(metrics, "backlog_bytes", p), &n)) {
        wfp_json_set_int(doc, "backlog_bytes", n);
    }
    wfp_docs_queue(cmd, doc, done);
    return rv;
}

static apr_status_t add_page(wfp_cmd_t *cmd, void *all, const wfp_json_t *list)
{
    apr_size_t i;

    for (i = 0; i < wfp_json_size(list); i++) {
        wfp_json_add(all, wfp_json_at(list, i, cmd->pool));
    }
    return APR_SUCCESS;
}

apr_status_t wfp_remote_queues_list(wfp_cmd_t *cmd)
{
    wfp_json_t *all = wfp_json_array(cmd->pool);
    apr_status_t rv = wfp_remote_pages(cmd, QUEUES "?per_page=100", NULL,
                                       add_page, all);

    if (rv == APR_SUCCESS) {
        wfp_docs_names(cmd, all, "queue_name");
    }
    return rv;
}

apr_status_t wfp_remote_queues_get(wfp_cmd_t *cmd)
{
    return show(cmd, NULL);
}

/* What is given: -1 is nothing. */
static apr_status_t read_settings(wfp_json_t **psettings, wfp_cmd_t *cmd)
{
    wfp_queue_t queue = { .delivery_delay_s = -1, .retention_s = -1 };
    wfp_json_t *doc = wfp_json_object(cmd->pool);
    apr_status_t rv = wfp_cmd_queues_read(&queue, cmd);

    if (queue.delivery_delay_s >= 0) {
        wfp_json_set_int(doc, "delivery_delay", queue.delivery_delay_s);
    }
    if (queue.retention_s >= 0) {
        wfp_json_set_int(doc, "message_retention_period", queue.retention_s);
    }
    *psettings = doc;
    return rv;
}

apr_status_t wfp_remote_queues_create(wfp_cmd_t *cmd)
{
    wfp_json_t *body = wfp_json_object(cmd->pool), *settings;
    apr_status_t rv = read_settings(&settings, cmd);

    wfp_json_set_str(body, "queue_name", wfp_args_at(cmd, 0));
    wfp_json_set(body, "settings", settings);
    if (rv == APR_SUCCESS) {
        rv = wfp_remote_call(NULL, cmd, "POST", QUEUES, body);
    }
    return rv == APR_SUCCESS ? show(cmd, "Created") : rv;
}

/* @param paused  -1: as it is */
static apr_status_t change(wfp_cmd_t *cmd, int paused, const char *done)
{
    wfp_json_t *body = wfp_json_object(cmd->pool), *settings, *doc;
    const char *path;
    apr_status_t rv = read_settings(&settings, cmd);

    if (paused >= 0) {
        wfp_json_set_bool(settings, "delivery_paused", paused);
    }
    wfp_json_set(body, "settings", settings);
    if (rv == APR_SUCCESS) {
        rv = find(&doc, &path, cmd);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_remote_call(NULL, cmd, "PATCH", path, body);
    }
    return rv == APR_SUCCESS ? show(cmd, done) : rv;
}

apr_status_t wfp_remote_queues_set(wfp_cmd_t *cmd)
{
    return change(cmd, -1, "Changed");
}

apr_status_t wfp_remote_queues_pause(wfp_cmd_t *cmd)
{
    return change(cmd, 1, "Paused");
}

apr_status_t wfp_remote_queues_resume(wfp_cmd_t *cmd)
{
    return change(cmd, 0, "Resumed");
}

apr_status_t wfp_remote_queues_delete(wfp_cmd_t *cmd)
{
    wfp_json_t *doc;
    const char *path;
    apr_status_t rv = find(&doc, &path, cmd);

    if (rv == APR_SUCCESS) {
        rv = wfp_remote_call(NULL, cmd, "DELETE", path, NULL);
    }
    if (rv == APR_SUCCESS) {
        wfp_docs_queue_gone(cmd, wfp_args_at(cmd, 0));
    }
    return rv;
}

apr_status_t wfp_remote_queues_purge(wfp_cmd_t *cmd)
{
    wfp_json_t *body = wfp_json_object(cmd->pool), *doc;
    const char *path;
    apr_status_t rv = find(&doc, &path, cmd);

    wfp_json_set_bool(body, "delete_messages_permanently", 1);
    if (rv == APR_SUCCESS) {
        rv = wfp_remote_call(NULL, cmd, "POST",
                             apr_pstrcat(cmd->pool, path, "/purge", NULL),
                             body);
    }
    return rv == APR_SUCCESS ? show(cmd, "Purged") : rv;
}

/* The consumer that there is, "": none */
static const char *consumer_of(wfp_cmd_t *cmd, const wfp_json_t *doc)
{
    return part(cmd,
                wfp_json_at(wfp_json_get(doc, "consumers", cmd->pool), 0,
                            cmd->pool),
                "consumer_id");
}

static wfp_json_t *body_of(const wfp_queue_consumer_t *c, wfp_cmd_t *cmd)
{
    wfp_json_t *body = wfp_json_object(cmd->pool);
    wfp_json_t *settings = wfp_json_object(cmd->pool);

    wfp_json_set_str(body, "type", "worker");
    wfp_json_set_str(body, "script_name", c->script);
    if (*c->ns) {
        wfp_json_set_str(body, "dispatch_namespace", c->ns);
    }
    if (*c->dead_letter) {
        wfp_json_set_str(body, "dead_letter_queue", c->dead_letter);
    }
    wfp_json_set_int(settings, "batch_size", c->batch_size);
    wfp_json_set_int(settings, "max_wait_time_ms", c->max_wait_ms);
    wfp_json_set_int(settings, "max_retries", c->max_retries);
    wfp_json_set_int(settings, "retry_delay", c->retry_delay_s);
    if (c->max_concurrency) {
        wfp_json_set_int(settings, "max_concurrency", c->max_concurrency);
    }
    wfp_json_set(body, "settings", settings);
    return body;
}

apr_status_t wfp_remote_queues_consume(wfp_cmd_t *cmd)
{
    wfp_queue_consumer_t consumer;
    wfp_json_t *doc;
    const char *path, *id;
    apr_status_t rv = wfp_cmd_queues_consumer(&consumer, cmd);

    if (rv == APR_SUCCESS) {
        rv = find(&doc, &path, cmd);
    }
    if (rv == APR_SUCCESS) {
        id = consumer_of(cmd, doc);
        rv = wfp_remote_call(NULL, cmd, *id ? "PUT" : "POST",
                             apr_pstrcat(cmd->pool, path, "/consumers",
                                         *id ? "/" : "", id, NULL),
                             body_of(&consumer, cmd));
    }
    return rv == APR_SUCCESS ? show(cmd, "Changed") : rv;
}

apr_status_t wfp_remote_queues_release(wfp_cmd_t *cmd)
{
    wfp_json_t *doc;
    const char *path;
    apr_status_t rv = find(&doc, &path, cmd);

    if (rv == APR_SUCCESS && !*consumer_of(cmd, doc)) {
        rv = wfp_result_set(&cmd->res, WFP_NOT_FOUND, APR_NOTFOUND,
                            "nobody consumes the queue %s",
                            wfp_args_at(cmd, 0));
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_remote_call(NULL, cmd, "DELETE",
                             apr_pstrcat(cmd->pool, path, "/consumers/",
                                         consumer_of(cmd, doc), NULL),
                             NULL);
    }
    return rv == APR_SUCCESS ? show(cmd, "Changed") : rv;
}
