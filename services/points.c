/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record is the fields of a point, one a line: none has a line's end in it.
 * What a Worker has in the ring is counted under a hash of its id, two that meet
 * there share, and forgotten when the ring was emptied.
 */
#include "services/points.h"

#include <apr_strings.h>
#include <string.h>

#include "core/shared_memory.h"
#include "core/siphash.h"

#define RING_BYTES  ((apr_size_t)8 << 20)
#define SHARE_BYTES (RING_BYTES / 8)
#define SHARES      1024
#define FIELDS      6
#define BATCH_MAX   64

typedef struct shared_t {
    apr_uint32_t shares[SHARES]; /* atomic: bytes */
    apr_uint64_t refused;        /* atomic: for want of a share */
    apr_uint64_t put;            /* atomic: points that found room */
} shared_t;

struct wfp_points_t {
    wfp_logring_t *ring;
    shared_t *shared;
};

typedef struct drain_t {
    wfp_store_t *store;
    wfp_result_t *res;
    apr_pool_t *pool; /* of a batch */
    apr_status_t rv;
} drain_t;

apr_status_t wfp_points_create(wfp_points_t **ppoints, wfp_result_t *res,
                               apr_pool_t *p)
{
    wfp_points_t *points = apr_pcalloc(p, sizeof(*points));
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory, sizeof(shared_t),
                                        "data points", res, p);

    points->shared = memory;
    *ppoints = points;
    return rv == APR_SUCCESS
               ? wfp_logring_create(&points->ring, RING_BYTES, res, p)
               : rv;
}

static apr_uint32_t *share_of(wfp_points_t *points, const char *owner)
{
    static const apr_uint64_t key[2] = { 0 }; /* ids are not chosen */

    return &points->shared
                ->shares[wfp_siphash(key, owner, strlen(owner)) % SHARES];
}

int wfp_points_put(wfp_points_t *points, const char *owner,
                   const wfp_data_point_t *point, apr_pool_t *p)
{
    const char *text = apr_psprintf(p,
                                    "%s\n%s\n%" APR_TIME_T_FMT "\n%s\n%s\n%s",
                                    point->id, point->dataset, point->time,
                                    point->ns, point->worker, point->point);
    apr_uint32_t *share = share_of(points, owner);
    apr_uint32_t n = (apr_uint32_t)strlen(text);

    if (__atomic_load_n(share, __ATOMIC_RELAXED) + n > SHARE_BYTES) {
        (void)__atomic_add_fetch(&points->shared->refused, 1, __ATOMIC_RELAXED);
        return 0;
    }
    (void)__atomic_add_fetch(share, n, __ATOMIC_RELAXED);
    if (!wfp_logring_put(points->ring, 1, 0, text, n)) {
        return 0;
    }
    (void)__atomic_add_fetch(&points->shared->put, 1, __ATOMIC_RELAXED);
    return 1;
}

/* @return 0: it is no record of ours */
static int read_record(wfp_data_point_t *point,
                       const wfp_logring_record_t *record, apr_pool_t *p)
{
    char *at = apr_pstrmemdup(p, record->data, record->n);
    const char *field[FIELDS];
    int i;

    for (i = 0; i < FIELDS; i++) {
        char *end = i < FIELDS - 1 ? strchr(at, '\n') : NULL;

        if (i < FIELDS - 1 && !end) {
            return 0;
        }
        field[i] = at;
        if (end) {
            *end = '\0';
            at = end + 1;
        }
    }
    point->id = field[0];
    point->dataset = field[1];
    point->time = apr_atoi64(field[2]);
    point->ns = field[3];
    point->worker = field[4];
    point->point = field[5];
    return 1;
}

/* wfp_logring_fn */
static int store_some(void *baton, const wfp_logring_record_t *records, int n)
{
    drain_t *d = baton;
    wfp_data_point_t points[BATCH_MAX];
    int i, count = 0;

    apr_pool_clear(d->pool);
    for (i = 0; i < n && i < BATCH_MAX; i++) {
        count += read_record(&points[count], &records[i], d->pool);
    }
    d->rv = count ? wfp_data_points_insert(d->store, points, count, d->res,
                                           d->pool)
                  : APR_SUCCESS;
    return d->rv == APR_SUCCESS;
}

apr_status_t wfp_points_drain(wfp_points_t *points, wfp_store_t *store,
                              wfp_result_t *res, apr_pool_t *p)
{
    drain_t d = { .store = store, .res = res };
    char *scratch;
    int i;

    if (wfp_logring_is_empty(points->ring)) {
        return APR_SUCCESS;
    }
    scratch = apr_palloc(p, WFP_LOGRING_RECORD_MAX);
    apr_pool_create(&d.pool, p);
    (void)wfp_logring_take(points->ring, store_some, &d, scratch,
                           WFP_LOGRING_RECORD_MAX, BATCH_MAX);
    apr_pool_destroy(d.pool);
    if (d.rv != APR_SUCCESS) {
        return d.rv;
    }
    for (i = 0; i < SHARES; i++) {
        __atomic_store_n(&points->shared->shares[i], 0, __ATOMIC_RELAXED);
    }
    return APR_SUCCESS;
}

void wfp_points_stats(wfp_points_stats_t *stats, wfp_points_t *points)
{
    wfp_logring_stats_t ring;

    wfp_logring_stats(&ring, points->ring);
    stats->put = __atomic_load_n(&points->shared->put, __ATOMIC_RELAXED);
    stats->dropped = ring.dropped
                     + __atomic_load_n(&points->shared->refused,
                                       __ATOMIC_RELAXED);
}
