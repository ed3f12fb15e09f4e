/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small parts of selectors: names with escapes, quoted strings, numbers,
 * an+b. Called by html_selector.c, which knows what they mean.
 */
#include "core/html_reader.h"

#include <string.h>

/* It is wrong from `at` to where the reader is. */
apr_status_t wfp_html_reader_wrong(const wfp_html_reader_t *r, const char *what,
                                   apr_size_t at)
{
    apr_size_t end = r->at > at ? r->at : at + 1;

    r->fault->what = what;
    r->fault->at = at < r->n ? at : r->n;
    r->fault->size = (end < r->n ? end : r->n) - r->fault->at;
    return APR_EINVAL;
}

int wfp_html_reader_peek(const wfp_html_reader_t *r)
{
    return r->at < r->n ? (unsigned char)r->s[r->at] : -1;
}

int wfp_html_reader_skip_space(wfp_html_reader_t *r)
{
    apr_size_t before = r->at;

    while (r->at < r->n && wfp_html_attr_is_space(r->s[r->at])) {
        r->at++;
    }
    return r->at > before;
}

int wfp_html_reader_is_name_byte(int c)
{
    return c >= 0x80 || c == '-' || c == '_' || (c >= '0' && c <= '9')
           || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static int hex_value(int c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* An escape behind its backslash, which had one byte and gives up to four for
 * two at least: the text never grows beyond the selector, but for one escape
 * of one digit, whose character has one byte. */
static void take_escape(wfp_html_reader_t *r)
{
    unsigned code = 0;
    int digits = 0, c = wfp_html_reader_peek(r);

    if (hex_value(c) < 0) {
        *r->out++ = (char)c;
        r->at++;
        return;
    }
    while (digits < 6 && hex_value(wfp_html_reader_peek(r)) >= 0) {
        code = code * 16 + (unsigned)hex_value(wfp_html_reader_peek(r));
        r->at++;
        digits++;
    }
    if (r->at < r->n && wfp_html_attr_is_space(r->s[r->at])) {
        r->at++;
    }
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        code = 0xfffd;
    }
    if (code < 0x80) {
        *r->out++ = (char)code;
        return;
    }
    if (code >= 0x10000) {
        *r->out++ = (char)(0xf0 | code >> 18);
        *r->out++ = (char)(0x80 | (code >> 12 & 0x3f));
    }
    else if (code >= 0x800) {
        *r->out++ = (char)(0xe0 | code >> 12);
    }
    else {
        *r->out++ = (char)(0xc0 | code >> 6);
    }
    if (code >= 0x800) {
        *r->out++ = (char)(0x80 | (code >> 6 & 0x3f));
    }
    *r->out++ = (char)(0x80 | (code & 0x3f));
}

/* A name, its escapes resolved. */
apr_status_t wfp_html_reader_name(wfp_html_text_t *ptext, wfp_html_reader_t *r,
                                  wfp_html_read_e how)
{
    apr_size_t begin = r->at;

    ptext->s = r->out;
    if (how != WFP_HTML_READ_VALUE && r->at < r->n && r->s[r->at] >= '0'
        && r->s[r->at] <= '9') {
        return wfp_html_reader_wrong(r, "a name cannot begin with a digit",
                                     begin);
    }
    for (;;) {
        int c = wfp_html_reader_peek(r);

        if (c == '\\' && r->at + 1 < r->n) {
            r->at++;
            take_escape(r);
            continue;
        }
        if (c < 0 || !wfp_html_reader_is_name_byte(c)) {
            break;
        }
        *r->out++ = how == WFP_HTML_READ_LOWER && c >= 'A' && c <= 'Z'
                        ? (char)(c | 0x20)
                        : (char)c;
        r->at++;
    }
    ptext->n = (apr_size_t)(r->out - ptext->s);
    return r->at == begin ? wfp_html_reader_wrong(r, "a name is missing", begin)
                          : APR_SUCCESS;
}

apr_status_t wfp_html_reader_string(wfp_html_text_t *ptext,
                                    wfp_html_reader_t *r)
{
    apr_size_t begin = r->at;
    char quote = r->s[r->at++];

    ptext->s = r->out;
    while (r->at < r->n && r->s[r->at] != quote) {
        if (r->s[r->at] == '\\' && r->at + 1 < r->n) {
            r->at++;
            take_escape(r);
            continue;
        }
        *r->out++ = r->s[r->at++];
    }
    ptext->n = (apr_size_t)(r->out - ptext->s);
    if (r->at == r->n) {
        return wfp_html_reader_wrong(r, "a quote is not closed", begin);
    }
    r->at++;
    return APR_SUCCESS;
}

/* Digits; at most 9. */
static int take_number(apr_int32_t *pn, wfp_html_reader_t *r)
{
    int digits = 0;

    *pn = 0;
    while (digits < 9 && wfp_html_reader_peek(r) >= '0'
           && wfp_html_reader_peek(r) <= '9') {
        *pn = *pn * 10 + (r->s[r->at++] - '0');
        digits++;
    }
    return digits > 0;
}

static apr_int32_t take_sign(wfp_html_reader_t *r)
{
    int c = wfp_html_reader_peek(r);

    if (c == '+' || c == '-') {
        r->at++;
    }
    return c == '-' ? -1 : 1;
}

int wfp_html_reader_word(wfp_html_reader_t *r, const char *word)
{
    apr_size_t n = strlen(word);

    if (r->n - r->at < n || !wfp_html_attr_same(r->s + r->at, word, n)) {
        return 0;
    }
    r->at += n;
    return 1;
}

/* What stands in ":nth-child(...)" up to ")". */
apr_status_t wfp_html_reader_nth(wfp_html_rule_t *rule, wfp_html_reader_t *r)
{
    apr_size_t begin = r->at;
    apr_int32_t sign, n;
    int digits;

    (void)wfp_html_reader_skip_space(r);
    if (wfp_html_reader_word(r, "odd") || wfp_html_reader_word(r, "even")) {
        rule->a = 2;
        rule->b = (r->s[r->at - 1] | 0x20) == 'd';
    }
    else {
        sign = take_sign(r);
        digits = take_number(&n, r);
        if (wfp_html_reader_word(r, "n")) {
            rule->a = sign * (digits ? n : 1);
            (void)wfp_html_reader_skip_space(r);
            if (wfp_html_reader_peek(r) == '+'
                || wfp_html_reader_peek(r) == '-') {
                sign = take_sign(r);
                (void)wfp_html_reader_skip_space(r);
                digits = take_number(&n, r);
                rule->b = sign * n;
            }
            else {
                digits = 1;
            }
        }
        else {
            rule->b = sign * n;
        }
        if (!digits) {
            return wfp_html_reader_wrong(r, "a number is missing", begin);
        }
    }
    (void)wfp_html_reader_skip_space(r);
    if (wfp_html_reader_peek(r) != ')') {
        return wfp_html_reader_wrong(r, "\")\" is missing", begin);
    }
    r->at++;
    return APR_SUCCESS;
}
