/* SPDX-License-Identifier: Apache-2.0 */
/* The rules are Cloudflare's for tail events (features.md, 6.6), so that who moves
 * here shows no more than there. Called for each record. */
#include "core/redact.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#define HEX_MIN   32
#define MIXED_MIN 21
#define EACH_MIN  2
#define SIZE_MIN  MIXED_MIN /* of any */

/* A run of bytes that an id may be made of. */
typedef struct run_t {
    apr_size_t n;
    int hex, upper, lower, digits;
    int is_hex; /* no other letters */
} run_t;

/* The word that makes a name a secret and begins with that byte; NULL: none. */
static const char *word_of(char first)
{
    switch (first | 0x20) {
    case 'a':
        return "auth";
    case 'j':
        return "jwt";
    case 'k':
        return "key";
    case 's':
        return "secret";
    case 't':
        return "token";
    default:
        return NULL;
    }
}

/* Most that begin alike differ in the second byte. */
static int begins(const char *at, const char *word)
{
    return word && (at[1] | 0x20) == word[1]
           && !strncasecmp(at, word, strlen(word));
}

/* May a word of word_of() begin with that byte? */
static int may_begin(char c)
{
    return (1U << 1 | 1U << 10 | 1U << 11 | 1U << 19 | 1U << 20) >> (c & 31)
           & 1; /* the places of a, j, k, s, t in the alphabet */
}

int wfp_redact_is_secret(const char *name)
{
    const char *at;

    for (at = name; *at; at++) {
        if (may_begin(*at) && begins(at, word_of(*at))) {
            return 1;
        }
    }
    return ((*name | 0x20) == 'c' && !strcasecmp(name, "cookie"))
           || ((*name | 0x20) == 's' && !strcasecmp(name, "set-cookie"));
}

/* May it be a byte of an id? */
static int is_part(char c)
{
    return (unsigned char)((c | 0x20) - 'a') < 26
           || (unsigned char)(c - '0') < 10 || c == '+' || c == '-' || c == '_';
}

static run_t run_of(const char *from, apr_size_t n)
{
    run_t run = { .n = n, .is_hex = 1 };
    apr_size_t i;

    for (i = 0; i < n; i++) {
        char c = from[i];
        int is_digit = c >= '0' && c <= '9';
        int is_upper = c >= 'A' && c <= 'Z';
        int is_lower = c >= 'a' && c <= 'z';
        int is_hex = is_digit || (c >= 'A' && c <= 'F')
                     || (c >= 'a' && c <= 'f');

        run.digits += is_digit;
        run.upper += is_upper;
        run.lower += is_lower;
        run.hex += is_hex;
        run.is_hex &= is_hex || !(is_upper || is_lower);
    }
    return run;
}

static int is_id(const run_t *run)
{
    return (run->hex >= HEX_MIN && run->is_hex)
           || (run->n >= MIXED_MIN && run->upper >= EACH_MIN
               && run->lower >= EACH_MIN && run->digits >= EACH_MIN);
}

/* The first id from there on; NULL: none. A byte that is none of a run's shows
 * that no run of any use has begun before it. */
static const char *find_id(apr_size_t *pn, const char *from, const char *end)
{
    while (end - from >= SIZE_MIN) {
        const char *at = from + SIZE_MIN;
        run_t run;

        while (at > from && is_part(at[-1])) {
            at--;
        }
        if (at > from) {
            from = at;
            continue;
        }
        for (at = from + SIZE_MIN; at < end && is_part(*at);) {
            at++;
        }
        run = run_of(from, (apr_size_t)(at - from));
        if (is_id(&run)) {
            *pn = run.n;
            return from;
        }
        from = at;
    }
    return NULL;
}

const char *wfp_redact_url(const char *url, apr_pool_t *p)
{
    const char *end = url ? url + strlen(url) : NULL;
    apr_size_t n;
    const char *id = url ? find_id(&n, url, end) : NULL;
    char *copy, *to;

    if (!id) {
        return url;
    }
    /* an id is longer than what stands there instead */
    copy = to = apr_palloc(p, (apr_size_t)(end - url) + 1);
    for (; id; id = find_id(&n, url, end)) {
        memcpy(to, url, (apr_size_t)(id - url));
        to += id - url;
        memcpy(to, WFP_REDACTED, sizeof(WFP_REDACTED) - 1);
        to += sizeof(WFP_REDACTED) - 1;
        url = id + n;
    }
    memcpy(to, url, (apr_size_t)(end - url) + 1);
    return copy;
}
