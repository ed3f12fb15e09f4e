/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_FIGURES_H
#define WFP_FIGURES_H

#include "mod_wfp/server.h"

/** @file What the server knows of itself in plain numbers. */

/** One figure. */
typedef struct wfp_figure_t {
    const char *name; /* of the metric, without "wfp_" */
    const char *key;  /* of ?auto */
    const char *help;
    const char *type; /* Prometheus: counter or gauge */
    apr_uint64_t value;
    int is_time; /* in microseconds, to be seconds */
} wfp_figure_t;

#define WFP_FIGURES_MAX 80

typedef struct wfp_figures_t {
    wfp_figure_t list[WFP_FIGURES_MAX];
    int count;
} wfp_figures_t;

/** Collect all. @param all  of wfp_stats_read() */
void wfp_figures_collect(wfp_figures_t *f, wfp_server_t *server,
                         const wfp_stats_all_t *all);

#endif
