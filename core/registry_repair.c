/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry after a writer died with the mutex in its hand. Called by
 * whoever takes the mutex next. Believes the slots, and nothing else: each is
 * whole, or there is a note from which it is written again; the free lists,
 * owners and counters are made anew from them. A repairer that is killed
 * leaves the same work to the next.
 */
#include "core/registry_room.h"

/* Is the entry of this slot found earlier in its chain? Then a writer died
 * while moving it. */
static int is_twin(const wfp_registry_t *reg, apr_uint32_t at)
{
    const wfp_segment_t *seg = reg->seg;
    apr_uint32_t i;
    wfp_slot_t image, other;

    (void)wfp_registry_index_read(&image, &reg->slots[at]);
    if (image.hash == WFP_SLOT_FREE) {
        return 0;
    }
    for (i = wfp_registry_index_home(seg, image.hash); i != at;
         i = i + 1 == seg->slots ? 0 : i + 1) {
        (void)wfp_registry_index_read(&other, &reg->slots[i]);
        if (other.hash == image.hash && other.ns_hash == image.ns_hash
            && other.block == image.block) {
            return 1;
        }
    }
    return 0;
}

static void slot_count_locked(wfp_registry_t *reg, apr_uint32_t at)
{
    static const wfp_slot_t none; /* all 0: free */
    wfp_segment_t *seg = reg->seg;
    wfp_slot_t image;

    (void)wfp_registry_index_read(&image, &reg->slots[at]);
    if (image.hash == WFP_SLOT_FREE) {
        return;
    }
    wfp_registry_share_count_locked(seg, &none, &image);
    seg->filled++;
    wfp_wr32(&seg->known, seg->known + (unsigned)wfp_slot_is_known(&image));
    if (!image.block) {
        return;
    }
    wfp_wr32(&seg->bodies, seg->bodies + 1);
    if (wfp_slab_rebuild_mark(&reg->slab, image.block, image.units, at + 1)
        != APR_SUCCESS) {
        /* cannot happen by the order of writes; loaded again if it does */
        image.block = image.units = image.size = 0;
        wfp_registry_index_commit_locked(reg, at, &image);
    }
}

void wfp_registry_repair_locked(wfp_registry_t *reg)
{
    wfp_segment_t *seg = reg->seg;
    apr_uint32_t at;

    wfp_registry_index_redo_locked(reg);
    wfp_wr32(&seg->moves, (seg->moves + 1) & ~1U);
    for (at = 0; at < seg->slots; at++) {
        while (is_twin(reg, at)) {
            wfp_registry_index_remove_locked(reg, at);
        }
    }
    seg->filled = 0;
    wfp_wr32(&seg->known, 0);
    wfp_wr32(&seg->bodies, 0);
    wfp_registry_share_clear_locked(seg);
    wfp_slab_rebuild_begin(&reg->slab);
    for (at = 0; at < seg->slots; at++) {
        slot_count_locked(reg, at);
    }
    wfp_slab_rebuild_end(&reg->slab);
    wfp_registry_count_one(&reg->counts->repairs);
}
