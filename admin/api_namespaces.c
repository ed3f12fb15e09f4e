/* SPDX-License-Identifier: Apache-2.0 */
/* Dispatch namespaces and their settings. */
#include "admin/api_namespaces.h"

#include <string.h>

#include "admin/api_auth.h"
#include "admin/api_call.h"
#include "admin/seal.h"
#include "admin/show.h"
#include "core/settings_json.h"
#include "core/tail_targets.h"
#include "store/namespaces.h"

#define TARGETS_MAX 100

/* How often a change is made anew of what somebody else has just made of it. */
#define TURNS_MAX 20

static apr_status_t failed(wfp_api_call_t *call, apr_status_t rv)
{
    return call->res.about == WFP_ABOUT_SERVICE
               ? wfp_api_answer_error(call, WFP_API_NO_TARGET, "%s",
                                      call->res.message)
               : wfp_api_answer_result(call, rv, WFP_API_NO_NAMESPACE,
                                       WFP_API_NAMESPACE_EXISTS);
}

static apr_status_t answer_one(wfp_api_call_t *call, const wfp_namespace_t *ns)
{
    wfp_api_answer_etag(call, wfp_namespaces_etag(ns, call->pool));
    return wfp_api_answer_json(call, wfp_show_namespace(ns, call->pool));
}

apr_status_t wfp_api_namespaces_get(wfp_api_call_t *call)
{
    wfp_namespace_t *ns;
    apr_status_t rv = wfp_namespaces_get(&ns, call->server->store,
                                         wfp_api_call_ns(call), &call->res,
                                         call->pool);

    return rv == APR_SUCCESS ? answer_one(call, ns) : failed(call, rv);
}

/* ---- settings ------------------------------------------------------------ */

static apr_status_t bad(wfp_api_call_t *call, const char *text)
{
    return wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "%s", text);
}

static apr_status_t read_egress(wfp_namespace_t *ns, wfp_api_call_t *call,
                                const wfp_json_t *v)
{
    const char *word = wfp_json_str(v);

    if (v && !wfp_script_egress_by_word(&ns->egress, word)) {
        return bad(call, "egress: none, outbound or direct");
    }
    if (ns->egress == WFP_EGRESS_OUTBOUND && !ns->outbound.service) {
        return bad(call, "egress: outbound needs an outbound Worker");
    }
    return APR_SUCCESS;
}

/* A new outbound Worker is the only way out, unless the same request says
 * otherwise; without one the way is direct again. */
static apr_status_t read_outbound(wfp_namespace_t *ns, wfp_api_call_t *call,
                                  const wfp_json_t *v)
{
    apr_status_t rv = APR_SUCCESS;

    if (v) {
        rv = wfp_settings_json_read_outbound(&ns->outbound, v, &call->res,
                                             call->pool);
        if (ns->egress != WFP_EGRESS_NONE) {
            ns->egress = ns->outbound.service ? WFP_EGRESS_OUTBOUND
                                              : WFP_EGRESS_DIRECT;
        }
    }
    return rv;
}

/* A list of targets as WfpEgressAllow has them. */
static apr_status_t read_targets(apr_array_header_t **plist,
                                 wfp_api_call_t *call, const char *key,
                                 const wfp_json_t *v)
{
    apr_array_header_t *list = apr_array_make(call->pool, 4,
                                              sizeof(const char *));
    apr_size_t i;

    if (!v) {
        return APR_SUCCESS;
    }
    if (!wfp_json_is_array(v) || wfp_json_size(v) > TARGETS_MAX) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "%s: an array of at most %d targets", key,
                                    TARGETS_MAX);
    }
    for (i = 0; i < wfp_json_size(v); i++) {
        const char *target = wfp_json_str(wfp_json_at(v, i, call->pool));

        if (!target
            || call->server->check_target(target, &call->res, call->pool)
                   != APR_SUCCESS) {
            return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                        "%s: '%.100s' is no target such as "
                                        "10.1.2.3/32:8080 or *.example.com",
                                        key, target ? target : "");
        }
        APR_ARRAY_PUSH(list, const char *) = target;
    }
    *plist = list;
    return APR_SUCCESS;
}

/* Who is given the records of all of its Workers. */
static apr_status_t read_tails(wfp_namespace_t *ns, wfp_api_call_t *call,
                               const wfp_json_t *v)
{
    apr_array_header_t *targets;
    apr_status_t rv = wfp_tail_targets_read(&targets, v, ns->name, &call->res,
                                            call->pool);

    if (rv != APR_SUCCESS) {
        return bad(call, call->res.message);
    }
    if (v) {
        ns->tail_consumers = targets->nelts ? wfp_json_text(v, call->pool)
                                            : "[]";
        ns->has_new_tails = 1;
    }
    return rv;
}

static apr_status_t read_lists(wfp_namespace_t *ns, wfp_api_call_t *call,
                               const wfp_json_t *doc)
{
    apr_status_t rv;

    rv = read_tails(ns, call, wfp_json_get(doc, "tail_consumers", call->pool));
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = read_targets(&ns->egress_allow, call, "egress_allow",
                      wfp_json_get(doc, "egress_allow", call->pool));
    return rv == APR_SUCCESS
               ? read_targets(&ns->egress_deny, call, "egress_deny",
                              wfp_json_get(doc, "egress_deny", call->pool))
               : rv;
}

/* What may be in a body: settings, and what the answers show besides. */
static const char *const members[] = {
    "name",        "trusted_workers", "outbound",       "egress",
    "limits",      "egress_allow",    "egress_deny",    "tail_consumers",
    "created_on",  "created_by",      "namespace_name", "modified_on",
    "modified_by", "namespace_id",    "script_count",   NULL
};

/* Members that are not there stay as they are. */
static apr_status_t read_settings(wfp_namespace_t *ns, wfp_api_call_t *call,
                                  const wfp_json_t *doc)
{
    apr_pool_t *p = call->pool;
    const wfp_json_t *trusted = wfp_json_get(doc, "trusted_workers", p);
    const wfp_json_t *limits = wfp_json_get(doc, "limits", p);
    apr_status_t rv = wfp_api_call_known(call, doc, members, 1);

    if (rv == APR_SUCCESS) {
        rv = read_lists(ns, call, doc);
    }
    if (rv == APR_SUCCESS) {
        rv = read_outbound(ns, call, wfp_json_get(doc, "outbound", p));
    }
    if (rv == APR_SUCCESS) {
        rv = read_egress(ns, call, wfp_json_get(doc, "egress", p));
    }
    if (rv == APR_SUCCESS && limits) {
        wfp_limits_clear(&ns->limits);
        rv = wfp_settings_json_read_limits(&ns->limits, limits,
                                           call->server->limits, &call->res, p);
    }
    if (rv == APR_SUCCESS && trusted && !wfp_json_is_bool(trusted)) {
        return bad(call, "trusted_workers: true or false");
    }
    if (trusted) {
        ns->trusted_workers = wfp_json_is_true(trusted);
    }
    return rv;
}

/* ---- who may change what ------------------------------------------------- */

static int has_all(const apr_array_header_t *list,
                   const apr_array_header_t *wanted)
{
    int i, k;

    for (i = 0; wanted && i < wanted->nelts; i++) {
        const char *name = APR_ARRAY_IDX(wanted, i, const char *);

        for (k = 0; list && k < list->nelts; k++) {
            if (!strcmp(APR_ARRAY_IDX(list, k, const char *), name)) {
                break;
            }
        }
        if (!list || k == list->nelts) {
            return 0;
        }
    }
    return 1;
}

static int is_same_outbound(const wfp_namespace_t *a, const wfp_namespace_t *b,
                            apr_pool_t *p)
{
    return !strcmp(
        wfp_json_text(wfp_settings_json_write_outbound(&a->outbound, p), p),
        wfp_json_text(wfp_settings_json_write_outbound(&b->outbound, p), p));
}

/* The setting that opens a namespace further than it was, or that is for who
 * watches it; NULL: none does. */
static const char *widened(const wfp_namespace_t *was,
                           const wfp_namespace_t *is, apr_pool_t *p)
{
    if (!is_same_outbound(was, is, p)) {
        return "outbound";
    }
    if (strcmp(is->tail_consumers ? is->tail_consumers : "[]",
               was->tail_consumers ? was->tail_consumers : "[]")) {
        return "tail_consumers";
    }
    if (is->egress < was->egress) {
        return "egress";
    }
    if (!has_all(was->egress_allow, is->egress_allow)) {
        return "egress_allow";
    }
    if (!has_all(is->egress_deny, was->egress_deny)) {
        return "egress_deny";
    }
    if (!wfp_limits_are_within(&is->limits, &was->limits)) {
        return "limits";
    }
    return is->trusted_workers && !was->trusted_workers ? "trusted_workers"
                                                        : NULL;
}

/* Whose token is limited to the namespace may narrow it: how far it is open is
 * the business of who answers for the server. */
static apr_status_t check_reach(wfp_api_call_t *call,
                                const wfp_namespace_t *was,
                                const wfp_namespace_t *is)
{
    const char *setting = wfp_api_auth_is_limited(call->token)
                              ? widened(was, is, call->pool)
                              : NULL;

    return setting ? wfp_api_answer_error(call, WFP_API_FORBIDDEN,
                                          "Authentication error: %s: a token "
                                          "that is limited to namespaces may "
                                          "narrow it, not widen it",
                                          setting)
                   : APR_SUCCESS;
}

/* ---- changes ----------------------------------------------------------------- */

apr_status_t wfp_api_namespaces_create(wfp_api_call_t *call)
{
    wfp_namespace_t ns = { 0 };
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    ns.name = wfp_json_str(wfp_json_get(doc, "name", call->pool));
    if (!ns.name) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "name: a text is needed");
    }
    wfp_limits_clear(&ns.limits);
    rv = read_settings(&ns, call, doc);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_namespaces_create(call->server->store, &ns,
                               wfp_api_call_actor(call), &call->res,
                               call->pool);
    if (rv != APR_SUCCESS) {
        return failed(call, rv);
    }
    wfp_api_call_publish(call, ns.stamp, ns.name, "", 0);
    return answer_one(call, &ns);
}

/* A change that is made of what there was, so that it holds for that only. */
typedef struct change_t {
    wfp_namespace_t *ns;
    const char *name;  /* a new one, or NULL */
    wfp_match_t match; /* what there was */
} change_t;

static apr_status_t update(wfp_api_call_t *call, const change_t *change)
{
    wfp_namespace_t *ns = change->ns;
    apr_status_t rv = wfp_namespaces_update(call->server->store, ns,
                                            &change->match,
                                            wfp_api_call_actor(call),
                                            &call->res, call->pool);

    if (rv == APR_SUCCESS) {
        wfp_api_call_publish(call, ns->stamp, ns->name, "", 0);
    }
    return rv;
}

static apr_status_t rename_it(wfp_api_call_t *call, const change_t *change)
{
    wfp_rename_t rename = {
        .ns = change->ns,
        .to = change->name,
        .match = &change->match,
        .reseal = { wfp_seal_again, call->server->keys },
        .actor = wfp_api_call_actor(call),
    };
    int i;
    apr_status_t rv;

    if (wfp_api_auth_is_limited(call->token)) { /* as making and deleting one */
        return wfp_api_answer_error(call, WFP_API_FORBIDDEN,
                                    "Authentication error: renaming is not for "
                                    "a token that is limited to namespaces");
    }
    rv = wfp_namespaces_rename(call->server->store, &rename, &call->res,
                               call->pool);
    for (i = 0; rv == APR_SUCCESS && i < rename.changes->nelts; i++) {
        wfp_api_call_tell(call,
                          &APR_ARRAY_IDX(rename.changes, i, wfp_change_t));
    }
    return rv;
}

/* What the body says. *pname: the new name, or NULL. */
static apr_status_t read_update(const char **pname, wfp_namespace_t *ns,
                                wfp_api_call_t *call, const wfp_json_t *doc)
{
    const wfp_json_t *v = wfp_json_get(doc, "name", call->pool);
    const char *name = wfp_json_str(v);

    if (v && !name) {
        return bad(call, "name: a text is needed");
    }
    *pname = name && strcmp(name, ns->name) ? name : NULL;
    return read_settings(ns, call, doc);
}

/* What there is, and what it shall be. */
static apr_status_t make_change(change_t *change, wfp_api_call_t *call,
                                const wfp_json_t *doc)
{
    wfp_namespace_t was;
    const char *etag;
    apr_status_t rv = wfp_namespaces_get(&change->ns, call->server->store,
                                         wfp_api_call_ns(call), &call->res,
                                         call->pool);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    was = *change->ns;
    etag = wfp_namespaces_etag(&was, call->pool);
    rv = wfp_etag_check(wfp_api_call_match(call), etag, "the namespace",
                        &call->res);
    change->match.match = etag;
    if (rv == APR_SUCCESS) {
        rv = read_update(&change->name, change->ns, call, doc);
    }
    return rv == APR_SUCCESS ? check_reach(call, &was, change->ns) : rv;
}

apr_status_t wfp_api_namespaces_update(wfp_api_call_t *call)
{
    wfp_json_t *doc;
    change_t change;
    int turn;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (turn = 0; turn < TURNS_MAX; turn++) {
        memset(&change, 0, sizeof(change));
        rv = make_change(&change, call, doc);
        if (rv != APR_SUCCESS) {
            break;
        }
        rv = change.name ? rename_it(call, &change) : update(call, &change);
        if (rv != APR_EMISMATCH) { /* else somebody was faster: once more */
            break;
        }
    }
    if (rv == APR_SUCCESS) {
        return answer_one(call, change.ns);
    }
    return call->answer.errors ? rv : failed(call, rv);
}

apr_status_t wfp_api_namespaces_delete(wfp_api_call_t *call)
{
    const char *name = wfp_api_call_ns(call);
    apr_int64_t stamp;
    apr_status_t rv = wfp_namespaces_delete(&stamp, call->server->store, name,
                                            wfp_api_call_match(call),
                                            wfp_api_call_actor(call),
                                            &call->res, call->pool);

    if (rv != APR_SUCCESS) {
        return failed(call, rv);
    }
    wfp_api_call_publish(call, stamp, name, "", 1);
    return wfp_api_answer_json(call, NULL);
}
