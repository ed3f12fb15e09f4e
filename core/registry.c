/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry: making a segment and reading it. Called by dispatch for every
 * request, by sync and the status page. Writing is in registry_write.c, what
 * happens after a killed writer in registry_repair.c. Knows nothing of the
 * store, of httpd or of what is packed in a body.
 *
 *   +--------------+------------------+----------------+-------------------+
 *   | head         | slots, 64 bytes  | cells, 8 bytes | area: units of    |
 *   | mutex, key,  | each: a quarter  | a unit         | 128 bytes with    |
 *   | counters     | of the segment   | (slab.c)       | the bodies        |
 *   +--------------+------------------+----------------+-------------------+
 *
 * At most half of the slots are in use: 128 bytes for each Worker known. A
 * slot holds the key's hash; the key itself is at the head of the body and
 * compared in full before anything of the body is handed out. A slot without
 * a body (evicted, being loaded, absent) is recognised by its keyed hash and
 * a second one of the namespace: there is nothing in it to serve.
 *
 * Bodies are in one block: version id and limits at its head too, so that a
 * look-up touches one slot and one or two lines behind it.
 */
#include "core/registry_room.h"

#include <sched.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/crypto.h"
#include "core/shared_memory.h"

/* Looks at a slot that is just being written. Its writer needs some 20 ns;
 * when it was put to sleep or killed in there, the mutex of
 * wfp_registry_claim() is the place to wait. */
#define READ_TRIES 200

#define SIZE_MIN (1024 * 1024)

#if defined(__x86_64__) || defined(__i386__)
#define CPU_PAUSE() __builtin_ia32_pause()
#else
#define CPU_PAUSE() __asm__ __volatile__("" ::: "memory")
#endif

/* Where things begin, and how many there are, in a segment of this size. */
static void segment_plan(wfp_registry_t *reg, apr_size_t size)
{
    apr_size_t at = (sizeof(wfp_segment_t) + 63) & ~(apr_size_t)63;
    apr_size_t slots = size / 4 / sizeof(wfp_slot_t), units;
    char *base = (char *)reg->seg;

    /* 31 bits of a slot number are left for the slab's owners */
    if (slots > 0x40000000) {
        slots = 0x40000000;
    }
    reg->slots = (wfp_slot_t *)(base + at);
    at += slots * sizeof(wfp_slot_t);
    units = (size - at - WFP_SLAB_UNIT)
            / (WFP_SLAB_UNIT + sizeof(wfp_slab_cell_t));
    if (units > 0x7fffffff) {
        units = 0x7fffffff;
    }
    reg->slab.state = &reg->seg->slab;
    reg->slab.cells = (wfp_slab_cell_t *)(base + at);
    at += units * sizeof(wfp_slab_cell_t);
    at = (at + WFP_SLAB_UNIT - 1) & ~(apr_size_t)(WFP_SLAB_UNIT - 1);
    reg->slab.area = base + at;
    reg->seg->slots = (apr_uint32_t)slots;
    reg->seg->most = (apr_uint32_t)(slots / 2);
    wfp_slab_format(&reg->slab, (apr_uint32_t)units);
}

_Static_assert(WFP_SHARED_ALIGN % WFP_SLAB_UNIT == 0,
               "a segment begins with a unit");

apr_status_t wfp_registry_create(wfp_registry_t **preg, apr_size_t size_bytes,
                                 wfp_result_t *res, apr_pool_t *p)
{
    wfp_registry_t *reg = apr_pcalloc(p, sizeof(*reg));
    void *memory = NULL;
    apr_status_t rv;

    if (size_bytes < SIZE_MIN) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "the registry needs at least 1 MB");
    }
    rv = wfp_shared_memory(&memory, size_bytes, "the registry", res, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    reg->pool = p;
    reg->size = size_bytes;
    reg->seg = memory;
    reg->counts = &reg->seg->counts;
    rv = wfp_shared_lock_make(&reg->seg->lock);
    if (rv == APR_SUCCESS) {
        rv = wfp_crypto_random(reg->seg->key, sizeof(reg->seg->key));
    }
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv,
                              "no mutex or random key for the registry");
    }
    segment_plan(reg, size_bytes);
    reg->seg->size = size_bytes;
    reg->seg->followed = wfp_clock_now();
    reg->seg->layout = WFP_SEGMENT_LAYOUT;
    reg->seg->magic = WFP_SEGMENT_MAGIC;
    *preg = reg;
    return APR_SUCCESS;
}

apr_status_t wfp_registry_counts_create(wfp_registry_counts_t **pcounts,
                                        wfp_result_t *res, apr_pool_t *p)
{
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory, sizeof(**pcounts),
                                        "the registry's counters", res, p);

    *pcounts = memory;
    return rv;
}

void wfp_registry_count_in(wfp_registry_t *reg, wfp_registry_counts_t *counts)
{
    reg->counts = counts;
}

/* Which readers' counters: those of the CPU this runs on. Only a guess that
 * keeps counters from being shared; any answer is right. */
static inline wfp_counts_t *counts_of(wfp_registry_t *reg)
{
    return &reg->counts->readers[(unsigned)sched_getcpu() % WFP_COUNT_LINES];
}

static void entry_fill(wfp_entry_t *out, const wfp_key_t *key,
                       const wfp_slot_t *image, const wfp_body_head_t *head)
{
    const char *bytes = (const char *)key->word + 1;
    apr_uint32_t name_n = key->bytes - 1 - key->ns_bytes;

    memcpy(out->ns, bytes, key->ns_bytes);
    out->ns[key->ns_bytes] = '\0';
    memcpy(out->name, bytes + key->ns_bytes, name_n);
    out->name[name_n] = '\0';
    memcpy(out->version_id, head->version, sizeof(out->version_id));
    out->stamp = image->stamp;
    out->limits = head->limits;
    out->flags = image->flags;
    out->body_size = image->size;
}

/* Remember that it was used, for both kinds of eviction. */
static inline void touch(const wfp_segment_t *seg, wfp_slot_t *slot,
                         apr_uint32_t used)
{
    apr_uint32_t tick = wfp_rd32(&seg->tick) | WFP_USED_MARK;

    if (used != tick) {
        __atomic_store_n(&slot->used, tick, __ATOMIC_RELAXED);
    }
}

/* One slot whose hash is the key's. @return as wfp_registry_get(), or
 * APR_EINTR: changed while being read, or APR_EMISMATCH: another key's */
static apr_status_t slot_look(wfp_entry_t *out, wfp_registry_t *reg,
                              apr_uint32_t at, const wfp_key_t *key)
{
    wfp_slot_t *slot = &reg->slots[at], image;
    wfp_body_head_t head;
    int fits;

    if (!wfp_registry_index_read(&image, slot) || image.hash != key->hash) {
        return APR_EINTR;
    }
    if (image.state == WFP_SLOT_ABSENT) {
        return wfp_registry_index_now() - image.when < WFP_ABSENT_MS
                   ? APR_NOTFOUND
                   : APR_EAGAIN;
    }
    if (!wfp_slot_has_body(&image)) {
        return APR_EAGAIN;
    }
    fits = wfp_registry_body_head(&head, reg, &image)
           && head.key_bytes == key->bytes
           && !memcmp(head.key, key->word, key->bytes);
    if (wfp_rd32(&slot->seq) != image.seq) {
        return APR_EINTR;
    }
    if (!fits) {
        return APR_EMISMATCH;
    }
    entry_fill(out, key, &image, &head);
    out->slot = at;
    touch(reg->seg, slot, image.used);
    return APR_SUCCESS;
}

/* Walk the key's chain once. */
static apr_status_t chain_look(wfp_entry_t *out, wfp_registry_t *reg,
                               const wfp_key_t *key)
{
    const wfp_segment_t *seg = reg->seg;
    apr_uint32_t at = wfp_registry_index_home(seg, key->hash), n;
    apr_status_t rv;

    for (n = 0; n < seg->slots; n++) {
        apr_uint64_t hash = wfp_rd64(&reg->slots[at].hash);

        if (hash == key->hash) {
            rv = slot_look(out, reg, at, key);
            if (rv != APR_EMISMATCH) {
                return rv;
            }
        }
        else if (hash == WFP_SLOT_FREE) {
            break;
        }
        at = at + 1 == seg->slots ? 0 : at + 1;
    }
    return APR_EAGAIN;
}

apr_status_t wfp_registry_get(wfp_entry_t *out, wfp_registry_t *reg,
                              const char *ns, const char *name)
{
    wfp_segment_t *seg = reg->seg;
    apr_status_t rv = APR_EAGAIN;
    apr_uint32_t moves;
    wfp_key_t key;
    int tries;

    if (!wfp_registry_index_key(&key, reg, ns, name)) {
        return APR_NOTFOUND;
    }
    for (tries = 0; tries < READ_TRIES; tries++) {
        moves = wfp_rd32(&seg->moves);
        rv = chain_look(out, reg, &key);
        if (rv == APR_SUCCESS) {
            wfp_registry_count_one(&counts_of(reg)->hits);
            return rv;
        }
        /* not found means something only when no slot moved meanwhile */
        if (rv != APR_EINTR && !(moves & 1) && wfp_rd32(&seg->moves) == moves) {
            break;
        }
        CPU_PAUSE();
    }
    wfp_registry_count_one(&counts_of(reg)->misses);
    return rv == APR_NOTFOUND ? rv : APR_EAGAIN;
}

apr_status_t wfp_registry_body(const char **pblob, wfp_registry_t *reg,
                               const wfp_entry_t *entry, apr_pool_t *p)
{
    wfp_body_head_t head;
    wfp_slot_t image;
    wfp_key_t key;
    char *blob;

    if (entry->slot >= reg->seg->slots
        || !wfp_registry_index_key(&key, reg, entry->ns, entry->name)
        || !wfp_registry_index_read(&image, &reg->slots[entry->slot])
        || image.hash != key.hash || image.stamp != entry->stamp
        || image.size != entry->body_size
        || !wfp_registry_body_head(&head, reg, &image)) {
        return APR_EAGAIN;
    }
    blob = apr_palloc(p, (apr_size_t)image.size + 1);
    wfp_registry_body_copy(blob, reg, image.block, head.bytes, image.size);
    blob[image.size] = '\0';
    if (wfp_rd32(&reg->slots[entry->slot].seq) != image.seq
        || head.key_bytes != key.bytes
        || memcmp(head.key, key.word, key.bytes)) {
        return APR_EAGAIN;
    }
    *pblob = blob;
    return APR_SUCCESS;
}

apr_int64_t wfp_registry_synced(wfp_registry_t *reg)
{
    return __atomic_load_n(&reg->seg->synced, __ATOMIC_ACQUIRE);
}

void wfp_registry_set_synced(wfp_registry_t *reg, apr_int64_t stamp)
{
    apr_int64_t *synced = &reg->seg->synced;
    apr_int64_t old = __atomic_load_n(synced, __ATOMIC_ACQUIRE);

    while (old < stamp
           && !__atomic_compare_exchange_n(synced, &old, stamp, 0,
                                           __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE)) {
        continue;
    }
}

apr_time_t wfp_registry_followed(wfp_registry_t *reg)
{
    return __atomic_load_n(&reg->seg->followed, __ATOMIC_ACQUIRE);
}

void wfp_registry_set_followed(wfp_registry_t *reg, apr_time_t when)
{
    __atomic_store_n(&reg->seg->followed, when, __ATOMIC_RELEASE);
}

int wfp_registry_tell_failing(wfp_registry_t *reg, int failing)
{
    apr_uint32_t now = failing ? 1 : 0;

    return __atomic_exchange_n(&reg->seg->failing, now, __ATOMIC_ACQ_REL)
           != now;
}

int wfp_registry_take_sync_turn(wfp_registry_t *reg, apr_int64_t ms)
{
    apr_int64_t *until = &reg->seg->sync_until, now, old;
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail */
    now = (apr_int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
    old = __atomic_load_n(until, __ATOMIC_ACQUIRE);
    return now >= old
           && __atomic_compare_exchange_n(until, &old, now + ms, 0,
                                          __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

void wfp_registry_stats(wfp_registry_stats_t *stats, wfp_registry_t *reg)
{
    wfp_segment_t *seg = reg->seg;
    apr_uint64_t free_units = wfp_rd32(&seg->slab.free_units);
    int i;

    memset(stats, 0, sizeof(*stats));
    stats->slots = seg->most;
    stats->known = wfp_rd32(&seg->known);
    stats->bodies = wfp_rd32(&seg->bodies);
    stats->body_bytes_free = free_units * WFP_SLAB_UNIT;
    stats->body_bytes_used = (seg->slab.units - free_units) * WFP_SLAB_UNIT;
    stats->loads = wfp_rd64(&reg->counts->loads);
    stats->evicted_bodies = wfp_rd64(&reg->counts->evicted_bodies);
    stats->evicted_entries = wfp_rd64(&reg->counts->evicted_entries);
    stats->repairs = wfp_rd64(&reg->counts->repairs);
    for (i = 0; i < WFP_COUNT_LINES; i++) {
        stats->hits += wfp_rd64(&reg->counts->readers[i].hits);
        stats->misses += wfp_rd64(&reg->counts->readers[i].misses);
    }
}
