/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records for people, options as filters, and the end. Called by cmd_tail.c and
 * remote_tail.c.
 */
#include "admin/wfpctl/tail.h"

#include <apr_strings.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/wfpctl/args.h"
#include "admin/wfpctl/print.h"

/* ---- the end ------------------------------------------------------------------- */

static void ends(sigset_t *set)
{
    (void)sigemptyset(set); /* valid: none of them can fail */
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGTERM);
}

void wfp_tail_begin(void)
{
    sigset_t set;

    ends(&set);
    (void)sigprocmask(SIG_BLOCK, &set, NULL); /* valid: cannot fail */
}

int wfp_tail_is_over(void)
{
    sigset_t set;

    return sigpending(&set) == 0
           && (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM));
}

/* ---- filters ------------------------------------------------------------------- */

static void add(wfp_json_t *filters, const char *key, wfp_json_t *v,
                apr_pool_t *p)
{
    wfp_json_t *one = wfp_json_object(p);

    wfp_json_set(one, key, v);
    wfp_json_add(filters, one);
}

static void add_text(wfp_json_t *filters, const char *key, const char *text,
                     apr_pool_t *p)
{
    wfp_json_t *one = wfp_json_object(p);

    if (text) {
        wfp_json_set_str(one, key, text);
        wfp_json_add(filters, one);
    }
}

static void add_all(wfp_json_t *filters, const char *key, const wfp_cmd_t *cmd,
                    const char *option)
{
    apr_array_header_t *values = wfp_args_all(cmd, option);

    if (values) {
        add(filters, key, wfp_print_texts(values, cmd), cmd->pool);
    }
}

/* As wrangler's: all that is neither well nor given up is an error. */
static apr_status_t add_status(wfp_json_t *filters, wfp_cmd_t *cmd)
{
    static const char *const errors[] = { "exception", "exceededCpu",
                                          "exceededMemory", "unknown" };
    apr_array_header_t *values = wfp_args_all(cmd, "status");
    wfp_json_t *list = wfp_json_array(cmd->pool);
    apr_size_t k;
    int i;

    for (i = 0; values && i < values->nelts; i++) {
        const char *value = APR_ARRAY_IDX(values, i, const char *);

        if (!strcmp(value, "ok") || !strcmp(value, "canceled")) {
            wfp_json_add_str(list, value);
        }
        else if (!strcmp(value, "error")) {
            for (k = 0; k < sizeof(errors) / sizeof(errors[0]); k++) {
                wfp_json_add_str(list, errors[k]);
            }
        }
        else {
            return wfp_args_usage(cmd, "--status: ok, error or canceled");
        }
    }
    if (values) {
        add(filters, "outcome", list, cmd->pool);
    }
    return APR_SUCCESS;
}

static void add_header(wfp_json_t *filters, const wfp_cmd_t *cmd)
{
    const char *text = wfp_args_option(cmd, "header");
    const char *colon = text ? strchr(text, ':') : NULL;
    wfp_json_t *one = wfp_json_object(cmd->pool);

    if (!text) {
        return;
    }
    wfp_json_set_str(one, "key",
                     colon ? apr_pstrmemdup(cmd->pool, text,
                                            (apr_size_t)(colon - text))
                           : text);
    if (colon) {
        wfp_json_set_str(one, "query", colon + 1);
    }
    add(filters, "header", one, cmd->pool);
}

static apr_status_t add_rate(wfp_json_t *filters, wfp_cmd_t *cmd)
{
    const char *text = wfp_args_option(cmd, "sampling-rate");
    wfp_json_t *one = wfp_json_object(cmd->pool);
    char *end = NULL;
    double rate = text ? strtod(text, &end) : 1;

    if (!text) {
        return APR_SUCCESS;
    }
    if (!*text || *end || !(rate >= 0 && rate <= 1)) {
        return wfp_args_usage(cmd, "--sampling-rate: a number from 0 to 1");
    }
    wfp_json_set_number(one, "sampling_rate", rate);
    wfp_json_add(filters, one);
    return APR_SUCCESS;
}

apr_status_t wfp_tail_filters(const char **pfilters, wfp_cmd_t *cmd)
{
    wfp_json_t *filters = wfp_json_array(cmd->pool);
    apr_status_t rv = add_status(filters, cmd);

    if (rv == APR_SUCCESS) {
        rv = add_rate(filters, cmd);
    }
    add_all(filters, "method", cmd, "method");
    add_all(filters, "client_ip", cmd, "client-ip");
    add_text(filters, "query", wfp_args_option(cmd, "search"), cmd->pool);
    add_text(filters, "scriptVersion", wfp_args_option(cmd, "version-id"),
             cmd->pool);
    add_header(filters, cmd);
    *pfilters = wfp_json_text(filters, cmd->pool);
    return rv;
}

/* ---- records --------------------------------------------------------------------- */

static const char *text_of(const wfp_json_t *obj, const char *key,
                           apr_pool_t *p)
{
    const char *text = wfp_json_str(wfp_json_get(obj, key, p));

    return text ? text : "";
}

/* What it was run for. */
static const char *event_of(const wfp_json_t *record, apr_pool_t *p)
{
    const wfp_json_t *event = wfp_json_get(record, "event", p);
    const wfp_json_t *request = wfp_json_get(event, "request", p);
    apr_int64_t status = 0;

    if (wfp_json_is_object(request)) {
        (void)wfp_json_int(wfp_json_get(wfp_json_get(event, "response", p),
                                        "status", p),
                           &status); /* or none */
        return apr_psprintf(p, "%s %s%s", text_of(request, "method", p),
                            text_of(request, "url", p),
                            status ? apr_psprintf(p, " %d", (int)status) : "");
    }
    if (*text_of(event, "cron", p)) {
        return apr_pstrcat(p, "cron ", text_of(event, "cron", p), NULL);
    }
    if (*text_of(event, "queue", p)) {
        return apr_pstrcat(p, "queue ", text_of(event, "queue", p), NULL);
    }
    return wfp_json_get(event, "consumedEvents", p) ? "tail" : "a call";
}

static void show_logs(const wfp_cmd_t *cmd, const wfp_json_t *logs,
                      apr_pool_t *p)
{
    apr_size_t i, k;

    for (i = 0; i < wfp_json_size(logs); i++) {
        const wfp_json_t *log = wfp_json_at(logs, i, p);
        const wfp_json_t *parts = wfp_json_get(log, "message", p);
        const char *text = "";

        for (k = 0; k < wfp_json_size(parts); k++) {
            const wfp_json_t *part = wfp_json_at(parts, k, p);
            const char *word = wfp_json_str(part);

            text = apr_pstrcat(p, text, k ? " " : "",
                               word ? word : wfp_json_text(part, p), NULL);
        }
        wfp_print_line(cmd, "  (%s) %s", text_of(log, "level", p), text);
    }
}

/* Where it was raised, a line a call; its own first line says no more. */
static void show_stack(const wfp_cmd_t *cmd, const char *stack, apr_pool_t *p)
{
    char *state, *line = apr_strtok(apr_pstrdup(p, stack), "\n", &state);

    for (; line; line = apr_strtok(NULL, "\n", &state)) {
        line += strspn(line, " \t");
        if (strncmp(line, "stack traceback", 15) != 0
            && strcmp(line, "[C]: in ?") != 0) {
            wfp_print_line(cmd, "      %s", line);
        }
    }
}

static void show_errors(const wfp_cmd_t *cmd, const wfp_json_t *errors,
                        apr_pool_t *p)
{
    apr_size_t i;

    for (i = 0; i < wfp_json_size(errors); i++) {
        const wfp_json_t *error = wfp_json_at(errors, i, p);

        wfp_print_line(cmd, "  %s: %s", text_of(error, "name", p),
                       text_of(error, "message", p));
        show_stack(cmd, text_of(error, "stack", p), p);
    }
}

int wfp_tail_show(const wfp_cmd_t *cmd, const char *record, apr_size_t n,
                  apr_pool_t *p)
{
    wfp_cmd_t here = *cmd;
    wfp_json_t *doc;
    apr_int64_t ms = 0, wall = 0;

    if (wfp_json_parse(&doc, record, n, NULL, p) != APR_SUCCESS) {
        return 1;
    }
    here.pool = p; /* what is printed is not kept */
    wfp_print_json(&here, doc);
    (void)wfp_json_int(wfp_json_get(doc, "eventTimestamp", p), &ms);
    (void)wfp_json_int(wfp_json_get(doc, "wallTime", p), &wall); /* or 0 */
    wfp_print_line(&here, "%s %s %s (%d ms)",
                   wfp_print_time(&here, apr_time_from_msec(ms)),
                   text_of(doc, "outcome", p), event_of(doc, p), (int)wall);
    show_logs(&here, wfp_json_get(doc, "logs", p), p);
    show_errors(&here, wfp_json_get(doc, "exceptions", p), p);
    return !fflush(stdout) && !ferror(stdout);
}

void wfp_tail_say(const wfp_cmd_t *cmd, const char *text)
{
    if (!cmd->json) {
        fprintf(stderr, "wfpctl: %s\n", text);
    }
}
