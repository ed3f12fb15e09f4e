/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of queues, as queues.c, queue_consumers.c and queue_messages.c need them
 * inside their transactions.
 */
#include "store/queue_row.h"

#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"
#include "store/column.h"

apr_status_t wfp_queue_row_id(const char **pid, wfp_result_t *res,
                              apr_pool_t *p)
{
    unsigned char id[16];
    apr_status_t rv = wfp_crypto_random(id, sizeof(id));

    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "no random bytes");
    }
    *pid = wfp_crypto_hex(id, sizeof(id), p);
    return rv;
}

static wfp_queue_consumer_t *read_consumer(const char **row, apr_pool_t *p)
{
    wfp_queue_consumer_t *c;

    if (!*row[0]) {
        return NULL;
    }
    c = apr_pcalloc(p, sizeof(*c));
    c->id = row[0];
    c->is_pull = !*row[1];
    c->ns = row[2];
    c->script = row[3];
    c->created = wfp_dbd_int(row[4]);
    c->batch_size = wfp_dbd_int(row[5]);
    c->max_wait_ms = wfp_dbd_int(row[6]);
    c->max_retries = wfp_dbd_int(row[7]);
    c->retry_delay_s = wfp_dbd_int(row[8]);
    c->max_concurrency = wfp_dbd_int(row[9]);
    c->visibility_ms = wfp_dbd_int(row[10]);
    c->dead_letter = row[11];
    return c;
}

apr_status_t wfp_queue_row_read(void **pobject, wfp_dbd_t *db, const char **row)
{
    wfp_queue_t *queue = apr_pcalloc(db->pool, sizeof(*queue));

    queue->id = row[0];
    queue->name = row[1];
    queue->created = wfp_dbd_int(row[2]);
    queue->modified = wfp_dbd_int(row[3]);
    queue->delivery_delay_s = wfp_dbd_int(row[4]);
    queue->is_paused = wfp_dbd_int(row[5]) != 0;
    queue->retention_s = wfp_dbd_int(row[6]);
    queue->backlog_count = wfp_dbd_int(row[7]);
    queue->backlog_bytes = wfp_dbd_int(row[8]);
    queue->consumer = read_consumer(row + 9, db->pool);
    *pobject = queue;
    return APR_SUCCESS;
}

static apr_status_t find(wfp_queue_t **pqueue, wfp_dbd_t *db,
                         const wfp_sql_t *sql, const char *key)
{
    const char *text = wfp_column_text(key, db->pool), **row;
    void *queue;
    apr_status_t rv = wfp_dbd_row(&row, db, sql, WFP_QUEUE_COLUMN_COUNT,
                                  DBD_ARGS(text));

    if (rv == APR_SUCCESS && !row) {
        return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                              "there is no queue %.63s", text);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_queue_row_read(&queue, db, row);
        *pqueue = queue;
    }
    return rv;
}

apr_status_t wfp_queue_row_find(wfp_queue_t **pqueue, wfp_dbd_t *db,
                                const char *id)
{
    static const wfp_sql_t by_id = { "queue_get",
                                     WFP_QUEUE_COLUMNS "WHERE q.id = %s" };

    return find(pqueue, db, &by_id, id);
}

apr_status_t wfp_queue_row_named(wfp_queue_t **pqueue, wfp_dbd_t *db,
                                 const char *name)
{
    static const wfp_sql_t by_name = { "queue_named",
                                       WFP_QUEUE_COLUMNS "WHERE q.name = %s" };

    return find(pqueue, db, &by_name, name);
}

apr_status_t wfp_queue_row_record(wfp_dbd_t *db, apr_int64_t stamp,
                                  const char *id, const char *action,
                                  const char *details, const wfp_actor_t *actor)
{
    wfp_change_t change = { stamp, WFP_CHANGE_QUEUE, "", id,
                            strcmp(action, "delete") == 0 };

    return wfp_audit_record(db, &change, actor, action, details);
}
