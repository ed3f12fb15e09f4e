/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests. Called by the API's routes of assets. A path is a key of an index,
 * never a file's name; a hash is a name within one owner's files.
 */
#include "admin/asset_manifest.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "store/asset_uploads.h"

#define HASH_DIGITS 32

/* A bucket: as many hashes and bytes as a request takes well. */
#define BUCKET_HASHES 500
#define BUCKET_BYTES  ((apr_int64_t)15 << 20)

typedef struct reader_t {
    apr_array_header_t *list;
    apr_hash_t *sizes; /* hash -> wfp_asset_entry_t of its first path */
    wfp_result_t *res;
    apr_pool_t *pool;
} reader_t;

static apr_status_t refuse(reader_t *rd, const char *path, const char *why)
{
    return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL,
                          "manifest: \"%.200s\" %s", path, why);
}

static int is_hash(const char *text)
{
    return text && strlen(text) == HASH_DIGITS
           && strspn(text, "0123456789abcdefABCDEF") == HASH_DIGITS;
}

static int is_path(const char *path)
{
    const char *c = path;

    while (*c && !apr_iscntrl(*c)) {
        c++;
    }
    return *path == '/' && !*c && c - path <= WFP_ASSET_PATH_MAX;
}

static apr_status_t read_entry(void *baton, const char *path, wfp_json_t *v)
{
    reader_t *rd = baton;
    wfp_asset_entry_t *entry = apr_array_push(rd->list), *other;

    entry->path = apr_pstrdup(rd->pool, path);
    entry->hash = wfp_json_str(wfp_json_get(v, "hash", rd->pool));
    if (!is_path(path)) {
        return refuse(rd, path,
                      "is no path: \"/\" and at most 1023 bytes "
                      "without control characters");
    }
    if (!is_hash(entry->hash)) {
        return refuse(rd, path, "has no \"hash\" of 32 hex digits");
    }
    if (!wfp_json_int(wfp_json_get(v, "size", rd->pool), &entry->size)
        || entry->size < 0) {
        return refuse(rd, path, "has no \"size\" in bytes");
    }
    if (entry->size > WFP_ASSET_BYTES_MAX) {
        return refuse(rd, path, "has more than 25 MiB");
    }
    other = apr_hash_get(rd->sizes, entry->hash, APR_HASH_KEY_STRING);
    if (other && other->size != entry->size) {
        return refuse(rd, path, "has the hash of a file of another size");
    }
    apr_hash_set(rd->sizes, entry->hash, APR_HASH_KEY_STRING,
                 apr_pmemdup(rd->pool, entry, sizeof(*entry)));
    return APR_SUCCESS;
}

apr_status_t wfp_asset_manifest_read(apr_array_header_t **plist,
                                     const wfp_json_t *obj, wfp_result_t *res,
                                     apr_pool_t *p)
{
    reader_t rd = { NULL, apr_hash_make(p), res, p };
    apr_status_t rv;

    if (!wfp_json_is_object(obj)) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "\"manifest\" is not an object");
    }
    if (wfp_json_size(obj) > WFP_ASSETS_MAX) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "\"manifest\" has more than %d files",
                              WFP_ASSETS_MAX);
    }
    rd.list = apr_array_make(p, (int)wfp_json_size(obj) + 1,
                             sizeof(wfp_asset_entry_t));
    rv = wfp_json_each(obj, read_entry, &rd, p);
    *plist = rd.list;
    return rv;
}

apr_status_t wfp_asset_manifest_parse(apr_array_header_t **plist,
                                      const char *text, wfp_result_t *res,
                                      apr_pool_t *p)
{
    wfp_json_t *obj;
    apr_status_t rv = wfp_json_parse(&obj, text, strlen(text), res, p);

    return rv == APR_SUCCESS ? wfp_asset_manifest_read(plist, obj, res, p) : rv;
}

static const wfp_asset_file_t *file_of(const wfp_asset_entry_t *entry,
                                       apr_hash_t *files)
{
    const wfp_asset_file_t *file = apr_hash_get(files, entry->hash,
                                                APR_HASH_KEY_STRING);

    return file && file->size == entry->size ? file : NULL;
}

int wfp_asset_manifest_missing(wfp_json_t **pbuckets,
                               const apr_array_header_t *list,
                               apr_hash_t *files, apr_pool_t *p)
{
    wfp_json_t *buckets = wfp_json_array(p), *bucket = NULL;
    apr_hash_t *told = apr_hash_make(p);
    apr_int64_t bytes = 0;
    int i, count = 0;

    for (i = 0; i < list->nelts; i++) {
        const wfp_asset_entry_t *entry = &APR_ARRAY_IDX(list, i,
                                                        wfp_asset_entry_t);

        if (file_of(entry, files)
            || apr_hash_get(told, entry->hash, APR_HASH_KEY_STRING)) {
            continue;
        }
        if (!bucket || wfp_json_size(bucket) == BUCKET_HASHES
            || bytes + entry->size > BUCKET_BYTES) {
            bucket = wfp_json_array(p);
            wfp_json_add(buckets, bucket);
            bytes = 0;
        }
        wfp_json_add_str(bucket, entry->hash);
        apr_hash_set(told, entry->hash, APR_HASH_KEY_STRING, "");
        bytes += entry->size;
        count++;
    }
    *pbuckets = buckets;
    return count;
}

static void unhex(unsigned char *to, const char *hex, apr_size_t n)
{
    static const char digits[] = "0123456789abcdef";
    apr_size_t i;

    for (i = 0; i < n && hex[2 * i] && hex[2 * i + 1]; i++) {
        const char *high = strchr(digits, hex[2 * i]);
        const char *low = strchr(digits, hex[2 * i + 1]);

        to[i] = (unsigned char)((high ? high - digits : 0) * 16
                                + (low ? low - digits : 0));
    }
}

apr_array_header_t *wfp_asset_manifest_assets(const apr_array_header_t *list,
                                              apr_hash_t *files, apr_pool_t *p)
{
    apr_array_header_t *assets = apr_array_make(p, list->nelts + 1,
                                                sizeof(wfp_asset_t));
    int i;

    for (i = 0; i < list->nelts; i++) {
        const wfp_asset_entry_t *entry = &APR_ARRAY_IDX(list, i,
                                                        wfp_asset_entry_t);
        const wfp_asset_file_t *file = file_of(entry, files);
        wfp_asset_t *asset = file ? apr_array_push(assets) : NULL;

        if (asset) {
            memset(asset, 0, sizeof(*asset));
            asset->path = entry->path;
            asset->type = *file->type ? file->type : NULL;
            asset->size = file->size;
            unhex(asset->digest, file->digest, sizeof(asset->digest));
        }
    }
    return assets;
}
