/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry's index: open addressing with linear probing over slots of 64
 * bytes, at most half of them in use. Called by the registry's other files.
 * Knows slots, not what is in a body. Every function named _locked runs under
 * the writers' mutex.
 *
 * A slot is written in three steps: its new image is noted (intent), the slot
 * is written under an odd count, the note is struck out. A writer killed
 * anywhere leaves the old slot or a note from which the new one is written
 * again. An emptied slot is filled by moving later ones of the chain forward:
 * copy first, then go on with the place copied from, so a chain never has a
 * gap; at worst a killed writer leaves one entry twice.
 */
#include "core/registry_room.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "core/siphash.h"

/* Slots that a search for a victim looks at. An index up to this size is
 * searched whole, so its victim is exactly the longest unused one. */
#define VICTIM_WINDOW 4096

/* How long a sleeper waits for the mutex before it looks again. */
#define LOOK_AGAIN apr_time_from_msec(50)

apr_uint32_t wfp_registry_index_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now); /* cannot fail */
    return (apr_uint32_t)((apr_uint64_t)now.tv_sec * 1000
                          + (apr_uint64_t)now.tv_nsec / 1000000);
}

int wfp_registry_index_key(wfp_key_t *key, const wfp_registry_t *reg,
                           const char *ns, const char *name)
{
    apr_size_t ns_n = strlen(ns), name_n = strlen(name);
    char *bytes = (char *)key->word;

    if (ns_n > WFP_NAME_MAX || name_n > WFP_NAME_MAX) {
        return 0;
    }
    key->bytes = (apr_uint32_t)(1 + ns_n + name_n);
    key->ns_bytes = (apr_uint32_t)ns_n;
    key->word[(key->bytes - 1) / 8] = 0;
    bytes[0] = (char)ns_n;
    memcpy(bytes + 1, ns, ns_n);
    memcpy(bytes + 1 + ns_n, name, name_n);
    key->hash = wfp_siphash(reg->seg->key, bytes, key->bytes);
    if (key->hash < WFP_SLOT_HASH_MIN) {
        key->hash += WFP_SLOT_HASH_MIN;
    }
    return 1;
}

apr_uint32_t wfp_registry_index_ns_hash(const wfp_registry_t *reg,
                                        const wfp_key_t *key)
{
    const char *bytes = (const char *)key->word;

    return (apr_uint32_t)wfp_siphash(reg->seg->key, bytes, 1 + key->ns_bytes);
}

static inline void copy_out(wfp_slot_t *to, const wfp_slot_t *from)
{
    to->hash = wfp_rd64(&from->hash);
    to->state = wfp_rd32(&from->state);
    to->stamp = (apr_int64_t)wfp_rd64((const apr_uint64_t *)&from->stamp);
    to->floor = (apr_int64_t)wfp_rd64((const apr_uint64_t *)&from->floor);
    to->block = wfp_rd32(&from->block);
    to->units = wfp_rd32(&from->units);
    to->size = wfp_rd32(&from->size);
    to->flags = wfp_rd32(&from->flags);
    to->used = wfp_rd32(&from->used);
    to->ns_hash = wfp_rd32(&from->ns_hash);
    to->pid = wfp_rd32(&from->pid);
    to->when = wfp_rd32(&from->when);
}

/* All but the count. */
static void copy_in(wfp_slot_t *to, const wfp_slot_t *from)
{
    wfp_wr64(&to->hash, from->hash);
    wfp_wr32(&to->state, from->state);
    wfp_wr64((apr_uint64_t *)&to->stamp, (apr_uint64_t)from->stamp);
    wfp_wr64((apr_uint64_t *)&to->floor, (apr_uint64_t)from->floor);
    wfp_wr32(&to->block, from->block);
    wfp_wr32(&to->units, from->units);
    wfp_wr32(&to->size, from->size);
    wfp_wr32(&to->flags, from->flags);
    wfp_wr32(&to->used, from->used);
    wfp_wr32(&to->ns_hash, from->ns_hash);
    wfp_wr32(&to->pid, from->pid);
    wfp_wr32(&to->when, from->when);
}

int wfp_registry_index_read(wfp_slot_t *image, const wfp_slot_t *slot)
{
    image->seq = wfp_rd32(&slot->seq);
    copy_out(image, slot);
    return !(image->seq & 1) && wfp_rd32(&slot->seq) == image->seq;
}

static void slot_write(wfp_slot_t *slot, const wfp_slot_t *image)
{
    apr_uint32_t odd = wfp_rd32(&slot->seq) | 1;

    wfp_wr32(&slot->seq, odd);
    copy_in(slot, image);
    wfp_wr32(&slot->seq, odd + 1);
}

static void count_change(wfp_segment_t *seg, const wfp_slot_t *old,
                         const wfp_slot_t *image)
{
    seg->filled += (image->hash != WFP_SLOT_FREE)
                   - (unsigned)(old->hash != WFP_SLOT_FREE);
    wfp_wr32(&seg->known, seg->known + (unsigned)wfp_slot_is_known(image)
                              - (unsigned)wfp_slot_is_known(old));
    wfp_wr32(&seg->bodies, seg->bodies + (unsigned)wfp_slot_has_body(image)
                               - (unsigned)wfp_slot_has_body(old));
    wfp_registry_share_count_locked(seg, old, image);
}

void wfp_registry_index_commit_locked(wfp_registry_t *reg, apr_uint32_t at,
                                      const wfp_slot_t *image)
{
    wfp_segment_t *seg = reg->seg;
    wfp_slot_t old;

    copy_out(&old, &reg->slots[at]);
    copy_in(&seg->intent.image, image);
    wfp_wr32(&seg->intent.slot, at + 1);
    slot_write(&reg->slots[at], image);
    wfp_wr32(&seg->intent.slot, 0);
    count_change(seg, &old, image);
}

void wfp_registry_index_redo_locked(wfp_registry_t *reg)
{
    wfp_intent_t *intent = &reg->seg->intent;
    wfp_slot_t image;

    if (intent->slot && intent->slot <= reg->seg->slots) {
        copy_out(&image, &intent->image);
        slot_write(&reg->slots[intent->slot - 1], &image);
    }
    wfp_wr32(&intent->slot, 0);
}

static inline apr_uint32_t next_slot(const wfp_segment_t *seg, apr_uint32_t at)
{
    return ++at == seg->slots ? 0 : at;
}

/* Is this slot the key's? The full key where there is a body; without one
 * its keyed hash and the namespace's. */
static int is_slot_of(const wfp_registry_t *reg, const wfp_slot_t *image,
                      const wfp_key_t *key)
{
    wfp_body_head_t head;

    if (!wfp_slot_has_body(image)) {
        return image->ns_hash == wfp_registry_index_ns_hash(reg, key);
    }
    return wfp_registry_body_head(&head, reg, image)
           && head.key_bytes == key->bytes
           && !memcmp(head.key, key->word, key->bytes);
}

apr_int64_t wfp_registry_index_find_locked(apr_uint32_t *pfree,
                                           wfp_registry_t *reg,
                                           const wfp_key_t *key)
{
    wfp_segment_t *seg = reg->seg;
    apr_uint32_t at = wfp_registry_index_home(seg, key->hash);
    wfp_slot_t image;

    for (;; at = next_slot(seg, at)) {
        copy_out(&image, &reg->slots[at]);
        if (image.hash == WFP_SLOT_FREE) {
            *pfree = at;
            return -1;
        }
        if (image.hash == key->hash && is_slot_of(reg, &image, key)) {
            return at;
        }
    }
}

/* How far behind the start of its chain is place at? */
static apr_uint32_t distance(const wfp_segment_t *seg, apr_uint32_t from,
                             apr_uint32_t at)
{
    return at >= from ? at - from : at + seg->slots - from;
}

void wfp_registry_index_remove_locked(wfp_registry_t *reg, apr_uint32_t at)
{
    wfp_segment_t *seg = reg->seg;
    wfp_slot_t image, empty;
    apr_uint32_t hole = at, home;
    int moving = 0;

    memset(&empty, 0, sizeof(empty));
    for (;;) {
        at = next_slot(seg, at);
        copy_out(&image, &reg->slots[at]);
        if (image.hash == WFP_SLOT_FREE) {
            break;
        }
        home = wfp_registry_index_home(seg, image.hash);
        if (distance(seg, home, at) < distance(seg, hole, at)) {
            continue;
        }
        if (!moving) {
            moving = 1;
            wfp_wr32(&seg->moves, seg->moves + 1);
        }
        wfp_registry_index_commit_locked(reg, hole, &image);
        wfp_slab_set_owner(&reg->slab, image.block, hole + 1);
        hole = at;
    }
    wfp_registry_index_commit_locked(reg, hole, &empty);
    if (moving) {
        wfp_wr32(&seg->moves, seg->moves + 1);
    }
}

/* Better victims have a higher rank: unused for long, and before all others
 * the misses, so that a flood of unknown names evicts only itself. */
static apr_uint64_t victim_rank(const wfp_segment_t *seg,
                                const wfp_slot_t *image, apr_uint32_t now)
{
    apr_uint64_t age = (seg->tick - image->used) & ~WFP_USED_MARK;

    if (image->pid && now - image->when < WFP_LOADER_MS) {
        return 0;
    }
    if (!wfp_slot_is_known(image)) {
        age += 1ULL << 32;
    }
    return age + 1;
}

int wfp_registry_index_make_room_locked(wfp_registry_t *reg,
                                        apr_uint32_t ns_hash)
{
    wfp_segment_t *seg = reg->seg;
    apr_uint32_t now = wfp_registry_index_now(), seen = 0, victim = 0;
    apr_uint64_t rank, best = 0;
    wfp_slot_t image;

    while (seen < seg->slots
           && (seen < VICTIM_WINDOW || (!best && !seg->is_fair))) {
        seg->hand = next_slot(seg, seg->hand < seg->slots ? seg->hand : 0);
        seen++;
        copy_out(&image, &reg->slots[seg->hand]);
        if (image.hash == WFP_SLOT_FREE
            || !wfp_registry_share_may_go(seg, image.ns_hash, ns_hash)) {
            continue;
        }
        rank = victim_rank(seg, &image, now);
        if (rank > best) {
            best = rank;
            victim = seg->hand;
        }
    }
    if (!best) {
        return 0;
    }
    copy_out(&image, &reg->slots[victim]);
    wfp_registry_index_remove_locked(reg, victim);
    if (image.block) {
        (void)wfp_slab_give(&reg->slab, image.block);
    }
    if (wfp_slot_is_known(&image)) {
        wfp_registry_count_one(&reg->counts->evicted_entries);
    }
    return 1;
}

/* Wait for so long at most. */
static apr_status_t lock_for(wfp_registry_t *reg, apr_interval_time_t wait)
{
    apr_status_t rv = wfp_shared_lock_for(&reg->seg->lock, wait);

    if (rv == EOWNERDEAD) {
        wfp_registry_repair_locked(reg);
        rv = wfp_shared_lock_mended(&reg->seg->lock);
    }
    return rv;
}

/* A sleeper looks again by itself: when an owner is killed between giving the
 * mutex back and waking the next one, and a third takes it meanwhile, neither
 * that one nor the kernel knows that somebody sleeps. */
apr_status_t wfp_registry_index_lock(wfp_registry_t *reg)
{
    apr_status_t rv;

    do {
        rv = lock_for(reg, LOOK_AGAIN);
    } while (rv == ETIMEDOUT);
    return rv;
}

void wfp_registry_index_heal(wfp_registry_t *reg)
{
    if (lock_for(reg, apr_time_from_sec(2)) == 0) {
        wfp_registry_index_unlock(reg);
    }
}

void wfp_registry_index_unlock(wfp_registry_t *reg)
{
    /* fails only for one who does not hold it */
    wfp_shared_lock_leave(&reg->seg->lock);
}
