/* SPDX-License-Identifier: Apache-2.0 */
/* The index of assets. Called by who makes versions and by assets.c. */
#include "services/asset_index.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC     0x41504657u
#define LAYOUT    1u
#define BYTES_MAX ((apr_uint64_t)1 << 30)

typedef struct head_t {
    apr_uint32_t magic;
    apr_uint32_t layout;
    apr_uint64_t size;
    apr_uint32_t count;
    apr_uint32_t config_at;
    apr_uint32_t config_size;
    apr_uint32_t unused;
} head_t;

typedef struct row_t {
    apr_uint32_t path_at;
    apr_uint32_t path_size;
    apr_uint32_t type_at; /* 0: none */
    apr_uint32_t type_size;
    apr_int64_t size;
    unsigned char digest[WFP_ASSET_DIGEST_SIZE];
    unsigned char unused[8];
} row_t;

_Static_assert(sizeof(head_t) == 32, "the head has no holes");
_Static_assert(sizeof(row_t) == 64, "a row has no holes");

static int by_path(const void *a, const void *b)
{
    return strcmp(((const wfp_asset_t *)a)->path,
                  ((const wfp_asset_t *)b)->path);
}

static apr_uint32_t put(char *block, apr_size_t *pat, const char *text,
                        apr_size_t n)
{
    apr_uint32_t at = (apr_uint32_t)*pat;

    memcpy(block + at, text, n);
    block[at + n] = '\0';
    *pat += n + 1;
    return at;
}

static apr_uint64_t size_of(const apr_array_header_t *assets,
                            const char *config)
{
    apr_uint64_t size = sizeof(head_t) + strlen(config) + 1;
    int i;

    for (i = 0; i < assets->nelts; i++) {
        const wfp_asset_t *a = &APR_ARRAY_IDX(assets, i, wfp_asset_t);

        size += sizeof(row_t) + strlen(a->path) + 1
                + (a->type ? strlen(a->type) + 1 : 0);
    }
    return size;
}

apr_status_t wfp_asset_index_make(const char **pblock, apr_size_t *psize,
                                  apr_array_header_t *assets,
                                  const char *config, apr_pool_t *p)
{
    apr_uint64_t size = size_of(assets, config);
    head_t head = { MAGIC, LAYOUT, size, (apr_uint32_t)assets->nelts };
    apr_size_t at = sizeof(head) + (apr_size_t)assets->nelts * sizeof(row_t);
    char *block;
    int i;

    if (size > BYTES_MAX) {
        return APR_ENOSPC;
    }
    block = apr_palloc(p, (apr_size_t)size);
    qsort(assets->elts, (size_t)assets->nelts, sizeof(wfp_asset_t), by_path);
    for (i = 0; i < assets->nelts; i++) {
        const wfp_asset_t *a = &APR_ARRAY_IDX(assets, i, wfp_asset_t);
        row_t row = { 0 };

        row.path_size = (apr_uint32_t)strlen(a->path);
        row.path_at = put(block, &at, a->path, row.path_size);
        if (a->type) {
            row.type_size = (apr_uint32_t)strlen(a->type);
            row.type_at = put(block, &at, a->type, row.type_size);
        }
        row.size = a->size;
        memcpy(row.digest, a->digest, sizeof(row.digest));
        memcpy(block + sizeof(head) + (apr_size_t)i * sizeof(row), &row,
               sizeof(row));
    }
    head.config_size = (apr_uint32_t)strlen(config);
    head.config_at = put(block, &at, config, head.config_size);
    memcpy(block, &head, sizeof(head));
    *pblock = block;
    *psize = (apr_size_t)size;
    return APR_SUCCESS;
}

static int is_text(const char *block, apr_size_t size, apr_uint32_t at,
                   apr_uint32_t n)
{
    return at < size && n < size - at && !block[at + n];
}

static void take_row(row_t *row, const wfp_asset_index_t *index, apr_uint32_t i)
{
    memcpy(row, index->block + sizeof(head_t) + (apr_size_t)i * sizeof(*row),
           sizeof(*row));
}

apr_status_t wfp_asset_index_read(wfp_asset_index_t *index, const char *block,
                                  apr_size_t size)
{
    head_t head;
    row_t row;
    apr_uint32_t i;

    if (size < sizeof(head)) {
        return APR_EINVAL;
    }
    memcpy(&head, block, sizeof(head));
    if (head.magic != MAGIC || head.layout != LAYOUT || head.size != size
        || head.count > (size - sizeof(head)) / sizeof(row)
        || !is_text(block, size, head.config_at, head.config_size)) {
        return APR_EINVAL;
    }
    index->block = block;
    index->size = size;
    index->count = head.count;
    index->config = block + head.config_at;
    index->config_size = head.config_size;
    for (i = 0; i < head.count; i++) {
        take_row(&row, index, i);
        if (!is_text(block, size, row.path_at, row.path_size) || row.size < 0
            || (row.type_at
                && !is_text(block, size, row.type_at, row.type_size))) {
            return APR_EINVAL;
        }
    }
    return APR_SUCCESS;
}

void wfp_asset_index_at(wfp_asset_t *asset, const wfp_asset_index_t *index,
                        apr_uint32_t i)
{
    row_t row;

    take_row(&row, index, i);
    asset->path = index->block + row.path_at;
    asset->type = row.type_at ? index->block + row.type_at : NULL;
    asset->size = row.size;
    memcpy(asset->digest, row.digest, sizeof(asset->digest));
}

int wfp_asset_index_find(wfp_asset_t *asset, const wfp_asset_index_t *index,
                         const char *path, apr_size_t n)
{
    apr_uint32_t from = 0, to = index->count;

    while (from < to) {
        apr_uint32_t mid = from + (to - from) / 2;
        row_t row;
        apr_size_t least;
        int diff;

        take_row(&row, index, mid);
        least = row.path_size < n ? row.path_size : n;
        diff = memcmp(path, index->block + row.path_at, least);
        if (diff == 0 && row.path_size == n) {
            wfp_asset_index_at(asset, index, mid);
            return 1;
        }
        if (diff < 0 || (diff == 0 && n < row.path_size)) {
            to = mid;
        }
        else {
            from = mid + 1;
        }
    }
    return 0;
}
