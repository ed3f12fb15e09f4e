/* SPDX-License-Identifier: Apache-2.0 */
/* The assets of what runs, or of a version, read from the version's index. */
#include "admin/api_asset_list.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/api_versions.h"
#include "admin/api_worker.h"
#include "services/assets.h"
#include "store/versions.h"

#define LIMIT     1000
#define LIMIT_MAX 1000

/* Members of config that are nobody's to set. */
static const char *const own[] = { "navigates", "no_worker", NULL };

static apr_status_t copy_member(void *baton, const char *key, wfp_json_t *v)
{
    int i;

    for (i = 0; own[i]; i++) {
        if (!strcmp(own[i], key)) {
            return APR_SUCCESS;
        }
    }
    wfp_json_set(baton, key, v);
    return APR_SUCCESS;
}

static apr_status_t tell_config(wfp_json_t *doc, const wfp_asset_index_t *index,
                                wfp_api_call_t *call)
{
    wfp_json_t *config = wfp_json_object(call->pool), *kept;
    apr_status_t rv = wfp_json_read(&kept, index->config, index->config_size,
                                    &call->res, call->pool);

    if (rv == APR_SUCCESS) {
        rv = wfp_json_each(kept, copy_member, config, call->pool);
    }
    wfp_json_set(doc, "config", config);
    return rv;
}

static wfp_json_t *show(const wfp_asset_t *asset, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);

    wfp_json_set_str(doc, "path", asset->path);
    wfp_json_set_int(doc, "size", asset->size);
    wfp_json_set_str(doc, "type", asset->type);
    return doc;
}

/* The cursor is the number of the next one. */
static apr_status_t tell_files(wfp_json_t *doc, const wfp_asset_index_t *index,
                               wfp_api_call_t *call)
{
    wfp_json_t *items = wfp_json_array(call->pool);
    apr_int64_t limit = LIMIT, i = 0;
    apr_status_t rv = wfp_api_call_number(&limit, call, "limit", 1, LIMIT_MAX);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_number(&i, call, "cursor", 1, WFP_ASSETS_MAX);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (; index && i < index->count && limit > 0; i++, limit--) {
        wfp_asset_t asset;

        wfp_asset_index_at(&asset, index, (apr_uint32_t)i);
        wfp_json_add(items, show(&asset, call->pool));
    }
    wfp_json_set(doc, "items", items);
    wfp_json_set_int(doc, "count", index ? index->count : 0);
    return wfp_api_answer_cursor(call, doc, items,
                                 index && i < index->count
                                     ? apr_ltoa(call->pool, (long)i)
                                     : "");
}

static apr_status_t find(wfp_script_t **pscript, wfp_api_call_t *call)
{
    const char *id = wfp_api_call_query(call, "version");
    apr_status_t rv;

    if (!id) {
        return wfp_api_worker_head(pscript, NULL, call);
    }
    rv = wfp_versions_get(pscript, NULL, call->server->store,
                          wfp_api_call_ns(call), wfp_api_worker_name(call), id,
                          &call->res, call->pool);
    return rv == APR_SUCCESS ? rv : wfp_api_versions_failed(call, rv);
}

apr_status_t wfp_api_asset_list_get(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_object(call->pool);
    const wfp_asset_index_t *index;
    wfp_asset_set_t *set;
    wfp_script_t *script;
    apr_status_t rv = find(&script, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_json_set_str(doc, "version_id", script->version_id);
    if (!script->assets || !*script->assets) {
        wfp_json_set(doc, "config", wfp_json_null(call->pool));
        return tell_files(doc, NULL, call);
    }
    if (!call->server->assets) {
        return wfp_api_answer_error(call, WFP_API_STORE_DOWN, NULL);
    }
    rv = wfp_assets_open(&set, call->server->assets, script->version_id,
                         script->assets, &call->res);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    index = wfp_assets_index(set);
    rv = tell_config(doc, index, call);
    if (rv == APR_SUCCESS) {
        rv = tell_files(doc, index, call);
    }
    wfp_assets_give(call->server->assets, set);
    return rv;
}
