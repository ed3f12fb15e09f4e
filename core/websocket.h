/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_WEBSOCKET_H
#define WFP_WEBSOCKET_H

#include <apr_pools.h>

#include "core/wfp.h"

/**
 * @file
 * Frames of the WebSocket protocol (RFC 6455), as a server needs them that
 * sends much and is told little. Unmasked frames of a client are taken, too:
 * some clients send their first one so.
 */

/** Most bytes of a client's frame. */
#define WFP_WEBSOCKET_IN_MAX 4096

/** Bytes of a frame's head, at most. */
#define WFP_WEBSOCKET_HEAD_MAX 14

typedef enum {
    WFP_WEBSOCKET_MORE = 0, /* the rest of a message; data, here, too */
    WFP_WEBSOCKET_TEXT = 1,
    WFP_WEBSOCKET_BINARY = 2,
    WFP_WEBSOCKET_CLOSE = 8,
    WFP_WEBSOCKET_PING = 9,
    WFP_WEBSOCKET_PONG = 10
} wfp_websocket_e;

/** Bytes that came. */
typedef struct wfp_websocket_in_t {
    unsigned char data[WFP_WEBSOCKET_HEAD_MAX + WFP_WEBSOCKET_IN_MAX];
    apr_size_t n;    /* how many there are; the caller adds */
    apr_size_t used; /* of them by the frame before */
} wfp_websocket_in_t;

/** A frame; valid until the next is asked for. */
typedef struct wfp_websocket_frame_t {
    wfp_websocket_e op;
    int is_last; /* of its message */
    const char *data;
    apr_size_t n;
} wfp_websocket_frame_t;

/** What answers a handshake's key, in p; NULL: it is no key. */
const char *wfp_websocket_accept(const char *key, apr_pool_t *p);

/** The head of a whole message of n bytes from the server.
 *  @param to  WFP_WEBSOCKET_HEAD_MAX bytes @return its length */
apr_size_t wfp_websocket_head(unsigned char *to, wfp_websocket_e op,
                              apr_size_t n);

/** The next frame of those that came, unmasked.
 *  @return 1; 0: not there yet; -1: it is none, or too long */
int wfp_websocket_next(wfp_websocket_frame_t *frame, wfp_websocket_in_t *in);

#endif
