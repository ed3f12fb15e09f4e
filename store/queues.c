/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues. Called by the API and the delivery. It must not know of messages;
 * consumers are queue_consumers.c's.
 */
#include "store/queues.h"

#include <apr_strings.h>
#include <string.h>

#include "core/json.h"
#include "store/page.h"
#include "store/queue_row.h"

/* The Workers whose current deployment has a binding to it. */
#define PRODUCERS_MAX 100

typedef struct ask_t {
    wfp_queue_t *queue;
    const wfp_match_t *match;
    const wfp_actor_t *actor;
    apr_int64_t stamp;
} ask_t;

/* ---- reading ---------------------------------------------------------------- */

typedef struct get_t {
    const char *key;
    wfp_queue_t *queue;
} get_t;

static apr_status_t get_queue(wfp_dbd_t *db, void *baton)
{
    get_t *ask = baton;

    return wfp_queue_row_find(&ask->queue, db, ask->key);
}

static apr_status_t get_named(wfp_dbd_t *db, void *baton)
{
    get_t *ask = baton;

    return wfp_queue_row_named(&ask->queue, db, ask->key);
}

apr_status_t wfp_queues_get(wfp_queue_t **pqueue, wfp_store_t *store,
                            const char *id, wfp_result_t *res, apr_pool_t *p)
{
    get_t ask = { id, NULL };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, get_queue, &ask, res,
                                  p);

    *pqueue = ask.queue;
    return rv;
}

apr_status_t wfp_queues_get_named(wfp_queue_t **pqueue, wfp_store_t *store,
                                  const char *name, wfp_result_t *res,
                                  apr_pool_t *p)
{
    get_t ask = { name, NULL };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, get_named, &ask, res,
                                  p);

    *pqueue = ask.queue;
    return rv;
}

apr_status_t wfp_queues_list(apr_array_header_t **plist, apr_int64_t *ptotal,
                             wfp_store_t *store, const wfp_list_t *which,
                             wfp_result_t *res, apr_pool_t *p)
{
    static const wfp_sql_t count = { "queue_count",
                                     "SELECT count(*) FROM queues q "
                                     "WHERE lower(q.name) LIKE %s ESCAPE '!'" };
    static const wfp_sql_t list = { "queue_list", WFP_QUEUE_COLUMNS
                                    "WHERE lower(q.name) LIKE %s ESCAPE '!' "
                                    "ORDER BY q.name LIMIT %lld OFFSET %lld" };
    const wfp_page_t page = { .list = &list,
                              .count = &count,
                              .columns = WFP_QUEUE_COLUMN_COUNT,
                              .read = wfp_queue_row_read,
                              .which = which,
                              .has_pattern = 1 };

    return wfp_page_read(plist, ptotal, store, &page, res, p);
}

typedef struct busy_t {
    const char *after;
    int limit;
    apr_array_header_t *list;
} busy_t;

static apr_status_t list_busy(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t busy = {
        "queue_busy",
        WFP_QUEUE_COLUMNS "WHERE q.backlog_count > 0 AND q.paused = 0 "
                          "AND c.script_id IS NOT NULL AND q.id > %s "
                          "ORDER BY q.id LIMIT %lld"
    };
    busy_t *ask = baton;
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &busy, WFP_QUEUE_COLUMN_COUNT,
                                   DBD_ARGS(ask->after,
                                            wfp_dbd_num(db, ask->limit)));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask->list = apr_array_make(db->pool, rows->nelts + 1, sizeof(void *));
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        rv = wfp_queue_row_read(apr_array_push(ask->list), db,
                                APR_ARRAY_IDX(rows, i, const char **));
    }
    return rv;
}

apr_status_t wfp_queues_busy(apr_array_header_t **plist, wfp_store_t *store,
                             const char *after, int limit, wfp_result_t *res,
                             apr_pool_t *p)
{
    busy_t ask = { after, limit, NULL };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, list_busy, &ask, res,
                                  p);

    *plist = ask.list;
    return rv;
}

typedef struct producers_t {
    const char *name;
    apr_array_header_t *list;
} producers_t;

static apr_status_t list_producers(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t list = {
        "queue_producers",
        "SELECT DISTINCT n.name, s.name FROM bindings b "
        "JOIN deployments d ON d.version_id = b.version_id "
        "JOIN scripts s ON s.id = d.script_id AND s.stamp = d.stamp "
        "JOIN namespaces n ON n.id = s.ns_id "
        "WHERE b.kind = 'queue' AND b.target = %s "
        "ORDER BY n.name, s.name LIMIT %lld"
    };
    producers_t *ask = baton;
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &list, 2,
                                   DBD_ARGS(ask->name,
                                            wfp_dbd_num(db, PRODUCERS_MAX)));

    ask->list = apr_array_make(db->pool, 4, sizeof(wfp_queue_producer_t));
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);
        wfp_queue_producer_t *producer = apr_array_push(ask->list);

        producer->ns = row[0];
        producer->script = row[1];
    }
    return rv;
}

apr_status_t wfp_queues_producers(apr_array_header_t **plist,
                                  wfp_store_t *store, const char *name,
                                  wfp_result_t *res, apr_pool_t *p)
{
    producers_t ask = { name, NULL };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, list_producers, &ask,
                                  res, p);

    *plist = ask.list;
    return rv;
}

/* ---- writing ---------------------------------------------------------------- */

static apr_status_t record(wfp_dbd_t *db, const ask_t *ask, const char *action)
{
    wfp_json_t *details = wfp_json_object(db->pool);

    wfp_json_set_str(details, "name", ask->queue->name);
    return wfp_queue_row_record(db, ask->stamp, ask->queue->id, action,
                                wfp_json_text(details, db->pool), ask->actor);
}

const char *wfp_queues_etag(const wfp_queue_t *queue, apr_pool_t *p)
{
    const char *text = apr_psprintf(p,
                                    "%s %" APR_INT64_T_FMT " %d "
                                    "%" APR_INT64_T_FMT,
                                    queue->id, queue->delivery_delay_s,
                                    queue->is_paused, queue->retention_s);

    return wfp_etag_of_texts(&text, 1, p);
}

/* The queue, which is what it must be, and stays it: others wait. */
static apr_status_t find_matching(wfp_queue_t **pqueue, wfp_dbd_t *db,
                                  ask_t *ask)
{
    apr_status_t rv = wfp_changes_take(&ask->stamp, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_queue_row_find(pqueue, db, ask->queue->id);
    }
    if (rv == APR_SUCCESS && ask->match) {
        rv = wfp_etag_check(ask->match, wfp_queues_etag(*pqueue, db->pool),
                            "the queue", db->res);
    }
    return rv;
}

static apr_status_t create_queue(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t insert = {
        "queue_insert",
        "INSERT INTO queues (id, name, created, modified, delivery_delay, "
        "paused, retention, backlog_count, backlog_bytes) "
        "VALUES (%s, %s, %lld, %lld, %lld, %lld, %lld, 0, 0) "
        "ON CONFLICT (name) DO NOTHING"
    };
    ask_t *ask = baton;
    wfp_queue_t *queue = ask->queue;
    const char *now;
    int n;
    apr_status_t rv = wfp_changes_take(&ask->stamp, db);

    if (rv == APR_SUCCESS) {
        rv = record(db, ask, "create");
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    queue->created = queue->modified = apr_time_now();
    now = wfp_dbd_num(db, queue->created);
    rv = wfp_dbd_exec(&n, db, &insert,
                      DBD_ARGS(queue->id, queue->name, now, now,
                               wfp_dbd_num(db, queue->delivery_delay_s),
                               wfp_dbd_num(db, queue->is_paused),
                               wfp_dbd_num(db, queue->retention_s)));
    return rv == APR_SUCCESS && n == 0
               ? wfp_result_set(db->res, WFP_CONFLICT, APR_EEXIST,
                                "there is a queue named %s already",
                                queue->name)
               : rv;
}

apr_status_t wfp_queues_create(wfp_store_t *store, wfp_queue_t *queue,
                               const wfp_actor_t *actor, wfp_result_t *res,
                               apr_pool_t *p)
{
    ask_t ask = { .queue = queue, .actor = actor };
    apr_status_t rv = wfp_queue_row_id(&queue->id, res, p);

    return rv == APR_SUCCESS
               ? wfp_dbd_run(store, WFP_DBD_WRITE, create_queue, &ask, res, p)
               : rv;
}

static apr_status_t update_queue(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t update = { "queue_update",
                                      "UPDATE queues SET modified = %lld, "
                                      "delivery_delay = %lld, paused = %lld, "
                                      "retention = %lld WHERE id = %s" };
    ask_t *ask = baton;
    wfp_queue_t *queue = ask->queue, *found;
    apr_status_t rv = find_matching(&found, db, ask);

    if (rv == APR_SUCCESS) {
        queue->name = found->name;
        rv = record(db, ask, "update");
    }
    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &update,
                              DBD_ARGS(wfp_dbd_num(db, apr_time_now()),
                                       wfp_dbd_num(db, queue->delivery_delay_s),
                                       wfp_dbd_num(db, queue->is_paused),
                                       wfp_dbd_num(db, queue->retention_s),
                                       queue->id))
               : rv;
}

apr_status_t wfp_queues_update(wfp_store_t *store, wfp_queue_t *queue,
                               const wfp_match_t *match,
                               const wfp_actor_t *actor, wfp_result_t *res,
                               apr_pool_t *p)
{
    ask_t ask = { .queue = queue, .match = match, .actor = actor };

    return wfp_dbd_run(store, WFP_DBD_WRITE, update_queue, &ask, res, p);
}

static apr_status_t delete_queue(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t delete = { "queue_delete",
                                      "DELETE FROM queues WHERE id = %s" };
    ask_t *ask = baton;
    wfp_queue_t *found;
    apr_status_t rv = find_matching(&found, db, ask);

    if (rv == APR_SUCCESS) {
        ask->queue->name = found->name;
        rv = record(db, ask, "delete");
    }
    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &delete, DBD_ARGS(found->id))
               : rv;
}

apr_status_t wfp_queues_delete(wfp_store_t *store, const char *id,
                               const wfp_match_t *match,
                               const wfp_actor_t *actor, wfp_result_t *res,
                               apr_pool_t *p)
{
    wfp_queue_t queue = { .id = id };
    ask_t ask = { .queue = &queue, .match = match, .actor = actor };

    return wfp_dbd_run(store, WFP_DBD_WRITE, delete_queue, &ask, res, p);
}
