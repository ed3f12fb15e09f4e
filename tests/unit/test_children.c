/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of processes, side by side. */
#include "core/children.h"

#include <apr_shm.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/wfp_test.h"

static wfp_children_t *make(wfp_test_t *t)
{
    wfp_children_t *children = NULL;

    CHECK_INT(wfp_children_create(&children, NULL, t->pool), APR_SUCCESS);
    return children;
}

static void what_is_stays_and_what_was_goes(wfp_test_t *t)
{
    wfp_children_t *children = make(t);
    wfp_child_figures_t one = { { 0 } }, sum;
    int a = wfp_children_join(children, 10),
        b = wfp_children_join(children, 20);

    CHECK(a >= 0 && b >= 0 && a != b);
    one.n[WFP_CHILD_IDLE] = 3;
    one.n[WFP_CHILD_TRANSFERS] = 100;
    wfp_children_tell(children, a, &one);
    one.n[WFP_CHILD_IDLE] = 4;
    one.n[WFP_CHILD_TRANSFERS] = 11;
    wfp_children_tell(children, b, &one);
    wfp_children_tell(children, -1, &one);
    CHECK_INT(wfp_children_sum(&sum, children), 2);
    CHECK_INT(sum.n[WFP_CHILD_IDLE], 7);
    CHECK_INT(sum.n[WFP_CHILD_TRANSFERS], 111);
    CHECK_INT(wfp_children_place(children, 20), b);
    wfp_children_left(children, 10);
    CHECK_INT(wfp_children_place(children, 10), -1);
    wfp_children_left(children, 10);
    wfp_children_left(children, 30);
    CHECK_INT(wfp_children_sum(&sum, children), 1);
    CHECK_INT(sum.n[WFP_CHILD_IDLE], 4);
    CHECK_INT(sum.n[WFP_CHILD_TRANSFERS], 111);
    /* the place is another's now, and what it begins with is nothing */
    CHECK_INT(wfp_children_join(children, 30), a);
    CHECK_INT(wfp_children_sum(&sum, children), 2);
    CHECK_INT(sum.n[WFP_CHILD_TRANSFERS], 111);
}

static void one_too_many_has_no_place(wfp_test_t *t)
{
    wfp_children_t *children = make(t);
    wfp_child_figures_t sum;
    int i;

    for (i = 0; i < WFP_CHILDREN_MAX; i++) {
        CHECK_INT(wfp_children_join(children, i + 1), i);
    }
    CHECK_INT(wfp_children_join(children, 99999), -1);
    CHECK_INT(wfp_children_sum(&sum, children), WFP_CHILDREN_MAX);
}

#define ROUNDS 2000000

/* From now on, this process and those it forks share one processor. */
static int share_processor(cpu_set_t *before)
{
    cpu_set_t one;
    int i = 0;

    if (sched_getaffinity(0, sizeof(*before), before) != 0) {
        return 0;
    }
    while (!CPU_ISSET(i, before)) {
        i++;
    }
    CPU_ZERO(&one);
    CPU_SET(i, &one);
    return sched_setaffinity(0, sizeof(one), &one) == 0;
}

/* Read until all is told. told: how much was, at least. @return 0: no counter
 * stepped back or was ahead */
static int read_all(wfp_children_t *children, const apr_uint64_t *told)
{
    wfp_child_figures_t sum;
    apr_uint64_t seen = 0, now;

    do {
        (void)wfp_children_sum(&sum, children);
        now = sum.n[WFP_CHILD_TRANSFERS];
        if (now < seen || now > __atomic_load_n(told, __ATOMIC_ACQUIRE)) {
            return 1;
        }
        seen = now;
    } while (seen < ROUNDS);
    return 0;
}

/* Whoever reads while processes go and come sees no counter step back, also when
 * the parent has lost its processor to him. */
static void counters_never_step_back(wfp_test_t *t)
{
    wfp_children_t *children = make(t);
    wfp_child_figures_t one = { { 0 } };
    apr_uint64_t *told, i;
    apr_shm_t *shm;
    cpu_set_t processors;
    int status = 0;
    pid_t reader;

    CHECK_INT(apr_shm_create(&shm, sizeof(*told), NULL, t->pool), APR_SUCCESS);
    told = apr_shm_baseaddr_get(shm);
    CHECK(share_processor(&processors));
    fflush(stdout);
    reader = fork();
    if (reader == 0) {
        _exit(read_all(children, told));
    }
    one.n[WFP_CHILD_TRANSFERS] = 1;
    for (i = 1; i <= ROUNDS; i++) {
        __atomic_store_n(told, i, __ATOMIC_RELEASE);
        wfp_children_tell(children, wfp_children_join(children, (int)i), &one);
        wfp_children_left(children, (int)i);
    }
    CHECK(waitpid(reader, &status, 0) == reader && status == 0);
    CHECK(sched_setaffinity(0, sizeof(processors), &processors) == 0);
}

static const wfp_test_case_t cases[] = {
    { "what is stays and what was goes", what_is_stays_and_what_was_goes },
    { "one too many has no place", one_too_many_has_no_place },
    { "counters never step back", counters_never_step_back },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
