/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_GRAPHQL_H
#define WFP_GRAPHQL_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/json.h"
#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * A question in GraphQL as a tree of fields. One query a document, without
 * fragments and directives; types of variables are not looked at, but `!` is.
 */

/** How deep fields, lists and objects may nest, and how many fields there may
 *  be. */
#define WFP_GRAPHQL_DEPTH_MAX  16
#define WFP_GRAPHQL_FIELDS_MAX 1000

typedef struct wfp_graphql_field_t {
    const char *name;
    const char *label;                /* what the answer calls it */
    wfp_json_t *args;                 /* an object, variables in place; enums
                                       * are texts */
    const apr_array_header_t *fields; /* wfp_graphql_field_t, no label twice;
                                       * NULL: none are asked of it */
} wfp_graphql_field_t;

/**
 * Read a document.
 *
 * @param pfields    what it asks, wfp_graphql_field_t
 * @param text       ended by a NUL
 * @param variables  their values, an object; NULL: none. A variable without one
 *                   and without default leaves out the argument or member that
 *                   it is for
 * @return APR_EINVAL, WFP_INVALID in res with the line: it is none
 */
apr_status_t wfp_graphql_read(const apr_array_header_t **pfields,
                              const char *text, const wfp_json_t *variables,
                              wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
