/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runner: who it is (watchdog, seat, lease) and its thread, which calls the
 * jobs. The threads for tasks are runner_tasks.c's.
 *
 * mod_watchdog's thread only takes the seat and wakes ours: it is none of those
 * that block signals, may call before this child is set up, and is joined by
 * httpd at a time of its own. Its singleton form is not used: a new holder of its
 * mutex sleeps for ten seconds first.
 */
#include "mod_wfp/runner.h"

#include <apr_optional.h>
#include <apr_strings.h>
#include <mod_watchdog.h>
#include <signal.h>

#include "core/clock.h"
#include "core/crypto.h"
#include "core/lock.h"
#include "core/seat.h"
#include "core/thread.h"
#include "mod_wfp/log.h"
#include "mod_wfp/runner_tasks.h"
#include "store/leases.h"

#define BEAT  apr_time_from_msec(200)
#define SEAT  apr_time_from_sec(2)
#define RENEW apr_time_from_msec(WFP_RUNNER_LEASE_MS / 3)
#define TEND  apr_time_from_sec(2)
#define TRY   apr_time_from_sec(1)

#define JOBS_MAX 8

struct wfp_runner_t {
    wfp_server_t *server;
    wfp_seat_t *seat;
    const char *holder; /* of the lease: this generation of the server */
    wfp_lock_t *lock;   /* of pconf: the watchdog may call at any time */
    wfp_cond_t *wake;
    /* under lock: */
    int is_up; /* in this child, from start to its end */
    int has_seat;
    int poked;
    int stop;
    /* the child's */
    apr_uint64_t me;
    const char *process; /* the same as text */
    apr_pool_t *pool;
    apr_thread_t *thread;
    wfp_runner_tasks_t *tasks;
    /* the thread's own: */
    apr_int64_t fence;  /* 0: has no lease */
    apr_time_t renewed; /* core/clock.h */
    apr_time_t tried;
    apr_time_t tended;
    apr_time_t stepped[JOBS_MAX];
    int failing[JOBS_MAX + 1]; /* the last one: the lease */
};

/* ---- the watchdog ------------------------------------------------------------- */

/* It is a thread of mod_watchdog's that signals could reach: none shall. */
static void block_signals(void)
{
    sigset_t all;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL); /* valid: cannot fail */
}

static apr_status_t on_watchdog(int state, void *data, apr_pool_t *p)
{
    wfp_runner_t *r = data;
    int had_seat;

    if (state == AP_WATCHDOG_STATE_STARTING) {
        block_signals();
        return APR_SUCCESS;
    }
    wfp_lock_take(r->lock);
    had_seat = r->has_seat;
    if (state == AP_WATCHDOG_STATE_STOPPING || !r->is_up) {
        r->has_seat = 0;
        if (r->is_up) {
            wfp_seat_leave(r->seat, r->me);
        }
    }
    else {
        r->has_seat = wfp_seat_take(r->seat, r->me, SEAT);
    }
    if (had_seat || r->has_seat) {
        r->poked = 1;
        wfp_lock_wake_one(r->wake);
    }
    wfp_lock_leave(r->lock);
    return APR_SUCCESS;
}

static apr_status_t register_watchdog(wfp_runner_t *r, apr_pool_t *pconf)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) * get;
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) * add;
    ap_watchdog_t *watchdog;
    apr_status_t rv;

    get = APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    add = APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    if (!get || !add) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, r->server->main,
                     WFPLOGNO(2901) "mod_watchdog is not loaded: schedules "
                                    "and consumers of queues do not run");
        return APR_SUCCESS;
    }
    rv = get(&watchdog, "_wfp_runner_", 0, 0, pconf);
    return rv == APR_SUCCESS ? add(watchdog, BEAT, r, on_watchdog) : rv;
}

/* ---- the lease ---------------------------------------------------------------- */

/* Once when it begins to fail, once when it goes well again. */
static void tell(wfp_runner_t *r, int which, const char *name, apr_status_t rv,
                 const wfp_result_t *res)
{
    if (rv != APR_SUCCESS && !r->failing[which]) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, r->server->main,
                     WFPLOGNO(2902) "runner: %s: %s", name, res->message);
    }
    if (rv == APR_SUCCESS && r->failing[which]) {
        ap_log_error(APLOG_MARK, APLOG_NOTICE, 0, r->server->main,
                     WFPLOGNO(2903) "runner: %s goes on", name);
    }
    r->failing[which] = rv != APR_SUCCESS;
}

static void drop_lease(wfp_runner_t *r, const char *why)
{
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, r->server->main,
                 WFPLOGNO(2905) "not the runner any more: %s", why);
    r->fence = 0;
}

static void take_lease(wfp_runner_t *r, apr_pool_t *p)
{
    apr_time_t now = wfp_clock_now();
    wfp_result_t res;
    apr_status_t rv;

    if (now - r->tried < TRY) {
        return;
    }
    r->tried = now;
    wfp_result_init(&res, p);
    rv = wfp_leases_take(&r->fence, r->server->store, WFP_RUNNER_LEASE,
                         r->holder, WFP_RUNNER_LEASE_MS, &res, p);
    tell(r, JOBS_MAX, "lease", rv, &res);
    if (rv == APR_SUCCESS && r->fence) {
        r->renewed = now;
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, r->server->main,
                     WFPLOGNO(2904) "this child is the runner, number "
                                    "%" APR_INT64_T_FMT,
                     r->fence);
    }
}

static void renew_lease(wfp_runner_t *r, apr_pool_t *p)
{
    apr_time_t now = wfp_clock_now();
    wfp_result_t res;
    apr_status_t rv;

    if (now - r->renewed < RENEW) {
        return;
    }
    wfp_result_init(&res, p);
    rv = wfp_leases_renew(r->server->store, WFP_RUNNER_LEASE, r->fence,
                          WFP_RUNNER_LEASE_MS, &res, p);
    if (rv == APR_SUCCESS) {
        r->renewed = now;
    }
    else if (res.code == WFP_CONFLICT) {
        drop_lease(r, "another is");
        return;
    }
    else if (now - r->renewed > apr_time_from_msec(WFP_RUNNER_LEASE_MS)) {
        drop_lease(r, "the store does not answer");
    }
    tell(r, JOBS_MAX, "lease", rv, &res);
}

static void release_lease(wfp_runner_t *r, apr_pool_t *p)
{
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, p);
    rv = wfp_leases_release(r->server->store, WFP_RUNNER_LEASE, r->fence, &res,
                            p);
    drop_lease(r, rv == APR_SUCCESS ? "given back" : "it ends by itself");
}

/* ---- its thread --------------------------------------------------------------- */

static void step_all(wfp_runner_t *r, apr_pool_t *p)
{
    int i;

    for (i = 0; i < JOBS_MAX && wfp_runner_jobs[i].name && r->fence; i++) {
        const wfp_job_t *job = &wfp_runner_jobs[i];
        apr_time_t now = wfp_clock_now();
        wfp_result_t res;
        apr_status_t rv;

        if (now - r->stepped[i] < job->interval) {
            continue;
        }
        r->stepped[i] = now;
        wfp_result_init(&res, p);
        rv = job->step(r->server, r->fence, &res, p);
        if (rv != APR_SUCCESS && res.code == WFP_CONFLICT) {
            drop_lease(r, "another is");
        }
        else {
            tell(r, i, job->name, rv, &res);
        }
        renew_lease(r, p);
    }
}

static void tend_all(wfp_runner_t *r, apr_pool_t *p)
{
    apr_time_t now = wfp_clock_now();
    int i;

    if (now - r->tended < TEND) {
        return;
    }
    r->tended = now;
    for (i = 0; i < JOBS_MAX && wfp_runner_jobs[i].name; i++) {
        const wfp_job_t *job = &wfp_runner_jobs[i];
        wfp_result_t res;

        wfp_result_init(&res, p);
        if (job->tend) {
            tell(r, i, job->name, job->tend(r->server, &res, p), &res);
        }
    }
}

/* Wait for the watchdog's next word; while something is held, not for long. */
static int await(wfp_runner_t *r)
{
    int goes_on;

    wfp_lock_take(r->lock);
    while (!r->poked && !r->stop) {
        if (!r->fence && wfp_runner_tasks_count(r->tasks) == 0) {
            wfp_lock_wait(r->wake);
        }
        else if (wfp_lock_wait_for(r->wake, 2 * BEAT)) {
            break;
        }
    }
    r->poked = 0;
    goes_on = !r->stop;
    wfp_lock_leave(r->lock);
    return goes_on;
}

static int has_seat(wfp_runner_t *r)
{
    int has;

    wfp_lock_take(r->lock);
    has = r->has_seat;
    wfp_lock_leave(r->lock);
    return has;
}

static void *APR_THREAD_FUNC runner_main(apr_thread_t *thread, void *data)
{
    wfp_runner_t *r = data;
    apr_pool_t *turn;

    apr_pool_create(&turn, r->pool);
    while (await(r)) {
        apr_pool_clear(turn);
        if (has_seat(r)) {
            if (r->fence) {
                renew_lease(r, turn);
            }
            else {
                take_lease(r, turn);
            }
        }
        else if (r->fence) {
            release_lease(r, turn);
        }
        step_all(r, turn);
        if (wfp_runner_tasks_count(r->tasks) > 0) {
            tend_all(r, turn);
        }
    }
    if (r->fence) {
        release_lease(r, turn);
    }
    /* what still runs is kept until its end */
    while (wfp_runner_tasks_await(r->tasks, BEAT) > 0) {
        apr_pool_clear(turn);
        tend_all(r, turn);
    }
    return NULL;
}

/* ---- life ---------------------------------------------------------------------- */

apr_status_t wfp_runner_create(wfp_runner_t **prunner, wfp_server_t *server,
                               wfp_result_t *res, apr_pool_t *pconf,
                               apr_pool_t *generation)
{
    wfp_runner_t *r = apr_pcalloc(pconf, sizeof(*r));
    unsigned char name[16];
    apr_status_t rv;

    r->server = server;
    rv = wfp_seat_create(&r->seat, res, generation);
    if (rv == APR_SUCCESS) {
        rv = wfp_lock_make_both(&r->lock, &r->wake, pconf);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_crypto_random(name, sizeof(name));
    }
    if (rv == APR_SUCCESS) {
        r->holder = wfp_crypto_hex(name, sizeof(name), pconf);
        rv = register_watchdog(r, pconf);
    }
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv,
                              "the runner cannot be "
                              "set up");
    }
    *prunner = r;
    return APR_SUCCESS;
}

static apr_status_t runner_join(void *data)
{
    wfp_runner_t *r = data;
    apr_status_t rv;

    wfp_lock_take(r->lock);
    r->is_up = 0;
    r->has_seat = 0;
    r->stop = 1;
    wfp_seat_leave(r->seat, r->me);
    wfp_lock_wake_all(r->wake);
    wfp_lock_leave(r->lock);
    wfp_runner_tasks_stop(r->tasks);
    (void)apr_thread_join(&rv, r->thread);
    wfp_runner_tasks_join(r->tasks);
    return APR_SUCCESS;
}

apr_status_t wfp_runner_start(wfp_runner_t *r, apr_pool_t *p)
{
    apr_status_t rv;

    if (!r->server->store) {
        return APR_SUCCESS;
    }
    rv = wfp_crypto_random((unsigned char *)&r->me, sizeof(r->me));
    r->me |= 1; /* not 0 */
    r->process = apr_psprintf(p, "%016" APR_UINT64_T_HEX_FMT, r->me);
    apr_pool_create(&r->pool, p);
    if (rv == APR_SUCCESS) {
        rv = wfp_runner_tasks_create(&r->tasks, p);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_thread_start(&r->thread, runner_main, r, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_pool_pre_cleanup_register(p, r, runner_join);
    wfp_lock_take(r->lock);
    r->is_up = 1;
    wfp_lock_leave(r->lock);
    return APR_SUCCESS;
}

int wfp_runner_hand(wfp_runner_t *r, wfp_task_t *task)
{
    return wfp_runner_tasks_hand(r->tasks, task);
}

int wfp_runner_may(wfp_runner_t *r, const char *ns, const char *name)
{
    return wfp_runner_tasks_may(r->tasks, ns, name);
}

int wfp_runner_room(wfp_runner_t *r)
{
    return wfp_runner_tasks_room(r->tasks);
}

const char *wfp_runner_process(const wfp_runner_t *r)
{
    return r->process;
}
