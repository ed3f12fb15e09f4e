/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocator of an isolate: small blocks from slabs of one unit, larger
 * ones from spans of units, free spans joined with their neighbours. Called
 * by Lua through isolate.c; knows neither Lua nor limits' meaning: at its
 * limit it calls its owner, which leaves by a jump, so Lua never sees NULL.
 *
 * A signal may interrupt it anywhere: `busy` tells the handler to wait, and
 * `pending` makes the allocator call back when its data is whole again.
 */
#include "lua_runtime/arena.h"

#include <string.h>
#include <sys/mman.h>

/* Kinds of units; only the ends of a span are marked. */
enum {
    UNIT_INSIDE = 0, /* of a span, or never handed out */
    UNIT_SLAB,
    UNIT_SPAN, /* head of a block */
    UNIT_FREE, /* head of a free span */
    UNIT_TAIL, /* last unit of a free span of two or more */
    UNIT_CLEAN /* head of a free span without memory behind it */
};

#define PAGE 4096

/* Address space beyond the limit: large blocks need room in one piece. */
#define ADDRESS_FACTOR 2
#define ADDRESS_SLACK  (8 * 1024 * 1024)

/* What may be resident beyond the limit (docs: Promises, Memory), less what
 * the isolate's own data and stacks take. */
#define RESIDENT_SLACK (3 * 1024 * 1024 + 512 * 1024)

/* A free span shorter than this is not worth a system call. */
#define TRIM_UNITS 16

/* Touched by the time that the smallest Worker's isolate is made. */
#define FIRST_PAGES ((apr_size_t)9)

/* Blocks freed at this size go back to the system when much is free. */
#define LARGE_UNITS 64
#define WASTE_UNITS 1024

/* Sizes of the classes and how many fit into a unit. */
static const struct {
    apr_uint16_t size;
    apr_uint16_t count;
    apr_uint16_t cost;
} classes[WFP_ARENA_CLASSES] = {
    { 16, 64, 16 },  { 32, 32, 32 },  { 48, 21, 48 },    { 64, 16, 64 },
    { 80, 12, 85 },  { 96, 10, 102 }, { 112, 9, 113 },   { 128, 8, 128 },
    { 144, 7, 146 }, { 160, 6, 170 }, { 192, 5, 204 },   { 256, 4, 256 },
    { 336, 3, 341 }, { 512, 2, 512 }, { 1024, 1, 1024 },
};

/* Class of a size rounded up to a multiple of 16. */
static const apr_byte_t class_of[WFP_ARENA_UNIT / 16 + 1] = {
    0,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 10, 11, 11, 11, 11,
    12, 12, 12, 12, 12, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 14,
    14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14,
    14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14,
};

static inline int class_for(apr_size_t size)
{
    return class_of[(size + 15) / 16];
}

static inline apr_uint32_t units_for(apr_size_t size)
{
    return (apr_uint32_t)((size + WFP_ARENA_UNIT - 1) / WFP_ARENA_UNIT);
}

static inline apr_size_t cost_of(apr_size_t size)
{
    if (size > WFP_ARENA_UNIT) {
        return (apr_size_t)units_for(size) * WFP_ARENA_UNIT;
    }
    return size ? classes[class_for(size)].cost : 0;
}

static inline char *address_of(const wfp_arena_t *arena, apr_uint32_t unit)
{
    return arena->zero + (apr_size_t)unit * WFP_ARENA_UNIT;
}

static inline apr_uint32_t unit_of(const wfp_arena_t *arena, const void *block)
{
    return (apr_uint32_t)((apr_size_t)((const char *)block - arena->zero)
                          / WFP_ARENA_UNIT);
}

/* Whole pages of a span, in units. */
static apr_uint32_t page_units(const wfp_arena_t *arena, apr_uint32_t unit,
                               apr_uint32_t length)
{
    apr_uintptr_t from = (apr_uintptr_t)address_of(arena, unit);
    apr_uintptr_t to = from + (apr_uintptr_t)length * WFP_ARENA_UNIT;

    from = (from + PAGE - 1) / PAGE * PAGE;
    to = to / PAGE * PAGE;
    return to > from ? (apr_uint32_t)((to - from) / WFP_ARENA_UNIT) : 0;
}

static void list_add(wfp_arena_t *arena, apr_uint32_t *head, apr_uint32_t unit)
{
    wfp_unit_t *u = &arena->units[unit];

    u->next = *head;
    u->prev = 0;
    if (*head) {
        arena->units[*head].prev = unit;
    }
    *head = unit;
}

static void list_remove(wfp_arena_t *arena, apr_uint32_t *head,
                        apr_uint32_t unit)
{
    wfp_unit_t *u = &arena->units[unit];

    if (u->prev) {
        arena->units[u->prev].next = u->next;
    }
    else {
        *head = u->next;
    }
    if (u->next) {
        arena->units[u->next].prev = u->prev;
    }
}

static inline int bin_of(apr_uint32_t length)
{
    return 31 - __builtin_clz(length);
}

static void span_link(wfp_arena_t *arena, apr_uint32_t unit,
                      apr_uint32_t length, int clean)
{
    int bin = bin_of(length);
    wfp_unit_t *u = &arena->units[unit];

    u->kind = clean ? UNIT_CLEAN : UNIT_FREE;
    u->value = length;
    if (length > 1) {
        arena->units[unit + length - 1].kind = UNIT_TAIL;
        arena->units[unit + length - 1].value = length;
    }
    if (clean) {
        arena->clean += page_units(arena, unit, length);
    }
    list_add(arena, &arena->bins[bin], unit);
    arena->bins_used |= 1u << bin;
}

/* @return 1: it was clean */
static int span_unlink(wfp_arena_t *arena, apr_uint32_t unit)
{
    wfp_unit_t *u = &arena->units[unit];
    apr_uint32_t length = u->value;
    int bin = bin_of(length), clean = u->kind == UNIT_CLEAN;

    list_remove(arena, &arena->bins[bin], unit);
    if (!arena->bins[bin]) {
        arena->bins_used &= ~(1u << bin);
    }
    if (clean) {
        arena->clean -= page_units(arena, unit, length);
    }
    arena->units[unit + length - 1].kind = UNIT_INSIDE;
    u->kind = UNIT_INSIDE;
    return clean;
}

static int is_free(const wfp_arena_t *arena, apr_uint32_t unit)
{
    return arena->units[unit].kind == UNIT_FREE
           || arena->units[unit].kind == UNIT_CLEAN;
}

static void span_clean(wfp_arena_t *arena, apr_uint32_t unit,
                       apr_uint32_t length)
{
    apr_uintptr_t from = (apr_uintptr_t)address_of(arena, unit);
    apr_size_t bytes = (apr_size_t)page_units(arena, unit, length)
                       * WFP_ARENA_UNIT;

    from = (from + PAGE - 1) / PAGE * PAGE;
    /* a failure leaves the memory where it is, which costs but harms nobody */
    (void)madvise((void *)from, bytes, MADV_DONTNEED);
}

static apr_uint32_t dirty_units(const wfp_arena_t *arena)
{
    return arena->top - 1 - arena->clean;
}

static void span_free(wfp_arena_t *arena, apr_uint32_t unit,
                      apr_uint32_t length)
{
    int clean = 0;
    apr_uint32_t next = unit + length, before;

    if (length >= LARGE_UNITS
        && (apr_size_t)dirty_units(arena)
               > arena->used / WFP_ARENA_UNIT + WASTE_UNITS) {
        span_clean(arena, unit, length);
        clean = 1;
    }
    if (next < arena->top && is_free(arena, next)) {
        length += arena->units[next].value;
        clean &= span_unlink(arena, next);
    }
    before = unit - 1;
    if (before && arena->units[before].kind == UNIT_TAIL) {
        before = unit - arena->units[before].value;
    }
    if (before && is_free(arena, before)) {
        length += arena->units[before].value;
        clean &= span_unlink(arena, before);
        unit = before;
    }
    span_link(arena, unit, length, clean);
}

static apr_size_t resident(const wfp_arena_t *arena, apr_uint32_t more)
{
    return (apr_size_t)(dirty_units(arena) + more)
               * (WFP_ARENA_UNIT + sizeof(wfp_unit_t))
           + (apr_size_t)((char *)arena->units - arena->mapping);
}

static int tell_once(wfp_arena_t *arena, apr_uint32_t more)
{
    return wfp_arena_tell(arena, resident(arena, more) + arena->outside);
}

/* Tell the total of so many more units: where that has no room, of those only
 * that are in use. @return 0: it has none for these either */
static int tell(wfp_arena_t *arena, apr_uint32_t more)
{
    if (!arena->total || tell_once(arena, more)) {
        return 1;
    }
    wfp_arena_trim(arena);
    return tell_once(arena, more);
}

/* May so many more units get memory behind them? */
static int may_touch(wfp_arena_t *arena, apr_uint32_t more)
{
    apr_size_t max = (arena->limit + RESIDENT_SLACK)
                     / (WFP_ARENA_UNIT + sizeof(wfp_unit_t));

    if (dirty_units(arena) + more > max) {
        wfp_arena_trim(arena);
    }
    return dirty_units(arena) + more <= max && tell(arena, more);
}

/* The free span to cut length units from, 0: none. */
static apr_uint32_t span_find(const wfp_arena_t *arena, apr_uint32_t length)
{
    int bin = bin_of(length), tries = 8;
    apr_uint32_t unit, rest;

    for (unit = arena->bins[bin]; unit && tries; tries--) {
        if (arena->units[unit].value >= length) {
            return unit;
        }
        unit = arena->units[unit].next;
    }
    rest = arena->bins_used & ~((2u << bin) - 1);
    return rest ? arena->bins[__builtin_ctz(rest)] : 0;
}

static apr_uint32_t span_take(wfp_arena_t *arena, apr_uint32_t length)
{
    apr_uint32_t unit = span_find(arena, length), whole;

    if (unit) {
        int clean = arena->units[unit].kind == UNIT_CLEAN;

        whole = arena->units[unit].value;
        if (clean && !may_touch(arena, length)) {
            return 0;
        }
        (void)span_unlink(arena, unit);
        if (whole > length) {
            span_link(arena, unit + length, whole - length, clean);
        }
        return unit;
    }
    if (length > arena->units_max - arena->top || !may_touch(arena, length)) {
        return 0;
    }
    unit = arena->top;
    arena->top += length;
    return unit;
}

static void *slab_alloc(wfp_arena_t *arena, int class)
{
    apr_uint32_t unit = arena->slabs[class], block;
    wfp_unit_t *u;

    if (!unit) {
        int i, step = classes[class].size / 16;

        unit = span_take(arena, 1);
        if (!unit) {
            return NULL;
        }
        u = &arena->units[unit];
        u->kind = UNIT_SLAB;
        u->class = (apr_byte_t) class;
        u->used = 0;
        u->value = unit * (WFP_ARENA_UNIT / 16);
        block = u->value;
        for (i = 1; i < classes[class].count; i++, block += step) {
            *(apr_uint32_t *)(arena->zero + (apr_size_t)block * 16) = block
                                                                      + step;
        }
        *(apr_uint32_t *)(arena->zero + (apr_size_t)block * 16) = 0;
        list_add(arena, &arena->slabs[class], unit);
    }
    u = &arena->units[unit];
    block = u->value;
    u->value = *(apr_uint32_t *)(arena->zero + (apr_size_t)block * 16);
    u->used++;
    if (!u->value) {
        list_remove(arena, &arena->slabs[class], unit);
    }
    return arena->zero + (apr_size_t)block * 16;
}

static void slab_free(wfp_arena_t *arena, void *block)
{
    apr_uint32_t unit = unit_of(arena, block);
    wfp_unit_t *u = &arena->units[unit];
    apr_uint32_t *head = &arena->slabs[u->class];

    *(apr_uint32_t *)block = u->value;
    if (!u->value) {
        list_add(arena, head, unit);
    }
    u->value = (apr_uint32_t)((apr_size_t)((char *)block - arena->zero) / 16);
    u->used--;
    /* the last empty one of its class stays: it will be wanted again */
    if (u->used == 0 && (u->next || u->prev)) {
        list_remove(arena, head, unit);
        span_free(arena, unit, 1);
    }
}

static void *block_alloc(wfp_arena_t *arena, apr_size_t size)
{
    apr_uint32_t unit, length;

    if (size <= WFP_ARENA_UNIT) {
        return slab_alloc(arena, class_for(size));
    }
    length = units_for(size);
    unit = span_take(arena, length);
    if (!unit) {
        return NULL;
    }
    arena->units[unit].kind = UNIT_SPAN;
    arena->units[unit].value = length;
    return address_of(arena, unit);
}

static void block_free(wfp_arena_t *arena, void *block, apr_size_t size)
{
    if (size <= WFP_ARENA_UNIT) {
        slab_free(arena, block);
    }
    else {
        span_free(arena, unit_of(arena, block), units_for(size));
    }
}

/* Change a block's size where it lies. @return 0: not possible */
static int block_resize(wfp_arena_t *arena, void *block, apr_size_t osize,
                        apr_size_t nsize)
{
    apr_uint32_t unit, have, want, next, room;
    int clean;

    if (osize <= WFP_ARENA_UNIT || nsize <= WFP_ARENA_UNIT) {
        return osize <= WFP_ARENA_UNIT && nsize <= WFP_ARENA_UNIT
               && class_for(osize) == class_for(nsize);
    }
    unit = unit_of(arena, block);
    have = units_for(osize);
    want = units_for(nsize);
    if (want < have) {
        arena->units[unit].value = want;
        span_free(arena, unit + want, have - want);
        return 1;
    }
    if (want == have) {
        return 1;
    }
    next = unit + have;
    room = next < arena->top && is_free(arena, next) ? arena->units[next].value
                                                     : 0;
    if (room < want - have || !may_touch(arena, want - have)) {
        return 0;
    }
    clean = span_unlink(arena, next);
    if (room > want - have) {
        span_link(arena, unit + want, room - (want - have), clean);
    }
    arena->units[unit].value = want;
    return 1;
}

static void *block_change(wfp_arena_t *arena, void *block, apr_size_t osize,
                          apr_size_t nsize)
{
    void *moved;

    if (nsize == 0) {
        block_free(arena, block, osize);
        arena->used -= cost_of(osize);
        return NULL;
    }
    if (block && block_resize(arena, block, osize, nsize)) {
        arena->used += cost_of(nsize) - cost_of(osize);
        return block;
    }
    moved = block_alloc(arena, nsize);
    if (!moved) {
        return NULL;
    }
    arena->used += cost_of(nsize);
    if (arena->used > arena->peak) {
        arena->peak = arena->used;
    }
    if (block) {
        memcpy(moved, block, osize < nsize ? osize : nsize);
        block_free(arena, block, osize);
        arena->used -= cost_of(osize);
    }
    return moved;
}

void *wfp_arena_alloc(void *ud, void *block, size_t osize, size_t nsize)
{
    wfp_arena_t *arena = ud;
    void *result;

    if (!block) {
        osize = 0; /* Lua tells the kind of object there */
        if (nsize == 0) {
            return NULL;
        }
    }
    else if (osize == 0) {
        block = NULL;
    }
    if (nsize > osize) {
        if (nsize > arena->limit
            || arena->used + cost_of(nsize) - cost_of(osize) > arena->limit) {
            arena->calls->full(arena->baton);
            return NULL;
        }
        if (arena->used + cost_of(nsize) > arena->soft) {
            arena->calls->soft(arena->baton);
        }
    }
    do {
        arena->crowded = 0;
        arena->busy = 1;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        result = block_change(arena, block, osize, nsize);
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        arena->busy = 0;
        if (arena->pending) {
            arena->calls->left(arena->baton);
        }
    } while (!result && arena->crowded && arena->calls->crowded(arena->baton));
    if (!result && nsize) {
        arena->calls->full(arena->baton);
    }
    return result;
}

int wfp_arena_charge(wfp_arena_t *arena, apr_size_t bytes)
{
    int fits;

    arena->crowded = 0;
    if (arena->used > arena->limit || bytes > arena->limit - arena->used) {
        return 0;
    }
    /* left in the middle, the total would never be whole again */
    arena->busy = 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    arena->outside += bytes;
    fits = tell(arena, 0);
    if (!fits) {
        arena->outside -= bytes;
    }
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    arena->busy = 0;
    if (arena->pending) {
        arena->calls->left(arena->baton);
    }
    if (!fits) {
        return 0;
    }
    arena->used += bytes;
    if (arena->used > arena->peak) {
        arena->peak = arena->used;
    }
    return 1;
}

void wfp_arena_discharge(wfp_arena_t *arena, apr_size_t bytes)
{
    arena->outside -= bytes;
    arena->used -= bytes;
}

void wfp_arena_trim(wfp_arena_t *arena)
{
    int bin;

    for (bin = bin_of(TRIM_UNITS); bin < WFP_ARENA_BINS; bin++) {
        apr_uint32_t unit;

        for (unit = arena->bins[bin]; unit; unit = arena->units[unit].next) {
            wfp_unit_t *u = &arena->units[unit];

            if (u->kind == UNIT_FREE) {
                span_clean(arena, unit, u->value);
                u->kind = UNIT_CLEAN;
                arena->clean += page_units(arena, unit, u->value);
            }
        }
    }
}

apr_size_t wfp_arena_resident(const wfp_arena_t *arena)
{
    return resident(arena, 0);
}

/* Every isolate needs these pages at once: got together they cost a third of what
 * they cost one fault at a time. */
static void touch_first(const wfp_arena_t *arena)
{
#ifdef MADV_POPULATE_WRITE
    apr_uintptr_t from = (apr_uintptr_t)address_of(arena, 1) / PAGE * PAGE;

    /* where the kernel cannot, nothing is lost */
    (void)madvise((void *)from, FIRST_PAGES * PAGE, MADV_POPULATE_WRITE);
#else
    (void)arena;
#endif
}

apr_status_t wfp_arena_create(void **powner, apr_size_t owner_size,
                              apr_size_t offset, apr_size_t limit,
                              const wfp_arena_calls_t *calls)
{
    wfp_arena_t *arena;
    char *mapping;
    apr_size_t heap = limit * ADDRESS_FACTOR + ADDRESS_SLACK;
    apr_size_t count = heap / WFP_ARENA_UNIT + 1;
    apr_size_t front = (owner_size + 63) / 64 * 64;
    apr_size_t mapped;

    mapped = (front + count * sizeof(wfp_unit_t) + heap + PAGE - 1) / PAGE
             * PAGE;
    mapping = mmap(NULL, mapped, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) {
        return APR_ENOMEM;
    }
    /* a huge page would make every idle isolate 2 MB; where the kernel has
     * none the call fails and nothing is lost */
    (void)madvise(mapping, mapped, MADV_NOHUGEPAGE);
    arena = (wfp_arena_t *)(mapping + offset);
    arena->limit = limit;
    arena->soft = limit / 4 * 3;
    arena->calls = calls;
    arena->baton = mapping;
    arena->mapping = mapping;
    arena->mapped = mapped;
    arena->units = (wfp_unit_t *)(mapping + front);
    arena->zero = (char *)(arena->units + count) - WFP_ARENA_UNIT;
    arena->top = 1;
    arena->units_max = (apr_uint32_t)count;
    touch_first(arena);
    *powner = mapping;
    return APR_SUCCESS;
}

void wfp_arena_destroy(wfp_arena_t *arena)
{
    char *mapping = arena->mapping;
    apr_size_t mapped = arena->mapped;

    wfp_arena_part(arena);
    /* fails only for an address that is no mapping of ours */
    (void)munmap(mapping, mapped);
}
