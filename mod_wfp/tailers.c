/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of records that wait for `tail` handlers, and the thread that gives
 * them to threads that run those (runner_tasks.c). tailed.c fills the list.
 */
#include "mod_wfp/tailers.h"

#include <apr_strings.h>
#include <string.h>

#include "core/cdn_loop.h"
#include "core/clock.h"
#include "core/lock.h"
#include "core/thread.h"
#include "mod_wfp/ending.h"
#include "mod_wfp/runner_tasks.h"
#include "mod_wfp/work.h"

/* What may wait: of all, of one Worker. A record has 512 KB at most. */
#define PLACES      256
#define PLACES_EACH (PLACES / 4)
#define BYTES       ((apr_size_t)16 * 1024 * 1024)
#define BYTES_EACH  (BYTES / 4)

/* What one run is given, when several wait. */
#define BATCH_COUNT 100
#define BATCH_BYTES ((apr_size_t)512 * 1024)

/* While something waits and all who want it are busy. */
#define LOOK apr_time_from_msec(10)

/* What waits when the child ends has so long. */
#define LAST apr_time_from_sec(5)

struct wfp_tailers_t {
    wfp_server_t *server;
    wfp_lock_t *lock;
    wfp_cond_t *wake;
    apr_thread_t *thread;
    wfp_runner_tasks_t *tasks;
    /* under lock; only the thread takes out: */
    wfp_tailers_item_t *waiting[PLACES]; /* the oldest first */
    int count;
    apr_time_t stop; /* 0; at the end: go on until then */
};

/* A batch on its way; in its work's pool. */
typedef struct batch_t {
    wfp_task_t task;
    wfp_tail_batch_t tail;
    wfp_tailers_t *tailers;
} batch_t;

/* ---- items ----------------------------------------------------------------------- */

wfp_tailers_item_t *wfp_tailers_make(wfp_server_t *server, const char *ns,
                                     const char *name, const char *cdn_loop)
{
    wfp_work_t *work = server->tailers ? wfp_work_begin_alone(server) : NULL;
    wfp_tailers_item_t *item;

    if (!work) {
        return NULL;
    }
    work->is_tail = 1;
    work->cdn_loop = apr_pstrdup(work->pool, cdn_loop);
    item = apr_pcalloc(work->pool, sizeof(*item));
    item->work = work;
    item->ns = apr_pstrdup(work->pool, ns);
    item->name = apr_pstrdup(work->pool, name);
    wfp_json_out_init(&item->records, 2048, work->pool);
    wfp_json_out_init(&item->consumed, 64, work->pool);
    return item;
}

void wfp_tailers_add(wfp_tailers_item_t *item, const char *worker,
                     const char *record, apr_size_t n)
{
    if (item->count++) {
        WFP_JSON_OUT(&item->records, ",");
        WFP_JSON_OUT(&item->consumed, ",");
    }
    wfp_json_out_raw(&item->records, record, n);
    WFP_JSON_OUT(&item->consumed, "{\"scriptName\":");
    wfp_json_out_str(&item->consumed, worker);
    WFP_JSON_OUT(&item->consumed, "}");
}

static int is_for(const wfp_tailers_item_t *item, const char *ns,
                  const char *name)
{
    return !strcmp(item->name, name) && !strcmp(item->ns, ns);
}

static void drop(wfp_tailers_t *t, wfp_tailers_item_t *item)
{
    int i;

    for (i = 0; i < item->count; i++) {
        wfp_stats_count(t->server->stats, WFP_STAT_TAIL_DROPPED);
    }
    wfp_work_finish(item->work);
}

/* ---- the list --------------------------------------------------------------------- */

/* What waits, of all, of a namespace or of a Worker. */
typedef struct held_t {
    int count;
    apr_size_t bytes;
} held_t;

static void hold_one(held_t *held, const wfp_tailers_item_t *item)
{
    held->count++;
    held->bytes += item->records.n;
}

/* With it. A namespace has no more than is left free, so whatever its Workers do
 * the next one finds some. */
static int fits(const held_t *all, const held_t *of_ns, const held_t *own)
{
    return all->count <= PLACES && all->bytes <= BYTES
           && of_ns->count <= PLACES - all->count
           && of_ns->bytes <= BYTES - all->bytes && own->count <= PLACES_EACH
           && own->bytes <= BYTES_EACH;
}

/* Is there room for it? If not, whoever is next for that Worker tells so. */
static int may_wait_locked(wfp_tailers_t *t, const wfp_tailers_item_t *item)
{
    held_t all = { 0 }, of_ns = { 0 }, own = { 0 };
    wfp_tailers_item_t *last = NULL;
    int i;

    for (i = 0; i < t->count; i++) {
        wfp_tailers_item_t *one = t->waiting[i];

        hold_one(&all, one);
        if (!strcmp(one->ns, item->ns)) {
            hold_one(&of_ns, one);
        }
        if (is_for(one, item->ns, item->name)) {
            hold_one(&own, one);
            last = one;
        }
    }
    hold_one(&all, item);
    hold_one(&of_ns, item);
    hold_one(&own, item);
    if (!t->stop && fits(&all, &of_ns, &own)) {
        return 1;
    }
    if (last) {
        last->dropped += (apr_uint64_t)item->count;
    }
    return 0;
}

void wfp_tailers_take(wfp_tailers_t *t, wfp_tailers_item_t *item)
{
    int taken;

    wfp_lock_take(t->lock);
    taken = may_wait_locked(t, item);
    if (taken) {
        t->waiting[t->count++] = item;
        wfp_lock_wake_one(t->wake);
    }
    wfp_lock_leave(t->lock);
    if (!taken) {
        drop(t, item);
    }
}

/* ---- running ----------------------------------------------------------------------- */

/* wfp_task_t.run. What became of it is in the consumer's own record. */
static void run_batch(wfp_task_t *task)
{
    batch_t *batch = task->baton;
    wfp_event_t event = { .kind = WFP_EVENT_TAIL, .tail = &batch->tail };
    wfp_call_t call = { .ns = task->ns, .name = task->name };
    const char *error;

    (void)wfp_invoke_event(&error, task->work, &call, &event);
}

/* Move the records of `from` behind those of `to`. */
static void append(wfp_tailers_item_t *to, wfp_tailers_item_t *from)
{
    WFP_JSON_OUT(&to->records, ",");
    wfp_json_out_raw(&to->records, from->records.data, from->records.n);
    WFP_JSON_OUT(&to->consumed, ",");
    wfp_json_out_raw(&to->consumed, from->consumed.data, from->consumed.n);
    to->count += from->count;
    to->dropped += from->dropped;
    if (wfp_cdn_loop_count(from->work->cdn_loop)
        > wfp_cdn_loop_count(to->work->cdn_loop)) {
        to->work->cdn_loop = apr_pstrdup(to->work->pool, from->work->cdn_loop);
    }
    wfp_work_finish(from->work);
}

/* The item at i with the next ones of its Worker, out of the list. */
static wfp_tailers_item_t *gather(wfp_tailers_t *t, int i)
{
    wfp_tailers_item_t *taken[PLACES], *first;
    apr_size_t bytes = 0;
    int k, n = 0, count = 0, left = 0, more = 1;

    wfp_lock_take(t->lock);
    first = t->waiting[i];
    for (k = 0; k < t->count; k++) {
        wfp_tailers_item_t *item = t->waiting[k];

        if (k >= i && more && is_for(item, first->ns, first->name)) {
            bytes += item->records.n;
            count += item->count;
            more = n == 0 || (bytes <= BATCH_BYTES && count <= BATCH_COUNT);
            if (more) {
                taken[n++] = item;
                continue;
            }
        }
        t->waiting[left++] = item;
    }
    t->count = left;
    wfp_lock_leave(t->lock);
    for (k = 1; k < n; k++) {
        append(first, taken[k]);
    }
    return first;
}

static const char *in_brackets(const wfp_json_out_t *out, apr_size_t *pn,
                               apr_pool_t *p)
{
    char *text = apr_palloc(p, out->n + 3);

    text[0] = '[';
    memcpy(text + 1, out->data, out->n);
    text[out->n + 1] = ']';
    text[out->n + 2] = '\0';
    *pn = out->n + 2;
    return text;
}

static void hand(wfp_tailers_t *t, wfp_tailers_item_t *item)
{
    wfp_work_t *work = item->work;
    batch_t *batch = apr_pcalloc(work->pool, sizeof(*batch));
    apr_size_t n;

    batch->tail.text = in_brackets(&item->records, &batch->tail.n, work->pool);
    batch->tail.consumed = in_brackets(&item->consumed, &n, work->pool);
    batch->tail.count = item->count;
    batch->tail.dropped = item->dropped;
    batch->task.work = work;
    batch->task.ns = item->ns;
    batch->task.name = item->name;
    batch->task.run = run_batch;
    batch->task.baton = batch;
    if (!wfp_runner_tasks_hand(t->tasks, &batch->task)) {
        drop(t, item);
    }
}

/* Give what waits to those who may have it now. */
static void hand_all(wfp_tailers_t *t)
{
    int i = 0, count;

    for (;;) {
        const wfp_tailers_item_t *item;

        wfp_lock_take(t->lock);
        count = t->count;
        item = i < count ? t->waiting[i] : NULL;
        wfp_lock_leave(t->lock);
        if (!item) {
            return;
        }
        /* it stays where it is: nobody else takes out */
        if (wfp_runner_tasks_may(t->tasks, item->ns, item->name)) {
            hand(t, gather(t, i));
        }
        else {
            i++;
        }
    }
}

static void drop_all(wfp_tailers_t *t)
{
    int i;

    for (i = 0; i < t->count; i++) {
        drop(t, t->waiting[i]);
    }
    t->count = 0;
}

/* @return 0: it is over */
static int await(wfp_tailers_t *t)
{
    int goes_on;

    wfp_lock_take(t->lock);
    if (t->count > 0) {
        (void)wfp_lock_wait_for(t->wake, LOOK);
    }
    while (t->count == 0 && !t->stop) {
        wfp_lock_wait(t->wake);
    }
    goes_on = !t->stop || (t->count > 0 && wfp_clock_now() < t->stop);
    wfp_lock_leave(t->lock);
    return goes_on;
}

static void *APR_THREAD_FUNC tailers_main(apr_thread_t *thread, void *data)
{
    wfp_tailers_t *t = data;

    while (await(t)) {
        hand_all(t);
    }
    drop_all(t);
    return NULL;
}

/* ---- life -------------------------------------------------------------------------- */

static apr_status_t tailers_join(void *data)
{
    wfp_tailers_t *t = data;
    apr_status_t rv;

    wfp_lock_take(t->lock);
    t->stop = wfp_clock_now();
    if (!wfp_ending_is_forced(t->server)) {
        t->stop += LAST;
    }
    wfp_lock_wake_all(t->wake);
    wfp_lock_leave(t->lock);
    (void)apr_thread_join(&rv, t->thread);
    wfp_runner_tasks_stop(t->tasks);
    wfp_runner_tasks_join(t->tasks);
    return APR_SUCCESS;
}

apr_status_t wfp_tailers_start(wfp_tailers_t **ptailers, wfp_server_t *server,
                               apr_pool_t *p)
{
    wfp_tailers_t *t = apr_pcalloc(p, sizeof(*t));
    apr_status_t rv;

    t->server = server;
    rv = wfp_lock_make_both(&t->lock, &t->wake, p);
    if (rv == APR_SUCCESS) {
        rv = wfp_runner_tasks_create(&t->tasks, p);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_thread_start(&t->thread, tailers_main, t, p);
    }
    if (rv == APR_SUCCESS) {
        apr_pool_pre_cleanup_register(p, t, tailers_join);
        *ptailers = t;
    }
    return rv;
}
