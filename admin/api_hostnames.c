/* SPDX-License-Identifier: Apache-2.0 */
/* Hostnames: which Worker serves a host. */
#include "admin/api_hostnames.h"

#include <string.h>

#include "admin/api_call.h"
#include "admin/show.h"
#include "core/name.h"
#include "store/hostnames.h"

#define PER_PAGE_MAX 1000

apr_status_t wfp_api_hostnames_list(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_array(call->pool);
    apr_array_header_t *list;
    wfp_api_page_t page;
    apr_int64_t total;
    int i;
    apr_status_t rv = wfp_api_call_page(&page, call, PER_PAGE_MAX);

    if (rv == APR_SUCCESS) {
        rv = wfp_hostnames_list(&list, &total, call->server->store, page.skip,
                                (int)page.per_page, &call->res, call->pool);
    }
    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        wfp_json_add(doc,
                     wfp_show_hostname(APR_ARRAY_IDX(list, i, wfp_hostname_t *),
                                       call->pool));
    }
    return rv == APR_SUCCESS ? wfp_api_answer_page(call, doc, &page, total)
                             : rv;
}

static apr_status_t answer_one(wfp_api_call_t *call, const wfp_hostname_t *host)
{
    wfp_api_answer_etag(call, wfp_hostnames_etag(host, call->pool));
    return wfp_api_answer_json(call, wfp_show_hostname(host, call->pool));
}

apr_status_t wfp_api_hostnames_get(wfp_api_call_t *call)
{
    wfp_hostname_t *host;
    apr_status_t rv = wfp_hostnames_get(&host, call->server->store,
                                        wfp_api_call_param(call, "hostname"),
                                        &call->res, call->pool);

    return rv == APR_SUCCESS
               ? answer_one(call, host)
               : wfp_api_answer_result(call, rv, WFP_API_NO_HOSTNAME,
                                       WFP_API_CONFLICT);
}

static int is_name(const char *name)
{
    return name && wfp_name_is_valid(name, strlen(name));
}

static apr_status_t read_target(wfp_hostname_t *host, wfp_api_call_t *call)
{
    apr_pool_t *p = call->pool;
    const wfp_json_t *ns;
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    ns = wfp_json_get(doc, "namespace", p);
    host->ns = ns && !wfp_json_is_null(ns) ? wfp_json_str(ns) : WFP_ACCOUNT_NS;
    host->script = wfp_json_str(wfp_json_get(doc, "script", p));
    if (!is_name(host->script) || !host->ns
        || (*host->ns && !is_name(host->ns))) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "namespace and script: names are needed");
    }
    rv = wfp_hostnames_read_metadata(&host->metadata,
                                     wfp_json_get(doc, "metadata", p),
                                     &call->res, p);
    return rv == APR_SUCCESS
               ? rv
               : wfp_api_answer_result(call, rv, WFP_API_NO_NAMESPACE,
                                       WFP_API_CONFLICT);
}

/* Every child routes by it from now on. */
static void tell(wfp_api_call_t *call, const char *hostname, apr_int64_t stamp,
                 int deleted)
{
    const wfp_change_t change = { stamp, WFP_CHANGE_HOSTNAME, "", hostname,
                                  deleted };

    wfp_api_call_tell(call, &change);
}

apr_status_t wfp_api_hostnames_put(wfp_api_call_t *call)
{
    wfp_hostname_t host = { .hostname = wfp_api_call_param(call, "hostname") };
    apr_status_t rv = read_target(&host, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_hostnames_put(call->server->store, &host, wfp_api_call_match(call),
                           wfp_api_call_actor(call), &call->res, call->pool);
    if (rv != APR_SUCCESS) {
        return wfp_api_answer_result(call, rv, WFP_API_NO_NAMESPACE,
                                     WFP_API_CONFLICT);
    }
    tell(call, host.hostname, host.stamp, 0);
    return answer_one(call, &host);
}

apr_status_t wfp_api_hostnames_delete(wfp_api_call_t *call)
{
    const char *hostname = wfp_api_call_param(call, "hostname");
    apr_int64_t stamp;
    apr_status_t rv = wfp_hostnames_delete(&stamp, call->server->store,
                                           hostname, wfp_api_call_match(call),
                                           wfp_api_call_actor(call), &call->res,
                                           call->pool);

    if (rv != APR_SUCCESS) {
        return wfp_api_answer_result(call, rv, WFP_API_NO_HOSTNAME,
                                     WFP_API_CONFLICT);
    }
    tell(call, hostname, stamp, 1);
    return wfp_api_answer_json(call, NULL);
}
