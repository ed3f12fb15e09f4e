/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_ROUTE_H
#define WFP_API_ROUTE_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/wfp.h"

/** @file The table of routes (api_routes.c) and how a path finds its row. */

struct wfp_api_call_t;

/** Answers a call; see api_call.h. A status other than APR_SUCCESS without an
 *  error in the answer means: tell what call->res says. */
typedef apr_status_t wfp_api_fn(struct wfp_api_call_t *call);

/** The least role a token must have. */
typedef enum {
    WFP_API_PUBLIC = 0, /* no token is asked */
    WFP_API_READ,
    WFP_API_DEPLOY,
    WFP_API_ADMIN
} wfp_api_role_e;

/** What a token that is limited to namespaces may do. */
typedef enum {
    WFP_API_NOT_LIMITED = 0, /* nothing here */
    WFP_API_BY_NAMESPACE,    /* when {namespace} of the path is one of its */
    WFP_API_ANY_TOKEN        /* as any other; fn shows its own only */
} wfp_api_reach_e;

/** A row. Pattern: "/a/{name}/b"; "{name+}" at the end takes the rest, and
 *  "{name*}" the rest as it is, encoded. */
typedef struct wfp_api_route_t {
    const char *method; /* "GET" answers HEAD, too */
    const char *pattern;
    wfp_api_role_e role;
    wfp_api_reach_e reach;
    wfp_api_fn *fn;
} wfp_api_route_t;

/** The table, ended by a row without method. */
extern const wfp_api_route_t wfp_api_routes[];

/**
 * Find the row of a path.
 *
 * @param proute   its row; NULL when there is none
 * @param pallow   when only other methods have the path: "GET, HEAD, PUT"; else
 *                 NULL
 * @param params   decoded values by name
 * @param path     encoded, of wfp_api_route_path()
 * @note a segment that is badly encoded, or that has a NUL or bytes that are no
 *       UTF-8, matches nothing
 */
void wfp_api_route_find(const wfp_api_route_t **proute, const char **pallow,
                        apr_table_t *params, const char *method,
                        const char *path, apr_pool_t *p);

/** What is behind a path's prefix, which is free. */
const char *wfp_api_route_path(const char *path);

/** Undo %XX of a whole text to any bytes. @return NULL: badly encoded */
const char *wfp_api_route_undo(apr_size_t *pn, const char *text, apr_pool_t *p);

/** Decode %XX (and "+" when plus). @return NULL: badly encoded, a NUL, or no
 *  UTF-8 */
const char *wfp_api_route_decode(const char *text, apr_size_t n, int plus,
                                 apr_pool_t *p);

#endif
