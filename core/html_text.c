/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where text ends and markup begins, in each way of reading: the data,
 * RCDATA, RAWTEXT, script data (13.2.5.4, .15 to .31), PLAINTEXT and CDATA
 * section states of the HTML standard, and what "<" opens. Called by
 * html_token.c, which reads the markup.
 */
#include <string.h>

#include "core/html_token.h"

/* Of a script: "<!--" escapes, "<script" inside that escapes once more. */
enum {
    SCRIPT_DATA = 0,
    LESS_THAN,
    ESCAPE_START,
    ESCAPE_START_DASH,
    ESCAPED,
    ESCAPED_DASH,
    ESCAPED_DASH_DASH,
    ESCAPED_LESS_THAN,
    DOUBLE_START,
    DOUBLE,
    DOUBLE_DASH,
    DOUBLE_DASH_DASH,
    DOUBLE_LESS_THAN,
    DOUBLE_END
};

#define SCRIPT_LENGTH 6
#define OTHER_WORD    (SCRIPT_LENGTH + 1)

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int ends_word(char c)
{
    return c == '>' || c == '/' || wfp_html_attr_is_space(c);
}

/* Does the text at i begin with `what`? 1, 0, -1: too short to tell. */
static int begins(const wfp_html_tokenizer_t *tok, apr_size_t i,
                  const char *what, int fold)
{
    apr_size_t n = strlen(what), left = tok->n - i;
    apr_size_t same = left < n ? left : n;

    if (fold ? !wfp_html_attr_same(tok->data + i, what, same)
             : memcmp(tok->data + i, what, same) != 0) {
        return 0;
    }
    return left < n ? -1 : 1;
}

/* "<!" at i */
static wfp_html_opens_e opens_declaration(const wfp_html_tokenizer_t *tok,
                                          apr_size_t i)
{
    int comment = begins(tok, i + 2, "--", 0);
    int doctype = begins(tok, i + 2, "doctype", 1);
    int cdata = begins(tok, i + 2, "[CDATA[", 0);

    if (comment > 0) {
        return WFP_HTML_OPENS_COMMENT;
    }
    if (doctype > 0) {
        return WFP_HTML_OPENS_DOCTYPE;
    }
    if (cdata > 0 && tok->foreign) {
        return WFP_HTML_OPENS_CDATA;
    }
    if (comment + doctype + cdata < 0 && !tok->ended) {
        return WFP_HTML_OPENS_LATER;
    }
    return WFP_HTML_OPENS_BOGUS;
}

wfp_html_opens_e wfp_html_text_opens(const wfp_html_tokenizer_t *tok,
                                     apr_size_t i)
{
    wfp_html_opens_e unknown = tok->ended ? WFP_HTML_OPENS_NOTHING
                                          : WFP_HTML_OPENS_LATER;

    if (i + 1 >= tok->n) {
        return unknown;
    }
    if (is_letter(tok->data[i + 1])) {
        return WFP_HTML_OPENS_TAG;
    }
    switch (tok->data[i + 1]) {
    case '!':
        return opens_declaration(tok, i);
    case '?':
        return WFP_HTML_OPENS_BOGUS;
    case '/':
        if (i + 2 >= tok->n) {
            return unknown;
        }
        if (tok->data[i + 2] == '>') {
            return WFP_HTML_OPENS_EMPTY;
        }
        return is_letter(tok->data[i + 2]) ? WFP_HTML_OPENS_END_TAG
                                           : WFP_HTML_OPENS_BOGUS;
    default:
        return WFP_HTML_OPENS_NOTHING;
    }
}

/* Is "<" at i the end tag that is waited for? 1, 0, -1: too short to tell. */
static int closes(const wfp_html_tokenizer_t *tok, apr_size_t i)
{
    int slash = begins(tok, i, "</", 0);
    int name = slash > 0 ? begins(tok, i + 2, tok->closes, 1) : slash;
    apr_size_t end = i + 2 + strlen(tok->closes);

    if (name > 0) {
        name = end < tok->n ? ends_word(tok->data[end]) : -1;
    }
    return name < 0 && tok->ended ? 0 : name;
}

/* ---- script data ------------------------------------------------------------ */

/* The next letter of a word that may be "script". */
static void take_letter(wfp_html_tokenizer_t *tok, char c)
{
    int fits = tok->word < SCRIPT_LENGTH && (c | 0x20) == "script"[tok->word];

    tok->word = fits ? tok->word + 1 : OTHER_WORD;
}

/* A word of a double escape's start or end: yes and no are where "script" and
 * another word lead. @return bytes taken */
static int take_word(wfp_html_tokenizer_t *tok, char c, int yes, int no)
{
    if (is_letter(c)) {
        take_letter(tok, c);
        return 1;
    }
    if (ends_word(c)) {
        tok->script = tok->word == SCRIPT_LENGTH ? yes : no;
        return 1;
    }
    tok->script = tok->script == DOUBLE_START ? ESCAPED : DOUBLE;
    return 0;
}

/* A byte in an escaped state; base is ESCAPED or DOUBLE. */
static void take_escaped(wfp_html_tokenizer_t *tok, char c, int base)
{
    int dashes = tok->script - base;

    if (c == '-') {
        tok->script = base + (dashes < 2 ? dashes + 1 : 2);
    }
    else if (c == '<') {
        tok->script = base == ESCAPED ? ESCAPED_LESS_THAN : DOUBLE_LESS_THAN;
    }
    else {
        tok->script = c == '>' && dashes == 2 ? SCRIPT_DATA : base;
    }
}

/* One byte that is no end tag's "<". @return 1: taken, 0: look again */
static int take_byte(wfp_html_tokenizer_t *tok, char c)
{
    int state = tok->script;

    switch (state) {
    case SCRIPT_DATA:
        tok->script = c == '<' ? LESS_THAN : SCRIPT_DATA;
        return 1;
    case LESS_THAN:
        tok->script = c == '!' ? ESCAPE_START : SCRIPT_DATA;
        return c == '!';
    case ESCAPE_START:
    case ESCAPE_START_DASH:
        if (c != '-') {
            tok->script = SCRIPT_DATA;
            return 0;
        }
        tok->script = state == ESCAPE_START ? ESCAPE_START_DASH
                                            : ESCAPED_DASH_DASH;
        return 1;
    case ESCAPED_LESS_THAN:
        tok->word = 0;
        tok->script = is_letter(c) ? DOUBLE_START : ESCAPED;
        return 0;
    case DOUBLE_LESS_THAN:
        tok->word = 0;
        tok->script = c == '/' ? DOUBLE_END : DOUBLE;
        return c == '/';
    case DOUBLE_START:
        return take_word(tok, c, DOUBLE, ESCAPED);
    case DOUBLE_END:
        return take_word(tok, c, ESCAPED, DOUBLE);
    default:
        take_escaped(tok, c, state < DOUBLE ? ESCAPED : DOUBLE);
        return 1;
    }
}

/* May "</script" end the script here? Not twice escaped, and "<" is taken as
 * itself inside the short states, which look again. */
static int may_close(const wfp_html_tokenizer_t *tok)
{
    return tok->script == SCRIPT_DATA
           || (tok->script >= ESCAPED && tok->script <= ESCAPED_DASH_DASH);
}

static wfp_html_text_e find_script(apr_size_t *pend, wfp_html_tokenizer_t *tok)
{
    apr_size_t i = tok->at;

    while (i < tok->n) {
        if (tok->script == SCRIPT_DATA) {
            const char *lt = memchr(tok->data + i, '<', tok->n - i);

            i = lt ? (apr_size_t)(lt - tok->data) : tok->n;
            if (!lt) {
                break;
            }
        }
        if (tok->data[i] == '<' && may_close(tok)) {
            int end = closes(tok, i);

            if (end) {
                tok->at = *pend = i;
                return end > 0 ? WFP_HTML_TEXT_ENDS : WFP_HTML_TEXT_GOES_ON;
            }
        }
        i += (apr_size_t)take_byte(tok, tok->data[i]);
    }
    tok->at = *pend = i;
    return WFP_HTML_TEXT_GOES_ON;
}

/* ---- the others -------------------------------------------------------------- */

static wfp_html_text_e find_less_than(apr_size_t *pend,
                                      wfp_html_tokenizer_t *tok)
{
    const char *lt, *end = tok->data + tok->n;

    while (tok->at < tok->n
           && (lt = memchr(tok->data + tok->at, '<', tok->n - tok->at))) {
        wfp_html_opens_e opens;
        int is;

        tok->at = *pend = (apr_size_t)(lt - tok->data);
        if (tok->mode == WFP_HTML_DATA) {
            opens = wfp_html_text_opens(tok, tok->at);
            is = opens == WFP_HTML_OPENS_NOTHING ? 0
                 : opens == WFP_HTML_OPENS_LATER ? -1
                                                 : 1;
        }
        else {
            is = closes(tok, tok->at);
        }
        if (is) {
            return is > 0 ? WFP_HTML_TEXT_ENDS : WFP_HTML_TEXT_GOES_ON;
        }
        tok->at++;
    }
    tok->at = *pend = (apr_size_t)(end - tok->data);
    return WFP_HTML_TEXT_GOES_ON;
}

static wfp_html_text_e find_cdata_end(apr_size_t *pend,
                                      wfp_html_tokenizer_t *tok)
{
    while (tok->at < tok->n) {
        const char *s = memchr(tok->data + tok->at, ']', tok->n - tok->at);
        int is;

        if (!s) {
            break;
        }
        tok->at = *pend = (apr_size_t)(s - tok->data);
        is = begins(tok, tok->at, "]]>", 0);
        if (is > 0 || (is < 0 && !tok->ended)) {
            return is > 0 ? WFP_HTML_TEXT_ENDS : WFP_HTML_TEXT_GOES_ON;
        }
        tok->at++;
    }
    tok->at = *pend = tok->n;
    return WFP_HTML_TEXT_GOES_ON;
}

wfp_html_text_e wfp_html_text_find(apr_size_t *pend, wfp_html_tokenizer_t *tok)
{
    switch (tok->mode) {
    case WFP_HTML_SCRIPT:
        return find_script(pend, tok);
    case WFP_HTML_PLAINTEXT:
        tok->at = *pend = tok->n;
        return WFP_HTML_TEXT_GOES_ON;
    case WFP_HTML_CDATA:
        return find_cdata_end(pend, tok);
    default:
        return find_less_than(pend, tok);
    }
}
