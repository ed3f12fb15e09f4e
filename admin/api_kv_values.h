/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_KV_VALUES_H
#define WFP_API_KV_VALUES_H

#include "admin/api_call.h"
#include "core/kv.h"

/** @file Values of a KV namespace, one at a time, and its list of keys. */

wfp_api_fn wfp_api_kv_values_get;
wfp_api_fn wfp_api_kv_values_put;
wfp_api_fn wfp_api_kv_values_delete;
wfp_api_fn wfp_api_kv_values_metadata;
wfp_api_fn wfp_api_kv_values_keys;

/** Say what is wrong with what was asked. @return as wfp_api_answer_error() */
apr_status_t wfp_api_kv_values_refuse(wfp_api_call_t *call,
                                      const wfp_kv_fault_t *fault);

/**
 * Do a call of the namespace that the path names; pool and the most bytes are
 * filled in. On failure the error is in the answer.
 *
 * @param action  of a mutation, for the audit, with details about it; NULL
 */
apr_status_t wfp_api_kv_values_run(wfp_api_call_t *call, wfp_kv_call_t *kv,
                                   const char *action,
                                   const wfp_json_t *details) WFP_CHECK;

/** Metadata of a JSON value: its text, checked; none when it is null. */
void wfp_api_kv_values_set_metadata(wfp_kv_item_t *item, const wfp_json_t *v,
                                    apr_pool_t *p);

/** An item's metadata as JSON; NULL: none. */
wfp_json_t *wfp_api_kv_values_read_metadata(const wfp_kv_item_t *item,
                                            apr_pool_t *p);

#endif
