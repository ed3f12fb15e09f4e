/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SETTINGS_JSON_H
#define WFP_SETTINGS_JSON_H

#include <apr_pools.h>

#include "core/json.h"
#include "core/limits.h"
#include "core/result.h"
#include "core/script.h"
#include "core/wfp.h"

/**
 * @file
 * Limits and a namespace's outbound Worker as JSON: what wfpctl and the API
 * are given, what the store keeps, what the API shows. Every refusal is
 * APR_EINVAL with WFP_INVALID and names the member. What is read lives in p.
 */

/** {"cpu_ms":20,"subrequests":5}: those that are set. */
wfp_json_t *wfp_settings_json_write_limits(const wfp_limits_t *limits,
                                           apr_pool_t *p);

/**
 * The limits that an object says; NULL or null: all unset.
 *
 * @param policy  whose ranges the values must keep; NULL: what the store kept,
 *                for which only whole numbers from 0 are asked
 */
apr_status_t wfp_settings_json_read_limits(wfp_limits_t *limits,
                                           const wfp_json_t *obj,
                                           const wfp_limit_policy_t *policy,
                                           wfp_result_t *res,
                                           apr_pool_t *p) WFP_CHECK;

/** How far a Worker's own settings (a JSON object, "" none) open the way out:
 *  their "egress", direct when they name none. What cannot be read is none.
 *  A namespace's and the settings of who calls may only be narrower. */
wfp_egress_e wfp_settings_json_egress(const char *settings, apr_pool_t *p);

/** A namespace's outbound Worker {"service":"outbound","params":{"plan":
 *  "free"}}; null when none is named. */
wfp_json_t *wfp_settings_json_write_outbound(const wfp_outbound_t *outbound,
                                             apr_pool_t *p);

/** The outbound Worker that such an object says; NULL or null: none named. */
apr_status_t wfp_settings_json_read_outbound(wfp_outbound_t *outbound,
                                             const wfp_json_t *v,
                                             wfp_result_t *res,
                                             apr_pool_t *p) WFP_CHECK;

#endif
