/* SPDX-License-Identifier: Apache-2.0 */
#include "core/point.h"

#include <apr_lib.h>
#include <string.h>

#include "core/json.h"

int wfp_point_is_dataset(const char *name)
{
    apr_size_t i, n = strlen(name);

    for (i = 0; i < n; i++) {
        if (!apr_isalnum(name[i]) && name[i] != '_' && name[i] != '-') {
            return 0;
        }
    }
    return n >= 1 && n <= WFP_POINT_DATASET_MAX;
}

const char *wfp_point_write(const wfp_point_t *point, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_array(p), *blobs = wfp_json_array(p);
    wfp_json_t *doubles = wfp_json_array(p), *cell = wfp_json_object(p);
    int i;

    for (i = 0; i < point->blobs; i++) {
        wfp_json_add_str(blobs, point->blob[i]);
    }
    for (i = 0; i < point->doubles; i++) {
        wfp_json_set_number(cell, "n", point->number[i]);
        wfp_json_add(doubles, wfp_json_get(cell, "n", p));
    }
    wfp_json_add_str(doc, point->index);
    wfp_json_add(doc, blobs);
    wfp_json_add(doc, doubles);
    return wfp_json_text(doc, p);
}

int wfp_point_read(wfp_point_t *point, const char *text, apr_pool_t *p)
{
    wfp_json_t *doc, *blobs, *doubles;
    int i;

    memset(point, 0, sizeof(*point));
    if (wfp_json_parse(&doc, text, strlen(text), NULL, p) != APR_SUCCESS) {
        return 0;
    }
    point->index = wfp_json_str(wfp_json_at(doc, 0, p));
    blobs = wfp_json_at(doc, 1, p);
    doubles = wfp_json_at(doc, 2, p);
    if (!point->index || wfp_json_size(blobs) > WFP_POINT_BLOBS_MAX
        || wfp_json_size(doubles) > WFP_POINT_DOUBLES_MAX) {
        return 0;
    }
    point->blobs = (int)wfp_json_size(blobs);
    point->doubles = (int)wfp_json_size(doubles);
    for (i = 0; i < point->blobs; i++) {
        point->blob[i] = wfp_json_str(wfp_json_at(blobs, (apr_size_t)i, p));
        if (!point->blob[i]) {
            return 0;
        }
    }
    for (i = 0; i < point->doubles; i++) {
        if (!wfp_json_number(wfp_json_at(doubles, (apr_size_t)i, p),
                             &point->number[i])) {
            return 0;
        }
    }
    return 1;
}
