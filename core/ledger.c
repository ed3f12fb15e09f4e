/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows and counting. Called by mod_wfp/ledger.c. It must not know what runs a
 * Worker, nor the store.
 *
 * Two that come first at the same time may make two rows of one Worker: both are
 * read, and both are told, under names of their own.
 */
#include "core/ledger.h"

#include <apr_strings.h>
#include <stdint.h>
#include <string.h>

#include "core/clock.h"
#include "core/crypto.h"
#include "core/ledger_room.h"
#include "core/shared_memory.h"
#include "core/siphash.h"

/* Rows that are looked at beside the place that the hash says. */
#define PROBES 32

static const apr_uint64_t cpu_bounds[WFP_LEDGER_STEPS] = {
    100,   250,   500,    1000,   2500,   5000,    10000,
    25000, 50000, 100000, 250000, 500000, 1000000, 0
};

static const apr_uint64_t wall_bounds[WFP_LEDGER_STEPS] = {
    1000,   2500,   5000,    10000,   25000,   50000,    100000,
    250000, 500000, 1000000, 2500000, 5000000, 30000000, 0
};

const apr_uint64_t *wfp_ledger_cpu_bounds(void)
{
    return cpu_bounds;
}

const apr_uint64_t *wfp_ledger_wall_bounds(void)
{
    return wall_bounds;
}

apr_status_t wfp_ledger_create(wfp_ledger_t **pledger, wfp_result_t *res,
                               apr_pool_t *p)
{
    wfp_ledger_t *ledger = apr_pcalloc(p, sizeof(*ledger));
    unsigned char source[8];
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory, sizeof(*ledger->shared),
                                        "the ledger", res, p);

    *pledger = ledger;
    ledger->shared = memory;
    if (rv == APR_SUCCESS) {
        rv = wfp_shared_key(ledger->shared->key, "the ledger", res);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_crypto_random(source, sizeof(source));
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv,
                              "no random name for the ledger");
    }
    (void)apr_cpystrn(ledger->shared->source,
                      wfp_crypto_hex(source, sizeof(source), p),
                      sizeof(ledger->shared->source));
    return APR_SUCCESS;
}

/* ---- rows ------------------------------------------------------------------- */

static apr_uint64_t hash_of(const wfp_ledger_shared_t *shared, const char *ns,
                            const char *script)
{
    char text[2 * (WFP_NAME_MAX + 1)];
    apr_size_t n = strnlen(ns, WFP_NAME_MAX), m = strnlen(script, WFP_NAME_MAX);

    memcpy(text, ns, n);
    text[n] = '/'; /* in no name */
    memcpy(text + n + 1, script, m);
    return wfp_siphash(shared->key, text, n + 1 + m);
}

static int is_it(const wfp_ledger_shared_t *shared, int at, apr_uint64_t hash,
                 const char *ns, const char *script)
{
    const wfp_ledger_row_t *row = &shared->rows[at];

    return wfp_ledger_state(shared, at) == WFP_LEDGER_NAMED && row->hash == hash
           && !strcmp(row->script, script) && !strcmp(row->ns, ns);
}

/* Name a free row. @return 0: somebody else is doing that */
static int claim(wfp_ledger_shared_t *shared, int at, apr_uint64_t hash,
                 const char *ns, const char *script)
{
    wfp_ledger_row_t *row = &shared->rows[at];
    apr_uint32_t was = WFP_LEDGER_FREE;

    if (!__atomic_compare_exchange_n(&shared->states[at], &was,
                                     WFP_LEDGER_NAMING, 0, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        return 0;
    }
    row->hash = hash;
    (void)apr_cpystrn(row->ns, ns, sizeof(row->ns));
    (void)apr_cpystrn(row->script, script, sizeof(row->script));
    row->last = apr_time_sec(wfp_clock_now());
    __atomic_store_n(&shared->states[at], WFP_LEDGER_NAMED, __ATOMIC_RELEASE);
    return 1;
}

/* Of all that have no other. */
static int last_row(wfp_ledger_shared_t *shared)
{
    if (wfp_ledger_state(shared, WFP_LEDGER_LAST) == WFP_LEDGER_FREE) {
        (void)claim(shared, WFP_LEDGER_LAST, 0, WFP_LEDGER_OTHER,
                    WFP_LEDGER_OTHER); /* or another one did */
    }
    return WFP_LEDGER_LAST;
}

int wfp_ledger_other(wfp_ledger_shared_t *shared, const char *ns)
{
    apr_uint64_t hash = hash_of(shared, ns, WFP_LEDGER_OTHER);
    int room = WFP_LEDGER_NAMESPACES - 1, i;

    for (i = 0; i < room; i++) {
        int at = WFP_LEDGER_ROWS + (int)((hash + (unsigned)i) % (unsigned)room);
        apr_uint32_t state = wfp_ledger_state(shared, at);

        if (is_it(shared, at, hash, ns, WFP_LEDGER_OTHER)
            || (state == WFP_LEDGER_FREE
                && claim(shared, at, hash, ns, WFP_LEDGER_OTHER))) {
            return at;
        }
    }
    return last_row(shared);
}

static int place(apr_uint64_t hash, int i)
{
    return (int)((hash + (unsigned)i) % WFP_LEDGER_ROWS);
}

/* A row for a Worker that has none; the namespace's when it may have none. */
static int make_row(wfp_ledger_shared_t *shared, apr_uint64_t hash,
                    const char *ns, const char *script)
{
    int other = wfp_ledger_other(shared, ns), i;
    apr_uint32_t *used = &shared->rows[other].used;

    if (__atomic_load_n(used, __ATOMIC_RELAXED) >= WFP_LEDGER_ROWS / 2) {
        return other;
    }
    for (i = 0; i < PROBES; i++) {
        int at = place(hash, i);

        if (wfp_ledger_state(shared, at) == WFP_LEDGER_FREE
            && claim(shared, at, hash, ns, script)) {
            (void)__atomic_fetch_add(used, 1, __ATOMIC_RELAXED);
            return at;
        }
    }
    return other;
}

static int row_of(wfp_ledger_shared_t *shared, const char *ns,
                  const char *script)
{
    apr_uint64_t hash = hash_of(shared, ns, script);
    int i;

    for (i = 0; i < PROBES; i++) {
        if (is_it(shared, place(hash, i), hash, ns, script)) {
            return place(hash, i);
        }
    }
    return make_row(shared, hash, ns, script);
}

/* ---- counting --------------------------------------------------------------- */

static apr_uint64_t *open_row(wfp_ledger_shared_t *shared, int at,
                              apr_time_t now)
{
    wfp_ledger_row_t *row = &shared->rows[at];
    apr_int64_t second = apr_time_sec(now);

    if (__atomic_load_n(&row->last, __ATOMIC_RELAXED) < second) {
        __atomic_store_n(&row->last, second, __ATOMIC_RELAXED);
    }
    return row->lanes[wfp_lane()].n;
}

static void add(apr_uint64_t *to, apr_uint64_t n)
{
    if (n) {
        (void)__atomic_fetch_add(to, n, __ATOMIC_RELAXED);
    }
}

static int step_of(const apr_uint64_t *bounds, apr_uint64_t us)
{
    int i = 0;

    while (bounds[i] && us > bounds[i]) {
        i++;
    }
    return i;
}

void wfp_ledger_count(wfp_ledger_t *ledger, const char *ns, const char *script,
                      const wfp_ledger_run_t *run, apr_time_t now)
{
    wfp_ledger_shared_t *shared = ledger->shared;
    int at = !script || run->outcome == WFP_OUTCOME_NOT_FOUND
                 ? wfp_ledger_other(shared, ns)
                 : row_of(shared, ns, script);
    apr_uint64_t *n = open_row(shared, at, now);

    add(&n[WFP_LEDGER_CPU_US], run->cpu_us);
    add(&n[WFP_LEDGER_WALL_US], run->wall_us);
    add(&n[WFP_LEDGER_INSTRUCTIONS], run->instructions);
    add(&n[WFP_LEDGER_SUBREQUESTS], run->subrequests);
    add(&n[WFP_LEDGER_COLD_STARTS], run->cold != 0);
    add(&n[WFP_LEDGER_CPU_STEPS + step_of(cpu_bounds, run->cpu_us)], 1);
    add(&n[WFP_LEDGER_WALL_STEPS + step_of(wall_bounds, run->wall_us)], 1);
    if (run->outcome > WFP_OUTCOME_OK && run->outcome < WFP_OUTCOME_COUNT) {
        add(&n[WFP_LEDGER_ENDS + (int)run->outcome - 1], 1);
    }
    if (run->killed_by > 0 && run->killed_by <= WFP_LIMIT_COUNT) {
        add(&n[WFP_LEDGER_KILLS + run->killed_by - 1], 1);
    }
    add(&n[WFP_LEDGER_REQUESTS], 1);
}

void wfp_ledger_lost(wfp_ledger_t *ledger, const char *ns, const char *script,
                     apr_uint64_t count, apr_time_t now)
{
    wfp_ledger_shared_t *shared = ledger->shared;
    int at = ns ? row_of(shared, ns, script) : last_row(shared);

    add(&open_row(shared, at, now)[WFP_LEDGER_LOST], count);
}

void wfp_ledger_bytes(wfp_ledger_t *ledger, const char *ns, const char *script,
                      apr_uint64_t in, apr_uint64_t out, apr_time_t now)
{
    apr_uint64_t *n;

    if (in || out) {
        n = open_row(ledger->shared, row_of(ledger->shared, ns, script), now);
        add(&n[WFP_LEDGER_BYTES_IN], in);
        add(&n[WFP_LEDGER_BYTES_OUT], out);
    }
}

void wfp_ledger_sum(apr_uint64_t *n, const wfp_ledger_row_t *row, int count)
{
    int lane, i;

    memset(n, 0, (apr_size_t)count * sizeof(*n));
    for (lane = 0; lane < WFP_LANES; lane++) {
        for (i = 0; i < count; i++) {
            n[i] += wfp_ledger_load(&row->lanes[lane].n[i]);
        }
    }
}

apr_uint64_t wfp_ledger_percentile(const apr_uint64_t *steps,
                                   const apr_uint64_t *bounds, double part)
{
    apr_uint64_t all = 0, low, high;
    double wanted, before = 0;
    int i;

    for (i = 0; i < WFP_LEDGER_STEPS; i++) {
        all += steps[i];
    }
    wanted = part * (double)all;
    for (i = 0; all && i < WFP_LEDGER_STEPS - 1; i++) {
        if (steps[i] && before + (double)steps[i] >= wanted) {
            low = i > 0 ? bounds[i - 1] : 0;
            high = bounds[i];
            return low
                   + (apr_uint64_t)((double)(high - low) * (wanted - before)
                                    / (double)steps[i]);
        }
        before += (double)steps[i];
    }
    return all ? bounds[WFP_LEDGER_STEPS - 2] : 0;
}
