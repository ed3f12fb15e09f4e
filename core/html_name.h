/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HTML_NAME_H
#define WFP_HTML_NAME_H

#include <apr.h>

/**
 * @file
 * What is special about the names of elements: one row for each name that
 * the tokenizer or the open elements treat otherwise than any other.
 */

/** How the tokenizer reads what follows. */
typedef enum {
    WFP_HTML_DATA = 0,
    WFP_HTML_RCDATA,
    WFP_HTML_RAWTEXT,
    WFP_HTML_SCRIPT,
    WFP_HTML_PLAINTEXT,
    WFP_HTML_CDATA
} wfp_html_mode_e;

enum {
    WFP_HTML_VOID = 1,           /* has no content and no end tag */
    WFP_HTML_BREAKOUT = 2,       /* its start tag ends foreign content */
    WFP_HTML_TABLE = 4,          /* its end tag closes what is inside it,
                                  foreign content included */
    WFP_HTML_SVG_POINT = 8,      /* of SVG: HTML inside */
    WFP_HTML_MATH_POINT = 16,    /* of MathML: HTML inside */
    WFP_HTML_MATH_GLYPH = 32,    /* stays MathML there */
    WFP_HTML_LEAVES_SELECT = 64, /* its start tag ends a select */
    WFP_HTML_SPECIAL = 128, /* in HTML: end tags of other names stop at it */
    WFP_HTML_STAYS = 256    /* its end tag closes nothing that is inside */
};

typedef struct wfp_html_name_t {
    const char *text; /* lower case */
    apr_uint16_t flags;
    apr_byte_t mode; /* wfp_html_mode_e of the content, in HTML */
} wfp_html_name_t;

/** The row of a name in any case. @return NULL: nothing is special about it */
const wfp_html_name_t *wfp_html_name_find(const char *name, apr_size_t n);

#endif
