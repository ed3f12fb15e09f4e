/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Warm isolates of a child: a table of buckets and a ring for the clock's hand,
 * in shards with a mutex each; links live in the isolates. Called by
 * mod_wfp's invoke.c from any thread. Totals are atomic, so count and bytes
 * hold for all shards together.
 *
 * Bytes: arenas count themselves (arena.h), by extents while they are out, to
 * the byte while they rest. Their limits would be wrong: 8 isolates of the
 * standard limit would fill the standard WfpIsolateMemory, though most never
 * hold 1 MB.
 *
 * Shares (arena_total.h) are user Workers'. Counted in a table without locks, at a
 * hash that nobody can aim at; where two share a place by chance, one is refused
 * while the other has all, in this child only.
 */
#include "lua_runtime/pool.h"

#include <apr_strings.h>
#include <pthread.h>
#include <string.h>

#include "core/crypto.h"
#include "core/siphash.h"
#include "lua_runtime/inside.h"

#define SHARDS 16

/* Places for what user Workers run. */
#define SHARES 4096

/* Buckets of a shard. */
#define BUCKETS 1024

typedef struct shard_t {
    pthread_mutex_t mutex;
    wfp_isolate_t *hand; /* of the ring, NULL: empty */
    wfp_isolate_t *buckets[BUCKETS];
} shard_t;

struct wfp_pool_t {
    int count_max;
    wfp_arena_total_t total;
    /* atomic */
    apr_int64_t idle, out;
    apr_uint64_t warm, cold, killed, evicted;
    apr_uint32_t next_shard; /* to evict from */
    apr_uint64_t key[2];
    wfp_arena_share_t shares[SHARES];
    shard_t shards[SHARDS];
};

static apr_int64_t add(apr_int64_t *n, apr_int64_t by)
{
    return __atomic_add_fetch(n, by, __ATOMIC_RELAXED);
}

static void count(apr_uint64_t *n)
{
    (void)__atomic_add_fetch(n, 1, __ATOMIC_RELAXED);
}

static apr_uint64_t hash_text(apr_uint64_t hash, const char *s)
{
    do {
        hash = (hash ^ (unsigned char)*s) * 1099511628211u;
    } while (*s++);
    return hash;
}

/* The key is the server's own (names were checked, versions are numbered), so
 * a plain FNV-1a serves. */
static apr_uint64_t hash_key(const char *ns, const char *name,
                             apr_int64_t stamp)
{
    apr_uint64_t hash = hash_text(1469598103934665603u, ns);

    hash = hash_text(hash, name);
    hash = (hash ^ (apr_uint64_t)stamp) * 1099511628211u;
    return hash ^ (hash >> 29);
}

/* The platform's own Workers have no share: each request may need one. */
static wfp_arena_share_t *share_of(void *data, const char *ns, const char *name)
{
    wfp_pool_t *pool = data;
    apr_uint64_t key[2];

    if (!*ns) {
        return NULL;
    }
    key[0] = wfp_siphash(pool->key, ns, strlen(ns));
    key[1] = pool->key[1];
    return &pool->shares[wfp_siphash(key, name, strlen(name)) % SHARES];
}

static shard_t *shard_of(wfp_pool_t *pool, apr_uint64_t hash)
{
    return &pool->shards[hash % SHARDS];
}

static wfp_isolate_t **bucket_of(shard_t *shard, apr_uint64_t hash)
{
    return &shard->buckets[hash / SHARDS % BUCKETS];
}

/* Take an isolate out of ring and bucket. */
static void unlink_locked(shard_t *shard, wfp_isolate_t *iso)
{
    wfp_isolate_t **at = bucket_of(shard, iso->pool.hash);

    while (*at != iso) {
        at = &(*at)->pool.same;
    }
    *at = iso->pool.same;
    if (iso->pool.next == iso) {
        shard->hand = NULL;
    }
    else {
        iso->pool.next->pool.prev = iso->pool.prev;
        iso->pool.prev->pool.next = iso->pool.next;
        if (shard->hand == iso) {
            shard->hand = iso->pool.next;
        }
    }
}

/* Into its bucket's front, and behind the hand. */
static void link_locked(shard_t *shard, wfp_isolate_t *iso)
{
    wfp_isolate_t **bucket = bucket_of(shard, iso->pool.hash);
    wfp_isolate_t *hand = shard->hand;

    iso->pool.same = *bucket;
    *bucket = iso;
    if (!hand) {
        iso->pool.next = iso;
        iso->pool.prev = iso;
        shard->hand = iso;
        return;
    }
    iso->pool.next = hand;
    iso->pool.prev = hand->pool.prev;
    hand->pool.prev->pool.next = iso;
    hand->pool.prev = iso;
}

/* The hand passes those used since it came last. */
static wfp_isolate_t *victim_locked(shard_t *shard)
{
    while (shard->hand && shard->hand->pool.seen) {
        shard->hand->pool.seen = 0;
        shard->hand = shard->hand->pool.next;
    }
    return shard->hand;
}

/* Destroy one idle isolate. @return 0: there is none */
static int evict(wfp_pool_t *pool)
{
    apr_uint32_t first = __atomic_fetch_add(&pool->next_shard, 1,
                                            __ATOMIC_RELAXED);
    apr_uint32_t i;

    /* each once, whoever else looks at the same time */
    for (i = first; i != first + SHARDS; i++) {
        shard_t *shard = &pool->shards[i % SHARDS];
        wfp_isolate_t *iso;

        (void)pthread_mutex_lock(&shard->mutex); /* plain: cannot fail */
        iso = victim_locked(shard);
        if (iso) {
            unlink_locked(shard, iso);
        }
        (void)pthread_mutex_unlock(&shard->mutex);
        if (iso) {
            (void)add(&pool->idle, -1);
            count(&pool->evicted);
            wfp_isolate_destroy(iso);
            return 1;
        }
    }
    return 0;
}

static int is_full(wfp_pool_t *pool)
{
    return add(&pool->idle, 0) > pool->count_max
           || add(&pool->total.bytes, 0) > pool->total.max;
}

static int make_room(void *data)
{
    return evict(data);
}

/* The isolates are the pool's: they go with the child. */
static apr_status_t pool_cleanup(void *data)
{
    wfp_pool_t *pool = data;
    int i;

    while (evict(pool)) {
    }
    for (i = 0; i < SHARDS; i++) {
        (void)pthread_mutex_destroy(&pool->shards[i].mutex);
    }
    return APR_SUCCESS;
}

apr_status_t wfp_pool_create(wfp_pool_t **ppool, int count_max,
                             apr_size_t bytes_max, apr_pool_t *p)
{
    wfp_pool_t *pool = apr_pcalloc(p, sizeof(*pool));
    apr_status_t status = wfp_crypto_random(pool->key, sizeof(pool->key));
    int i;

    if (status != APR_SUCCESS) {
        return status;
    }
    pool->count_max = count_max;
    pool->total.max = (apr_int64_t)bytes_max;
    pool->total.make_room = make_room;
    pool->total.baton = pool;
    pool->total.share_of = share_of;
    for (i = 0; i < SHARDS; i++) {
        int rv = pthread_mutex_init(&pool->shards[i].mutex, NULL);

        if (rv) {
            return rv;
        }
    }
    apr_pool_cleanup_register(p, pool, pool_cleanup, apr_pool_cleanup_null);
    *ppool = pool;
    return APR_SUCCESS;
}

wfp_isolate_t *wfp_pool_take(wfp_pool_t *pool, const char *ns, const char *name,
                             apr_int64_t stamp, wfp_arena_share_t *payer)
{
    apr_uint64_t hash = hash_key(ns, name, stamp);
    shard_t *shard = shard_of(pool, hash);
    wfp_isolate_t *iso;

    (void)pthread_mutex_lock(&shard->mutex);
    for (iso = *bucket_of(shard, hash); iso; iso = iso->pool.same) {
        if (iso->pool.hash == hash && iso->script.stamp == stamp
            && !strcmp(iso->script.name, name) && !strcmp(iso->script.ns, ns)
            && wfp_arena_has_share(&pool->total, payer ? payer : iso->arena.own,
                                   0, iso->arena.told)) {
            unlink_locked(shard, iso);
            break;
        }
    }
    (void)pthread_mutex_unlock(&shard->mutex);
    if (iso) {
        (void)add(&pool->idle, -1);
        (void)add(&pool->out, 1);
        wfp_arena_wake(&iso->arena, payer);
        count(&pool->warm);
    }
    return iso;
}

wfp_arena_total_t *wfp_pool_total(wfp_pool_t *pool)
{
    return &pool->total;
}

int wfp_pool_admit(wfp_pool_t *pool, const char *ns, const char *name,
                   wfp_arena_share_t *payer)
{
    wfp_arena_share_t *share = payer ? payer : share_of(pool, ns, name);

    if (!wfp_arena_has_share(&pool->total, share, 0, WFP_ARENA_EXTENT)) {
        return 0;
    }
    while (!wfp_arena_has_room(&pool->total, WFP_ARENA_EXTENT) && evict(pool)) {
    }
    (void)add(&pool->out, 1);
    count(&pool->cold);
    return 1;
}

wfp_arena_share_t *wfp_pool_share(const wfp_isolate_t *iso)
{
    return iso->arena.share;
}

void wfp_pool_withdraw(wfp_pool_t *pool)
{
    (void)add(&pool->out, -1);
}

void wfp_pool_drop(wfp_pool_t *pool, wfp_isolate_t *iso)
{
    (void)add(&pool->out, -1);
    if (iso->dead) {
        count(&pool->killed);
    }
    wfp_isolate_destroy(iso);
}

void wfp_pool_give(wfp_pool_t *pool, wfp_isolate_t *iso)
{
    shard_t *shard;

    if (iso->dead) {
        wfp_pool_drop(pool, iso);
        return;
    }
    (void)add(&pool->out, -1);
    wfp_arena_settle(&iso->arena);
    iso->pool.hash = hash_key(iso->script.ns, iso->script.name,
                              iso->script.stamp);
    iso->pool.seen = 1;
    shard = shard_of(pool, iso->pool.hash);
    (void)add(&pool->idle, 1);
    (void)pthread_mutex_lock(&shard->mutex);
    link_locked(shard, iso);
    (void)pthread_mutex_unlock(&shard->mutex);
    while (is_full(pool) && evict(pool)) {
    }
}

void wfp_pool_stats(wfp_pool_stats_t *stats, wfp_pool_t *pool)
{
    memset(stats, 0, sizeof(*stats));
    stats->idle = (apr_uint32_t)add(&pool->idle, 0);
    stats->out = (apr_uint32_t)add(&pool->out, 0);
    stats->bytes = (apr_uint64_t)add(&pool->total.bytes, 0);
    stats->warm = __atomic_load_n(&pool->warm, __ATOMIC_RELAXED);
    stats->cold = __atomic_load_n(&pool->cold, __ATOMIC_RELAXED);
    stats->killed = __atomic_load_n(&pool->killed, __ATOMIC_RELAXED);
    stats->evicted = __atomic_load_n(&pool->evicted, __ATOMIC_RELAXED);
}
