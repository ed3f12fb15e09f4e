/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small pool of threads that runs waitUntil functions. One user Worker, with
 * those that its calls led to, may hold half of the places and of
 * WfpIsolateMemory and a quarter of the threads at most, and what waited for
 * longer than it might have run is dropped: functions that sleep keep nobody
 * else's from running.
 */
#include "mod_wfp/background.h"

#include <string.h>

#include "core/clock.h"
#include "core/lock.h"
#include "core/thread.h"
#include "mod_wfp/ending.h"
#include "mod_wfp/log.h"
#include "mod_wfp/work.h"

#define THREADS      8
#define THREADS_EACH (THREADS / 4)
#define PLACES       256
#define PLACES_EACH  (PLACES / 2)

typedef struct place_t {
    wfp_work_t *work;
    apr_time_t until;  /* its time is over then */
    apr_int64_t bytes; /* what its isolates may hold */
} place_t;

struct wfp_background_t {
    wfp_server_t *server;
    wfp_lock_t *lock;
    wfp_cond_t *wake;
    apr_thread_t *threads[THREADS];
    /* under lock */
    place_t waiting[PLACES]; /* the oldest first */
    int count;
    place_t running[THREADS];
    int running_count;
    apr_time_t stop; /* 0; at exit: run on until then */
};

static const wfp_entry_t *worker_of(const wfp_work_t *work)
{
    return work->last_user ? &work->last_user->entry : &work->first->entry;
}

/* Are two works one Worker's? Where user Workers ran, of the outermost. */
static int is_same(const wfp_work_t *a, const wfp_work_t *b)
{
    const wfp_entry_t *one = worker_of(a), *other = worker_of(b);

    if (a->payer || b->payer) {
        return a->payer == b->payer;
    }
    return !strcmp(one->name, other->name) && !strcmp(one->ns, other->ns);
}

static int count_of_worker(const place_t *places, int count,
                           const wfp_work_t *work)
{
    int i, n = 0;

    for (i = 0; i < count; i++) {
        n += is_same(places[i].work, work);
    }
    return n;
}

/* Memory of those places; of: of this work's Worker only, NULL: of all. */
static apr_int64_t bytes_of(const place_t *places, int count,
                            const wfp_work_t *of)
{
    apr_int64_t bytes = 0;
    int i;

    for (i = 0; i < count; i++) {
        if (!of || is_same(places[i].work, of)) {
            bytes += places[i].bytes;
        }
    }
    return bytes;
}

static apr_int64_t bytes_of_work(const wfp_work_t *work)
{
    const wfp_host_ctx_t *ctx;
    apr_int64_t bytes = 0;

    for (ctx = work->first; ctx; ctx = ctx->next) {
        if (ctx->inv) {
            wfp_usage_t usage = { 0 };

            wfp_run_usage(&usage, ctx->inv);
            bytes += usage.memory_peak;
        }
    }
    return bytes;
}

/* Is there memory for what this work holds? The first may always come. */
static int has_room_locked(const wfp_background_t *bg, const place_t *place)
{
    const wfp_work_t *work = place->work;
    apr_int64_t max = wfp_config_num(bg->server->conf->isolate_memory,
                                     WFP_DEFAULT_ISOLATE_MEMORY);
    apr_int64_t all = bytes_of(bg->waiting, bg->count, NULL)
                      + bytes_of(bg->running, bg->running_count, NULL);
    apr_int64_t own = bytes_of(bg->waiting, bg->count, work)
                      + bytes_of(bg->running, bg->running_count, work);

    return (all == 0 || all + place->bytes <= max)
           && (own == 0 || own + place->bytes <= max / 2);
}

static void remove_place(place_t *places, int *pcount, int i)
{
    (*pcount)--;
    memmove(places + i, places + i + 1,
            (apr_size_t)(*pcount - i) * sizeof(*places));
}

/* The oldest work whose Worker may have another thread; 0: there is none. */
static int take_next_locked(place_t *next, wfp_background_t *bg)
{
    int i;

    for (i = 0; i < bg->count; i++) {
        *next = bg->waiting[i];
        if (count_of_worker(bg->running, bg->running_count, next->work)
            < THREADS_EACH) {
            remove_place(bg->waiting, &bg->count, i);
            bg->running[bg->running_count++] = *next;
            return 1;
        }
    }
    return 0;
}

static void forget_running_locked(wfp_background_t *bg, const wfp_work_t *work)
{
    int i = 0;

    while (bg->running[i].work != work) {
        i++;
    }
    remove_place(bg->running, &bg->running_count, i);
}

static void drop_work(const wfp_work_t *work)
{
    const wfp_entry_t *worker = worker_of(work);

    ap_log_error(APLOG_MARK, APLOG_INFO, 0, work->server->main,
                 WFPLOGNO(0402) "%s/%s: waitUntil work waited for too long; "
                                "dropped",
                 worker->ns, worker->name);
}

static void *APR_THREAD_FUNC background_main(apr_thread_t *thread, void *data)
{
    wfp_background_t *bg = data;

    wfp_lock_take(bg->lock);
    while (bg->count > 0 || !bg->stop) {
        place_t next;

        if (!take_next_locked(&next, bg)) {
            wfp_lock_wait(bg->wake);
            continue;
        }
        if (bg->stop && bg->stop < next.until) {
            next.until = bg->stop;
        }
        wfp_lock_leave(bg->lock);
        if (wfp_clock_now() < next.until) {
            wfp_invoke_wait_all(next.work, next.until);
        }
        else {
            drop_work(next.work);
        }
        wfp_lock_take(bg->lock);
        forget_running_locked(bg, next.work);
        /* its Worker's next may run now, on a thread that found nothing */
        wfp_lock_wake_all(bg->wake);
        wfp_lock_leave(bg->lock);
        wfp_work_finish(next.work);
        wfp_lock_take(bg->lock);
    }
    wfp_lock_leave(bg->lock);
    return NULL;
}

static apr_status_t background_join(void *data)
{
    wfp_background_t *bg = data;
    apr_status_t rv;
    int i;

    wfp_lock_take(bg->lock);
    bg->stop = wfp_clock_now();
    if (!wfp_ending_is_forced(bg->server)) {
        bg->stop += WFP_BACKGROUND_TIME;
    }
    wfp_lock_wake_all(bg->wake);
    wfp_lock_leave(bg->lock);
    for (i = 0; i < THREADS; i++) {
        if (bg->threads[i]) {
            (void)apr_thread_join(&rv, bg->threads[i]);
        }
    }
    return APR_SUCCESS;
}

apr_status_t wfp_background_start(wfp_background_t **pbg, wfp_server_t *server,
                                  apr_pool_t *p)
{
    wfp_background_t *bg = apr_pcalloc(p, sizeof(*bg));
    apr_status_t rv;
    int i;

    bg->server = server;
    rv = wfp_lock_make_both(&bg->lock, &bg->wake, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_pool_pre_cleanup_register(p, bg, background_join);
    for (i = 0; i < THREADS && rv == APR_SUCCESS; i++) {
        rv = wfp_thread_start(&bg->threads[i], background_main, bg, p);
    }
    *pbg = bg;
    return rv;
}

int wfp_background_take(wfp_background_t *bg, wfp_work_t *work)
{
    place_t place = { work, wfp_clock_now() + WFP_BACKGROUND_TIME,
                      bytes_of_work(work) };
    int taken;

    wfp_lock_take(bg->lock);
    taken = !bg->stop && bg->count < PLACES
            && count_of_worker(bg->waiting, bg->count, work) < PLACES_EACH
            && has_room_locked(bg, &place);
    if (taken) {
        bg->waiting[bg->count++] = place;
        wfp_lock_wake_one(bg->wake);
    }
    wfp_lock_leave(bg->lock);
    return taken;
}
