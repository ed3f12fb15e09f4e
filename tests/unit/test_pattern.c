/* SPDX-License-Identifier: Apache-2.0 */
/* The matcher by itself: results, captures, and that its work is bounded. What
   it matches is compared with the stock library in test_430_stdlib.py. */
#include "tests/unit/wfp_test.h"

#include <apr_strings.h>

#include "lua_runtime/pattern.h"
#include "tests/unit/lib_state.h"

/* One match, run protected; the subject may be large. */
typedef struct try_t {
    const char *subject;
    size_t subject_len;
    const char *pattern;
    ptrdiff_t end; /* of the match, -1: none */
    size_t spent;
} try_t;

static int run_try(lua_State *L)
{
    try_t *one = lua_touserdata(L, 1);
    wfp_pattern_t m;
    const char *end;

    wfp_pattern_init(&m, L, one->subject, one->subject_len, one->pattern,
                     strlen(one->pattern));
    end = wfp_pattern_match(&m, one->subject, one->pattern);
    one->end = end ? end - one->subject : -1;
    one->spent = lib_state_isolate.steps_max - m.steps;
    return 0;
}

/* @return NULL, or the error's text */
static const char *match(try_t *one, lua_State *L, const char *subject,
                         size_t n, const char *pattern)
{
    memset(one, 0, sizeof(*one));
    one->subject = subject;
    one->subject_len = n;
    one->pattern = pattern;
    lua_settop(L, 0);
    lua_pushcfunction(L, run_try);
    lua_pushlightuserdata(L, one);
    return lua_pcall(L, 1, 0, 0) == LUA_OK ? NULL : lua_tostring(L, -1);
}

static void pattern_matches_at_a_place(wfp_test_t *t)
{
    static const struct {
        const char *subject, *pattern;
        int end;
    } rows[] = {
        { "abc", "", 0 },         { "abc", "a", 1 },
        { "abc", "b", -1 },       { "aaab", "a*", 3 },
        { "aaab", "a*b", 4 },     { "aaab", "a-b", 4 },
        { "aaab", "a+ab", 4 },    { "b", "a?b", 1 },
        { "abc", "a?b?c?d?", 3 }, { "f(a(b)c)d", "f%b()", 8 },
        { "((a)", "%b()", -1 },   { "aXa", "%l%u%l$", 3 },
        { "x]y", "[^]]", 1 },     { "]", "[]]", 1 },
        { "a-z", "[a-]+", 2 },    { "abab", "(ab)%1", 4 },
        { "abac", "(ab)%1", -1 }, { "THE", "%f[%a]%a+%f[%A]", 3 },
        { "a\nb", "a%cb", 3 },    { "a$", "a$$", 2 },
        { "a$", "a%$$", 2 },      { "", "$", 0 },
        { "aab", "%bab", -1 },    { "aabb", "%bab", 4 },
        { "xyx", "%bxx", 3 },
    };
    lua_State *L = lib_state_new();
    size_t i;
    try_t one;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *error = match(&one, L, rows[i].subject,
                                  strlen(rows[i].subject), rows[i].pattern);

        if (error || one.end != rows[i].end) {
            printf("# %s in %s: %s %d\n", rows[i].pattern, rows[i].subject,
                   error ? error : "", (int)one.end);
        }
        CHECK(!error && one.end == rows[i].end);
    }
    lua_close(L);
}

static void pattern_refuses_bad_ones(wfp_test_t *t)
{
    static const struct {
        const char *pattern, *error;
    } rows[] = {
        { "%", "malformed pattern (ends with '%')" },
        { "[a", "malformed pattern (missing ']')" },
        { "[%", "malformed pattern (missing ']')" },
        { "[", "malformed pattern (missing ']')" },
        { "[^", "malformed pattern (missing ']')" },
        { "[]", "malformed pattern (missing ']')" },
        { "[a%]", "malformed pattern (missing ']')" },
        { "%bx", "malformed pattern (missing arguments to '%b')" },
        { "%b", "malformed pattern (missing arguments to '%b')" },
        { "%f", "missing '[' after '%f' in pattern" },
        { "%fa", "missing '[' after '%f' in pattern" },
        { "%1", "invalid capture index %1" },
        { "(%1)", "invalid capture index %1" },
        { ")", "invalid pattern capture" },
    };
    lua_State *L = lib_state_new();
    char many[200] = "";
    size_t i;
    try_t one;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_STR(match(&one, L, "aaa", 3, rows[i].pattern), rows[i].error);
    }
    for (i = 0; i < 33; i++) {
        memcpy(many + 2 * i, "()", 3);
    }
    CHECK_STR(match(&one, L, "a", 1, many), "too many captures");
    lua_close(L);
}

static void pattern_work_is_bounded(wfp_test_t *t)
{
    static const char *const slow[] = {
        "a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?b",
        ".-.-.-.-.-.-b",
        "a*a*a*a*a*a*b",
        "[^b]*[^b]*[^b]*b",
        "(.*).*.*%1b",
    };
    lua_State *L = lib_state_new();
    size_t i, n = 100000;
    char *text = apr_palloc(t->pool, n + 1);
    try_t one;

    memset(text, 'a', n);
    text[n] = '\0';
    for (i = 0; i < sizeof(slow) / sizeof(slow[0]); i++) {
        CHECK_STR(match(&one, L, text, n, slow[i]), "too much work");
    }
    lua_close(L);
}

static void pattern_spends_what_it_does(wfp_test_t *t)
{
    lua_State *L = lib_state_new();
    size_t n = 50000;
    char *text = apr_palloc(t->pool, n + 1);
    try_t one;

    memset(text, 'a', n);
    text[n] = '\0';
    CHECK(!match(&one, L, text, n, "a*"));
    CHECK(one.end == (ptrdiff_t)n && one.spent >= n && one.spent < n + 100);
    CHECK(!match(&one, L, text, n, "[bcda]*"));
    CHECK(one.end == (ptrdiff_t)n && one.spent >= 6 * n);
    CHECK(!match(&one, L, text, n, ".*"));
    CHECK(one.end == (ptrdiff_t)n && one.spent < 100);
    CHECK(!match(&one, L, text, n, "a-b"));
    CHECK(one.end == -1 && one.spent >= n);
    CHECK(!match(&one, L, text, n, "%bab"));
    CHECK(one.end == -1 && one.spent >= n - 1);
    CHECK_STR(match(&one, L, text, n, "[bcdefghijklmnopqrstuvwxyza]*"),
              "too much work");
    lua_close(L);
}

static void pattern_knows_plain_texts(wfp_test_t *t)
{
    const char *special = "^$*+?.([%-";

    CHECK(wfp_pattern_is_plain("", 0));
    CHECK(wfp_pattern_is_plain("a]){}\0b", 7));
    for (; *special; special++) {
        CHECK(!wfp_pattern_is_plain(special, 1));
    }
    CHECK(!wfp_pattern_is_plain("a\0.", 3));
}

static const wfp_test_case_t cases[] = {
    { "pattern_matches_at_a_place", pattern_matches_at_a_place },
    { "pattern_refuses_bad_ones", pattern_refuses_bad_ones },
    { "pattern_work_is_bounded", pattern_work_is_bounded },
    { "pattern_spends_what_it_does", pattern_spends_what_it_does },
    { "pattern_knows_plain_texts", pattern_knows_plain_texts },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
