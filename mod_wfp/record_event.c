/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Worker was run for, in the form of a TraceItem's `event`. Called by
 * record.c.
 */
#include "mod_wfp/record_event.h"

#include <string.h>

/* Whose request it is: a Worker's caller may have made another one of it. */
static const char *client_of(const wfp_host_ctx_t *ctx)
{
    const wfp_host_ctx_t *first = ctx;

    while (first->caller && first->caller->req) {
        first = first->caller; /* the client's own request */
    }
    return first->req && first->req->cf ? first->req->cf->client_ip : NULL;
}

void wfp_record_event_request(wfp_record_request_t *request,
                              const wfp_host_ctx_t *ctx)
{
    request->method = ctx->method;
    request->url = ctx->url;
    request->client = ctx->req ? client_of(ctx) : NULL;
    request->headers = ctx->req ? ctx->req->headers : NULL;
}

int wfp_record_event_open(wfp_json_out_t *out, const wfp_host_ctx_t *ctx)
{
    wfp_record_request_t request;
    apr_pool_t *p = wfp_json_out_pool(out);

    wfp_record_event_request(&request, ctx);
    if (ctx->event || !ctx->req
        || !wfp_record_request_has_secrets(&request, p)) {
        return 0;
    }
    /* the record says what is left out */
    (void)wfp_record_request_tell(out, &request, 1, p);
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

void wfp_record_event_tell(wfp_json_out_t *out, const wfp_event_t *event)
{
    if (event->kind == WFP_EVENT_QUEUE) {
        tell_batch(out, event);
    }
    else if (event->kind == WFP_EVENT_TAIL) {
        tell_tail(out, event->tail);
    }
    else {
        tell_scheduled(out, event);
    }
}
