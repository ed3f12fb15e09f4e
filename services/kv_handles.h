/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_KV_HANDLES_H
#define WFP_KV_HANDLES_H

#include "services/sqlite.h"

/**
 * @file
 * Connections to many files, a bounded number of them open in a child: the ones
 * that nobody uses wait for the next user of their file, the least recently used
 * makes room for another file. Any thread; one user a connection.
 */

typedef struct wfp_kv_handles_t wfp_kv_handles_t;

typedef struct wfp_kv_handle_t {
    wfp_sqlite_t *db;
    apr_pool_t *pool; /* goes when it is closed */
    void *baton; /* the users' own, in pool; NULL when it was just opened */
    /* from here on for kv_handles.c alone */
    const char *path;
    unsigned hash;
    struct wfp_kv_handle_t *next;
} wfp_kv_handle_t;

/**
 * @param how       of all its files; `create` is said with each take
 * @param open_max  most connections, used and waiting
 * @param each_max  most used ones of one file, so that none has them all
 * @param p         with an allocator for several threads; closes all
 */
apr_status_t wfp_kv_handles_create(wfp_kv_handles_t **ppool,
                                   const wfp_sqlite_open_t *how, int open_max,
                                   int each_max, apr_pool_t *p) WFP_CHECK;

/**
 * A connection to the file at path as it is now.
 *
 * @param create  1: a file that is missing is made, its folder is not
 * @param until   wait for another user no longer than that
 * @return as wfp_sqlite_open(); APR_EBUSY also when no connection came free
 */
apr_status_t wfp_kv_handles_take(wfp_kv_handle_t **phandle,
                                 wfp_kv_handles_t *pool, const char *path,
                                 int create, apr_time_t until,
                                 wfp_result_t *res) WFP_CHECK;

/** Give it back, with no transaction open and no bounds set. @param is_broken 1:
 *  it is closed */
void wfp_kv_handles_give(wfp_kv_handles_t *pool, wfp_kv_handle_t *handle,
                         int is_broken);

#endif
