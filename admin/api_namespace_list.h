/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_NAMESPACE_LIST_H
#define WFP_API_NAMESPACE_LIST_H

#include "admin/api_route.h"

/** @file The list of dispatch namespaces. */

wfp_api_fn wfp_api_namespace_list_get;

#endif
