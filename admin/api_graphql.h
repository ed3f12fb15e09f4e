/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_GRAPHQL_H
#define WFP_API_GRAPHQL_H

#include "admin/api_route.h"

/** @file Questions in GraphQL: docs/api/graphql.md. */

wfp_api_fn wfp_api_graphql_post;

#endif
