/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_BRACKET_H
#define WFP_BRACKET_H

#include <apr_pools.h>

#include "core/json.h"
#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * Form fields with brackets in their names, as SDK 7 sends an object, read back
 * into that object: metadata[main_module], metadata[tags][],
 * metadata[bindings][][type]. "[]" adds an element; with a key behind it the
 * last element gets the key, unless it has it: then a new one begins. A value
 * is a text, but under those members of metadata where only numbers and
 * booleans make sense ("logpush", "limits", "observability", ...).
 */

/** Most brackets in a name. */
#define WFP_BRACKET_DEPTH_MAX 16

/** Does the name begin with root and a bracket? */
int wfp_bracket_is(const char *name, const char *root);

/**
 * Set what one field says.
 *
 * @param obj    the root's object
 * @param name   "ROOT[key]..."
 * @param value  n bytes and a NUL
 * @return APR_SUCCESS; APR_EINVAL with WFP_INVALID: malformed brackets, too
 *         many, a member that is there already, a value that is no UTF-8
 */
apr_status_t wfp_bracket_set(wfp_json_t *obj, const char *name,
                             const char *value, apr_size_t n, wfp_result_t *res,
                             apr_pool_t *p) WFP_CHECK;

#endif
