/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TAIL_TARGETS_H
#define WFP_TAIL_TARGETS_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/json.h"
#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * Whose `tail` handler is given a Worker's records: `tail_consumers` of settings,
 * as JSON and as a list of targets. A target is "NAME", an account Worker, or
 * "/NAME", one of the namespace that the records are of, as with services.
 */

/** Most consumers of a Worker, and of a namespace. */
#define WFP_TAIL_TARGETS_MAX 10

/**
 * Read `[{"service":"NAME","environment":"...","namespace":"NS"}]`. The environment
 * says nothing here.
 *
 * @param plist  array of const char *, each once; empty for NULL or null
 * @param ns     the namespace that the records are of, WFP_ACCOUNT_NS for an
 *               account Worker's: no other one's Workers are given them; NULL:
 *               whichever is said was looked at before
 * @return APR_EINVAL with WFP_INVALID: what is wrong
 */
apr_status_t wfp_tail_targets_read(apr_array_header_t **plist,
                                   const wfp_json_t *arr, const char *ns,
                                   wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Those of a version's settings (JSON object, "" or NULL: none). What cannot be
 *  read names nobody. */
apr_array_header_t *wfp_tail_targets_of_settings(const char *settings,
                                                 apr_pool_t *p);

/** The same of a JSON array; NULL or "": none. */
apr_array_header_t *wfp_tail_targets_of_text(const char *text, apr_pool_t *p);

#endif
