/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host calls. Outside of parallel(), or where Lua cannot yield, they block the
 * invocation's thread with its meter paused. A task's call is queued, begun
 * beside the invocation as soon as the host has a thread and the Worker's
 * `connections` allow, and its task waits. When nothing else can be done and
 * nothing runs beside, the oldest of the queue is made here: so there is always
 * progress, however few threads there are. Called by api/ and by tasks.c.
 *
 * The records of calls that run beside are in the invocation's pool, not in the
 * arena: other threads write them, also when the isolate was left.
 */
#include "lua_runtime/ops.h"

#include "core/clock.h"
#include "lua_runtime/api/api.h"
#include "lua_runtime/inside.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/sleepers.h"
#include "lua_runtime/state.h"
#include "lua_runtime/tasks.h"

typedef struct wfp_waiting_t {
    wfp_op_t op; /* first: the host gives it back */
    wfp_ops_finish_fn *finish;
    wfp_driver_t *driver;
    wfp_task_t *task;
    struct wfp_waiting_t *next; /* in the driver's queue or in inv->flying */
    int only_here;              /* cannot run beside */
} wfp_waiting_t;

static const wfp_host_t *host_of(const wfp_isolate_t *iso)
{
    return iso->runtime->host;
}

static int uses_cpu(const wfp_op_t *op)
{
    return op->kind == WFP_OP_SQL || op->kind == WFP_OP_R2;
}

/* A database or a bucket may use what is left to the invocation. With the clock
 * stopped. */
static void share_cpu(wfp_isolate_t *iso, wfp_op_t *op)
{
    if (uses_cpu(op)) {
        const wfp_budget_t *budget = iso->frame->budget;
        wfp_sql_share_t *share = &iso->inv->sql;

        __atomic_store_n(&share->cpu_max_ns,
                         iso->inv->sql_charged_ns + budget->cpu_max_ns
                             - budget->cpu_ns - budget->host_ns,
                         __ATOMIC_RELAXED);
        __atomic_store_n(&share->bytes_max,
                         (apr_int64_t)(wfp_meter_free_bytes(iso) / 2),
                         __ATOMIC_RELAXED);
        if (op->kind == WFP_OP_SQL) {
            op->sql.share = share;
        }
        else {
            op->r2->cpu_ns = &share->cpu_ns;
            op->r2->cpu_max_ns = share->cpu_max_ns;
        }
    }
}

/* What they used of it is charged. With the clock stopped. */
static void charge_cpu(wfp_isolate_t *iso)
{
    wfp_invocation_t *inv = iso->inv;
    apr_int64_t used = __atomic_load_n(&inv->sql.cpu_ns, __ATOMIC_RELAXED);

    iso->frame->budget->host_ns += used - inv->sql_charged_ns;
    inv->sql_charged_ns = used;
}

void wfp_ops_here(lua_State *L, wfp_op_t *op)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);

    wfp_result_init(&op->res, wfp_state_pool(L));
    wfp_meter_host_begin(iso);
    share_cpu(iso, op);
    wfp_host_run(wfp_state_host(L), wfp_state_host_ctx(L), op);
    if (uses_cpu(op)) {
        charge_cpu(iso);
    }
    wfp_meter_host_end(iso);
}

static apr_status_t sleep_here(lua_State *L, apr_interval_time_t time,
                               wfp_result_t *res)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    apr_status_t rv;

    wfp_result_init(res, wfp_state_pool(L));
    wfp_meter_host_begin(iso);
    rv = wfp_state_host(L)->wait(wfp_state_host_ctx(L), time, res);
    wfp_meter_host_end(iso);
    return rv;
}

/* May this call begin beside the invocation? A fetch that needs a connection
 * above the limit would only hold a thread. */
static int may_start(const wfp_isolate_t *iso, const wfp_waiting_t *w)
{
    return host_of(iso)->start_op && !w->only_here
           && (w->op.kind != WFP_OP_FETCH
               || iso->inv->fetches
                      < iso->inv->limits.v[WFP_LIMIT_CONNECTIONS]);
}

/* What it costs the host, maybe a thread, is not the Worker's time. @return as
 * the host's start_op() */
static apr_status_t start(wfp_isolate_t *iso, wfp_waiting_t *w)
{
    wfp_invocation_t *inv = iso->inv;
    apr_status_t rv;

    wfp_meter_host_begin(iso);
    share_cpu(iso, &w->op);
    rv = host_of(iso)->start_op(inv->host_ctx, &w->op);
    if (rv == APR_SUCCESS) {
        w->next = inv->flying;
        inv->flying = w;
        inv->fetches += w->op.kind == WFP_OP_FETCH;
        w->driver->flying++;
    }
    wfp_meter_host_end(iso);
    return rv;
}

/* Begin what may begin, oldest first. */
static void start_queue(wfp_isolate_t *iso, wfp_driver_t *driver)
{
    wfp_waiting_t **link = &driver->queue;

    while (*link) {
        wfp_waiting_t *w = *link, *next = w->next;
        apr_status_t rv = APR_ENOTIMPL;

        if (may_start(iso, w)) {
            rv = start(iso, w);
            w->only_here = rv != APR_SUCCESS && !APR_STATUS_IS_EAGAIN(rv);
        }
        if (rv == APR_SUCCESS) {
            *link = next;
        }
        else if (APR_STATUS_IS_EAGAIN(rv)) {
            return;
        }
        else {
            link = &w->next;
        }
    }
}

/* [-0, +0, v] What the host holds for a call that was made, or for others. */
static void pay_held(lua_State *L, const wfp_op_t *op)
{
    const wfp_host_t *host = wfp_state_host(L);
    apr_size_t n = op->kept;

    n += host->held ? host->held(wfp_state_host_ctx(L)) : 0;
    if (n) {
        wfp_meter_charge(wfp_isolate_of(L), n);
    }
}

/* [-0, +n, v] Continuation of a call: it was made. */
static int call_ended(lua_State *L, int status, lua_KContext ctx)
{
    const wfp_waiting_t *w = (const wfp_waiting_t *)ctx;

    (void)status;
    pay_held(L, &w->op);
    return w->finish(L, &w->op);
}

int wfp_ops_call(lua_State *L, wfp_op_t *op, wfp_ops_finish_fn *finish)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_waiting_t *w, **link;

    if (!wfp_tasks_can_yield(L)) {
        wfp_ops_here(L, op);
        pay_held(L, op);
        return finish(L, op);
    }
    wfp_meter_charge(iso, sizeof(*w));
    wfp_meter_critical_begin(iso);
    w = apr_pcalloc(iso->inv->pool, sizeof(*w));
    wfp_meter_critical_end(iso);
    w->op = *op;
    w->finish = finish;
    w->driver = iso->driver;
    w->task = iso->driver->current;
    for (link = &iso->driver->queue; *link; link = &(*link)->next) {
    }
    *link = w;
    start_queue(iso, iso->driver);
    return wfp_tasks_yield(L, (lua_KContext)w, call_ended);
}

void wfp_ops_drop_answer(lua_State *L, const wfp_op_t *op)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);

    wfp_meter_critical_begin(iso);
    __atomic_sub_fetch(&iso->inv->sql.bytes, (apr_int64_t)op->answer->bytes,
                       __ATOMIC_RELAXED);
    apr_pool_destroy(op->answer->pool);
    wfp_meter_critical_end(iso);
}

int wfp_ops_run_beside(lua_State *L)
{
    return wfp_tasks_can_yield(L)
           && host_of(wfp_isolate_of(L))->start_op != NULL;
}

/* [-0, +0, v] Continuation of a sleep. */
static int sleep_ended(lua_State *L, int status, lua_KContext ctx)
{
    const wfp_task_t *task = (const wfp_task_t *)ctx;

    (void)status;
    if (task->cut_short) {
        const wfp_code_row_t *row = wfp_code_row(task->cut_short);

        return wfp_api_error(L, row->name, row->code, "%s", row->message);
    }
    return 0;
}

int wfp_ops_sleep(lua_State *L, apr_interval_time_t time)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_task_t *task;
    wfp_result_t res;

    if (!wfp_tasks_can_yield(L)) {
        return sleep_here(L, time, &res) == APR_SUCCESS
                   ? 0
                   : wfp_api_raise(L, &res);
    }
    task = iso->driver->current;
    task->wake_at = wfp_clock_now() + time;
    task->cut_short = WFP_OK;
    wfp_sleepers_add(iso->driver, task);
    return wfp_tasks_yield(L, (lua_KContext)task, sleep_ended);
}

/* Wake who slept enough; all, when they may sleep no longer. */
static void wake_sleepers(wfp_driver_t *driver, wfp_code_e cut_short)
{
    apr_time_t now = wfp_clock_now();

    while (driver->sleepers
           && (driver->sleepers->wake_at <= now || cut_short)) {
        wfp_task_t *task = wfp_sleepers_take(driver);

        task->cut_short = task->wake_at > now ? cut_short : WFP_OK;
        wfp_tasks_make_ready(driver, task);
    }
}

/* When the next sleeper wakes; 0: nobody sleeps. */
static apr_time_t next_wake(const wfp_driver_t *driver)
{
    return driver->sleepers ? driver->sleepers->wake_at : 0;
}

/* The host has given a call back: unlink it. Critical, or left. */
static void landed(wfp_invocation_t *inv, wfp_waiting_t *w)
{
    wfp_waiting_t **link = &inv->flying;

    while (*link != w) {
        link = &(*link)->next;
    }
    *link = w->next;
    inv->fetches -= w->op.kind == WFP_OP_FETCH;
}

/* Wait for calls that run beside, and for the first sleeper. */
static void wait_beside(wfp_isolate_t *iso, wfp_driver_t *driver)
{
    wfp_invocation_t *inv = iso->inv;
    wfp_op_t *op;

    wfp_meter_host_begin(iso);
    op = host_of(iso)->wait_op(inv->host_ctx, next_wake(driver));
    if (op) {
        landed(inv, (wfp_waiting_t *)op);
        charge_cpu(iso);
    }
    wfp_meter_host_end(iso);
    if (op) {
        wfp_waiting_t *w = (wfp_waiting_t *)op;

        /* maybe of an outer driver */
        w->driver->flying--;
        wfp_tasks_make_ready(w->driver, w->task);
    }
}

static void wait_asleep(wfp_isolate_t *iso, wfp_driver_t *driver)
{
    apr_time_t time = next_wake(driver) - wfp_clock_now();
    wfp_code_e cut_short = WFP_OK;
    wfp_result_t res;

    if (time > 0 && sleep_here(iso->cur, time, &res) != APR_SUCCESS) {
        cut_short = res.code;
    }
    wake_sleepers(driver, cut_short);
}

void wfp_ops_wait(wfp_isolate_t *iso, wfp_driver_t *driver)
{
    wfp_waiting_t *w;

    start_queue(iso, driver);
    w = driver->queue;
    if (w && (driver->flying == 0 || w->only_here)) {
        driver->queue = w->next;
        wfp_ops_here(iso->cur, &w->op);
        wfp_tasks_make_ready(driver, w->task);
    }
    else if (driver->flying > 0) {
        wait_beside(iso, driver);
        wake_sleepers(driver, WFP_OK);
    }
    else {
        wait_asleep(iso, driver);
    }
}

/* Calls of the driver's queue: they fail without having been made. */
static void abort_queue(wfp_driver_t *driver,
                        int (*is_for)(const void *, const void *),
                        const void *signal)
{
    wfp_waiting_t **link = &driver->queue;

    while (*link) {
        wfp_waiting_t *w = *link;

        if (!w->op.signal || !is_for(w->op.signal, signal)) {
            link = &w->next;
            continue;
        }
        *link = w->next;
        wfp_result_init(&w->op.res, wfp_isolate_of(w->task->co)->inv->pool);
        w->op.rv = wfp_result_set(&w->op.res, WFP_ABORTED, APR_ECONNABORTED,
                                  NULL);
        wfp_tasks_make_ready(driver, w->task);
    }
}

void wfp_ops_abort(lua_State *L, int (*is_for)(const void *, const void *),
                   const void *signal)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_driver_t *driver;
    wfp_waiting_t *w;

    for (driver = iso->driver; driver; driver = driver->outer) {
        abort_queue(driver, is_for, signal);
    }
    for (w = iso->inv ? iso->inv->flying : NULL; w; w = w->next) {
        if (w->op.signal && is_for(w->op.signal, signal)) {
            wfp_meter_critical_begin(iso);
            host_of(iso)->cancel_op(iso->inv->host_ctx, &w->op, WFP_ABORTED);
            wfp_meter_critical_end(iso);
        }
    }
}

void wfp_ops_end(wfp_invocation_t *inv)
{
    const wfp_host_t *host = inv->iso->runtime->host;
    wfp_waiting_t *w;

    for (w = inv->flying; w; w = w->next) {
        host->cancel_op(inv->host_ctx, &w->op, WFP_ABORTED);
    }
    while (inv->flying) {
        wfp_op_t *op = host->wait_op(inv->host_ctx, APR_INT64_MAX);

        if (op) {
            landed(inv, (wfp_waiting_t *)op);
            if (op->rv == APR_SUCCESS && op->resp && op->resp->body) {
                wfp_body_cancel(op->resp->body);
            }
        }
    }
}
