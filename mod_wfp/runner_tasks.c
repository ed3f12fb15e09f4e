/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that run Workers for the runner: one a task, so that what waits holds
 * up nobody else. A namespace has no more of them than are left free, so whatever
 * its Workers do the next one finds some; and a Worker has its second while its
 * namespace has few only, so those beside it find some, too.
 */
#include "mod_wfp/runner_tasks.h"
#include "mod_wfp/work.h"

#include <string.h>

#include "core/lock.h"
#include "core/thread.h"

#define THREADS      32
#define THREADS_EACH 2             /* of a Worker */
#define THREADS_FEW  (THREADS / 4) /* of a namespace */

typedef struct place_t {
    wfp_runner_tasks_t *tasks;
    apr_thread_t *thread; /* NULL: none was made yet */
    wfp_task_t *task;     /* under lock; NULL: idle */
} place_t;

struct wfp_runner_tasks_t {
    apr_pool_t *pool;
    wfp_lock_t *lock;
    wfp_cond_t *wake;
    wfp_cond_t *done;
    /* under lock: */
    place_t places[THREADS];
    int count; /* of tasks */
    int stop;
};

apr_status_t wfp_runner_tasks_create(wfp_runner_tasks_t **ptasks, apr_pool_t *p)
{
    wfp_runner_tasks_t *tasks = apr_pcalloc(p, sizeof(*tasks));
    apr_status_t rv;
    int i;

    tasks->pool = p;
    for (i = 0; i < THREADS; i++) {
        tasks->places[i].tasks = tasks;
    }
    rv = wfp_lock_make_both(&tasks->lock, &tasks->wake, p);
    if (rv == APR_SUCCESS) {
        rv = wfp_lock_make_cond(&tasks->done, tasks->lock, p);
    }
    *ptasks = tasks;
    return rv;
}

static void *APR_THREAD_FUNC task_main(apr_thread_t *thread, void *data)
{
    place_t *place = data;
    wfp_runner_tasks_t *tasks = place->tasks;

    wfp_lock_take(tasks->lock);
    while (place->task || !tasks->stop) {
        wfp_task_t *task = place->task;

        if (!task) {
            wfp_lock_wait(tasks->wake);
            continue;
        }
        wfp_lock_leave(tasks->lock);
        task->run(task);
        wfp_lock_take(tasks->lock);
        place->task = NULL;
        tasks->count--;
        wfp_lock_leave(tasks->lock);
        wfp_work_finish(task->work); /* task is in its pool */
        wfp_lock_wake_all(tasks->done);
        wfp_lock_take(tasks->lock);
    }
    wfp_lock_leave(tasks->lock);
    return NULL;
}

/* May the Worker have one more? */
static int may_locked(const wfp_runner_tasks_t *tasks, const char *ns,
                      const char *name)
{
    int i, own = 0, of_ns = 0;

    for (i = 0; i < THREADS; i++) {
        const wfp_task_t *task = tasks->places[i].task;

        if (task && !strcmp(task->ns, ns)) {
            of_ns++;
            own += !strcmp(task->name, name);
        }
    }
    return of_ns < THREADS - tasks->count
           && (own == 0 || (own < THREADS_EACH && of_ns < THREADS_FEW));
}

int wfp_runner_tasks_may(wfp_runner_tasks_t *tasks, const char *ns,
                         const char *name)
{
    int may;

    wfp_lock_take(tasks->lock);
    may = may_locked(tasks, ns, name);
    wfp_lock_leave(tasks->lock);
    return may;
}

/* An idle place, one that has a thread if there is such; NULL. */
static place_t *idle_locked(wfp_runner_tasks_t *tasks)
{
    place_t *found = NULL;
    int i;

    for (i = 0; i < THREADS; i++) {
        place_t *place = &tasks->places[i];

        if (!place->task && (!found || (place->thread && !found->thread))) {
            found = place;
        }
    }
    return found;
}

int wfp_runner_tasks_hand(wfp_runner_tasks_t *tasks, wfp_task_t *task)
{
    place_t *place = NULL;

    wfp_lock_take(tasks->lock);
    if (!tasks->stop && may_locked(tasks, task->ns, task->name)) {
        place = idle_locked(tasks);
    }
    /* one thread hands over, so the lock is held for nobody else's sake here */
    if (place && !place->thread
        && wfp_thread_start(&place->thread, task_main, place, tasks->pool)
               != APR_SUCCESS) {
        place->thread = NULL;
        place = NULL;
    }
    if (place) {
        place->task = task;
        tasks->count++;
        wfp_lock_wake_all(tasks->wake);
    }
    wfp_lock_leave(tasks->lock);
    return place != NULL;
}

int wfp_runner_tasks_count(wfp_runner_tasks_t *tasks)
{
    int count;

    wfp_lock_take(tasks->lock);
    count = tasks->count;
    wfp_lock_leave(tasks->lock);
    return count;
}

int wfp_runner_tasks_room(wfp_runner_tasks_t *tasks)
{
    return THREADS - wfp_runner_tasks_count(tasks);
}

int wfp_runner_tasks_await(wfp_runner_tasks_t *tasks, apr_interval_time_t time)
{
    int count;

    wfp_lock_take(tasks->lock);
    if (tasks->count > 0) {
        (void)wfp_lock_wait_for(tasks->done, time);
    }
    count = tasks->count;
    wfp_lock_leave(tasks->lock);
    return count;
}

void wfp_runner_tasks_stop(wfp_runner_tasks_t *tasks)
{
    wfp_lock_take(tasks->lock);
    tasks->stop = 1;
    wfp_lock_wake_all(tasks->wake);
    wfp_lock_leave(tasks->lock);
}

void wfp_runner_tasks_join(wfp_runner_tasks_t *tasks)
{
    apr_status_t rv;
    int i;

    for (i = 0; i < THREADS; i++) {
        if (tasks->places[i].thread) {
            (void)apr_thread_join(&rv, tasks->places[i].thread);
        }
    }
}
