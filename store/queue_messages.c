/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of queues as rows: sending, looking, removing. Called by
 * services/queues.c. Taking and giving back is queue_leases.c's. The update of
 * a queue's backlog is the lock of its messages; on PostgreSQL, where hosts and
 * children lock rows in any order, a call has a transaction of its own, so that
 * no two of them wait for each other.
 */
#include "store/queue_messages.h"

#include <string.h>

#include "store/column.h"
#include "store/dbclock.h"
#include "store/queue_inside.h"

apr_status_t wfp_queue_inside_run(wfp_store_t *store, wfp_dbd_fn *fn,
                                  void *baton, wfp_result_t *res, apr_pool_t *p)
{
    return !strcmp(wfp_dbd_driver(store), "pgsql")
               ? wfp_dbd_alone(store, WFP_DBD_WRITE, fn, baton, res, p)
               : wfp_dbd_run(store, WFP_DBD_WRITE, fn, baton, res, p);
}

apr_status_t wfp_queue_inside_fill(int *pfits, wfp_dbd_t *db, const char *id,
                                   const wfp_queue_room_t *more,
                                   const wfp_queue_room_t *room)
{
    static const wfp_sql_t fill = {
        "queue_fill", "UPDATE queues SET backlog_count = backlog_count + %lld, "
                      "backlog_bytes = backlog_bytes + %lld WHERE id = %s "
                      "AND backlog_count <= %lld AND backlog_bytes <= %lld"
    };

    /* only beside a column does SQLite take a parameter for a number */
    return wfp_dbd_exec(pfits, db, &fill,
                        DBD_ARGS(wfp_dbd_num(db, more->count),
                                 wfp_dbd_num(db, more->bytes), id,
                                 wfp_dbd_num(db, room->count - more->count),
                                 wfp_dbd_num(db, room->bytes - more->bytes)));
}

apr_status_t wfp_queue_inside_drain(wfp_dbd_t *db, const char *id,
                                    const wfp_queue_room_t *less)
{
    static const wfp_sql_t drain = {
        "queue_drain",
        "UPDATE queues SET backlog_count = backlog_count - %lld, "
        "backlog_bytes = backlog_bytes - %lld WHERE id = %s"
    };

    return wfp_dbd_exec(NULL, db, &drain,
                        DBD_ARGS(wfp_dbd_num(db, less->count),
                                 wfp_dbd_num(db, less->bytes), id));
}

/* ---- sending ---------------------------------------------------------------- */

typedef struct send_t {
    const char *queue;
    const wfp_queue_send_t *send;
    const wfp_queue_room_t *room;
} send_t;

static apr_status_t insert_all(wfp_dbd_t *db, const send_t *ask,
                               const wfp_queue_t *queue, apr_int64_t now)
{
    static const wfp_sql_t insert = {
        "queue_message_insert",
        "INSERT INTO queue_messages (queue_id, id, kind, body, size, sent, "
        "visible, expires, attempts, failures, lease) VALUES (%s, %s, %s, %s, "
        "%lld, %lld, %lld, %lld, 0, 0, '')"
    };
    apr_pool_t *turn, *whole = db->pool;
    const char *id;
    int i;
    apr_status_t rv = APR_SUCCESS;

    apr_pool_create(&turn, whole);
    db->pool = turn;
    for (i = 0; rv == APR_SUCCESS && i < ask->send->count; i++) {
        const wfp_queue_message_t *m = &ask->send->messages[i];
        apr_int64_t delay = m->delay_s < 0 ? queue->delivery_delay_s
                                           : m->delay_s;

        apr_pool_clear(turn);
        rv = wfp_queue_row_id(&id, db->res, turn);
        if (rv != APR_SUCCESS) {
            break;
        }
        rv = wfp_dbd_exec(
            NULL, db, &insert,
            DBD_ARGS(queue->id, id, wfp_queue_kind_name(m->kind),
                     wfp_column_base64(m->body, m->size, turn),
                     wfp_dbd_num(db, (apr_int64_t)m->size),
                     wfp_dbd_num(db, now), wfp_dbd_num(db, now + delay * 1000),
                     wfp_dbd_num(db, now + queue->retention_s * 1000)));
    }
    db->pool = whole;
    apr_pool_destroy(turn);
    return rv;
}

static apr_status_t send_all(wfp_dbd_t *db, void *baton)
{
    const send_t *ask = baton;
    wfp_queue_room_t more = { ask->send->count, 0 };
    wfp_queue_t *queue;
    apr_int64_t now = 0;
    int i, fits = 0;
    apr_status_t rv = wfp_queue_row_named(&queue, db, ask->queue);

    for (i = 0; i < ask->send->count; i++) {
        more.bytes += (apr_int64_t)ask->send->messages[i].size;
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_queue_inside_fill(&fits, db, queue->id, &more, ask->room);
    }
    if (rv == APR_SUCCESS && !fits) {
        return wfp_result_set(db->res, WFP_BODY_TOO_LARGE, APR_ENOSPC,
                              "the queue is full");
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dbclock_now(&now, db);
    }
    return rv == APR_SUCCESS ? insert_all(db, ask, queue, now) : rv;
}

apr_status_t wfp_queue_messages_send(wfp_store_t *store, const char *queue,
                                     const wfp_queue_send_t *send,
                                     const wfp_queue_room_t *room,
                                     wfp_result_t *res, apr_pool_t *p)
{
    send_t ask = { queue, send, room };

    return wfp_queue_inside_run(store, send_all, &ask, res, p);
}

/* ---- looking ---------------------------------------------------------------- */

typedef struct look_t {
    const char *id;
    int max;
    wfp_queue_ready_t *ready;
    apr_int64_t oldest;
    apr_array_header_t *ids;
} look_t;

static apr_status_t look(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t ready = {
        "queue_ready",
        "SELECT count(*), COALESCE(min(visible), 0) FROM (SELECT visible "
        "FROM queue_messages WHERE queue_id = %s AND visible <= %lld "
        "AND expires > %lld ORDER BY visible, seq LIMIT %lld) AS part"
    };
    look_t *ask = baton;
    const char **row, *text;
    apr_int64_t now;
    apr_status_t rv = wfp_dbclock_now(&now, db);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    text = wfp_dbd_num(db, now);
    rv = wfp_dbd_row(&row, db, &ready, 2,
                     DBD_ARGS(ask->id, text, text, wfp_dbd_num(db, ask->max)));
    if (rv == APR_SUCCESS) {
        ask->ready->count = row ? (int)wfp_dbd_int(row[0]) : 0;
        ask->ready->wait_ms = ask->ready->count ? now - wfp_dbd_int(row[1]) : 0;
    }
    return rv;
}

apr_status_t wfp_queue_messages_ready(wfp_queue_ready_t *ready,
                                      wfp_store_t *store, const char *id,
                                      int max, wfp_result_t *res, apr_pool_t *p)
{
    look_t ask = { .id = id, .max = max, .ready = ready };

    return wfp_dbd_run(store, WFP_DBD_SNAPSHOT, look, &ask, res, p);
}

static apr_status_t look_oldest(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t oldest = {
        "queue_oldest", "SELECT COALESCE(min(sent), 0) FROM queue_messages "
                        "WHERE queue_id = %s"
    };
    look_t *ask = baton;
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &oldest, 1, DBD_ARGS(ask->id));

    if (rv == APR_SUCCESS) {
        ask->oldest = row ? wfp_dbd_int(row[0]) : 0;
    }
    return rv;
}

apr_status_t wfp_queue_messages_oldest(apr_int64_t *psent_ms,
                                       wfp_store_t *store, const char *id,
                                       wfp_result_t *res, apr_pool_t *p)
{
    look_t ask = { .id = id };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, look_oldest, &ask, res,
                                  p);

    *psent_ms = ask.oldest;
    return rv;
}

static apr_status_t look_old(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t old = {
        "queue_old",
        "SELECT DISTINCT queue_id FROM (SELECT queue_id FROM queue_messages "
        "WHERE expires <= %lld ORDER BY expires LIMIT 1000) AS part LIMIT %lld"
    };
    look_t *ask = baton;
    apr_array_header_t *rows;
    apr_int64_t now;
    int i;
    apr_status_t rv = wfp_dbclock_now(&now, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_rows(&rows, db, &old, 1,
                          DBD_ARGS(wfp_dbd_num(db, now),
                                   wfp_dbd_num(db, ask->max)));
    }
    ask->ids = apr_array_make(db->pool, 4, sizeof(const char *));
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        APR_ARRAY_PUSH(ask->ids,
                       const char *) = APR_ARRAY_IDX(rows, i, const char **)[0];
    }
    return rv;
}

apr_status_t wfp_queue_messages_old(apr_array_header_t **pids,
                                    wfp_store_t *store, int max,
                                    wfp_result_t *res, apr_pool_t *p)
{
    look_t ask = { .max = max };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, look_old, &ask, res,
                                  p);

    *pids = ask.ids;
    return rv;
}

/* ---- removing --------------------------------------------------------------- */

typedef struct purge_t {
    const char *id;
    int max;
    int only_old;
    int count;
} purge_t;

static apr_status_t purge(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t pick = {
        "queue_purge_pick",
        "SELECT count(*), COALESCE(sum(size), 0), COALESCE(max(seq), 0) "
        "FROM (SELECT seq, size FROM queue_messages WHERE queue_id = %s "
        "AND expires <= %lld ORDER BY seq LIMIT %lld) AS part"
    };
    static const wfp_sql_t delete = {
        "queue_purge", "DELETE FROM queue_messages WHERE queue_id = %s "
                       "AND expires <= %lld AND seq <= %lld"
    };
    static const wfp_queue_room_t none = { 0, 0 };
    purge_t *ask = baton;
    const char **row, *until;
    wfp_queue_room_t less = { 0, 0 };
    apr_int64_t now;
    apr_status_t rv = wfp_queue_inside_drain(db, ask->id, &none);

    if (rv == APR_SUCCESS) {
        rv = wfp_dbclock_now(&now, db);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    until = wfp_dbd_num(db, ask->only_old ? now : APR_INT64_MAX);
    rv = wfp_dbd_row(&row, db, &pick, 3,
                     DBD_ARGS(ask->id, until, wfp_dbd_num(db, ask->max)));
    if (rv == APR_SUCCESS && row) {
        less.count = wfp_dbd_int(row[0]);
        less.bytes = wfp_dbd_int(row[1]);
        ask->count = (int)less.count;
        rv = wfp_dbd_exec(NULL, db, &delete, DBD_ARGS(ask->id, until, row[2]));
    }
    return rv == APR_SUCCESS ? wfp_queue_inside_drain(db, ask->id, &less) : rv;
}

apr_status_t wfp_queue_messages_purge(int *pcount, wfp_store_t *store,
                                      const char *id, int max, int only_old,
                                      wfp_result_t *res, apr_pool_t *p)
{
    purge_t ask = { id, max, only_old, 0 };
    apr_status_t rv = wfp_queue_inside_run(store, purge, &ask, res, p);

    *pcount = ask.count;
    return rv;
}
