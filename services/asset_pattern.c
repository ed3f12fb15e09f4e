/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of assets' rules. Called by asset_rules.c and asset_config.c. */
#include "services/asset_pattern.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>
#include <string.h>

typedef enum {
    LITERAL = 0,
    ANY,      /* "*": any bytes */
    SEGMENT,  /* ":name" in a path: at least one byte, no "/" */
    HOST_PART /* ":name" in a host: no "." either */
} piece_e;

typedef struct piece_t {
    piece_e kind;
    const char *text; /* of a LITERAL; else the name */
    apr_size_t n;
} piece_t;

struct wfp_asset_pattern_t {
    apr_array_header_t *pieces; /* piece_t */
    int vars;
};

#define HTTPS "https://"

/* Bytes of the name at s, which follows a ":". */
static apr_size_t name_size(const char *s)
{
    apr_size_t n = 0;

    if (apr_isalpha(*s)) {
        for (n = 1; apr_isalnum(s[n]) || s[n] == '_'; n++) {
        }
    }
    return n;
}

static void add(wfp_asset_pattern_t *pattern, piece_e kind, const char *text,
                apr_size_t n)
{
    piece_t *piece;

    if (kind == LITERAL && n == 0) {
        return;
    }
    piece = apr_array_push(pattern->pieces);
    piece->kind = kind;
    piece->text = text;
    piece->n = n;
    pattern->vars += kind != LITERAL;
}

/* Which variable has this name? -1: none */
static int find_var(const wfp_asset_pattern_t *pattern, const char *name,
                    apr_size_t n)
{
    int i, var = 0;

    for (i = 0; i < pattern->pieces->nelts; i++) {
        const piece_t *piece = &APR_ARRAY_IDX(pattern->pieces, i, piece_t);

        if (piece->kind == LITERAL) {
            continue;
        }
        if (piece->n == n && !memcmp(piece->text, name, n)) {
            return var;
        }
        var++;
    }
    return -1;
}

wfp_asset_pattern_t *wfp_asset_pattern_read(const char *text, int globs,
                                            apr_pool_t *p)
{
    wfp_asset_pattern_t *pattern = apr_pcalloc(p, sizeof(*pattern));
    const char *host_end = text, *from = text, *s = text;

    if (!strncmp(text, HTTPS, sizeof(HTTPS) - 1)) {
        s += sizeof(HTTPS) - 1;
        host_end = s + strcspn(s, "/");
    }
    pattern->pieces = apr_array_make(p, 4, sizeof(piece_t));
    while (*s) {
        apr_size_t n = !globs && *s == ':' ? name_size(s + 1) : 0;

        if (*s != '*' && n == 0) {
            s++;
            continue;
        }
        add(pattern, LITERAL, from, (apr_size_t)(s - from));
        if (pattern->vars == WFP_ASSET_VARS_MAX
            || (!globs
                && find_var(pattern, n ? s + 1 : "splat", n ? n : 5) >= 0)) {
            return NULL;
        }
        if (n == 0) {
            add(pattern, ANY, "splat", 5);
        }
        else {
            add(pattern, s < host_end ? HOST_PART : SEGMENT, s + 1, n);
        }
        s += n + 1;
        from = s;
    }
    add(pattern, LITERAL, from, (apr_size_t)(s - from));
    return pattern;
}

int wfp_asset_pattern_is_dynamic(const wfp_asset_pattern_t *pattern)
{
    return pattern->vars > 0;
}

/* Most bytes that a variable can stand for here. */
static apr_size_t most(const piece_t *piece, const char *path, apr_size_t n)
{
    apr_size_t i = 0;

    if (piece->kind == ANY) {
        return n;
    }
    while (i < n && path[i] != '/'
           && (piece->kind != HOST_PART || path[i] != '.')) {
        i++;
    }
    return i;
}

/* Match the pieces from i on. As deep as a pattern has variables. */
static int match_from(wfp_asset_match_t *match,
                      const wfp_asset_pattern_t *pattern, int i,
                      const char *path, apr_size_t n, int *pbudget)
{
    const piece_t *piece = NULL;
    apr_size_t take, least;
    int var = match->count;

    for (; i < pattern->pieces->nelts; i++) {
        piece = &APR_ARRAY_IDX(pattern->pieces, i, piece_t);
        if (piece->kind != LITERAL) {
            break;
        }
        *pbudget -= 1 + (int)(piece->n / 16);
        if (piece->n > n || memcmp(piece->text, path, piece->n) != 0) {
            return 0;
        }
        path += piece->n;
        n -= piece->n;
    }
    if (i == pattern->pieces->nelts) {
        return n == 0;
    }
    least = piece->kind != ANY;
    take = most(piece, path, n);
    *pbudget -= (int)(take / 16);
    for (take++; take > least && *pbudget > 0; take--) {
        match->at[var] = path;
        match->n[var] = take - 1;
        match->count = var + 1;
        if (match_from(match, pattern, i + 1, path + (take - 1), n - (take - 1),
                       pbudget)) {
            return 1;
        }
        --*pbudget;
    }
    match->count = var;
    return 0;
}

int wfp_asset_pattern_match(wfp_asset_match_t *match,
                            const wfp_asset_pattern_t *pattern,
                            const char *path, apr_size_t n, int *pbudget)
{
    match->count = 0;
    return *pbudget > 0 && match_from(match, pattern, 0, path, n, pbudget);
}

const char *wfp_asset_pattern_fill(const char *text,
                                   const wfp_asset_pattern_t *pattern,
                                   const wfp_asset_match_t *match, int *pbudget,
                                   apr_pool_t *p)
{
    apr_array_header_t *parts = apr_array_make(p, 4, sizeof(const char *));
    const char *from = text, *s;

    if (match->count == 0 || *pbudget <= 0) {
        return text;
    }
    for (s = strchr(text, ':'); s; s = strchr(s, ':')) {
        apr_size_t n = name_size(++s);
        int var = n ? find_var(pattern, s, n) : -1;

        if (var >= 0 && (apr_size_t)*pbudget > match->n[var]) {
            *pbudget -= (int)match->n[var];
            APR_ARRAY_PUSH(parts,
                           const char *) = apr_pstrmemdup(p, from,
                                                          (apr_size_t)(s - 1
                                                                       - from));
            APR_ARRAY_PUSH(parts, const char *) = apr_pstrmemdup(p,
                                                                 match->at[var],
                                                                 match->n[var]);
            from = s + n;
        }
        s += n;
    }
    APR_ARRAY_PUSH(parts, const char *) = from;
    return apr_array_pstrcat(p, parts, 0);
}
