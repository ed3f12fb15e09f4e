/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokenizer, open elements and selectors together, and their memory. Called by
 * the HTMLRewriter of the Worker API. What handlers do with a token and what
 * goes out is not known here.
 */
#include "core/html_page.h"

#include <string.h>

#define FIRST_ROOM 2048

void wfp_html_page_init(wfp_html_page_t *page,
                        const wfp_html_program_t *program,
                        const wfp_html_page_limits_t *limits,
                        const wfp_html_memory_t *memory)
{
    memset(page, 0, sizeof(*page));
    page->limits = *limits;
    page->memory = *memory;
    wfp_html_match_init(&page->match, program);
    page->match.steps_max = limits->steps_max;
    wfp_html_token_init(&page->tok, limits->token_max,
                        memory->alloc(memory->baton, NULL, FIRST_ROOM),
                        FIRST_ROOM);
    wfp_html_open_init(&page->open, wfp_html_match_extra(&page->match),
                       limits->depth_max, &page->memory);
}

void wfp_html_page_feed(wfp_html_page_t *page, const char *s, apr_size_t n)
{
    wfp_html_tokenizer_t *tok = &page->tok;
    apr_size_t need = wfp_html_token_pending(tok) + n;

    page->match.steps = 0;
    if (need > tok->room) {
        apr_size_t room = tok->room;

        while (room < need) {
            room *= 2;
        }
        wfp_html_token_move(tok,
                            page->memory.alloc(page->memory.baton, tok->data,
                                               room),
                            room);
    }
    wfp_html_token_feed(tok, s, n);
}

void wfp_html_page_end(wfp_html_page_t *page)
{
    page->match.steps = 0;
    wfp_html_token_end(&page->tok);
}

static apr_uint32_t depth_of(const wfp_html_page_t *page)
{
    return wfp_html_open_top(&page->open)->depth;
}

static void close_to(wfp_html_page_t *page, apr_uint32_t depth)
{
    while (depth_of(page) > depth) {
        wfp_html_match_leave(&page->match, &page->open);
        wfp_html_open_close(&page->open);
    }
    page->closes = depth;
}

static wfp_html_page_e fail(wfp_html_page_t *page, const char *fault)
{
    page->fault = fault;
    return WFP_HTML_PAGE_FAILED;
}

static wfp_html_page_e start(wfp_html_page_t *page)
{
    wfp_html_open_t *open = &page->open;
    wfp_html_open_e said;

    close_to(page, wfp_html_open_before(open, &page->token));
    said = wfp_html_open_start(open, &page->token, &page->tok);
    if (said == WFP_HTML_OPEN_TOO_DEEP) {
        return fail(page, "too many elements are open");
    }
    if (said == WFP_HTML_OPEN_AMBIGUOUS) {
        return fail(page, "browsers disagree how this page is to be read");
    }
    wfp_html_match_enter(&page->match, open, &page->token);
    if (page->match.steps >= page->match.steps_max) {
        return fail(page, "too much work for its selectors");
    }
    page->element = wfp_html_open_top(open);
    return WFP_HTML_PAGE_TOKEN;
}

static wfp_html_page_e end(wfp_html_page_t *page)
{
    wfp_html_open_t *open = &page->open;
    apr_uint32_t own;

    /* "</p>" in SVG ends that; what it closes besides ends with it */
    close_to(page, wfp_html_open_before(open, &page->token));
    own = wfp_html_open_find(open, &page->token, &page->match.steps);
    if (page->match.steps >= page->match.steps_max) {
        return fail(page, "too much work for its selectors");
    }
    if (own) {
        page->ends = 1;
        close_to(page, own - 1);
    }
    wfp_html_open_ended(open, &page->token, &page->tok);
    return WFP_HTML_PAGE_TOKEN;
}

wfp_html_page_e wfp_html_page_next(wfp_html_page_t *page)
{
    if (page->fault) {
        return WFP_HTML_PAGE_FAILED;
    }
    if (page->element && page->element->leaf) {
        close_to(page, depth_of(page) - 1);
        wfp_html_open_ended(&page->open, NULL, &page->tok);
    }
    page->element = NULL;
    page->ends = 0;
    page->depth = page->closes = depth_of(page);
    switch (wfp_html_token_next(&page->token, &page->tok)) {
    case WFP_HTML_MORE:
        return WFP_HTML_PAGE_MORE;
    case WFP_HTML_END:
        close_to(page, 0);
        return WFP_HTML_PAGE_END;
    case WFP_HTML_TOO_LARGE:
        return fail(page, "a tag is too large");
    default:
        break;
    }
    switch (page->token.kind) {
    case WFP_HTML_START_TAG:
        return start(page);
    case WFP_HTML_END_TAG:
        return end(page);
    default:
        return WFP_HTML_PAGE_TOKEN;
    }
}
