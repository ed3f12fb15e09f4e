/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Weights of statements. A body is a row of tokens; one that is the name of a
 * view or CTE weighs what that weighs. Which of several of one name is meant is
 * not asked: the heaviest counts. One that is being weighed counts nothing
 * inside itself: SQLite does not expand a table into itself. What was weighed
 * without it is weighed again where it counts. Called by sqlite_prepare.c.
 */
#include "services/sqlite_weight.h"

#include <apr_strings.h>
#include <apr_tables.h>
#include <stdlib.h>
#include <string.h>

#include "services/sqlite_scan.h"

/* Looks at tokens before it is given up. */
#define STEPS_MAX 1000000

/* A CTE has at most 100 columns. */
#define COLUMN_TOKENS_MAX 250

typedef struct body_t {
    apr_uint64_t name; /* hash; 0: nobody's */
    const char *s;
    const char *end;
    wfp_sqlite_weight_t weight;
    enum {
        NEW = 0,
        BUSY,
        DONE
    } state;
    int depth; /* while BUSY: how many are, from 1 */
} body_t;

struct wfp_sqlite_views_t {
    apr_array_header_t *bodies; /* body_t */
    apr_int64_t max;
    apr_int64_t steps;
    int busy;   /* bodies that are being weighed */
    int passed; /* the outermost of them that was met inside, 0: none */
    int is_sorted;
};

static void hash_byte(apr_uint64_t *hash, unsigned char c)
{
    *hash ^= c >= 'A' && c <= 'Z' ? c + 32U : c;
    *hash *= APR_UINT64_C(1099511628211);
}

#define HASH_BASIS APR_UINT64_C(14695981039346656037)

/* Of a name, in lower case. */
static apr_uint64_t hash_name(const char *name)
{
    apr_uint64_t hash = HASH_BASIS;

    for (; *name; name++) {
        hash_byte(&hash, (unsigned char)*name);
    }
    return hash | 1;
}

/* Of a name as it is written: without its quotes. */
static apr_uint64_t hash_of(const char *s, apr_size_t n)
{
    apr_uint64_t hash = HASH_BASIS;
    char quote = n > 1 && (*s == '\'' || *s == '"' || *s == '`') ? *s : '\0';
    apr_size_t i = 0;

    if (n > 1 && (quote || *s == '[')) {
        i++;
        n--;
    }
    for (; i < n; i++) {
        hash_byte(&hash, (unsigned char)s[i]);
        i += quote && s[i] == quote; /* doubled inside */
    }
    return hash | 1;
}

wfp_sqlite_views_t *wfp_sqlite_views_make(apr_pool_t *p)
{
    wfp_sqlite_views_t *views = apr_pcalloc(p, sizeof(*views));

    views->bodies = apr_array_make(p, 16, sizeof(body_t));
    return views;
}

static void add_body(wfp_sqlite_views_t *views, apr_uint64_t name,
                     const char *s, const char *end)
{
    body_t *body = apr_array_push(views->bodies);

    memset(body, 0, sizeof(*body));
    body->name = name;
    body->s = s;
    body->end = end;
    views->is_sorted = 0;
}

static int by_name(const void *a, const void *b)
{
    apr_uint64_t x = ((const body_t *)a)->name, y = ((const body_t *)b)->name;

    return x < y ? -1 : x > y;
}

/* The first body of that name, or NULL. */
static body_t *find(wfp_sqlite_views_t *views, apr_uint64_t name)
{
    body_t *all = (body_t *)views->bodies->elts;
    int low = 0, high = views->bodies->nelts;

    while (low < high) {
        int middle = (low + high) / 2;

        if (all[middle].name < name) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low < views->bodies->nelts && all[low].name == name ? &all[low]
                                                               : NULL;
}

static int weigh_body(wfp_sqlite_views_t *views, body_t *body);

/* Add what the name weighs, the heaviest of all that have it. */
static int add_named(wfp_sqlite_views_t *views, wfp_sqlite_weight_t *sum,
                     apr_uint64_t name)
{
    wfp_sqlite_weight_t most = { 0, 0 };
    const body_t *end = (const body_t *)views->bodies->elts
                        + views->bodies->nelts;
    body_t *body = find(views, name);

    for (; body && body < end && body->name == name; body++) {
        if (body->state == BUSY) {
            if (!views->passed || body->depth < views->passed) {
                views->passed = body->depth;
            }
            continue;
        }
        if (!weigh_body(views, body)) {
            return 0;
        }
        most.tokens = body->weight.tokens > most.tokens ? body->weight.tokens
                                                        : most.tokens;
        most.makers = body->weight.makers > most.makers ? body->weight.makers
                                                        : most.makers;
    }
    sum->tokens += most.tokens;
    sum->makers += most.makers;
    return 1;
}

/* Does the token stand for work on a value, 2 MB maybe, that SQLite does not
 * look at its bounds in? LIKE and GLOB take the longest. */
static int makes(const wfp_sqlite_token_t *token)
{
    switch (token->kind) {
    case WFP_SQLITE_OPEN:
    case WFP_SQLITE_CONCAT:
        return 1;
    case WFP_SQLITE_OTHER:
        return strchr("=<>!+-*/%&|~", *token->s) != NULL;
    case WFP_SQLITE_WORD:
        return wfp_sqlite_scan_is(token, "like")
                       || wfp_sqlite_scan_is(token, "glob")
                       || wfp_sqlite_scan_is(token, "collate")
                   ? 4
                   : wfp_sqlite_scan_is(token, "between")
                         || wfp_sqlite_scan_is(token, "when")
                         || wfp_sqlite_scan_is(token, "is")
                         || wfp_sqlite_scan_is(token, "in");
    default:
        return 0;
    }
}

/* @return 0: it is too much */
static int weigh_body(wfp_sqlite_views_t *views, body_t *body)
{
    wfp_sqlite_weight_t sum = { 0, 0 };
    const char *at = body->s;
    wfp_sqlite_token_t token;

    if (body->state == DONE) {
        return 1;
    }
    body->state = BUSY;
    body->depth = ++views->busy;
    for (;;) {
        wfp_sqlite_scan_next(&token, &at, body->end);
        if (token.kind == WFP_SQLITE_END) {
            break;
        }
        if (++views->steps > STEPS_MAX || sum.tokens > views->max) {
            return 0;
        }
        sum.tokens++;
        sum.makers += makes(&token);
        if ((token.kind == WFP_SQLITE_WORD || token.kind == WFP_SQLITE_QUOTED)
            && !add_named(views, &sum, hash_of(token.s, token.n))) {
            return 0;
        }
    }
    body->weight = sum;
    body->state = DONE;
    if (views->passed && views->passed < body->depth) {
        body->state = NEW; /* it may weigh more elsewhere */
    }
    else {
        views->passed = 0;
    }
    views->busy--;
    return sum.tokens <= views->max;
}

/* Behind the parenthesis that closes the one before at. */
static const char *close_of(wfp_sqlite_views_t *views, const char *at,
                            const char *end)
{
    wfp_sqlite_token_t token;
    int depth = 1;

    do {
        wfp_sqlite_scan_next(&token, &at, end);
        depth += token.kind == WFP_SQLITE_OPEN;
        depth -= token.kind == WFP_SQLITE_CLOSE;
        views->steps++;
    } while (depth > 0 && token.kind != WFP_SQLITE_END
             && views->steps < STEPS_MAX);
    return at;
}

/* Behind a list of columns, or end when it is none: names and commas. */
static const char *skip_columns(const char *at, const char *end)
{
    wfp_sqlite_token_t token;
    int i;

    for (i = 0; i < COLUMN_TOKENS_MAX; i++) {
        wfp_sqlite_scan_next(&token, &at, end);
        if (token.kind == WFP_SQLITE_CLOSE) {
            return at;
        }
        if (token.kind == WFP_SQLITE_OPEN || token.kind == WFP_SQLITE_END) {
            break;
        }
    }
    return end;
}

/* Is the text behind a name that of a CTE: [(columns)] AS [[NOT] MATERIALIZED]
 * ( body )? Then the body is added. */
static void add_cte(wfp_sqlite_views_t *views, apr_uint64_t name,
                    const char *at, const char *end)
{
    wfp_sqlite_token_t token;

    wfp_sqlite_scan_next(&token, &at, end);
    if (token.kind == WFP_SQLITE_OPEN) {
        at = skip_columns(at, end);
        wfp_sqlite_scan_next(&token, &at, end);
    }
    if (!wfp_sqlite_scan_is(&token, "as")) {
        return;
    }
    wfp_sqlite_scan_next(&token, &at, end);
    if (wfp_sqlite_scan_is(&token, "not")) {
        wfp_sqlite_scan_next(&token, &at, end);
    }
    if (wfp_sqlite_scan_is(&token, "materialized")) {
        wfp_sqlite_scan_next(&token, &at, end);
    }
    if (token.kind == WFP_SQLITE_OPEN) {
        add_body(views, name, at, close_of(views, at, end));
    }
}

/* All CTEs of a text that has any. */
static void add_ctes(wfp_sqlite_views_t *views, const char *s, const char *end)
{
    const char *at = s;
    wfp_sqlite_token_t token;
    int has_with = 0;

    for (;;) {
        wfp_sqlite_scan_next(&token, &at, end);
        if (token.kind == WFP_SQLITE_END) {
            return;
        }
        has_with |= wfp_sqlite_scan_is(&token, "with");
        if (has_with
            && (token.kind == WFP_SQLITE_WORD
                || token.kind == WFP_SQLITE_QUOTED)) {
            add_cte(views, hash_of(token.s, token.n), at, end);
        }
    }
}

static void prepare(wfp_sqlite_views_t *views, apr_int64_t max)
{
    if (!views->is_sorted) {
        qsort(views->bodies->elts, (size_t)views->bodies->nelts, sizeof(body_t),
              by_name);
        views->is_sorted = 1;
    }
    views->max = max;
}

wfp_sqlite_views_t *wfp_sqlite_views_copy(const wfp_sqlite_views_t *views,
                                          apr_pool_t *p)
{
    wfp_sqlite_views_t *copy = apr_pmemdup(p, views, sizeof(*views));

    copy->bodies = apr_array_copy(p, views->bodies);
    return copy;
}

void wfp_sqlite_views_add_token(wfp_sqlite_views_t *views, const char *token,
                                const char *sql, apr_size_t n)
{
    add_body(views, hash_of(token, strlen(token)), sql, sql + n);
}

void wfp_sqlite_views_add(wfp_sqlite_views_t *views, const char *name,
                          const char *sql, apr_size_t n, int is_trigger)
{
    add_body(views, is_trigger ? 0 : hash_name(name), sql, sql + n);
    add_ctes(views, sql, sql + n);
}

int wfp_sqlite_weigh(wfp_sqlite_weight_t *weight, wfp_sqlite_views_t *views,
                     const char *sql, apr_size_t n, apr_int64_t max,
                     apr_pool_t *p)
{
    wfp_sqlite_views_t here = *views;
    body_t whole = { 0, sql, sql + n, { 0, 0 }, NEW, 0 };
    int fits;

    here.bodies = apr_array_copy(p, views->bodies);
    add_ctes(&here, sql, sql + n);
    prepare(&here, max);
    fits = weigh_body(&here, &whole);
    *weight = whole.weight;
    return fits;
}

int wfp_sqlite_weigh_all(wfp_sqlite_weight_t *weight, wfp_sqlite_views_t *views,
                         apr_int64_t max, apr_pool_t *p)
{
    wfp_sqlite_views_t here = *views;
    int i;

    weight->tokens = weight->makers = 0;
    here.bodies = apr_array_copy(p, views->bodies);
    prepare(&here, max);
    for (i = 0; i < here.bodies->nelts; i++) {
        body_t *body = &APR_ARRAY_IDX(here.bodies, i, body_t);

        if (!weigh_body(&here, body)) {
            return 0;
        }
        weight->tokens += body->weight.tokens;
        weight->makers += body->weight.makers;
        if (weight->tokens > max) {
            return 0;
        }
    }
    return 1;
}
