/* SPDX-License-Identifier: Apache-2.0 */
/* Built-in routing by subdomain, path, header or the table of hostnames. Which
 * Workers there are is not known here. */
#include "mod_wfp/route.h"

#include <apr_strings.h>
#include <string.h>

#include "core/name.h"
#include "mod_wfp/hosts.h"
#include "mod_wfp/raw_path.h"

static apr_status_t none(wfp_result_t *res, const char *why)
{
    return wfp_result_set(res, WFP_WORKER_NOT_FOUND, APR_NOTFOUND,
                          "Worker not found: %s", why);
}

static apr_status_t take(const char **pname, const char *s, apr_size_t n,
                         wfp_result_t *res, apr_pool_t *p)
{
    if (!wfp_name_is_valid(s, n)) {
        return none(res, "the request names none");
    }
    *pname = apr_pstrmemdup(p, s, n);
    return APR_SUCCESS;
}

/* First segment of path at *path; *path moves behind it. */
static apr_status_t segment(const char **pname, const char **path,
                            wfp_result_t *res, apr_pool_t *p)
{
    const char *s = **path == '/' ? *path + 1 : *path;
    apr_size_t n = strcspn(s, "/?#");

    *path = s + n;
    return take(pname, s, n, res, p);
}

/* The path below the Location that claimed. */
static const char *path_below(const request_rec *r,
                              const wfp_scope_conf_t *scope, apr_pool_t *p)
{
    const char *path = r->parsed_uri.path ? r->parsed_uri.path : "/";
    const char *location = scope->route_path ? scope->route_path : "";
    apr_size_t n = strlen(location);
    const char *below;

    while (n > 0 && location[n - 1] == '/') {
        n--;
    }
    below = wfp_raw_path_below(path, apr_pstrmemdup(p, location, n));
    return below ? below : path;
}

static apr_status_t by_subdomain(const char **pname, const request_rec *r,
                                 wfp_result_t *res, apr_pool_t *p)
{
    const char *host = r->hostname ? r->hostname : "";
    const char *dot = strchr(host, '.');
    char *name;

    if (!dot || dot == host) {
        return none(res, "the host has no subdomain");
    }
    if (!wfp_name_is_valid(host, (apr_size_t)(dot - host))) {
        return none(res, "the subdomain is no name");
    }
    name = apr_pstrmemdup(p, host, (apr_size_t)(dot - host));
    ap_str_tolower(name);
    *pname = name;
    return APR_SUCCESS;
}

static apr_status_t by_header(const char **pname, const request_rec *r,
                              const wfp_scope_conf_t *scope, wfp_result_t *res,
                              apr_pool_t *p)
{
    const char *value = apr_table_get(r->headers_in, scope->route_header);

    if (!value) {
        return none(res, "the routing header is missing");
    }
    return take(pname, value, strlen(value), res, p);
}

/* What it took is no part of the path of an asset. */
static apr_status_t by_path(const char **pname, const char *path,
                            wfp_work_t *work, wfp_result_t *res)
{
    const char *whole = work->r->parsed_uri.path;
    apr_status_t rv = segment(pname, &path, res, work->pool);

    work->routed = rv == APR_SUCCESS && whole ? (apr_size_t)(path - whole) : 0;
    return rv;
}

/* The entry says which namespace, too. */
static apr_status_t by_table(const char **pns, const char **pname,
                             const wfp_work_t *work, wfp_result_t *res)
{
    wfp_host_entry_t entry;
    apr_status_t rv = wfp_hosts_find(&entry, work->server, work->r->hostname,
                                     res, work->pool);

    if (rv == APR_SUCCESS) {
        *pns = entry.ns;
        *pname = entry.script;
    }
    return rv;
}

apr_status_t wfp_route_find(const char **pns, const char **pname,
                            wfp_work_t *work, wfp_result_t *res)
{
    const wfp_scope_conf_t *scope = work->scope;
    const request_rec *r = work->r;
    apr_pool_t *p = work->pool;
    const char *path = path_below(r, scope, p);

    if (scope->by_path == 1) {
        apr_status_t rv = segment(pns, &path, res, p);

        return rv == APR_SUCCESS ? by_path(pname, path, work, res) : rv;
    }
    *pns = scope->ns;
    switch (wfp_config_num(scope->route, WFP_ROUTE_SUBDOMAIN)) {
    case WFP_ROUTE_PATH:
        return by_path(pname, path, work, res);
    case WFP_ROUTE_HEADER:
        return by_header(pname, r, scope, res, p);
    case WFP_ROUTE_TABLE:
        return by_table(pns, pname, work, res);
    default:
        return by_subdomain(pname, r, res, p);
    }
}
