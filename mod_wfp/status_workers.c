/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger as Prometheus text and as lines of mod_status. However many Workers
 * there are, there are so many lines: what has none of its own is in "*". Names
 * are made of letters that need no escape (core/name), and are escaped.
 */
#include "mod_wfp/status_workers.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

#include "core/ledger.h"
#include "core/prometheus.h"
#include "mod_wfp/status_kinds.h"

typedef struct page_t {
    request_rec *r;
    apr_array_header_t *workers;    /* wfp_ledger_sum_t, those to show */
    apr_array_header_t *namespaces; /* the same, script "" */
    wfp_ledger_sum_t all;
} page_t;

static void add_to(wfp_ledger_sum_t *to, const wfp_ledger_sum_t *from)
{
    int i;

    for (i = 0; i < WFP_LEDGER_COUNT; i++) {
        to->n[i] += from->n[i];
    }
}

/* A namespace's sum: the last of the list, or a new one. */
static wfp_ledger_sum_t *open_sum(apr_array_header_t *list, const char *ns)
{
    wfp_ledger_sum_t *sum = list->nelts ? &APR_ARRAY_IDX(list, list->nelts - 1,
                                                         wfp_ledger_sum_t)
                                        : NULL;

    if (!sum || strcmp(sum->ns, ns) != 0) {
        sum = apr_array_push(list);
        memset(sum, 0, sizeof(*sum));
        (void)apr_cpystrn(sum->ns, ns, sizeof(sum->ns));
    }
    return sum;
}

/* Each Worker that is shown, then one for all others. */
static void pick_workers(page_t *page, const apr_array_header_t *list)
{
    wfp_ledger_sum_t others = { 0 };
    int i, any = 0;

    for (i = 0; i < list->nelts; i++) {
        const wfp_ledger_sum_t *sum = &APR_ARRAY_IDX(list, i, wfp_ledger_sum_t);

        if (sum->is_shown && strcmp(sum->script, WFP_LEDGER_OTHER) != 0) {
            *(wfp_ledger_sum_t *)apr_array_push(page->workers) = *sum;
        }
        else {
            add_to(&others, sum);
            any = 1;
        }
        add_to(&page->all, sum);
    }
    if (any) {
        (void)apr_cpystrn(others.ns, WFP_LEDGER_OTHER, sizeof(others.ns));
        (void)apr_cpystrn(others.script, WFP_LEDGER_OTHER,
                          sizeof(others.script));
        *(wfp_ledger_sum_t *)apr_array_push(page->workers) = others;
    }
}

/* The first so many by name; the rest is one. A namespace that has a line keeps
 * it as long as none before it comes. */
static void pick_namespaces(page_t *page, const apr_array_header_t *list)
{
    wfp_ledger_sum_t rest = { 0 };
    int i, any = 0;

    for (i = 0; i < list->nelts; i++) {
        const wfp_ledger_sum_t *sum = &APR_ARRAY_IDX(list, i, wfp_ledger_sum_t);
        const wfp_ledger_sum_t *last =
            page->namespaces->nelts
                ? &APR_ARRAY_IDX(page->namespaces, page->namespaces->nelts - 1,
                                 wfp_ledger_sum_t)
                : NULL;

        if (!strcmp(sum->ns, WFP_LEDGER_OTHER)
            || (page->namespaces->nelts >= WFP_STATUS_WORKERS_MAX && last
                && strcmp(last->ns, sum->ns) != 0)) {
            add_to(&rest, sum);
            any = 1;
            continue;
        }
        add_to(open_sum(page->namespaces, sum->ns), sum);
    }
    if (any) {
        add_to(open_sum(page->namespaces, WFP_LEDGER_OTHER), &rest);
    }
}

static void read_page(page_t *page, request_rec *r, wfp_server_t *server)
{
    apr_array_header_t *list;

    memset(page, 0, sizeof(*page));
    page->r = r;
    page->workers = apr_array_make(r->pool, 16, sizeof(wfp_ledger_sum_t));
    page->namespaces = apr_array_make(r->pool, 16, sizeof(wfp_ledger_sum_t));
    wfp_ledger_read(&list, server->ledger, r->pool);
    wfp_ledger_choose(list, server->ledger, WFP_STATUS_WORKERS_MAX);
    pick_workers(page, list);
    pick_namespaces(page, list);
}

/* ---- Prometheus --------------------------------------------------------------- */

static void begin_metric(request_rec *r, const char *name, const char *type,
                         const char *help)
{
    ap_rprintf(r, "# HELP wfp_%s %s.\n# TYPE wfp_%s %s\n", name, help, name,
               type);
}

/* {namespace="", worker=""} of a Worker, {namespace=""} of a namespace. */
static void begin_labels(request_rec *r, const wfp_ledger_sum_t *sum)
{
    ap_rprintf(r, "{namespace=\"%s\"", wfp_prometheus_label(sum->ns, r->pool));
    if (*sum->script) {
        ap_rprintf(r, ",worker=\"%s\"",
                   wfp_prometheus_label(sum->script, r->pool));
    }
}

static apr_uint64_t count_of(const wfp_ledger_sum_t *sum, int outcome)
{
    apr_uint64_t ok = sum->n[WFP_LEDGER_REQUESTS], bad = 0;
    int i;

    if (outcome != WFP_OUTCOME_OK) {
        return sum->n[WFP_LEDGER_ENDS + outcome - 1];
    }
    for (i = 1; i < WFP_OUTCOME_COUNT; i++) {
        bad += sum->n[WFP_LEDGER_ENDS + i - 1];
    }
    return ok > bad ? ok - bad : 0;
}

static void show_runs(request_rec *r, const char *name,
                      const apr_array_header_t *list)
{
    int i, k;

    for (i = 0; i < list->nelts; i++) {
        const wfp_ledger_sum_t *sum = &APR_ARRAY_IDX(list, i, wfp_ledger_sum_t);

        for (k = 0; k < WFP_OUTCOME_COUNT; k++) {
            apr_uint64_t n = count_of(sum, k);

            if (n) {
                ap_rprintf(r, "wfp_%s", name);
                begin_labels(r, sum);
                ap_rprintf(r, ",outcome=\"%s\"} %" APR_UINT64_T_FMT "\n",
                           wfp_code_outcome_name((wfp_outcome_e)k), n);
            }
        }
    }
}

static void show_kills(request_rec *r, const char *name,
                       const apr_array_header_t *list)
{
    int i, k;

    for (i = 0; i < list->nelts; i++) {
        const wfp_ledger_sum_t *sum = &APR_ARRAY_IDX(list, i, wfp_ledger_sum_t);

        for (k = 0; k < WFP_LIMIT_COUNT; k++) {
            apr_uint64_t n = sum->n[WFP_LEDGER_KILLS + k];

            if (n) {
                ap_rprintf(r, "wfp_%s", name);
                begin_labels(r, sum);
                ap_rprintf(r, ",limit=\"%s\"} %" APR_UINT64_T_FMT "\n",
                           wfp_limit_row((wfp_limit_e)k)->name, n);
            }
        }
    }
}

/* Few have any. */
static void show_lost(request_rec *r, const char *name,
                      const apr_array_header_t *list)
{
    int i;

    for (i = 0; i < list->nelts; i++) {
        const wfp_ledger_sum_t *sum = &APR_ARRAY_IDX(list, i, wfp_ledger_sum_t);

        if (sum->n[WFP_LEDGER_LOST]) {
            ap_rprintf(r, "wfp_%s", name);
            begin_labels(r, sum);
            ap_rprintf(r, "} %" APR_UINT64_T_FMT "\n", sum->n[WFP_LEDGER_LOST]);
        }
    }
}

static void put_seconds(request_rec *r, apr_uint64_t us)
{
    ap_rprintf(r, "%s\n", wfp_status_kinds_seconds(us, r->pool));
}

/* @param is_time  microseconds, to be seconds */
static void show_sums(request_rec *r, const char *name,
                      const apr_array_header_t *list, wfp_ledger_e kind,
                      int is_time)
{
    int i;

    for (i = 0; i < list->nelts; i++) {
        const wfp_ledger_sum_t *sum = &APR_ARRAY_IDX(list, i, wfp_ledger_sum_t);

        ap_rprintf(r, "wfp_%s", name);
        begin_labels(r, sum);
        ap_rputs("} ", r);
        if (is_time) {
            put_seconds(r, sum->n[kind]);
        }
        else {
            ap_rprintf(r, "%" APR_UINT64_T_FMT "\n", sum->n[kind]);
        }
    }
}

static void show_bytes(request_rec *r, const char *name,
                       const apr_array_header_t *list)
{
    int i;

    for (i = 0; i < list->nelts; i++) {
        const wfp_ledger_sum_t *sum = &APR_ARRAY_IDX(list, i, wfp_ledger_sum_t);

        ap_rprintf(r, "wfp_%s", name);
        begin_labels(r, sum);
        ap_rprintf(r, ",direction=\"in\"} %" APR_UINT64_T_FMT "\nwfp_%s",
                   sum->n[WFP_LEDGER_BYTES_IN], name);
        begin_labels(r, sum);
        ap_rprintf(r, ",direction=\"out\"} %" APR_UINT64_T_FMT "\n",
                   sum->n[WFP_LEDGER_BYTES_OUT]);
    }
}

typedef struct family_t {
    const char *name, *help;
    wfp_ledger_e kind;
    int is_time;
} family_t;

static const family_t workers[] = {
    { "worker_cpu_seconds_total", "CPU time of a Worker", WFP_LEDGER_CPU_US,
      1 },
    { "worker_wall_seconds_total", "Wall time of a Worker's runs",
      WFP_LEDGER_WALL_US, 1 },
    { "worker_instructions_total", "Instructions of a Worker",
      WFP_LEDGER_INSTRUCTIONS, 0 },
    { "worker_subrequests_total", "Subrequests of a Worker",
      WFP_LEDGER_SUBREQUESTS, 0 },
    { "worker_cold_starts_total", "Isolates made for a Worker",
      WFP_LEDGER_COLD_STARTS, 0 },
    { NULL },
};

static const family_t namespaces[] = {
    { "namespace_cpu_seconds_total", "CPU time of a namespace",
      WFP_LEDGER_CPU_US, 1 },
    { "namespace_wall_seconds_total", "Wall time of a namespace's runs",
      WFP_LEDGER_WALL_US, 1 },
    { "namespace_instructions_total", "Instructions of a namespace",
      WFP_LEDGER_INSTRUCTIONS, 0 },
    { "namespace_subrequests_total", "Subrequests of a namespace",
      WFP_LEDGER_SUBREQUESTS, 0 },
    { "namespace_cold_starts_total", "Isolates made for a namespace",
      WFP_LEDGER_COLD_STARTS, 0 },
    { NULL },
};

static void show_families(request_rec *r, const family_t *row,
                          const apr_array_header_t *list)
{
    for (; row->name; row++) {
        begin_metric(r, row->name, "counter", row->help);
        show_sums(r, row->name, list, row->kind, row->is_time);
    }
}

/* Steps are told with all that are below them. */
static void show_histogram(request_rec *r, const char *name, const char *help,
                           const apr_uint64_t *steps,
                           const apr_uint64_t *bounds, apr_uint64_t sum_us)
{
    apr_uint64_t n = 0;
    int i;

    begin_metric(r, name, "histogram", help);
    for (i = 0; i < WFP_LEDGER_STEPS; i++) {
        n += steps[i];
        if (bounds[i]) {
            ap_rprintf(r,
                       "wfp_%s_bucket{le=\"%d.%06d\"} %" APR_UINT64_T_FMT "\n",
                       name, (int)(bounds[i] / 1000000),
                       (int)(bounds[i] % 1000000), n);
        }
    }
    ap_rprintf(r,
               "wfp_%s_bucket{le=\"+Inf\"} %" APR_UINT64_T_FMT "\nwfp_%s_sum ",
               name, n, name);
    put_seconds(r, sum_us);
    ap_rprintf(r, "wfp_%s_count %" APR_UINT64_T_FMT "\n", name, n);
}

void wfp_status_workers_metrics(request_rec *r, wfp_server_t *server)
{
    page_t page;
    const apr_uint64_t *n = page.all.n;

    read_page(&page, r, server);
    begin_metric(r, "worker_runs_total", "counter",
                 "Runs of the busiest Workers, by how they ended");
    show_runs(r, "worker_runs_total", page.workers);
    begin_metric(r, "worker_kills_total", "counter",
                 "Runs of a Worker that a hard limit ended");
    show_kills(r, "worker_kills_total", page.workers);
    begin_metric(r, "worker_runs_lost_total", "counter",
                 "Runs of a Worker that a process did not live to the end of");
    show_lost(r, "worker_runs_lost_total", page.workers);
    show_families(r, workers, page.workers);
    begin_metric(r, "worker_bytes_total", "counter",
                 "Bytes of bodies of a Worker's clients");
    show_bytes(r, "worker_bytes_total", page.workers);
    begin_metric(r, "namespace_runs_total", "counter",
                 "Runs of a namespace's Workers, by how they ended");
    show_runs(r, "namespace_runs_total", page.namespaces);
    begin_metric(r, "namespace_kills_total", "counter",
                 "Runs of a namespace's Workers that a hard limit ended");
    show_kills(r, "namespace_kills_total", page.namespaces);
    begin_metric(r, "namespace_runs_lost_total", "counter",
                 "Runs of a namespace's Workers that a process did not live to "
                 "the end of");
    show_lost(r, "namespace_runs_lost_total", page.namespaces);
    show_families(r, namespaces, page.namespaces);
    begin_metric(r, "namespace_bytes_total", "counter",
                 "Bytes of bodies of a namespace's clients");
    show_bytes(r, "namespace_bytes_total", page.namespaces);
    show_histogram(r, "run_cpu_seconds", "CPU time of a run",
                   &n[WFP_LEDGER_CPU_STEPS], wfp_ledger_cpu_bounds(),
                   n[WFP_LEDGER_CPU_US]);
    show_histogram(r, "run_wall_seconds", "Wall time of a run",
                   &n[WFP_LEDGER_WALL_STEPS], wfp_ledger_wall_bounds(),
                   n[WFP_LEDGER_WALL_US]);
}

/* ---- mod_status ------------------------------------------------------------------- */

#define U64 "%" APR_UINT64_T_FMT

/* name=value of all that Prometheus is told. */
static void show_line(request_rec *r, const wfp_ledger_sum_t *sum)
{
    int k;

    for (k = 0; k < WFP_OUTCOME_COUNT; k++) {
        ap_rprintf(r, " %s=" U64, wfp_code_outcome_name((wfp_outcome_e)k),
                   count_of(sum, k));
    }
    for (k = 0; k < WFP_LIMIT_COUNT; k++) {
        if (sum->n[WFP_LEDGER_KILLS + k]) {
            ap_rprintf(r, " kills_%s=" U64, wfp_limit_row((wfp_limit_e)k)->name,
                       sum->n[WFP_LEDGER_KILLS + k]);
        }
    }
    if (sum->n[WFP_LEDGER_LOST]) {
        ap_rprintf(r, " lost=" U64, sum->n[WFP_LEDGER_LOST]);
    }
    ap_rprintf(r,
               " cpu_us=" U64 " wall_us=" U64 " instructions=" U64
               " subrequests=" U64 " cold_starts=" U64 " in=" U64 " out=" U64,
               sum->n[WFP_LEDGER_CPU_US], sum->n[WFP_LEDGER_WALL_US],
               sum->n[WFP_LEDGER_INSTRUCTIONS], sum->n[WFP_LEDGER_SUBREQUESTS],
               sum->n[WFP_LEDGER_COLD_STARTS], sum->n[WFP_LEDGER_BYTES_IN],
               sum->n[WFP_LEDGER_BYTES_OUT]);
}

void wfp_status_workers_lines(request_rec *r, wfp_server_t *server, int brief)
{
    const char *end = brief ? "\n" : "</dt>\n";
    page_t page;
    int i;

    read_page(&page, r, server);
    for (i = 0; i < page.namespaces->nelts; i++) {
        const wfp_ledger_sum_t *sum = &APR_ARRAY_IDX(page.namespaces, i,
                                                     wfp_ledger_sum_t);

        ap_rprintf(r, brief ? "WfpRuns[%s]:" : "<dt>Runs of \"%s\":",
                   wfp_status_kinds_text(sum->ns, brief, r->pool));
        show_line(r, sum);
        ap_rputs(end, r);
    }
    for (i = 0; i < page.workers->nelts; i++) {
        const wfp_ledger_sum_t *sum = &APR_ARRAY_IDX(page.workers, i,
                                                     wfp_ledger_sum_t);

        ap_rprintf(r, brief ? "WfpWorker[%s/%s]:" : "<dt>Runs of \"%s/%s\":",
                   wfp_status_kinds_text(sum->ns, brief, r->pool),
                   wfp_status_kinds_text(sum->script, brief, r->pool));
        show_line(r, sum);
        ap_rputs(end, r);
    }
}
