/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look at source text before the parser sees it. When liblua words an error
 * it follows a value back through the code ("field 'b'"), one C call for each
 * index operation on the way: a long enough way overflows the C stack. So the
 * length of such ways is bounded here:
 *
 *  - index operations in a row: a.b.c["d"].e
 *  - in one function, index operations whose result goes into a variable that
 *    exists already: x = x.b x = x.b ...
 *
 * Calls end a way. The scan knows tokens and brackets, no grammar: what is no
 * Lua may pass, the parser refuses it. Called through sandbox.h by load() and
 * for uploads.
 */
#include <string.h>

#include "lua_runtime/pattern.h"
#include "lua_runtime/sandbox.h"

/* longest way */
#define WAY_MAX 4000

/* The parser refuses deeper nesting. */
#define NESTING_MAX 256

typedef enum {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_KEYWORD,
    TOKEN_LITERAL, /* string */
    TOKEN_OTHER,   /* number, operator: see scan->first */
} wfp_token_e;

/* What a word does to blocks and assignments. */
typedef enum {
    WORD_NAME,
    WORD_OPEN, /* a block */
    WORD_FUNCTION,
    WORD_CLOSE,
    WORD_LOCAL,
    WORD_OPERATOR,
    WORD_OTHER
} wfp_word_e;

/* What an open bracket or block was. */
typedef struct wfp_open_t {
    char what;      /* '(' call, 'g' group, '[' index, '{' table, 'f' function,
                       'b' block */
    char is_assign; /* of the enclosing level */
    int way;        /* of the enclosing level */
    int assigned;   /* of the enclosing function */
} wfp_open_t;

typedef struct wfp_scan_t {
    const char *s; /* not yet read */
    const char *end;
    wfp_token_e token; /* the current one */
    wfp_word_e word;   /* of TOKEN_KEYWORD */
    char first;        /* its first character */
    const char *start;
    int way;       /* index operations in a row, so far */
    int is_value;  /* 1: the token before can be indexed or called */
    int is_local;  /* 1: behind "local", before its '=' */
    int is_assign; /* 1: in the right side of an assignment to a name */
    int assigned;  /* index operations in such, in this function */
    int depth;
    wfp_open_t open[NESTING_MAX];
} wfp_scan_t;

static int is_name_char(char c)
{
    return c == '_'
           || (wfp_pattern_bytes[(unsigned char)c]
               & (WFP_BYTE_ALPHA | WFP_BYTE_DIGIT))
                  != 0;
}

/* Is there a long bracket at s? @return its '=' signs, or -1 */
static int long_bracket(const wfp_scan_t *scan, const char *s)
{
    int n = 0;

    if (s >= scan->end || *s != '[') {
        return -1;
    }
    for (s++; s < scan->end && *s == '='; s++) {
        n++;
    }
    return s < scan->end && *s == '[' ? n : -1;
}

/* Skip a long string or comment of that level, from behind its opening. */
static void skip_long(wfp_scan_t *scan, int level)
{
    const char *s = scan->s;

    for (; s < scan->end; s++) {
        int n = 0;

        if (*s != ']') {
            continue;
        }
        while (s + 1 + n < scan->end && s[1 + n] == '=') {
            n++;
        }
        if (n == level && s + 1 + n < scan->end && s[1 + n] == ']') {
            scan->s = s + n + 2;
            return;
        }
    }
    scan->s = scan->end;
}

static void skip_quoted(wfp_scan_t *scan, char quote)
{
    const char *s = scan->s;

    while (s < scan->end && *s != quote && *s != '\n') {
        s += *s == '\\' ? 2 : 1;
    }
    scan->s = s < scan->end ? s + 1 : scan->end;
}

/* Skip blanks and comments. */
static void skip_blank(wfp_scan_t *scan)
{
    for (;;) {
        int level;

        while (
            scan->s < scan->end
            && (wfp_pattern_bytes[(unsigned char)*scan->s] & WFP_BYTE_SPACE)) {
            scan->s++;
        }
        if (scan->end - scan->s < 2 || scan->s[0] != '-' || scan->s[1] != '-') {
            return;
        }
        scan->s += 2;
        level = long_bracket(scan, scan->s);
        if (level >= 0) {
            scan->s += level + 2;
            skip_long(scan, level);
        }
        else {
            const char *line = memchr(scan->s, '\n',
                                      (size_t)(scan->end - scan->s));

            scan->s = line ? line : scan->end;
        }
    }
}

/* @return what the word that was read is */
static wfp_word_e word_of(const wfp_scan_t *scan)
{
    static const struct {
        char text[9];
        unsigned char len;
        wfp_word_e word;
    } words[] = {
        { "and", 3, WORD_OPERATOR },      { "break", 5, WORD_OTHER },
        { "do", 2, WORD_OPEN },           { "else", 4, WORD_OTHER },
        { "elseif", 6, WORD_OTHER },      { "end", 3, WORD_CLOSE },
        { "false", 5, WORD_OTHER },       { "for", 3, WORD_OTHER },
        { "function", 8, WORD_FUNCTION }, { "goto", 4, WORD_OTHER },
        { "if", 2, WORD_OPEN },           { "in", 2, WORD_OTHER },
        { "local", 5, WORD_LOCAL },       { "nil", 3, WORD_OTHER },
        { "not", 3, WORD_OPERATOR },      { "or", 2, WORD_OPERATOR },
        { "repeat", 6, WORD_OPEN },       { "return", 6, WORD_OTHER },
        { "then", 4, WORD_OTHER },        { "true", 4, WORD_OTHER },
        { "until", 5, WORD_CLOSE },       { "while", 5, WORD_OTHER },
    };
    size_t i, n = (size_t)(scan->s - scan->start);

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].text[0] == scan->first && words[i].len == n
            && memcmp(words[i].text, scan->start, n) == 0) {
            return words[i].word;
        }
    }
    return WORD_NAME;
}

/* Operators of more than one character that begin like one that matters. */
static void read_operator(wfp_scan_t *scan)
{
    char c = scan->first;

    if (c == '.' || c == '=' || c == ':') {
        while (scan->s < scan->end && *scan->s == c) {
            scan->s++;
            scan->first = 'o'; /* "..", "...", "==", "::" */
        }
    }
    else if ((c == '<' || c == '>' || c == '~') && scan->s < scan->end
             && *scan->s == '=') {
        scan->s++;
    }
}

static void read_number(wfp_scan_t *scan)
{
    scan->first = '0';
    while (scan->s < scan->end && (is_name_char(*scan->s) || *scan->s == '.')) {
        scan->s++;
    }
}

/* Read the next token. */
static void next_token(wfp_scan_t *scan)
{
    int level;

    skip_blank(scan);
    scan->start = scan->s;
    if (scan->s >= scan->end) {
        scan->token = TOKEN_END;
        return;
    }
    level = long_bracket(scan, scan->s);
    scan->first = *scan->s++;
    scan->token = TOKEN_OTHER;
    if (wfp_pattern_bytes[(unsigned char)scan->first] & WFP_BYTE_DIGIT) {
        read_number(scan);
    }
    else if (is_name_char(scan->first)) {
        while (scan->s < scan->end && is_name_char(*scan->s)) {
            scan->s++;
        }
        scan->word = word_of(scan);
        scan->token = scan->word == WORD_NAME ? TOKEN_NAME : TOKEN_KEYWORD;
    }
    else if (scan->first == '"' || scan->first == '\'') {
        scan->token = TOKEN_LITERAL;
        skip_quoted(scan, scan->first);
    }
    else if (level >= 0) {
        scan->token = TOKEN_LITERAL;
        scan->s += level + 1;
        skip_long(scan, level);
    }
    else {
        read_operator(scan);
    }
}

/* @return 0: nested deeper than the parser allows */
static int push(wfp_scan_t *scan, char what)
{
    wfp_open_t *open;

    if (scan->depth == NESTING_MAX) {
        return 0;
    }
    open = &scan->open[scan->depth++];
    open->what = what;
    open->is_assign = (char)scan->is_assign;
    open->way = scan->way;
    open->assigned = scan->assigned;
    scan->way = 0;
    scan->is_value = 0;
    if (what == 'f') {
        scan->assigned = 0;
    }
    if (what != '[' && what != 'g') {
        scan->is_assign = 0; /* what is in there goes elsewhere */
    }
    return 1;
}

/* One more index operation, on top of a way. */
static void add_index(wfp_scan_t *scan, int way)
{
    scan->way = way + 1;
    scan->is_value = 1;
    scan->assigned += scan->is_assign;
}

/* A closing bracket or "end". */
static void pop(wfp_scan_t *scan)
{
    wfp_open_t *open;
    int inner = scan->way;

    if (scan->depth == 0) {
        return;
    }
    open = &scan->open[--scan->depth];
    scan->is_assign = open->is_assign;
    scan->way = 0;
    scan->is_value = 0;
    switch (open->what) {
    case '[':
        add_index(scan, open->way > inner ? open->way : inner);
        break;
    case 'g':
        scan->way = inner;
        scan->is_value = 1;
        break;
    case '(':
        scan->is_value = 1;
        break;
    case 'f':
        scan->assigned = open->assigned;
        break;
    default:
        break;
    }
}

/* @return 0: nested deeper than the parser allows */
static int see_keyword(wfp_scan_t *scan)
{
    scan->way = 0;
    scan->is_value = 0;
    scan->is_local = scan->word == WORD_LOCAL;
    if (scan->word != WORD_OPERATOR && scan->word != WORD_FUNCTION) {
        scan->is_assign = 0;
    }
    switch (scan->word) {
    case WORD_FUNCTION:
        return push(scan, 'f');
    case WORD_OPEN:
        return push(scan, 'b');
    case WORD_CLOSE:
        pop(scan);
        return 1;
    default:
        return 1;
    }
}

/* A '=': is it an assignment to a name that exists? */
static void see_assignment(wfp_scan_t *scan)
{
    int in_table = scan->depth && scan->open[scan->depth - 1].what == '{';

    /* a name alone before it, which makes no way */
    scan->is_assign = scan->is_value && scan->way == 0 && !in_table
                      && !scan->is_local;
    scan->is_local = 0;
    scan->way = 0;
    scan->is_value = 0;
}

/* @return 0: nested deeper than the parser allows */
static int see_other(wfp_scan_t *scan)
{
    switch (scan->first) {
    case '.':
        next_token(scan); /* the field's name */
        add_index(scan, scan->way);
        return 1;
    case '(':
        return push(scan, scan->is_value ? '(' : 'g');
    case '[':
        return push(scan, '[');
    case '{':
        return push(scan, '{');
    case ')':
    case ']':
    case '}':
        pop(scan);
        return 1;
    case '=':
        see_assignment(scan);
        return 1;
    default: /* a call by ':', an operator, a number */
        scan->is_local &= scan->first != ';';
        scan->way = 0;
        scan->is_value = 0;
        return 1;
    }
}

/* @return 0: the parser will refuse it */
static int see_token(wfp_scan_t *scan)
{
    switch (scan->token) {
    case TOKEN_NAME:
        scan->is_local &= !scan->is_value; /* else a new statement */
        scan->way = 0;
        scan->is_value = 1;
        return 1;
    case TOKEN_LITERAL: /* may be the argument of a call */
        scan->way = 0;
        scan->is_value = 1;
        return 1;
    case TOKEN_KEYWORD:
        return see_keyword(scan);
    default:
        return see_other(scan);
    }
}

const char *wfp_sandbox_scan(const char *source, size_t n, size_t max)
{
    wfp_scan_t scan;

    if (n > max) {
        return "source text too large";
    }
    if (n > 0 && source[0] == LUA_SIGNATURE[0]) {
        return "attempt to load a binary chunk";
    }
    memset(&scan, 0, offsetof(wfp_scan_t, open));
    scan.s = source;
    scan.end = source + n;
    for (;;) {
        next_token(&scan);
        if (scan.token == TOKEN_END || !see_token(&scan)) {
            return NULL;
        }
        if (scan.way > WAY_MAX || scan.assigned > WAY_MAX) {
            return "field chain too long";
        }
    }
}
