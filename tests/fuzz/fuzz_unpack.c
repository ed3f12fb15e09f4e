/* SPDX-License-Identifier: Apache-2.0 */
/* A Content-Encoding, a newline, a body: whichever way the body is cut, the same
 * bytes come out and it ends in the same way. */
#include "tests/unit/unpack_fixture.h"

#include <apr_general.h>

#include "tests/fuzz/fuzz.h"

const char *const fuzz_name = "unpack";

#define OUTPUT_MAX (256 * 1024)

typedef struct story_t {
    uint64_t hash;
    size_t bytes;
    apr_status_t end;
} story_t;

static void add(story_t *story, const char *s, size_t n)
{
    size_t i;

    for (i = 0; i < n && story->bytes < OUTPUT_MAX; i++) {
        story->hash = (story->hash ^ (unsigned char)s[i]) * 0x100000001b3u;
        story->bytes++;
    }
}

static story_t read_all(const char *codings, const char *data, size_t n,
                        size_t step, size_t max)
{
    story_t story = { 0xcbf29ce484222325u, 0, APR_SUCCESS };
    static char out[WFP_BODY_CHUNK];
    apr_pool_t *p;
    packed_t *w;

    FUZZ_CHECK(apr_pool_create(&p, NULL) == APR_SUCCESS);
    w = packed_make(codings, data, n, step, p);
    if (wfp_unpack_depth(w->packed) > 0) {
        FUZZ_CHECK(wfp_unpack_response(&w->resp, w->packed, &w->payer, p)
                   == APR_SUCCESS);
        while (story.end == APR_SUCCESS && story.bytes < OUTPUT_MAX) {
            apr_size_t got = sizeof(out);

            story.end = packed_read(w, out, &got, max);
            if (story.end == APR_SUCCESS) {
                FUZZ_CHECK(got > 0 && got <= max);
                add(&story, out, got);
            }
        }
        wfp_body_cancel(w->resp->body);
        FUZZ_CHECK(w->source.closed == 1);
        FUZZ_CHECK(w->purse.ended == w->purse.begun);
    }
    apr_pool_destroy(p);
    return story;
}

static int is_same(const story_t *a, const story_t *b)
{
    return a->hash == b->hash && a->bytes == b->bytes
           && (a->end == b->end || a->bytes == OUTPUT_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static int begun;
    char *text, *body;
    size_t size;
    story_t whole, cut;

    if (!begun) {
        begun = apr_initialize() == APR_SUCCESS;
    }
    text = fuzz_text(data, n);
    body = memchr(text, '\n', n);
    if (body) {
        *body++ = '\0';
        size = n - (size_t)(body - text);
        whole = read_all(text, body, size, size + 1, WFP_BODY_CHUNK);
        cut = read_all(text, body, size, 1, WFP_BODY_CHUNK);
        FUZZ_CHECK(is_same(&cut, &whole));
        cut = read_all(text, body, size, 1 + n % 61, 1 + n % 1021);
        FUZZ_CHECK(is_same(&cut, &whole));
    }
    free(text);
    return 0;
}
