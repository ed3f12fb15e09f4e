/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The story of a request to the S3 endpoint: what is asked, by whom, route,
 * handler, answer. Called by mod_wfp/control.c.
 */
#include "admin/s3.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/api_auth.h"
#include "admin/s3_auth.h"
#include "admin/s3_buckets.h"
#include "admin/s3_call.h"
#include "admin/s3_copy.h"
#include "admin/s3_list.h"
#include "admin/s3_objects.h"
#include "admin/s3_uploads.h"
#include "core/crypto.h"

#define ID_BYTES 8

/* What a path names. */
typedef enum {
    SERVICE,
    BUCKET,
    OBJECT
} level_e;

typedef struct route_t {
    const char *method;
    level_e level;
    const char *query; /* a parameter that it has; NULL: none is needed */
    const char *value; /* of it; NULL: any */
    wfp_api_role_e role;
    apr_status_t (*fn)(wfp_s3_call_t *call);
} route_t;

#define COPY "x-amz-copy-source" /* stands for a parameter: it is a header */

/* The first row that fits. */
static const route_t routes[] = {
    { "GET", SERVICE, NULL, NULL, WFP_API_READ, wfp_s3_buckets_list },
    { "GET", BUCKET, "location", NULL, WFP_API_READ, wfp_s3_buckets_location },
    { "GET", BUCKET, "versioning", NULL, WFP_API_READ,
      wfp_s3_buckets_versioning },
    { "GET", BUCKET, "uploads", NULL, WFP_API_READ, wfp_s3_uploads_list },
    { "GET", BUCKET, "list-type", "2", WFP_API_READ, wfp_s3_list_objects_v2 },
    { "GET", BUCKET, NULL, NULL, WFP_API_READ, wfp_s3_list_objects },
    { "HEAD", BUCKET, NULL, NULL, WFP_API_READ, wfp_s3_buckets_head },
    { "PUT", BUCKET, NULL, NULL, WFP_API_DEPLOY, wfp_s3_buckets_create },
    { "DELETE", BUCKET, NULL, NULL, WFP_API_DEPLOY, wfp_s3_buckets_delete },
    { "POST", BUCKET, "delete", NULL, WFP_API_DEPLOY,
      wfp_s3_objects_delete_many },
    { "GET", OBJECT, "uploadId", NULL, WFP_API_READ, wfp_s3_uploads_parts },
    { "GET", OBJECT, NULL, NULL, WFP_API_READ, wfp_s3_objects_get },
    { "HEAD", OBJECT, NULL, NULL, WFP_API_READ, wfp_s3_objects_head },
    { "PUT", OBJECT, COPY "&uploadId", NULL, WFP_API_DEPLOY, wfp_s3_copy_part },
    { "PUT", OBJECT, COPY, NULL, WFP_API_DEPLOY, wfp_s3_copy_object },
    { "PUT", OBJECT, "uploadId", NULL, WFP_API_DEPLOY,
      wfp_s3_uploads_put_part },
    { "PUT", OBJECT, NULL, NULL, WFP_API_DEPLOY, wfp_s3_objects_put },
    { "POST", OBJECT, "uploads", NULL, WFP_API_DEPLOY, wfp_s3_uploads_create },
    { "POST", OBJECT, "uploadId", NULL, WFP_API_DEPLOY,
      wfp_s3_uploads_complete },
    { "DELETE", OBJECT, "uploadId", NULL, WFP_API_DEPLOY,
      wfp_s3_uploads_abort },
    { "DELETE", OBJECT, NULL, NULL, WFP_API_DEPLOY, wfp_s3_objects_delete },
};
#define ROUTE_COUNT (sizeof(routes) / sizeof(routes[0]))

/* Parameters that make another operation of a request: S3 has it, we have not. */
static const char *const not_here[] = {
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "logging",
    "metadataConfiguration",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "versionId",
    "versions",
    "website",
    NULL,
};

static int has_query(const wfp_s3_call_t *call, const char *query,
                     const char *value)
{
    const char *given;

    if (!query) {
        return 1;
    }
    if (!strncmp(query, COPY, sizeof(COPY) - 1)) {
        return wfp_s3_call_header(call, COPY)
               && (!query[sizeof(COPY) - 1]
                   || wfp_s3_call_query(call, query + sizeof(COPY)));
    }
    given = wfp_s3_call_query(call, query);
    return given && (!value || !strcmp(given, value));
}

static apr_status_t not_implemented(wfp_s3_call_t *call)
{
    const char *method = call->r->method;
    int i;

    for (i = 0; not_here[i]; i++) {
        if (wfp_s3_call_query(call, not_here[i])) {
            return wfp_s3_call_fail(call, WFP_S3_NOT_IMPLEMENTED,
                                    "%s is not implemented", not_here[i]);
        }
    }
    if (!strcmp(method, "GET") && call->key
        && wfp_s3_call_query(call, "partNumber")
        && !wfp_s3_call_query(call, "uploadId")) {
        return wfp_s3_call_fail(call, WFP_S3_NOT_IMPLEMENTED, NULL);
    }
    return APR_SUCCESS;
}

static apr_status_t find_route(const route_t **proute, wfp_s3_call_t *call)
{
    level_e level = call->key ? OBJECT : call->bucket ? BUCKET : SERVICE;
    apr_status_t rv = not_implemented(call);
    apr_size_t i;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (i = 0; i < ROUTE_COUNT; i++) {
        const route_t *route = &routes[i];

        if (route->level == level && !strcmp(route->method, call->r->method)
            && has_query(call, route->query, route->value)) {
            *proute = route;
            return APR_SUCCESS;
        }
    }
    return !strcmp(call->r->method, "POST") /* forms of browsers, and others */
               ? wfp_s3_call_fail(call, WFP_S3_NOT_IMPLEMENTED, NULL)
               : wfp_s3_call_fail(call, WFP_S3_METHOD, NULL);
}

/* What the key may do. A token that is limited to namespaces has buckets. */
static apr_status_t may(const route_t *route, wfp_s3_call_t *call)
{
    if (wfp_api_auth_role(call->token) < route->role) {
        return wfp_s3_call_fail(call, WFP_S3_ACCESS_DENIED,
                                "Access Denied: the key's role '%s' may not do "
                                "this",
                                call->token->role);
    }
    return call->bucket ? wfp_s3_call_reach(call, call->bucket) : APR_SUCCESS;
}

static apr_status_t run(wfp_s3_call_t *call, const char *base, const char *host)
{
    const route_t *route = NULL;
    apr_status_t rv;

    call->retry_after_s = wfp_api_auth_count_address(call->server, call->r);
    if (call->retry_after_s) {
        return wfp_s3_call_fail(call, WFP_S3_SLOW_DOWN, NULL);
    }
    rv = wfp_s3_call_read(call, base, host);
    if (rv == APR_SUCCESS && !call->server->store) {
        return wfp_s3_call_fail(call, WFP_S3_UNAVAILABLE, NULL);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_s3_auth_check(call);
    }
    if (rv == APR_SUCCESS) {
        rv = find_route(&route, call);
    }
    if (rv == APR_SUCCESS) {
        rv = may(route, call);
    }
    return rv == APR_SUCCESS ? route->fn(call) : rv;
}

/* Which host is asked is what was signed: where httpd does not insist that they
 * agree, r->hostname is that of the request's line. */
static const char *signed_host(request_rec *r)
{
    const char *host = apr_table_get(r->headers_in, "Host");

    return host ? apr_pstrmemdup(r->pool, host, strcspn(host, ":")) : "";
}

static apr_status_t wipe_key(void *call)
{
    wfp_s3_proof_t *proof = &((wfp_s3_call_t *)call)->proof;

    wfp_crypto_wipe(proof->key, sizeof(proof->key));
    return APR_SUCCESS;
}

int wfp_s3_handle(request_rec *r, const char *path, const char *base,
                  const wfp_api_server_t *server)
{
    wfp_s3_call_t *call = apr_pcalloc(r->pool, sizeof(*call));
    unsigned char id[ID_BYTES] = { 0 };
    apr_status_t rv;

    call->pool = r->pool;
    call->r = r;
    call->server = server;
    call->path = path;
    call->query = apr_table_make(r->pool, 8);
    wfp_result_init(&call->res, r->pool);
    apr_pool_cleanup_register(r->pool, call, wipe_key, apr_pool_cleanup_null);
    rv = wfp_crypto_random(id, sizeof(id));
    call->id = wfp_crypto_hex(id, sizeof(id), r->pool);
    if (rv == APR_SUCCESS) {
        rv = run(call, base, *base ? "" : signed_host(r));
    }
    if (rv != APR_SUCCESS) {
        (void)wfp_s3_call_fail(call, WFP_S3_INTERNAL, NULL); /* if none said */
    }
    return wfp_s3_call_send(call);
}
