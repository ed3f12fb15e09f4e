/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is the least bit unusual is left to curl: nothing is refused here,
 * and a test compares both for random texts. */
#include "core/url_plain.h"

#include <apr_lib.h>
#include <string.h>

/* A name that DNS could know. */
#define HOST_MAX 253

/* Longer ones are unusual. */
#define PLAIN_MAX 8000

/* What a byte may be part of. */
enum {
    NAME = 1,
    PATH = 2,
    QUERY = 4
};

/* clang-format off */
static const unsigned char kinds[256] = {
    ['a' ... 'z'] = NAME | PATH | QUERY, ['0' ... '9'] = NAME | PATH | QUERY,
    ['A' ... 'Z'] = PATH | QUERY,
    ['-'] = NAME | PATH | QUERY, ['.'] = NAME | PATH | QUERY,
    ['_'] = PATH | QUERY, ['~'] = PATH | QUERY, ['!'] = PATH | QUERY,
    ['$'] = PATH | QUERY, ['&'] = PATH | QUERY, ['('] = PATH | QUERY,
    [')'] = PATH | QUERY, ['*'] = PATH | QUERY, ['+'] = PATH | QUERY,
    [','] = PATH | QUERY, [';'] = PATH | QUERY, ['='] = PATH | QUERY,
    [':'] = PATH | QUERY, ['@'] = PATH | QUERY, ['/'] = PATH | QUERY,
    ['?'] = QUERY,
};
/* clang-format on */

static apr_size_t span(const char *s, int kind)
{
    apr_size_t n = 0;

    while (kinds[(unsigned char)s[n]] & kind) {
        n++;
    }
    return n;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Labels of a name that is no address (its last one begins with a letter) and
 * is not encoded ("xn--"). */
static int is_name(const char *s, apr_size_t n)
{
    apr_size_t i, label = 0;

    if (n == 0 || n > HOST_MAX) {
        return 0;
    }
    for (i = 0; i <= n; i++) {
        if (i < n && s[i] != '.') {
            continue;
        }
        if (i == label || strncmp(s + label, "xn--", 4) == 0) {
            return 0;
        }
        if (i < n) {
            label = i + 1;
        }
    }
    return s[label] >= 'a' && s[label] <= 'z';
}

/* @return the bytes of ":PORT", 0: none, -1: an unusual one */
static int read_port(const char *s, int *port)
{
    int n = 1;

    if (*s != ':') {
        return 0;
    }
    for (*port = 0; is_digit(s[n]) && n <= 5; n++) {
        *port = *port * 10 + (s[n] - '0');
    }
    return s[1] != '0' && n > 1 && *port <= 65535 ? n : -1;
}

/* Is there a "/." where dots may mean a way up? */
static int has_dots(const char *path, apr_size_t n)
{
    apr_size_t i;

    for (i = 0; i + 1 < n; i++) {
        if (path[i] == '/' && path[i + 1] == '.') {
            return 1;
        }
    }
    return 0;
}

/* A copy with its NUL at *to, which goes on behind it. */
static const char *put(char **to, const char *s, apr_size_t n)
{
    char *copy = *to;

    memcpy(copy, s, n);
    copy[n] = '\0';
    *to += n + 1;
    return copy;
}

int wfp_url_plain(wfp_url_t *url, const char *text, apr_pool_t *p)
{
    int is_https = strncmp(text, "https://", 8) == 0;
    int standard = is_https ? 443 : 80, port = standard, digits;
    apr_size_t host, path, query = 0;
    char *to;

    if (!is_https && strncmp(text, "http://", 7) != 0) {
        return 0;
    }
    text += is_https ? 8 : 7;
    host = span(text, NAME);
    digits = read_port(text + host, &port);
    if (digits < 0 || text[host + (apr_size_t)digits] != '/'
        || !is_name(text, host)) {
        return 0;
    }
    path = span(text + host + digits, PATH);
    if (text[host + (apr_size_t)digits + path] == '?') {
        query = span(text + host + digits + path, QUERY);
    }
    if (text[host + (apr_size_t)digits + path + query] || query == 1
        || path + query > PLAIN_MAX || has_dots(text + host + digits, path)) {
        return 0;
    }
    to = apr_palloc(p, host + path + query + 3);
    url->scheme = is_https ? "https" : "http";
    url->user = url->password = url->fragment = "";
    url->host = put(&to, text, host);
    url->path = put(&to, text + host + digits, path);
    url->query = put(&to, text + host + digits + path, query);
    url->port = port;
    url->port_given = port != standard;
    return 1;
}
