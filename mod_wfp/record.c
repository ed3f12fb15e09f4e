/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of JSON an invocation, in WfpLog. Field names are those of a
 * TraceItem, so that what reads Cloudflare's records reads these. Most records are
 * plain ones (core/record_plain.h), which are no JSON before they are written.
 */
#include "mod_wfp/record.h"

#include <apr_strings.h>
#include <string.h>

#include "core/json_out.h"
#include "core/log_kind.h"
#include "core/observe.h"
#include "core/record_head.h"
#include "core/record_plain.h"
#include "mod_wfp/archive.h"
#include "mod_wfp/egress_record.h"
#include "mod_wfp/limit_hit.h"
#include "mod_wfp/logger.h"
#include "mod_wfp/record_event.h"
#include "mod_wfp/tail_sender.h"
#include "mod_wfp/tailed.h"
#include "mod_wfp/trial.h"

static void ask_tails(wfp_host_ctx_t *ctx)
{
    wfp_tail_heard_t *heard = wfp_tails_heard(ctx->work->server->tails);
    apr_uint32_t number = wfp_tail_heard_number(heard, ctx->entry.ns,
                                                ctx->entry.name);

    if (wfp_tail_heard_claim(heard, number) == WFP_TAIL_TAKES) {
        ctx->whose = number;
        ctx->recorded |= WFP_RECORD_TAILED;
    }
}

void wfp_record_ask(wfp_host_ctx_t *ctx)
{
    const wfp_work_t *work = ctx->work;

    if (work->conf->log_file) {
        ctx->recorded |= WFP_RECORD_NOW;
    }
    if (wfp_tails_count(work->server->tails)) {
        ask_tails(ctx);
    }
    if (work->trial) {
        ctx->recorded |= WFP_RECORD_TRIED;
    }
}

int wfp_record_is_kept(const wfp_host_ctx_t *ctx)
{
    apr_uint32_t word = ctx->entry.flags;

    if ((word & WFP_OBSERVE_OFF) || !wfp_archive_is_on(ctx->work->server)
        || !wfp_observe_chooses(word, ctx->work->request_id)) {
        return 0;
    }
    return word & WFP_OBSERVE_QUIET ? WFP_RECORD_IF_ANY : WFP_RECORD_KEPT;
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

    if (!ctx->recorded) {
        return;
    }
    if (!ctx->lines) {
        ctx->lines = apr_array_make(p, 8, sizeof(line_t));
    }
    copy = apr_pstrmemdup(p, text, n);
    for (i = 0; i < n; i++) {
        if (copy[i] == '\0') {
            copy[i] = ' '; /* the text ends with one */
        }
    }
    line = apr_array_push(ctx->lines);
    line->level = level;
    line->time = apr_time_now();
    line->text = copy;
}

apr_size_t wfp_record_held(const wfp_host_ctx_t *ctx, const wfp_usage_t *usage)
{
    /* a list that grew left its halves behind */
    return ctx->lines
               ? (apr_size_t)usage->log_bytes
                     + (apr_size_t)ctx->lines->nelts * (2 * sizeof(line_t) + 8)
               : 0;
}

/* A record does not become longer than the ring takes: an invocation may log and
 * fetch more than it has room for. */
#define LINES_ROOM  (WFP_LOGRING_RECORD_MAX / 2)
#define EGRESS_ROOM (WFP_LOGRING_RECORD_MAX - 16 * 1024)
#define TEXT_MAX    ((apr_size_t)16 * 1024) /* of an error, of its stack */
#define CLASS_MAX   ((apr_size_t)64)        /* of an error's class */

/* Most need no more. Of the request's pool: unlike a stack of one of many threads
 * it is in the processor's cache. */
#define ROOM ((apr_size_t)1024)

/* A text, or its first `max` bytes. */
static void tell_cut(wfp_json_out_t *out, const char *text, apr_size_t max)
{
    apr_size_t n = text ? strlen(text) : 0;

    wfp_json_out_bytes(out, text, n < max ? n : max);
}

/* @return 0: some of them were left out */
static int tell_lines(wfp_json_out_t *out, const wfp_host_ctx_t *ctx)
{
    int i;

    WFP_JSON_OUT(out, ",\"logs\":[");
    for (i = 0; ctx->lines && i < ctx->lines->nelts; i++) {
        const line_t *line = &APR_ARRAY_IDX(ctx->lines, i, line_t);
        apr_size_t before = out->n;

        if (i > 0) {
            WFP_JSON_OUT(out, ",");
        }
        WFP_JSON_OUT(out, "{\"level\":");
        wfp_json_out_str(out, wfp_log_kind_level_name(line->level));
        WFP_JSON_OUT(out, ",\"timestamp\":");
        wfp_json_out_int(out, apr_time_as_msec(line->time));
        WFP_JSON_OUT(out, ",\"message\":[");
        wfp_json_out_str(out, line->text);
        WFP_JSON_OUT(out, "]}");
        if (out->n > LINES_ROOM) {
            out->n = before;
            break;
        }
    }
    WFP_JSON_OUT(out, "]");
    return !ctx->lines || i == ctx->lines->nelts;
}

static void tell_exceptions(wfp_json_out_t *out, const wfp_host_ctx_t *ctx)
{
    const wfp_code_row_t *row = wfp_code_row(ctx->outcome);

    WFP_JSON_OUT(out, ",\"exceptions\":[");
    if (ctx->outcome != WFP_OK) {
        WFP_JSON_OUT(out, "{\"name\":");
        tell_cut(out, ctx->error_name ? ctx->error_name : row->name, CLASS_MAX);
        WFP_JSON_OUT(out, ",\"code\":");
        wfp_json_out_str(out, row->code);
        WFP_JSON_OUT(out, ",\"message\":");
        tell_cut(out, ctx->error, TEXT_MAX);
        WFP_JSON_OUT(out, ",\"stack\":");
        tell_cut(out, ctx->stack, TEXT_MAX);
        WFP_JSON_OUT(out, ",\"timestamp\":");
        wfp_json_out_int(out, apr_time_as_msec(apr_time_now()));
        WFP_JSON_OUT(out, "}");
    }
    WFP_JSON_OUT(out, "]");
}

/* Which limit ended it, and how. */
static void tell_kill(wfp_json_out_t *out, const wfp_result_t *kill)
{
    static const wfp_json_key_t keys[] = {
        WFP_JSON_KEY(",\"allowed\":"),
        WFP_JSON_KEY(",\"used\":"),
        WFP_JSON_KEY(",\"line\":"),
        WFP_JSON_KEY(",\"stage\":"),
    };
    apr_int64_t numbers[] = { kill->allowed, kill->used, kill->line,
                              kill->stage };

    WFP_JSON_OUT(out, ",\"kill\":{\"limit\":");
    wfp_json_out_str(out, kill->limit);
    wfp_json_out_numbers(out, keys, sizeof(keys) / sizeof(*keys), numbers);
    WFP_JSON_OUT(out, "}");
}

/* Its parts that all records have. */
static void know_plain(wfp_record_plain_t *plain, const wfp_host_ctx_t *ctx,
                       const wfp_usage_t *usage)
{
    const wfp_script_t *script = ctx->script;
    apr_int64_t *n = plain->numbers;

    plain->head = script ? script->record_head : NULL;
    plain->head_n = script ? script->record_head_n : 0;
    plain->id = ctx->work->request_id;
    wfp_record_event_request(&plain->request, ctx);
    n[WFP_RECORD_STARTED_MS] = apr_time_as_msec(ctx->started);
    n[WFP_RECORD_STATUS] = ctx->status;
    n[WFP_RECORD_CPU_US] = usage->cpu_us;
    n[WFP_RECORD_WALL_MS] = apr_time_as_msec(ctx->ended - ctx->begun);
    n[WFP_RECORD_INSTRUCTIONS] = usage->instructions;
    n[WFP_RECORD_MEMORY_PEAK] = usage->memory_peak;
    n[WFP_RECORD_SUBREQUESTS] = ctx->subrequests;
    n[WFP_RECORD_COLD] = ctx->cold;
}

/* Has it no parts beside those? */
static int is_plain(const wfp_host_ctx_t *ctx, const wfp_usage_t *usage)
{
    return ctx->script && ctx->req && !ctx->event && ctx->outcome == WFP_OK
           && !ctx->lines && !ctx->calls_out && !ctx->kill
           && !wfp_limit_hit_is_any(ctx, usage);
}

/* Who is to be told whose it is, and what does not change with its version. */
static void tell_worker(wfp_json_out_t *out, const wfp_host_ctx_t *ctx,
                        const wfp_record_plain_t *plain)
{
    if (plain->head) {
        wfp_json_out_raw(out, plain->head, plain->head_n);
    }
    else {
        wfp_record_head_tell(out, ctx->entry.ns, ctx->entry.name,
                             ctx->entry.version_id, NULL, NULL, NULL);
    }
    wfp_json_out_plain(out, plain->id);
}

/* Who wants it now that it is over. One that was shed because its Worker pauses
 * tells nothing. */
static int wanted_by(const wfp_host_ctx_t *ctx)
{
    wfp_outcome_e outcome = wfp_code_outcome(ctx->outcome);
    int by = ctx->recorded;

    if ((by & WFP_RECORD_IF_ANY)
        && (ctx->lines
            || (outcome != WFP_OUTCOME_OK && outcome != WFP_OUTCOME_SHED))) {
        by |= WFP_RECORD_KEPT;
    }
    return by & ~WFP_RECORD_IF_ANY;
}

static apr_int64_t kinds_of(const wfp_host_ctx_t *ctx)
{
    apr_int64_t kinds = wfp_log_kind_outcome(wfp_code_outcome(ctx->outcome));
    int i;

    for (i = 0; ctx->lines && i < ctx->lines->nelts; i++) {
        kinds |= wfp_log_kind_level(APR_ARRAY_IDX(ctx->lines, i, line_t).level);
    }
    return ctx->outcome == WFP_OK ? kinds
                                  : kinds | wfp_log_kind_level(WFP_LOG_ERROR);
}

/* What it said and how it failed. Most do neither. @return 0: some lines were left
 * out */
static int tell_traces(wfp_json_out_t *out, const wfp_host_ctx_t *ctx)
{
    int whole = 1;

    if (!ctx->lines && ctx->outcome == WFP_OK) {
        wfp_record_plain_silence(out);
    }
    else {
        whole = tell_lines(out, ctx);
        tell_exceptions(out, ctx);
        WFP_JSON_OUT(out, ",\"diagnosticsChannelEvents\":[],\"outcome\":");
    }
    wfp_json_out_plain(out,
                       wfp_code_outcome_name(wfp_code_outcome(ctx->outcome)));
    return whole;
}

/* @return 0: it is not all of it */
static int tell_all(wfp_json_out_t *out, const wfp_host_ctx_t *ctx,
                    const wfp_usage_t *usage)
{
    wfp_record_plain_t plain;
    int whole = 1;

    know_plain(&plain, ctx, usage);
    tell_worker(out, ctx, &plain);
    if (ctx->event) {
        wfp_record_event_tell(out, ctx->event);
    }
    else {
        whole = wfp_record_plain_event(out, &plain, ctx->work->pool);
    }
    wfp_record_plain_time(out, &plain);
    whole &= tell_traces(out, ctx);
    if (ctx->kill) {
        tell_kill(out, ctx->kill);
    }
    wfp_limit_hit_tell(out, ctx, usage);
    wfp_record_plain_usage(out, &plain);
    return wfp_egress_record_tell(out, ctx, EGRESS_ROOM) && whole;
}

/* To those who want it. head: of its bytes, what is for the store only; the last
 * one is a newline, for logs only. */
static void hand_out(wfp_host_ctx_t *ctx, int by, const wfp_json_out_t *out,
                     apr_size_t head)
{
    const char *line = out->data + head;
    apr_size_t n = out->n - head;

    if (by & WFP_RECORD_TRIED) {
        wfp_trial_record(ctx->work->trial, ctx, line, n - 1);
    }
    if (by & WFP_RECORD_NOW) {
        wfp_logger_put(ctx->work->server, ctx->work->conf, line, n);
    }
    if (by & WFP_RECORD_TAILED) {
        wfp_tail_sender_tell(ctx->work->server, ctx->whose, line, n);
    }
    if (by & WFP_RECORD_KEPT) {
        wfp_archive_put(ctx, out->data, out->n - 1);
    }
    wfp_tailed_note(ctx, line, n - 1);
}

/* The line, or line with the store's head. @return bytes of the head */
static apr_size_t tell(wfp_json_out_t *out, const wfp_host_ctx_t *ctx, int by,
                       const wfp_usage_t *usage)
{
    apr_size_t head;

    if (by & WFP_RECORD_KEPT) {
        wfp_archive_head(out, ctx, kinds_of(ctx));
    }
    head = out->n;
    wfp_record_plain_end(out, tell_all(out, ctx, usage));
    return head;
}

/* A plain one that goes to a log alone is put as it is: the log's writer makes the
 * line. @return 0: it was not */
static int put_plain(const wfp_host_ctx_t *ctx, const wfp_usage_t *usage)
{
    wfp_record_plain_t plain;

    if (!is_plain(ctx, usage)) {
        return 0;
    }
    know_plain(&plain, ctx, usage);
    return wfp_logger_put_plain(ctx->work->server, ctx->work->conf, &plain);
}

void wfp_record_expect(const wfp_host_ctx_t *ctx)
{
    if (ctx->recorded & WFP_RECORD_NOW) {
        wfp_logger_expect(ctx->work->server);
    }
}

void wfp_record_write(wfp_host_ctx_t *ctx, const wfp_usage_t *usage)
{
    int by = wanted_by(ctx);
    apr_pool_t *p = ctx->work->pool;
    wfp_json_out_t out;
    apr_size_t head;

    if (!by || (by == WFP_RECORD_NOW && put_plain(ctx, usage))) {
        return;
    }
    wfp_json_out_begin(&out, apr_palloc(p, ROOM), ROOM, p);
    head = tell(&out, ctx, by, usage);
    hand_out(ctx, by, &out, head);
    wfp_json_out_end(&out);
}
