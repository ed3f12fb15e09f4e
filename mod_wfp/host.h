/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HOST_FUNCTIONS_H
#define WFP_HOST_FUNCTIONS_H

#include "lua_runtime/host.h"

/** @file What a Worker may ask of this server: wfp_host_t filled in. */

extern const wfp_host_t wfp_host_functions;

#endif
