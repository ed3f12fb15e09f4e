/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_TRY_H
#define WFP_API_TRY_H

#include "admin/api_route.h"

/** @file Trying a Worker: a request that the server sends itself. */

/** Where requests can come in that reach the Worker. */
wfp_api_fn wfp_api_try_doors;

/** Send one; the answer has the Worker's, and the records of what ran. */
wfp_api_fn wfp_api_try_send;

#endif
