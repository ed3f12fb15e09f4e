/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who consumes a queue: at most one Worker, or whoever pulls. Called by the API.
 * It must not know of messages.
 */
#include "store/queue_consumers.h"

#include <apr_strings.h>
#include <string.h>

#include "core/json.h"
#include "store/column.h"
#include "store/queue_row.h"

typedef struct ask_t {
    const char *queue_id;
    const char *id; /* of the consumer that is there; NULL: none shall be */
    wfp_queue_consumer_t *consumer;
    const wfp_match_t *match;
    const wfp_actor_t *actor;
    apr_int64_t stamp;
} ask_t;

static apr_status_t no_consumer(wfp_dbd_t *db)
{
    return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                          "the queue has no such consumer");
}

static apr_status_t is_taken(wfp_dbd_t *db)
{
    return wfp_result_set(db->res, WFP_CONFLICT, APR_EEXIST,
                          "the queue has a consumer already");
}

static apr_status_t record(wfp_dbd_t *db, const ask_t *ask,
                           const wfp_queue_t *queue, const char *action)
{
    const wfp_queue_consumer_t *c = ask->consumer;
    wfp_json_t *details = wfp_json_object(db->pool);

    wfp_json_set_str(details, "name", queue->name);
    wfp_json_set_str(details, "consumer", c->id);
    if (!c->is_pull && c->script) {
        wfp_json_set_str(details, "script", c->script);
    }
    return wfp_queue_row_record(db, ask->stamp, queue->id, action,
                                wfp_json_text(details, db->pool), ask->actor);
}

const char *wfp_queue_consumers_etag(const wfp_queue_consumer_t *c,
                                     apr_pool_t *p)
{
    const char *const texts[] = {
        c->id,
        c->is_pull ? "pull" : "worker",
        c->is_pull ? "" : c->ns,
        c->is_pull ? "" : c->script,
        c->dead_letter,
        apr_psprintf(p,
                     "%" APR_INT64_T_FMT " %" APR_INT64_T_FMT
                     " %" APR_INT64_T_FMT " %" APR_INT64_T_FMT
                     " %" APR_INT64_T_FMT " %" APR_INT64_T_FMT,
                     c->batch_size, c->max_wait_ms, c->max_retries,
                     c->retry_delay_s, c->max_concurrency, c->visibility_ms),
    };

    return wfp_etag_of_texts(texts, (int)(sizeof(texts) / sizeof(*texts)), p);
}

/* Does what the consumer names exist? @param pscript_id "" of one that pulls */
static apr_status_t check_names(const char **pscript_id, wfp_dbd_t *db,
                                const wfp_queue_consumer_t *c,
                                const wfp_queue_t *queue)
{
    wfp_queue_t *dead;
    wfp_script_row_t row;
    apr_status_t rv = APR_SUCCESS;

    *pscript_id = "";
    if (!c->is_pull) {
        rv = wfp_scripts_need(&row, db, c->ns, c->script);
        *pscript_id = row.id;
    }
    if (rv == APR_SUCCESS && *c->dead_letter) {
        if (!strcmp(c->dead_letter, queue->name)) {
            return wfp_result_set(db->res, WFP_INVALID, APR_EINVAL,
                                  "a queue is not its own dead letter queue");
        }
        rv = wfp_queue_row_named(&dead, db, c->dead_letter);
    }
    return rv;
}

static apr_status_t insert_consumer(wfp_dbd_t *db, const ask_t *ask,
                                    const char *script_id)
{
    static const wfp_sql_t insert = {
        "queue_consumer_insert",
        "INSERT INTO queue_consumers (queue_id, id, script_id, created, "
        "batch_size, max_wait_ms, max_retries, retry_delay, max_concurrency, "
        "visibility_ms, dead_letter) VALUES (%s, %s, NULLIF(%s, ''), %lld, "
        "%lld, %lld, %lld, %lld, %lld, %lld, %s) "
        "ON CONFLICT (queue_id) DO NOTHING"
    };
    const wfp_queue_consumer_t *c = ask->consumer;
    int n = 0;
    apr_status_t rv;

    rv = wfp_dbd_exec(&n, db, &insert,
                      DBD_ARGS(ask->queue_id, c->id, script_id,
                               wfp_dbd_num(db, c->created),
                               wfp_dbd_num(db, c->batch_size),
                               wfp_dbd_num(db, c->max_wait_ms),
                               wfp_dbd_num(db, c->max_retries),
                               wfp_dbd_num(db, c->retry_delay_s),
                               wfp_dbd_num(db, c->max_concurrency),
                               wfp_dbd_num(db, c->visibility_ms),
                               c->dead_letter));
    return rv == APR_SUCCESS && n == 0 ? is_taken(db) : rv;
}

static apr_status_t remove_consumer(wfp_dbd_t *db, const char *queue_id)
{
    static const wfp_sql_t delete = {
        "queue_consumer_delete",
        "DELETE FROM queue_consumers WHERE queue_id = %s"
    };

    return wfp_dbd_exec(NULL, db, &delete, DBD_ARGS(queue_id));
}

/* What is read stays: others wait for the number. */
static apr_status_t find_queue(wfp_queue_t **pqueue, wfp_dbd_t *db, ask_t *ask)
{
    apr_status_t rv = wfp_changes_take(&ask->stamp, db);

    return rv == APR_SUCCESS ? wfp_queue_row_find(pqueue, db, ask->queue_id)
                             : rv;
}

/* Is the consumer what it must be? */
static apr_status_t check(wfp_dbd_t *db, const ask_t *ask,
                          const wfp_queue_t *queue)
{
    return ask->match && queue->consumer
               ? wfp_etag_check(ask->match,
                                wfp_queue_consumers_etag(queue->consumer,
                                                         db->pool),
                                "the consumer", db->res)
               : APR_SUCCESS;
}

static apr_status_t consume(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    wfp_queue_consumer_t *c = ask->consumer;
    const char *script_id, *id = ask->id;
    wfp_queue_t *queue;
    apr_status_t rv = find_queue(&queue, db, ask);

    if (rv == APR_SUCCESS) {
        rv = check_names(&script_id, db, c, queue);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!id && queue->consumer) {
        return is_taken(db);
    }
    if (id && (!queue->consumer || strcmp(queue->consumer->id, id))) {
        return no_consumer(db);
    }
    rv = check(db, ask, queue);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    c->created = id ? queue->consumer->created : apr_time_now();
    if (!id) {
        rv = wfp_queue_row_id(&c->id, db->res, db->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = record(db, ask, queue, id ? "update_consumer" : "add_consumer");
    }
    if (rv == APR_SUCCESS && id) {
        rv = remove_consumer(db, queue->id);
    }
    return rv == APR_SUCCESS ? insert_consumer(db, ask, script_id) : rv;
}

apr_status_t wfp_queue_consumers_put(wfp_store_t *store, const char *queue_id,
                                     wfp_queue_consumer_t *consumer,
                                     const wfp_match_t *match,
                                     const wfp_actor_t *actor,
                                     wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .queue_id = queue_id,
                  .id = consumer->id,
                  .consumer = consumer,
                  .match = match,
                  .actor = actor };

    return wfp_dbd_run(store, WFP_DBD_WRITE, consume, &ask, res, p);
}

static apr_status_t unconsume(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    wfp_queue_t *queue;
    apr_status_t rv = find_queue(&queue, db, ask);

    if (rv == APR_SUCCESS
        && (!queue->consumer || strcmp(queue->consumer->id, ask->id))) {
        return no_consumer(db);
    }
    if (rv == APR_SUCCESS) {
        rv = check(db, ask, queue);
    }
    if (rv == APR_SUCCESS) {
        ask->consumer = queue->consumer;
        rv = record(db, ask, queue, "remove_consumer");
    }
    return rv == APR_SUCCESS ? remove_consumer(db, queue->id) : rv;
}

apr_status_t wfp_queue_consumers_remove(wfp_store_t *store,
                                        const char *queue_id, const char *id,
                                        const wfp_match_t *match,
                                        const wfp_actor_t *actor,
                                        wfp_result_t *res, apr_pool_t *p)
{
    wfp_queue_consumer_t consumer = { .id = id };
    ask_t ask = { .queue_id = queue_id,
                  .id = id,
                  .consumer = &consumer,
                  .match = match,
                  .actor = actor };

    return wfp_dbd_run(store, WFP_DBD_WRITE, unconsume, &ask, res, p);
}

void wfp_queue_consumers_standard(wfp_queue_consumer_t *consumer)
{
    consumer->batch_size = 10;
    consumer->max_wait_ms = 5000;
    consumer->max_retries = 3;
    consumer->visibility_ms = 30000;
}
