/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assets.config. Called when a version is made, to refuse what is wrong, and
 * when its index is opened. "navigates" and "no_worker" are members that the
 * server adds itself, from what else the version has.
 */
#include "services/asset_config.h"

#include <apr_strings.h>
#include <string.h>

#include "services/asset_pattern.h"

#define RULES_MAX      100
#define RULE_BYTES_MAX 100

typedef struct reader_t {
    wfp_asset_config_t *config;
    const wfp_json_t *obj;
    wfp_result_t *res;
    apr_pool_t *pool;
} reader_t;

static const char *const html_words[] = { "auto-trailing-slash",
                                          "force-trailing-slash",
                                          "drop-trailing-slash", "none", NULL };

static const char *const miss_words[] = { "none", "404-page",
                                          "single-page-application", NULL };

static const char *const members[] = {
    "html_handling",  "not_found_handling", "run_worker_first",
    "serve_directly", "_headers",           "_redirects",
    "navigates",      "no_worker",          NULL
};

static apr_status_t refuse(reader_t *rd, const char *key, const char *why)
{
    return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL,
                          "assets.config: \"%.80s\" %s", key, why);
}

/* A member that says something, else NULL. */
static const wfp_json_t *member(const reader_t *rd, const char *key)
{
    const wfp_json_t *v = wfp_json_get(rd->obj, key, rd->pool);

    return v && !wfp_json_is_null(v) ? v : NULL;
}

static apr_status_t read_word(int *pword, reader_t *rd, const char *key,
                              const char *const *words)
{
    const wfp_json_t *v = member(rd, key);
    const char *text = wfp_json_str(v), *all = "";
    int i;

    for (i = 0; words[i]; i++) {
        if (text && !strcmp(text, words[i])) {
            *pword = i;
            return APR_SUCCESS;
        }
        all = apr_pstrcat(rd->pool, all, i ? ", " : "", words[i], NULL);
    }
    return v ? refuse(rd, key, apr_pstrcat(rd->pool, "is one of ", all, NULL))
             : APR_SUCCESS;
}

static apr_status_t read_text(const char **ptext, reader_t *rd, const char *key)
{
    const wfp_json_t *v = member(rd, key);

    *ptext = wfp_json_str(v);
    return v && (!*ptext || strlen(*ptext) > WFP_ASSET_TEXT_MAX)
               ? refuse(rd, key, "is not a text of at most 256 KB")
               : APR_SUCCESS;
}

static apr_status_t read_rule(reader_t *rd, const char *text)
{
    wfp_asset_pattern_t *pattern;
    int is_not = text && *text == '!';

    if (!text || text[is_not] != '/' || strlen(text) > RULE_BYTES_MAX) {
        return refuse(rd, "run_worker_first",
                      "has a rule that does not begin with / or !/, or has "
                      "more than 100 bytes");
    }
    pattern = wfp_asset_pattern_read(text + is_not, 1, rd->pool);
    if (!pattern) {
        return refuse(rd, "run_worker_first",
                      "has a rule with more than 16 \"*\"");
    }
    APR_ARRAY_PUSH(is_not ? rd->config->asset_rules : rd->config->worker_rules,
                   wfp_asset_pattern_t *) = pattern;
    return APR_SUCCESS;
}

static apr_status_t read_worker_first(reader_t *rd)
{
    const wfp_json_t *v = member(rd, "run_worker_first");
    const wfp_json_t *old = member(rd, "serve_directly");
    apr_size_t i;
    apr_status_t rv = APR_SUCCESS;

    if (!v) {
        rd->config->worker_first = old && !wfp_json_is_true(old);
        return rv;
    }
    if (!wfp_json_is_array(v)) {
        rd->config->worker_first = wfp_json_is_true(v);
        return wfp_json_is_bool(v)
                   ? rv
                   : refuse(rd, "run_worker_first",
                            "is not true, false or an array of rules");
    }
    if (wfp_json_size(v) < 1 || wfp_json_size(v) > RULES_MAX) {
        return refuse(rd, "run_worker_first", "has 1 to 100 rules");
    }
    for (i = 0; rv == APR_SUCCESS && i < wfp_json_size(v); i++) {
        rv = read_rule(rd, wfp_json_str(wfp_json_at(v, i, rd->pool)));
    }
    return rv == APR_SUCCESS && rd->config->worker_rules->nelts == 0
               ? refuse(rd, "run_worker_first",
                        "has only rules that begin with \"!\"")
               : rv;
}

static apr_status_t check_member(void *baton, const char *key, wfp_json_t *v)
{
    reader_t *rd = baton;
    int i;

    (void)v;
    for (i = 0; members[i]; i++) {
        if (!strcmp(key, members[i])) {
            return APR_SUCCESS;
        }
    }
    return refuse(rd, key, "is not supported");
}

apr_status_t wfp_asset_config_read(wfp_asset_config_t **pconfig,
                                   const wfp_json_t *obj,
                                   apr_array_header_t *notes, wfp_result_t *res,
                                   apr_pool_t *p)
{
    wfp_asset_config_t *config = apr_pcalloc(p, sizeof(*config));
    reader_t rd = { config, obj, res, p };
    const char *headers = NULL, *redirects = NULL;
    int html = WFP_HTML_AUTO, miss = WFP_MISS_NONE;
    apr_status_t rv;

    if (obj && !wfp_json_is_null(obj) && !wfp_json_is_object(obj)) {
        return refuse(&rd, "config", "is not an object");
    }
    config->worker_rules = apr_array_make(p, 4, sizeof(wfp_asset_pattern_t *));
    config->asset_rules = apr_array_make(p, 4, sizeof(wfp_asset_pattern_t *));
    rv = wfp_json_each(obj, check_member, &rd, p);
    if (rv == APR_SUCCESS) {
        rv = read_word(&html, &rd, "html_handling", html_words);
    }
    if (rv == APR_SUCCESS) {
        rv = read_word(&miss, &rd, "not_found_handling", miss_words);
    }
    if (rv == APR_SUCCESS) {
        rv = read_worker_first(&rd);
    }
    if (rv == APR_SUCCESS) {
        rv = read_text(&headers, &rd, "_headers");
    }
    if (rv == APR_SUCCESS) {
        rv = read_text(&redirects, &rd, "_redirects");
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    config->html = (wfp_html_e)html;
    config->miss = (wfp_miss_e)miss;
    config->navigates = wfp_json_is_true(member(&rd, "navigates"));
    config->no_worker = wfp_json_is_true(member(&rd, "no_worker"));
    config->rules = wfp_asset_rules_read(headers, redirects,
                                         html != WFP_HTML_NONE, notes, p);
    *pconfig = config;
    return rv;
}
