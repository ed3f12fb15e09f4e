/* SPDX-License-Identifier: Apache-2.0 */
#include "lua_runtime/arena.h"
#include "wfp_test.h"

#define MB   (1024 * 1024)
#define MANY 4000

typedef struct owner_t {
    int full, soft, left;
    int rooms; /* how often others give room */
    wfp_arena_t arena;
} owner_t;

static void on_full(void *baton)
{
    ((owner_t *)baton)->full++;
}

static void on_soft(void *baton)
{
    ((owner_t *)baton)->soft++;
}

static void on_left(void *baton)
{
    ((owner_t *)baton)->left++;
}

/* As if somebody else had given an extent back. */
static int on_crowded(void *baton)
{
    owner_t *o = baton;

    if (o->rooms-- <= 0) {
        return 0;
    }
    o->arena.total->bytes -= WFP_ARENA_EXTENT;
    return 1;
}

static const wfp_arena_calls_t calls = { on_full, on_soft, on_left,
                                         on_crowded };

static owner_t *make(wfp_test_t *t, apr_size_t limit)
{
    void *owner = NULL;

    CHECK_INT(wfp_arena_create(&owner, sizeof(owner_t),
                               offsetof(owner_t, arena), limit, &calls),
              APR_SUCCESS);
    return owner;
}

static void *get(owner_t *o, void *block, size_t from, size_t to)
{
    return wfp_arena_alloc(&o->arena, block, from, to);
}

/* A generator of our own, so that a failure can be repeated. */
static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static size_t random_size(unsigned *state)
{
    unsigned kind = next_random(state) % 10;

    if (kind < 7) {
        return 1 + next_random(state) % 200;
    }
    return kind < 9 ? 1 + next_random(state) % 3000
                    : 1 + next_random(state) % 100000;
}

static void fill(unsigned char *block, size_t n, unsigned seed)
{
    size_t i;

    for (i = 0; i < n; i++) {
        block[i] = (unsigned char)(seed + i);
    }
}

static int holds(const unsigned char *block, size_t n, unsigned seed)
{
    size_t i;

    for (i = 0; i < n; i++) {
        if (block[i] != (unsigned char)(seed + i)) {
            return 0;
        }
    }
    return 1;
}

static void blocks_keep_their_bytes(wfp_test_t *t)
{
    static unsigned char *blocks[MANY];
    static size_t sizes[MANY];
    owner_t *o = make(t, 256 * (apr_size_t)MB);
    unsigned state = 7, i, round;

    memset(blocks, 0, sizeof(blocks));
    memset(sizes, 0, sizeof(sizes));
    for (round = 0; round < 100000; round++) {
        size_t size = next_random(&state) % 3 ? random_size(&state) : 0;

        i = next_random(&state) % MANY;
        blocks[i] = get(o, blocks[i], sizes[i], size);
        CHECK(size == 0 || blocks[i] != NULL);
        CHECK(((apr_uintptr_t)blocks[i] & 15) == 0);
        CHECK(holds(blocks[i], size < sizes[i] ? size : sizes[i], i));
        fill(blocks[i], size, i);
        sizes[i] = size;
        if (round % 10000 == 9999) {
            wfp_arena_trim(&o->arena);
        }
    }
    for (i = 0; i < MANY; i++) {
        CHECK(holds(blocks[i], sizes[i], i));
        CHECK(get(o, blocks[i], sizes[i], 0) == NULL);
    }
    CHECK_INT(o->arena.used, 0);
    CHECK_INT(o->full, 0);
    wfp_arena_trim(&o->arena);
    CHECK(wfp_arena_resident(&o->arena) < 256 * 1024);
    wfp_arena_destroy(&o->arena);
}

static void costs_are_real(wfp_test_t *t)
{
    owner_t *o = make(t, MB);

    CHECK(get(o, NULL, 5, 0) == NULL);
    CHECK_INT(o->arena.used, 0);
    CHECK(get(o, NULL, 5, 1) != NULL);
    CHECK_INT(o->arena.used, 16);
    CHECK(get(o, NULL, 5, 17) != NULL);
    CHECK_INT(o->arena.used, 48);
    CHECK(get(o, NULL, 5, 1025) != NULL);
    CHECK_INT(o->arena.used, 48 + 2048);
    wfp_arena_destroy(&o->arena);
}

static void the_limit_is_told(wfp_test_t *t)
{
    owner_t *o = make(t, MB);
    void *block = get(o, NULL, 0, 500 * 1024);

    CHECK(block != NULL);
    CHECK_INT(o->soft, 0);
    CHECK(get(o, NULL, 0, 300 * 1024) != NULL);
    CHECK_INT(o->soft, 1);
    CHECK_INT(o->full, 0);
    CHECK(get(o, NULL, 0, 300 * 1024) == NULL);
    CHECK_INT(o->full, 1);
    CHECK(get(o, NULL, 0, (size_t)-1 / 2) == NULL);
    CHECK_INT(o->full, 2);
    CHECK(get(o, block, 500 * 1024, 0) == NULL);
    CHECK(get(o, NULL, 0, 300 * 1024) != NULL);
    CHECK_INT(o->full, 2);
    wfp_arena_destroy(&o->arena);
}

static void small_blocks_reach_the_limit(wfp_test_t *t)
{
    owner_t *o = make(t, MB);
    int n = 0;

    while (get(o, NULL, 0, 40)) {
        n++;
    }
    CHECK_INT(o->full, 1);
    CHECK_INT(n, MB / 48);
    wfp_arena_destroy(&o->arena);
}

static void a_large_block_grows_where_it_is(wfp_test_t *t)
{
    owner_t *o = make(t, 16 * MB);
    char *a = get(o, NULL, 0, MB), *b = get(o, NULL, 0, MB);
    char *c = get(o, NULL, 0, MB);

    CHECK(get(o, b, MB, 0) == NULL);
    CHECK(get(o, a, MB, 2 * MB) == a);
    CHECK(get(o, a, 2 * MB, 10000) == a);
    CHECK(get(o, NULL, 0, MB) == a + 10240);
    CHECK(get(o, c, MB, 0) == NULL);
    wfp_arena_destroy(&o->arena);
}

static void freed_peaks_go_back(wfp_test_t *t)
{
    owner_t *o = make(t, 64 * (apr_size_t)MB);
    static char *blocks[40];
    int i;

    for (i = 0; i < 40; i++) {
        blocks[i] = get(o, NULL, 0, MB);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], 1, MB);
    }
    CHECK(wfp_arena_resident(&o->arena) >= 40 * MB);
    for (i = 0; i < 40; i++) {
        CHECK(get(o, blocks[i], MB, 0) == NULL);
    }
    wfp_arena_trim(&o->arena);
    CHECK(wfp_arena_resident(&o->arena) < 64 * 1024);
    wfp_arena_destroy(&o->arena);
}

/* One block of every slab stays: the memory of the others cannot be had. */
static void fragments_cannot_exceed_the_limit(wfp_test_t *t)
{
    owner_t *o = make(t, 8 * MB);
    static char *blocks[8 * MB / 32];
    int i, n = 0;

    while (n < 8 * MB / 32 && (blocks[n] = get(o, NULL, 0, 32)) != NULL) {
        n++;
    }
    for (i = 0; i < n; i++) {
        if (i % 32) {
            CHECK(get(o, blocks[i], 32, 0) == NULL);
        }
    }
    CHECK(o->arena.used < MB);
    while (get(o, NULL, 0, 48)) {
    }
    CHECK(wfp_arena_resident(&o->arena) <= 12 * MB);
    wfp_arena_destroy(&o->arena);
}

static void charges_count(wfp_test_t *t)
{
    owner_t *o = make(t, MB);

    CHECK(wfp_arena_charge(&o->arena, 600 * 1024));
    CHECK(!wfp_arena_charge(&o->arena, 600 * 1024));
    CHECK(get(o, NULL, 0, 600 * 1024) == NULL);
    CHECK_INT(o->full, 1);
    wfp_arena_discharge(&o->arena, 600 * 1024);
    CHECK(get(o, NULL, 0, 600 * 1024) != NULL);
    CHECK(o->arena.peak >= 600 * 1024);
    wfp_arena_destroy(&o->arena);
}

static void a_leave_that_waits_is_told(wfp_test_t *t)
{
    owner_t *o = make(t, MB);

    o->arena.pending = 1;
    CHECK(get(o, NULL, 0, 10) != NULL);
    CHECK_INT(o->left, 1);
    wfp_arena_destroy(&o->arena);
}

/* Mappings of this process. */
static int count_mappings(void)
{
    FILE *file = fopen("/proc/self/maps", "r");
    int c, n = 0;

    while (file && (c = getc(file)) != EOF) {
        n += c == '\n';
    }
    if (file) {
        (void)fclose(file);
    }
    return n;
}

/* In one child; half of vm.max_map_count is left, also when those that stay
 * have holes between them. */
static void ten_thousand_fit(wfp_test_t *t)
{
    static owner_t *owners[10000];
    int i, before = count_mappings();

    for (i = 0; i < 10000; i++) {
        owners[i] = make(t, 32 * (apr_size_t)MB);
        CHECK(get(owners[i], NULL, 0, 100) != NULL);
    }
    CHECK(count_mappings() - before <= 20000);
    for (i = 0; i < 10000; i += 2) {
        wfp_arena_destroy(&owners[i]->arena);
    }
    CHECK(count_mappings() - before <= 20000);
    for (i = 1; i < 10000; i += 2) {
        wfp_arena_destroy(&owners[i]->arena);
    }
}

/* Two arenas grow in one total: to its end, not beyond. */
static void the_total_holds(wfp_test_t *t)
{
    wfp_arena_total_t total = { .max = 4 * MB };
    owner_t *a = make(t, 32 * MB), *b = make(t, 32 * MB);
    int i;

    wfp_arena_join(&a->arena, &total, NULL, NULL);
    wfp_arena_join(&b->arena, &total, NULL, NULL);
    CHECK_INT(total.bytes, 2 * WFP_ARENA_EXTENT);
    for (i = 0; i < 40 && get(a, NULL, 0, 100 * 1024); i++) {
        CHECK(total.bytes >= (apr_int64_t)wfp_arena_resident(&a->arena));
        CHECK(total.bytes <= total.max);
    }
    CHECK(i > 30 && i < 40);
    CHECK_INT(a->full, 1);
    CHECK(a->arena.crowded);
    /* a small one runs on */
    for (i = 0; i < 8; i++) {
        CHECK(get(b, NULL, 0, 100 * 1024) != NULL);
    }
    CHECK_INT(b->full, 0);
    CHECK(get(b, NULL, 0, 600 * 1024) == NULL);
    CHECK_INT(b->full, 1);
    /* somebody makes room */
    b->rooms = 100;
    CHECK(get(b, NULL, 0, 600 * 1024) != NULL);
    CHECK(b->rooms > 70);
    CHECK_INT(b->full, 1);
    wfp_arena_destroy(&a->arena);
    wfp_arena_destroy(&b->arena);
}

/* What lives outside counts; rest and end give back. */
static void the_total_falls(wfp_test_t *t)
{
    wfp_arena_total_t total = { .max = 4 * MB };
    owner_t *o = make(t, 32 * MB);

    wfp_arena_join(&o->arena, &total, NULL, NULL);
    CHECK(wfp_arena_charge(&o->arena, 2 * MB));
    CHECK(total.bytes > 2 * MB);
    CHECK(!wfp_arena_charge(&o->arena, 2 * MB));
    CHECK(o->arena.crowded);
    wfp_arena_discharge(&o->arena, 2 * MB);
    wfp_arena_settle(&o->arena);
    CHECK_INT(total.bytes, wfp_arena_resident(&o->arena));
    CHECK(wfp_arena_has_room(&total, WFP_ARENA_EXTENT));
    wfp_arena_destroy(&o->arena);
    CHECK_INT(total.bytes, 0);
}

/* MB that an arena gets, 100 KB at a time. */
static double grow(owner_t *o)
{
    int i = 0;

    while (i < 100 && get(o, NULL, 0, 100 * 1024)) {
        i++;
    }
    return i / 10.24;
}

/* Of several shares each has as much as is left. */
static void a_share_leaves_as_much(wfp_test_t *t)
{
    wfp_arena_total_t total = { .max = 9 * MB };
    wfp_arena_share_t one = 0, other = 0;
    owner_t *a = make(t, 32 * MB), *b = make(t, 32 * MB);
    owner_t *c = make(t, 32 * MB), *d = make(t, 32 * MB);
    double n;

    wfp_arena_join(&a->arena, &total, &one, NULL);
    wfp_arena_join(&b->arena, &total, &one, NULL);
    n = grow(a);
    CHECK(n > 3.8 && n < 4.5);
    CHECK_INT(a->full, 1);
    wfp_arena_join(&c->arena, &total, &other, NULL);
    wfp_arena_join(&d->arena, &total, &other, NULL);
    n = grow(c);
    CHECK(n > 1.8 && n < 2.5);
    CHECK_INT(one, a->arena.told + b->arena.told);
    CHECK_INT(total.running, one + other);
    /* what rests is nobody's */
    wfp_arena_settle(&a->arena);
    wfp_arena_settle(&b->arena);
    CHECK_INT(one, 0);
    CHECK_INT(total.running, other);
    wfp_arena_wake(&b->arena, NULL);
    CHECK_INT(one, b->arena.told);
    wfp_arena_destroy(&b->arena);
    CHECK_INT(one, 0);
    wfp_arena_destroy(&a->arena);
    wfp_arena_destroy(&c->arena);
    wfp_arena_destroy(&d->arena);
    CHECK_INT(total.running, 0);
    CHECK_INT(total.bytes, 0);
}

/* Who is alone in its share leaves an eighth. */
static void who_is_alone_leaves_some(wfp_test_t *t)
{
    wfp_arena_total_t total = { .max = 8 * MB };
    wfp_arena_share_t one = 0;
    owner_t *a = make(t, 32 * MB);
    double n;

    wfp_arena_join(&a->arena, &total, &one, NULL);
    n = grow(a);
    CHECK(n > 6.3 && n < 7);
    wfp_arena_destroy(&a->arena);
}

/* Another's share pays: its own does not count, and it keeps nothing. */
static void who_is_led_is_the_payers(wfp_test_t *t)
{
    wfp_arena_total_t total = { .max = 8 * MB };
    wfp_arena_share_t payer = 0, own = 0;
    owner_t *a = make(t, 32 * MB), *b = make(t, 32 * MB);

    wfp_arena_join(&a->arena, &total, &payer, NULL);
    CHECK(grow(a) > 6);
    wfp_arena_join(&b->arena, &total, &own, &payer);
    CHECK_INT(own, 0);
    CHECK_INT(payer, a->arena.told + b->arena.told);
    CHECK(grow(b) < 0.1);
    wfp_arena_settle(&b->arena);
    /* asked for itself it may hold a little, whatever others do */
    wfp_arena_wake(&b->arena, NULL);
    CHECK_INT(own, b->arena.told);
    CHECK(grow(b) > 0.7);
    wfp_arena_destroy(&a->arena);
    wfp_arena_destroy(&b->arena);
    CHECK_INT(own, 0);
    CHECK_INT(payer, 0);
}

/* What it freed and kept does not stand in its way when others have all. */
static void what_is_free_is_given_first(wfp_test_t *t)
{
    wfp_arena_total_t total = { .max = 8 * MB };
    wfp_arena_share_t one = 0;
    owner_t *a = make(t, 32 * MB);
    void *blocks[8];
    int i;

    wfp_arena_join(&a->arena, &total, &one, NULL);
    for (i = 0; i < 8; i++) {
        blocks[i] = get(a, NULL, 0, 100 * 1024);
        /* keeps it from its neighbour when both are free */
        CHECK(get(a, NULL, 0, 2048) != NULL);
    }
    for (i = 0; i < 8; i++) {
        (void)get(a, blocks[i], 100 * 1024, 0);
    }
    CHECK(wfp_arena_resident(&a->arena) > 800 * 1024);
    total.bytes += total.max;
    total.running += total.max;
    CHECK(get(a, NULL, 0, 600 * 1024) != NULL);
    CHECK_INT(a->full, 0);
    CHECK(wfp_arena_resident(&a->arena) <= WFP_ARENA_KEEP);
    CHECK(get(a, NULL, 0, 600 * 1024) == NULL);
    CHECK_INT(a->full, 1);
    total.bytes -= total.max;
    total.running -= total.max;
    wfp_arena_destroy(&a->arena);
    CHECK_INT(total.bytes, 0);
}

static const wfp_test_case_t cases[] = {
    { "blocks_keep_their_bytes", blocks_keep_their_bytes },
    { "costs_are_real", costs_are_real },
    { "the_limit_is_told", the_limit_is_told },
    { "small_blocks_reach_the_limit", small_blocks_reach_the_limit },
    { "a_large_block_grows_where_it_is", a_large_block_grows_where_it_is },
    { "freed_peaks_go_back", freed_peaks_go_back },
    { "fragments_cannot_exceed_the_limit", fragments_cannot_exceed_the_limit },
    { "charges_count", charges_count },
    { "a_leave_that_waits_is_told", a_leave_that_waits_is_told },
    { "ten_thousand_fit", ten_thousand_fit },
    { "the_total_holds", the_total_holds },
    { "the_total_falls", the_total_falls },
    { "what_is_free_is_given_first", what_is_free_is_given_first },
    { "a_share_leaves_as_much", a_share_leaves_as_much },
    { "who_is_alone_leaves_some", who_is_alone_leaves_some },
    { "who_is_led_is_the_payers", who_is_led_is_the_payers },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
