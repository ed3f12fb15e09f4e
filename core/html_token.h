/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HTML_TOKEN_H
#define WFP_HTML_TOKEN_H

#include <apr.h>

#include "core/html_attr.h"
#include "core/html_name.h"

/**
 * @file
 * A streaming tokenizer by the HTML standard (13.2.5). Bytes are fed in pieces
 * that end anywhere; tokens are pulled. The tokens' raw texts, one after the
 * other, are exactly the bytes that were fed: nothing is decoded, replaced or
 * left out. It builds no tree: who does (html_open.c) tells it after a start
 * tag how to read on, and whether CDATA sections are ones.
 *
 * Phases: init -> (feed -> next until MORE)... -> end -> next until END.
 */

typedef enum {
    WFP_HTML_TEXT,      /* a piece of a text node, maybe empty when last */
    WFP_HTML_START_TAG, /* text: the name */
    WFP_HTML_END_TAG,   /* text: the name */
    WFP_HTML_COMMENT,   /* text: what is in it; bogus ones too */
    WFP_HTML_DOCTYPE,   /* text: what is between "<!doctype" and ">" */
    WFP_HTML_MARKUP     /* bytes that browsers drop: "</>", the marks of a CDATA
                           section, an unfinished tag at the end */
} wfp_html_kind_e;

typedef struct wfp_html_token_t {
    wfp_html_kind_e kind;
    const char *raw; /* in the buffer, until the next call */
    apr_size_t size;
    apr_uint64_t offset; /* of raw in the stream */
    const char *text;
    apr_size_t text_size;
    unsigned self_closing : 1; /* START_TAG: ends with "/>" */
    unsigned last : 1;         /* TEXT, COMMENT: the last piece */
    unsigned partial : 1;      /* COMMENT: too large, comes in raw pieces */
    unsigned unfinished : 1;   /* the stream ended inside it */
} wfp_html_token_t;

typedef enum {
    WFP_HTML_TOKEN,    /* *token is the next one */
    WFP_HTML_MORE,     /* feed, or end */
    WFP_HTML_END,      /* all is given */
    WFP_HTML_TOO_LARGE /* a tag or doctype is larger than max; no way on */
} wfp_html_next_e;

typedef struct wfp_html_tokenizer_t {
    char *data; /* the caller's */
    apr_size_t room;
    apr_size_t n;        /* bytes in it */
    apr_size_t start;    /* of the token that is being read */
    apr_size_t at;       /* where reading goes on */
    apr_size_t max;      /* largest tag */
    apr_uint64_t offset; /* of data[0] in the stream */
    wfp_html_scan_t scan;
    const char *closes; /* RCDATA, RAWTEXT, SCRIPT: the end tag's name */
    wfp_html_mode_e mode;
    int state;  /* html_token.c's */
    int script; /* html_text.c's state in a script */
    int word;   /* and its place in "script" */
    unsigned ended : 1;
    unsigned foreign : 1; /* the current element is SVG's or MathML's */
    unsigned in_text : 1; /* a text node's last piece was not given yet */
    unsigned spilled : 1; /* a comment is given in pieces */
} wfp_html_tokenizer_t;

/**
 * Set up.
 *
 * @param max   largest tag and comment in bytes; a larger comment comes in
 *              pieces
 * @param data  room bytes that the caller keeps
 */
void wfp_html_token_init(wfp_html_tokenizer_t *tok, apr_size_t max, char *data,
                         apr_size_t room);

/** Bytes of an unfinished token: feed needs room for them and what is fed. */
apr_size_t wfp_html_token_pending(const wfp_html_tokenizer_t *tok);

/** Go on in a larger buffer; the old one is not needed any more. */
void wfp_html_token_move(wfp_html_tokenizer_t *tok, char *data,
                         apr_size_t room);

/** Add n bytes, after MORE. */
void wfp_html_token_feed(wfp_html_tokenizer_t *tok, const char *s,
                         apr_size_t n);

/** There are no more. */
void wfp_html_token_end(wfp_html_tokenizer_t *tok);

/** The next token. */
wfp_html_next_e wfp_html_token_next(wfp_html_token_t *token,
                                    wfp_html_tokenizer_t *tok);

/** How to read on behind a start tag; closes: its name in lower case, of static
 *  lifetime. */
void wfp_html_token_mode(wfp_html_tokenizer_t *tok, wfp_html_mode_e mode,
                         const char *closes);

/** For html_token.c: how far is text, from at on? */
typedef enum {
    WFP_HTML_TEXT_ENDS,   /* at *pend, where markup begins */
    WFP_HTML_TEXT_GOES_ON /* to *pend at least; what is behind is open */
} wfp_html_text_e;

wfp_html_text_e wfp_html_text_find(apr_size_t *pend, wfp_html_tokenizer_t *tok);

/** What "<" at i begins; see html_text.c. */
typedef enum {
    WFP_HTML_OPENS_NOTHING, /* it is text */
    WFP_HTML_OPENS_LATER,   /* more bytes are needed to tell */
    WFP_HTML_OPENS_TAG,
    WFP_HTML_OPENS_END_TAG,
    WFP_HTML_OPENS_COMMENT,
    WFP_HTML_OPENS_BOGUS, /* a bogus comment */
    WFP_HTML_OPENS_DOCTYPE,
    WFP_HTML_OPENS_CDATA,
    WFP_HTML_OPENS_EMPTY /* "</>" */
} wfp_html_opens_e;

wfp_html_opens_e wfp_html_text_opens(const wfp_html_tokenizer_t *tok,
                                     apr_size_t i);

#endif
