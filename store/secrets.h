/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SECRETS_H
#define WFP_SECRETS_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "store/store.h"

/**
 * @file
 * Secrets of Workers: secret_text bindings. They are kept sealed; every change
 * makes a new version of the Worker, so that running isolates are replaced.
 */

/** Set one. @param sealed from wfp_crypto_seal(), context "NS/NAME/KEY" */
apr_status_t wfp_secrets_put(apr_int64_t *pstamp, wfp_store_t *store,
                             const char *ns, const char *name, const char *key,
                             const char *sealed, const char *author,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** WFP_NOT_FOUND when there is no such secret. */
apr_status_t wfp_secrets_delete(apr_int64_t *pstamp, wfp_store_t *store,
                                const char *ns, const char *name,
                                const char *key, const char *author,
                                wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Their names: array of const char *. */
apr_status_t wfp_secrets_list(apr_array_header_t **plist, wfp_store_t *store,
                              const char *ns, const char *name,
                              wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
