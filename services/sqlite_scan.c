/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens and statements of SQL, as SQLite divides it. Where a trigger ends is
 * told as sqlite3_complete() does: "; END ;".
 */
#include "services/sqlite_scan.h"

#include <string.h>
#include <strings.h>

static int is_word(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_' || c == '$' || c >= 0x80;
}

static int is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

/* Behind the comment at s, or s when there is none. */
static const char *skip_comment(const char *s, const char *end)
{
    const char *close;

    if (end - s < 2) {
        return s;
    }
    if (s[0] == '-' && s[1] == '-') {
        close = memchr(s, '\n', (size_t)(end - s));
        return close ? close : end;
    }
    if (s[0] == '/' && s[1] == '*' && end - s > 2) {
        for (close = s + 3; close < end; close++) {
            if (close[-1] == '*' && close[0] == '/') {
                return close + 1;
            }
        }
        return end;
    }
    return s;
}

static const char *skip_blanks(const char *s, const char *end)
{
    const char *before;

    do {
        before = s;
        while (s < end && is_blank(*s)) {
            s++;
        }
        s = skip_comment(s, end);
    } while (s != before);
    return s;
}

/* Behind the quoted text at s; a doubled quote is one of its characters. */
static const char *skip_quoted(const char *s, const char *end)
{
    char quote = *s == '[' ? ']' : *s;

    for (s++; s < end; s++) {
        if (*s == quote) {
            if (quote == ']' || s + 1 == end || s[1] != quote) {
                return s + 1;
            }
            s++;
        }
    }
    return end;
}

static wfp_sqlite_token_e kind_of(const char *s, const char *end)
{
    switch (*s) {
    case '\'':
    case '"':
    case '`':
    case '[':
        return WFP_SQLITE_QUOTED;
    case '(':
        return WFP_SQLITE_OPEN;
    case ')':
        return WFP_SQLITE_CLOSE;
    case ';':
        return WFP_SQLITE_SEMI;
    case '|':
        return s + 1 < end && s[1] == '|' ? WFP_SQLITE_CONCAT
                                          : WFP_SQLITE_OTHER;
    default:
        return is_word((unsigned char)*s) ? WFP_SQLITE_WORD : WFP_SQLITE_OTHER;
    }
}

void wfp_sqlite_scan_next(wfp_sqlite_token_t *token, const char **pat,
                          const char *end)
{
    const char *s = skip_blanks(*pat, end), *next;

    if (s >= end || *s == '\0') {
        token->kind = WFP_SQLITE_END;
        token->s = *pat = s;
        token->n = 0;
        return;
    }
    token->kind = kind_of(s, end);
    token->s = s;
    next = s + 1;
    if (token->kind == WFP_SQLITE_QUOTED) {
        next = skip_quoted(s, end);
    }
    else if (token->kind == WFP_SQLITE_CONCAT) {
        next = s + 2;
    }
    while (token->kind == WFP_SQLITE_WORD && next < end
           && is_word((unsigned char)*next)) {
        next++;
    }
    token->n = (apr_size_t)(next - s);
    *pat = next;
}

int wfp_sqlite_scan_is(const wfp_sqlite_token_t *token, const char *word)
{
    return token->kind == WFP_SQLITE_WORD && strlen(word) == token->n
           && strncasecmp(token->s, word, token->n) == 0;
}

/* Is it one that makes a trigger? */
static int makes_trigger(const char *sql, const char *end)
{
    wfp_sqlite_token_t token;
    int i;

    wfp_sqlite_scan_next(&token, &sql, end);
    for (i = 0; i < 3
                && (wfp_sqlite_scan_is(&token, "explain")
                    || wfp_sqlite_scan_is(&token, "query")
                    || wfp_sqlite_scan_is(&token, "plan"));
         i++) {
        wfp_sqlite_scan_next(&token, &sql, end);
    }
    if (!wfp_sqlite_scan_is(&token, "create")) {
        return 0;
    }
    wfp_sqlite_scan_next(&token, &sql, end);
    if (wfp_sqlite_scan_is(&token, "temp")
        || wfp_sqlite_scan_is(&token, "temporary")) {
        wfp_sqlite_scan_next(&token, &sql, end);
    }
    return wfp_sqlite_scan_is(&token, "trigger");
}

apr_size_t wfp_sqlite_scan_statement(const char *sql, apr_size_t n)
{
    const char *at = sql, *end = sql + n;
    int has_body = makes_trigger(sql, end), ended = 0;
    wfp_sqlite_token_e before = WFP_SQLITE_END;
    wfp_sqlite_token_t token;

    for (;;) {
        wfp_sqlite_scan_next(&token, &at, end);
        if (token.kind == WFP_SQLITE_END) {
            return n;
        }
        if (token.kind == WFP_SQLITE_SEMI && (!has_body || ended)) {
            return (apr_size_t)(at - sql);
        }
        ended = before == WFP_SQLITE_SEMI && wfp_sqlite_scan_is(&token, "end");
        before = token.kind;
    }
}
