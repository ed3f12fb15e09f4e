/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leases as rows, one a name, made when first asked for. Called by
 * mod_wfp/runner.c; checked by the nouns that work under one. The row is what
 * two that want it queue on.
 */
#include "store/leases.h"

#include <string.h>

#include "store/dbclock.h"
#include "store/lease_check.h"

typedef struct ask_t {
    const char *name;
    const char *holder;
    apr_int64_t fence;
    apr_int64_t ms;
} ask_t;

static int is_pgsql(const wfp_dbd_t *db)
{
    return strcmp(db->driver, "pgsql") == 0;
}

static apr_status_t lost(wfp_dbd_t *db)
{
    return wfp_result_set(db->res, WFP_CONFLICT, APR_EMISMATCH,
                          "the lease is another's");
}

/* A transaction of its own: rows are locked in no order that others know. */
static apr_status_t run(wfp_store_t *store, wfp_dbd_fn *fn, ask_t *ask,
                        wfp_result_t *res, apr_pool_t *p)
{
    return wfp_dbd_alone(store, WFP_DBD_WRITE, fn, ask, res, p);
}

static apr_status_t read_locked(const char ***prow, wfp_dbd_t *db,
                                const char *name)
{
    static const wfp_sql_t plain = {
        "lease_read", "SELECT holder, fence, until FROM leases WHERE name = %s"
    };
    static const wfp_sql_t locked = {
        "lease_lock", "SELECT holder, fence, until FROM leases WHERE name = %s "
                      "FOR UPDATE"
    };

    return wfp_dbd_row(prow, db, is_pgsql(db) ? &locked : &plain, 3,
                       DBD_ARGS(name));
}

static apr_status_t take(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t make = {
        "lease_make", "INSERT INTO leases (name, holder, fence, until) VALUES "
                      "(%s, '', 0, 0) ON CONFLICT (name) DO NOTHING"
    };
    static const wfp_sql_t update = {
        "lease_take", "UPDATE leases SET holder = %s, fence = %lld, "
                      "until = %lld WHERE name = %s"
    };
    ask_t *ask = baton;
    const char **row;
    apr_int64_t now = 0;
    apr_status_t rv = read_locked(&row, db, ask->name);

    ask->fence = 0;
    if (rv == APR_SUCCESS && !row) {
        rv = wfp_dbd_exec(NULL, db, &make, DBD_ARGS(ask->name));
        if (rv == APR_SUCCESS) {
            rv = read_locked(&row, db, ask->name);
        }
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dbclock_now(&now, db);
    }
    if (rv != APR_SUCCESS || !row
        || (strcmp(row[0], ask->holder) != 0 && now < wfp_dbd_int(row[2]))) {
        return rv;
    }
    ask->fence = wfp_dbd_int(row[1]) + 1;
    return wfp_dbd_exec(NULL, db, &update,
                        DBD_ARGS(ask->holder, wfp_dbd_num(db, ask->fence),
                                 wfp_dbd_num(db, now + ask->ms), ask->name));
}

static apr_status_t renew(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t update = {
        "lease_renew",
        "UPDATE leases SET until = %lld WHERE name = %s AND fence = %lld "
        "AND holder <> ''"
    };
    const ask_t *ask = baton;
    apr_int64_t now = 0;
    int count = 0;
    apr_status_t rv = wfp_dbclock_now(&now, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(&count, db, &update,
                          DBD_ARGS(wfp_dbd_num(db, now + ask->ms), ask->name,
                                   wfp_dbd_num(db, ask->fence)));
    }
    return rv == APR_SUCCESS && count == 0 ? lost(db) : rv;
}

/* The fence stays: it only grows. */
static apr_status_t release(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t update = {
        "lease_release", "UPDATE leases SET until = 0, holder = '' "
                         "WHERE name = %s AND fence = %lld"
    };
    const ask_t *ask = baton;

    return wfp_dbd_exec(NULL, db, &update,
                        DBD_ARGS(ask->name, wfp_dbd_num(db, ask->fence)));
}

apr_status_t wfp_leases_take(apr_int64_t *pfence, wfp_store_t *store,
                             const char *name, const char *holder,
                             apr_int64_t ms, wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { name, holder, 0, ms };
    apr_status_t rv = run(store, take, &ask, res, p);

    *pfence = rv == APR_SUCCESS ? ask.fence : 0;
    return rv;
}

apr_status_t wfp_leases_renew(wfp_store_t *store, const char *name,
                              apr_int64_t fence, apr_int64_t ms,
                              wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { name, NULL, fence, ms };

    return run(store, renew, &ask, res, p);
}

apr_status_t wfp_leases_release(wfp_store_t *store, const char *name,
                                apr_int64_t fence, wfp_result_t *res,
                                apr_pool_t *p)
{
    ask_t ask = { name, NULL, fence, 0 };

    return run(store, release, &ask, res, p);
}

apr_status_t wfp_leases_check(wfp_dbd_t *db, const char *name,
                              apr_int64_t fence)
{
    static const wfp_sql_t plain = { "lease_check",
                                     "SELECT until FROM leases WHERE name = %s "
                                     "AND fence = %lld AND holder <> ''" };
    static const wfp_sql_t locked = {
        "lease_check_lock", "SELECT until FROM leases WHERE name = %s "
                            "AND fence = %lld AND holder <> '' FOR SHARE"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, is_pgsql(db) ? &locked : &plain, 1,
                                  DBD_ARGS(name, wfp_dbd_num(db, fence)));

    return rv == APR_SUCCESS && !row ? lost(db) : rv;
}
