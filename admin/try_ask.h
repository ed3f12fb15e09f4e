/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TRY_ASK_H
#define WFP_TRY_ASK_H

#include "admin/try.h"
#include "core/json.h"
#include "core/result.h"
#include "core/wfp.h"

/** @file What a client wants to be sent, from JSON; docs/api/try.md. */

/** Most bytes of a body that is sent. */
#define WFP_TRY_ASK_BODY_MAX ((apr_size_t)1 << 20)

/**
 * Read it.
 *
 * @param ask  method, host, port, target, headers, body and version_id are
 *             filled in, in p
 * @return APR_EINVAL with WFP_INVALID: res tells what is wrong
 */
apr_status_t wfp_try_ask_read(wfp_try_t *ask, const wfp_json_t *doc,
                              wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
