/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SYNC_H
#define WFP_SYNC_H

#include <apr_pools.h>

#include "core/registry.h"
#include "core/result.h"
#include "core/script.h"
#include "mod_wfp/server.h"

/**
 * @file
 * Registry <- store: finds a Worker, and loads one that the registry does not
 * know.
 */

/* wfp_entry_t.flags of a namespace's settings; EGRESS_NONE and _OUTBOUND also
 * of a Worker's own */
#define WFP_ENTRY_TRUSTED         0x01u
#define WFP_ENTRY_HAS_OUTBOUND    0x02u
#define WFP_ENTRY_EGRESS_NONE     0x04u
#define WFP_ENTRY_EGRESS_OUTBOUND 0x08u
#define WFP_ENTRY_EGRESS_RULES    0x10u

/* of a Worker's: its body says how traffic is split (core/split.h); it is one
 * version of such a Worker, and its body lies under "@" and the version's id,
 * which no Worker can be named */
#define WFP_ENTRY_SPLIT   0x20u
#define WFP_ENTRY_VERSION 0x40u

/* of a version: it has assets */
#define WFP_ENTRY_ASSETS 0x80u

/* of a version, and of a namespace's settings: somebody is given the records */
#define WFP_ENTRY_TAILED 0x100u
/* also of a version: the word of core/observe.h, in bits of its own: from 0x400u on */

/**
 * Find a Worker, loading it when it is not known. The usual way takes no lock
 * and allocates nothing.
 *
 * @param p  scratch for a load
 * @return APR_SUCCESS; WFP_WORKER_NOT_FOUND, WFP_STORE_UNAVAILABLE, or what a
 *         load can fail with
 * @note request scope
 */
apr_status_t wfp_sync_find(wfp_entry_t *entry, wfp_server_t *server,
                           const char *ns, const char *name, wfp_result_t *res,
                           apr_pool_t *p) WFP_CHECK;

/** How the traffic of an entry with WFP_ENTRY_SPLIT is split: array of
 *  wfp_share_t in p; *entry as with wfp_sync_script(). NULL: it is no longer
 *  split, *entry is the one version. */
apr_status_t wfp_sync_split(apr_array_header_t **pshares, wfp_entry_t *entry,
                            wfp_server_t *server, wfp_result_t *res,
                            apr_pool_t *p) WFP_CHECK;

/** Find one version of a Worker whose traffic is split; as wfp_sync_find().
 *  entry->name is the Worker's. */
apr_status_t wfp_sync_find_version(wfp_entry_t *entry, wfp_server_t *server,
                                   const char *ns, const char *name,
                                   const char *id, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

/** The whole script of an entry, unpacked in p; found anew (and *entry
 *  updated) when it changed meanwhile. */
apr_status_t wfp_sync_script(wfp_script_t **pscript, wfp_entry_t *entry,
                             wfp_server_t *server, wfp_result_t *res,
                             apr_pool_t *p) WFP_CHECK;

/** The settings of a namespace, unpacked in p. */
apr_status_t wfp_sync_namespace(wfp_namespace_t **pns, wfp_server_t *server,
                                const char *name, wfp_result_t *res,
                                apr_pool_t *p) WFP_CHECK;

/** A version of a Worker has another number: load it anew. */
apr_status_t wfp_sync_forget_version(wfp_server_t *server, const char *ns,
                                     const char *id,
                                     apr_int64_t stamp) WFP_CHECK;

#endif
