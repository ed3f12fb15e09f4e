/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of RFC 6455, 5.2, and its handshake, 4.2.2. Called by the thread that
 * serves tails. */
#include "core/websocket.h"

#include <apr_base64.h>
#include <apr_strings.h>
#include <string.h>

#include "core/crypto_digest.h"

/* of the handshake, RFC 6455, 1.3 */
#define MAGIC "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

#define KEY_LENGTH 24 /* base64 of 16 bytes */

#define LAST        0x80
#define RESERVED    0x70
#define MASKED      0x80
#define CONTROL_MAX 125

const char *wfp_websocket_accept(const char *key, apr_pool_t *p)
{
    unsigned char digest[WFP_DIGEST_MAX];
    const char *text = apr_pstrcat(p, key, MAGIC, NULL);
    wfp_bytes_t bytes = { (const unsigned char *)text, strlen(text) };
    int n = (int)wfp_crypto_digest_size(WFP_HASH_SHA1);
    char *accept;

    if (strlen(key) != KEY_LENGTH
        || wfp_crypto_digest(digest, WFP_HASH_SHA1, &bytes, NULL)
               != APR_SUCCESS) {
        return NULL;
    }
    accept = apr_palloc(p, (apr_size_t)apr_base64_encode_len(n));
    (void)apr_base64_encode_binary(accept, digest, n); /* what it wrote */
    return accept;
}

apr_size_t wfp_websocket_head(unsigned char *to, wfp_websocket_e op,
                              apr_size_t n)
{
    apr_uint64_t length = n;
    int i, bytes = n < 126 ? 0 : n <= 0xffff ? 2 : 8;

    to[0] = (unsigned char)(LAST | op);
    to[1] = (unsigned char)(bytes == 0 ? n : bytes == 2 ? 126 : 127);
    for (i = bytes; i > 0; i--, length >>= 8) {
        to[1 + i] = (unsigned char)length;
    }
    return (apr_size_t)(2 + bytes);
}

/* Let go of the frame before. */
static void shift(wfp_websocket_in_t *in)
{
    memmove(in->data, in->data + in->used, in->n - in->used);
    in->n -= in->used;
    in->used = 0;
}

/* How many bytes say the length, and that. @return 0: they are not there yet */
static apr_size_t length_of(apr_uint64_t *plength, const wfp_websocket_in_t *in)
{
    unsigned first = in->data[1] & (unsigned)~MASKED;
    apr_size_t bytes = first < 126 ? 0 : first == 126 ? 2 : 8;
    apr_size_t i;

    if (in->n < 2 + bytes) {
        return 0;
    }
    *plength = bytes ? 0 : first;
    for (i = 0; i < bytes; i++) {
        *plength = *plength << 8 | in->data[2 + i];
    }
    return 2 + bytes;
}

static int is_sound(const wfp_websocket_in_t *in, apr_uint64_t length)
{
    int op = in->data[0] & 15;

    if ((in->data[0] & RESERVED) || length > WFP_WEBSOCKET_IN_MAX) {
        return 0;
    }
    if (op >= WFP_WEBSOCKET_CLOSE) {
        return op <= WFP_WEBSOCKET_PONG && (in->data[0] & LAST)
               && length <= CONTROL_MAX;
    }
    return op <= WFP_WEBSOCKET_BINARY;
}

int wfp_websocket_next(wfp_websocket_frame_t *frame, wfp_websocket_in_t *in)
{
    const unsigned char *mask;
    unsigned char *data;
    apr_uint64_t length = 0;
    apr_size_t head, i;

    shift(in);
    head = in->n < 2 ? 0 : length_of(&length, in);
    if (head == 0) {
        return 0;
    }
    if (!is_sound(in, length)) {
        return -1;
    }
    mask = in->data[1] & MASKED ? in->data + head : NULL;
    head += mask ? 4 : 0;
    if (in->n < head + length) {
        return 0;
    }
    data = in->data + head;
    for (i = 0; mask && i < length; i++) {
        data[i] ^= mask[i % 4];
    }
    frame->op = (wfp_websocket_e)(in->data[0] & 15);
    frame->is_last = (in->data[0] & LAST) != 0;
    frame->data = (const char *)data;
    frame->n = (apr_size_t)length;
    in->used = head + (apr_size_t)length;
    return 1;
}
