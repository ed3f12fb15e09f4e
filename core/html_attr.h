/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HTML_ATTR_H
#define WFP_HTML_ATTR_H

#include <apr.h>

/**
 * @file
 * The attributes of a tag, by the HTML standard's attribute states. One
 * scanner serves the tokenizer, which feeds it a tag in pieces to find its
 * end, and everybody who wants the attributes of a whole tag: the two cannot
 * disagree. Nothing is decoded and nothing allocated; all positions are
 * offsets in the tag's text.
 */

/** One attribute. */
typedef struct wfp_html_attr_t {
    apr_size_t name;
    apr_size_t name_end;
    apr_size_t value; /* without quotes; value == value_end: empty or none */
    apr_size_t value_end;
    apr_size_t end; /* behind value and closing quote */
} wfp_html_attr_t;

typedef struct wfp_html_scan_t {
    wfp_html_attr_t attr; /* the last one found */
    apr_size_t at;        /* where it goes on; at the end: behind ">" */
    int state;
    int self_closing; /* at the end: the tag ends with "/>" */
} wfp_html_scan_t;

typedef enum {
    WFP_HTML_SCAN_MORE, /* the text ends inside the tag */
    WFP_HTML_SCAN_ATTR, /* scan->attr is complete */
    WFP_HTML_SCAN_END   /* the tag ends at scan->at */
} wfp_html_scan_e;

/** Begin at the end of the tag's name, or of one of its attributes. */
void wfp_html_attr_init(wfp_html_scan_t *scan, apr_size_t at);

/** Go on in the n bytes of s, whose beginning is the tag's; s may be longer
 *  at each call. */
wfp_html_scan_e wfp_html_attr_scan(wfp_html_scan_t *scan, const char *s,
                                   apr_size_t n);

/** End of the name in a tag's text of n bytes that begins at "<". */
apr_size_t wfp_html_attr_name_end(const char *s, apr_size_t n);

/** Space, tab, newline, form feed, carriage return. */
static inline int wfp_html_attr_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

/** Bytes compared that count as one step of work. */
#define WFP_HTML_BYTES_PER_STEP 8

/** Same bytes, ASCII letters in any case. */
int wfp_html_attr_same(const char *a, const char *b, apr_size_t n);

#endif
