/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_BINDING_READER_H
#define WFP_BINDING_READER_H

#include <apr_pools.h>

#include "core/json.h"
#include "core/result.h"
#include "core/wfp.h"

/** @file Members of a binding in JSON. Every refusal is APR_EINVAL with
 *  WFP_INVALID, and names the binding and the member. */

typedef struct wfp_binding_reader_t {
    const char *where; /* name of the binding, for messages */
    wfp_result_t *res;
    apr_pool_t *p;
} wfp_binding_reader_t;

/** A member that must be a string. @param shown  its name in messages */
apr_status_t wfp_binding_string(const char **ptext, const wfp_json_t *v,
                                const char *member, const char *shown,
                                wfp_binding_reader_t *rd) WFP_CHECK;

/** The same for the name of a Worker or namespace. */
apr_status_t wfp_binding_target(const char **pname, const wfp_json_t *v,
                                const char *member, const char *shown,
                                wfp_binding_reader_t *rd) WFP_CHECK;

/** @return APR_EINVAL: "... is missing" */
apr_status_t wfp_binding_missing(wfp_binding_reader_t *rd,
                                 const char *member) WFP_CHECK;

/** @return APR_EINVAL: "... is not WHAT" */
apr_status_t wfp_binding_not_a(wfp_binding_reader_t *rd, const char *member,
                               const char *what) WFP_CHECK;

/** @return APR_EINVAL: "... is not supported" */
apr_status_t wfp_binding_unsupported(wfp_binding_reader_t *rd,
                                     const char *member) WFP_CHECK;

#endif
