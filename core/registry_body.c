/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of registry entries: what lies in a block, and whose body goes when
 * there is no room. Called by the registry's other files. Does not know how
 * keys are found.
 *
 *   word 0    bytes of the key (16 bits), of the version id (16), mask of the
 *             limits that are set (32)
 *   words     key: length of the namespace (1 byte), namespace, name
 *   words     version id
 *   words     one for each limit set
 *   bytes     the packed script
 */
#include "core/registry_room.h"

#include <string.h>

#define WORDS(n) (((n) + 7) / 8)

/* Runs that one put looks at where namespaces share the room. */
#define FAIR_LOOKS 4096

/* most words of a head */
#define HEAD_WORDS (1 + WFP_KEY_WORDS + WORDS(WFP_UUID_SIZE) + WFP_LIMIT_COUNT)

int wfp_registry_body_head(wfp_body_head_t *head, const wfp_registry_t *reg,
                           const wfp_slot_t *image)
{
    const apr_uint64_t *at;
    apr_uint64_t first;
    apr_uint32_t version_n, mask, words, i;

    if (!image->block || image->units > reg->slab.state->units
        || image->block > reg->slab.state->units - image->units + 1) {
        return 0;
    }
    at = (const apr_uint64_t *)wfp_slab_bytes(&reg->slab, image->block);
    first = wfp_rd64(at++);
    head->key_bytes = (apr_uint32_t)(first & 0xffff);
    version_n = (apr_uint32_t)(first >> 16) & 0xffff;
    mask = (apr_uint32_t)(first >> 32);
    words = 1 + WORDS(head->key_bytes) + WORDS(version_n)
            + (apr_uint32_t)__builtin_popcount(mask);
    head->bytes = words * 8;
    if (!head->key_bytes || head->key_bytes > 1 + 2 * WFP_NAME_MAX
        || version_n >= WFP_UUID_SIZE || mask >> WFP_LIMIT_COUNT
        || (apr_uint64_t)head->bytes + image->size
               > (apr_uint64_t)image->units * WFP_SLAB_UNIT) {
        return 0;
    }
    for (i = 0; i < WORDS(head->key_bytes); i++) {
        head->key[i] = wfp_rd64(at++);
    }
    for (i = 0; i < WORDS(version_n); i++) {
        head->version[i] = wfp_rd64(at++);
    }
    ((char *)head->version)[version_n] = '\0';
    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        head->limits.v[i] = mask & (1U << i) ? (apr_int64_t)wfp_rd64(at++)
                                             : WFP_LIMIT_UNSET;
    }
    return 1;
}

/* Pack a head. @return its words */
static apr_uint32_t head_pack(apr_uint64_t *head, const wfp_key_t *key,
                              const wfp_entry_t *entry)
{
    apr_size_t version_n = strnlen(entry->version_id, WFP_UUID_SIZE - 1);
    apr_uint64_t mask = 0;
    apr_uint32_t n = 1, i;

    memset(head, 0, HEAD_WORDS * sizeof(*head));
    memcpy(head + n, key->word, key->bytes);
    n += WORDS(key->bytes);
    memcpy(head + n, entry->version_id, version_n);
    n += (apr_uint32_t)WORDS(version_n);
    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        if (entry->limits.v[i] != WFP_LIMIT_UNSET) {
            mask |= 1U << i;
            head[n++] = (apr_uint64_t)entry->limits.v[i];
        }
    }
    head[0] = key->bytes | ((apr_uint64_t)version_n << 16) | (mask << 32);
    return n;
}

apr_uint32_t wfp_registry_body_units(const wfp_registry_t *reg,
                                     const wfp_key_t *key,
                                     const wfp_entry_t *entry, apr_size_t size)
{
    apr_uint64_t head[HEAD_WORDS];
    apr_uint64_t all = (apr_uint64_t)head_pack(head, key, entry) * 8, units;

    if (size > 0x7fffffffU) {
        return 0;
    }
    units = (all + size + WFP_SLAB_UNIT - 1) / WFP_SLAB_UNIT;
    return units > reg->slab.state->units ? 0 : (apr_uint32_t)units;
}

void wfp_registry_body_write(wfp_registry_t *reg, apr_uint32_t block,
                             const wfp_key_t *key, const wfp_entry_t *entry,
                             const char *blob, apr_size_t size)
{
    apr_uint64_t head[HEAD_WORDS], word;
    apr_uint64_t *at = (apr_uint64_t *)wfp_slab_bytes(&reg->slab, block);
    apr_uint32_t n = head_pack(head, key, entry), i;

    for (i = 0; i < n; i++) {
        wfp_wr64(at++, head[i]);
    }
    for (; size >= 8; size -= 8, blob += 8) {
        memcpy(&word, blob, 8);
        wfp_wr64(at++, word);
    }
    if (size) {
        word = 0;
        memcpy(&word, blob, size);
        wfp_wr64(at, word);
    }
}

void wfp_registry_body_copy(char *out, const wfp_registry_t *reg,
                            apr_uint32_t block, apr_uint32_t offset,
                            apr_size_t n)
{
    const apr_uint64_t *at = (const apr_uint64_t *)(wfp_slab_bytes(&reg->slab,
                                                                   block)
                                                    + offset);
    apr_uint64_t word;

    for (; n >= 8; n -= 8, out += 8) {
        word = wfp_rd64(at++);
        memcpy(out, &word, 8);
    }
    if (n) {
        word = wfp_rd64(at);
        memcpy(out, &word, n);
    }
}

/* Was the body in this run read since the hand came by last? Then it gets
 * its second chance now. */
static int spare_locked(wfp_registry_t *reg, const wfp_slab_run_t *run)
{
    apr_uint32_t *used = &reg->slots[run->owner - 1].used;
    apr_uint32_t value = wfp_rd32(used);

    wfp_wr32(used, value & ~WFP_USED_MARK);
    return (value & WFP_USED_MARK) != 0;
}

static void evict_locked(wfp_registry_t *reg, apr_uint32_t at)
{
    wfp_slot_t image;

    (void)wfp_registry_index_read(&image, &reg->slots[at]); /* lock held */
    image.block = image.units = image.size = 0;
    wfp_registry_index_commit_locked(reg, at, &image);
    wfp_registry_count_one(&reg->counts->evicted_bodies);
}

/* Evict whatever lies in a row of runs. */
static void clear_row_locked(wfp_registry_t *reg, apr_uint32_t start,
                             apr_uint32_t end)
{
    wfp_slab_run_t run;

    while (start < end) {
        wfp_slab_at(&run, &reg->slab, start);
        start += run.units;
        if (run.owner) {
            evict_locked(reg, run.owner - 1);
            start = wfp_slab_give(&reg->slab, run.start + 1);
        }
    }
}

/* CLOCK over the area, not over the slots: what it evicts lies side by side,
 * so that a large body finds its room without emptying the whole area. Bodies
 * that were read lately are passed over in the first two turns. */
static void make_room_locked(wfp_registry_t *reg, apr_uint32_t units)
{
    wfp_slab_state_t *state = reg->slab.state;
    apr_uint32_t at = state->hand, start = at;
    wfp_slab_run_t run;
    int turn = 0;

    while (turn < 4) {
        if (at == state->units) {
            turn++;
            at = start = 0;
        }
        wfp_slab_at(&run, &reg->slab, at);
        at += run.units;
        if (run.owner && turn < 2 && spare_locked(reg, &run)) {
            start = at;
        }
        if (at - start >= units) {
            state->hand = at == state->units ? 0 : at;
            clear_row_locked(reg, start, at);
            return;
        }
    }
}

/* The same, but what may not go for this namespace stays, and when nothing is
 * found near the hand nothing goes. */
static void make_fair_room_locked(wfp_registry_t *reg, apr_uint32_t units,
                                  apr_uint32_t ns_hash)
{
    wfp_slab_state_t *state = reg->slab.state;
    apr_uint32_t at = state->hand, start = at;
    wfp_slab_run_t run;
    int looks;

    for (looks = 0; looks < FAIR_LOOKS; looks++) {
        if (at == state->units) {
            at = start = 0;
        }
        wfp_slab_at(&run, &reg->slab, at);
        at += run.units;
        if (run.owner
            && (!wfp_registry_share_may_go(reg->seg,
                                           reg->slots[run.owner - 1].ns_hash,
                                           ns_hash)
                || spare_locked(reg, &run))) {
            start = at;
        }
        if (at - start >= units) {
            break;
        }
    }
    state->hand = at == state->units ? 0 : at;
    if (at - start >= units) {
        clear_row_locked(reg, start, at);
    }
}

apr_uint32_t wfp_registry_body_take_locked(wfp_registry_t *reg,
                                           apr_uint32_t units,
                                           apr_uint32_t owner,
                                           apr_uint32_t ns_hash)
{
    apr_uint32_t block = wfp_slab_take(&reg->slab, units, owner);

    if (!block && reg->seg->is_fair) {
        make_fair_room_locked(reg, units, ns_hash);
        block = wfp_slab_take(&reg->slab, units, owner);
    }
    else if (!block) {
        make_room_locked(reg, units);
        block = wfp_slab_take(&reg->slab, units, owner);
    }
    return block;
}
