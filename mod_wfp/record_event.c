/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Worker was run for, in the form of a TraceItem's `event`. Clients may
 * send anything: it is bounded, and what may be secret is not told. Called by
 * record.c.
 */
#include "mod_wfp/record_event.h"

#include <apr_strings.h>
#include <string.h>

#include "core/redact.h"

#define URL_MAX     ((apr_size_t)16 * 1024)
#define HEADERS_MAX 100
#define HEADER_ROOM ((apr_size_t)32 * 1024) /* all of them, as JSON */
#define VALUE_MAX   ((apr_size_t)4096)

/* The next field of that name from i on; n: there is none. */
static int find_same(const wfp_headers_t *headers, const char *name, int i,
                     int n)
{
    while (i < n && !wfp_headers_same(headers->list[i].name, name)) {
        i++;
    }
    return i;
}

/* Those of a name that came before are told with its first. */
static int came_before(const wfp_headers_t *headers, int i)
{
    return find_same(headers, headers->list[i].name, 0, i) < i;
}

static const char *value_of(const wfp_headers_t *headers, int i, int n,
                            int is_open, wfp_json_out_t *out)
{
    const char *name = headers->list[i].name;
    const char *value = headers->list[i].value;

    if (!is_open && wfp_redact_is_secret(name)) {
        return WFP_REDACTED;
    }
    while ((i = find_same(headers, name, i + 1, n)) < n
           && strlen(value) < VALUE_MAX) {
        value = apr_pstrcat(wfp_json_out_pool(out), value, ", ",
                            headers->list[i].value, NULL);
    }
    return value;
}

/* A name in small letters: as JSON it has no others in its escapes. */
static void tell_name(wfp_json_out_t *out, const char *name)
{
    apr_size_t before = out->n;
    char *told;

    wfp_json_out_str(out, name);
    told = out->data + before;
    wfp_headers_lower(told, told, out->n - before);
    WFP_JSON_OUT(out, ":");
}

static void tell_value(wfp_json_out_t *out, const char *value)
{
    apr_size_t n = strlen(value);

    wfp_json_out_bytes(out, value, n < VALUE_MAX ? n : VALUE_MAX);
}

/* Whose address it is says a header of Cloudflare's, whatever the client or a
 * Worker sent by that name. */
#define CLIENT "cf-connecting-ip"

static int tell_client(wfp_json_out_t *out, const wfp_host_ctx_t *ctx)
{
    const wfp_host_ctx_t *first = ctx;

    while (first->caller && first->caller->req) {
        first = first->caller; /* the client's own request */
    }
    if (!first->req->cf || !first->req->cf->client_ip) {
        return 0;
    }
    WFP_JSON_OUT(out, "\"" CLIENT "\":");
    tell_value(out, first->req->cf->client_ip);
    return 1;
}

static int tell_headers(wfp_json_out_t *out, const wfp_host_ctx_t *ctx,
                        int is_open)
{
    const wfp_headers_t *headers = ctx->req->headers;
    int n = headers->count < HEADERS_MAX ? headers->count : HEADERS_MAX;
    apr_size_t most = out->n + HEADER_ROOM;
    int i, told;

    WFP_JSON_OUT(out, ",\"headers\":{");
    told = tell_client(out, ctx);
    for (i = 0; i < n && out->n < most; i++) {
        if (wfp_headers_same(headers->list[i].name, CLIENT)
            || came_before(headers, i)) {
            continue;
        }
        if (told++) {
            WFP_JSON_OUT(out, ",");
        }
        tell_name(out, headers->list[i].name);
        tell_value(out, value_of(headers, i, n, is_open, out));
    }
    WFP_JSON_OUT(out, "}");
    return i == headers->count;
}

static int tell_request(wfp_json_out_t *out, const wfp_host_ctx_t *ctx,
                        int is_open)
{
    const char *url = is_open ? ctx->url
                              : wfp_redact_url(ctx->url, ctx->work->pool);
    apr_size_t n = url ? strlen(url) : 0;
    int whole = 1;

    WFP_JSON_OUT(out, "{\"method\":");
    if (ctx->method && !strcmp(ctx->method, "GET")) {
        WFP_JSON_OUT(out, "\"GET\""); /* most are */
    }
    else {
        wfp_json_out_str(out, ctx->method);
    }
    WFP_JSON_OUT(out, ",\"url\":");
    wfp_json_out_bytes(out, url, n < URL_MAX ? n : URL_MAX);
    if (ctx->req) {
        whole = tell_headers(out, ctx, is_open);
    }
    WFP_JSON_OUT(out, ",\"cf\":{}}");
    return whole && n <= URL_MAX;
}

static int tell_fetch(wfp_json_out_t *out, const wfp_host_ctx_t *ctx)
{
    int whole;

    WFP_JSON_OUT(out, ",\"event\":{\"request\":");
    whole = tell_request(out, ctx, 0);
    if (ctx->status) {
        WFP_JSON_OUT(out, ",\"response\":{\"status\":");
        wfp_json_out_int(out, ctx->status);
        WFP_JSON_OUT(out, "}");
    }
    WFP_JSON_OUT(out, "}");
    return whole;
}

static int has_secrets(const wfp_host_ctx_t *ctx, apr_pool_t *p)
{
    const wfp_headers_t *headers = ctx->req->headers;
    int i;

    for (i = 0; i < headers->count && i < HEADERS_MAX; i++) {
        if (wfp_redact_is_secret(headers->list[i].name)) {
            return 1;
        }
    }
    return wfp_redact_url(ctx->url, p) != ctx->url;
}

int wfp_record_event_open(wfp_json_out_t *out, const wfp_host_ctx_t *ctx)
{
    if (ctx->event || !ctx->req || !has_secrets(ctx, wfp_json_out_pool(out))) {
        return 0;
    }
    (void)tell_request(out, ctx, 1); /* the record says what is left out */
    return 1;
}

static void tell_batch(wfp_json_out_t *out, const wfp_event_t *event)
{
    WFP_JSON_OUT(out, ",\"event\":{\"queue\":");
    wfp_json_out_str(out, event->batch->queue);
    WFP_JSON_OUT(out, ",\"batchSize\":");
    wfp_json_out_int(out, event->batch->count);
    WFP_JSON_OUT(out, "}");
}

static void tell_scheduled(wfp_json_out_t *out, const wfp_event_t *event)
{
    WFP_JSON_OUT(out, ",\"event\":{\"cron\":");
    wfp_json_out_str(out, event->scheduled->cron);
    WFP_JSON_OUT(out, ",\"scheduledTime\":");
    wfp_json_out_int(out, event->scheduled->time_ms);
    WFP_JSON_OUT(out, "}");
}

static void tell_tail(wfp_json_out_t *out, const wfp_tail_batch_t *batch)
{
    WFP_JSON_OUT(out, ",\"event\":{\"consumedEvents\":");
    wfp_json_out_raw(out, batch->consumed, strlen(batch->consumed));
    if (batch->dropped) {
        WFP_JSON_OUT(out, ",\"dropped\":");
        wfp_json_out_int(out, (apr_int64_t)batch->dropped);
    }
    WFP_JSON_OUT(out, "}");
}

int wfp_record_event_tell(wfp_json_out_t *out, const wfp_host_ctx_t *ctx)
{
    if (!ctx->event) {
        return tell_fetch(out, ctx);
    }
    if (ctx->event->kind == WFP_EVENT_QUEUE) {
        tell_batch(out, ctx->event);
    }
    else if (ctx->event->kind == WFP_EVENT_TAIL) {
        tell_tail(out, ctx->event->tail);
    }
    else {
        tell_scheduled(out, ctx->event);
    }
    return 1;
}
