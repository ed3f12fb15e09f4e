/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HTML_PAGE_H
#define WFP_HTML_PAGE_H

#include "core/html_match.h"

/**
 * @file
 * A page as it streams by: tokens with what they mean for the elements that
 * are open, and which selectors match. The bytes of the tokens are the bytes of
 * the page. Memory: the largest token or `token_max`, what is open, and what is
 * fed at a time.
 *
 * Phases: init -> (feed -> next until MORE)... -> end -> next until END or
 * FAILED, which stays.
 */

typedef struct wfp_html_page_limits_t {
    apr_size_t token_max;   /* bytes of a tag; of a comment that is whole */
    apr_uint32_t depth_max; /* elements open */
    apr_uint64_t steps_max; /* of matching, between two feeds */
} wfp_html_page_limits_t;

/** token_max, depth_max and steps_max when nobody knows better. */
#define WFP_HTML_TOKEN_BYTES (1024 * 1024)
#define WFP_HTML_DEPTH       16384
#define WFP_HTML_STEPS       20000000

typedef enum {
    WFP_HTML_PAGE_TOKEN,
    WFP_HTML_PAGE_MORE,
    WFP_HTML_PAGE_END,   /* all that is open ends: closes is 0 */
    WFP_HTML_PAGE_FAILED /* page->fault says why, for the author of the page */
} wfp_html_page_e;

typedef struct wfp_html_page_t {
    wfp_html_token_t token; /* valid until the next call */
    /* before this token `depth` elements were open; it closes those deeper
     * than `closes`: of an END_TAG with `ends` the outermost of them by its own
     * tag, all others without one */
    apr_uint32_t depth;
    apr_uint32_t closes;
    int ends;
    wfp_html_element_t *element; /* of a START_TAG, at depth closes + 1; a leaf
                                    is closed by the next call */
    const char *fault;           /* static text */
    wfp_html_tokenizer_t tok;
    wfp_html_open_t open;
    wfp_html_match_t match;
    wfp_html_memory_t memory;
    wfp_html_page_limits_t limits;
} wfp_html_page_t;

/** program: complete; lives as long as the page. */
void wfp_html_page_init(wfp_html_page_t *page,
                        const wfp_html_program_t *program,
                        const wfp_html_page_limits_t *limits,
                        const wfp_html_memory_t *memory);

/** Add n bytes; they are copied. After MORE, or at the beginning. */
void wfp_html_page_feed(wfp_html_page_t *page, const char *s, apr_size_t n);

/** There are no more. */
void wfp_html_page_end(wfp_html_page_t *page);

/** The next token. */
wfp_html_page_e wfp_html_page_next(wfp_html_page_t *page);

#endif
