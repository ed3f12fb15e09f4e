/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values to columns and back. Called by the nouns of store/. Base64 because
 * the pgsql driver gives BYTEA back as hex text, which is half as long again,
 * and SQLite's would need another call than text does.
 */
#include "store/column.h"

#include <apr_base64.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "core/json.h"
#include "core/settings_json.h"

const char *wfp_column_base64(const char *data, apr_size_t n, apr_pool_t *p)
{
    char *out = apr_palloc(p, (apr_size_t)apr_base64_encode_len((int)n));

    apr_base64_encode(out, data, (int)n);
    return out;
}

void wfp_column_unbase64(const char **pdata, apr_size_t *pn, const char *text,
                         apr_pool_t *p)
{
    char *out = apr_palloc(p, (apr_size_t)apr_base64_decode_len(text) + 1);
    int n = apr_base64_decode(out, text);

    out[n] = '\0';
    *pdata = out;
    *pn = (apr_size_t)n;
}

/* Is c a character, and are n bytes the fewest that can say it? */
static int is_character(unsigned long c, int n)
{
    static const unsigned long least[] = { 0, 0, 0x80, 0x800, 0x10000 };

    return c >= least[n] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

/* Bytes of the UTF-8 character at s, 0 when there is none. */
static int utf8_size(const unsigned char *s)
{
    unsigned long c;
    int i, n;

    if (s[0] < 0x80) {
        return 1;
    }
    n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4) {
        return 0;
    }
    c = s[0] & (0xffu >> (n + 1));
    for (i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
        c = c << 6 | (s[i] & 0x3f);
    }
    return is_character(c, n) ? n : 0;
}

const char *wfp_column_text(const char *text, apr_pool_t *p)
{
    char *out = apr_pstrdup(p, text ? text : "");
    char *at = out;

    while (*at) {
        int n = utf8_size((const unsigned char *)at);

        if (n == 0) {
            *at = '?';
            n = 1;
        }
        at += n;
    }
    return out;
}

static apr_status_t parse(wfp_json_t **pv, const char *text, wfp_result_t *res,
                          apr_pool_t *p)
{
    if (wfp_json_parse(pv, text, strlen(text), NULL, p) != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, APR_EGENERAL,
                              "a column of the store is no JSON");
    }
    return APR_SUCCESS;
}

const char *wfp_column_limits(const wfp_limits_t *limits, apr_pool_t *p)
{
    return wfp_json_text(wfp_settings_json_write_limits(limits, p), p);
}

apr_status_t wfp_column_read_limits(wfp_limits_t *limits, const char *text,
                                    wfp_result_t *res, apr_pool_t *p)
{
    wfp_json_t *obj;
    apr_status_t rv = parse(&obj, text, res, p);

    return rv == APR_SUCCESS
               ? wfp_settings_json_read_limits(limits, obj, NULL, res, p)
               : rv;
}

const char *wfp_column_outbound(const wfp_outbound_t *outbound, apr_pool_t *p)
{
    wfp_json_t *obj = wfp_json_object(p);
    wfp_json_t *params;
    int i;

    if (!outbound->service) {
        return wfp_json_text(obj, p);
    }
    params = wfp_json_array(p);
    for (i = 0; outbound->params && i < outbound->params->nelts; i++) {
        const wfp_param_t *param = &APR_ARRAY_IDX(outbound->params, i,
                                                  wfp_param_t);
        wfp_json_t *pair = wfp_json_array(p);

        wfp_json_add_str(pair, param->name);
        if (param->value) {
            wfp_json_add_str(pair, param->value);
        }
        wfp_json_add(params, pair);
    }
    wfp_json_set_str(obj, "service", outbound->service);
    wfp_json_set(obj, "params", params);
    return wfp_json_text(obj, p);
}

apr_status_t wfp_column_read_outbound(wfp_outbound_t *outbound,
                                      const char *text, wfp_result_t *res,
                                      apr_pool_t *p)
{
    wfp_json_t *obj, *params;
    apr_size_t i;
    apr_status_t rv = parse(&obj, text, res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    outbound->service = wfp_json_str(wfp_json_get(obj, "service", p));
    outbound->params = apr_array_make(p, 2, sizeof(wfp_param_t));
    params = wfp_json_get(obj, "params", p);
    for (i = 0; params && i < wfp_json_size(params); i++) {
        wfp_json_t *pair = wfp_json_at(params, i, p);
        wfp_json_t *value = wfp_json_at(pair, 1, p);
        wfp_param_t *param = apr_array_push(outbound->params);

        param->name = wfp_json_str(wfp_json_at(pair, 0, p));
        param->value = value ? wfp_json_str(value) : NULL;
    }
    return APR_SUCCESS;
}

const char *wfp_column_names(const apr_array_header_t *names, apr_pool_t *p)
{
    wfp_json_t *list = wfp_json_array(p);
    int i;

    for (i = 0; names && i < names->nelts; i++) {
        wfp_json_add_str(list, APR_ARRAY_IDX(names, i, const char *));
    }
    return wfp_json_text(list, p);
}

apr_status_t wfp_column_read_names(apr_array_header_t **pnames,
                                   const char *text, wfp_result_t *res,
                                   apr_pool_t *p)
{
    wfp_json_t *list;
    apr_size_t i;
    apr_status_t rv = parse(&list, text, res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    *pnames = apr_array_make(p, (int)wfp_json_size(list) + 1,
                             sizeof(const char *));
    for (i = 0; i < wfp_json_size(list); i++) {
        const char *name = wfp_json_str(wfp_json_at(list, i, p));
        APR_ARRAY_PUSH(*pnames, const char *) = name ? name : "";
    }
    return APR_SUCCESS;
}

const char *wfp_column_like(const char *text, apr_pool_t *p)
{
    apr_size_t n, i;
    char *pattern, *at;

    text = wfp_column_text(text, p);
    n = strlen(text);
    pattern = at = apr_palloc(p, 2 * n + 3);
    *at++ = '%';
    for (i = 0; i < n; i++) {
        if (text[i] == '%' || text[i] == '_' || text[i] == '!') {
            *at++ = '!'; /* it is special there, not in what is looked for */
        }
        *at++ = (char)apr_tolower(text[i]);
    }
    if (n) {
        *at++ = '%';
    }
    *at = '\0';
    return pattern;
}
