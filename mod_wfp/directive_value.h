/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DIRECTIVE_VALUE_H
#define WFP_DIRECTIVE_VALUE_H

#include <apr.h>
#include <apr_pools.h>
#include <httpd.h>
#include <http_config.h>

/**
 * @file
 * What the setters of directives share: where a directive may stand, how
 * numbers, sizes and times are read, and how a value is refused. Functions
 * that can refuse give NULL, or the reason.
 */

typedef enum {
    WFP_DIRECTIVE_COUNT,
    WFP_DIRECTIVE_SIZE, /* bytes; K, M, G */
    WFP_DIRECTIVE_TIME  /* microseconds; ms, s, min */
} wfp_directive_kind_e;

/** cmd->info of a directive that is one number. */
typedef struct wfp_directive_number_t {
    wfp_directive_kind_e kind;
    apr_size_t offset; /* in wfp_server_conf_t */
    apr_int64_t min;
    apr_int64_t max;
    int main_only; /* 1: not inside <VirtualHost> */
} wfp_directive_number_t;

/** cmd->info of a directive that is one text. */
typedef struct wfp_directive_text_t {
    apr_size_t offset;
    int is_path; /* 1: relative to ServerRoot */
    int main_only;
    /* what is wrong with the path, asked by httpd -t; NULL: nothing is */
    const char *(*wrong)(const char *path, apr_pool_t *p);
} wfp_directive_text_t;

/** In a server, or only in the main one? The whole message, or NULL. */
const char *wfp_directive_value_in_server(cmd_parms *cmd, int main_only);

/** In a server, vhost or plain <Location>? The whole message, or NULL. */
const char *wfp_directive_value_in_scope(cmd_parms *cmd);

/** A whole number. */
const char *wfp_directive_value_count(apr_int64_t *n, const char *arg);

/** A time in microseconds. */
const char *wfp_directive_value_time(apr_int64_t *n, const char *arg);

/** The same, which may also be given in hours or days: 12h, 7d. */
const char *wfp_directive_value_age(apr_int64_t *n, const char *arg);

/** A number of the kind. */
const char *wfp_directive_value_number(apr_int64_t *n, const char *arg,
                                       wfp_directive_kind_e kind);

/** The number as one would write it. */
const char *wfp_directive_value_text(wfp_directive_kind_e kind, apr_int64_t n,
                                     apr_pool_t *p);

/** "NAME: 'ARG' WHY" */
const char *wfp_directive_value_refuse(cmd_parms *cmd, const char *arg,
                                       const char *why);

#endif
