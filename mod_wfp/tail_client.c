/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader of a tail, as server-sent events or as messages of a WebSocket in
 * the form of Cloudflare's "trace-v1". Called by tail_sender.c.
 */
#include "mod_wfp/tail_client.h"

#include <apr_strings.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/record_head.h"
#include "core/websocket.h"

/* What may wait for a reader; a record has 512 KB at most. */
#define ROOM ((apr_size_t)1024 * 1024)

/* Something is sent at least so often, and has to be taken after so long. */
#define QUIET apr_time_from_sec(15)
#define STUCK apr_time_from_sec(60)

/* For how its Worker's records begin, in most cases */
#define KEY_ROOM ((apr_size_t)256)

/* Longest of what is said that is no record */
#define NOTE_MAX 512

static apr_status_t read_filters(wfp_tail_client_t *client, const char *text,
                                 apr_size_t n)
{
    wfp_tail_filter_t *filter;
    wfp_json_t *arr;
    wfp_result_t res;
    apr_status_t rv;
    apr_pool_t *p;

    apr_pool_create(&p, client->pool);
    wfp_result_init(&res, p);
    rv = wfp_json_read(&arr, text, n, &res, p);
    if (rv == APR_SUCCESS) {
        rv = wfp_tail_filter_read(&filter, arr, "", &res, p);
    }
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(p);
        return rv;
    }
    if (client->filter) {
        apr_pool_destroy(client->filter_pool);
    }
    client->filter = filter;
    client->filter_pool = p;
    return rv;
}

wfp_tail_client_t *wfp_tail_client_make(const wfp_tails_entry_t *tail,
                                        const wfp_logring_place_t *since,
                                        apr_uint32_t whose, int fd,
                                        int is_websocket, const char *hello,
                                        apr_pool_t *parent)
{
    wfp_tail_client_t *client;
    wfp_json_out_t key;
    apr_pool_t *p;

    apr_pool_create(&p, parent);
    apr_pool_tag(p, "wfp_tail_client");
    client = apr_pcalloc(p, sizeof(*client));
    client->pool = p;
    client->tail = *tail;
    client->since = *since;
    client->fd = fd;
    client->is_websocket = is_websocket;
    client->hello = apr_pstrdup(p, hello);
    wfp_json_out_init(&key, KEY_ROOM, p);
    wfp_record_head_key(&key, tail->ns, tail->name);
    client->key = key.data;
    client->key_n = key.n;
    client->whose = whose;
    client->out = apr_palloc(p, ROOM); /* what is not used is not there */
    client->in = apr_pcalloc(p, sizeof(*client->in));
    client->sent = client->kept = wfp_clock_now();
    if (read_filters(client, tail->filters, strlen(tail->filters))
        != APR_SUCCESS) {
        apr_pool_destroy(p);
        return NULL;
    }
    return client;
}

/* ---- out ------------------------------------------------------------------------ */

static int has_room(wfp_tail_client_t *client, apr_size_t n)
{
    if (ROOM - client->to < n && client->from > 0) {
        memmove(client->out, client->out + client->from,
                client->to - client->from);
        client->to -= client->from;
        client->from = 0;
    }
    return ROOM - client->to >= n;
}

static void put(wfp_tail_client_t *client, const char *data, apr_size_t n)
{
    if (client->from == client->to) {
        client->sent = wfp_clock_now(); /* it is waited for from now on */
    }
    memcpy(client->out + client->to, data, n);
    client->to += n;
}

static void put_frame(wfp_tail_client_t *client, wfp_websocket_e op,
                      const char *data, apr_size_t n)
{
    unsigned char head[WFP_WEBSOCKET_HEAD_MAX];
    apr_size_t head_n = wfp_websocket_head(head, op, n);

    if (has_room(client, head_n + n)) {
        put(client, (const char *)head, head_n);
        put(client, data, n);
    }
}

/* A line of JSON. The caller looked for room. */
static void put_message(wfp_tail_client_t *client, const char *json,
                        apr_size_t n)
{
    if (client->is_websocket) {
        put_frame(client, WFP_WEBSOCKET_TEXT, json, n);
        return;
    }
    put(client, "data: ", 6);
    put(client, json, n);
    put(client, "\n\n", 2);
}

/* Both forms need less than that around a message. */
#define AROUND 16

/* How many records it was not sent, as soon as that can be said. */
static void tell_dropped(wfp_tail_client_t *client)
{
    char text[NOTE_MAX];
    int n;

    if (!client->dropped || !has_room(client, sizeof(text) + AROUND)) {
        return;
    }
    if (client->is_websocket) {
        n = apr_snprintf(
            text, sizeof(text),
            "{\"outcome\":\"unknown\",\"scriptName\":\"%s\","
            "\"logs\":[],\"exceptions\":[],\"eventTimestamp\":%" APR_TIME_T_FMT
            ",\"event\":{\"type\":\"overload\","
            "\"message\":\"%" APR_UINT64_T_FMT " records were left out\"}}",
            client->tail.name, apr_time_as_msec(apr_time_now()),
            client->dropped);
        put_message(client, text, (apr_size_t)n);
    }
    else {
        n = apr_snprintf(text, sizeof(text),
                         "event: dropped\ndata: {\"count\":%" APR_UINT64_T_FMT
                         "}\n\n",
                         client->dropped);
        put(client, text, (apr_size_t)n);
    }
    client->dropped = 0;
}

void wfp_tail_client_greet(wfp_tail_client_t *client, apr_uint64_t left_out)
{
    client->left_out = left_out;
    put(client, client->hello, strlen(client->hello));
    if (!client->is_websocket) {
        static const char comment[] = ": following\n\n";

        put(client, comment, sizeof(comment) - 1);
    }
}

int wfp_tail_client_hears(const wfp_tail_client_t *client, apr_uint32_t whose)
{
    return whose == client->whose && !client->is_leaving && !client->is_paused;
}

void wfp_tail_client_missed(wfp_tail_client_t *client, apr_uint64_t left_out,
                            apr_uint64_t n)
{
    if (left_out > client->left_out
        && wfp_tail_client_hears(client, client->whose)) {
        n += left_out - client->left_out;
    }
    client->left_out = left_out;
    client->dropped += n;
}

void wfp_tail_client_offer(wfp_tail_client_t *client, const char *record,
                           apr_size_t n, apr_pool_t *scratch)
{
    n--; /* without its newline */
    if (n < client->key_n || memcmp(record, client->key, client->key_n) != 0) {
        return;
    }
    if (!wfp_tail_filter_meets(client->filter, record, n, scratch)) {
        return;
    }
    tell_dropped(client);
    if (client->dropped || !has_room(client, n + AROUND)) {
        client->dropped++;
        return;
    }
    put_message(client, record, n);
}

void wfp_tail_client_send(wfp_tail_client_t *client)
{
    while (client->from < client->to && !client->is_gone) {
        ssize_t n = send(client->fd, client->out + client->from,
                         client->to - client->from,
                         MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n > 0) {
            client->from += (apr_size_t)n;
            client->sent = wfp_clock_now();
        }
        else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return;
        }
        else if (n == 0 || errno != EINTR) {
            client->is_gone = 1;
        }
    }
    if (client->from == client->to) {
        client->from = client->to = 0;
        tell_dropped(client);
    }
    if (client->is_leaving && client->from == client->to) {
        client->is_gone = 1;
    }
}

void wfp_tail_client_keep(wfp_tail_client_t *client, apr_time_t now)
{
    if (client->from < client->to) {
        client->is_gone |= now - client->sent > STUCK;
    }
    else if (now - client->sent > QUIET) {
        if (client->is_websocket) {
            put_frame(client, WFP_WEBSOCKET_PING, "", 0);
        }
        else {
            put(client, ":\n\n", 3);
        }
    }
}

void wfp_tail_client_leave(wfp_tail_client_t *client, wfp_tail_end_e why)
{
    /* 1012: service restart; 1000: done */
    static const char *const frames[] = { "\x03\xf4restart", "\x03\xe8over" };
    static const char *const events[] = {
        "event: end\ndata: {\"reason\":\"restart\"}\n\n",
        "event: end\ndata: {\"reason\":\"over\"}\n\n"
    };

    if (client->is_leaving) {
        return;
    }
    if (client->is_websocket) {
        put_frame(client, WFP_WEBSOCKET_CLOSE, frames[why],
                  strlen(frames[why]));
    }
    else if (has_room(client, strlen(events[why]))) {
        put(client, events[why], strlen(events[why]));
    }
    client->is_leaving = 1;
}

/* ---- in ------------------------------------------------------------------------- */

/* {"filters":[...]} and {"pause":true}; all else is nothing we know of. */
static void obey(wfp_tail_client_t *client, const char *text, apr_size_t n)
{
    wfp_json_t *doc, *filters;
    wfp_result_t res;
    apr_pool_t *p;

    apr_pool_create(&p, client->pool);
    wfp_result_init(&res, p);
    if (wfp_json_read(&doc, text, n, &res, p) == APR_SUCCESS) {
        const wfp_json_t *pause = wfp_json_get(doc, "pause", p);

        filters = wfp_json_get(doc, "filters", p);
        if (wfp_json_is_bool(pause)) {
            client->is_paused = wfp_json_is_true(pause);
        }
        if (filters) {
            const char *list = wfp_json_text(filters, p);

            (void)read_filters(client, list, strlen(list)); /* or as it was */
        }
    }
    apr_pool_destroy(p);
}

static void take_frame(wfp_tail_client_t *client,
                       const wfp_websocket_frame_t *frame)
{
    switch (frame->op) {
    case WFP_WEBSOCKET_PING:
        put_frame(client, WFP_WEBSOCKET_PONG, frame->data, frame->n);
        break;
    case WFP_WEBSOCKET_CLOSE:
        if (!client->is_leaving) {
            put_frame(client, WFP_WEBSOCKET_CLOSE, frame->data,
                      frame->n < 2 ? 0 : 2);
        }
        client->is_leaving = 1;
        break;
    case WFP_WEBSOCKET_TEXT:
        if (frame->is_last) {
            obey(client, frame->data, frame->n);
        }
        break;
    default:
        break;
    }
}

void wfp_tail_client_read(wfp_tail_client_t *client)
{
    wfp_websocket_in_t *in = client->in;
    wfp_websocket_frame_t frame;
    int is;
    ssize_t n = recv(client->fd, in->data + in->n, sizeof(in->data) - in->n,
                     MSG_DONTWAIT);

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        client->is_gone = 1;
    }
    if (n <= 0 || !client->is_websocket) {
        return; /* whoever reads events says nothing */
    }
    in->n += (apr_size_t)n;
    while ((is = wfp_websocket_next(&frame, in)) > 0) {
        take_frame(client, &frame);
    }
    if (is < 0) {
        put_frame(client, WFP_WEBSOCKET_CLOSE, "\x03\xea", 2); /* 1002 */
        client->is_leaving = 1;
        in->n = in->used = 0;
    }
}

void wfp_tail_client_free(wfp_tail_client_t *client)
{
    (void)close(client->fd); /* nothing of it is needed any more */
    apr_pool_destroy(client->pool);
}
