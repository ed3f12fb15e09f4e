/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_EXAMPLE_R2_H
#define WFP_EXAMPLE_R2_H

/** @file A bucket of a case's own, made when it is asked for first: for the
 *  examples of the Worker API. */

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <stdlib.h>

#include "lua_runtime/host.h"
#include "services/r2.h"
#include "store/r2_buckets.h"

#define EXAMPLE_BUCKET "target"

static wfp_r2_t *example_r2_service; /* of that pool */
static apr_pool_t *example_r2_pool;

/* Remove a directory and what is in it, so many levels deep. */
static void example_r2_remove(const char *path, int depth, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_dir_t *d;

    if (apr_dir_open(&d, path, p) != APR_SUCCESS) {
        return;
    }
    while (apr_dir_read(&info, APR_FINFO_NAME, d) == APR_SUCCESS) {
        const char *at = apr_pstrcat(p, path, "/", info.name, NULL);

        if (info.name[0] != '.' && depth > 0) {
            example_r2_remove(at, depth - 1, p);
        }
        (void)apr_file_remove(at, p);
    }
    (void)apr_dir_close(d);
    (void)apr_dir_remove(path, p);
}

static apr_status_t example_r2_close(void *data)
{
    apr_pool_t *p;

    example_r2_pool = NULL;
    apr_pool_create(&p, NULL);
    example_r2_remove(data, 2, p);
    apr_pool_destroy(p);
    return APR_SUCCESS;
}

static apr_status_t example_r2_open(const char *schema_dir, apr_pool_t *p,
                                    wfp_result_t *res)
{
    static const wfp_actor_t nobody = { "", "test", "api", "" };
    wfp_r2_bucket_t bucket = { .name = EXAMPLE_BUCKET,
                               .storage_class = "Standard" };
    char *dir = apr_pstrdup(p, "/tmp/wfp-example-r2-XXXXXX");
    apr_array_header_t *schema;
    wfp_store_t *store;
    int n;
    apr_status_t rv;

    if (!mkdtemp(dir)) {
        return APR_EGENERAL;
    }
    apr_pool_cleanup_register(p, dir, example_r2_close, apr_pool_cleanup_null);
    example_r2_pool = p;
    rv = wfp_store_open(&store, "sqlite3",
                        apr_pstrcat(p, dir, "/store.db", NULL), 0, res, p);
    if (rv == APR_SUCCESS) {
        rv = wfp_store_read_schema(&schema, "sqlite3", schema_dir, res, p);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_store_migrate(&n, store, schema, res, p);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_r2_buckets_create(store, &bucket, &nobody, res, p);
    }
    return rv == APR_SUCCESS
               ? wfp_r2_create(&example_r2_service, store, dir, 0, p)
               : rv;
}

/* As wfp_host_t says of r2. */
static apr_status_t example_r2(const char *schema_dir, apr_pool_t *p,
                               wfp_r2_call_t *call, wfp_result_t *res)
{
    const char *log;
    apr_status_t rv = example_r2_pool == p
                          ? APR_SUCCESS
                          : example_r2_open(schema_dir, p, res);

    apr_pool_create(&call->pool, p);
    return rv == APR_SUCCESS
               ? wfp_r2_run(example_r2_service, EXAMPLE_BUCKET, call, &log, res)
               : rv;
}

#endif
