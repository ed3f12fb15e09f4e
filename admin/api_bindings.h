/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_BINDINGS_H
#define WFP_API_BINDINGS_H

#include "admin/api_call.h"

/** @file Which Workers are bound to what the account has. */

wfp_api_fn wfp_api_bindings_users;

#endif
