/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SCRIPTS_H
#define WFP_SCRIPTS_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/script.h"
#include "store/audit.h"
#include "store/changes.h"
#include "store/store.h"

/**
 * @file
 * Workers in the store: account scripts (namespace WFP_ACCOUNT_NS) and user
 * scripts. What runs is the deployed version.
 */

/** A row of a list. */
typedef struct wfp_script_info_t {
    const char *id; /* UUID */
    const char *ns;
    const char *name;
    const char *version_id; /* newest version of the current deployment */
    apr_int64_t number;
    apr_int64_t stamp;
    apr_time_t created; /* of the script */
    apr_time_t modified;
    const char *etag;         /* hex digest of its modules */
    const char *source;       /* which way that version came */
    const char *settings;     /* of that version: JSON object, "" none */
    apr_array_header_t *tags; /* of that version: const char * */
    int has_assets;           /* the same */
} wfp_script_info_t;

/**
 * Make of the version before what the next one shall be. Runs inside the
 * transaction, maybe more than once (each time on a fresh next).
 *
 * @param next  what put->script says
 * @param base  the version before, without modules; NULL: the Worker is new
 * @return APR_SUCCESS, or a refusal that ends the put
 */
typedef apr_status_t wfp_merge_fn(wfp_script_t *next, const wfp_script_t *base,
                                  void *baton, wfp_result_t *res,
                                  apr_pool_t *p);

typedef struct wfp_put_t {
    wfp_script_t *script;  /* ns, name and what is new; version_id, number,
                            * stamp, created are filled in. secret_text
                            * bindings arrive sealed. No modules: the code of
                            * the version before */
    const char *script_id; /* filled in: UUID of the Worker */
    const char *etag;      /* filled in: hex digest of its modules */
    apr_time_t made;       /* filled in: when the Worker was made */
    const wfp_actor_t *actor;
    const char *action;    /* for the audit; NULL: "upload" */
    const char *message;   /* annotation workers/message, "" none */
    unsigned keep;         /* kinds (1 << wfp_binding_e) of which bindings are
                            * carried over that the script does not name */
    int keep_assets;       /* 1: so are assets, when the script has none; as
                            * they always are where the code stays */
    wfp_merge_fn *merge;   /* after that, or NULL */
    void *baton;           /* of merge */
    int no_traffic;        /* 1: a version that does not run yet */
    const char *if_match;  /* etag or version id that the Worker must have now
                            * ("*": any, it must exist); NULL: whatever */
    const char *if_latest; /* id that its newest version must have, or NULL */
    int versions_kept;     /* undeployed versions kept, at least 1 */
} wfp_put_t;

/**
 * Add a version and, unless no_traffic, deploy it to 100 %: one transaction.
 * Makes the Worker when it is new.
 *
 * The version before is the newest one that runs or has never run: what was
 * rolled back is left out.
 *
 * @return WFP_NOT_FOUND: there is no such namespace, nor a service, namespace
 *         or KV namespace that a binding names; WFP_WORKER_NOT_FOUND: no such
 *         Worker, and no modules or no traffic; WFP_CONFLICT with
 *         APR_EMISMATCH: if_match or if_latest does not hold; with APR_EBUSY: a
 *         change that keeps the code, while traffic is split or a newer
 *         version waits for its first deployment
 */
apr_status_t wfp_scripts_put(wfp_store_t *store, wfp_put_t *put,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** The deployed version, whole: of a gradual deployment the newest. With
 *  modules of the newest version. APR_NOTFOUND with WFP_WORKER_NOT_FOUND. */
apr_status_t wfp_scripts_get(wfp_script_t **pscript, wfp_store_t *store,
                             const char *ns, const char *name,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** The same without modules, and its row in the list. */
apr_status_t wfp_scripts_head(wfp_script_t **pscript, wfp_script_info_t **pinfo,
                              wfp_store_t *store, const char *ns,
                              const char *name, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

/** By name: array of wfp_script_info_t *. WFP_NOT_FOUND: no such namespace */
apr_status_t wfp_scripts_list(apr_array_header_t **plist, wfp_store_t *store,
                              const char *ns, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

/** Which Workers of a namespace, and how many of them. */
typedef struct wfp_script_query_t {
    const char *ns;
    const apr_array_header_t *with;    /* tags it must have: const char *; */
    const apr_array_header_t *without; /* must not have. NULL: whatever */
    const char *after; /* the last name of the page before, "" at first */
    int limit;         /* most Workers, at least 1 */
    /* of wfp_scripts_page_sorted() only */
    const char *contains; /* part of the name, in any case; NULL: whatever */
    int by_modified;      /* else by name */
    int is_down;
} wfp_script_query_t;

/**
 * One page, by name. It costs the same wherever it is: at most WFP_PAGE_LOOKS
 * Workers are looked at, so a page may be short, even empty, while there is
 * more.
 *
 * @param plist  array of wfp_script_info_t *
 * @param pnext  what to ask the next page with; "": there is none
 */
apr_status_t wfp_scripts_page(apr_array_header_t **plist, const char **pnext,
                              wfp_store_t *store,
                              const wfp_script_query_t *query,
                              wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#define WFP_PAGE_LOOKS 5000

/**
 * One page in another order, or of names that contain something. A page in an
 * order costs the same wherever it is, of a tag too; a part of a name costs a
 * look at every name of the namespace (of the first tag that is asked for), so
 * it is for people who look for something. `after` is a *pnext of before, or "".
 *
 * @return WFP_INVALID: after is none
 */
apr_status_t wfp_scripts_page_sorted(apr_array_header_t **plist,
                                     const char **pnext, wfp_store_t *store,
                                     const wfp_script_query_t *query,
                                     wfp_result_t *res,
                                     apr_pool_t *p) WFP_CHECK;

/** Which Worker shall go, and when. */
typedef struct wfp_script_delete_t {
    const char *ns;
    const char *name;
    const char *if_match; /* as of wfp_put_t */
    int force;            /* 1: also an account Worker that others use */
    const wfp_actor_t *actor;
} wfp_script_delete_t;

/**
 * Delete a Worker. Who is bound to it keeps the binding, and its calls fail; queues
 * have no consumer then.
 *
 * @param pstamp  the change's number
 * @return WFP_NOT_FOUND, WFP_WORKER_NOT_FOUND; WFP_CONFLICT with APR_EMISMATCH:
 *         if_match does not hold; about WFP_ABOUT_USERS: others use it
 */
apr_status_t wfp_scripts_delete(apr_int64_t *pstamp, wfp_store_t *store,
                                const wfp_script_delete_t *what,
                                wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/**
 * Delete Workers that a query names (it must name a tag in `with`; `after` is
 * not looked at), in one transaction.
 *
 * @param pgone  those that went: array of wfp_change_t
 * @param pmore  1: there are more
 */
apr_status_t wfp_scripts_delete_some(apr_array_header_t **pgone, int *pmore,
                                     wfp_store_t *store,
                                     const wfp_script_query_t *query,
                                     const wfp_actor_t *actor,
                                     wfp_result_t *res,
                                     apr_pool_t *p) WFP_CHECK;

#endif
