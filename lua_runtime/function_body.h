/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_FUNCTION_BODY_H
#define WFP_FUNCTION_BODY_H

#include "core/body.h"
#include "lua_runtime/run.h"

/**
 * @file
 * Bodies whose chunks a Lua function gives. For this room only.
 */

/** Pool bytes that one takes. */
#define WFP_FUNCTION_BODY_COST 256

/** Made in the invocation's pool; ref as wfp_state_function_body()'s.
 *  Critical. */
wfp_body_t *wfp_function_body_make(wfp_invocation_t *inv, int ref);

/** Is one of the invocation's bodies still to be read? */
int wfp_function_body_is_open(const wfp_invocation_t *inv);

/** The invocation ends: free the functions, later reads fail. */
void wfp_function_body_end_all(wfp_invocation_t *inv);

#endif
