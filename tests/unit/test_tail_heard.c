/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "core/tail_heard.h"
#include "tests/unit/wfp_test.h"

#define BEGUN apr_time_from_sec(1000)

static wfp_tail_heard_t *make(wfp_test_t *t)
{
    wfp_tail_heard_t *heard = apr_pcalloc(t->pool, sizeof(*heard));

    heard->seed = 12345;
    return heard;
}

static void hear(wfp_tail_heard_t *heard, apr_uint32_t a, apr_uint32_t b)
{
    apr_uint32_t numbers[] = { a, b };

    wfp_tail_heard_publish(heard, numbers, 2);
}

/* How many of n are told. */
static int told_of(wfp_tail_heard_t *heard, apr_uint32_t number, int n)
{
    int told = 0;

    while (n-- > 0) {
        told += wfp_tail_heard_claim(heard, number) == WFP_TAIL_TAKES;
    }
    return told;
}

static void who_is_heard(wfp_test_t *t)
{
    wfp_tail_heard_t *heard = make(t);

    CHECK(wfp_tail_heard_claim(heard, 7) == WFP_TAIL_NOBODY);
    hear(heard, 7, 9);
    CHECK_INT(heard->count, 2);
    CHECK(wfp_tail_heard_claim(heard, 7) == WFP_TAIL_TAKES);
    CHECK(wfp_tail_heard_claim(heard, 9) == WFP_TAIL_TAKES);
    CHECK(wfp_tail_heard_claim(heard, 8) == WFP_TAIL_NOBODY);
    wfp_tail_heard_publish(heard, NULL, 0);
    CHECK_INT(heard->count, 0);
    CHECK_INT(heard->used, 0);
    CHECK(wfp_tail_heard_claim(heard, 7) == WFP_TAIL_NOBODY);
}

static void numbers_have_a_seed(wfp_test_t *t)
{
    wfp_tail_heard_t *heard = make(t);
    apr_uint32_t number = wfp_tail_heard_number(heard, "n", "a");

    CHECK(number != 0);
    CHECK(number != wfp_tail_heard_number(heard, "n", "b"));
    CHECK(number != wfp_tail_heard_number(heard, "", "na"));
    heard->seed++;
    CHECK(number != wfp_tail_heard_number(heard, "n", "a"));
}

static void so_many_a_second(wfp_test_t *t)
{
    wfp_tail_heard_t *heard = make(t);

    hear(heard, 7, 9);
    wfp_tail_heard_refill(heard, 7, BEGUN);
    CHECK_INT(told_of(heard, 7, 3000), WFP_TAIL_HEARD_BURST);
    CHECK_INT(wfp_tail_heard_missed(heard, 7), 1000);
    CHECK_INT(wfp_tail_heard_missed(heard, 9), 0);
    CHECK_INT(told_of(heard, 9, 10), 10);
    wfp_tail_heard_miss(heard, 9);
    CHECK_INT(wfp_tail_heard_missed(heard, 9), 1);
    wfp_tail_heard_refill(heard, 7, BEGUN + apr_time_from_msec(100));
    CHECK_INT(told_of(heard, 7, 3000), WFP_TAIL_HEARD_RATE / 10);
    /* another process that serves it looks at once */
    wfp_tail_heard_refill(heard, 7, BEGUN + apr_time_from_msec(100));
    CHECK_INT(told_of(heard, 7, 10), 0);
    wfp_tail_heard_refill(heard, 7, BEGUN + apr_time_from_sec(1000));
    CHECK_INT(told_of(heard, 7, 3000), WFP_TAIL_HEARD_BURST);
    /* the clock does not go back, and if it does nothing comes of it */
    wfp_tail_heard_refill(heard, 7, BEGUN);
    CHECK_INT(told_of(heard, 7, 10), 0);
}

/* A Worker that more listen to, or fewer, keeps its count and its place. */
static void places_stay(wfp_test_t *t)
{
    wfp_tail_heard_t *heard = make(t);

    hear(heard, 7, 9);
    (void)told_of(heard, 9, 2100);
    hear(heard, 9, 9);
    CHECK(wfp_tail_heard_claim(heard, 7) == WFP_TAIL_NOBODY);
    CHECK_INT(wfp_tail_heard_missed(heard, 9), 100);
    hear(heard, 11, 9);
    CHECK_INT(heard->used, 2);
    CHECK_INT(wfp_tail_heard_missed(heard, 9), 100);
    CHECK_INT(told_of(heard, 9, 10), 0);
    /* whoever comes to a place begins anew */
    CHECK_INT(told_of(heard, 11, 2100), WFP_TAIL_HEARD_BURST);
}

static void as_many_as_there_may_be(wfp_test_t *t)
{
    wfp_tail_heard_t *heard = make(t);
    apr_uint32_t numbers[WFP_TAIL_HEARD_MAX], i;

    for (i = 0; i < WFP_TAIL_HEARD_MAX; i++) {
        numbers[i] = i + 1;
    }
    wfp_tail_heard_publish(heard, numbers, WFP_TAIL_HEARD_MAX);
    for (i = 0; i < WFP_TAIL_HEARD_MAX; i++) {
        CHECK_INT(told_of(heard, i + 1, 1), 1);
        numbers[i] += WFP_TAIL_HEARD_MAX;
    }
    wfp_tail_heard_publish(heard, numbers, WFP_TAIL_HEARD_MAX);
    CHECK_INT(told_of(heard, 1, 1), 0);
    CHECK_INT(told_of(heard, 2 * WFP_TAIL_HEARD_MAX, 1), 1);
}

typedef struct claims_t {
    wfp_tail_heard_t *heard;
    int told;
} claims_t;

static void *claim_many(void *data)
{
    claims_t *claims = data;

    claims->told = told_of(claims->heard, 7, 5000);
    return NULL;
}

/* What is told and what is left out is all there was. */
static void threads(wfp_test_t *t)
{
    claims_t claims[4];
    pthread_t thread[4];
    wfp_tail_heard_t *heard = make(t);
    int i, told = 0;

    hear(heard, 7, 9);
    wfp_tail_heard_refill(heard, 7, BEGUN);
    for (i = 0; i < 4; i++) {
        claims[i].heard = heard;
        CHECK(pthread_create(&thread[i], NULL, claim_many, &claims[i]) == 0);
    }
    for (i = 0; i < 4; i++) {
        CHECK(pthread_join(thread[i], NULL) == 0);
        told += claims[i].told;
    }
    CHECK_INT(told, WFP_TAIL_HEARD_BURST);
    CHECK_INT(wfp_tail_heard_missed(heard, 7), 20000 - told);
}

static const wfp_test_case_t cases[] = {
    { "who is heard", who_is_heard },
    { "numbers have a seed", numbers_have_a_seed },
    { "so many a second", so_many_a_second },
    { "places stay", places_stay },
    { "as many as there may be", as_many_as_there_may_be },
    { "threads", threads },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
