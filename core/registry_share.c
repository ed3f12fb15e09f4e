/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each namespace has of a segment, where they share it fairly: units of
 * bodies, and one for each entry's place in the index. Called by the registry's
 * other files under the writers' mutex. Namespaces are told by their keyed hash;
 * the few that fall together count as one.
 */
#include "core/registry_room.h"

#include <string.h>

void wfp_registry_be_fair(wfp_registry_t *reg)
{
    reg->seg->is_fair = 1;
}

void wfp_registry_share_clear_locked(wfp_segment_t *seg)
{
    memset(seg->share, 0, sizeof(seg->share));
    seg->sharers = 0;
    seg->shared = 0;
}

/* What a slot is worth. */
static apr_uint32_t weight(const wfp_slot_t *image)
{
    return image->hash == WFP_SLOT_FREE ? 0 : image->units + 1;
}

static void add(wfp_segment_t *seg, apr_uint32_t ns_hash, apr_uint32_t more,
                apr_uint32_t less)
{
    apr_uint32_t *share = &seg->share[ns_hash % WFP_SHARES];
    int was = *share != 0;

    *share += more - less;
    seg->shared += more;
    seg->shared -= less;
    if (was != (*share != 0)) {
        seg->sharers += was ? -1U : 1U;
    }
}

void wfp_registry_share_count_locked(wfp_segment_t *seg, const wfp_slot_t *old,
                                     const wfp_slot_t *image)
{
    if (seg->is_fair) {
        add(seg, old->ns_hash, 0, weight(old));
        add(seg, image->ns_hash, weight(image), 0);
    }
}

int wfp_registry_share_may_go(const wfp_segment_t *seg, apr_uint32_t owner,
                              apr_uint32_t ns_hash)
{
    apr_uint64_t has = seg->share[owner % WFP_SHARES], sharers = seg->sharers;

    if (!seg->is_fair) {
        return 1;
    }
    sharers += !seg->share[ns_hash % WFP_SHARES];
    return has * sharers > seg->shared
           || (owner % WFP_SHARES == ns_hash % WFP_SHARES
               && has * sharers == seg->shared);
}

int wfp_registry_share_is_right(const wfp_registry_t *reg)
{
    const wfp_segment_t *seg = reg->seg;
    apr_uint64_t slots = 0, shares = 0;
    apr_uint32_t i, sharers = 0;

    for (i = 0; i < seg->slots; i++) {
        slots += weight(&reg->slots[i]);
    }
    for (i = 0; i < WFP_SHARES; i++) {
        shares += seg->share[i];
        sharers += seg->share[i] != 0;
    }
    return !seg->is_fair
           || (slots == seg->shared && shares == slots
               && sharers == seg->sharers);
}
