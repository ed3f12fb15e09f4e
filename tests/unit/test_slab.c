/* SPDX-License-Identifier: Apache-2.0 */
/* The allocator in shared memory: blocks do not overlap, neighbours merge,
 * and all of it can be made anew from the blocks in use. */
#include "core/slab.h"
#include "tests/unit/wfp_test.h"

#define UNITS 1000

static void make(wfp_slab_t *slab, wfp_test_t *t)
{
    slab->state = apr_pcalloc(t->pool, sizeof(*slab->state));
    slab->cells = apr_pcalloc(t->pool, UNITS * sizeof(*slab->cells));
    slab->area = apr_pcalloc(t->pool, UNITS * WFP_SLAB_UNIT);
    wfp_slab_format(slab, UNITS);
}

static const char *wrong(const wfp_slab_t *slab)
{
    const char *what = "";

    return wfp_slab_validate(&what, slab) == APR_SUCCESS ? "" : what;
}

static void slab_takes_the_whole_area(wfp_test_t *t)
{
    apr_uint32_t block;
    wfp_slab_t slab;

    make(&slab, t);
    block = wfp_slab_take(&slab, UNITS, 1);
    CHECK_INT(block, 1);
    CHECK_INT(wfp_slab_take(&slab, 1, 2), 0);
    CHECK_INT(wfp_slab_give(&slab, block), UNITS);
    CHECK_INT(slab.state->free_units, UNITS);
    CHECK_STR(wrong(&slab), "");
}

static void slab_refuses_none_and_too_many(wfp_test_t *t)
{
    wfp_slab_t slab;

    make(&slab, t);
    CHECK_INT(wfp_slab_take(&slab, 0, 1), 0);
    CHECK_INT(wfp_slab_take(&slab, UNITS + 1, 1), 0);
}

static void slab_merges_on_both_sides(wfp_test_t *t)
{
    apr_uint32_t a, b, c;
    wfp_slab_t slab;

    make(&slab, t);
    a = wfp_slab_take(&slab, 300, 1);
    b = wfp_slab_take(&slab, 1, 2);
    c = wfp_slab_take(&slab, UNITS - 301, 3);
    CHECK(a && b && c);
    CHECK_INT(slab.state->free_units, 0);
    CHECK_INT(wfp_slab_give(&slab, a), 300);
    CHECK_INT(wfp_slab_give(&slab, c), UNITS);
    CHECK_INT(wfp_slab_take(&slab, 800, 4), 0);
    CHECK_INT(wfp_slab_give(&slab, b), UNITS);
    CHECK_STR(wrong(&slab), "");
    CHECK_INT(wfp_slab_take(&slab, UNITS, 4), 1);
}

static void slab_keeps_the_hand_on_a_start(wfp_test_t *t)
{
    apr_uint32_t a, b;
    wfp_slab_t slab;

    make(&slab, t);
    a = wfp_slab_take(&slab, 10, 1);
    b = wfp_slab_take(&slab, 10, 2);
    slab.state->hand = b - 1;
    (void)wfp_slab_give(&slab, a);
    (void)wfp_slab_give(&slab, b);
    CHECK_STR(wrong(&slab), "");
    CHECK_INT(slab.state->hand, 0);
}

/* A small generator of our own: the same run every time. */
static apr_uint32_t any(apr_uint32_t *seed, apr_uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % below;
}

static void slab_survives_a_random_life(wfp_test_t *t)
{
    apr_uint32_t block[100] = { 0 }, len[100], seed = 1, i, n;
    wfp_slab_run_t run;
    wfp_slab_t slab;

    make(&slab, t);
    for (n = 0; n < 20000; n++) {
        i = any(&seed, 100);
        if (block[i]) {
            wfp_slab_at(&run, &slab, block[i] - 1);
            CHECK_INT(run.owner, i + 1);
            CHECK_INT(run.units, len[i]);
            (void)wfp_slab_give(&slab, block[i]);
            block[i] = 0;
            continue;
        }
        len[i] = 1 + any(&seed, any(&seed, 10) ? 20 : 200);
        block[i] = wfp_slab_take(&slab, len[i], i + 1);
        if (n % 100 == 0) {
            CHECK_STR(wrong(&slab), "");
        }
    }
    CHECK_STR(wrong(&slab), "");
    for (i = 0; i < 100; i++) {
        if (block[i]) {
            (void)wfp_slab_give(&slab, block[i]);
        }
    }
    CHECK_STR(wrong(&slab), "");
    CHECK_INT(wfp_slab_take(&slab, UNITS, 1), 1);
}

static void slab_is_rebuilt_from_the_blocks(wfp_test_t *t)
{
    apr_uint32_t a, b;
    wfp_slab_t slab;

    make(&slab, t);
    a = wfp_slab_take(&slab, 10, 1);
    (void)wfp_slab_take(&slab, 20, 2);
    b = wfp_slab_take(&slab, 30, 3);
    memset(slab.state->list, 0x7f, sizeof(slab.state->list));
    slab.cells[5].what = 77;
    wfp_slab_rebuild_begin(&slab);
    CHECK_INT(wfp_slab_rebuild_mark(&slab, b, 30, 3), APR_SUCCESS);
    CHECK_INT(wfp_slab_rebuild_mark(&slab, a, 10, 1), APR_SUCCESS);
    CHECK_INT(wfp_slab_rebuild_mark(&slab, a + 5, 3, 9), APR_EINVAL);
    CHECK_INT(wfp_slab_rebuild_mark(&slab, UNITS, 2, 9), APR_EINVAL);
    CHECK_INT(wfp_slab_rebuild_mark(&slab, 0, 1, 9), APR_EINVAL);
    wfp_slab_rebuild_end(&slab);
    CHECK_STR(wrong(&slab), "");
    CHECK_INT(slab.state->free_units, UNITS - 40);
    CHECK_INT(wfp_slab_take(&slab, 20, 2), a + 10);
}

static void slab_validate_sees_damage(wfp_test_t *t)
{
    wfp_slab_t slab;

    make(&slab, t);
    (void)wfp_slab_take(&slab, 10, 1);
    slab.cells[0].units = 11;
    CHECK(*wrong(&slab));
    slab.cells[0].units = 10;
    CHECK_STR(wrong(&slab), "");
    slab.state->free_units--;
    CHECK(*wrong(&slab));
}

static const wfp_test_case_t cases[] = {
    { "slab_takes_the_whole_area", slab_takes_the_whole_area },
    { "slab_refuses_none_and_too_many", slab_refuses_none_and_too_many },
    { "slab_merges_on_both_sides", slab_merges_on_both_sides },
    { "slab_keeps_the_hand_on_a_start", slab_keeps_the_hand_on_a_start },
    { "slab_survives_a_random_life", slab_survives_a_random_life },
    { "slab_is_rebuilt_from_the_blocks", slab_is_rebuilt_from_the_blocks },
    { "slab_validate_sees_damage", slab_validate_sees_damage },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
