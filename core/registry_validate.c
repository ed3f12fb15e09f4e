/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the registry agree with itself? Called by tests and by `wfpctl`-like
 * tools, never while serving: it holds the writers' mutex for the whole walk.
 */
#include "core/registry_room.h"

#include <string.h>

#include "core/siphash.h"

/* The body's own key and its block. */
static const char *body_check(const wfp_registry_t *reg, apr_uint32_t at,
                              const wfp_slot_t *image)
{
    const wfp_segment_t *seg = reg->seg;
    wfp_body_head_t head;
    wfp_slab_run_t run;

    if (!wfp_registry_body_head(&head, reg, image)) {
        return "a body's head is not well-formed";
    }
    if (wfp_siphash(seg->key, head.key, head.key_bytes) != image->hash) {
        return "a body belongs to another key";
    }
    wfp_slab_at(&run, &reg->slab, image->block - 1);
    if (run.owner != at + 1 || run.units != image->units) {
        return "a body's block belongs to another slot";
    }
    return NULL;
}

static const char *slot_check(const wfp_registry_t *reg, apr_uint32_t at,
                              const wfp_slot_t *image)
{
    const wfp_segment_t *seg = reg->seg;
    apr_uint32_t i;
    wfp_slot_t other;

    for (i = wfp_registry_index_home(seg, image->hash); i != at;
         i = i + 1 == seg->slots ? 0 : i + 1) {
        (void)wfp_registry_index_read(&other, &reg->slots[i]);
        if (other.hash == WFP_SLOT_FREE) {
            return "an entry cannot be reached";
        }
        if (other.hash == image->hash && other.ns_hash == image->ns_hash) {
            return "an entry is there twice";
        }
    }
    if (image->state != WFP_SLOT_ENTRY && image->state != WFP_SLOT_ABSENT) {
        return "a slot has no state";
    }
    return image->block ? body_check(reg, at, image) : NULL;
}

static const char *walk_locked(const wfp_registry_t *reg)
{
    const wfp_segment_t *seg = reg->seg;
    apr_uint32_t at, filled = 0, known = 0, bodies = 0, units = 0;
    const char *what = NULL;
    wfp_slot_t image;

    for (at = 0; at < seg->slots && !what; at++) {
        if (!wfp_registry_index_read(&image, &reg->slots[at])) {
            return "a slot is half written";
        }
        if (image.hash != WFP_SLOT_FREE) {
            filled++;
            known += (unsigned)wfp_slot_is_known(&image);
            bodies += (unsigned)wfp_slot_has_body(&image);
            units += image.units;
            what = slot_check(reg, at, &image);
        }
    }
    if (!what
        && (filled != seg->filled || known != seg->known
            || bodies != seg->bodies || filled > seg->most)) {
        what = "the counts of entries are wrong";
    }
    if (!what && units + seg->slab.free_units != seg->slab.units) {
        what = "some room belongs to nobody";
    }
    if (!what && !wfp_registry_share_is_right(reg)) {
        what = "the namespaces' shares are wrong";
    }
    if (!what && (seg->moves & 1 || seg->intent.slot)) {
        what = "a write was not finished";
    }
    return what;
}

apr_status_t wfp_registry_validate(wfp_registry_t *reg, wfp_result_t *res)
{
    const wfp_segment_t *seg = reg->seg;
    const char *what = NULL, *slab = NULL;
    apr_status_t rv;

    if (seg->magic != WFP_SEGMENT_MAGIC || seg->layout != WFP_SEGMENT_LAYOUT
        || seg->size != reg->size) {
        return wfp_result_set(res, WFP_INTERNAL, APR_EGENERAL,
                              "registry: not a segment of this layout");
    }
    rv = wfp_registry_index_lock(reg);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv,
                              "registry: the writers' mutex failed");
    }
    what = walk_locked(reg);
    if (!what && wfp_slab_validate(&slab, &reg->slab) != APR_SUCCESS) {
        what = slab;
    }
    wfp_registry_index_unlock(reg);
    return what ? wfp_result_set(res, WFP_INTERNAL, APR_EGENERAL,
                                 "registry: %s", what)
                : APR_SUCCESS;
}
