/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record in the ring is a line for us, "VERSION TIME ID KINDS", one with the
 * Worker's name, and the JSON. A Worker has an eighth of the ring at most, told by
 * a hash of its name, so that one that logs without end costs others no records.
 * When the ring is found empty all shares are set to nothing: what killed children
 * left there.
 */
#include "mod_wfp/archive.h"

#include <apr_atomic.h>
#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "core/shared_memory.h"
#include "core/siphash.h"
#include "mod_wfp/log.h"
#include "mod_wfp/threads.h"
#include "store/log_records.h"

#define RING_BYTES  ((apr_size_t)8 * 1024 * 1024)
#define SHARES      1024
#define SHARE_BYTES (RING_BYTES / 8)

/* Between two looks at the ring, and what one stores at most: transactions, and
 * records of each. Others write to the store, too. */
#define TICK      apr_time_from_msec(250)
#define TURN_MAX  16
#define TAKEN_MAX 64

/* The same while nothing is put; the logger wakes us when something is. */
#define IDLE apr_time_from_sec(2)

/* An id is a request id's beginning and a number, in hex. */
#define ID_SIZE 24

/* After a failure. */
#define PAUSE apr_time_from_sec(1)

/* How often old records are looked for, and steps of that. */
#define PRUNE_EVERY apr_time_from_sec(5)
#define PRUNE_STEPS 20

typedef struct shared_t {
    apr_uint32_t used[SHARES]; /* atomic, as all: bytes in the ring */
    apr_uint64_t stored;
    apr_uint64_t refused;
    apr_uint64_t pruned; /* core/clock.h */
} shared_t;

struct wfp_archive_t {
    wfp_logring_t *ring;
    shared_t *shared;
};

struct wfp_archiver_t {
    wfp_server_t *server;
    wfp_ticker_t *ticker;
    int is_idle;      /* atomic: it may be woken */
    apr_uint64_t end; /* the logger's: of the ring, when it last looked */
    char *scratch;
    apr_pool_t *pool; /* of a turn */
    int turns;
    int is_failing; /* it did not go well the last time */
    int is_full;    /* since the store's disk has no room */
    apr_time_t wait_until;
};

typedef wfp_archiver_t archiver_t;

apr_status_t wfp_archive_create(wfp_archive_t **parchive, wfp_result_t *res,
                                apr_pool_t *p)
{
    wfp_archive_t *archive = apr_pcalloc(p, sizeof(*archive));
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory, sizeof(shared_t),
                                        "records' shares", res, p);

    archive->shared = memory;
    *parchive = archive;
    return rv == APR_SUCCESS
               ? wfp_logring_create(&archive->ring, RING_BYTES, res, p)
               : rv;
}

int wfp_archive_is_on(const wfp_server_t *server)
{
    return server->store && wfp_config_num(server->conf->log_age, 1) != 0;
}

static void count(apr_uint64_t *counter, apr_uint64_t by)
{
    __atomic_add_fetch(counter, by, __ATOMIC_RELAXED);
}

void wfp_archive_stats(wfp_archive_stats_t *stats, const wfp_archive_t *archive)
{
    wfp_logring_stats_t ring;

    wfp_logring_stats(&ring, archive->ring);
    stats->stored = __atomic_load_n(&archive->shared->stored, __ATOMIC_RELAXED);
    stats->dropped = __atomic_load_n(&archive->shared->refused,
                                     __ATOMIC_RELAXED)
                     + ring.dropped + ring.lost;
}

/* ---- putting ------------------------------------------------------------------ */

void wfp_archive_head(wfp_json_out_t *out, const wfp_host_ctx_t *ctx,
                      apr_int64_t kinds)
{
    wfp_server_t *server = ctx->work->server;
    char id[ID_SIZE + 1];

    wfp_json_out_raw(out, ctx->entry.version_id,
                     strcspn(ctx->entry.version_id, " \n"));
    WFP_JSON_OUT(out, " ");
    wfp_json_out_int(out, apr_time_now());
    WFP_JSON_OUT(out, " ");
    (void)apr_snprintf(id, sizeof(id), "%s%08x", server->id_prefix,
                       apr_atomic_inc32(&server->id_next)); /* that many */
    wfp_json_out_raw(out, id, ID_SIZE);
    WFP_JSON_OUT(out, " ");
    wfp_json_out_int(out, kinds);
    WFP_JSON_OUT(out, "\n");
    wfp_json_out_raw(out, ctx->entry.ns, strcspn(ctx->entry.ns, "/\n"));
    WFP_JSON_OUT(out, "/");
    wfp_json_out_raw(out, ctx->entry.name, strcspn(ctx->entry.name, "/\n"));
    WFP_JSON_OUT(out, "\n");
}

/* Not against anybody who looks for another's. */
static apr_uint32_t *share_of(shared_t *shared, const char *key, apr_size_t n)
{
    static const apr_uint64_t fixed[2] = { 1, 2 };

    return &shared->used[wfp_siphash(fixed, key, n) % SHARES];
}

static void give_back(apr_uint32_t *share, apr_uint32_t bytes)
{
    apr_uint32_t used = __atomic_load_n(share, __ATOMIC_RELAXED);

    while (!__atomic_compare_exchange_n(share, &used,
                                        used > bytes ? used - bytes : 0, 1,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        continue;
    }
}

void wfp_archive_put(const wfp_host_ctx_t *ctx, const char *data, apr_size_t n)
{
    wfp_archive_t *archive = ctx->work->server->archive;
    const char *key = memchr(data, '\n', n);
    apr_size_t size = strcspn(key + 1, "\n") + 1;
    apr_uint32_t *share = share_of(archive->shared, key, size);

    if (n > SHARE_BYTES
        || __atomic_add_fetch(share, (apr_uint32_t)n, __ATOMIC_RELAXED)
               > SHARE_BYTES) {
        give_back(share, (apr_uint32_t)n);
        count(&archive->shared->refused, 1);
    }
    else if (!wfp_logring_put(archive->ring, 0, 0, data, n)) {
        give_back(share, (apr_uint32_t)n); /* it is counted there */
    }
}

/* ---- storing ------------------------------------------------------------------ */

static int read_record(wfp_log_record_t *record,
                       const wfp_logring_record_t *from, apr_pool_t *p)
{
    char *copy = apr_pstrmemdup(p, from->data, from->n);
    char *key = strchr(copy, '\n');
    char *text = key ? strchr(key + 1, '\n') : NULL;
    char *at;
    const char *time, *kinds;

    if (!text) {
        return 0;
    }
    *key = '\0';
    record->version_id = apr_strtok(copy, " ", &at);
    time = record->version_id ? apr_strtok(NULL, " ", &at) : NULL;
    record->id = time ? apr_strtok(NULL, " ", &at) : NULL;
    kinds = record->id ? apr_strtok(NULL, " ", &at) : NULL;
    if (!kinds) {
        return 0;
    }
    record->time = apr_atoi64(time);
    record->kinds = apr_atoi64(kinds);
    record->text = text + 1;
    return 1;
}

/* Told once, until it goes well again. */
static apr_status_t insert(archiver_t *a, const apr_array_header_t *list)
{
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, a->pool);
    rv = wfp_log_records_insert(a->server->store, list, &res, a->pool);
    a->is_full = rv != APR_SUCCESS && res.about == WFP_ABOUT_ROOM;
    if (rv != APR_SUCCESS && !a->is_failing) {
        a->is_failing = 1;
        ap_log_error(APLOG_MARK, APLOG_INFO, rv, a->server->main,
                     WFPLOGNO(4001) "records are not in the store yet: %s",
                     res.message);
    }
    return rv;
}

/* Each in a transaction of its own, for a second as long as none goes well.
 * @param pleft  those that did not */
static int insert_alone(apr_array_header_t **pleft, archiver_t *a,
                        const apr_array_header_t *list)
{
    apr_array_header_t *one = apr_array_make(a->pool, 1,
                                             sizeof(wfp_log_record_t));
    apr_time_t until = wfp_clock_now() + PAUSE;
    int i, stored = 0;

    *pleft = apr_array_make(a->pool, 1, sizeof(wfp_log_record_t));
    for (i = 0;
         i < list->nelts && !a->is_full && (stored || wfp_clock_now() < until);
         i++) {
        const wfp_log_record_t *record = &APR_ARRAY_IDX(list, i,
                                                        wfp_log_record_t);

        one->nelts = 0;
        APR_ARRAY_PUSH(one, wfp_log_record_t) = *record;
        if (insert(a, one) == APR_SUCCESS) {
            stored++;
        }
        else {
            APR_ARRAY_PUSH(*pleft, wfp_log_record_t) = *record;
        }
    }
    return stored;
}

/* One that the store refuses, while it takes others, shall not stop them: not
 * when it was gone and came back just now, so those are tried again. What is
 * stored twice counts once. A full disk may have room for small ones: all wait.
 * @return 0: it takes none */
static int insert_each(archiver_t *a, const apr_array_header_t *list)
{
    apr_array_header_t *left, *refused;
    int stored = insert_alone(&left, a, list);

    if (!stored || a->is_full) {
        return 0;
    }
    stored += insert_alone(&refused, a, left);
    if (a->is_full) {
        return 0;
    }
    count(&a->server->archive->shared->refused,
          (apr_uint64_t)(list->nelts - stored));
    count(&a->server->archive->shared->stored, (apr_uint64_t)stored);
    return 1;
}

static void release(shared_t *shared, const wfp_logring_record_t *records,
                    int n)
{
    int i;

    for (i = 0; i < n; i++) {
        const char *key = memchr(records[i].data, '\n', records[i].n);
        const char *end = key ? memchr(key + 1, '\n',
                                       records[i].n
                                           - (apr_size_t)(key + 1
                                                          - records[i].data))
                              : NULL;

        if (end) {
            give_back(share_of(shared, key, (apr_size_t)(end - key)),
                      (apr_uint32_t)records[i].n);
        }
    }
}

/* As wfp_logring_take() calls it. */
static int store_some(void *data, const wfp_logring_record_t *records, int n)
{
    archiver_t *a = data;
    shared_t *shared = a->server->archive->shared;
    apr_array_header_t *list;
    int i, done;

    if (a->turns++ >= TURN_MAX) {
        return 0;
    }
    apr_pool_clear(a->pool);
    list = apr_array_make(a->pool, n, sizeof(wfp_log_record_t));
    for (i = 0; i < n; i++) {
        if (!read_record(apr_array_push(list), &records[i], a->pool)) {
            list->nelts--;
        }
    }
    done = insert(a, list) == APR_SUCCESS;
    if (done) {
        count(&shared->stored, (apr_uint64_t)list->nelts);
    }
    else if (list->nelts > 1 && !a->is_full) {
        done = insert_each(a, list);
    }
    if (done) {
        a->is_failing = 0;
        release(shared, records, n);
    }
    else {
        a->wait_until = wfp_clock_now() + PAUSE;
    }
    return done;
}

/* Whoever comes first does it for the host. */
static int is_prune_due(shared_t *shared)
{
    apr_uint64_t last = __atomic_load_n(&shared->pruned, __ATOMIC_RELAXED);
    apr_uint64_t now = (apr_uint64_t)wfp_clock_now();

    return now - last >= (apr_uint64_t)PRUNE_EVERY
           && __atomic_compare_exchange_n(&shared->pruned, &last, now, 0,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static void prune(archiver_t *a)
{
    wfp_server_t *server = a->server;
    apr_time_t before = apr_time_now()
                        - wfp_config_num(server->conf->log_age,
                                         WFP_DEFAULT_LOG_AGE);
    int i, done = 1;

    for (i = 0; done && i < PRUNE_STEPS; i++) {
        wfp_result_t res;
        apr_status_t rv;

        apr_pool_clear(a->pool);
        wfp_result_init(&res, a->pool);
        rv = wfp_log_records_prune(&done, server->store, before,
                                   wfp_config_num(server->conf->log_bytes,
                                                  WFP_DEFAULT_LOG_BYTES),
                                   &res, a->pool);
        if (rv != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_INFO, rv, server->main,
                         WFPLOGNO(4002) "old records stay for now: %s",
                         res.message);
            return;
        }
    }
}

/* @return 1: there was nothing */
static int store_all(archiver_t *a)
{
    shared_t *shared = a->server->archive->shared;
    int i;

    a->turns = 0;
    if (wfp_logring_take(a->server->archive->ring, store_some, a, a->scratch,
                         WFP_LOGRING_RECORD_MAX, TAKEN_MAX)
            == 0
        && a->turns == 0) {
        for (i = 0; i < SHARES; i++) {
            __atomic_store_n(&shared->used[i], 0, __ATOMIC_RELAXED);
        }
        return 1;
    }
    return 0;
}

static apr_interval_time_t look(void *data)
{
    archiver_t *a = data;
    int is_empty;

    if (wfp_clock_now() < a->wait_until) {
        return TICK;
    }
    /* first: what is put while we look wakes us again */
    __atomic_store_n(&a->is_idle, 1, __ATOMIC_SEQ_CST);
    is_empty = store_all(a);
    __atomic_store_n(&a->is_idle, is_empty, __ATOMIC_SEQ_CST);
    if (is_prune_due(a->server->archive->shared)) {
        prune(a);
    }
    return is_empty ? IDLE : TICK;
}

void wfp_archive_wake(wfp_archiver_t *a)
{
    apr_uint64_t end = wfp_logring_end(a->server->archive->ring);

    if (end != a->end) {
        a->end = end;
        if (__atomic_load_n(&a->is_idle, __ATOMIC_SEQ_CST)) {
            wfp_threads_poke(a->ticker);
        }
    }
}

static apr_status_t last_look(void *data)
{
    archiver_t *a = data;

    if (!a->is_failing) {
        (void)store_all(a);
    }
    return APR_SUCCESS;
}

apr_status_t wfp_archive_start(wfp_server_t *server, apr_pool_t *p)
{
    archiver_t *a = apr_pcalloc(p, sizeof(*a));
    apr_status_t rv;

    if (!server->store) {
        return APR_SUCCESS;
    }
    a->server = server;
    a->scratch = apr_palloc(p, WFP_LOGRING_RECORD_MAX);
    apr_pool_create(&a->pool, p);
    /* registered first, so it comes when the thread is gone */
    apr_pool_pre_cleanup_register(p, a, last_look);
    rv = wfp_threads_paced(&a->ticker, look, a, p);
    if (rv == APR_SUCCESS) {
        __atomic_store_n(&server->archiver, a, __ATOMIC_RELEASE);
    }
    return rv;
}
