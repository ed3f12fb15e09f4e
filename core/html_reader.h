/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HTML_READER_H
#define WFP_HTML_READER_H

#include "core/html_selector.h"
#include "core/wfp.h"

/**
 * @file
 * Reads a selector's text, for html_selector.c only. Texts that it gives stand
 * in `out`, of at least twice the selector's bytes.
 */
typedef struct wfp_html_reader_t {
    const char *s;
    apr_size_t n;
    apr_size_t at;
    char *out;
    wfp_html_fault_t *fault;
} wfp_html_reader_t;

/** What stands from `at` to where it reads is wrong. @return APR_EINVAL */
apr_status_t wfp_html_reader_wrong(const wfp_html_reader_t *r, const char *what,
                                   apr_size_t at) WFP_CHECK;

/** The next byte, -1 at the end. */
int wfp_html_reader_peek(const wfp_html_reader_t *r);

/** @return 1: there was some */
int wfp_html_reader_skip_space(wfp_html_reader_t *r);

/** May the byte stand in a name? */
int wfp_html_reader_is_name_byte(int c);

typedef enum {
    WFP_HTML_READ_NAME,
    WFP_HTML_READ_LOWER, /* ASCII letters in lower case */
    WFP_HTML_READ_VALUE  /* may begin with a digit */
} wfp_html_read_e;

/** A name, its escapes resolved. */
apr_status_t wfp_html_reader_name(wfp_html_text_t *ptext, wfp_html_reader_t *r,
                                  wfp_html_read_e how) WFP_CHECK;

/** A string at its opening quote. */
apr_status_t wfp_html_reader_string(wfp_html_text_t *ptext,
                                    wfp_html_reader_t *r) WFP_CHECK;

/** Skip a word in any case, if it is there. @return 1: it was */
int wfp_html_reader_word(wfp_html_reader_t *r, const char *word);

/** an+b, odd, even and the ")" behind it. */
apr_status_t wfp_html_reader_nth(wfp_html_rule_t *rule,
                                 wfp_html_reader_t *r) WFP_CHECK;

#endif
