/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the registry: versions, deletions, misses and the marks of those
 * who load. Called by sync (after a deploy, from the table of changes, after
 * a load on demand) and by the parent at a graceful restart. All of it runs
 * under the writers' mutex, in which nothing waits, allocates or logs.
 */
#include "core/registry_room.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Counts writes: how long ago something was used. */
static void tick_locked(wfp_segment_t *seg)
{
    wfp_wr32(&seg->tick, (seg->tick + 1) & ~WFP_USED_MARK);
}

static void slot_locked(wfp_slot_t *image, const wfp_registry_t *reg,
                        apr_int64_t at)
{
    (void)wfp_registry_index_read(image, &reg->slots[at]);
}

static void slot_init(wfp_slot_t *image, const wfp_registry_t *reg,
                      const wfp_key_t *key)
{
    memset(image, 0, sizeof(*image));
    image->hash = key->hash;
    image->state = WFP_SLOT_ENTRY;
    image->used = reg->seg->tick;
    image->ns_hash = wfp_registry_index_ns_hash(reg, key);
}

/* The key's slot and its image, where it is or where it will be. @return 0:
 * no room in the index */
static int slot_open_locked(apr_uint32_t *pat, wfp_slot_t *image,
                            wfp_registry_t *reg, const wfp_key_t *key)
{
    apr_int64_t at = wfp_registry_index_find_locked(pat, reg, key);

    if (at >= 0) {
        *pat = (apr_uint32_t)at;
        slot_locked(image, reg, at);
        return 1;
    }
    if (reg->seg->filled >= reg->seg->most) {
        if (!wfp_registry_index_make_room_locked(
                reg, wfp_registry_index_ns_hash(reg, key))) {
            return 0;
        }
        /* slots may have moved */
        (void)wfp_registry_index_find_locked(pat, reg, key);
    }
    slot_init(image, reg, key);
    return 1;
}

/* Write the image without a body; the body it had is given back. */
static void slot_strip_locked(wfp_registry_t *reg, apr_uint32_t at,
                              wfp_slot_t *image)
{
    apr_uint32_t block = image->block;

    image->block = image->units = image->size = 0;
    wfp_registry_index_commit_locked(reg, at, image);
    if (block) {
        (void)wfp_slab_give(&reg->slab, block);
    }
}

static void slot_drop_locked(wfp_registry_t *reg, apr_uint32_t at)
{
    wfp_slot_t image;

    slot_locked(&image, reg, at);
    wfp_registry_index_remove_locked(reg, at);
    if (image.block) {
        (void)wfp_slab_give(&reg->slab, image.block);
    }
}

static int is_loading(const wfp_slot_t *image)
{
    return image->pid && wfp_registry_index_now() - image->when < WFP_LOADER_MS
           && !(kill((pid_t)image->pid, 0) < 0 && errno == ESRCH);
}

/* Was the namespace deleted after this stamp? */
static int is_below_floor_locked(wfp_registry_t *reg, const char *ns,
                                 apr_int64_t stamp)
{
    wfp_slot_t image;
    apr_uint32_t unused;
    apr_int64_t at;
    wfp_key_t key;

    if (!wfp_registry_index_key(&key, reg, ns, "")) {
        return 0;
    }
    at = wfp_registry_index_find_locked(&unused, reg, &key);
    if (at < 0) {
        return 0;
    }
    slot_locked(&image, reg, at);
    return stamp < image.floor;
}

/* What a put brings: kept together for the steps below. */
typedef struct put_t {
    const wfp_entry_t *entry;
    const wfp_key_t *key;
    const char *blob;
    apr_uint32_t size;
    apr_uint32_t units;
    apr_uint32_t used;
    apr_int64_t floor;
    int spare; /* evict nothing for it */
} put_t;

static apr_uint32_t block_open_locked(wfp_registry_t *reg, const put_t *put,
                                      apr_uint32_t owner, apr_uint32_t ns_hash)
{
    return put->spare
               ? wfp_slab_take(&reg->slab, put->units, owner)
               : wfp_registry_body_take_locked(reg, put->units, owner, ns_hash);
}

static apr_status_t put_locked(wfp_registry_t *reg, const put_t *put)
{
    apr_uint32_t at, block;
    wfp_slot_t image, old;

    if ((put->spare && reg->seg->filled >= reg->seg->most)
        || !slot_open_locked(&at, &image, reg, put->key)) {
        return APR_ENOSPC;
    }
    if (put->entry->stamp < image.stamp
        || is_below_floor_locked(reg, put->entry->ns, put->entry->stamp)) {
        if (image.pid) {
            image.pid = 0;
            wfp_registry_index_commit_locked(reg, at, &image);
        }
        return APR_SUCCESS;
    }
    block = block_open_locked(reg, put, at + 1, image.ns_hash);
    if (!block) {
        return APR_ENOSPC;
    }
    wfp_registry_body_write(reg, block, put->key, put->entry, put->blob,
                            put->size);
    slot_locked(&old, reg, at); /* its own body may just have been evicted */
    image.state = WFP_SLOT_ENTRY;
    image.stamp = put->entry->stamp;
    image.block = block;
    image.units = put->units;
    image.size = put->size;
    image.flags = put->entry->flags;
    image.used = put->used;
    image.pid = 0;
    if (image.floor < put->floor) {
        image.floor = put->floor;
    }
    wfp_registry_index_commit_locked(reg, at, &image);
    if (old.block) {
        (void)wfp_slab_give(&reg->slab, old.block);
    }
    return APR_SUCCESS;
}

static apr_status_t put_prepare(put_t *put, wfp_key_t *key, wfp_registry_t *reg,
                                const wfp_entry_t *entry, wfp_result_t *res)
{
    if (!wfp_registry_index_key(key, reg, entry->ns, entry->name)) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "a name is longer than 63 bytes");
    }
    put->units = wfp_registry_body_units(reg, key, entry, put->size);
    if (!put->units) {
        return wfp_result_set(res, WFP_INVALID, APR_ENOSPC,
                              "a Worker of %u bytes does not fit into the "
                              "registry",
                              put->size);
    }
    put->entry = entry;
    put->key = key;
    return APR_SUCCESS;
}

apr_status_t wfp_registry_put(wfp_registry_t *reg, const wfp_entry_t *entry,
                              const char *blob, apr_size_t size,
                              wfp_result_t *res)
{
    wfp_key_t key;
    put_t put = { .blob = blob,
                  .size = size > 0xffffffffU ? 0xffffffffU
                                             : (apr_uint32_t)size };
    apr_status_t rv = put_prepare(&put, &key, reg, entry, res);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_registry_index_lock(reg);
    if (rv == APR_SUCCESS) {
        tick_locked(reg->seg);
        put.used = reg->seg->tick;
        rv = put_locked(reg, &put);
        wfp_registry_index_unlock(reg);
    }
    return rv == APR_SUCCESS ? rv
                             : wfp_result_set(res, WFP_INTERNAL, rv,
                                              "the registry took no entry");
}

apr_status_t wfp_registry_write_copied(wfp_registry_t *reg,
                                       const wfp_entry_t *entry,
                                       const char *blob, apr_int64_t floor,
                                       apr_uint32_t age)
{
    put_t put = {
        .blob = blob, .size = entry->body_size, .floor = floor, .spare = 1
    };
    wfp_key_t key;
    apr_status_t rv = put_prepare(&put, &key, reg, entry, NULL);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_registry_index_lock(reg);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    put.used = (reg->seg->tick - age) & ~WFP_USED_MARK;
    rv = put_locked(reg, &put);
    wfp_registry_index_unlock(reg);
    return rv;
}

static apr_status_t absent_locked(wfp_registry_t *reg, const wfp_key_t *key,
                                  apr_int64_t stamp)
{
    wfp_slot_t image;
    apr_uint32_t at;

    if (!slot_open_locked(&at, &image, reg, key)) {
        return APR_ENOSPC;
    }
    /* a loader that found nothing knows less than whoever put a body */
    if (stamp ? stamp < image.stamp : wfp_slot_has_body(&image)) {
        return APR_SUCCESS;
    }
    if (stamp > image.stamp) {
        image.stamp = stamp;
    }
    image.state = WFP_SLOT_ABSENT;
    image.pid = 0;
    image.when = wfp_registry_index_now();
    slot_strip_locked(reg, at, &image);
    return APR_SUCCESS;
}

apr_status_t wfp_registry_put_absent(wfp_registry_t *reg, const char *ns,
                                     const char *name, apr_int64_t stamp)
{
    apr_status_t rv;
    wfp_key_t key;

    if (!wfp_registry_index_key(&key, reg, ns, name)) {
        return APR_SUCCESS; /* get says so without being told */
    }
    rv = wfp_registry_index_lock(reg);
    if (rv == APR_SUCCESS) {
        tick_locked(reg->seg);
        rv = absent_locked(reg, &key, stamp);
        wfp_registry_index_unlock(reg);
    }
    return rv;
}

static apr_status_t claim_locked(wfp_registry_t *reg, const wfp_key_t *key)
{
    wfp_slot_t image;
    apr_uint32_t at;

    if (!slot_open_locked(&at, &image, reg, key)) {
        return APR_EBUSY;
    }
    if (wfp_slot_has_body(&image) || is_loading(&image)
        || (image.state == WFP_SLOT_ABSENT
            && wfp_registry_index_now() - image.when < WFP_ABSENT_MS)) {
        return APR_EBUSY;
    }
    image.state = WFP_SLOT_ENTRY;
    image.pid = (apr_uint32_t)getpid();
    image.when = wfp_registry_index_now();
    wfp_registry_index_commit_locked(reg, at, &image);
    wfp_registry_count_one(&reg->counts->loads);
    return APR_SUCCESS;
}

apr_status_t wfp_registry_claim(wfp_registry_t *reg, const char *ns,
                                const char *name)
{
    apr_status_t rv;
    wfp_key_t key;

    if (!wfp_registry_index_key(&key, reg, ns, name)) {
        return APR_EBUSY;
    }
    rv = wfp_registry_index_lock(reg);
    if (rv == APR_SUCCESS) {
        tick_locked(reg->seg);
        rv = claim_locked(reg, &key);
        wfp_registry_index_unlock(reg);
    }
    return rv;
}

void wfp_registry_unclaim(wfp_registry_t *reg, const char *ns, const char *name)
{
    apr_uint32_t unused;
    wfp_slot_t image;
    apr_int64_t at;
    wfp_key_t key;

    if (!wfp_registry_index_key(&key, reg, ns, name)
        || wfp_registry_index_lock(reg) != APR_SUCCESS) {
        return; /* the mark runs out by itself */
    }
    at = wfp_registry_index_find_locked(&unused, reg, &key);
    if (at >= 0) {
        slot_locked(&image, reg, at);
        if (image.pid == (apr_uint32_t)getpid()) {
            image.pid = 0;
            wfp_registry_index_commit_locked(reg, (apr_uint32_t)at, &image);
            if (!image.stamp && !image.floor && !image.block) {
                slot_drop_locked(reg, (apr_uint32_t)at);
            }
        }
    }
    wfp_registry_index_unlock(reg);
}

apr_status_t wfp_registry_invalidate(wfp_registry_t *reg, const char *ns,
                                     const char *name, apr_int64_t stamp)
{
    apr_uint32_t unused;
    wfp_slot_t image;
    apr_status_t rv;
    apr_int64_t at;
    wfp_key_t key;

    if (!wfp_registry_index_key(&key, reg, ns, name)) {
        return APR_SUCCESS;
    }
    rv = wfp_registry_index_lock(reg);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    tick_locked(reg->seg);
    at = wfp_registry_index_find_locked(&unused, reg, &key);
    if (at >= 0) {
        slot_locked(&image, reg, at);
        if (image.stamp < stamp) {
            image.stamp = stamp; /* a load begun before this is too old */
            image.state = WFP_SLOT_ENTRY;
            slot_strip_locked(reg, (apr_uint32_t)at, &image);
        }
    }
    wfp_registry_index_unlock(reg);
    return APR_SUCCESS;
}

/* The stamp up to which everything in the namespace is gone, so that a load
 * begun before the deletion brings nothing back. */
static void floor_set_locked(wfp_registry_t *reg, const wfp_key_t *key,
                             apr_int64_t stamp)
{
    wfp_slot_t image;
    apr_uint32_t at;

    if (!slot_open_locked(&at, &image, reg, key)) {
        return;
    }
    image.floor = stamp > image.floor ? stamp : image.floor;
    if (image.stamp <= stamp) {
        image.stamp = stamp;
        image.state = WFP_SLOT_ABSENT;
        image.when = wfp_registry_index_now();
        slot_strip_locked(reg, at, &image);
        return;
    }
    wfp_registry_index_commit_locked(reg, at, &image);
}

/* Drop live entries, of one namespace or (ns_hash NULL) of all. */
static void drop_live_locked(wfp_registry_t *reg, const apr_uint32_t *ns_hash,
                             apr_int64_t stamp)
{
    apr_uint32_t at = 0;
    wfp_slot_t image;

    while (at < reg->seg->slots) {
        slot_locked(&image, reg, at);
        if (image.hash >= WFP_SLOT_HASH_MIN
            && (!ns_hash || image.ns_hash == *ns_hash) && !image.floor
            && !image.pid && image.stamp <= stamp) {
            slot_drop_locked(reg, at); /* another may have moved in here */
        }
        else {
            at++;
        }
    }
}

apr_status_t wfp_registry_drop_namespace(wfp_registry_t *reg, const char *ns,
                                         apr_int64_t stamp)
{
    apr_uint32_t ns_hash;
    apr_status_t rv;
    wfp_key_t key;

    if (!wfp_registry_index_key(&key, reg, ns, "")) {
        return APR_SUCCESS;
    }
    ns_hash = wfp_registry_index_ns_hash(reg, &key);
    rv = wfp_registry_index_lock(reg);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    tick_locked(reg->seg);
    floor_set_locked(reg, &key, stamp);
    drop_live_locked(reg, &ns_hash, stamp);
    wfp_registry_index_unlock(reg);
    return APR_SUCCESS;
}

apr_status_t wfp_registry_drop_all(wfp_registry_t *reg, apr_int64_t stamp)
{
    apr_status_t rv = wfp_registry_index_lock(reg);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    tick_locked(reg->seg);
    drop_live_locked(reg, NULL, stamp);
    wfp_registry_index_unlock(reg);
    return APR_SUCCESS;
}

apr_status_t wfp_registry_start_over(wfp_registry_t *reg, apr_int64_t stamp)
{
    apr_status_t rv = wfp_registry_index_lock(reg);
    apr_uint32_t at = 0;
    wfp_slot_t image;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    tick_locked(reg->seg);
    while (at < reg->seg->slots) {
        slot_locked(&image, reg, at);
        if (image.hash >= WFP_SLOT_HASH_MIN && !image.pid) {
            slot_drop_locked(reg, at); /* another may have moved in here */
            continue;
        }
        if (image.hash >= WFP_SLOT_HASH_MIN) {
            image.stamp = image.floor = 0; /* whatever its loader brings */
            image.state = WFP_SLOT_ENTRY;
            slot_strip_locked(reg, at, &image);
        }
        at++;
    }
    __atomic_store_n(&reg->seg->synced, stamp, __ATOMIC_RELEASE);
    wfp_registry_index_unlock(reg);
    return APR_SUCCESS;
}
