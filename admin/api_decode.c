/* SPDX-License-Identifier: Apache-2.0 */
/* %XX of paths and queries. Called by the routes of the API, and by the S3
 * endpoint, which signs what was decoded. */
#include <apr_strings.h>
#include <string.h>

#include "admin/api_route.h"
#include "core/json.h"

static int hex(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at;

    if (c >= 'A' && c <= 'F') {
        c = (char)(c - 'A' + 'a');
    }
    at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Undo %XX at text, of which n bytes are left. @return how many it was; 0: it
 * is badly encoded */
static apr_size_t undo(char *pc, const char *text, apr_size_t n)
{
    int high, low;

    *pc = *text;
    if (*text != '%') {
        return 1;
    }
    high = n > 2 ? hex(text[1]) : -1;
    low = n > 2 ? hex(text[2]) : -1;
    *pc = (char)(high * 16 + low);
    return high < 0 || low < 0 ? 0 : 3;
}

const char *wfp_api_route_undo(apr_size_t *pn, const char *text, apr_pool_t *p)
{
    apr_size_t n = strlen(text), used;
    char *out = apr_palloc(p, n + 1), *to = out;

    for (; n; n -= used, text += used) {
        used = undo(to++, text, n);
        if (!used) {
            return NULL;
        }
    }
    *to = '\0';
    *pn = (apr_size_t)(to - out);
    return out;
}

const char *wfp_api_route_decode(const char *text, apr_size_t n, int plus,
                                 apr_pool_t *p)
{
    char *out = apr_palloc(p, n + 1), *to = out;
    apr_size_t used;

    for (; n; n -= used, text += used) {
        used = undo(to, text, n);
        if (*text == '+' && plus) {
            *to = ' ';
        }
        if (!used || !*to++) {
            return NULL;
        }
    }
    *to = '\0';
    return wfp_json_is_utf8(out) ? out : NULL;
}
