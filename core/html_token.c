/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tokenizer: reads markup, gives tokens, keeps the buffer. Called by
 * html_page.c. It must not know what a token means for the elements that are
 * open: html_open.c does, and sets the mode.
 */
#include "core/html_token.h"

#include <string.h>

enum {
    TEXT = 0, /* nothing has begun at start, or text */
    START_TAG_NAME,
    END_TAG_NAME,
    START_TAG,
    END_TAG,
    COMMENT,
    BOGUS,
    DOCTYPE,
    MARKUP /* a mark that is whole: size in scan.at */
};

#define COMMENT_START 4 /* "<!--" */
#define DOCTYPE_START 9 /* "<!doctype" */
#define CDATA_START   9 /* "<![CDATA[" */
#define MARK_END      3 /* "]]>", "</>" */

void wfp_html_token_init(wfp_html_tokenizer_t *tok, apr_size_t max, char *data,
                         apr_size_t room)
{
    memset(tok, 0, sizeof(*tok));
    tok->max = max;
    tok->data = data;
    tok->room = room;
}

apr_size_t wfp_html_token_pending(const wfp_html_tokenizer_t *tok)
{
    return tok->n - tok->start;
}

/* The unfinished token to the beginning of a buffer, which may be the same. */
static void shift(wfp_html_tokenizer_t *tok, char *data)
{
    memmove(data, tok->data + tok->start, tok->n - tok->start);
    tok->data = data;
    tok->offset += tok->start;
    tok->n -= tok->start;
    tok->at -= tok->start;
    tok->start = 0;
}

void wfp_html_token_move(wfp_html_tokenizer_t *tok, char *data, apr_size_t room)
{
    shift(tok, data);
    tok->room = room;
}

void wfp_html_token_feed(wfp_html_tokenizer_t *tok, const char *s, apr_size_t n)
{
    if (tok->start > 0) {
        shift(tok, tok->data);
    }
    memcpy(tok->data + tok->n, s, n);
    tok->n += n;
}

void wfp_html_token_end(wfp_html_tokenizer_t *tok)
{
    tok->ended = 1;
}

void wfp_html_token_mode(wfp_html_tokenizer_t *tok, wfp_html_mode_e mode,
                         const char *closes)
{
    tok->mode = mode;
    tok->closes = closes;
    tok->script = 0;
}

/* Give [start, end), with the text from `from` to `to`. */
static wfp_html_next_e give(wfp_html_token_t *token, wfp_html_tokenizer_t *tok,
                            wfp_html_kind_e kind, apr_size_t end)
{
    memset(token, 0, sizeof(*token));
    token->kind = kind;
    token->raw = tok->data + tok->start;
    token->size = end - tok->start;
    token->offset = tok->offset + tok->start;
    token->text = token->raw;
    token->last = 1;
    tok->start = tok->at = end;
    tok->state = TEXT;
    return WFP_HTML_TOKEN;
}

/* ---- text -------------------------------------------------------------------- */

/* Bytes of a UTF-8 character, by its first one; 1 for what is none. */
static apr_size_t utf8_length(unsigned char c)
{
    return c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;
}

/* Where the last whole character before end ends, not before start. */
static apr_size_t whole(const wfp_html_tokenizer_t *tok, apr_size_t end)
{
    apr_size_t i = end, back;

    for (back = 0; back < 3 && i > tok->start; back++) {
        unsigned char c = (unsigned char)tok->data[--i];

        if ((c & 0xc0) != 0x80) {
            return end - i < utf8_length(c) ? i : end;
        }
    }
    return end;
}

/* What begins at start, as found. */
static void begin_markup(wfp_html_tokenizer_t *tok)
{
    apr_size_t i = tok->start;
    wfp_html_opens_e opens = WFP_HTML_OPENS_END_TAG;

    if (tok->mode == WFP_HTML_CDATA) {
        tok->state = MARKUP;
        tok->scan.at = MARK_END;
        tok->mode = WFP_HTML_DATA;
        return;
    }
    if (tok->mode == WFP_HTML_DATA) {
        opens = wfp_html_text_opens(tok, i);
    }
    switch (opens) {
    case WFP_HTML_OPENS_TAG:
        tok->state = START_TAG_NAME;
        tok->at = i + 1;
        break;
    case WFP_HTML_OPENS_COMMENT:
        tok->state = COMMENT;
        tok->at = i + COMMENT_START;
        break;
    case WFP_HTML_OPENS_BOGUS:
        tok->state = BOGUS;
        tok->at = i + 2;
        break;
    case WFP_HTML_OPENS_DOCTYPE:
        tok->state = DOCTYPE;
        tok->at = i + DOCTYPE_START;
        break;
    case WFP_HTML_OPENS_CDATA:
        tok->state = MARKUP;
        tok->scan.at = CDATA_START;
        tok->mode = WFP_HTML_CDATA;
        break;
    case WFP_HTML_OPENS_EMPTY:
        tok->state = MARKUP;
        tok->scan.at = MARK_END;
        break;
    default:
        tok->state = END_TAG_NAME;
        tok->at = i + 2;
    }
}

static wfp_html_next_e give_text(wfp_html_token_t *token,
                                 wfp_html_tokenizer_t *tok, apr_size_t end,
                                 int last)
{
    apr_size_t at = tok->at;

    (void)give(token, tok, WFP_HTML_TEXT, end);
    token->text_size = token->size;
    token->last = last ? 1 : 0;
    tok->in_text = !token->last;
    tok->at = at;
    return WFP_HTML_TOKEN;
}

/* @return MORE with another state: markup begins */
static wfp_html_next_e next_text(wfp_html_token_t *token,
                                 wfp_html_tokenizer_t *tok)
{
    wfp_html_text_e found;
    apr_size_t end;
    int last;

    if (tok->start == tok->n && !tok->ended) {
        return WFP_HTML_MORE;
    }
    found = wfp_html_text_find(&end, tok);
    last = found == WFP_HTML_TEXT_ENDS || tok->ended;
    if (!last) {
        end = whole(tok, end);
    }
    if (end > tok->start || (last && tok->in_text)) {
        return give_text(token, tok, end, last);
    }
    if (found == WFP_HTML_TEXT_ENDS) {
        begin_markup(tok);
        return WFP_HTML_MORE;
    }
    return tok->ended ? WFP_HTML_END : WFP_HTML_MORE;
}

/* ---- tags -------------------------------------------------------------------- */

/* The stream ends inside a tag: browsers drop it. */
static wfp_html_next_e give_rest(wfp_html_token_t *token,
                                 wfp_html_tokenizer_t *tok)
{
    (void)give(token, tok, WFP_HTML_MARKUP, tok->n);
    token->unfinished = 1;
    return WFP_HTML_TOKEN;
}

static wfp_html_next_e wait_for_tag(wfp_html_token_t *token,
                                    wfp_html_tokenizer_t *tok)
{
    if (tok->n - tok->start > tok->max) {
        return WFP_HTML_TOO_LARGE;
    }
    return tok->ended ? give_rest(token, tok) : WFP_HTML_MORE;
}

static wfp_html_next_e next_tag(wfp_html_token_t *token,
                                wfp_html_tokenizer_t *tok)
{
    const char *s = tok->data + tok->start;
    apr_size_t n = tok->n - tok->start;
    wfp_html_scan_e said;
    int is_start = tok->state == START_TAG;

    do {
        said = wfp_html_attr_scan(&tok->scan, s, n);
    } while (said == WFP_HTML_SCAN_ATTR);
    if (said == WFP_HTML_SCAN_MORE) {
        return wait_for_tag(token, tok);
    }
    if (tok->scan.at > tok->max) {
        return WFP_HTML_TOO_LARGE;
    }
    (void)give(token, tok, is_start ? WFP_HTML_START_TAG : WFP_HTML_END_TAG,
               tok->start + tok->scan.at);
    token->text = token->raw + (is_start ? 1 : 2);
    token->text_size = wfp_html_attr_name_end(token->raw, token->size)
                       - (is_start ? 1 : 2);
    token->self_closing = is_start && tok->scan.self_closing;
    if (!is_start) {
        wfp_html_token_mode(tok, WFP_HTML_DATA, NULL);
    }
    return WFP_HTML_TOKEN;
}

static wfp_html_next_e next_tag_name(wfp_html_token_t *token,
                                     wfp_html_tokenizer_t *tok)
{
    const char *s = tok->data;

    while (tok->at < tok->n && s[tok->at] != '>' && s[tok->at] != '/'
           && !wfp_html_attr_is_space(s[tok->at])) {
        tok->at++;
    }
    if (tok->at == tok->n) {
        return wait_for_tag(token, tok);
    }
    wfp_html_attr_init(&tok->scan, tok->at - tok->start);
    tok->state = tok->state == START_TAG_NAME ? START_TAG : END_TAG;
    return next_tag(token, tok);
}

/* ---- comments and doctypes ------------------------------------------------------ */

/* A comment that is too large is given up to `end`, and goes on. */
static wfp_html_next_e spill(wfp_html_token_t *token, wfp_html_tokenizer_t *tok,
                             apr_size_t end, int state)
{
    (void)give(token, tok, WFP_HTML_COMMENT, end);
    token->partial = 1;
    token->last = 0;
    tok->state = state;
    tok->spilled = 1;
    return WFP_HTML_TOKEN;
}

/* Give a whole comment, its text from `from` on to `to` (offsets in it). */
static wfp_html_next_e give_comment(wfp_html_token_t *token,
                                    wfp_html_tokenizer_t *tok, apr_size_t end,
                                    apr_size_t from, apr_size_t to)
{
    (void)give(token, tok, WFP_HTML_COMMENT, end);
    if (tok->spilled || token->size > tok->max) {
        token->partial = 1;
        tok->spilled = 0;
        return WFP_HTML_TOKEN;
    }
    token->text = token->raw + from;
    token->text_size = to > from ? to - from : 0;
    return WFP_HTML_TOKEN;
}

/* The stream ends inside a comment: dashes that might have ended it are not
 * of its text. */
static wfp_html_next_e end_comment(wfp_html_token_t *token,
                                   wfp_html_tokenizer_t *tok)
{
    static const char *const ends[] = { "--!", "--", "-" };
    const char *s = tok->data + tok->start;
    apr_size_t n = tok->n - tok->start, to = n, i;

    for (i = 0; i < 3 && to == n; i++) {
        apr_size_t len = strlen(ends[i]);

        if (n >= COMMENT_START + len
            && memcmp(s + n - len, ends[i], len) == 0) {
            to = n - len;
        }
    }
    (void)give_comment(token, tok, tok->n, COMMENT_START, to);
    token->unfinished = 1;
    return WFP_HTML_TOKEN;
}

/* The ">" at `gt`: how many bytes end the comment with it? 0: none */
static apr_size_t ends_comment(const wfp_html_tokenizer_t *tok, apr_size_t gt)
{
    const char *s = tok->data + tok->start;
    apr_size_t i = gt - tok->start;
    apr_size_t first = tok->spilled ? 0 : COMMENT_START;

    if (!tok->spilled && (i == first || (i == first + 1 && s[first] == '-'))) {
        return i - first + 1; /* "<!-->" and "<!--->" */
    }
    if (i >= first + 2 && s[i - 1] == '-' && s[i - 2] == '-') {
        return 3;
    }
    if (i >= first + 3 && s[i - 1] == '!' && s[i - 2] == '-'
        && s[i - 3] == '-') {
        return 4;
    }
    return 0;
}

static wfp_html_next_e next_comment(wfp_html_token_t *token,
                                    wfp_html_tokenizer_t *tok)
{
    const char *gt;

    while (tok->at < tok->n
           && (gt = memchr(tok->data + tok->at, '>', tok->n - tok->at))) {
        apr_size_t i = (apr_size_t)(gt - tok->data);
        apr_size_t size = ends_comment(tok, i);

        if (size) {
            return give_comment(token, tok, i + 1, COMMENT_START,
                                i + 1 - tok->start - size);
        }
        tok->at = i + 1;
    }
    tok->at = tok->n;
    if (tok->ended) {
        return end_comment(token, tok);
    }
    /* three bytes may belong to its end */
    if (tok->n - tok->start > tok->max) {
        return spill(token, tok, tok->n - 3, COMMENT);
    }
    return WFP_HTML_MORE;
}

static wfp_html_next_e next_bogus(wfp_html_token_t *token,
                                  wfp_html_tokenizer_t *tok)
{
    const char *gt = memchr(tok->data + tok->at, '>', tok->n - tok->at);
    /* "<!" and "</" are no part of the text, the "?" of "<?" is */
    apr_size_t from = !tok->spilled && tok->data[tok->start + 1] == '?' ? 1 : 2;

    if (gt) {
        apr_size_t i = (apr_size_t)(gt - tok->data);

        return give_comment(token, tok, i + 1, from, i - tok->start);
    }
    tok->at = tok->n;
    if (tok->ended) {
        (void)give_comment(token, tok, tok->n, from, tok->n - tok->start);
        token->unfinished = 1;
        return WFP_HTML_TOKEN;
    }
    if (tok->n - tok->start > tok->max) {
        return spill(token, tok, tok->n - 1, BOGUS);
    }
    return WFP_HTML_MORE;
}

static wfp_html_next_e next_doctype(wfp_html_token_t *token,
                                    wfp_html_tokenizer_t *tok)
{
    const char *gt = memchr(tok->data + tok->at, '>', tok->n - tok->at);
    apr_size_t end;

    if (!gt && !tok->ended) {
        tok->at = tok->n;
        return tok->n - tok->start > tok->max ? WFP_HTML_TOO_LARGE
                                              : WFP_HTML_MORE;
    }
    end = gt ? (apr_size_t)(gt - tok->data) + 1 : tok->n;
    if (end - tok->start > tok->max) {
        return WFP_HTML_TOO_LARGE;
    }
    (void)give(token, tok, WFP_HTML_DOCTYPE, end);
    token->text = token->raw + DOCTYPE_START;
    token->text_size = token->size - DOCTYPE_START - (gt ? 1 : 0);
    token->unfinished = !gt;
    return WFP_HTML_TOKEN;
}

wfp_html_next_e wfp_html_token_next(wfp_html_token_t *token,
                                    wfp_html_tokenizer_t *tok)
{
    if (tok->state == TEXT) {
        wfp_html_next_e said = next_text(token, tok);

        if (said != WFP_HTML_MORE || tok->state == TEXT) {
            return said;
        }
    }
    switch (tok->state) {
    case START_TAG_NAME:
    case END_TAG_NAME:
        return next_tag_name(token, tok);
    case START_TAG:
    case END_TAG:
        return next_tag(token, tok);
    case COMMENT:
        return next_comment(token, tok);
    case BOGUS:
        return next_bogus(token, tok);
    case DOCTYPE:
        return next_doctype(token, tok);
    default:
        return give(token, tok, WFP_HTML_MARKUP, tok->start + tok->scan.at);
    }
}
