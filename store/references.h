/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_REFERENCES_H
#define WFP_REFERENCES_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/result.h"
#include "core/script.h"
#include "store/store.h"

/** @file Who would miss an account Worker: asked before one is deleted; and who has
 *  what a binding is to. */

typedef struct wfp_reference_t {
    const char *ns;      /* of the Worker that runs and refers to it; */
    const char *name;    /* "": the namespace itself does */
    const char *binding; /* name of its service binding; NULL: it is an outbound
                          * Worker there */
    const char *target;  /* the namespace whose outbound Worker it is */
} wfp_reference_t;

/** Most that are told of a kind. */
#define WFP_REFERENCES_MAX 100

/**
 * Bindings of versions that run, and namespaces.
 *
 * @param plist  array of wfp_reference_t: services by name, then outbounds
 * @param name   an account Worker
 * @return WFP_WORKER_NOT_FOUND
 */
apr_status_t wfp_references_list(apr_array_header_t **plist, wfp_store_t *store,
                                 const char *name, wfp_result_t *res,
                                 apr_pool_t *p) WFP_CHECK;

/**
 * Who gives an account Worker its records: Workers that run, and namespaces
 * (name is "").
 *
 * @param plist  array of wfp_reference_t; binding and target are NULL
 * @return WFP_WORKER_NOT_FOUND
 */
apr_status_t wfp_references_tails(apr_array_header_t **plist,
                                  wfp_store_t *store, const char *name,
                                  wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/**
 * Has any version of a Worker in the namespace such a binding?
 *
 * @param phas    1: it has
 * @param target  of a binding of the kind, as versions have it
 */
apr_status_t wfp_references_has(int *phas, wfp_store_t *store, const char *ns,
                                wfp_binding_e kind, const char *target,
                                wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/**
 * Who has such a binding, in the version that runs: at most WFP_REFERENCES_MAX, by
 * name.
 *
 * @param plist   array of wfp_reference_t, with `binding`
 * @param target  of a binding of the kind, as versions have it
 */
apr_status_t wfp_references_users(apr_array_header_t **plist,
                                  wfp_store_t *store, wfp_binding_e kind,
                                  const char *target, wfp_result_t *res,
                                  apr_pool_t *p) WFP_CHECK;

#endif
