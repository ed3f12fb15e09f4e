/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HTML_SELECTOR_H
#define WFP_HTML_SELECTOR_H

#include <apr_errno.h>

#include "core/html_open.h"

/**
 * @file
 * Selectors as a program: a flat list of rules that html_match.c runs for
 * each start tag. What is known:
 *
 *     *  E  #id  .class  [a]  [a=v]  [a~=v]  [a^=v]  [a$=v]  [a*=v]  [a|=v]
 *     :first-child  :nth-child(an+b)  E:first-of-type  E:nth-of-type(an+b)
 *     :not(one or more of these, without spaces)  E F  E > F  lists with ","
 *
 * Values may be quoted and followed by i or s; names may have escapes.
 */

/** Most compounds ("a.b" is one, "a b" are two), attribute names, types of
 *  nth-of-type in one program. */
#define WFP_HTML_COMPOUNDS_MAX 256
#define WFP_HTML_NAMES_MAX     64
#define WFP_HTML_TYPES_MAX     16

typedef enum {
    WFP_HTML_RULE_COMPOUND, /* op: ' ' or '>' before it, 0: the first */
    WFP_HTML_RULE_NOT,      /* not all of the count rules behind it */
    WFP_HTML_RULE_TYPE,     /* text, lower case */
    WFP_HTML_RULE_ATTR,     /* slot: its name's; op: as written, 0: is there */
    WFP_HTML_RULE_NTH,      /* a, b */
    WFP_HTML_RULE_NTH_TYPE  /* slot: counter */
} wfp_html_rule_e;

typedef struct wfp_html_rule_t {
    apr_byte_t kind;
    apr_byte_t op;
    apr_byte_t fold;    /* ATTR: ASCII letters in any case */
    apr_byte_t last;    /* COMPOUND: the selector's last */
    apr_uint16_t count; /* COMPOUND, NOT: rules that belong to it */
    apr_uint16_t slot;
    apr_int32_t a;
    apr_int32_t b;
    apr_size_t size;
    const char *text;
    apr_uint32_t owner; /* COMPOUND, last: who asked, as given to parse */
} wfp_html_rule_t;

typedef struct wfp_html_text_t {
    const char *s;
    apr_size_t n;
} wfp_html_text_t;

typedef struct wfp_html_program_t {
    const wfp_html_memory_t *memory;
    wfp_html_rule_t *rules;
    apr_size_t count;
    apr_size_t room;
    apr_uint32_t compounds;
    apr_uint32_t owners; /* largest owner + 1 */
    apr_uint32_t names_count;
    apr_uint32_t types_count;
    wfp_html_text_t names[WFP_HTML_NAMES_MAX]; /* of attributes, lower case */
    wfp_html_text_t types[WFP_HTML_TYPES_MAX];
} wfp_html_program_t;

/** What is wrong with a selector: the bytes at `at` of its text. */
typedef struct wfp_html_fault_t {
    const char *what; /* "unsupported", "..."; static text */
    apr_size_t at;
    apr_size_t size;
} wfp_html_fault_t;

void wfp_html_selector_init(wfp_html_program_t *program,
                            const wfp_html_memory_t *memory);

/**
 * Add the selectors of a list.
 *
 * @param owner  told when one of them matches
 * @return APR_SUCCESS; APR_EINVAL: fault tells, the program is of no use
 */
apr_status_t wfp_html_selector_parse(wfp_html_program_t *program,
                                     const char *text, apr_size_t n,
                                     apr_uint32_t owner,
                                     wfp_html_fault_t *fault) WFP_CHECK;

#endif
