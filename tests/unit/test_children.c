/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of processes, side by side. */
#include "core/children.h"

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

#define ROUNDS 20000

/* Whoever reads while processes go and come sees no counter step back. */
static void counters_never_step_back(wfp_test_t *t)
{
    wfp_children_t *children = make(t);
    wfp_child_figures_t one = { { 0 } }, sum;
    apr_uint64_t seen = 0;
    int i, status = 0;
    pid_t reader;

    fflush(stdout);
    reader = fork();
    if (reader == 0) {
        do {
            (void)wfp_children_sum(&sum, children);
            if (sum.n[WFP_CHILD_TRANSFERS] < seen) {
                _exit(1);
            }
            seen = sum.n[WFP_CHILD_TRANSFERS];
        } while (seen < ROUNDS);
        _exit(seen == ROUNDS ? 0 : 2);
    }
    one.n[WFP_CHILD_TRANSFERS] = 1;
    for (i = 1; i <= ROUNDS; i++) {
        wfp_children_tell(children, wfp_children_join(children, i), &one);
        wfp_children_left(children, i);
    }
    CHECK(waitpid(reader, &status, 0) == reader && status == 0);
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
