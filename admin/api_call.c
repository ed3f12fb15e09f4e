/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What handlers ask of a request. Content types are not looked at: clients send
 * JSON as text/plain, too. Everything is bounded before it is read.
 */
#include "admin/api_call.h"

#include <apr_buckets.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <string.h>
#include <util_filter.h>

#include "admin/api_auth.h"
#include "admin/api_body.h"
#include "admin/query.h"

#define PER_PAGE  20
#define QUERY_MAX 64

wfp_api_call_t *wfp_api_call_make(request_rec *r, const char *path,
                                  const wfp_api_server_t *server)
{
    wfp_api_call_t *call = apr_pcalloc(r->pool, sizeof(*call));

    call->pool = r->pool;
    call->r = r;
    call->server = server;
    call->path = path;
    call->params = apr_table_make(r->pool, 4);
    call->query = apr_table_make(r->pool, 4);
    wfp_result_init(&call->res, r->pool);
    return call;
}

apr_status_t wfp_api_call_account(const char **pid, wfp_api_call_t *call)
{
    *pid = call->server->account;
    return *pid ? APR_SUCCESS
                : wfp_store_setting(pid, call->server->store, "account_id",
                                    &call->res, call->pool);
}

const char *wfp_api_call_param(const wfp_api_call_t *call, const char *name)
{
    return apr_table_get(call->params, name);
}

const char *wfp_api_call_ns(const wfp_api_call_t *call)
{
    const char *ns = wfp_api_call_param(call, "namespace");

    return ns ? ns : WFP_ACCOUNT_NS;
}

const char *wfp_api_call_query(const wfp_api_call_t *call, const char *name)
{
    return apr_table_get(call->query, name);
}

const char *wfp_api_call_header(const wfp_api_call_t *call, const char *name)
{
    return apr_table_get(call->r->headers_in, name);
}

const wfp_match_t *wfp_api_call_match(const wfp_api_call_t *call)
{
    wfp_match_t *match = apr_palloc(call->pool, sizeof(*match));

    match->match = wfp_api_call_header(call, "If-Match");
    match->match_none = wfp_api_call_header(call, "If-None-Match");
    return match->match || match->match_none ? match : NULL;
}

apr_status_t wfp_api_call_read_query(wfp_api_call_t *call)
{
    const char *at = call->r->args ? call->r->args : "";
    wfp_query_pair_t pair;
    int count;

    for (count = 0; wfp_query_next(&pair, &at, call->pool); count++) {
        if (count >= QUERY_MAX) {
            return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                        "the query has more than %d parameters",
                                        QUERY_MAX);
        }
        if (!pair.name) {
            return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                        "the query's %.*s is badly encoded",
                                        (int)(pair.raw_size < 80 ? pair.raw_size
                                                                 : 80),
                                        pair.raw);
        }
        if (apr_table_get(call->query, pair.name)
            && strcmp(pair.name, "name")) {
            return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                        "the query has %.80s twice", pair.name);
        }
        apr_table_addn(call->query, pair.name, pair.value);
    }
    return APR_SUCCESS;
}

apr_status_t wfp_api_call_number(apr_int64_t *pn, wfp_api_call_t *call,
                                 const char *name, apr_int64_t min,
                                 apr_int64_t max)
{
    const char *text = wfp_api_call_query(call, name);
    apr_int64_t n;

    if (!text) {
        return APR_SUCCESS;
    }
    n = wfp_query_number(text);
    if (n < min || n > max) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "%s: a whole number from %" APR_INT64_T_FMT
                                    " to %" APR_INT64_T_FMT,
                                    name, min, max);
    }
    *pn = n;
    return APR_SUCCESS;
}

apr_status_t wfp_api_call_page(wfp_api_page_t *page, wfp_api_call_t *call,
                               apr_int64_t max)
{
    apr_status_t rv;

    page->page = 1;
    page->per_page = PER_PAGE;
    rv = wfp_api_call_number(&page->page, call, "page", 1, 1000000000);
    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_number(&page->per_page, call, "per_page", 1,
                                 1000000000);
    }
    page->per_page = page->per_page < max ? page->per_page : max;
    page->skip = (page->page - 1) * page->per_page;
    return rv;
}

const char *wfp_api_call_contains(const wfp_api_call_t *call)
{
    const char *text = wfp_api_call_query(call, "name_contains");

    return text ? text : wfp_api_call_query(call, "search");
}

apr_status_t wfp_api_call_list(wfp_list_t *which, wfp_api_page_t *page,
                               wfp_api_call_t *call, apr_int64_t max)
{
    apr_status_t rv = wfp_api_call_page(page, call, max);

    which->contains = wfp_api_call_contains(call);
    which->skip = page->skip;
    which->limit = page->per_page;
    return rv;
}

apr_status_t wfp_api_call_list_all(int *pis_paged, wfp_list_t *which,
                                   wfp_api_page_t *page, wfp_api_call_t *call,
                                   apr_int64_t max)
{
    apr_status_t rv = wfp_api_call_list(which, page, call, max);

    *pis_paged = wfp_api_call_query(call, "per_page") != NULL;
    if (!*pis_paged) {
        which->limit = APR_INT32_MAX;
        which->skip = page->page > 1 ? APR_INT32_MAX : 0;
    }
    return rv;
}

apr_status_t wfp_api_call_either(int *pis_second, wfp_api_call_t *call,
                                 const char *name, const char *first,
                                 const char *second)
{
    const char *text = wfp_api_call_query(call, name);

    *pis_second = text && !strcmp(text, second);
    return !text || *pis_second || !strcmp(text, first)
               ? APR_SUCCESS
               : wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "%s: %s or %s",
                                      name, first, second);
}

apr_status_t wfp_api_call_direction(int *pis_down, wfp_api_call_t *call)
{
    return wfp_api_call_either(pis_down, call, "direction", "asc", "desc");
}

/* ---- the body ------------------------------------------------------------- */

static apr_status_t too_large(wfp_api_call_t *call, apr_size_t max)
{
    return wfp_api_answer_error(call, WFP_API_TOO_LARGE,
                                "Request body too large: at most "
                                "%" APR_SIZE_T_FMT " bytes",
                                max);
}

apr_status_t wfp_api_call_body(const char **pdata, apr_size_t *psize,
                               wfp_api_call_t *call, apr_size_t max)
{
    wfp_body_t *body = wfp_api_body_open(call->server, call->r);
    apr_off_t limit = ap_get_limit_req_body(call->r); /* 0: none */
    apr_status_t rv;

    if (limit > 0 && (apr_size_t)limit < max) {
        max = (apr_size_t)limit;
    }
    rv = wfp_body_slurp(pdata, psize, body, max, &call->res, call->pool);
    call->body_read = rv == APR_SUCCESS;
    if (rv == APR_SUCCESS) {
        return rv;
    }
    if (call->res.code == WFP_BODY_TOO_LARGE) {
        return too_large(call, max);
    }
    return call->res.code == WFP_TIMEOUT
               ? wfp_api_answer_error(call, WFP_API_TIMEOUT, NULL)
               : wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                      "The request's body did not come whole");
}

apr_status_t wfp_api_call_json_max(wfp_json_t **pdoc, wfp_api_call_t *call,
                                   apr_size_t max)
{
    const char *data;
    apr_size_t n;
    apr_status_t rv = wfp_api_call_body(&data, &n, call, max);

    *pdoc = NULL;
    if (rv != APR_SUCCESS || !n) {
        return rv;
    }
    rv = wfp_json_read(pdoc, data, n, &call->res, call->pool);
    if (rv != APR_SUCCESS) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "%s",
                                    call->res.message);
    }
    return rv;
}

apr_status_t wfp_api_call_json(wfp_json_t **pdoc, wfp_api_call_t *call)
{
    return wfp_api_call_json_max(pdoc, call, WFP_API_JSON_MAX);
}

apr_status_t wfp_api_call_object(wfp_json_t **pdoc, wfp_api_call_t *call)
{
    apr_status_t rv = wfp_api_call_json(pdoc, call);

    if (rv == APR_SUCCESS && !wfp_json_is_object(*pdoc)) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "the body must be a JSON object");
    }
    return rv;
}

typedef struct known_t {
    wfp_api_call_t *call;
    const char *const *names;
    int strict;
} known_t;

static apr_status_t check_member(void *baton, const char *key, wfp_json_t *v)
{
    const known_t *known = baton;
    wfp_api_call_t *call = known->call;
    int i;

    for (i = 0; known->names[i]; i++) {
        if (!strcmp(key, known->names[i])) {
            return APR_SUCCESS;
        }
    }
    if (known->strict) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "\"%.80s\" is not known here", key);
    }
    wfp_api_answer_message(call, 10012,
                           apr_psprintf(call->pool,
                                        "\"%.80s\" is not known and was "
                                        "ignored",
                                        key));
    return APR_SUCCESS;
}

apr_status_t wfp_api_call_known(wfp_api_call_t *call, const wfp_json_t *obj,
                                const char *const *known, int strict)
{
    known_t baton = { call, known, strict };

    return wfp_json_each(obj, check_member, &baton, call->pool);
}

/* ---- rights, changes ---------------------------------------------------------- */

int wfp_api_call_sees(const wfp_api_call_t *call, const char *ns)
{
    const apr_array_header_t *names = call->token ? call->token->namespaces
                                                  : NULL;
    int i;

    for (i = 0; names && i < names->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(names, i, const char *), ns)) {
            return 1;
        }
    }
    return names && !wfp_api_auth_is_limited(call->token);
}

const wfp_actor_t *wfp_api_call_actor(const wfp_api_call_t *call)
{
    wfp_actor_t *actor = apr_pcalloc(call->pool, sizeof *actor);
    const char *agent = wfp_api_call_header(call, "User-Agent");

    actor->id = call->token ? call->token->id : "";
    actor->name = call->token ? call->token->name : "";
    /* wrangler asks before it replaces what came another way */
    actor->source = call->by_session                           ? "dash"
                    : agent && !strncmp(agent, "wrangler/", 9) ? "wrangler"
                                                               : "api";
    actor->address = call->r->useragent_ip;
    return actor;
}

void wfp_api_call_tell(wfp_api_call_t *call, const wfp_change_t *change)
{
    call->server->publish(call->server->baton, change, call->pool);
}

void wfp_api_call_publish(wfp_api_call_t *call, apr_int64_t stamp,
                          const char *ns, const char *name, int deleted)
{
    const wfp_change_t change = { stamp,
                                  *name ? WFP_CHANGE_SCRIPT
                                        : WFP_CHANGE_NAMESPACE,
                                  ns, name, deleted };

    wfp_api_call_tell(call, &change);
}
