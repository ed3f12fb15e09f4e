/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ASSET_SERVE_H
#define WFP_ASSET_SERVE_H

#include "core/message.h"
#include "services/assets.h"

/** @file What a request is answered with from a version's assets. */

typedef struct wfp_asset_ask_t {
    const wfp_request_t *req;
    apr_size_t base; /* bytes of the path that are no part of it: what routing
                        * took */
    int is_binding;  /* 1: env.ASSETS:fetch(): always answered; else only
                        * when the assets come before the Worker */
    int is_last;     /* 1: the answer goes to the client, nobody else gets it */
    apr_int32_t flags; /* files are opened with, as wfp_blobs_open() */
    apr_pool_t *pool;  /* of the answer */
} wfp_asset_ask_t;

/**
 * Answer a request.
 *
 * @param presp  NULL: it is the Worker's
 * @return WFP_INTERNAL: a file cannot be read; res tells, for the operator
 */
apr_status_t wfp_asset_serve(wfp_response_t **presp, wfp_assets_t *assets,
                             const wfp_asset_set_t *set,
                             const wfp_asset_ask_t *ask,
                             wfp_result_t *res) WFP_CHECK;

#endif
