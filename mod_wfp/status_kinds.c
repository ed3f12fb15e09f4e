/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors by code, kills by limit, calls to the outside by namespace and reason,
 * the store's histograms. Called by status.c.
 */
#include "mod_wfp/status_kinds.h"

#include <apr_strings.h>
#include <http_protocol.h>

#include "core/prometheus.h"

#define U64 "%" APR_UINT64_T_FMT

const char *wfp_status_kinds_seconds(apr_uint64_t us, apr_pool_t *p)
{
    return apr_psprintf(p, U64 ".%06d", us / 1000000, (int)(us % 1000000));
}

const char *wfp_status_kinds_text(const char *name, int brief, apr_pool_t *p)
{
    const char *text = wfp_prometheus_label(name, p);

    return brief ? text : ap_escape_html(p, text);
}

static void begin_metric(request_rec *r, const char *name, const char *type,
                         const char *help)
{
    ap_rprintf(r, "# HELP wfp_%s %s.\n# TYPE wfp_%s %s\n", name, help, name,
               type);
}

/* ---- calls to the outside ------------------------------------------------------ */

static int is_used(const wfp_tally_row_t *row)
{
    int i;

    for (i = 0; i < WFP_TALLY_ENDS; i++) {
        if (row->calls[i]) {
            return 1;
        }
    }
    return 0;
}

static void call_metrics(request_rec *r, const wfp_tally_row_t *row)
{
    const char *ns = wfp_prometheus_label(row->ns, r->pool);
    int i, k;

    for (i = 0; i < WFP_TALLY_ENDS; i++) {
        for (k = 0; k < WFP_TALLY_REASONS; k++) {
            if (row->why[i][k]) {
                ap_rprintf(r,
                           "wfp_egress_calls_total{namespace=\"%s\",decision="
                           "\"%s\",reason=\"%s\"} " U64 "\n",
                           ns, wfp_tally_name((wfp_tally_e)i),
                           wfp_tally_reason((wfp_tally_reason_e)k),
                           row->why[i][k]);
            }
        }
    }
}

/* By namespace: "" are account scripts. */
static void egress_metrics(request_rec *r, wfp_server_t *server)
{
    wfp_tally_row_t row;
    int at = 0;

    begin_metric(r, "egress_calls_total", "counter",
                 "Calls of Workers to the outside, by how they ended, and why");
    while (wfp_tally_read(&row, server->tally, &at)) {
        call_metrics(r, &row);
    }
    begin_metric(r, "egress_bytes_total", "counter",
                 "Bytes of the bodies of those calls");
    for (at = 0; wfp_tally_read(&row, server->tally, &at);) {
        const char *ns = wfp_prometheus_label(row.ns, r->pool);

        if (is_used(&row)) {
            ap_rprintf(r,
                       "wfp_egress_bytes_total{namespace=\"%s\",direction="
                       "\"out\"} " U64 "\n"
                       "wfp_egress_bytes_total{namespace=\"%s\",direction="
                       "\"in\"} " U64 "\n",
                       ns, row.bytes_out, ns, row.bytes_in);
        }
    }
}

/* Those that are no origin's, as reason=n. */
static void egress_reasons(request_rec *r, const wfp_tally_row_t *row)
{
    int i, k;

    for (i = WFP_TALLY_ANSWERED; i < WFP_TALLY_ENDS; i++) {
        for (k = 0; k < WFP_TALLY_REASONS; k++) {
            if (row->why[i][k]) {
                ap_rprintf(r, " %s_%s=" U64, wfp_tally_name((wfp_tally_e)i),
                           wfp_tally_reason((wfp_tally_reason_e)k),
                           row->why[i][k]);
            }
        }
    }
}

static void egress_row(request_rec *r, const wfp_tally_row_t *row, int brief)
{
    int i;

    ap_rprintf(r, brief ? "WfpEgress[%s]:" : "<dt>Calls from \"%s\":",
               wfp_status_kinds_text(row->ns, brief, r->pool));
    for (i = 0; i < WFP_TALLY_ENDS; i++) {
        ap_rprintf(r, " %s=" U64, wfp_tally_name((wfp_tally_e)i),
                   row->calls[i]);
    }
    ap_rprintf(r, " out=" U64 " in=" U64, row->bytes_out, row->bytes_in);
    egress_reasons(r, row);
    ap_rputs(brief ? "\n" : "</dt>\n", r);
}

static void egress_lines(request_rec *r, wfp_server_t *server, int brief)
{
    wfp_tally_row_t row;
    int at = 0;

    while (wfp_tally_read(&row, server->tally, &at)) {
        if (is_used(&row)) {
            egress_row(r, &row, brief);
        }
    }
}

/* ---- errors and kills ------------------------------------------------------------ */

static void error_metrics(request_rec *r, const wfp_stats_all_t *all)
{
    int i;

    begin_metric(r, "errors_total", "counter", "Errors by code");
    for (i = 0; i < WFP_CODE_COUNT; i++) {
        if (all->errors[i]) {
            ap_rprintf(r, "wfp_errors_total{code=\"%s\"} " U64 "\n",
                       wfp_code_row((wfp_code_e)i)->code, all->errors[i]);
        }
    }
}

static void limit_metrics(request_rec *r, const wfp_stats_all_t *all)
{
    int i;

    begin_metric(r, "kills_by_limit_total", "counter",
                 "Invocations ended by a hard limit, by which it was");
    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        if (all->limits[i]) {
            ap_rprintf(r, "wfp_kills_by_limit_total{limit=\"%s\"} " U64 "\n",
                       wfp_limit_row((wfp_limit_e)i)->name, all->limits[i]);
        }
    }
}

static void begin_line(request_rec *r, const char *key, const char *help,
                       int brief)
{
    ap_rprintf(r, brief ? "%s:" : "<dt>%s:", brief ? key : help);
}

static void end_line(request_rec *r, int brief)
{
    ap_rputs(brief ? "\n" : "</dt>\n", r);
}

static void error_lines(request_rec *r, const wfp_stats_all_t *all, int brief)
{
    int i;

    begin_line(r, "WfpErrors", "Errors by code", brief);
    for (i = 0; i < WFP_CODE_COUNT; i++) {
        if (all->errors[i]) {
            ap_rprintf(r, " %s=" U64, wfp_code_row((wfp_code_e)i)->code,
                       all->errors[i]);
        }
    }
    end_line(r, brief);
    begin_line(r, "WfpKillsByLimit", "Invocations ended by a hard limit",
               brief);
    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        if (all->limits[i]) {
            ap_rprintf(r, " %s=" U64, wfp_limit_row((wfp_limit_e)i)->name,
                       all->limits[i]);
        }
    }
    end_line(r, brief);
}

/* ---- the store ------------------------------------------------------------------- */

static apr_uint64_t count_of(const wfp_latency_row_t *row)
{
    apr_uint64_t n = 0;
    int i;

    for (i = 0; i < WFP_LATENCY_STEPS; i++) {
        n += row->steps[i];
    }
    return n;
}

/* Steps are told with all that are below them. */
static void store_histogram(request_rec *r, const wfp_latency_row_t *row,
                            const char *kind)
{
    const apr_uint64_t *bounds = wfp_latency_bounds();
    apr_uint64_t n = 0;
    int i;

    for (i = 0; i < WFP_LATENCY_STEPS; i++) {
        n += row->steps[i];
        ap_rprintf(r,
                   "wfp_store_seconds_bucket{call=\"%s\",le=\"%s\"} " U64 "\n",
                   kind,
                   bounds[i] ? wfp_status_kinds_seconds(bounds[i], r->pool)
                             : "+Inf",
                   n);
    }
    ap_rprintf(r,
               "wfp_store_seconds_sum{call=\"%s\"} %s\n"
               "wfp_store_seconds_count{call=\"%s\"} " U64 "\n",
               kind, wfp_status_kinds_seconds(row->sum_us, r->pool), kind, n);
}

static void store_metrics(request_rec *r, wfp_server_t *server)
{
    wfp_latency_row_t rows[WFP_LATENCY_KINDS];
    int i;

    begin_metric(r, "store_seconds", "histogram",
                 "Time that calls of the store took, waiting for others "
                 "included");
    for (i = 0; i < WFP_LATENCY_KINDS; i++) {
        wfp_latency_read(&rows[i], server->latency, (wfp_latency_e)i);
        store_histogram(r, &rows[i], wfp_latency_name((wfp_latency_e)i));
    }
    begin_metric(r, "store_failures_total", "counter",
                 "Calls that the store did not answer, or failed");
    for (i = 0; i < WFP_LATENCY_KINDS; i++) {
        ap_rprintf(r, "wfp_store_failures_total{call=\"%s\"} " U64 "\n",
                   wfp_latency_name((wfp_latency_e)i), rows[i].failed);
    }
}

static void store_lines(request_rec *r, wfp_server_t *server, int brief)
{
    wfp_latency_row_t row;
    int i;

    for (i = 0; i < WFP_LATENCY_KINDS; i++) {
        wfp_latency_read(&row, server->latency, (wfp_latency_e)i);
        ap_rprintf(r,
                   brief ? "WfpStore[%s]: count=" U64 " failed=" U64
                           " seconds=%s\n"
                         : "<dt>Calls of the store, %s: count=" U64
                           " failed=" U64 " seconds=%s</dt>\n",
                   wfp_latency_name((wfp_latency_e)i), count_of(&row),
                   row.failed, wfp_status_kinds_seconds(row.sum_us, r->pool));
    }
}

void wfp_status_kinds_metrics(request_rec *r, wfp_server_t *server,
                              const wfp_stats_all_t *all)
{
    error_metrics(r, all);
    limit_metrics(r, all);
    egress_metrics(r, server);
    store_metrics(r, server);
}

void wfp_status_kinds_lines(request_rec *r, wfp_server_t *server,
                            const wfp_stats_all_t *all, int brief)
{
    error_lines(r, all, brief);
    egress_lines(r, server, brief);
    store_lines(r, server, brief);
}
