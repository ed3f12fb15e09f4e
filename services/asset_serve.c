/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a request to an answer. Called by mod_wfp before a Worker with assets is
 * run, and for env.ASSETS. Ranges are httpd's, who makes them of whole answers.
 */
#include "services/asset_serve.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "core/body_file.h"
#include "core/crypto.h"
#include "services/asset_path.h"
#include "services/asset_pattern.h"
#include "services/assets_cache.h"
#include "services/assets_inside.h"

/* Hex digits of an ETag. */
#define ETAG_DIGITS 32

#define CACHE_CONTROL "public, max-age=0, must-revalidate"

/* No address is longer: of each there are some copies. */
#define URL_MAX ((apr_size_t)16 * 1024)

/* A request being answered. */
typedef struct serve_t {
    wfp_assets_t *assets;
    const wfp_asset_set_t *set;
    const wfp_asset_ask_t *ask;
    const wfp_asset_config_t *config;
    wfp_asset_place_t place; /* without base */
    const char *base;  /* "" or "/ns/name": in front of what we redirect to */
    const char *query; /* "" or "?..." */
    int budget;
    wfp_result_t *res;
    apr_pool_t *pool; /* of the answer: it may stay until the work's end */
    apr_pool_t *turn; /* of this call */
} serve_t;

/* "https://host:1/a?b#c" */
static void read_url(serve_t *s)
{
    const char *url = s->ask->req->url;
    const char *at = strstr(url, "://"), *host, *query;
    apr_size_t n;

    host = at ? at + 3 : url;
    at = host + strcspn(host, "/?#");
    n = (apr_size_t)(at - host);
    s->place.host = apr_pstrmemdup(s->turn, host, n);
    if (*host != '[' && strchr(s->place.host, ':')) {
        *strchr((char *)s->place.host, ':') = '\0';
    }
    query = at + strcspn(at, "?#");
    n = (apr_size_t)(query - at);
    s->base = "";
    if (s->ask->base && s->ask->base <= n) {
        s->base = apr_pstrmemdup(s->turn, at, s->ask->base);
        at += s->ask->base;
        n -= s->ask->base;
    }
    s->place.path = n && *at == '/' ? apr_pstrmemdup(s->turn, at, n) : "/";
    s->query = *query == '?'
                   ? apr_pstrmemdup(s->turn, query, strcspn(query, "#"))
                   : "";
}

/* ---- whose request is it ------------------------------------------------------- */

static int matches_any(serve_t *s, const apr_array_header_t *rules)
{
    apr_size_t n = strlen(s->place.path);
    wfp_asset_match_t match;
    int i;

    for (i = 0; i < rules->nelts; i++) {
        if (wfp_asset_pattern_match(&match,
                                    APR_ARRAY_IDX(rules, i,
                                                  wfp_asset_pattern_t *),
                                    s->place.path, n, &s->budget)) {
            return 1;
        }
    }
    return 0;
}

typedef enum {
    WHEN_FOUND = 0, /* ours when there is something */
    OURS,
    THE_WORKERS
} whose_e;

/* A budget that ran out leaves it to the Worker, who may refuse. */
static whose_e whose(serve_t *s)
{
    const wfp_asset_config_t *config = s->config;

    if (s->ask->is_binding || config->no_worker) {
        return OURS;
    }
    if (config->worker_first) {
        return THE_WORKERS;
    }
    if (matches_any(s, config->asset_rules)) {
        return OURS;
    }
    return matches_any(s, config->worker_rules) || s->budget <= 0 ? THE_WORKERS
                                                                  : WHEN_FOUND;
}

/* Where the Worker would run otherwise, a path without a file is its own; not
 * when rules say which paths are, nor when a browser goes to a page. */
static wfp_miss_e miss_of(const serve_t *s, whose_e whose)
{
    const char *mode = wfp_headers_get(s->ask->req->headers, "Sec-Fetch-Mode");

    return whose == OURS || s->config->worker_rules->nelts
                   || (s->config->navigates && mode
                       && !strcmp(mode, "navigate"))
               ? s->config->miss
               : WFP_MISS_NONE;
}

/* ---- answers ------------------------------------------------------------------- */

static wfp_response_t *plain(serve_t *s, int status)
{
    return wfp_response_make(status, s->pool);
}

static wfp_response_t *redirect(serve_t *s, int status, const char *to)
{
    wfp_response_t *resp = plain(s, status);

    wfp_headers_addn(resp->headers, "Location", to);
    return resp;
}

/* A rule's target, with the request's query when it has none of its own. */
static wfp_response_t *follow_rule(serve_t *s, const wfp_asset_redirect_t *rule)
{
    apr_size_t n = strcspn(rule->to, "?#");
    const char *query = rule->to[n] == '?' ? "" : s->query;
    const char *base = *rule->to == '/' ? s->base : "";

    return redirect(s, rule->status,
                    apr_pstrcat(s->pool, base,
                                apr_pstrmemdup(s->turn, rule->to, n), query,
                                rule->to + n, NULL));
}

/* Does If-None-Match name it? */
static int is_known(const wfp_headers_t *headers, const char *etag)
{
    const char *list = wfp_headers_get(headers, "If-None-Match");
    apr_size_t n = strlen(etag);

    while (list && *list) {
        list += strspn(list, ", \t");
        if (*list == '*') {
            return 1;
        }
        list += strncmp(list, "W/", 2) ? 0 : 2;
        if (!strncmp(list, etag, n) && (!list[n] || strchr(", \t", list[n]))) {
            return 1;
        }
        list += strcspn(list, ",");
    }
    return 0;
}

/* A file of the set, for when it is read. */
typedef struct later_t {
    wfp_assets_t *assets;
    const char *owner;
    const char *digest;
    apr_int32_t flags;
} later_t;

/* wfp_body_file_open_fn */
static apr_status_t open_later(apr_file_t **pfile, void *baton, apr_pool_t *p)
{
    const later_t *later = baton;

    return wfp_assets_blob(pfile, later->assets, later->owner, later->digest,
                           later->flags, p);
}

static wfp_body_t *body_later(serve_t *s, const wfp_asset_t *asset)
{
    later_t *later = apr_palloc(s->pool, sizeof(*later));

    later->assets = s->assets;
    later->owner = apr_pstrdup(s->pool, wfp_assets_cache_owner(s->set));
    later->digest = wfp_crypto_hex(asset->digest, WFP_ASSET_DIGEST_SIZE,
                                   s->pool);
    later->flags = s->ask->flags;
    return wfp_body_file_later(open_later, later, (apr_off_t)asset->size,
                               s->pool);
}

/* A Worker may ask for many files and read none: of those none stays open. */
static apr_status_t open_body(serve_t *s, wfp_response_t *resp,
                              const wfp_asset_t *asset)
{
    apr_file_t *file;
    apr_status_t rv = wfp_assets_file(&file, s->assets, s->set, asset,
                                      s->ask->flags,
                                      s->ask->is_last ? s->pool : s->turn);

    if (rv != APR_SUCCESS) {
        return wfp_result_set(s->res, WFP_INTERNAL, rv,
                              "the asset %.200s cannot be read", asset->path);
    }
    resp->body = s->ask->is_last
                     ? wfp_body_file(file, 0, (apr_off_t)asset->size, s->pool)
                     : body_later(s, asset);
    return rv;
}

static apr_status_t serve_file(wfp_response_t **presp, serve_t *s,
                               const wfp_asset_way_t *way)
{
    const wfp_headers_t *asked = s->ask->req->headers;
    wfp_response_t *resp = plain(s, way->status);
    const char *etag;

    etag = apr_pstrcat(s->pool, "\"",
                       wfp_crypto_hex(way->asset.digest, ETAG_DIGITS / 2,
                                      s->turn),
                       "\"", NULL);
    wfp_headers_addn(resp->headers, "ETag", etag);
    if (way->asset.type) {
        wfp_headers_addn(resp->headers, "Content-Type",
                         apr_pstrdup(s->pool, way->asset.type));
    }
    if (!wfp_headers_get(asked, "Authorization")
        && !wfp_headers_get(asked, "Range")) {
        wfp_headers_addn(resp->headers, "Cache-Control", CACHE_CONTROL);
    }
    wfp_asset_rules_headers(resp->headers, s->config->rules, &s->place,
                            &s->budget, s->turn);
    *presp = resp;
    if (is_known(asked, etag)) {
        resp->status = 304;
        resp->status_text = wfp_response_reason(304);
        return APR_SUCCESS;
    }
    return open_body(s, resp, &way->asset);
}

static int is_read(const char *method)
{
    return !strcmp(method, "GET") || !strcmp(method, "HEAD");
}

static apr_status_t serve_way(wfp_response_t **presp, serve_t *s,
                              const wfp_asset_way_t *way)
{
    if (!is_read(s->ask->req->method)) {
        *presp = plain(s, 405);
        wfp_headers_addn((*presp)->headers, "Allow", "GET, HEAD");
        return APR_SUCCESS;
    }
    if (way->status == 307) {
        *presp = redirect(s, 307,
                          apr_pstrcat(s->pool, s->base, way->location, s->query,
                                      NULL));
        return APR_SUCCESS;
    }
    return serve_file(presp, s, way);
}

static apr_status_t serve(wfp_response_t **presp, serve_t *s, whose_e whose)
{
    wfp_asset_redirect_t rule;
    wfp_asset_way_t way;
    const char *path = s->place.path;
    int is_rewritten = 0;

    if (wfp_asset_rules_redirect(&rule, s->config->rules, &s->place, &s->budget,
                                 s->turn)) {
        if (rule.status != 200) {
            *presp = follow_rule(s, &rule);
            return APR_SUCCESS;
        }
        path = apr_pstrmemdup(s->turn, rule.to, strcspn(rule.to, "?#"));
        is_rewritten = 1;
    }
    wfp_asset_path_find(&way, wfp_assets_index(s->set), path, s->config->html,
                        miss_of(s, whose), s->turn);
    if (way.status) {
        return serve_way(presp, s, &way);
    }
    if (whose == OURS || is_rewritten) {
        *presp = plain(s, 404);
    }
    return APR_SUCCESS;
}

/* @return APR_SUCCESS with *presp NULL: it is the Worker's */
static apr_status_t serve_url(wfp_response_t **presp, serve_t *s)
{
    whose_e who;

    if (strlen(s->ask->req->url) > URL_MAX) {
        if (s->ask->is_binding || s->config->no_worker) {
            *presp = plain(s, 414);
        }
        return APR_SUCCESS;
    }
    read_url(s);
    who = whose(s);
    return who == THE_WORKERS ? APR_SUCCESS : serve(presp, s, who);
}

apr_status_t wfp_asset_serve(wfp_response_t **presp, wfp_assets_t *assets,
                             const wfp_asset_set_t *set,
                             const wfp_asset_ask_t *ask, wfp_result_t *res)
{
    serve_t s = { .assets = assets,
                  .set = set,
                  .ask = ask,
                  .config = wfp_assets_config(set),
                  .budget = WFP_ASSET_BUDGET,
                  .res = res,
                  .pool = ask->pool };
    apr_status_t rv;

    *presp = NULL;
    if (!ask->is_binding && s.config->worker_first) {
        return APR_SUCCESS;
    }
    apr_pool_create(&s.turn, ask->pool);
    rv = serve_url(presp, &s);
    apr_pool_destroy(s.turn);
    return rv;
}
