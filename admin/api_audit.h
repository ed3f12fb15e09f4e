/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_AUDIT_H
#define WFP_API_AUDIT_H

#include "admin/api_route.h"

/** @file Who did what to which object from where. */

wfp_api_fn wfp_api_audit_list;

#endif
