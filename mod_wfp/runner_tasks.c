/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that run Workers for the runner: one a task, so that what waits holds
 * up nobody else; a Worker has an eighth, so that it cannot hold them all.
 */
#include "mod_wfp/runner_tasks.h"

#include <string.h>

#include "core/lock.h"
#include "core/thread.h"

#define THREADS      16
#define THREADS_EACH (THREADS / 8)

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
        wfp_invoke_finish(task->work); /* task is in its pool */
        wfp_lock_wake_all(tasks->done);
        wfp_lock_take(tasks->lock);
    }
    wfp_lock_leave(tasks->lock);
    return NULL;
}

static int is_same_worker(const wfp_task_t *a, const wfp_task_t *b)
{
    return a && !strcmp(a->name, b->name) && !strcmp(a->ns, b->ns);
}

/* An idle place for the task, one that has a thread if there is such; NULL. */
static place_t *place_for_locked(wfp_runner_tasks_t *tasks,
                                 const wfp_task_t *task)
{
    place_t *found = NULL;
    int i, own = 0;

    for (i = 0; i < THREADS; i++) {
        place_t *place = &tasks->places[i];

        own += is_same_worker(place->task, task);
        if (!place->task && (!found || (place->thread && !found->thread))) {
            found = place;
        }
    }
    return own < THREADS_EACH ? found : NULL;
}

int wfp_runner_tasks_hand(wfp_runner_tasks_t *tasks, wfp_task_t *task)
{
    place_t *place = NULL;

    wfp_lock_take(tasks->lock);
    if (!tasks->stop) {
        place = place_for_locked(tasks, task);
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
