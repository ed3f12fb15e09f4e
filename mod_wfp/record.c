/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of JSON an invocation, in WfpLog. Field names are those of a
 * TraceItem, so that what reads Cloudflare's records reads these.
 */
#include "mod_wfp/record.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <http_core.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "mod_wfp/egress_record.h"
#include "mod_wfp/log.h"

/* what a TraceItem calls our codes */
static const char *outcome_name(wfp_code_e code)
{
    switch (code) {
    case WFP_OK:
        return "ok";
    case WFP_CPU_LIMIT:
    case WFP_INSTRUCTION_LIMIT:
    case WFP_STARTUP_LIMIT:
        return "exceededCpu";
    case WFP_MEMORY_LIMIT:
        return "exceededMemory";
    case WFP_WALL_LIMIT:
        return "exceededWallTime";
    case WFP_WORKER_NOT_FOUND:
        return "scriptNotFound";
    case WFP_WORKER_OVERLOADED:
    case WFP_ISOLATE_UNAVAILABLE:
        return "loadShed";
    case WFP_CLIENT_DISCONNECTED:
        return "canceled";
    case WFP_STORE_UNAVAILABLE:
    case WFP_INTERNAL:
        return "internalError";
    default:
        return "exception";
    }
}

static int open_one(server_rec *s, wfp_server_conf_t *conf, apr_pool_t *pconf)
{
    const char *name = conf->log_name;
    apr_status_t rv;

    if (*name == '|') {
        piped_log *pl = ap_open_piped_log(pconf, name + 1);

        if (!pl) {
            ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                         WFPLOGNO(0501) "WfpLog: cannot start %s", name + 1);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        conf->log_file = ap_piped_log_write_fd(pl);
        return OK;
    }
    name = ap_server_root_relative(pconf, name);
    rv = apr_file_open(&conf->log_file, name,
                       APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_APPEND
                           | APR_FOPEN_LARGEFILE,
                       APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_GREAD,
                       pconf);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s,
                     WFPLOGNO(0502) "WfpLog: cannot open %s", name);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

int wfp_record_open(server_rec *s, apr_pool_t *pconf)
{
    wfp_server_conf_t *main_conf = wfp_config_server(s);
    int rc = OK;

    for (; s && rc == OK; s = s->next) {
        wfp_server_conf_t *conf = wfp_config_server(s);

        if (conf->log_name && conf != main_conf
            && conf->log_name == main_conf->log_name) {
            conf->log_file = main_conf->log_file;
        }
        else if (conf->log_name) {
            rc = open_one(s, conf, pconf);
        }
    }
    return rc;
}

static const char *level_name(wfp_log_e level)
{
    static const char *const names[] = { "debug", "info", "log", "warn",
                                         "error" };

    return names[level];
}

/* a line as it is kept until the record is written */
typedef struct line_t {
    wfp_log_e level;
    apr_time_t time;
    const char *text;
} line_t;

void wfp_record_line(wfp_host_ctx_t *ctx, wfp_log_e level, const char *text,
                     apr_size_t n)
{
    apr_pool_t *p = ctx->work->pool;
    line_t *line;
    char *copy;
    apr_size_t i;

    if (!ctx->work->conf->log_file) {
        return;
    }
    if (!ctx->lines) {
        ctx->lines = apr_array_make(p, 8, sizeof(line_t));
    }
    copy = apr_pstrmemdup(p, text, n);
    for (i = 0; i < n; i++) {
        if (copy[i] == '\0') {
            copy[i] = ' '; /* JSON escapes every other control character */
        }
    }
    line = apr_array_push(ctx->lines);
    line->level = level;
    line->time = apr_time_now();
    line->text = copy;
}

static wfp_json_t *lines_of(const wfp_host_ctx_t *ctx, apr_pool_t *p)
{
    wfp_json_t *logs = wfp_json_array(p);
    int i;

    for (i = 0; ctx->lines && i < ctx->lines->nelts; i++) {
        const line_t *line = &APR_ARRAY_IDX(ctx->lines, i, line_t);
        wfp_json_t *log = wfp_json_object(p);
        wfp_json_t *message = wfp_json_array(p);

        wfp_json_add_str(message, line->text);
        wfp_json_set_str(log, "level", level_name(line->level));
        wfp_json_set_int(log, "timestamp", apr_time_as_msec(line->time));
        wfp_json_set(log, "message", message);
        wfp_json_add(logs, log);
    }
    return logs;
}

static wfp_json_t *exceptions_of(const wfp_host_ctx_t *ctx, apr_pool_t *p)
{
    wfp_json_t *list = wfp_json_array(p);

    if (ctx->outcome != WFP_OK) {
        wfp_json_t *e = wfp_json_object(p);

        wfp_json_set_str(e, "name", wfp_code_row(ctx->outcome)->name);
        wfp_json_set_str(e, "code", wfp_code_row(ctx->outcome)->code);
        wfp_json_set_str(e, "message", ctx->error);
        wfp_json_set_str(e, "stack", ctx->stack);
        wfp_json_set_int(e, "timestamp", apr_time_as_msec(apr_time_now()));
        wfp_json_add(list, e);
    }
    return list;
}

/* Which limit ended it, and how. */
static wfp_json_t *kill_of(const wfp_result_t *kill, apr_pool_t *p)
{
    wfp_json_t *object = wfp_json_object(p);

    wfp_json_set_str(object, "limit", kill->limit);
    wfp_json_set_int(object, "allowed", kill->allowed);
    wfp_json_set_int(object, "used", kill->used);
    wfp_json_set_int(object, "line", kill->line);
    wfp_json_set_int(object, "stage", kill->stage);
    return object;
}

static wfp_json_t *event_of(const wfp_host_ctx_t *ctx, apr_pool_t *p)
{
    wfp_json_t *event = wfp_json_object(p);
    wfp_json_t *request = wfp_json_object(p);
    wfp_json_t *response = wfp_json_object(p);

    wfp_json_set_str(request, "method", ctx->method);
    wfp_json_set_str(request, "url", ctx->url);
    wfp_json_set(event, "request", request);
    if (ctx->status) {
        wfp_json_set_int(response, "status", ctx->status);
        wfp_json_set(event, "response", response);
    }
    return event;
}

void wfp_record_write(wfp_host_ctx_t *ctx, const wfp_usage_t *usage)
{
    apr_file_t *file = ctx->work->conf->log_file;
    wfp_json_t *rec, *version, *egress;
    apr_pool_t *p;
    const char *text;

    if (!file) {
        return;
    }
    apr_pool_create(&p, ctx->work->pool);
    rec = wfp_json_object(p);
    wfp_json_set_str(rec, "requestId", ctx->work->request_id);
    wfp_json_set_str(rec, "scriptName", ctx->entry.name);
    wfp_json_set_str(rec, "dispatchNamespace",
                     *ctx->entry.ns ? ctx->entry.ns : NULL);
    version = wfp_json_object(p);
    wfp_json_set_str(version, "id", ctx->entry.version_id);
    wfp_json_set(rec, "scriptVersion", version);
    wfp_json_set(rec, "event", event_of(ctx, p));
    wfp_json_set_int(rec, "eventTimestamp", apr_time_as_msec(ctx->started));
    wfp_json_set(rec, "logs", lines_of(ctx, p));
    wfp_json_set(rec, "exceptions", exceptions_of(ctx, p));
    if (ctx->kill) {
        wfp_json_set(rec, "kill", kill_of(ctx->kill, p));
    }
    wfp_json_set_str(rec, "outcome", outcome_name(ctx->outcome));
    wfp_json_set_int(rec, "cpuTimeUs", usage->cpu_us);
    wfp_json_set_int(rec, "cpuTime", usage->cpu_us / 1000);
    wfp_json_set_int(rec, "wallTime",
                     apr_time_as_msec(wfp_clock_now() - ctx->begun));
    wfp_json_set_int(rec, "instructions", usage->instructions);
    wfp_json_set_int(rec, "subrequests", ctx->subrequests);
    egress = wfp_egress_record_json(ctx, p);
    if (egress) {
        wfp_json_set(rec, "egress", egress);
    }
    text = apr_pstrcat(p, wfp_json_text(rec, p), "\n", NULL);
    if (apr_file_write_full(file, text, strlen(text), NULL) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, ctx->work->server->main,
                     WFPLOGNO(0503) "WfpLog: a record was lost");
    }
    apr_pool_destroy(p);
}
