/* SPDX-License-Identifier: Apache-2.0 */
/* The API's routes, by noun. */
#include "admin/api_account.h"
#include "admin/api_namespaces.h"
#include "admin/api_route.h"

#define A  "/accounts/{account}"
#define NS A "/workers/dispatch/namespaces"
#define N  NS "/{namespace}"

/* clang-format off */
const wfp_api_route_t wfp_api_routes[] = {
    /* user, accounts */
    { "GET", "/user/tokens/verify", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_verify },
    { "GET", A "/tokens/verify", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_verify },
    { "GET", "/user", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_user },
    { "GET", "/accounts", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_list },
    { "GET", A, WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_get },
    { "GET", "/memberships", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_memberships },
    { "GET", A "/healthz", WFP_API_PUBLIC, WFP_API_ANY_TOKEN, wfp_api_account_health },
    /* dispatch namespaces */
    { "GET", NS, WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_namespaces_list },
    { "POST", NS, WFP_API_ADMIN, WFP_API_NOT_LIMITED, wfp_api_namespaces_create },
    { "GET", N, WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_namespaces_get },
    { NULL },
};
/* clang-format on */
