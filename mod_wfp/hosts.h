/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HOSTS_H
#define WFP_HOSTS_H

#include <apr_pools.h>

#include "core/result.h"
#include "mod_wfp/server.h"
#include "store/changes.h"

/**
 * @file
 * The table of hostnames as the server knows it: what is asked for is loaded
 * from the store into the registry, under a namespace of its own that no other
 * can be named. Hosts without an entry of their own are remembered beside it
 * (core/host_memo.h).
 */

/** What the table says of a host. */
typedef struct wfp_host_entry_t {
    const char *ns; /* WFP_ACCOUNT_NS: an account Worker */
    const char *script;
    const char *metadata; /* JSON */
} wfp_host_entry_t;

/**
 * The entry that serves a host: its own, else the most specific wildcard's.
 *
 * @param host  as the request names it, NULL: it names none
 * @param p     what *entry points to
 * @return APR_NOTFOUND with WFP_WORKER_NOT_FOUND; WFP_STORE_UNAVAILABLE: it is
 *         not known and cannot be looked up now; WFP_INTERNAL
 * @note request scope
 */
apr_status_t wfp_hosts_find(wfp_host_entry_t *entry, wfp_server_t *server,
                            const char *host, wfp_result_t *res,
                            apr_pool_t *p) WFP_CHECK;

/** One entry was set or deleted, under this number; every child knows it when
 *  this returns. */
apr_status_t wfp_hosts_changed(wfp_server_t *server, const char *hostname,
                               apr_int64_t stamp, apr_pool_t *p) WFP_CHECK;

/** Any of them may have changed, up to this number. */
apr_status_t wfp_hosts_forget(wfp_server_t *server,
                              apr_int64_t stamp) WFP_CHECK;

#endif
