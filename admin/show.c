/* SPDX-License-Identifier: Apache-2.0 */
/* How what the store holds is shown, by the API and wfpctl alike. */
#include "admin/show.h"

#include <apr_date.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "core/settings_json.h"

const char *wfp_show_time(apr_time_t t, apr_pool_t *p)
{
    apr_time_exp_t x;

    if (apr_time_exp_gmt(&x, t) != APR_SUCCESS) {
        return "";
    }
    return apr_psprintf(p, "%04d-%02d-%02dT%02d:%02d:%02dZ", x.tm_year + 1900,
                        x.tm_mon + 1, x.tm_mday, x.tm_hour, x.tm_min, x.tm_sec);
}

int wfp_show_read_time(apr_time_t *pt, const char *text)
{
    apr_time_exp_t x = { 0 }, back;

    if (!apr_date_checkmask(text, "####-##-##T##:##:##Z")
        && !apr_date_checkmask(text, "####-##-##")) {
        return 0;
    }
    x.tm_year = (int)apr_strtoi64(text, NULL, 10) - 1900;
    x.tm_mon = (int)apr_strtoi64(text + 5, NULL, 10) - 1;
    x.tm_mday = (int)apr_strtoi64(text + 8, NULL, 10);
    if (text[10]) {
        x.tm_hour = (int)apr_strtoi64(text + 11, NULL, 10);
        x.tm_min = (int)apr_strtoi64(text + 14, NULL, 10);
        x.tm_sec = (int)apr_strtoi64(text + 17, NULL, 10);
    }
    /* a 31st of February comes back as another day */
    return x.tm_mon >= 0 && x.tm_mon <= 11
           && apr_time_exp_get(pt, &x) == APR_SUCCESS
           && apr_time_exp_gmt(&back, *pt) == APR_SUCCESS
           && back.tm_mday == x.tm_mday && back.tm_hour == x.tm_hour
           && back.tm_min == x.tm_min && back.tm_sec == x.tm_sec;
}

int wfp_show_read_moment(apr_time_t *pt, const char *text, apr_pool_t *p)
{
    apr_size_t n = strcspn(text, ".+Z"), digits = 0;
    const char *rest = text + n;
    char fraction[7] = "000000";

    if (!*rest) {
        return wfp_show_read_time(pt, text);
    }
    if (*rest == '.') {
        digits = strspn(rest + 1, "0123456789");
        memcpy(fraction, rest + 1, digits < 6 ? digits : 6);
        rest += digits ? 1 + digits : 0;
    }
    if ((strcmp(rest, "Z") && strcmp(rest, "+00:00"))
        || !wfp_show_read_time(pt, apr_pstrcat(p, apr_pstrmemdup(p, text, n),
                                               "Z", NULL))) {
        return 0;
    }
    *pt += apr_atoi64(fraction);
    return 1;
}

const char *wfp_show_email(const char *author, apr_pool_t *p)
{
    char *name = apr_pstrdup(p, author), *c;

    for (c = name; *c; c++) {
        if (!apr_isalnum(*c)) {
            *c = '-';
        }
    }
    return apr_pstrcat(p, *name ? name : "nobody", "@wfp.invalid", NULL);
}

wfp_json_t *wfp_show_annotations(const char *message, const char *tag,
                                 apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);

    if (message && *message) {
        wfp_json_set_str(doc, "workers/message", message);
    }
    if (tag && *tag) {
        wfp_json_set_str(doc, "workers/tag", tag);
    }
    return doc;
}

static wfp_json_t *show_names(const apr_array_header_t *names, apr_pool_t *p)
{
    wfp_json_t *list = wfp_json_array(p);
    int i;

    for (i = 0; names && i < names->nelts; i++) {
        wfp_json_add_str(list, APR_ARRAY_IDX(names, i, const char *));
    }
    return list;
}

static wfp_json_t *show_tails(const wfp_namespace_t *ns, apr_pool_t *p)
{
    wfp_json_t *list;

    return ns->tail_consumers
                   && wfp_json_parse(&list, ns->tail_consumers,
                                     strlen(ns->tail_consumers), NULL, p)
                          == APR_SUCCESS
               ? list
               : wfp_json_array(p);
}

wfp_json_t *wfp_show_namespace(const wfp_namespace_t *ns, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);

    wfp_json_set_str(doc, "namespace_id", ns->id);
    wfp_json_set_str(doc, "namespace_name", ns->name);
    wfp_json_set_str(doc, "created_on", wfp_show_time(ns->created, p));
    wfp_json_set_str(doc, "modified_on", wfp_show_time(ns->modified, p));
    wfp_json_set_bool(doc, "trusted_workers", ns->trusted_workers);
    wfp_json_set_int(doc, "script_count", ns->script_count);
    wfp_json_set_str(doc, "egress", wfp_script_egress_word(ns->egress));
    wfp_json_set(doc, "limits", wfp_settings_json_write_limits(&ns->limits, p));
    wfp_json_set(doc, "outbound",
                 wfp_settings_json_write_outbound(&ns->outbound, p));
    wfp_json_set(doc, "egress_allow", show_names(ns->egress_allow, p));
    wfp_json_set(doc, "egress_deny", show_names(ns->egress_deny, p));
    wfp_json_set(doc, "tail_consumers", show_tails(ns, p));
    return doc;
}

wfp_json_t *wfp_show_hostname(const wfp_hostname_t *host, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);
    wfp_json_t *metadata = NULL;

    if (wfp_json_parse(&metadata, host->metadata, strlen(host->metadata), NULL,
                       p)
        != APR_SUCCESS) {
        metadata = wfp_json_null(p);
    }
    wfp_json_set_str(doc, "hostname", host->hostname);
    wfp_json_set_str(doc, "namespace", *host->ns ? host->ns : NULL);
    wfp_json_set_str(doc, "script", host->script);
    wfp_json_set(doc, "metadata", metadata);
    wfp_json_set_str(doc, "created_on", wfp_show_time(host->created, p));
    wfp_json_set_str(doc, "modified_on", wfp_show_time(host->modified, p));
    return doc;
}

wfp_json_t *wfp_show_token(const wfp_token_t *token, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);
    wfp_json_set_str(doc, "id", token->id);
    wfp_json_set_str(doc, "name", token->name);
    wfp_json_set_str(doc, "role", token->role);
    wfp_json_set(doc, "namespaces", show_names(token->namespaces, p));
    wfp_json_set_bool(doc, "s3", token->s3_sealed && *token->s3_sealed);
    wfp_json_set(doc, "buckets", show_names(token->buckets, p));
    wfp_json_set_str(doc, "created_on", wfp_show_time(token->created, p));
    wfp_json_set_str(doc, "expires_on",
                     token->expires ? wfp_show_time(token->expires, p) : NULL);
    return doc;
}

/* [{"date": "2026-01-31", "kv_reads": 7, ...}, ...], newest first. */
wfp_json_t *wfp_show_usage(const apr_array_header_t *list, apr_pool_t *p)
{
    wfp_json_t *days = wfp_json_array(p), *day = NULL;
    apr_int64_t last = -1;
    int i;

    for (i = 0; i < list->nelts; i++) {
        const wfp_service_usage_t *used = &APR_ARRAY_IDX(list, i,
                                                         wfp_service_usage_t);

        if (used->day != last) {
            day = wfp_json_object(p);
            wfp_json_set_str(day, "date",
                             apr_pstrndup(p,
                                          wfp_show_time(apr_time_from_sec(
                                                            used->day * 86400),
                                                        p),
                                          10));
            wfp_json_add(days, day);
            last = used->day;
        }
        wfp_json_set_int(day, used->kind, used->amount);
    }
    return days;
}

static double ms(apr_uint64_t us)
{
    return (double)us / 1000.0;
}

void wfp_show_ledger(wfp_json_t *doc, const wfp_ledger_rows_t *row,
                     apr_pool_t *p)
{
    const apr_uint64_t *n = row->n, *bounds = wfp_ledger_cpu_bounds();
    const apr_uint64_t *steps = &n[WFP_LEDGER_CPU_STEPS];
    wfp_json_t *errors = wfp_json_object(p), *cpu = wfp_json_object(p);
    wfp_json_t *kills = wfp_json_object(p);
    int i;

    for (i = 1; i < WFP_OUTCOME_COUNT; i++) {
        if (n[WFP_LEDGER_ENDS + i - 1]) {
            wfp_json_set_int(errors, wfp_code_outcome_name((wfp_outcome_e)i),
                             (apr_int64_t)n[WFP_LEDGER_ENDS + i - 1]);
        }
    }
    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        if (n[WFP_LEDGER_KILLS + i]) {
            wfp_json_set_int(kills, wfp_limit_row((wfp_limit_e)i)->name,
                             (apr_int64_t)n[WFP_LEDGER_KILLS + i]);
        }
    }
    wfp_json_set_number(cpu, "total", ms(n[WFP_LEDGER_CPU_US]));
    wfp_json_set_number(cpu, "p50",
                        ms(wfp_ledger_percentile(steps, bounds, 0.5)));
    wfp_json_set_number(cpu, "p99",
                        ms(wfp_ledger_percentile(steps, bounds, 0.99)));
    wfp_json_set_int(doc, "requests", (apr_int64_t)n[WFP_LEDGER_REQUESTS]);
    wfp_json_set(doc, "errors", errors);
    wfp_json_set(doc, "kills", kills);
    wfp_json_set(doc, "cpu_ms", cpu);
    wfp_json_set_number(doc, "wall_ms", ms(n[WFP_LEDGER_WALL_US]));
    wfp_json_set_int(doc, "instructions",
                     (apr_int64_t)n[WFP_LEDGER_INSTRUCTIONS]);
    wfp_json_set_int(doc, "subrequests",
                     (apr_int64_t)n[WFP_LEDGER_SUBREQUESTS]);
    wfp_json_set_int(doc, "bytes_in", (apr_int64_t)n[WFP_LEDGER_BYTES_IN]);
    wfp_json_set_int(doc, "bytes_out", (apr_int64_t)n[WFP_LEDGER_BYTES_OUT]);
    wfp_json_set_int(doc, "cold_starts",
                     (apr_int64_t)n[WFP_LEDGER_COLD_STARTS]);
    wfp_json_set_int(doc, "lost", (apr_int64_t)n[WFP_LEDGER_LOST]);
}
