/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SCHEMA_H
#define WFP_SCHEMA_H

#include "core/result.h"
#include "core/wfp.h"
#include "store/store.h"

struct wfp_slot_t;

/** @file The schema's version and its migrations. Inside store/ only. */

/** APR_SUCCESS when the database has the schema of this program; otherwise
 *  APR_EINCOMPLETE with WFP_INVALID and a text that names `wfpctl init`, or
 *  WFP_STORE_UNAVAILABLE. */
apr_status_t wfp_schema_check(wfp_store_t *store, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

/** Ask a connection that was just made: APR_SUCCESS when it has the schema of this
 *  program; otherwise WFP_STORE_UNAVAILABLE. The store remembers it. */
apr_status_t wfp_schema_vet(struct wfp_slot_t *slot,
                            wfp_result_t *res) WFP_CHECK;

/** Say that the store is away, since it has that version of the schema:
 *  WFP_STORE_UNAVAILABLE, about WFP_ABOUT_SCHEMA. */
apr_status_t wfp_schema_misfit(int version, wfp_result_t *res);

/** See wfp_store_read_schema(). */
apr_status_t wfp_schema_read(apr_array_header_t **pschema, const char *driver,
                             const char *schema_dir, wfp_result_t *res,
                             apr_pool_t *p) WFP_CHECK;

/** See wfp_store_migrate(). */
apr_status_t wfp_schema_migrate(int *papplied, wfp_store_t *store,
                                const apr_array_header_t *schema,
                                wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
