/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_METADATA_KEYS_H
#define WFP_METADATA_KEYS_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/json.h"
#include "core/result.h"
#include "core/wfp.h"

/** @file The members of metadata that are only kept, or refused. For
 *  metadata.c. */

/**
 * Sort the members of metadata.
 *
 * @param settings  gets those that are kept, checked; null: to be cleared
 * @param notes     const char *: gets what the client should know
 * @return APR_EINVAL with WFP_INVALID, naming the member
 */
apr_status_t wfp_metadata_keys_read(wfp_json_t *settings,
                                    apr_array_header_t *notes,
                                    const wfp_json_t *obj, wfp_result_t *res,
                                    apr_pool_t *p) WFP_CHECK;

/** Add what is shown where nothing is kept. */
void wfp_metadata_keys_defaults(wfp_json_t *shown, apr_pool_t *p);

/** Does the member belong to the Worker rather than to a version? */
int wfp_metadata_keys_is_lasting(const char *key);

#endif
