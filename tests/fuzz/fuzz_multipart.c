/* SPDX-License-Identifier: Apache-2.0 */
/* A Content-Type, a newline, a body: whichever way the body is cut, the same
 * parts come out. */
#include "core/multipart.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_name = "multipart";

/* What was read, as one growing number, and how it ended. */
typedef struct story_t {
    uint64_t hash;
    const char *wrong;
} story_t;

static void add(story_t *story, const char *s, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        story->hash = (story->hash ^ (unsigned char)s[i]) * 0x100000001b3u;
    }
}

static void add_text(story_t *story, const char *s)
{
    add(story, s ? s : "\1", s ? strlen(s) + 1 : 1);
}

static void add_part(story_t *story, const wfp_multipart_part_t *part)
{
    int i;

    FUZZ_CHECK(part->name && part->count <= WFP_MULTIPART_FIELDS_MAX);
    add_text(story, part->name);
    add_text(story, part->filename);
    add_text(story, part->type);
    for (i = 0; i < part->count; i++) {
        FUZZ_CHECK(part->fields[i].name[0] != '\0');
        add_text(story, part->fields[i].name);
        add_text(story, part->fields[i].value);
    }
}

/* Feed a copy that ends where the piece ends. @return 0: no good body */
static int feed(story_t *story, wfp_multipart_t *m, const char *s, size_t n,
                int *in_part)
{
    char *piece = malloc(n);
    wfp_multipart_e event;

    FUZZ_CHECK(piece != NULL);
    memcpy(piece, s, n);
    wfp_multipart_feed(m, piece, n);
    while ((event = wfp_multipart_next(m)) != WFP_MULTIPART_MORE
           && event != WFP_MULTIPART_BAD) {
        FUZZ_CHECK(*in_part == (event != WFP_MULTIPART_BEGIN));
        *in_part = event != WFP_MULTIPART_END;
        if (event == WFP_MULTIPART_BEGIN) {
            add_part(story, &m->part);
        }
        else if (event == WFP_MULTIPART_DATA) {
            FUZZ_CHECK(m->n > 0);
            add(story, m->data, m->n);
        }
        else {
            add(story, "\0;", 2);
        }
    }
    free(piece);
    return event == WFP_MULTIPART_MORE;
}

/* Read it in pieces of 1 to step bytes. */
static story_t read_body(const char *type, const char *body, size_t n,
                         size_t step)
{
    static wfp_multipart_t m;
    story_t story = { 0xcbf29ce484222325u, NULL };
    size_t at = 0, size = step;
    int in_part = 0;

    if (wfp_multipart_init(&m, type, 100) == APR_SUCCESS) {
        while (at < n) {
            size = size < n - at ? size : n - at;
            if (!feed(&story, &m, body + at, size, &in_part)) {
                break;
            }
            at += size;
            size = step > 1 ? 1 + (size * 7 + at) % step : 1;
        }
        if (wfp_multipart_finish(&m) == APR_SUCCESS) {
            FUZZ_CHECK(!in_part && !m.wrong);
        }
    }
    story.wrong = m.wrong;
    return story;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *text = fuzz_text(data, n), *body = strchr(text, '\n');
    size_t size;
    story_t whole, cut;

    if (body) {
        *body++ = '\0';
        size = n - (size_t)(body - text);
        whole = read_body(text, body, size, size ? size : 1);
        cut = read_body(text, body, size, 1);
        FUZZ_CHECK(cut.hash == whole.hash && cut.wrong == whole.wrong);
        cut = read_body(text, body, size, 1 + n % 61);
        FUZZ_CHECK(cut.hash == whole.hash && cut.wrong == whole.wrong);
    }
    free(text);
    return 0;
}
