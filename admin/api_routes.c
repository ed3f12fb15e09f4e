/* SPDX-License-Identifier: Apache-2.0 */
/* The API's routes, by noun. */
#include "admin/api_account.h"
#include "admin/api_audit.h"
#include "admin/api_hostnames.h"
#include "admin/api_kv_namespaces.h"
#include "admin/api_namespaces.h"
#include "admin/api_openapi.h"
#include "admin/api_route.h"
#include "admin/api_tokens.h"

#define A  "/accounts/{account}"
#define NS A "/workers/dispatch/namespaces"
#define N  NS "/{namespace}"
#define S  N "/scripts"
#define K  A "/storage/kv/namespaces"
#define W  A "/workers/scripts"

/* clang-format off */
const wfp_api_route_t wfp_api_routes[] = {
    { "GET", "/openapi.json", WFP_API_PUBLIC, WFP_API_ANY_TOKEN, wfp_api_openapi_get },
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
    { "PUT", N, WFP_API_ADMIN, WFP_API_BY_NAMESPACE, wfp_api_namespaces_update },
    { "PATCH", N, WFP_API_ADMIN, WFP_API_BY_NAMESPACE, wfp_api_namespaces_update },
    { "DELETE", N, WFP_API_ADMIN, WFP_API_NOT_LIMITED, wfp_api_namespaces_delete },
    /* tokens */
    { "GET", A "/tokens", WFP_API_ADMIN, WFP_API_NOT_LIMITED, wfp_api_tokens_list },
    { "POST", A "/tokens", WFP_API_ADMIN, WFP_API_NOT_LIMITED, wfp_api_tokens_create },
    { "DELETE", A "/tokens/{token}", WFP_API_ADMIN, WFP_API_NOT_LIMITED, wfp_api_tokens_revoke },
    /* KV namespaces */
    { "GET", K, WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_kv_namespaces_list },
    { "POST", K, WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_kv_namespaces_create },
    { "GET", K "/{kv}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_kv_namespaces_get },
    { "PUT", K "/{kv}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_kv_namespaces_rename },
    { "DELETE", K "/{kv}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_kv_namespaces_delete },
    /* hostnames */
    { "GET", A "/hostnames", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_hostnames_list },
    { "GET", A "/hostnames/{hostname}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_hostnames_get },
    { "PUT", A "/hostnames/{hostname}", WFP_API_ADMIN, WFP_API_NOT_LIMITED, wfp_api_hostnames_put },
    { "DELETE", A "/hostnames/{hostname}", WFP_API_ADMIN, WFP_API_NOT_LIMITED, wfp_api_hostnames_delete },
    /* audit */
    { "GET", A "/audit", WFP_API_ADMIN, WFP_API_NOT_LIMITED, wfp_api_audit_list },
    /* not there yet */
    { "GET", S "/{script}/schedules", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "PUT", S "/{script}/schedules", WFP_API_DEPLOY, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", S "/{script}/schedules/runs", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "POST", S "/{script}/tails", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "DELETE", S "/{script}/tails/{tail}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", S "/{script}/tail", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", S "/{script}/usage", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", S "/{script}/logs", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "POST", S "/{script}/assets-upload-session", WFP_API_DEPLOY, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", W "/{script}/schedules", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "PUT", W "/{script}/schedules", WFP_API_DEPLOY, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", W "/{script}/schedules/runs", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "POST", W "/{script}/tails", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "DELETE", W "/{script}/tails/{tail}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", W "/{script}/tail", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", W "/{script}/usage", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", W "/{script}/logs", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "POST", W "/{script}/assets-upload-session", WFP_API_DEPLOY, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", N "/usage", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "POST", A "/workers/assets/upload", WFP_API_PUBLIC, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", A "/d1/database", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "POST", A "/d1/database", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", A "/d1/database/{rest+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "POST", A "/d1/database/{rest+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "PUT", A "/d1/database/{rest+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "PATCH", A "/d1/database/{rest+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "DELETE", A "/d1/database/{rest+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", A "/r2/buckets", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "POST", A "/r2/buckets", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", A "/r2/buckets/{rest+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "PUT", A "/r2/buckets/{rest+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "PATCH", A "/r2/buckets/{rest+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "DELETE", A "/r2/buckets/{rest+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", A "/queues", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "POST", A "/queues", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", A "/queues/{rest+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "POST", A "/queues/{rest+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "PUT", A "/queues/{rest+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "PATCH", A "/queues/{rest+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "DELETE", A "/queues/{rest+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", A "/storage/kv/namespaces/{kv}/keys", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", A "/storage/kv/namespaces/{kv}/values/{key+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "PUT", A "/storage/kv/namespaces/{kv}/values/{key+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "DELETE", A "/storage/kv/namespaces/{kv}/values/{key+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "GET", A "/storage/kv/namespaces/{kv}/metadata/{key+}", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "PUT", A "/storage/kv/namespaces/{kv}/bulk", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "DELETE", A "/storage/kv/namespaces/{kv}/bulk", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "POST", A "/storage/kv/namespaces/{kv}/bulk/delete", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { "POST", A "/storage/kv/namespaces/{kv}/bulk/get", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_unsupported },
    { NULL },
};
/* clang-format on */
