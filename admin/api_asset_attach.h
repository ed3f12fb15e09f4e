/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_ASSET_ATTACH_H
#define WFP_API_ASSET_ATTACH_H

#include "admin/api_call.h"
#include "admin/metadata.h"

/** @file Static assets on their way into a version. */

/**
 * Find what an upload's metadata say of assets: meta->assets_ref is filled in.
 *
 * @param meta        of new code
 * @param has_worker  0: nothing but assets was uploaded
 * @return on failure the error is in the answer, or in call->res for
 *         wfp_api_worker_failed()
 */
apr_status_t wfp_api_asset_attach(wfp_metadata_t *meta, int has_worker,
                                  wfp_api_call_t *call) WFP_CHECK;

#endif
