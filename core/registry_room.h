/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_REGISTRY_ROOM_H
#define WFP_REGISTRY_ROOM_H

#include <apr_pools.h>

#include "core/registry.h"
#include "core/shared_lock.h"
#include "core/slab.h"

/**
 * @file
 * What the registry's own files share: the layout of the segment and the
 * functions between them. Nobody else includes this. The layout is drawn in
 * registry.c.
 *
 * Words that readers look at without the lock are read with acquire and
 * written with release: then "copied, and the count is the same" means that
 * nothing was changed in between, without fences.
 */

#define WFP_SEGMENT_MAGIC  0x3130676572706677ULL
#define WFP_SEGMENT_LAYOUT 2

/** Values of a slot's hash that are no hash. */
#define WFP_SLOT_FREE     0
#define WFP_SLOT_HASH_MIN 2

/** A slot's state. */
#define WFP_SLOT_ENTRY  1 /* a Worker: with body, or without (load it) */
#define WFP_SLOT_ABSENT 2 /* found missing at `when`, or deleted then */

/** Bit of `used`: read since the clock's hand came by. */
#define WFP_USED_MARK 0x80000000U

/** How long a miss is remembered; when a loader counts as stuck. */
#define WFP_ABSENT_MS 1000
#define WFP_LOADER_MS 10000

/** One line of 64 bytes; two of them for each Worker the segment knows. */
typedef struct wfp_slot_t {
    apr_uint64_t hash;    /* of the key, or WFP_SLOT_FREE */
    apr_uint32_t seq;     /* odd: being written */
    apr_uint32_t state;   /* WFP_SLOT_ENTRY, _ABSENT */
    apr_int64_t stamp;    /* newest change heard of; 0: none yet */
    apr_int64_t floor;    /* (namespace, ""): stamp of its last deletion */
    apr_uint32_t block;   /* of the body; 0: none in memory */
    apr_uint32_t units;   /* of the block */
    apr_uint32_t size;    /* of the packed script in it */
    apr_uint32_t flags;   /* the caller's */
    apr_uint32_t used;    /* tick of last use + mark; readers write it too,
                             it is not covered by seq */
    apr_uint32_t ns_hash; /* of the namespace */
    apr_uint32_t pid;     /* who loads it; 0: nobody */
    apr_uint32_t when;    /* ms: absent or loading since */
} wfp_slot_t;

/** A write of one slot, noted here before it is made: the redo record. */
typedef struct wfp_intent_t {
    apr_uint32_t slot; /* index + 1; 0: nothing under way */
    apr_uint32_t pad;
    wfp_slot_t image;
} wfp_intent_t;

/** Counters of readers, one line a CPU (modulo). */
#define WFP_COUNT_LINES 64
typedef struct wfp_counts_t {
    apr_uint64_t hits, misses;
    apr_uint64_t pad[6];
} wfp_counts_t;

/** All counters, atomic: in the segment, or in memory that outlives it. */
struct wfp_registry_counts_t {
    apr_uint64_t loads, evicted_bodies, evicted_entries, repairs;
    apr_uint64_t pad[4];
    wfp_counts_t readers[WFP_COUNT_LINES];
};

/** Namespaces by their hash: what each has of the room, where that is to be
 *  shared fairly. */
#define WFP_SHARES 4096

/** The head of the segment. */
typedef struct wfp_segment_t {
    apr_uint64_t magic;
    apr_uint32_t layout;
    apr_uint32_t slots; /* any number, not only powers of two */
    apr_uint64_t size;  /* of the whole segment */
    apr_uint64_t key[2];
    apr_uint32_t most;    /* slots that may be in use at a time */
    apr_uint32_t tick;    /* counts writes: the age of a use */
    apr_uint32_t moves;   /* odd: slots are being moved */
    apr_uint32_t failing; /* who followed the store last could not */

    apr_int64_t synced;
    apr_int64_t sync_until; /* ms */
    apr_int64_t followed;   /* us of core/clock.h */

    wfp_shared_lock_t lock;
    /* below: only under the mutex, except for reading single numbers */
    apr_uint32_t filled;  /* slots in use */
    apr_uint32_t known;   /* of them Workers with a stamp */
    apr_uint32_t bodies;  /* of them with a body */
    apr_uint32_t hand;    /* where the last search for a victim ended */
    apr_uint32_t is_fair; /* what a namespace has is counted in: */
    apr_uint32_t sharers; /* shares that are not 0 */
    apr_uint64_t shared;  /* all of them together */
    apr_uint32_t share[WFP_SHARES];
    wfp_intent_t intent;
    wfp_slab_state_t slab;
    wfp_registry_counts_t counts __attribute__((aligned(64)));
} wfp_segment_t;

/** One process's view of a segment. Written once, inherited by children. */
struct wfp_registry_t {
    wfp_segment_t *seg;
    wfp_registry_counts_t *counts;
    wfp_slot_t *slots;
    wfp_slab_t slab;
    apr_pool_t *pool;
    apr_size_t size; /* of the segment */
};

/** A key made ready: length byte of the namespace, namespace, name, zeros. */
#define WFP_KEY_WORDS ((1 + 2 * WFP_NAME_MAX + 7) / 8)
typedef struct wfp_key_t {
    apr_uint64_t hash;
    apr_uint64_t word[WFP_KEY_WORDS];
    apr_uint32_t bytes;
    apr_uint32_t ns_bytes;
} wfp_key_t;

static inline void wfp_registry_count_one(apr_uint64_t *counter)
{
    (void)__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static inline apr_uint32_t wfp_rd32(const apr_uint32_t *at)
{
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static inline apr_uint64_t wfp_rd64(const apr_uint64_t *at)
{
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static inline void wfp_wr32(apr_uint32_t *at, apr_uint32_t value)
{
    __atomic_store_n(at, value, __ATOMIC_RELEASE);
}

static inline void wfp_wr64(apr_uint64_t *at, apr_uint64_t value)
{
    __atomic_store_n(at, value, __ATOMIC_RELEASE);
}

static inline int wfp_slot_has_body(const wfp_slot_t *image)
{
    return image->block != 0;
}

static inline int wfp_slot_is_known(const wfp_slot_t *image)
{
    return image->hash >= WFP_SLOT_HASH_MIN && image->state == WFP_SLOT_ENTRY
           && image->stamp > 0;
}

/* registry_index.c */

/** Milliseconds of a clock that all processes share and nobody sets. */
apr_uint32_t wfp_registry_index_now(void);

/** Make a key ready. @return 0: a name is too long */
int wfp_registry_index_key(wfp_key_t *key, const wfp_registry_t *reg,
                           const char *ns, const char *name);

/** The writers' hash of a namespace, for slots without a body. */
apr_uint32_t wfp_registry_index_ns_hash(const wfp_registry_t *reg,
                                        const wfp_key_t *key);

/** Where a hash's chain begins. */
static inline apr_uint32_t wfp_registry_index_home(const wfp_segment_t *seg,
                                                   apr_uint64_t hash)
{
    return (apr_uint32_t)(((hash >> 32) * seg->slots) >> 32);
}

/**
 * Copy a slot as it was at one moment.
 * @return 0: it was being written, or changed meanwhile
 */
int wfp_registry_index_read(wfp_slot_t *image, const wfp_slot_t *slot);

/** Write a slot so that a writer who dies leaves it whole. Lock held. */
void wfp_registry_index_commit_locked(wfp_registry_t *reg, apr_uint32_t at,
                                      const wfp_slot_t *image);

/** Finish what a dead writer noted. Lock held. */
void wfp_registry_index_redo_locked(wfp_registry_t *reg);

/** The slot of a key, or -1; *pfree: the free one that ends its chain. */
apr_int64_t wfp_registry_index_find_locked(apr_uint32_t *pfree,
                                           wfp_registry_t *reg,
                                           const wfp_key_t *key);

/** Empty a slot and close the chain behind it; its body is not given back.
 *  Other slots may move. */
void wfp_registry_index_remove_locked(wfp_registry_t *reg, apr_uint32_t at);

/** Drop the longest unused entry that may go for one of this namespace; slots
 *  may move. @return 0: all are being loaded, or are others' fair share */
int wfp_registry_index_make_room_locked(wfp_registry_t *reg,
                                        apr_uint32_t ns_hash);

/** Take the writers' mutex, and repair what a dead writer left. */
apr_status_t wfp_registry_index_lock(wfp_registry_t *reg) WFP_CHECK;

/** Take and release it, where that can be had within two seconds. */
void wfp_registry_index_heal(wfp_registry_t *reg);

void wfp_registry_index_unlock(wfp_registry_t *reg);

/* registry_body.c */

/** The head of a body, unpacked; version ends with NUL. */
typedef struct wfp_body_head_t {
    apr_uint32_t key_bytes;
    apr_uint32_t bytes; /* of the head: the packed script follows */
    apr_uint64_t key[WFP_KEY_WORDS];
    apr_uint64_t version[(WFP_UUID_SIZE + 7) / 8];
    wfp_limits_t limits;
} wfp_body_head_t;

/**
 * Read the head of the body that image names; what is read means nothing
 * until the slot's count was checked again.
 * @return 0: not well-formed
 */
int wfp_registry_body_head(wfp_body_head_t *head, const wfp_registry_t *reg,
                           const wfp_slot_t *image);

/** Units that a body needs, or 0: too many. */
apr_uint32_t wfp_registry_body_units(const wfp_registry_t *reg,
                                     const wfp_key_t *key,
                                     const wfp_entry_t *entry, apr_size_t size);

/** Take a block for an entry of this namespace, evicting bodies where needed.
 *  0: cannot be. */
apr_uint32_t wfp_registry_body_take_locked(wfp_registry_t *reg,
                                           apr_uint32_t units,
                                           apr_uint32_t owner,
                                           apr_uint32_t ns_hash);

/** Fill a block nobody refers to yet. */
void wfp_registry_body_write(wfp_registry_t *reg, apr_uint32_t block,
                             const wfp_key_t *key, const wfp_entry_t *entry,
                             const char *blob, apr_size_t size);

/** Copy a body's n bytes at an offset of whole words. */
void wfp_registry_body_copy(char *out, const wfp_registry_t *reg,
                            apr_uint32_t block, apr_uint32_t offset,
                            apr_size_t n);

/* registry_write.c */

/**
 * Put an entry of another segment in, evicting nothing.
 *
 * @param floor  its slot's
 * @param age    ticks since it was used there
 * @return APR_ENOSPC: full
 */
apr_status_t wfp_registry_write_copied(wfp_registry_t *reg,
                                       const wfp_entry_t *entry,
                                       const char *blob, apr_int64_t floor,
                                       apr_uint32_t age) WFP_CHECK;

/* registry_share.c */

/** A slot changes from old to image: count it. Lock held. */
void wfp_registry_share_count_locked(wfp_segment_t *seg, const wfp_slot_t *old,
                                     const wfp_slot_t *image);

/** Nothing is counted: before all is counted anew. Lock held. */
void wfp_registry_share_clear_locked(wfp_segment_t *seg);

/** May an entry of namespace `owner` go so that one of `ns_hash` has room? Lock
 *  held. */
int wfp_registry_share_may_go(const wfp_segment_t *seg, apr_uint32_t owner,
                              apr_uint32_t ns_hash);

/** What all have, as counted and as the slots say, is it the same? Lock held. */
int wfp_registry_share_is_right(const wfp_registry_t *reg);

/* registry_repair.c */

/** Make a segment whole after a writer died in it. */
void wfp_registry_repair_locked(wfp_registry_t *reg);

_Static_assert(sizeof(wfp_slot_t) == 64, "a slot is one line");
_Static_assert(sizeof(wfp_slab_cell_t) == 8, "layout of the segment");
_Static_assert(sizeof(wfp_counts_t) == 64, "counters are one line a CPU");

#endif
