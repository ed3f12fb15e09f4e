/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ASSET_UPLOADS_H
#define WFP_ASSET_UPLOADS_H

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "store/audit.h"
#include "store/store.h"

/**
 * @file
 * What is uploaded as assets of a Worker, before a version has it: sessions, and
 * the files that came. All of a Worker's files belong to one owner, an id that
 * nobody else has and that goes with the Worker. A client's hash is a name within
 * its owner; where a file is says the digest that this server made of it.
 */

typedef struct wfp_asset_file_t {
    const char *hash;   /* the client's name of it */
    const char *digest; /* SHA-256 as hex digits */
    apr_int64_t size;
    const char *type; /* Content-Type, "" none */
} wfp_asset_file_t;

typedef struct wfp_asset_session_t {
    const char *id;    /* UUID */
    const char *owner; /* UUID */
    const char *ns;
    const char *script;
    const char *secret;   /* what its tokens are signed with */
    const char *manifest; /* JSON object */
    apr_time_t expires;
} wfp_asset_session_t;

/** Sessions of an owner that are open at a time: a new one ends the oldest. */
#define WFP_ASSET_SESSIONS_MAX 10

/** A session is remembered so long after its end, for who began before it. */
#define WFP_ASSET_SESSION_GRACE apr_time_from_sec(600)

/**
 * Begin a session.
 *
 * @param session  id, ns, script, secret, manifest and expires are given, owner
 *                 is filled in
 * @param pfiles   what the owner has: hash -> wfp_asset_file_t *
 * @return WFP_NOT_FOUND: there is no such namespace
 */
apr_status_t wfp_asset_uploads_begin(wfp_asset_session_t *session,
                                     apr_hash_t **pfiles, wfp_store_t *store,
                                     const wfp_actor_t *actor,
                                     wfp_result_t *res,
                                     apr_pool_t *p) WFP_CHECK;

/** A session by id, whether or not it is over. WFP_NOT_FOUND. */
apr_status_t wfp_asset_uploads_session(wfp_asset_session_t **psession,
                                       wfp_store_t *store, const char *id,
                                       wfp_result_t *res,
                                       apr_pool_t *p) WFP_CHECK;

/**
 * Files came, which are where they belong.
 *
 * @param files    wfp_asset_file_t
 * @param max      bytes that the owner may have; 0: no bound
 * @param expires  of the session from now on
 * @param pall     what the owner has now, as wfp_asset_uploads_begin()
 * @return WFP_NOT_FOUND: the session has gone meanwhile; WFP_QUOTA_EXCEEDED
 */
apr_status_t wfp_asset_uploads_add(apr_hash_t **pall, wfp_store_t *store,
                                   const wfp_asset_session_t *session,
                                   const apr_array_header_t *files,
                                   apr_int64_t max, apr_time_t expires,
                                   wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** What an owner has, as wfp_asset_uploads_begin(). */
apr_status_t wfp_asset_uploads_files(apr_hash_t **pfiles, wfp_store_t *store,
                                     const char *owner, wfp_result_t *res,
                                     apr_pool_t *p) WFP_CHECK;

/** Bytes of what an owner has. */
apr_int64_t wfp_asset_uploads_sum(apr_hash_t *files, apr_pool_t *p);

/** It would have more than max. @return APR_ENOSPC, WFP_QUOTA_EXCEEDED */
apr_status_t wfp_asset_uploads_full(wfp_result_t *res,
                                    apr_int64_t max) WFP_CHECK;

/** Bytes of the files of a Worker, or with script "" of all of the namespace,
 *  those that no version has (any more) included. */
apr_status_t wfp_asset_uploads_bytes(apr_int64_t *pbytes, wfp_store_t *store,
                                     const char *ns, const char *script,
                                     wfp_result_t *res,
                                     apr_pool_t *p) WFP_CHECK;

#endif
