/* SPDX-License-Identifier: Apache-2.0 */
/* Which versions of a Worker run. All children of the host know a change
 * before its answer is sent. */
#include "admin/api_deployments.h"

#include <string.h>

#include "admin/api_call.h"
#include "admin/api_versions.h"
#include "admin/api_worker.h"
#include "admin/show.h"
#include "store/deployments.h"

#define LIST_MAX      100
#define MESSAGE_BYTES 1000
#define ID_BYTES      64

/* shares are hundredths of a percent */
#define UNITS 100

static wfp_json_t *show_shares(const apr_array_header_t *shares, apr_pool_t *p)
{
    wfp_json_t *list = wfp_json_array(p);
    int i;

    for (i = 0; i < shares->nelts; i++) {
        const wfp_share_t *share = &APR_ARRAY_IDX(shares, i, wfp_share_t);
        wfp_json_t *doc = wfp_json_object(p);

        wfp_json_set_str(doc, "version_id", share->version_id);
        if (share->share % UNITS) {
            wfp_json_set_number(doc, "percentage",
                                (double)share->share / UNITS);
        }
        else {
            wfp_json_set_int(doc, "percentage", share->share / UNITS);
        }
        wfp_json_add(list, doc);
    }
    return list;
}

static wfp_json_t *show(const wfp_deployment_t *dep, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);

    wfp_json_set_str(doc, "id", dep->id);
    wfp_json_set_str(doc, "source", dep->source);
    wfp_json_set_str(doc, "strategy", "percentage");
    wfp_json_set_str(doc, "author_email", wfp_show_email(dep->author, p));
    wfp_json_set_str(doc, "created_on", wfp_show_time(dep->created, p));
    wfp_json_set_str(doc, "created_by", dep->author);
    wfp_json_set(doc, "annotations", wfp_show_annotations(dep->message, "", p));
    wfp_json_set(doc, "versions", show_shares(dep->shares, p));
    return doc;
}

apr_status_t wfp_api_deployments_list(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_object(call->pool);
    wfp_json_t *list = wfp_json_array(call->pool);
    apr_array_header_t *deps;
    int i;
    apr_status_t rv = wfp_deployments_list(&deps, call->server->store,
                                           wfp_api_call_ns(call),
                                           wfp_api_worker_name(call), LIST_MAX,
                                           &call->res, call->pool);

    if (rv != APR_SUCCESS) {
        return wfp_api_versions_failed(call, rv);
    }
    for (i = 0; i < deps->nelts; i++) {
        wfp_json_add(list, show(APR_ARRAY_IDX(deps, i, wfp_deployment_t *),
                                call->pool));
    }
    wfp_json_set(doc, "deployments", list);
    return wfp_api_answer_json(call, doc);
}

/* ---- changes ------------------------------------------------------------- */

static apr_status_t bad(wfp_api_call_t *call, const char *text)
{
    return wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "%s", text);
}

/* A text that may be absent: then it stays as it is. */
static apr_status_t read_text(const char **ptext, wfp_api_call_t *call,
                              const wfp_json_t *obj, const char *key,
                              apr_size_t most)
{
    const wfp_json_t *v = wfp_json_get(obj, key, call->pool);
    const char *text = wfp_json_str(v);

    if (!v || wfp_json_is_null(v)) {
        return APR_SUCCESS;
    }
    if (!text || strlen(text) > most) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "%s: a text of at most %d bytes", key,
                                    (int)most);
    }
    *ptext = text;
    return APR_SUCCESS;
}

static apr_status_t read_share(wfp_share_t *share, wfp_api_call_t *call,
                               const wfp_json_t *v)
{
    static const char *const members[] = { "version_id", "percentage", NULL };
    double percent, off;
    apr_status_t rv = read_text(&share->version_id, call, v, "version_id",
                                ID_BYTES);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_known(call, v, members, 0);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!share->version_id) {
        return bad(call, "versions: each needs a version_id");
    }
    if (!wfp_json_number(wfp_json_get(v, "percentage", call->pool), &percent)
        || !(percent >= 0 && percent <= 100)) {
        return bad(call, "percentage: a number from 0 to 100");
    }
    share->share = (int)(percent * UNITS + 0.5);
    off = percent * UNITS - share->share;
    return off < 1e-6 && off > -1e-6
               ? APR_SUCCESS
               : bad(call, "percentage: at most two decimals");
}

static apr_status_t read_shares(apr_array_header_t **pshares,
                                wfp_api_call_t *call, const wfp_json_t *doc)
{
    const wfp_json_t *list = wfp_json_get(doc, "versions", call->pool);
    apr_size_t i;
    apr_status_t rv = APR_SUCCESS;

    if (!wfp_json_is_array(list) || !wfp_json_size(list)
        || wfp_json_size(list) > WFP_SPLIT_MAX) {
        return bad(call, "versions: an array of 1 to 10");
    }
    *pshares = apr_array_make(call->pool, WFP_SPLIT_MAX, sizeof(wfp_share_t));
    for (i = 0; rv == APR_SUCCESS && i < wfp_json_size(list); i++) {
        wfp_share_t *share = apr_array_push(*pshares);

        memset(share, 0, sizeof(*share));
        rv = read_share(share, call, wfp_json_at(list, i, call->pool));
    }
    return rv;
}

static apr_status_t read_strategy(wfp_api_call_t *call, const wfp_json_t *doc)
{
    const char *word = "percentage";
    apr_status_t rv = read_text(&word, call, doc, "strategy", ID_BYTES);

    return rv != APR_SUCCESS || !strcmp(word, "percentage")
               ? rv
               : bad(call, "strategy: percentage is the only one");
}

static void begin(wfp_rollout_t *ask, wfp_api_call_t *call)
{
    memset(ask, 0, sizeof(*ask));
    ask->ns = wfp_api_call_ns(call);
    ask->name = wfp_api_worker_name(call);
    ask->message = "";
    ask->if_match = wfp_api_worker_if_match(call);
    ask->actor = wfp_api_call_actor(call);
}

static apr_status_t end(wfp_api_call_t *call, const wfp_rollout_t *ask,
                        apr_status_t rv, const wfp_deployment_t *done)
{
    if (rv != APR_SUCCESS) {
        return wfp_api_versions_failed(call, rv);
    }
    wfp_api_call_publish(call, done->stamp, ask->ns, ask->name, 0);
    return wfp_api_answer_json(call, show(done, call->pool));
}

/* What POST deployments asks for. */
static apr_status_t read_deployment(wfp_rollout_t *ask, wfp_api_call_t *call,
                                    const wfp_json_t *doc)
{
    static const char *const members[] = { "strategy", "versions",
                                           "annotations", NULL };
    const wfp_json_t *annotations = wfp_json_get(doc, "annotations",
                                                 call->pool);
    apr_array_header_t *shares = NULL;
    apr_status_t rv = wfp_api_call_known(call, doc, members, 0);

    if (rv == APR_SUCCESS) {
        rv = read_strategy(call, doc);
    }
    if (rv == APR_SUCCESS) {
        rv = read_shares(&shares, call, doc);
    }
    if (rv == APR_SUCCESS && annotations && !wfp_json_is_null(annotations)
        && !wfp_json_is_object(annotations)) {
        rv = bad(call, "annotations: an object");
    }
    if (rv == APR_SUCCESS) {
        rv = read_text(&ask->message, call, annotations, "workers/message",
                       MESSAGE_BYTES);
    }
    ask->shares = shares;
    return rv;
}

apr_status_t wfp_api_deployments_add(wfp_api_call_t *call)
{
    wfp_rollout_t ask;
    wfp_deployment_t *done = NULL;
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    begin(&ask, call);
    if (rv == APR_SUCCESS) {
        rv = read_deployment(&ask, call, doc);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_deployments_add(&done, call->server->store, &ask, &call->res,
                             call->pool);
    return end(call, &ask, rv, done);
}

apr_status_t wfp_api_deployments_rollback(wfp_api_call_t *call)
{
    static const char *const members[] = { "version_id", "message", NULL };
    wfp_rollout_t ask;
    wfp_deployment_t *done = NULL;
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_json(&doc, call);

    if (rv == APR_SUCCESS && doc && !wfp_json_is_object(doc)) {
        rv = bad(call, "an object is needed");
    }
    begin(&ask, call);
    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_known(call, doc, members, 1);
    }
    if (rv == APR_SUCCESS) {
        rv = read_text(&ask.version_id, call, doc, "version_id", ID_BYTES);
    }
    if (rv == APR_SUCCESS) {
        rv = read_text(&ask.message, call, doc, "message", MESSAGE_BYTES);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_deployments_rollback(&done, call->server->store, &ask, &call->res,
                                  call->pool);
    return end(call, &ask, rv, done);
}
