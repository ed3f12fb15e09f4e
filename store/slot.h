/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SLOT_H
#define WFP_SLOT_H

#include <apr_dbd.h>
#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_reslist.h>

#include "core/result.h"
#include "core/wfp.h"
#include "store/hostlock.h"
#include "store/store.h"

/**
 * @file
 * What a store is made of, and its connections. For dbd.c and store.c.
 */

struct wfp_store_t {
    apr_pool_t *pool; /* own allocator: threads make slots in it */
    const char *driver_name;
    const apr_dbd_driver_t *driver;
    const char *params;
    apr_reslist_t *slots;
    wfp_hostlock_t *lock; /* SQLite's writers; NULL on PostgreSQL */
    volatile apr_uint32_t generation;
    volatile apr_uint32_t down_until; /* s since the epoch, 0: not down */
    int may_create;
    int insists;                  /* on the schema, of each connection */
    volatile apr_uint32_t misfit; /* the other schema's version and one more, of
                                   * the last connection; 0: it fitted */
    struct wfp_batch_t *batch;    /* writers of this process */
    wfp_latency_t *latency;       /* NULL: nobody wants to know */
};

/** A connection, used by one thread at a time. */
typedef struct wfp_slot_t {
    wfp_store_t *store;
    apr_pool_t *pool;
    apr_pool_t *conn_pool; /* NULL: not connected */
    apr_dbd_t *handle;
    apr_hash_t *prepared;          /* label -> apr_dbd_prepared_t */
    struct wfp_pending_t *pending; /* NULL on SQLite */
    apr_uint32_t generation;
} wfp_slot_t;


/** Make the pool of connections; connects to nothing.
 *  @param driver  "sqlite3" or "pgsql" */
apr_status_t wfp_slot_open_store(wfp_store_t **pstore, const char *driver,
                                 const char *params, wfp_result_t *res,
                                 apr_pool_t *p) WFP_CHECK;

/** A connected slot, or a reason with code WFP_STORE_UNAVAILABLE. */
apr_status_t wfp_slot_take(wfp_slot_t **pslot, wfp_store_t *store,
                           wfp_result_t *res) WFP_CHECK;

/** Give it back. @param broken 1: it goes, and with it all that were opened
 *  before it: they would fail one after the other */
void wfp_slot_give(wfp_store_t *store, wfp_slot_t *slot, int broken);

/** Close its connection: whatever transaction was open is rolled back. */
void wfp_slot_discard(wfp_slot_t *slot);

int wfp_slot_is_sqlite(const wfp_store_t *store);

/** Say WFP_STORE_UNAVAILABLE. */
apr_status_t wfp_slot_unavailable(wfp_result_t *res, const char *what,
                                  const char *why);

#endif
