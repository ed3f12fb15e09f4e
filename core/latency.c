/* SPDX-License-Identifier: Apache-2.0 */
/* Histograms of the store. Called by store/ (counting) and by what shows them. It
 * must not know any database. */
#include "core/latency.h"

#include "core/clock.h"
#include "core/shared_memory.h"

/* Whoever writes tries again sooner. */
#define WRITE_FORGOTTEN (apr_uint64_t) apr_time_from_sec(20)

typedef struct shared_t {
    wfp_latency_row_t rows[WFP_LATENCY_KINDS];
    apr_uint64_t down[WFP_LATENCY_KINDS]; /* when the last call failed; 0: it
                                           * went well */
} shared_t;

struct wfp_latency_t {
    shared_t *shared;
};

static const apr_uint64_t bounds[WFP_LATENCY_STEPS] = {
    100,   250,    500,    1000,    2500,    5000,     10000,
    25000, 100000, 250000, 1000000, 5000000, 15000000, 0
};

apr_status_t wfp_latency_create(wfp_latency_t **platency, wfp_result_t *res,
                                apr_pool_t *p)
{
    wfp_latency_t *latency = apr_pcalloc(p, sizeof(*latency));
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory, sizeof(shared_t),
                                        "the store's figures", res, p);

    latency->shared = memory;
    *platency = latency;
    return rv;
}

static void add(apr_uint64_t *to, apr_uint64_t n)
{
    (void)__atomic_fetch_add(to, n, __ATOMIC_RELAXED);
}

void wfp_latency_count(wfp_latency_t *latency, wfp_latency_e kind,
                       apr_uint64_t us, int failed)
{
    wfp_latency_row_t *row = &latency->shared->rows[kind];
    int i = 0;

    while (bounds[i] && us > bounds[i]) {
        i++;
    }
    add(&row->sum_us, us);
    add(&row->steps[i], 1);
    if (failed) {
        add(&row->failed, 1);
    }
    __atomic_store_n(&latency->shared->down[kind],
                     failed ? (apr_uint64_t)wfp_clock_now() : 0,
                     __ATOMIC_RELAXED);
}

void wfp_latency_read(wfp_latency_row_t *row, wfp_latency_t *latency,
                      wfp_latency_e kind)
{
    const wfp_latency_row_t *from = &latency->shared->rows[kind];
    int i;

    for (i = 0; i < WFP_LATENCY_STEPS; i++) {
        row->steps[i] = __atomic_load_n(&from->steps[i], __ATOMIC_RELAXED);
    }
    row->sum_us = __atomic_load_n(&from->sum_us, __ATOMIC_RELAXED);
    row->failed = __atomic_load_n(&from->failed, __ATOMIC_RELAXED);
}

int wfp_latency_is_up(wfp_latency_t *latency, wfp_latency_e kind)
{
    apr_uint64_t down = __atomic_load_n(&latency->shared->down[kind],
                                        __ATOMIC_RELAXED);

    return !down
           || (kind == WFP_LATENCY_WRITE
               && (apr_uint64_t)wfp_clock_now() - down > WRITE_FORGOTTEN);
}

const apr_uint64_t *wfp_latency_bounds(void)
{
    return bounds;
}

const char *wfp_latency_name(wfp_latency_e kind)
{
    return kind == WFP_LATENCY_READ ? "read" : "write";
}
