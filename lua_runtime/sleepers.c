/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pairing heap of sleeping tasks, for ops.c: thousands of them must cost what
 * they are, not its square. A task's `child` is the first of those that wake
 * after it, `next` chains these.
 */
#include "lua_runtime/sleepers.h"

static int is_before(const wfp_task_t *a, const wfp_task_t *b)
{
    return a->wake_at != b->wake_at ? a->wake_at < b->wake_at
                                    : a->turn < b->turn;
}

/* One heap of two, neither with a sibling. NULL: there is none. */
static wfp_task_t *meld(wfp_task_t *a, wfp_task_t *b)
{
    if (!a || !b) {
        return a ? a : b;
    }
    if (is_before(b, a)) {
        wfp_task_t *first = b;

        b = a;
        a = first;
    }
    b->next = a->child;
    a->child = b;
    return a;
}

/* Unlinks the first of a chain. */
static wfp_task_t *pop(wfp_task_t **chain)
{
    wfp_task_t *task = *chain;

    if (task) {
        *chain = task->next;
        task->next = NULL;
    }
    return task;
}

void wfp_sleepers_add(wfp_driver_t *driver, wfp_task_t *task)
{
    task->turn = driver->sleeps++;
    task->child = NULL;
    task->next = NULL;
    driver->sleepers = meld(driver->sleepers, task);
}

wfp_task_t *wfp_sleepers_take(wfp_driver_t *driver)
{
    wfp_task_t *first = driver->sleepers, *pairs = NULL, *heap = NULL;

    while (first->child) {
        wfp_task_t *a = pop(&first->child);
        wfp_task_t *pair = meld(a, pop(&first->child));

        pair->next = pairs;
        pairs = pair;
    }
    while (pairs) {
        heap = meld(heap, pop(&pairs));
    }
    driver->sleepers = heap;
    return first;
}
