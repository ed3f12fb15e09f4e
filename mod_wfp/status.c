/* SPDX-License-Identifier: Apache-2.0 */
/* The figures as a page, as key-value lines and as Prometheus text. */
#include "mod_wfp/status.h"

#include <apr_optional_hooks.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <mod_status.h>
#include <string.h>

#include "core/clock.h"
#include "mod_wfp/figures.h"
#include "mod_wfp/server.h"
#include "mod_wfp/status_kinds.h"
#include "mod_wfp/status_workers.h"

static const char *value_of(const wfp_figure_t *x, apr_pool_t *p)
{
    return x->is_time ? wfp_status_kinds_seconds(x->value, p)
                      : apr_psprintf(p, "%" APR_UINT64_T_FMT, x->value);
}

static void metrics(request_rec *r, wfp_server_t *server)
{
    wfp_stats_all_t all;
    wfp_figures_t f;
    int i;

    wfp_stats_read(&all, server->stats, wfp_clock_now());
    wfp_figures_collect(&f, server, &all);
    ap_set_content_type(r, "text/plain; version=0.0.4; charset=utf-8");
    for (i = 0; i < f.count; i++) {
        const wfp_figure_t *x = &f.list[i];

        ap_rprintf(r, "# HELP wfp_%s %s.\n# TYPE wfp_%s %s\nwfp_%s %s\n",
                   x->name, x->help, x->name, x->type, x->name,
                   value_of(x, r->pool));
    }
    wfp_status_kinds_metrics(r, server, &all);
    wfp_status_workers_metrics(r, server);
}

static void show_figure(request_rec *r, const wfp_figure_t *x, int brief)
{
    ap_rprintf(r, brief ? "%s: %s\n" : "<dt>%s: %s</dt>\n",
               brief ? x->key : ap_escape_html(r->pool, x->help),
               value_of(x, r->pool));
}

static int status_section(request_rec *r, int flags)
{
    int brief = (flags & AP_STATUS_SHORT) != 0, i;
    wfp_server_t *server = wfp_server();
    wfp_stats_all_t all;
    wfp_figures_t f;

    if (!server) {
        return OK;
    }
    wfp_stats_read(&all, server->stats, wfp_clock_now());
    wfp_figures_collect(&f, server, &all);
    if (!brief) {
        ap_rputs("<hr />\n<h2>Workers</h2>\n<dl>\n", r);
    }
    for (i = 0; i < f.count; i++) {
        show_figure(r, &f.list[i], brief);
    }
    wfp_status_kinds_lines(r, server, &all, brief);
    wfp_status_workers_lines(r, server, brief);
    if (!brief) {
        ap_rputs("</dl>\n", r);
    }
    return OK;
}

void wfp_status_register(apr_pool_t *p)
{
    APR_OPTIONAL_HOOK(ap, status_hook, status_section, NULL, NULL,
                      APR_HOOK_MIDDLE);
}

int wfp_status_handle(request_rec *r)
{
    wfp_server_t *server = wfp_server();

    if (!r->handler || strcmp(r->handler, "wfp-metrics")) {
        return DECLINED;
    }
    if (r->method_number != M_GET) {
        r->allowed = AP_METHOD_BIT << M_GET;
        return HTTP_METHOD_NOT_ALLOWED;
    }
    if (!server) {
        return HTTP_SERVICE_UNAVAILABLE;
    }
    metrics(r, server);
    return OK;
}
