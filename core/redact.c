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

/* Does one of the words begin there? */
static int begins_secret(const char *at)
{
    switch (*at | 0x20) {
    case 'a':
        return !strncasecmp(at, "auth", 4);
    case 'j':
        return !strncasecmp(at, "jwt", 3);
    case 'k':
        return !strncasecmp(at, "key", 3);
    case 's':
        return !strncasecmp(at, "secret", 6);
    case 't':
        return !strncasecmp(at, "token", 5);
    default:
        return 0;
    }
}

int wfp_redact_is_secret(const char *name)
{
    const char *at;

    for (at = name; *at; at++) {
        if (begins_secret(at)) {
            return 1;
        }
    }
    return !strcasecmp(name, "cookie") || !strcasecmp(name, "set-cookie");
}

/* Bytes of the run that begins there. */
static apr_size_t run_size(const char *from)
{
    apr_size_t n = 0;

    while ((unsigned char)((from[n] | 0x20) - 'a') < 26
           || (unsigned char)(from[n] - '0') < 10 || from[n] == '+'
           || from[n] == '-' || from[n] == '_') {
        n++;
    }
    return n;
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

/* The first id from there on; NULL: none. */
static const char *find_id(apr_size_t *pn, const char *from)
{
    while (*from) {
        apr_size_t n = run_size(from);

        if (n >= SIZE_MIN) {
            run_t run = run_of(from, n);

            if (is_id(&run)) {
                *pn = n;
                return from;
            }
        }
        from += n ? n : 1;
    }
    return NULL;
}

const char *wfp_redact_url(const char *url, apr_pool_t *p)
{
    apr_size_t n;
    const char *id = url ? find_id(&n, url) : NULL;
    char *copy, *to;

    if (!id) {
        return url;
    }
    /* an id is longer than what stands there instead */
    copy = to = apr_palloc(p, strlen(url) + 1);
    for (; id; id = find_id(&n, url)) {
        memcpy(to, url, (apr_size_t)(id - url));
        to += id - url;
        memcpy(to, WFP_REDACTED, sizeof(WFP_REDACTED) - 1);
        to += sizeof(WFP_REDACTED) - 1;
        url = id + n;
    }
    memcpy(to, url, strlen(url) + 1);
    return copy;
}
