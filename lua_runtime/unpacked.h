/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_UNPACKED_H
#define WFP_UNPACKED_H

#include "core/unpack.h"
#include "lua_runtime/run.h"

/**
 * @file
 * Responses that a script has asked to be unpacked. For this room only.
 */

/** Bytes that one takes: most of them until its body is closed. */
apr_size_t wfp_unpacked_cost(const wfp_response_t *resp);

/** resp unpacked, as wfp_unpack_response(); made in the invocation's pool, which
 *  its cost was charged for. Critical. */
apr_status_t wfp_unpacked_make(wfp_response_t **presp, wfp_invocation_t *inv,
                               const wfp_response_t *resp) WFP_CHECK;

/** Was one handed on that is still to be read? */
int wfp_unpacked_is_open(const wfp_invocation_t *inv);

/** The invocation ends: later reads fail. */
void wfp_unpacked_end_all(wfp_invocation_t *inv);

#endif
