/* SPDX-License-Identifier: Apache-2.0 */
#include "core/websocket.h"
#include "tests/unit/wfp_test.h"

/* Take bytes in, as far as there is room. */
static void feed(wfp_websocket_in_t *in, const char *data, apr_size_t n)
{
    memcpy(in->data + in->n, data, n);
    in->n += n;
}

/* The example of RFC 6455, 1.3. */
static void handshakes(wfp_test_t *t)
{
    static const char *const none[] = {
        "", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===",
        "dGhlIHNhbXBsZSBub25jZQ==x", "c2hvcnQ="
    };
    apr_size_t i;

    CHECK_STR(wfp_websocket_accept("dGhlIHNhbXBsZSBub25jZQ==", t->pool),
              "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        CHECK(!wfp_websocket_accept(none[i], t->pool));
    }
}

static void heads(wfp_test_t *t)
{
    unsigned char head[WFP_WEBSOCKET_HEAD_MAX];

    CHECK_INT(wfp_websocket_head(head, WFP_WEBSOCKET_TEXT, 0), 2);
    CHECK(!memcmp(head, "\x81\x00", 2));
    CHECK_INT(wfp_websocket_head(head, WFP_WEBSOCKET_PING, 125), 2);
    CHECK(!memcmp(head, "\x89\x7d", 2));
    CHECK_INT(wfp_websocket_head(head, WFP_WEBSOCKET_TEXT, 126), 4);
    CHECK(!memcmp(head, "\x81\x7e\x00\x7e", 4));
    CHECK_INT(wfp_websocket_head(head, WFP_WEBSOCKET_TEXT, 65535), 4);
    CHECK(!memcmp(head, "\x81\x7e\xff\xff", 4));
    CHECK_INT(wfp_websocket_head(head, WFP_WEBSOCKET_BINARY, 65536), 10);
    CHECK(!memcmp(head, "\x82\x7f\0\0\0\0\0\1\0\0", 10));
}

/* Masked and not, also in pieces of one byte. */
static void frames(wfp_test_t *t)
{
    static const char masked[] = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    static const char plain[] = "\x81\x05Hello\x89\x00\x01\x01x\x80\x01y";
    wfp_websocket_in_t in = { .n = 0 };
    wfp_websocket_frame_t frame;
    apr_size_t i;

    feed(&in, masked, 11);
    CHECK_INT(wfp_websocket_next(&frame, &in), 1);
    CHECK(frame.op == WFP_WEBSOCKET_TEXT && frame.is_last);
    CHECK(frame.n == 5 && !memcmp(frame.data, "Hello", 5));
    CHECK_INT(wfp_websocket_next(&frame, &in), 0);
    for (i = 0; i < 11; i++) {
        feed(&in, masked + i, 1);
        CHECK_INT(wfp_websocket_next(&frame, &in), i == 10);
    }
    CHECK(frame.n == 5 && !memcmp(frame.data, "Hello", 5));
    feed(&in, plain, sizeof(plain) - 1);
    CHECK_INT(wfp_websocket_next(&frame, &in), 1);
    CHECK(frame.n == 5 && !memcmp(frame.data, "Hello", 5));
    CHECK_INT(wfp_websocket_next(&frame, &in), 1);
    CHECK(frame.op == WFP_WEBSOCKET_PING && frame.n == 0);
    CHECK_INT(wfp_websocket_next(&frame, &in), 1);
    CHECK(frame.op == WFP_WEBSOCKET_TEXT && !frame.is_last);
    CHECK_INT(wfp_websocket_next(&frame, &in), 1);
    CHECK(frame.op == WFP_WEBSOCKET_MORE && frame.is_last
          && *frame.data == 'y');
    CHECK_INT(wfp_websocket_next(&frame, &in), 0);
}

/* The longest fits; what is longer is refused by its head. */
static void lengths(wfp_test_t *t)
{
    wfp_websocket_in_t *in = apr_pcalloc(t->pool, sizeof(*in));
    char body[WFP_WEBSOCKET_IN_MAX];
    wfp_websocket_frame_t frame;

    memset(body, 'x', sizeof(body));
    feed(in, "\x81\xfe\x10\x00\0\0\0\0", 8);
    feed(in, body, sizeof(body));
    CHECK_INT(wfp_websocket_next(&frame, in), 1);
    CHECK_INT(frame.n, WFP_WEBSOCKET_IN_MAX);
    CHECK(in->used == in->n && in->n <= sizeof(in->data));
    CHECK_INT(wfp_websocket_next(&frame, in), 0);
    feed(in, "\x81\x7e\x10\x01", 4);
    CHECK_INT(wfp_websocket_next(&frame, in), -1);
    in->n = in->used = 0;
    feed(in, "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10);
    CHECK_INT(wfp_websocket_next(&frame, in), -1);
}

static void what_is_none(wfp_test_t *t)
{
    static const char *const rows[] = {
        "\xc1\x01", /* a reserved bit */
        "\x83\x01", /* reserved kinds */
        "\x8b\x01",         "\x8f\x01",
        "\x09\x01",         /* a control frame in parts */
        "\x89\x7e\x01\x7e", /* one that is too long */
    };
    wfp_websocket_in_t in;
    wfp_websocket_frame_t frame;
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        in.n = in.used = 0;
        feed(&in, rows[i], strlen(rows[i]));
        CHECK_INT(wfp_websocket_next(&frame, &in), -1);
    }
}

static const wfp_test_case_t cases[] = {
    { "handshakes", handshakes },
    { "heads", heads },
    { "frames", frames },
    { "lengths", lengths },
    { "what is none", what_is_none },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
