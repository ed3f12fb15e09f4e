/* SPDX-License-Identifier: Apache-2.0 */
/* Sleeping tasks wake in the order of their times. */
#include "lua_runtime/sleepers.h"

#include "tests/unit/wfp_test.h"

#define TASKS 10000

static wfp_task_t *make_tasks(wfp_test_t *t, apr_time_t times)
{
    wfp_task_t *tasks = apr_pcalloc(t->pool, TASKS * sizeof(*tasks));
    apr_uint32_t seed = 1;
    int i;

    for (i = 0; i < TASKS; i++) {
        seed = seed * 1103515245 + 12345;
        tasks[i].slot = i;
        tasks[i].wake_at = (apr_time_t)(seed >> 8) % times;
    }
    return tasks;
}

/* Takes n; they come in order, those of one time as they were added. */
static void take(wfp_test_t *t, wfp_driver_t *driver, int n)
{
    apr_time_t time = -1;
    int slot = 0;

    for (; n > 0; n--) {
        wfp_task_t *task;

        CHECK(driver->sleepers != NULL);
        task = wfp_sleepers_take(driver);
        CHECK(task->wake_at > time
              || (task->wake_at == time && task->slot > slot));
        time = task->wake_at;
        slot = task->slot;
    }
}

static void they_wake_in_order(wfp_test_t *t)
{
    static const apr_time_t spreads[] = { 1, 7, 1000000 };
    int s, i;

    for (s = 0; s < 3; s++) {
        wfp_task_t *tasks = make_tasks(t, spreads[s]);
        wfp_driver_t driver = { 0 };

        for (i = 0; i < TASKS; i++) {
            wfp_sleepers_add(&driver, &tasks[i]);
        }
        take(t, &driver, TASKS);
        CHECK(driver.sleepers == NULL);
    }
}

static void they_come_and_go(wfp_test_t *t)
{
    wfp_task_t *tasks = make_tasks(t, 1000);
    wfp_driver_t driver = { 0 };
    int i;

    for (i = 0; i < TASKS; i += 10) {
        int k;

        for (k = 0; k < 10; k++) {
            wfp_sleepers_add(&driver, &tasks[i + k]);
        }
        take(t, &driver, 7);
    }
    take(t, &driver, TASKS / 10 * 3);
    CHECK(driver.sleepers == NULL);
}

static const wfp_test_case_t cases[] = {
    { "they wake in order", they_wake_in_order },
    { "they come and go", they_come_and_go },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
