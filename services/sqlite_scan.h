/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SQLITE_SCAN_H
#define WFP_SQLITE_SCAN_H

#include <apr.h>

/**
 * @file
 * SQL as SQLite's tokenizer sees it: blanks and comments are passed over.
 */

typedef enum {
    WFP_SQLITE_END = 0,
    WFP_SQLITE_WORD,   /* an identifier or keyword */
    WFP_SQLITE_QUOTED, /* 'x', "x", `x` or [x]: each may be a name */
    WFP_SQLITE_OPEN,   /* ( */
    WFP_SQLITE_CLOSE,  /* ) */
    WFP_SQLITE_SEMI,   /* ; */
    WFP_SQLITE_CONCAT, /* || */
    WFP_SQLITE_OTHER
} wfp_sqlite_token_e;

typedef struct wfp_sqlite_token_t {
    wfp_sqlite_token_e kind;
    const char *s; /* with its quotes */
    apr_size_t n;
} wfp_sqlite_token_t;

/** The next token from *pat on, which goes behind it. A NUL ends the text. */
void wfp_sqlite_scan_next(wfp_sqlite_token_t *token, const char **pat,
                          const char *end);

/** Is the token this word, in whatever case? */
int wfp_sqlite_scan_is(const wfp_sqlite_token_t *token, const char *word);

/** Of the first statement of a text: its bytes, the semicolon's included. */
apr_size_t wfp_sqlite_scan_statement(const char *sql, apr_size_t n);

#endif
