/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metered matcher. Called by lib_match.c. It may raise Lua errors and be
 * left at any instruction; it allocates nothing. Recursion is bounded by
 * DEPTH_MAX, work by the budget.
 */
#include <string.h>

#include "lua_runtime/pattern.h"

#define DEPTH_MAX 200
#define ESC       '%'

/* Classes by letter; 0: the letter is no class. */
static const unsigned short classes[26] = {
    ['a' - 'a'] = WFP_BYTE_ALPHA,
    ['c' - 'a'] = WFP_BYTE_CNTRL,
    ['d' - 'a'] = WFP_BYTE_DIGIT,
    ['g' - 'a'] = WFP_BYTE_GRAPH,
    ['l' - 'a'] = WFP_BYTE_LOWER,
    ['p' - 'a'] = WFP_BYTE_PUNCT,
    ['s' - 'a'] = WFP_BYTE_SPACE,
    ['u' - 'a'] = WFP_BYTE_UPPER,
    ['w' - 'a'] = WFP_BYTE_ALPHA | WFP_BYTE_DIGIT,
    ['x' - 'a'] = WFP_BYTE_XDIGIT,
    ['z' - 'a'] = WFP_BYTE_ZERO,
};

#define BYTE(p) ((unsigned char)*(p))

static const char *match(wfp_pattern_t *m, const char *s, const char *p);

/* Take n steps from the budget. */
static inline void spend(wfp_pattern_t *m, size_t n)
{
    if (n > m->steps) {
        wfp_lib_too_much(m->L);
    }
    m->steps -= n;
}

/* Is c in the class behind a '%'? */
static int is_in_class(unsigned char c, unsigned char letter)
{
    unsigned mask = 0;

    if (wfp_pattern_bytes[letter] & WFP_BYTE_ALPHA) {
        mask = classes[(letter | 0x20) - 'a'];
    }
    if (!mask) {
        return letter == c;
    }
    return !(wfp_pattern_bytes[c] & mask)
           == !!(wfp_pattern_bytes[letter] & WFP_BYTE_UPPER);
}

/* Is c in the set from '[' at p to ']' at end? */
static int is_in_set(unsigned char c, const char *p, const char *end)
{
    int found = 1;

    p++;
    if (*p == '^') {
        found = 0;
        p++;
    }
    for (; p < end; p++) {
        if (*p == ESC) {
            p++;
            if (is_in_class(c, BYTE(p))) {
                return found;
            }
        }
        else if (p[1] == '-' && p + 2 < end) {
            if (BYTE(p) <= c && c <= BYTE(p + 2)) {
                return found;
            }
            p += 2;
        }
        else if (BYTE(p) == c) {
            return found;
        }
    }
    return !found;
}

/* @return where the single character item at p ends */
static const char *item_end(wfp_pattern_t *m, const char *p)
{
    const char *end = m->pattern_end;
    const char *start = p;

    if (*p == ESC) {
        if (p + 1 == end) {
            luaL_error(m->L, "malformed pattern (ends with '%%')");
        }
        return p + 2;
    }
    if (*p != '[') {
        return p + 1;
    }
    p++;
    if (*p == '^') {
        p++;
    }
    do { /* a ']' at once is a member */
        if (p == end) {
            luaL_error(m->L, "malformed pattern (missing ']')");
        }
        if (*p == ESC && p + 1 < end) {
            p++;
        }
        p++;
    } while (p == end || *p != ']');
    spend(m, (size_t)(p - start));
    return p + 1;
}

/* Does the item p..end match the character at s? */
static inline int is_item(const wfp_pattern_t *m, const char *s, const char *p,
                          const char *end)
{
    if (s >= m->subject_end) {
        return 0;
    }
    switch (*p) {
    case '.':
        return 1;
    case ESC:
        return is_in_class(BYTE(s), BYTE(p + 1));
    case '[':
        return is_in_set(BYTE(s), p, end - 1);
    default:
        return *p == *s;
    }
}

/* @return how many characters from s on match the item */
static size_t count_items(wfp_pattern_t *m, const char *s, const char *p,
                          const char *end)
{
    size_t cost = *p == '[' ? (size_t)(end - p) : 1;
    size_t left = (size_t)(m->subject_end - s);
    size_t max = m->steps / cost;
    size_t n = 0;

    if (*p == '.') {
        n = left; /* nothing to look at */
    }
    else {
        const char *stop = left > max ? s + max : m->subject_end;

        while (s + n < stop && is_item(m, s + n, p, end)) {
            n++;
        }
        if (n == max && n < left) {
            wfp_lib_too_much(m->L);
        }
        m->steps -= n * cost;
    }
    return n;
}

/* p..end followed by '*' or '+': as many as possible, then fewer */
static const char *match_longest(wfp_pattern_t *m, const char *s, const char *p,
                                 const char *end)
{
    size_t n = count_items(m, s, p, end);

    if (end + 1 == m->pattern_end) {
        return s + n; /* the rest is empty: it matches */
    }
    for (;; n--) {
        const char *found = match(m, s + n, end + 1);

        if (found || n == 0) {
            return found;
        }
    }
}

/* p..end followed by '-': as few as possible, then more */
static const char *match_shortest(wfp_pattern_t *m, const char *s,
                                  const char *p, const char *end)
{
    size_t cost = *p == '[' ? (size_t)(end - p) : 1;

    for (;;) {
        const char *found = match(m, s, end + 1);

        if (found || !is_item(m, s, p, end)) {
            return found;
        }
        spend(m, cost);
        s++;
    }
}

static const char *match_open(wfp_pattern_t *m, const char *s, const char *p,
                              ptrdiff_t what)
{
    const char *found;

    if (m->level >= WFP_PATTERN_CAPTURES) {
        luaL_error(m->L, "too many captures");
    }
    m->captures[m->level].start = s;
    m->captures[m->level].len = what;
    m->level++;
    found = match(m, s, p);
    if (!found) {
        m->level--;
    }
    return found;
}

static const char *match_close(wfp_pattern_t *m, const char *s, const char *p)
{
    const char *found;
    int i = m->level - 1;

    while (i >= 0 && m->captures[i].len != WFP_CAPTURE_OPEN) {
        i--;
    }
    if (i < 0) {
        luaL_error(m->L, "invalid pattern capture");
    }
    m->captures[i].len = s - m->captures[i].start;
    found = match(m, s, p);
    if (!found) {
        m->captures[i].len = WFP_CAPTURE_OPEN;
    }
    return found;
}

/* %bxy with x at p. @return behind the balanced part, or NULL */
static const char *match_balance(wfp_pattern_t *m, const char *s, const char *p)
{
    const char *start = s;
    size_t open = 1;

    if (m->pattern_end - p < 2) {
        luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    }
    if (s >= m->subject_end || *s != *p) {
        return NULL;
    }
    for (s++; s < m->subject_end; s++) {
        if ((size_t)(s - start) > m->steps) {
            wfp_lib_too_much(m->L);
        }
        if (*s == p[1]) {
            if (--open == 0) {
                break;
            }
        }
        else if (*s == *p) {
            open++;
        }
    }
    spend(m, (size_t)(s - start));
    return s < m->subject_end ? s + 1 : NULL;
}

/* %f[set] with the set at p. @return behind the set, or NULL */
static const char *match_frontier(wfp_pattern_t *m, const char *s,
                                  const char *p)
{
    const char *end;
    unsigned char before, after;

    if (*p != '[') {
        luaL_error(m->L, "missing '[' after '%%f' in pattern");
    }
    end = item_end(m, p);
    before = s == m->subject ? 0 : BYTE(s - 1);
    after = s == m->subject_end ? 0 : BYTE(s);
    return !is_in_set(before, p, end - 1) && is_in_set(after, p, end - 1)
               ? end
               : NULL;
}

/* %1 to %9. @return behind the repeated text, or NULL */
static const char *match_again(wfp_pattern_t *m, const char *s, char digit)
{
    int i = digit - '1';
    size_t n;

    if (i < 0 || i >= m->level || m->captures[i].len == WFP_CAPTURE_OPEN) {
        luaL_error(m->L, "invalid capture index %%%d", i + 1);
    }
    /* a position capture, as in the stock library, never fits */
    n = (size_t)m->captures[i].len;
    if ((size_t)(m->subject_end - s) < n) {
        return NULL;
    }
    spend(m, n);
    return memcmp(m->captures[i].start, s, n) == 0 ? s + n : NULL;
}

/*
 * One item with what follows it at *pp, s and p moved on when the match can go
 * on without recursion.
 *
 * @return 1: go on at *ps, *pp; 0: *ps is the result
 */
static inline int match_item(wfp_pattern_t *m, const char **ps, const char **pp)
{
    const char *s = *ps, *p = *pp, *end = item_end(m, p);
    char suffix = end < m->pattern_end ? *end : '\0';

    switch (suffix) {
    case '*':
        *ps = match_longest(m, s, p, end);
        return 0;
    case '+':
        *ps = is_item(m, s, p, end) ? match_longest(m, s + 1, p, end) : NULL;
        return 0;
    case '-':
        *ps = match_shortest(m, s, p, end);
        return 0;
    case '?':
        *pp = end + 1;
        if (is_item(m, s, p, end)) {
            const char *found = match(m, s + 1, end + 1);

            if (found) {
                *ps = found;
                return 0;
            }
        }
        return 1;
    default:
        if (!is_item(m, s, p, end)) {
            *ps = NULL;
            return 0;
        }
        *ps = s + 1;
        *pp = end;
        return 1;
    }
}

/* What follows a '%' at p. As match_item(). */
static int match_escape(wfp_pattern_t *m, const char **ps, const char **pp)
{
    const char *s = *ps, *p = *pp;

    switch (p[1]) {
    case 'b':
        *ps = match_balance(m, s, p + 2);
        *pp = p + 4;
        return *ps != NULL;
    case 'f':
        *pp = match_frontier(m, s, p + 2);
        if (!*pp) {
            *ps = NULL;
        }
        return *pp != NULL;
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        *ps = match_again(m, s, p[1]);
        *pp = p + 2;
        return *ps != NULL;
    default:
        return match_item(m, ps, pp);
    }
}

/* Match the rest of the pattern from p on at s. */
static const char *match(wfp_pattern_t *m, const char *s, const char *p)
{
    int go_on = 1;

    if (m->depth-- == 0) {
        luaL_error(m->L, "pattern too complex");
    }
    while (go_on && p != m->pattern_end) {
        spend(m, 1);
        switch (*p) {
        case '(':
            s = p[1] == ')' ? match_open(m, s, p + 2, WFP_CAPTURE_POSITION)
                            : match_open(m, s, p + 1, WFP_CAPTURE_OPEN);
            go_on = 0;
            break;
        case ')':
            s = match_close(m, s, p + 1);
            go_on = 0;
            break;
        case '$':
            if (p + 1 == m->pattern_end) {
                s = s == m->subject_end ? s : NULL;
                go_on = 0;
                break;
            }
            go_on = match_item(m, &s, &p);
            break;
        case ESC:
            go_on = match_escape(m, &s, &p);
            break;
        default:
            go_on = match_item(m, &s, &p);
        }
    }
    m->depth++;
    return s;
}

void wfp_pattern_init(wfp_pattern_t *m, lua_State *L, const char *subject,
                      size_t subject_len, const char *pattern,
                      size_t pattern_len)
{
    m->L = L;
    m->subject = subject;
    m->subject_end = subject + subject_len;
    m->pattern_end = pattern + pattern_len;
    m->steps = wfp_lib_steps(L);
    m->level = 0;
    m->depth = DEPTH_MAX;
}

const char *wfp_pattern_match(wfp_pattern_t *m, const char *s, const char *p)
{
    m->level = 0;
    m->depth = DEPTH_MAX;
    return match(m, s, p);
}

wfp_capture_t wfp_pattern_capture(wfp_pattern_t *m, int i, const char *s,
                                  const char *e)
{
    wfp_capture_t whole;

    if (i < m->level) {
        if (m->captures[i].len == WFP_CAPTURE_OPEN) {
            luaL_error(m->L, "unfinished capture");
        }
        return m->captures[i];
    }
    if (i != 0) {
        luaL_error(m->L, "invalid capture index %%%d", i + 1);
    }
    whole.start = s;
    whole.len = e - s;
    return whole;
}

void wfp_pattern_push_capture(wfp_pattern_t *m, int i, const char *s,
                              const char *e)
{
    wfp_capture_t capture = wfp_pattern_capture(m, i, s, e);

    if (capture.len == WFP_CAPTURE_POSITION) {
        lua_pushinteger(m->L, capture.start - m->subject + 1);
    }
    else {
        lua_pushlstring(m->L, capture.start, (size_t)capture.len);
    }
}

int wfp_pattern_push_captures(wfp_pattern_t *m, const char *s, const char *e)
{
    int n = m->level == 0 && s ? 1 : m->level;
    int i;

    luaL_checkstack(m->L, n, "too many captures");
    for (i = 0; i < n; i++) {
        wfp_pattern_push_capture(m, i, s, e);
    }
    return n;
}
