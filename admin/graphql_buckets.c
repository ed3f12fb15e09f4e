/* SPDX-License-Identifier: Apache-2.0 */
/* r2StorageAdaptiveGroups: what wrangler's `r2 bucket info` asks, answered from the
 * bucket's row: as it is now, whatever time is asked for. */
#include <string.h>

#include "admin/graphql_sets.h"
#include "admin/show.h"
#include "store/r2_buckets.h"

static int show_max(wfp_json_t *obj, const wfp_graphql_field_t *field,
                    const wfp_r2_bucket_t *bucket)
{
    if (!strcmp(field->name, "objectCount")) {
        wfp_json_set_int(obj, field->label, bucket->objects);
    }
    else if (!strcmp(field->name, "payloadSize")) {
        wfp_json_set_int(obj, field->label, bucket->bytes);
    }
    else if (!strcmp(field->name, "metadataSize")) {
        wfp_json_set_int(obj, field->label, 0);
    }
    else {
        return 0;
    }
    return 1;
}

static int show_dimension(wfp_json_t *obj, const wfp_graphql_field_t *field,
                          const wfp_r2_bucket_t *bucket, apr_pool_t *p)
{
    if (!strcmp(field->name, "datetime")) {
        wfp_json_set_str(obj, field->label, wfp_show_time(apr_time_now(), p));
    }
    else if (!strcmp(field->name, "bucketName")) {
        wfp_json_set_str(obj, field->label, bucket->name);
    }
    else {
        return 0;
    }
    return 1;
}

/* @return NULL, or the name of what is not known */
static const char *show_part(wfp_json_t *obj, const wfp_graphql_field_t *part,
                             const wfp_r2_bucket_t *bucket, apr_pool_t *p)
{
    const int is_max = !strcmp(part->name, "max");
    int i;

    if (!part->fields || (!is_max && strcmp(part->name, "dimensions") != 0)) {
        return part->name;
    }
    for (i = 0; i < part->fields->nelts; i++) {
        const wfp_graphql_field_t *field = &APR_ARRAY_IDX(part->fields, i,
                                                          wfp_graphql_field_t);

        if (!(is_max ? show_max(obj, field, bucket)
                     : show_dimension(obj, field, bucket, p))) {
            return field->name;
        }
    }
    return NULL;
}

static apr_status_t show_bucket(wfp_json_t *group,
                                const wfp_graphql_field_t *field,
                                const wfp_r2_bucket_t *bucket,
                                wfp_result_t *res, apr_pool_t *p)
{
    const char *unknown = NULL;
    int i;

    for (i = 0; !unknown && field->fields && i < field->fields->nelts; i++) {
        const wfp_graphql_field_t *part = &APR_ARRAY_IDX(field->fields, i,
                                                         wfp_graphql_field_t);
        wfp_json_t *obj = wfp_json_object(p);

        unknown = show_part(obj, part, bucket, p);
        wfp_json_set(group, part->label, obj);
    }
    return unknown || !field->fields ? wfp_result_set(
               res, WFP_INVALID, APR_EINVAL,
               "r2StorageAdaptiveGroups: max with objectCount, "
               "payloadSize and metadataSize is known, and "
               "dimensions with datetime and bucketName")
                                     : APR_SUCCESS;
}

apr_status_t wfp_graphql_buckets(wfp_json_t **prows, wfp_store_t *store,
                                 const wfp_graphql_field_t *field,
                                 apr_time_t deadline, wfp_result_t *res,
                                 apr_pool_t *p)
{
    static const wfp_r2_bucket_t none = { .name = "" };
    const wfp_json_t *filter = wfp_json_get(field->args, "filter", p);
    const char *name = wfp_json_str(wfp_json_get(filter, "bucketName", p));
    wfp_json_t *group = wfp_json_object(p);
    wfp_r2_bucket_t *bucket;
    apr_status_t rv;

    (void)deadline; /* one row is read */
    *prows = wfp_json_array(p);
    if (!name) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "r2StorageAdaptiveGroups: filter: bucketName is "
                              "needed");
    }
    rv = wfp_r2_buckets_get(&bucket, store, name, res, p);
    if (rv != APR_SUCCESS && res->code == WFP_NOT_FOUND) {
        wfp_result_init(res, p);
        return show_bucket(group, field, &none, res, p);
    }
    if (rv == APR_SUCCESS) {
        rv = show_bucket(group, field, bucket, res, p);
        wfp_json_add(*prows, group);
    }
    return rv;
}
