/* SPDX-License-Identifier: Apache-2.0 */
/* Used by claim.c for what it claims, and by route.c. */
#include "mod_wfp/raw_path.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <httpd.h>
#include <string.h>
#include <strings.h>

static int hex(char c)
{
    return apr_isdigit(c) ? c - '0' : (apr_tolower(c) - 'a') + 10;
}

/* The next character, and behind how many it ends. */
static char next(const char *path, int *pbytes)
{
    char c;

    *pbytes = 1;
    if (*path != '%' || !apr_isxdigit(path[1]) || !apr_isxdigit(path[2])) {
        return *path;
    }
    c = (char)(hex(path[1]) * 16 + hex(path[2]));
    if (!c || c == '/') {
        return *path;
    }
    *pbytes = 3;
    return c;
}

char *wfp_raw_path_decode(char *path, apr_pool_t *p)
{
    char *copy, *to;
    int bytes;

    if (!strchr(path, '%')) {
        return path;
    }
    copy = to = apr_palloc(p, strlen(path) + 1);
    for (; *path; path += bytes) {
        *to++ = next(path, &bytes);
    }
    *to = '\0';
    return copy;
}

char *wfp_raw_path_encode(const char *path, const char *sent, apr_pool_t *p)
{
    char *encoded = ap_os_escape_path(p, path, 1), *from, *to;

    if (!sent || strstr(sent, "%25")) {
        return encoded;
    }
    for (from = to = encoded; *from; from++) {
        *to++ = *from;
        if (!strncasecmp(from, "%252f", 5) || !strncmp(from, "%2500", 5)) {
            from += 2; /* it had not been decoded */
        }
    }
    *to = '\0';
    return encoded;
}

const char *wfp_raw_path_below(const char *path, const char *location)
{
    int bytes;

    for (; *location; location++, path += bytes) {
        if (!*path || next(path, &bytes) != *location) {
            return NULL;
        }
    }
    return path;
}
