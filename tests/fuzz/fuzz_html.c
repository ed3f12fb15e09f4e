/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page, and before a line feed perhaps selectors: the bytes of the tokens are
 * the bytes of the page, however it is cut (the first byte says where); a tag's
 * attributes end where the tag ends.
 */
#include "core/html_page.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

const char *const fuzz_name = "html";

static const wfp_html_page_limits_t limits = { 512, 64, 100000 };

/* What was read, as numbers, so that two ways can be compared. */
typedef struct story_t {
    size_t bytes;
    unsigned hash;
    int failed;
} story_t;

/* Blocks of their own, so that a sanitizer sees where they end. */
static void *blocks[256];
static int block_count;

static void *alloc(void *baton, void *old, apr_size_t bytes)
{
    FUZZ_CHECK(block_count < 256);
    blocks[block_count] = malloc(bytes);
    FUZZ_CHECK(blocks[block_count] != NULL);
    return blocks[block_count++];
}

static void mix(story_t *story, unsigned value)
{
    story->hash = (story->hash ^ value) * 16777619u;
}

static void mix_text(story_t *story, const char *s, size_t n)
{
    while (n--) {
        mix(story, (unsigned char)*s++);
    }
}

static void check_tag(const wfp_html_token_t *token)
{
    wfp_html_scan_t scan;
    size_t before = 0;

    wfp_html_attr_init(&scan, wfp_html_attr_name_end(token->raw, token->size));
    while (wfp_html_attr_scan(&scan, token->raw, token->size)
           == WFP_HTML_SCAN_ATTR) {
        const wfp_html_attr_t *attr = &scan.attr;

        FUZZ_CHECK(attr->name >= before && attr->name < attr->name_end);
        FUZZ_CHECK(attr->name_end <= attr->value);
        FUZZ_CHECK(attr->value <= attr->value_end);
        FUZZ_CHECK(attr->value_end <= attr->end && attr->end < token->size);
        before = attr->end;
    }
    FUZZ_CHECK(scan.at == token->size);
}

static void take(story_t *story, const wfp_html_page_t *page,
                 const uint8_t *data)
{
    const wfp_html_token_t *token = &page->token;

    FUZZ_CHECK(token->offset == story->bytes);
    FUZZ_CHECK(memcmp(token->raw, data + story->bytes, token->size) == 0);
    story->bytes += token->size;
    if (token->kind == WFP_HTML_TEXT) {
        mix_text(story, token->text, token->text_size);
        if (token->last) {
            mix(story, 1000);
        }
        return;
    }
    if (token->partial) {
        return;
    }
    mix(story, token->kind + 2000);
    mix_text(story, token->text, token->text_size);
    mix(story, page->closes + 3000);
    if (token->kind == WFP_HTML_START_TAG) {
        mix(story, page->element->ns);
        mix(story,
            (unsigned)wfp_html_match_has(&page->match, page->element, 0));
        check_tag(token);
    }
}

static story_t read_page(const wfp_html_program_t *program, const uint8_t *data,
                         size_t n, size_t step)
{
    wfp_html_memory_t memory = { alloc, NULL };
    story_t story = { 0, 2166136261u, 0 };
    wfp_html_page_t page;
    size_t at = 0;

    wfp_html_page_init(&page, program, &limits, &memory);
    for (;;) {
        size_t count = n - at < step ? n - at : step;

        switch (wfp_html_page_next(&page)) {
        case WFP_HTML_PAGE_TOKEN:
            take(&story, &page, data);
            continue;
        case WFP_HTML_PAGE_MORE:
            break;
        case WFP_HTML_PAGE_END:
            FUZZ_CHECK(story.bytes == n);
            return story;
        default:
            FUZZ_CHECK(page.fault != NULL);
            story.failed = 1;
            return story;
        }
        if (count) {
            wfp_html_page_feed(&page, (const char *)data + at, count);
            at += count;
        }
        else {
            wfp_html_page_end(&page);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    wfp_html_memory_t memory = { alloc, NULL };
    wfp_html_program_t program;
    wfp_html_fault_t fault;
    story_t whole, parts;
    const uint8_t *line;
    size_t step = n ? 1 + data[0] % 16 : 1;

    wfp_html_selector_init(&program, &memory);
    line = n ? memchr(data, '\n', n) : NULL;
    if (line) {
        if (wfp_html_selector_parse(&program, (const char *)data,
                                    (size_t)(line - data), 0, &fault)
            != APR_SUCCESS) {
            FUZZ_CHECK(fault.at + fault.size <= (size_t)(line - data));
            wfp_html_selector_init(&program, &memory);
        }
        n -= (size_t)(line + 1 - data);
        data = line + 1;
    }
    if (program.owners == 0) {
        program.owners = 1;
    }
    whole = read_page(&program, data, n, n + 1);
    parts = read_page(&program, data, n, step);
    /* the budget of steps is one of a feed */
    if (!whole.failed && !parts.failed) {
        FUZZ_CHECK(whole.hash == parts.hash);
    }
    while (block_count) {
        free(blocks[--block_count]);
    }
    return 0;
}
