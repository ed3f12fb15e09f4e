/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A graceful restart: the new generation's segment starts with what the old
 * one knew, so that a restart serves even while the store is down. Called by
 * the parent in post_config; the old generation's children may still write.
 */
#include "core/registry_room.h"

#include <stdlib.h>
#include <string.h>

/* An entry of the old segment and how long ago it was used. */
typedef struct aged_t {
    apr_uint32_t at;
    apr_uint32_t age;
} aged_t;

static int by_age(const void *a, const void *b)
{
    const aged_t *x = a, *y = b;

    return x->age < y->age ? -1 : x->age > y->age;
}

/* Slots with a body, the newest used first. */
static apr_uint32_t list_by_age(aged_t *list, const wfp_registry_t *from)
{
    apr_uint32_t tick = wfp_rd32(&from->seg->tick), at, n = 0;
    wfp_slot_t image;

    for (at = 0; at < from->seg->slots; at++) {
        (void)wfp_registry_index_read(&image, &from->slots[at]);
        if (image.hash != WFP_SLOT_FREE && image.block) {
            list[n].at = at;
            list[n++].age = (tick - image.used) & ~WFP_USED_MARK;
        }
    }
    qsort(list, n, sizeof(*list), by_age);
    return n;
}

/* Copy one body out, as a reader does. @return 0: gone or changing */
static int entry_read(wfp_entry_t *entry, apr_int64_t *pfloor,
                      const char **pblob, const wfp_registry_t *from,
                      apr_uint32_t at, apr_pool_t *p)
{
    const wfp_slot_t *slot = &from->slots[at];
    apr_size_t ns_n, name_n;
    wfp_body_head_t head;
    wfp_slot_t image;
    char *blob;

    if (!wfp_registry_index_read(&image, slot) || !image.block
        || !wfp_registry_body_head(&head, from, &image)) {
        return 0;
    }
    blob = apr_palloc(p, (apr_size_t)image.size + 1);
    wfp_registry_body_copy(blob, from, image.block, head.bytes, image.size);
    if (wfp_rd32(&slot->seq) != image.seq) {
        return 0;
    }
    ns_n = ((unsigned char *)head.key)[0];
    name_n = head.key_bytes - 1 - ns_n;
    if (ns_n > WFP_NAME_MAX || ns_n + 1 > head.key_bytes
        || name_n > WFP_NAME_MAX) {
        return 0;
    }
    memset(entry, 0, sizeof(*entry));
    memcpy(entry->ns, (char *)head.key + 1, ns_n);
    memcpy(entry->name, (char *)head.key + 1 + ns_n, name_n);
    memcpy(entry->version_id, head.version, sizeof(entry->version_id));
    entry->stamp = image.stamp;
    entry->limits = head.limits;
    entry->flags = image.flags;
    entry->body_size = image.size;
    *pfloor = image.floor;
    *pblob = blob;
    return 1;
}

apr_status_t wfp_registry_copy(wfp_registry_t *to, wfp_registry_t *from)
{
    apr_int64_t synced = wfp_registry_synced(from), floor;
    apr_status_t rv = APR_SUCCESS;
    apr_pool_t *p, *loop;
    const char *blob;
    apr_uint32_t n, i;
    wfp_entry_t entry;
    aged_t *list;

    if (from->seg->magic != WFP_SEGMENT_MAGIC
        || from->seg->layout != WFP_SEGMENT_LAYOUT) {
        return APR_EINVAL;
    }
    rv = apr_pool_create(&p, to->pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = apr_pool_create(&loop, p);
    if (rv != APR_SUCCESS) {
        goto leave;
    }
    wfp_registry_index_heal(from);
    list = apr_palloc(p, from->seg->slots * sizeof(*list));
    n = list_by_age(list, from);
    for (i = 0; i < n && rv == APR_SUCCESS; i++) {
        apr_pool_clear(loop);
        if (entry_read(&entry, &floor, &blob, from, list[i].at, loop)
            || entry_read(&entry, &floor, &blob, from, list[i].at, loop)) {
            rv = wfp_registry_write_copied(to, &entry, blob, floor,
                                           list[i].age);
        }
    }
    if (APR_STATUS_IS_ENOSPC(rv)) {
        rv = APR_SUCCESS; /* the new one is full: the rest loads on demand */
    }
    if (rv == APR_SUCCESS) {
        wfp_registry_set_synced(to, synced);
        wfp_registry_set_followed(to, wfp_registry_followed(from));
    }
leave:
    apr_pool_destroy(p);
    return rv;
}
