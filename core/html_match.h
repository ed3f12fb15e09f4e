/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HTML_MATCH_H
#define WFP_HTML_MATCH_H

#include "core/html_open.h"
#include "core/html_selector.h"

/**
 * @file
 * Which selectors an element matches. Each compound of the program has a bit:
 * it is set in an element when the compound matches it and what stands before
 * the compound matches the elements around it. So one start tag costs one look
 * at each compound, however deep it stands.
 */

/** Most owners of selectors. */
#define WFP_HTML_OWNERS_MAX 256

typedef struct wfp_html_match_t {
    const wfp_html_program_t *program;
    apr_uint32_t words;       /* for a bit a compound */
    apr_uint32_t owner_words; /* for a bit an owner */
    apr_uint64_t steps;       /* so far; about a comparison each */
    apr_uint64_t steps_max;   /* beyond these nothing matches any more */
    wfp_html_text_t values[WFP_HTML_NAMES_MAX]; /* of the element; s NULL: no
                                                   such attribute */
    apr_uint32_t active[WFP_HTML_OWNERS_MAX];   /* open elements that match */
} wfp_html_match_t;

/** program: complete, at most WFP_HTML_OWNERS_MAX owners; stays as it is. */
void wfp_html_match_init(wfp_html_match_t *match,
                         const wfp_html_program_t *program);

/** Words that an open element needs as its extra. */
apr_uint32_t wfp_html_match_extra(const wfp_html_match_t *match);

/** The innermost element, which was just opened by this tag: fill its extra
 *  and make its owners active. */
void wfp_html_match_enter(wfp_html_match_t *match, const wfp_html_open_t *open,
                          const wfp_html_token_t *tag);

/** The innermost element is about to be closed. */
void wfp_html_match_leave(wfp_html_match_t *match, const wfp_html_open_t *open);

/** Did a selector of the owner match the element? */
int wfp_html_match_has(const wfp_html_match_t *match,
                       const wfp_html_element_t *element, apr_uint32_t owner);

#endif
