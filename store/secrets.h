/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SECRETS_H
#define WFP_SECRETS_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "store/audit.h"
#include "store/store.h"

/**
 * @file
 * Secrets of Workers: secret_text bindings. They are kept sealed; every change
 * makes a new version of the Worker, so that running isolates are replaced.
 */

/** A secret of a Worker, and who changes it. */
typedef struct wfp_secret_t {
    const char *ns; /* WFP_ACCOUNT_NS for an account script */
    const char *name;
    const char *key;
    const char *sealed; /* from wfp_crypto_seal(), context "NS/NAME/KEY" */
    const wfp_actor_t *actor;
    int versions_kept; /* as in wfp_put_t */
    apr_int64_t stamp; /* filled in: the change's number */
} wfp_secret_t;

/** A secret as the store has it. */
typedef struct wfp_sealed_t {
    const char *ns;
    const char *name;
    const char *key;
    const char *sealed;
} wfp_sealed_t;

/**
 * Seals a secret anew, inside the store's transaction: it may run more than
 * once, and on another thread than the one that asked.
 *
 * @param psealed  in p; left alone: it stays as it is
 * @param to       the namespace that has the Worker from now on
 * @return a failure takes everything back; res is filled in
 */
typedef apr_status_t wfp_reseal_fn(const char **psealed, void *baton,
                                   const wfp_sealed_t *secret, const char *to,
                                   wfp_result_t *res, apr_pool_t *p);

typedef struct wfp_reseal_t {
    wfp_reseal_fn *fn;
    void *baton;
} wfp_reseal_t;

/** How far all secrets of the store have been gone through. */
typedef struct wfp_reseal_at_t {
    char version_id[WFP_UUID_SIZE]; /* the last one's place */
    apr_int64_t pos;
    int more;            /* 1: there may be further ones */
    int only_look;       /* 1: the function seals nothing */
    apr_int64_t seen;    /* secrets until now, */
    apr_int64_t changed; /* those sealed anew */
} wfp_reseal_at_t;

#define WFP_RESEAL_BEGIN                                                       \
    {                                                                          \
        "", -1, 1, 0, 0, 0                                                     \
    }

/**
 * Go through the next secrets of all Workers and versions, in a transaction of
 * their own: others write between two steps. What is written behind *at
 * meanwhile is not seen: go through them again until nothing was changed.
 *
 * @param at  begins as WFP_RESEAL_BEGIN, until more is 0; untouched on failure
 * @return what the function returned, or the store's failure
 */
apr_status_t wfp_secrets_reseal_step(wfp_reseal_at_t *at, wfp_store_t *store,
                                     const wfp_reseal_t *reseal,
                                     wfp_result_t *res,
                                     apr_pool_t *p) WFP_CHECK;

/** Record that another key seals: servers forget what they copied of secrets.
 *  @param action  for the audit @param count  of secrets */
apr_status_t wfp_secrets_resealed(wfp_store_t *store, const wfp_actor_t *actor,
                                  const char *action, apr_int64_t count,
                                  wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Set one. WFP_CONFLICT with APR_EEXIST: a binding of another type has that
 *  name; with APR_EBUSY: see wfp_scripts_put(). */
apr_status_t wfp_secrets_put(wfp_store_t *store, wfp_secret_t *secret,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Delete one (sealed is not looked at). WFP_NOT_FOUND when there is none. */
apr_status_t wfp_secrets_delete(wfp_store_t *store, wfp_secret_t *secret,
                                wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Their names: array of const char *. */
apr_status_t wfp_secrets_list(apr_array_header_t **plist, wfp_store_t *store,
                              const char *ns, const char *name,
                              wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
