/* SPDX-License-Identifier: Apache-2.0 */
/* The API's routes, by noun. */
#include "admin/api_account.h"
#include "admin/api_graphql.h"
#include "admin/api_health.h"
#include "admin/api_asset_list.h"
#include "admin/api_assets.h"
#include "admin/api_audit.h"
#include "admin/api_bindings.h"
#include "admin/api_d1.h"
#include "admin/api_d1_files.h"
#include "admin/api_d1_query.h"
#include "admin/api_deployments.h"
#include "admin/api_hostnames.h"
#include "admin/api_kv_bulk.h"
#include "admin/api_kv_namespaces.h"
#include "admin/api_kv_values.h"
#include "admin/api_content.h"
#include "admin/api_logs.h"
#include "admin/api_namespace_list.h"
#include "admin/api_namespaces.h"
#include "admin/api_openapi.h"
#include "admin/api_points.h"
#include "admin/api_quota.h"
#include "admin/api_route.h"
#include "admin/api_queue_consumers.h"
#include "admin/api_queue_messages.h"
#include "admin/api_queues.h"
#include "admin/api_tokens.h"
#include "admin/api_r2.h"
#include "admin/api_r2_objects.h"
#include "admin/api_r2_uploads.h"
#include "admin/api_schedules.h"
#include "admin/api_scripts.h"
#include "admin/api_secrets.h"
#include "admin/api_services.h"
#include "admin/api_settings.h"
#include "admin/api_tags.h"
#include "admin/api_tails.h"
#include "admin/api_try.h"
#include "admin/api_usage.h"
#include "admin/api_versions.h"

#define A  "/accounts/{account}"
#define NS A "/workers/dispatch/namespaces"
#define N  NS "/{namespace}"
#define S  N "/scripts"
#define K  A "/storage/kv/namespaces"
#define D  A "/d1/database"
#define Q  A "/queues"
#define B  A "/r2/buckets"
#define W  A "/workers/scripts"

/* clang-format off */
const wfp_api_route_t wfp_api_routes[] = {
    { "POST", "/graphql", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_graphql_post },
    { "GET", "/openapi.json", WFP_API_PUBLIC, WFP_API_ANY_TOKEN, wfp_api_openapi_get },
    /* user, accounts */
    { "GET", "/user/tokens/verify", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_verify },
    { "GET", A "/tokens/verify", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_verify },
    { "GET", "/user", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_user },
    { "GET", "/accounts", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_list },
    { "GET", A, WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_get },
    { "GET", "/memberships", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_account_memberships },
    { "GET", A "/healthz", WFP_API_PUBLIC, WFP_API_ANY_TOKEN, wfp_api_health_get },
    /* dispatch namespaces */
    { "GET", NS, WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_namespace_list_get },
    { "POST", NS, WFP_API_ADMIN, WFP_API_NOT_LIMITED, wfp_api_namespaces_create },
    { "GET", N, WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_namespaces_get },
    { "PUT", N, WFP_API_ADMIN, WFP_API_BY_NAMESPACE, wfp_api_namespaces_update },
    { "PATCH", N, WFP_API_ADMIN, WFP_API_BY_NAMESPACE, wfp_api_namespaces_update },
    { "DELETE", N, WFP_API_ADMIN, WFP_API_NOT_LIMITED, wfp_api_namespaces_delete },
    { "GET", A "/workers/dispatch/usage", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_usage_all },
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
    { "GET", K "/{kv}/keys", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_kv_values_keys },
    { "GET", K "/{kv}/values/{key*}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_kv_values_get },
    { "PUT", K "/{kv}/values/{key*}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_kv_values_put },
    { "DELETE", K "/{kv}/values/{key*}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_kv_values_delete },
    { "GET", K "/{kv}/metadata/{key*}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_kv_values_metadata },
    { "PUT", K "/{kv}/bulk", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_kv_bulk_put },
    { "DELETE", K "/{kv}/bulk", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_kv_bulk_delete },
    { "POST", K "/{kv}/bulk/delete", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_kv_bulk_delete },
    { "POST", K "/{kv}/bulk/get", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_kv_bulk_get },
    /* D1 databases */
    /* Analytics Engine */
    { "GET", A "/analytics_engine/datasets", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_points_datasets },
    { "POST", A "/analytics_engine/datasets/{dataset}/query", WFP_API_READ, WFP_API_ANY_TOKEN, wfp_api_points_query },
    { "GET", D, WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_d1_list },
    { "POST", D, WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_d1_create },
    { "GET", D "/{database}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_d1_get },
    { "PUT", D "/{database}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_d1_update },
    { "PATCH", D "/{database}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_d1_update },
    { "DELETE", D "/{database}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_d1_delete },
    { "POST", D "/{database}/query", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_d1_query },
    { "POST", D "/{database}/raw", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_d1_query_raw },
    { "POST", D "/{database}/import", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_d1_files_import },
    { "PUT", D "/{database}/import/{file}", WFP_API_PUBLIC, WFP_API_ANY_TOKEN, wfp_api_d1_files_put },
    { "POST", D "/{database}/export", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_d1_files_export },
    { "GET", D "/{database}/export/{file}", WFP_API_PUBLIC, WFP_API_ANY_TOKEN, wfp_api_d1_files_get },
    /* queues */
    { "GET", Q, WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_queues_list },
    { "POST", Q, WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_queues_create },
    { "GET", Q "/{queue}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_queues_get },
    { "PUT", Q "/{queue}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_queues_update },
    { "PATCH", Q "/{queue}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_queues_update },
    { "DELETE", Q "/{queue}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_queues_delete },
    { "GET", Q "/{queue}/metrics", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_queues_metrics },
    { "POST", Q "/{queue}/purge", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_queues_purge },
    { "GET", Q "/{queue}/consumers", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_queue_consumers_list },
    { "POST", Q "/{queue}/consumers", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_queue_consumers_add },
    { "GET", Q "/{queue}/consumers/{consumer}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_queue_consumers_get },
    { "PUT", Q "/{queue}/consumers/{consumer}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_queue_consumers_update },
    { "DELETE", Q "/{queue}/consumers/{consumer}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_queue_consumers_remove },
    { "POST", Q "/{queue}/messages", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_queue_messages_push },
    { "POST", Q "/{queue}/messages/batch", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_queue_messages_push_batch },
    { "POST", Q "/{queue}/messages/pull", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_queue_messages_pull },
    { "POST", Q "/{queue}/messages/peek", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_queue_messages_peek },
    { "POST", Q "/{queue}/messages/ack", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_queue_messages_ack },
    /* R2 buckets */
    { "GET", B, WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_r2_list },
    { "POST", B, WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_r2_create },
    { "GET", B "/{bucket}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_r2_get },
    { "PATCH", B "/{bucket}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_r2_update },
    { "DELETE", B "/{bucket}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_r2_delete },
    { "GET", B "/{bucket}/objects", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_r2_objects_list },
    { "GET", B "/{bucket}/objects/{key*}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_r2_objects_get },
    { "PUT", B "/{bucket}/objects/{key*}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_r2_objects_put },
    { "DELETE", B "/{bucket}/objects/{key*}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_r2_objects_delete },
    { "DELETE", B "/{bucket}/objects", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_r2_objects_delete_many },
    { "POST", B "/{bucket}/uploads", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_r2_uploads_create },
    { "PUT", B "/{bucket}/uploads/{upload}/{part}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_r2_uploads_put_part },
    { "POST", B "/{bucket}/uploads/{upload}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_r2_uploads_complete },
    { "DELETE", B "/{bucket}/uploads/{upload}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_r2_uploads_abort },
    /* hostnames */
    { "GET", A "/hostnames", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_hostnames_list },
    { "GET", A "/hostnames/{hostname}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_hostnames_get },
    { "PUT", A "/hostnames/{hostname}", WFP_API_ADMIN, WFP_API_NOT_LIMITED, wfp_api_hostnames_put },
    { "DELETE", A "/hostnames/{hostname}", WFP_API_ADMIN, WFP_API_NOT_LIMITED, wfp_api_hostnames_delete },
    /* audit */
    { "GET", A "/audit", WFP_API_ADMIN, WFP_API_NOT_LIMITED, wfp_api_audit_list },
    /* versions and deployments of user Workers */
    { "GET", S "/{script}/versions", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_versions_list },
    { "POST", S "/{script}/versions", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_versions_add },
    { "GET", S "/{script}/versions/{version}", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_versions_get },
    { "GET", S "/{script}/deployments", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_deployments_list },
    { "POST", S "/{script}/deployments", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_deployments_add },
    { "POST", S "/{script}/rollback", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_deployments_rollback },
    /* the same of account Workers */
    { "GET", W "/{script}/versions", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_versions_list },
    { "POST", W "/{script}/versions", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_versions_add },
    { "GET", W "/{script}/versions/{version}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_versions_get },
    { "GET", W "/{script}/deployments", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_deployments_list },
    { "POST", W "/{script}/deployments", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_deployments_add },
    { "POST", W "/{script}/rollback", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_deployments_rollback },
    /* trying them */
    { "GET", S "/{script}/try", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_try_doors },
    { "POST", S "/{script}/try", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_try_send },
    { "GET", W "/{script}/try", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_try_doors },
    { "POST", W "/{script}/try", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_try_send },
    /* static assets */
    { "GET", S "/{script}/assets", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_asset_list_get },
    { "GET", W "/{script}/assets", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_asset_list_get },
    { "POST", S "/{script}/assets-upload-session", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_assets_session },
    { "POST", W "/{script}/assets-upload-session", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_assets_session },
    { "POST", A "/workers/assets/upload", WFP_API_PUBLIC, WFP_API_ANY_TOKEN, wfp_api_assets_upload },
    /* not there yet */
    { "GET", S "/{script}/schedules", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_schedules_list },
    { "PUT", S "/{script}/schedules", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_schedules_put },
    { "GET", S "/{script}/schedules/runs", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_schedules_runs },
    { "POST", S "/{script}/tails", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_tails_add },
    { "GET", S "/{script}/tails", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_tails_list },
    { "DELETE", S "/{script}/tails/{tail}", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_tails_delete },
    { "GET", S "/{script}/tail", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_tails_events },
    { "GET", S "/{script}/usage", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_usage_script },
    { "GET", S "/{script}/logs", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_logs_list },
    { "GET", W "/{script}/schedules", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_schedules_list },
    { "PUT", W "/{script}/schedules", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_schedules_put },
    { "GET", W "/{script}/schedules/runs", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_schedules_runs },
    { "POST", W "/{script}/tails", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_tails_add },
    { "GET", W "/{script}/tails", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_tails_list },
    { "DELETE", W "/{script}/tails/{tail}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_tails_delete },
    { "GET", W "/{script}/tail", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_tails_events },
    { "GET", A "/workers/tail-sockets/{socket}", WFP_API_PUBLIC, WFP_API_ANY_TOKEN, wfp_api_tails_socket },
    { "GET", W "/{script}/usage", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_usage_script },
    { "GET", W "/{script}/logs", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_logs_list },
    { "GET", N "/quota", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_quota_namespace },
    { "GET", S "/{script}/quota", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_quota_script },
    { "GET", W "/{script}/quota", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_quota_script },
    { "GET", N "/usage", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_usage_namespace },
    { "GET", B "/{bucket}/{rest+}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_account_unsupported },
    { "PUT", B "/{bucket}/{rest+}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_account_unsupported },
    { "PATCH", B "/{bucket}/{rest+}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_account_unsupported },
    { "DELETE", B "/{bucket}/{rest+}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_account_unsupported },
    /* user Workers */
    { "GET", S, WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_scripts_list },
    { "PUT", S "/{script}", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_scripts_put },
    { "DELETE", S "/{script}", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_scripts_delete },
    { "GET", S "/{script}/content", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_content_get },
    { "PUT", S "/{script}/content", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_content_put },
    { "GET", S "/{script}/content/v2", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_content_get },
    { "GET", S "/{script}/settings", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_settings_get },
    { "PATCH", S "/{script}/settings", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_settings_patch },
    { "GET", S "/{script}/script-settings", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_settings_get_lasting },
    { "PATCH", S "/{script}/script-settings", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_settings_patch_lasting },
    { "GET", S "/{script}/bindings", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_settings_bindings },
    { "GET", S "/{script}/secrets", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_secrets_list },
    { "PUT", S "/{script}/secrets", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_secrets_put },
    { "GET", S "/{script}/secrets/{secret}", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_secrets_get },
    { "DELETE", S "/{script}/secrets/{secret}", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_secrets_delete },
    { "PATCH", S "/{script}/secrets-bulk", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_secrets_bulk },
    { "GET", S "/{script}/tags", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_tags_list },
    { "PUT", S "/{script}/tags", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_tags_put_all },
    { "PUT", S "/{script}/tags/{tag}", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_tags_put },
    { "DELETE", S "/{script}/tags/{tag}", WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_tags_delete },
    { "GET", S "/{script}", WFP_API_READ, WFP_API_BY_NAMESPACE, wfp_api_scripts_get },
    { "DELETE", S, WFP_API_DEPLOY, WFP_API_BY_NAMESPACE, wfp_api_scripts_delete_some },
    /* account Workers */
    { "GET", W, WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_scripts_list },
    { "PUT", W "/{script}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_scripts_put },
    { "DELETE", W "/{script}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_scripts_delete },
    { "GET", W "/{script}/content", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_content_get },
    { "PUT", W "/{script}/content", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_content_put },
    { "GET", W "/{script}/content/v2", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_content_get },
    { "GET", W "/{script}/settings", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_settings_get },
    { "PATCH", W "/{script}/settings", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_settings_patch },
    { "GET", W "/{script}/script-settings", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_settings_get_lasting },
    { "PATCH", W "/{script}/script-settings", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_settings_patch_lasting },
    { "GET", W "/{script}/bindings", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_settings_bindings },
    { "GET", W "/{script}/secrets", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_secrets_list },
    { "PUT", W "/{script}/secrets", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_secrets_put },
    { "GET", W "/{script}/secrets/{secret}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_secrets_get },
    { "DELETE", W "/{script}/secrets/{secret}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_secrets_delete },
    { "PATCH", W "/{script}/secrets-bulk", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_secrets_bulk },
    { "GET", W "/{script}/tags", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_tags_list },
    { "PUT", W "/{script}/tags", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_tags_put_all },
    { "PUT", W "/{script}/tags/{tag}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_tags_put },
    { "DELETE", W "/{script}/tags/{tag}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_tags_delete },
    { "GET", W "/{script}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_content_get },
    /* account Workers, as wrangler sees them */
    { "GET", A "/workers/subdomain", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_services_account_subdomain },
    { "GET", W "/{script}/subdomain", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_services_subdomain },
    { "POST", W "/{script}/subdomain", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_services_set_subdomain },
    { "GET", W "/{script}/references", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_services_references },
    { "GET", A "/workers/bindings", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_bindings_users },
    { "GET", A "/workers/services/{script}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_services_get },
    { "DELETE", A "/workers/services/{script}", WFP_API_DEPLOY, WFP_API_NOT_LIMITED, wfp_api_services_delete },
    { "GET", A "/workers/tails/by-consumer/{script}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_services_tail_consumers },
    { "GET", A "/workers/workers/{script}", WFP_API_READ, WFP_API_NOT_LIMITED, wfp_api_services_beta },
    { NULL },
};
/* clang-format on */
