/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of sets of 16 counters. A key's place is its set, found by a hash that
 * nobody outside can compute; the same hash, 128 bits of it, stands for the key.
 * Each lock guards every LOCKS-th set, over one call's look at one set.
 *
 * A process may be killed between any two stores, and nothing is mended after
 * it: a counter is taken when its period is stored, last, and given up by
 * storing 0 there first; going on in time clears the steps that are over before
 * it stores the new step, and who finds that half done does it again.
 */
#include "services/ratelimit.h"

#include <errno.h>
#include <string.h>

#include "core/crypto.h"
#include "core/shared_lock.h"
#include "core/shared_memory.h"
#include "core/siphash.h"

#define STEPS 10
#define WAYS  16
#define SETS  (WFP_RATELIMIT_KEYS / WAYS)
#define LOCKS 1024

/* How long a turn may take to come: only who holds it and was stopped makes
 * anybody wait so long. */
#define WAIT      apr_time_from_msec(100)
#define WAITS_MAX 10

typedef struct counter_t {
    apr_uint64_t hash[2];
    apr_uint64_t owner;
    apr_uint32_t step;     /* the latest that is counted */
    apr_uint32_t period_s; /* 0: it is free */
    apr_uint32_t calls[STEPS + 1];
    apr_uint32_t pad;
} counter_t;

_Static_assert(sizeof(counter_t) == 80, "layout of a counter");

typedef struct turn_t {
    wfp_shared_lock_t lock;
    char pad[64 - sizeof(wfp_shared_lock_t)];
} turn_t;

typedef struct shared_t {
    apr_uint64_t key[4];
    wfp_ratelimit_stats_t stats; /* atomic */
    turn_t turns[LOCKS];
    counter_t counters[SETS][WAYS];
} shared_t;

struct wfp_ratelimit_t {
    shared_t *shared;
};

/* What is looked for. */
typedef struct look_t {
    apr_uint64_t hash[2];
    apr_uint64_t owner;
    apr_uint32_t step;
    const wfp_rate_ask_t *ask;
} look_t;

apr_status_t wfp_ratelimit_create(wfp_ratelimit_t **plimits, wfp_result_t *res,
                                  apr_pool_t *p)
{
    wfp_ratelimit_t *limits = apr_pcalloc(p, sizeof(*limits));
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory, sizeof(shared_t),
                                        "rate limits", res, p);
    int i;

    *plimits = limits;
    limits->shared = memory;
    if (rv == APR_SUCCESS) {
        rv = wfp_shared_key(limits->shared->key, "rate limits", res);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (i = 0; rv == APR_SUCCESS && i < LOCKS; i++) {
        rv = wfp_shared_lock_make(&limits->shared->turns[i].lock);
    }
    return rv == APR_SUCCESS ? rv
                             : wfp_result_set(res, WFP_INTERNAL, rv,
                                              "no lock for rate limits");
}

static void count(apr_uint64_t *counter)
{
    (void)__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* Owner, id and period make the keys that the key is hashed with, so nothing
 * needs to be put together, and no two of them meet. */
static void aim(look_t *look, const shared_t *shared, const wfp_rate_ask_t *ask,
                apr_time_t now)
{
    apr_uint64_t parts[3], key[4];
    apr_time_t step = apr_time_from_sec(ask->rule.period_s) / STEPS;

    parts[0] = look->owner = wfp_siphash(shared->key, ask->owner,
                                         strlen(ask->owner));
    parts[1] = wfp_siphash(shared->key, ask->id, strlen(ask->id));
    parts[2] = ask->rule.period_s;
    key[0] = wfp_siphash(shared->key, parts, sizeof(parts));
    key[1] = wfp_siphash(shared->key + 2, parts, sizeof(parts));
    key[2] = ~key[1];
    key[3] = ~key[0];
    look->hash[0] = wfp_siphash(key, ask->key, ask->key_size);
    look->hash[1] = wfp_siphash(key + 2, ask->key, ask->key_size);
    look->step = (apr_uint32_t)(now / step);
    look->ask = ask;
}

/* @return 0: no turn came */
static int take_turn(wfp_shared_lock_t *lock)
{
    apr_status_t rv;
    int i = 0;

    do {
        rv = wfp_shared_lock_for(lock, WAIT);
    } while (rv == ETIMEDOUT && ++i < WAITS_MAX);
    if (rv == EOWNERDEAD) {
        rv = wfp_shared_lock_mended(lock); /* it is whole at any time */
    }
    return rv == APR_SUCCESS;
}

static apr_uint64_t calls_of(const counter_t *c)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = 0; i <= STEPS; i++) {
        sum += c->calls[i];
    }
    return sum;
}

/* Nothing that it counted is within its period any more. */
static int is_over(const counter_t *c, apr_time_t now)
{
    apr_time_t step = apr_time_from_sec(c->period_s) / STEPS;
    apr_uint32_t past;

    if (!c->period_s) {
        return 1;
    }
    past = (apr_uint32_t)(now / step) - c->step;
    return past > STEPS && past <= 0x7fffffff;
}

/* What is over is cleared, then the counter's time is now. */
static void go_on(counter_t *c, apr_uint32_t step)
{
    apr_uint32_t past = step - c->step, i;

    if (past == 0 || past > 0x7fffffff) {
        return; /* another process was faster */
    }
    for (i = 1; i <= past && i <= STEPS + 1; i++) {
        c->calls[(c->step + i) % (STEPS + 1)] = 0;
    }
    __atomic_store_n(&c->step, step, __ATOMIC_RELEASE);
}

static void start(counter_t *c, const look_t *look)
{
    __atomic_store_n(&c->period_s, 0, __ATOMIC_RELEASE);
    c->hash[0] = look->hash[0];
    c->hash[1] = look->hash[1];
    c->owner = look->owner;
    c->step = look->step;
    memset(c->calls, 0, sizeof(c->calls));
    __atomic_store_n(&c->period_s, look->ask->rule.period_s, __ATOMIC_RELEASE);
}

/* How many of a set are an owner's. */
static int share_of(const counter_t *set, apr_uint64_t owner)
{
    int i, n = 0;

    for (i = 0; i < WAYS; i++) {
        n += set[i].owner == owner;
    }
    return n;
}

/* Of a full set: whose counter goes is told in the header. */
static counter_t *victim(counter_t *set, const look_t *look)
{
    int mine = share_of(set, look->owner), most = 0, i;
    counter_t *least = NULL;

    for (i = 0; i < WAYS; i++) {
        int share = share_of(set, set[i].owner);

        most = share > most ? share : most;
    }
    for (i = 0; i < WAYS; i++) {
        counter_t *c = &set[i];
        int may = mine && mine + 1 >= most ? c->owner == look->owner
                                           : share_of(set, c->owner) == most;

        if (may && (!least || calls_of(c) < calls_of(least))) {
            least = c;
        }
    }
    return least;
}

/* The counter that is looked for, or a new one. */
static counter_t *find(shared_t *shared, counter_t *set, const look_t *look,
                       apr_time_t now)
{
    counter_t *unused = NULL;
    int i;

    for (i = 0; i < WAYS; i++) {
        counter_t *c = &set[i];

        if (c->period_s && c->hash[0] == look->hash[0]
            && c->hash[1] == look->hash[1]) {
            go_on(c, look->step);
            return c;
        }
        if (!unused && is_over(c, now)) {
            unused = c;
        }
    }
    if (!unused) {
        unused = victim(set, look);
        count(&shared->stats.evicted);
    }
    start(unused, look);
    return unused;
}

int wfp_ratelimit_take(wfp_ratelimit_t *limits, const wfp_rate_ask_t *ask,
                       apr_time_t now)
{
    shared_t *shared = limits->shared;
    apr_uint32_t at;
    int ok = 1;
    look_t look;

    aim(&look, shared, ask, now);
    at = (apr_uint32_t)(look.hash[0] % SETS);
    if (take_turn(&shared->turns[at % LOCKS].lock)) {
        counter_t *c = find(shared, shared->counters[at], &look, now);

        ok = calls_of(c) < ask->rule.limit;
        if (ok) {
            c->calls[c->step % (STEPS + 1)]++;
        }
        wfp_shared_lock_leave(&shared->turns[at % LOCKS].lock);
    }
    count(ok ? &shared->stats.allowed : &shared->stats.refused);
    return ok;
}

void wfp_ratelimit_stats(wfp_ratelimit_stats_t *stats,
                         const wfp_ratelimit_t *limits)
{
    const wfp_ratelimit_stats_t *from = &limits->shared->stats;

    stats->allowed = __atomic_load_n(&from->allowed, __ATOMIC_RELAXED);
    stats->refused = __atomic_load_n(&from->refused, __ATOMIC_RELAXED);
    stats->evicted = __atomic_load_n(&from->evicted, __ATOMIC_RELAXED);
}
