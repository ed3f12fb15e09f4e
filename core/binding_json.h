/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_BINDING_JSON_H
#define WFP_BINDING_JSON_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/json.h"
#include "core/result.h"
#include "core/script.h"
#include "core/wfp.h"

/**
 * @file
 * Bindings as JSON, in the shape of the metadata of an upload: what wfpctl and
 * the API are given, what the store keeps, what the API shows. Every refusal is
 * APR_EINVAL with WFP_INVALID and names the binding and the member. What is read
 * lives in p.
 */

/**
 * Bindings as an array of objects, such as
 * {"type":"plain_text","name":"GREETING","text":"hi"}.
 *
 * @param bindings  wfp_binding_t
 * @param secrets   1: secret_text with its (sealed) text, for the store; 0:
 *                  without, for everybody else
 * @return APR_SUCCESS; APR_EINVAL: the text of a json binding is no JSON
 */
apr_status_t wfp_binding_json_write(wfp_json_t **parr,
                                    const apr_array_header_t *bindings,
                                    int secrets, wfp_result_t *res,
                                    apr_pool_t *p) WFP_CHECK;

/**
 * The bindings that an array says; NULL or null: none. Refused: a type that
 * this server does not have ("not supported"), a missing or ill-typed member,
 * a name that is not legal or given twice, a member that asks for more than
 * this server does (entrypoint). Members nobody knows are passed over.
 *
 * @param pbindings  wfp_binding_t
 */
apr_status_t wfp_binding_json_read(apr_array_header_t **pbindings,
                                   const wfp_json_t *arr, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

#endif
