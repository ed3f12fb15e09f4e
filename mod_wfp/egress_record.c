/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry a hop. Bytes are those of the bodies that the entry points to, so
 * they are read last of all. invoke.c and part.c say when.
 */
#include "mod_wfp/egress_record.h"

#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "core/url.h"
#include "mod_wfp/trace.h"

/* Calls of one invocation that are told one by one; the rest is counted. */
#define TOLD_MAX 1000

/* Of a method, which may be long */
#define METHOD_MAX 32

/* Of a reason */
#define REASON_MAX 200

/* One side of a call */
typedef struct side_t {
    const wfp_body_t *body; /* NULL: see bytes */
    apr_off_t bytes;
} side_t;

struct wfp_egress_record_t {
    wfp_egress_record_t *next; /* the call before */
    apr_time_t time;           /* wall clock */
    apr_time_t begun;          /* core/clock.h */
    const char *method;
    const char *url;
    const char *by;
    int hop;
    int status; /* 0: no response */
    wfp_code_e code;
    const char *reason; /* what the Worker was told; NULL: it was answered */
    wfp_tally_e end;
    wfp_tally_reason_e why;
    int is_sent; /* the client had it */
    side_t out, in;
    wfp_client_times_t times;
};

/* Bytes that went through a body so far; those of one in memory all at once. */
static apr_off_t bytes_of(const side_t *side)
{
    if (!side->body) {
        return side->bytes;
    }
    return side->body->data ? side->body->length : side->body->done;
}

void wfp_egress_record_begin(wfp_egress_t *egress)
{
    egress->record = apr_pcalloc(egress->pool, sizeof(*egress->record));
    egress->record->time = apr_time_now();
    egress->record->begun = wfp_clock_now();
}

wfp_client_times_t *wfp_egress_record_times(wfp_egress_t *egress)
{
    wfp_egress_record_t *rec = egress->record;

    rec->is_sent = 1;
    rec->out.body = egress->request->body;
    return &rec->times;
}

static wfp_tally_e end_of(const wfp_egress_t *egress, int outcome)
{
    if (outcome == APR_SUCCESS) {
        return egress->record->is_sent ? WFP_TALLY_SENT : WFP_TALLY_ANSWERED;
    }
    switch (egress->result->code) {
    case WFP_EGRESS_BLOCKED:
    case WFP_SUBREQUEST_LIMIT:
        return WFP_TALLY_BLOCKED;
    default:
        return WFP_TALLY_FAILED;
    }
}

/* Who decided, in words of which there are few. */
static wfp_tally_reason_e why_of(const wfp_egress_record_t *rec)
{
    static const struct {
        const char *by;
        wfp_tally_reason_e why;
    } known[] = {
        { "policy", WFP_TALLY_POLICY }, { "egress", WFP_TALLY_EGRESS },
        { "head", WFP_TALLY_HEAD },     { "count", WFP_TALLY_SUBREQUESTS },
        { "client", WFP_TALLY_OTHER },  { "nobody", WFP_TALLY_OTHER },
    };
    unsigned i;

    if (!strncmp(rec->by, "outbound Worker ", 16)) {
        return WFP_TALLY_OUTBOUND;
    }
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!strcmp(rec->by, known[i].by)) {
            return known[i].why;
        }
    }
    return WFP_TALLY_FILTER;
}

static wfp_tally_reason_e why_failed(const wfp_egress_record_t *rec)
{
    switch (rec->code) {
    case WFP_NETWORK_ERROR:
        return WFP_TALLY_NETWORK;
    case WFP_TIMEOUT:
        return WFP_TALLY_TIMEOUT;
    case WFP_ABORTED:
        return WFP_TALLY_ABORTED;
    case WFP_TOO_MANY_REDIRECTS:
        return WFP_TALLY_REDIRECTS;
    case WFP_BODY_TOO_LARGE:
        return WFP_TALLY_TOO_LARGE;
    default:
        return why_of(rec);
    }
}

void wfp_egress_record_note(wfp_egress_t *egress, int outcome)
{
    wfp_host_ctx_t *ctx = egress->invocation;
    wfp_egress_record_t *rec = egress->record;

    if (!rec) {
        return; /* a filter of another module's came before ours */
    }
    rec->method = apr_pstrndup(egress->pool, egress->request->method,
                               METHOD_MAX);
    rec->url = egress->request->url;
    rec->by = egress->by ? egress->by : "nobody";
    rec->hop = egress->hop;
    rec->end = end_of(egress, outcome);
    if (outcome == APR_SUCCESS) {
        rec->status = egress->response->status;
        rec->in.body = egress->response->body;
        if (!rec->is_sent && egress->request->body
            && egress->request->body->used) {
            rec->out.body = egress->request->body;
        }
    }
    else {
        rec->code = egress->result->code;
        rec->reason = apr_pstrndup(egress->pool, egress->result->message,
                                   REASON_MAX);
    }
    rec->why = rec->end == WFP_TALLY_SENT     ? WFP_TALLY_ORIGIN
               : rec->end == WFP_TALLY_FAILED ? why_failed(rec)
                                              : why_of(rec);
    if (!rec->times.total_us && !rec->in.body) {
        rec->times.total_us = wfp_clock_now() - rec->begun;
    }
    wfp_trace_step(ctx->work, "fetch %s %s, hop %d: %s by %s: %s", rec->method,
                   rec->url, rec->hop, wfp_tally_name(rec->end), rec->by,
                   rec->reason ? rec->reason
                               : apr_itoa(egress->pool, rec->status));
    rec->next = ctx->calls_out;
    ctx->calls_out = rec;
    egress->record = NULL;
}

/* An entry that needs nothing of the part's pool any more. */
static wfp_egress_record_t *copy_of(const wfp_egress_record_t *rec,
                                    apr_pool_t *p)
{
    wfp_egress_record_t *copy = apr_pmemdup(p, rec, sizeof(*rec));

    copy->method = apr_pstrdup(p, rec->method);
    copy->url = apr_pstrdup(p, rec->url);
    copy->by = apr_pstrdup(p, rec->by);
    copy->reason = apr_pstrdup(p, rec->reason);
    copy->out.bytes = bytes_of(&rec->out);
    copy->in.bytes = bytes_of(&rec->in);
    copy->out.body = copy->in.body = NULL;
    return copy;
}

void wfp_egress_record_join(wfp_host_ctx_t *whole, wfp_host_ctx_t *part,
                            int keep)
{
    wfp_egress_record_t **end = &part->calls_out;

    while (*end) {
        if (!keep) {
            *end = copy_of(*end, whole->work->pool);
        }
        end = &(*end)->next;
    }
    *end = whole->calls_out;
    whole->calls_out = part->calls_out;
    part->calls_out = NULL;
}

void wfp_egress_record_count(const wfp_host_ctx_t *ctx)
{
    const wfp_egress_record_t *rec;

    for (rec = ctx->calls_out; rec; rec = rec->next) {
        wfp_tally_add(ctx->work->server->tally, ctx->entry.ns, rec->end,
                      rec->why, (apr_uint64_t)bytes_of(&rec->out),
                      (apr_uint64_t)bytes_of(&rec->in));
    }
}

/* "host:port", without what a URL may tell of secrets. */
static const char *target_of(const wfp_egress_record_t *rec, apr_pool_t *p)
{
    wfp_url_t url;

    if (wfp_url_parse(&url, rec->url, NULL, NULL, p) != APR_SUCCESS) {
        return "?";
    }
    return apr_psprintf(p, "%s:%d", url.host, url.port);
}

static void tell_times(wfp_json_out_t *out, const wfp_egress_record_t *rec)
{
    const wfp_client_times_t *t = &rec->times;
    apr_int64_t total = t->total_us ? t->total_us
                                    : wfp_clock_now() - rec->begun;

    WFP_JSON_OUT(out, ",\"timeUs\":{");
    if (rec->is_sent) {
        WFP_JSON_OUT(out, "\"dns\":");
        wfp_json_out_int(out, t->dns_us);
        WFP_JSON_OUT(out, ",\"connect\":");
        wfp_json_out_int(out, t->connect_us);
        WFP_JSON_OUT(out, ",\"tls\":");
        wfp_json_out_int(out, t->tls_us);
        WFP_JSON_OUT(out, ",\"firstByte\":");
        wfp_json_out_int(out, t->first_byte_us);
        WFP_JSON_OUT(out, ",");
    }
    WFP_JSON_OUT(out, "\"total\":");
    wfp_json_out_int(out, total);
    WFP_JSON_OUT(out, "}");
}

static void tell_end(wfp_json_out_t *out, const wfp_egress_record_t *rec)
{
    if (rec->status) {
        WFP_JSON_OUT(out, ",\"status\":");
        wfp_json_out_int(out, rec->status);
        return;
    }
    WFP_JSON_OUT(out, ",\"code\":");
    wfp_json_out_str(out, wfp_code_row(rec->code)->code);
    WFP_JSON_OUT(out, ",\"reason\":");
    wfp_json_out_str(out, rec->reason);
}

static void tell_call(wfp_json_out_t *out, const wfp_egress_record_t *rec)
{
    WFP_JSON_OUT(out, "{\"timestamp\":");
    wfp_json_out_int(out, apr_time_as_msec(rec->time));
    WFP_JSON_OUT(out, ",\"method\":");
    wfp_json_out_str(out, rec->method);
    WFP_JSON_OUT(out, ",\"host\":");
    wfp_json_out_str(out, target_of(rec, wfp_json_out_pool(out)));
    WFP_JSON_OUT(out, ",\"hop\":");
    wfp_json_out_int(out, rec->hop);
    WFP_JSON_OUT(out, ",\"decision\":");
    wfp_json_out_str(out, wfp_tally_name(rec->end));
    WFP_JSON_OUT(out, ",\"by\":");
    wfp_json_out_str(out, rec->by);
    tell_end(out, rec);
    WFP_JSON_OUT(out, ",\"bytesOut\":");
    wfp_json_out_int(out, bytes_of(&rec->out));
    WFP_JSON_OUT(out, ",\"bytesIn\":");
    wfp_json_out_int(out, bytes_of(&rec->in));
    tell_times(out, rec);
    WFP_JSON_OUT(out, "}");
}

/* In the order of their ends. @return how many */
static int in_order(const wfp_egress_record_t ***plist,
                    const wfp_host_ctx_t *ctx, apr_pool_t *p)
{
    const wfp_egress_record_t *rec;
    int n = 0, i;

    for (rec = ctx->calls_out; rec; rec = rec->next) {
        n++;
    }
    *plist = apr_palloc(p, (apr_size_t)n * sizeof(**plist));
    for (i = n, rec = ctx->calls_out; rec; rec = rec->next) {
        (*plist)[--i] = rec;
    }
    return n;
}

int wfp_egress_record_tell(wfp_json_out_t *out, const wfp_host_ctx_t *ctx,
                           apr_size_t room)
{
    const wfp_egress_record_t **list;
    int n, i;

    if (!ctx->calls_out) {
        return 1;
    }
    n = in_order(&list, ctx, wfp_json_out_pool(out));
    WFP_JSON_OUT(out, ",\"egress\":[");
    for (i = 0; i < n && i < TOLD_MAX; i++) {
        apr_size_t before = out->n;

        if (i > 0) {
            WFP_JSON_OUT(out, ",");
        }
        tell_call(out, list[i]);
        if (out->n > room) {
            out->n = before;
            break;
        }
    }
    WFP_JSON_OUT(out, "]");
    return i == n;
}
