/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a connection's call may take. SQLite asks every few hundred
 * instructions of its machine, while it waits for another writer, and, through
 * sqlite_files.c, between reads.
 */
#include <apr_atomic.h>

#include "core/clock.h"
#include "services/sqlite_inside.h"

/* A writer waits for another for so long. */
#define BUSY_MAX apr_time_from_sec(5)

/* All memory of the library in this process; a call that took little CPU time
 * is not the one that has it. */
#define MEMORY_MAX    (APR_INT64_C(512) << 20)
#define MEMORY_CPU_NS 20000000

/* Count what the thread used since it was counted last. @return the sum of all
 * that share the bound */
static apr_int64_t count_cpu(wfp_sqlite_t *db)
{
    apr_int64_t now = wfp_clock_thread_ns(), used = now - db->stamp_ns;

    db->stamp_ns = now;
    db->cpu_ns += used;
    return __atomic_add_fetch(db->bounds.cpu_ns, used, __ATOMIC_RELAXED);
}

int wfp_sqlite_is_over(wfp_sqlite_t *db)
{
    const wfp_sqlite_bounds_t *bounds = &db->bounds;

    if (db->over != APR_SUCCESS) {
        return 1;
    }
    if (bounds->cpu_ns) {
        if (count_cpu(db) >= bounds->cpu_max_ns) {
            db->over = WFP_SQLITE_ECPU;
        }
        else if (db->cpu_ns > MEMORY_CPU_NS
                 && sqlite3_memory_used() > MEMORY_MAX) {
            db->over = APR_ENOMEM;
        }
    }
    if (bounds->until && wfp_clock_now() >= bounds->until) {
        db->over = APR_TIMEUP;
    }
    else if (wfp_cancel_why(bounds->cancel) != WFP_OK) {
        db->over = APR_EINTR;
    }
    return db->over != APR_SUCCESS;
}

apr_status_t wfp_sqlite_check(wfp_sqlite_t *db)
{
    return wfp_sqlite_is_over(db) ? db->over : APR_SUCCESS;
}

int wfp_sqlite_on_look(void *data)
{
    wfp_sqlite_t *db = data;

    return !db->is_ours && wfp_sqlite_is_over(db);
}

int wfp_sqlite_on_busy(void *data, int tries)
{
    wfp_sqlite_t *db = data;
    apr_time_t now = wfp_clock_now(), until;

    if (tries == 0 || db->busy_until == 0) {
        db->busy_until = now + BUSY_MAX;
    }
    if (now >= db->busy_until || wfp_sqlite_is_over(db)) {
        return 0;
    }
    until = now + apr_time_from_msec(tries < 10 ? 1 : 5);
    if (db->bounds.cancel) {
        wfp_cancel_sleep(db->bounds.cancel, until);
    }
    else {
        apr_sleep(until - now);
    }
    return 1;
}

void wfp_sqlite_bound(wfp_sqlite_t *db, const wfp_sqlite_bounds_t *bounds)
{
    static const wfp_sqlite_bounds_t none;

    if (db->bounds.cpu_ns) {
        (void)count_cpu(db); /* the sum is its owner's to look at */
    }
    db->bounds = bounds ? *bounds : none;
    db->over = APR_SUCCESS;
    db->busy_until = 0;
    db->cpu_ns = 0;
    if (db->bounds.cpu_ns) {
        db->stamp_ns = wfp_clock_thread_ns();
    }
}
