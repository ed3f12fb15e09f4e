/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking messages out of a queue for a while, and saying what became of them.
 * Called by services/queues.c. Where two queues are locked, a queue and the one
 * for its dead letters, the lesser id comes first.
 */
#include <string.h>

#include "store/column.h"
#include "store/dbclock.h"
#include "store/lease_check.h"
#include "store/queue_inside.h"

/* A dead letter that has nowhere to go is tried again after that time. */
#define NO_ROOM_MS 60000

/* ---- taking ----------------------------------------------------------------- */

typedef struct take_t {
    const wfp_queue_claim_t *claim;
    wfp_queue_batch_t *batch;
} take_t;

static void read_message(wfp_queue_message_t *m, const char **row,
                         const wfp_queue_claim_t *claim)
{
    m->seq = wfp_dbd_int(row[0]);
    m->id = row[1];
    m->kind = wfp_queue_kind_by_name(row[2]);
    m->size = (apr_size_t)wfp_dbd_int(row[3]);
    m->sent_ms = wfp_dbd_int(row[4]);
    m->attempts = (int)wfp_dbd_int(row[5]) + !claim->is_peek;
    m->failures = (int)wfp_dbd_int(row[6]);
    m->fate = WFP_QUEUE_OPEN;
    m->retry_s = -1;
}

/* The next, without bodies, as many as may travel together. */
static apr_status_t pick(wfp_dbd_t *db, const take_t *ask, apr_int64_t now)
{
    static const wfp_sql_t next = {
        "queue_claim_pick",
        "SELECT seq, id, kind, size, sent, attempts, failures "
        "FROM queue_messages WHERE queue_id = %s AND visible <= %lld "
        "AND expires > %lld ORDER BY visible, seq LIMIT %lld"
    };
    const wfp_queue_claim_t *claim = ask->claim;
    wfp_queue_batch_t *batch = ask->batch;
    const char *text = wfp_dbd_num(db, now);
    apr_array_header_t *rows;
    apr_size_t bytes = 0;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &next, 7,
                                   DBD_ARGS(claim->queue_id, text, text,
                                            wfp_dbd_num(db, claim->count)));

    batch->count = 0;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    batch->messages = apr_pcalloc(db->pool, ((apr_size_t)rows->nelts + 1)
                                                * sizeof(*batch->messages));
    while (batch->count < rows->nelts) {
        wfp_queue_message_t *m = &batch->messages[batch->count];

        read_message(m, APR_ARRAY_IDX(rows, batch->count, const char **),
                     claim);
        bytes += m->size;
        if (batch->count > 0 && bytes > WFP_QUEUE_BATCH_BYTES_MAX) {
            break;
        }
        batch->count++;
    }
    return rv;
}

static apr_status_t read_body(wfp_dbd_t *db, wfp_queue_message_t *m)
{
    static const wfp_sql_t body = {
        "queue_claim_body", "SELECT body FROM queue_messages WHERE seq = %lld"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &body, 1,
                                  DBD_ARGS(wfp_dbd_num(db, m->seq)));

    if (rv == APR_SUCCESS && !row) {
        return wfp_result_set(db->res, WFP_INTERNAL, APR_EGENERAL,
                              "a message has gone");
    }
    if (rv == APR_SUCCESS) {
        wfp_column_unbase64(&m->body, &m->size, row[0], db->pool);
    }
    return rv;
}

static apr_status_t lease(wfp_dbd_t *db, const take_t *ask,
                          const wfp_queue_message_t *m, apr_int64_t now)
{
    static const wfp_sql_t lease = {
        "queue_claim_lease", "UPDATE queue_messages SET visible = %lld, "
                             "lease = %s, attempts = attempts + 1 "
                             "WHERE seq = %lld"
    };

    return ask->claim->is_peek
               ? APR_SUCCESS
               : wfp_dbd_exec(NULL, db, &lease,
                              DBD_ARGS(wfp_dbd_num(db,
                                                   now + ask->claim->lease_ms),
                                       ask->batch->lease,
                                       wfp_dbd_num(db, m->seq)));
}

static apr_status_t take(wfp_dbd_t *db, void *baton)
{
    static const wfp_queue_room_t none = { 0, 0 };
    const take_t *ask = baton;
    apr_int64_t now;
    int i;
    const wfp_queue_fence_t *fence = ask->claim->fence;
    apr_status_t rv = fence ? wfp_leases_check(db, fence->name, fence->number)
                            : APR_SUCCESS;

    if (rv == APR_SUCCESS && !ask->claim->is_peek) {
        rv = wfp_queue_inside_drain(db, ask->claim->queue_id, &none);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dbclock_now(&now, db);
    }
    if (rv == APR_SUCCESS) {
        rv = pick(db, ask, now);
    }
    for (i = 0; rv == APR_SUCCESS && i < ask->batch->count; i++) {
        rv = read_body(db, &ask->batch->messages[i]);
        if (rv == APR_SUCCESS) {
            rv = lease(db, ask, &ask->batch->messages[i], now);
        }
    }
    return rv;
}

apr_status_t wfp_queue_messages_claim(wfp_queue_batch_t *batch,
                                      wfp_store_t *store,
                                      const wfp_queue_claim_t *claim,
                                      wfp_result_t *res, apr_pool_t *p)
{
    take_t ask = { claim, batch };
    apr_status_t rv = wfp_queue_row_id(&batch->lease, res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    return claim->is_peek
               ? wfp_dbd_run(store, WFP_DBD_SNAPSHOT, take, &ask, res, p)
               : wfp_queue_inside_run(store, take, &ask, res, p);
}

typedef struct renew_t {
    const char *lease;
    apr_int64_t lease_ms;
} renew_t;

static apr_status_t renew(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t later = { "queue_renew",
                                     "UPDATE queue_messages SET visible = %lld "
                                     "WHERE lease = %s AND lease <> ''" };
    const renew_t *ask = baton;
    apr_int64_t now;
    apr_status_t rv = wfp_dbclock_now(&now, db);

    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &later,
                              DBD_ARGS(wfp_dbd_num(db, now + ask->lease_ms),
                                       ask->lease))
               : rv;
}

apr_status_t wfp_queue_messages_renew(wfp_store_t *store, const char *lease,
                                      apr_int64_t lease_ms, wfp_result_t *res,
                                      apr_pool_t *p)
{
    renew_t ask = { lease, lease_ms };

    return wfp_queue_inside_run(store, renew, &ask, res, p);
}

/* ---- giving back ------------------------------------------------------------ */

typedef struct give_t {
    wfp_queue_settle_t *settle;
    const wfp_queue_batch_t *batch;
    /* of a run: */
    wfp_queue_t *dead; /* NULL: there is no such queue */
    apr_int64_t now;
    wfp_queue_room_t less;
} give_t;

static int may_die(const wfp_queue_batch_t *batch)
{
    int i;

    for (i = 0; i < batch->count; i++) {
        if (batch->messages[i].fate > WFP_QUEUE_ACK) {
            return 1;
        }
    }
    return 0;
}

static apr_status_t find_dead(wfp_dbd_t *db, give_t *ask)
{
    static const wfp_sql_t find = {
        "queue_dead", "SELECT id, retention FROM queues WHERE name = %s"
    };
    const char **row;
    apr_status_t rv;

    ask->dead = NULL;
    if (!*ask->settle->dead_letter || !may_die(ask->batch)) {
        return APR_SUCCESS;
    }
    rv = wfp_dbd_row(&row, db, &find, 2, DBD_ARGS(ask->settle->dead_letter));
    if (rv == APR_SUCCESS && row) {
        ask->dead = apr_pcalloc(db->pool, sizeof(*ask->dead));
        ask->dead->id = row[0];
        ask->dead->retention_s = wfp_dbd_int(row[1]);
    }
    return rv;
}

static apr_status_t lock_queues(wfp_dbd_t *db, const give_t *ask)
{
    static const wfp_queue_room_t none = { 0, 0 };
    const char *own = ask->settle->queue_id;
    const char *other = ask->dead ? ask->dead->id : NULL;
    int other_first = other && strcmp(other, own) < 0;
    apr_status_t rv = APR_SUCCESS;

    if (other_first) {
        rv = wfp_queue_inside_drain(db, other, &none);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_queue_inside_drain(db, own, &none);
    }
    if (rv == APR_SUCCESS && other && !other_first) {
        rv = wfp_queue_inside_drain(db, other, &none);
    }
    return rv;
}

static apr_status_t remove_one(wfp_dbd_t *db, give_t *ask, const char *seq,
                               apr_int64_t size)
{
    static const wfp_sql_t delete = {
        "queue_ack", "DELETE FROM queue_messages WHERE seq = %lld"
    };

    ask->less.count++;
    ask->less.bytes += size;
    return wfp_dbd_exec(NULL, db, &delete, DBD_ARGS(seq));
}

/* It comes again. @param failed what is added to its failures @param seen 0: to
 * its attempts, it was none */
static apr_status_t put_back(wfp_dbd_t *db, const char *seq,
                             apr_int64_t visible, int failed, int seen)
{
    static const wfp_sql_t retry = {
        "queue_retry", "UPDATE queue_messages SET visible = %lld, lease = '', "
                       "failures = failures + %lld, attempts = attempts - %lld "
                       "WHERE seq = %lld"
    };

    return wfp_dbd_exec(NULL, db, &retry,
                        DBD_ARGS(wfp_dbd_num(db, visible),
                                 wfp_dbd_num(db, failed),
                                 wfp_dbd_num(db, !seen), seq));
}

static apr_status_t bury(wfp_dbd_t *db, give_t *ask, const char *seq,
                         apr_int64_t size)
{
    static const wfp_sql_t move = {
        "queue_bury", "UPDATE queue_messages SET queue_id = %s, "
                      "visible = %lld, expires = %lld, attempts = 0, "
                      "failures = 0, lease = '' WHERE seq = %lld"
    };
    const wfp_queue_room_t more = { 1, size };
    int fits = 0;
    apr_status_t rv = APR_SUCCESS;

    if (!*ask->settle->dead_letter) {
        return remove_one(db, ask, seq, size);
    }
    if (ask->dead) {
        rv = wfp_queue_inside_fill(&fits, db, ask->dead->id, &more,
                                   &ask->settle->room);
    }
    if (rv != APR_SUCCESS || !fits) {
        return rv == APR_SUCCESS
                   ? put_back(db, seq, ask->now + NO_ROOM_MS, 0, 1)
                   : rv;
    }
    ask->less.count++;
    ask->less.bytes += size;
    return wfp_dbd_exec(NULL, db, &move,
                        DBD_ARGS(ask->dead->id, wfp_dbd_num(db, ask->now),
                                 wfp_dbd_num(db, ask->now
                                                     + ask->dead->retention_s
                                                           * 1000),
                                 seq));
}

static apr_status_t give_one(wfp_dbd_t *db, give_t *ask,
                             const wfp_queue_message_t *m)
{
    static const wfp_sql_t held = {
        "queue_held", "SELECT size, failures FROM queue_messages "
                      "WHERE seq = %lld AND queue_id = %s AND lease = %s"
    };
    wfp_queue_settle_t *settle = ask->settle;
    const char *seq = wfp_dbd_num(db, m->seq), **row;
    apr_int64_t size, delay;
    apr_status_t rv = wfp_dbd_row(&row, db, &held, 2,
                                  DBD_ARGS(seq, settle->queue_id,
                                           ask->batch->lease));

    if (rv != APR_SUCCESS || !row) {
        return rv;
    }
    size = wfp_dbd_int(row[0]);
    if (m->fate == WFP_QUEUE_ACK) {
        settle->acks++;
        return remove_one(db, ask, seq, size);
    }
    settle->retries++;
    delay = m->retry_s < 0 ? settle->retry_delay_s : m->retry_s;
    if (settle->is_unseen && m->fate == WFP_QUEUE_RETRY) {
        return put_back(db, seq, ask->now + delay * 1000, 0, 0);
    }
    if (m->fate == WFP_QUEUE_RETRY
        && wfp_dbd_int(row[1]) < settle->max_retries) {
        return put_back(db, seq, ask->now + delay * 1000, 1, 1);
    }
    return bury(db, ask, seq, size);
}

static apr_status_t give(wfp_dbd_t *db, void *baton)
{
    give_t *ask = baton;
    int i;
    apr_status_t rv = find_dead(db, ask);

    memset(&ask->less, 0, sizeof(ask->less));
    ask->settle->acks = ask->settle->retries = 0;
    if (rv == APR_SUCCESS) {
        rv = lock_queues(db, ask);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dbclock_now(&ask->now, db);
    }
    for (i = 0; rv == APR_SUCCESS && i < ask->batch->count; i++) {
        if (ask->batch->messages[i].fate != WFP_QUEUE_OPEN) {
            rv = give_one(db, ask, &ask->batch->messages[i]);
        }
    }
    return rv == APR_SUCCESS && ask->less.count
               ? wfp_queue_inside_drain(db, ask->settle->queue_id, &ask->less)
               : rv;
}

apr_status_t wfp_queue_messages_settle(wfp_store_t *store,
                                       wfp_queue_settle_t *settle,
                                       const wfp_queue_batch_t *batch,
                                       wfp_result_t *res, apr_pool_t *p)
{
    give_t ask = { .settle = settle, .batch = batch };

    return wfp_queue_inside_run(store, give, &ask, res, p);
}
