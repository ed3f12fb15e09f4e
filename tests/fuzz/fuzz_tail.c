/* SPDX-License-Identifier: Apache-2.0 */
/* What readers of live tails send: frames of a WebSocket, whose texts are filters.
 * However the bytes are cut, the same frames come out. */
#include "core/tail_filter.h"
#include "core/websocket.h"
#include "tests/fuzz/fuzz.h"

#include <apr_general.h>

const char *const fuzz_name = "tail";

#define RECORD                                                                 \
    "{\"outcome\":\"ok\",\"logs\":[{\"message\":[\"said\"]}],\"event\":{"      \
    "\"request\":{\"method\":\"GET\",\"headers\":{\"a\":\"b\"}}}}"

typedef struct story_t {
    uint64_t hash;
    unsigned frames;
    int bad;
} story_t;

static void add(story_t *story, const void *data, size_t n)
{
    const unsigned char *s = data;

    while (n-- > 0) {
        story->hash = (story->hash ^ *s++) * 0x100000001b3u;
    }
}

/* What is read is written so that it is read as the same. */
static void try_filters(const char *text, size_t n)
{
    wfp_tail_filter_t *filter, *again;
    const char *written;
    wfp_json_t *arr;
    wfp_result_t res;
    apr_pool_t *p;

    FUZZ_CHECK(apr_pool_create(&p, NULL) == APR_SUCCESS);
    wfp_result_init(&res, p);
    if (wfp_json_read(&arr, text, n, &res, p) == APR_SUCCESS
        && wfp_tail_filter_read(&filter, arr, "::1", &res, p) == APR_SUCCESS) {
        written = wfp_tail_filter_text(filter, p);
        FUZZ_CHECK(wfp_json_parse(&arr, written, strlen(written), &res, p)
                   == APR_SUCCESS);
        FUZZ_CHECK(wfp_tail_filter_read(&again, arr, "", &res, p)
                   == APR_SUCCESS);
        FUZZ_CHECK(!strcmp(wfp_tail_filter_text(again, p), written));
        (void)wfp_tail_filter_meets(filter, RECORD, sizeof(RECORD) - 1, p);
        (void)wfp_tail_filter_meets(filter, text, n, p);
    }
    apr_pool_destroy(p);
}

static story_t read_all(const uint8_t *data, size_t n, size_t step, int look)
{
    story_t story = { 0xcbf29ce484222325u, 0, 0 };
    wfp_websocket_in_t *in = calloc(1, sizeof(*in));
    wfp_websocket_frame_t frame;
    int is = 0;

    FUZZ_CHECK(in != NULL);
    while (n > 0 && is >= 0) {
        size_t room = sizeof(in->data) - in->n;
        size_t some = step < n ? step : n;

        some = some < room ? some : room;
        FUZZ_CHECK(some > 0); /* a whole frame always finds room */
        memcpy(in->data + in->n, data, some);
        in->n += some;
        data += some;
        n -= some;
        while ((is = wfp_websocket_next(&frame, in)) > 0) {
            FUZZ_CHECK(frame.n <= WFP_WEBSOCKET_IN_MAX);
            add(&story, &frame.op, 1);
            add(&story, frame.data, frame.n);
            story.frames++;
            if (look && frame.op == WFP_WEBSOCKET_TEXT) {
                try_filters(frame.data, frame.n);
            }
        }
    }
    story.bad = is < 0;
    free(in);
    return story;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static int begun;
    story_t whole, cut;

    if (!begun) {
        begun = apr_initialize() == APR_SUCCESS;
    }
    try_filters((const char *)data, n);
    whole = read_all(data, n, n + 1, 1);
    cut = read_all(data, n, 1, 0);
    FUZZ_CHECK(cut.hash == whole.hash && cut.frames == whole.frames
               && cut.bad == whole.bad);
    return 0;
}
