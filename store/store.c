/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a store, and the few settings of a server that it keeps. Called by
 * the module's children, by wfpctl and by tests.
 */
#include "store/store.h"

#include "store/dbclock.h"
#include "store/dbd.h"
#include "store/schema.h"
#include "store/slot.h"

apr_status_t wfp_store_open(wfp_store_t **pstore, const char *driver,
                            const char *params, int must_match,
                            wfp_result_t *res, apr_pool_t *p)
{
    apr_status_t rv = wfp_slot_open_store(pstore, driver, params, res, p);

    if (rv == APR_SUCCESS && must_match) {
        rv = wfp_schema_check(*pstore, res, p);
    }
    return rv;
}

void wfp_store_insist(wfp_store_t *store)
{
    store->insists = 1;
}

apr_status_t wfp_store_read_schema(apr_array_header_t **pschema,
                                   const char *driver, const char *schema_dir,
                                   wfp_result_t *res, apr_pool_t *p)
{
    return wfp_schema_read(pschema, driver, schema_dir, res, p);
}

apr_status_t wfp_store_migrate(int *papplied, wfp_store_t *store,
                               const apr_array_header_t *schema,
                               wfp_result_t *res, apr_pool_t *p)
{
    return wfp_schema_migrate(papplied, store, schema, res, p);
}

typedef struct setting_t {
    const char *name;
    const char *value; /* to set, or found */
} setting_t;

static apr_status_t setting_read(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t get = {
        "settings_get", "SELECT value FROM settings WHERE name = %s"
    };
    setting_t *setting = baton;
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, 1, DBD_ARGS(setting->name));

    if (rv == APR_SUCCESS) {
        setting->value = row ? row[0] : NULL;
    }
    return rv;
}

static apr_status_t setting_write(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t insert = {
        "settings_insert", "INSERT INTO settings (name, value) VALUES (%s, %s) "
                           "ON CONFLICT (name) DO NOTHING"
    };
    setting_t *setting = baton;
    apr_status_t rv = wfp_dbd_exec(NULL, db, &insert,
                                   DBD_ARGS(setting->name, setting->value));

    return rv == APR_SUCCESS ? setting_read(db, setting) : rv;
}

apr_status_t wfp_store_setting(const char **pvalue, wfp_store_t *store,
                               const char *name, wfp_result_t *res,
                               apr_pool_t *p)
{
    setting_t setting = { name, NULL };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, setting_read, &setting,
                                  res, p);

    *pvalue = setting.value;
    return rv;
}

apr_status_t wfp_store_setting_once(const char **pvalue, wfp_store_t *store,
                                    const char *name, const char *value,
                                    wfp_result_t *res, apr_pool_t *p)
{
    setting_t setting = { name, value };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, setting_write, &setting,
                                  res, p);

    *pvalue = setting.value;
    return rv;
}

void wfp_store_watch(wfp_store_t *store, wfp_latency_t *latency)
{
    store->latency = latency;
}

static apr_status_t clock_read(wfp_dbd_t *db, void *baton)
{
    return wfp_dbclock_now(baton, db);
}

apr_status_t wfp_store_clock(apr_int64_t *pms, wfp_store_t *store,
                             wfp_result_t *res, apr_pool_t *p)
{
    return wfp_dbd_run(store, WFP_DBD_PLAIN, clock_read, pms, res, p);
}
