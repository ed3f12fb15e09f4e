/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host is, and what in the table may stand for it. Called by the store
 * for entries and by the server for every request that is routed by them. It
 * must not know what an entry says.
 */
#include "core/hostname.h"

#include <apr_lib.h>
#include <arpa/inet.h>
#include <string.h>

#define LABEL_MAX 63

/* Copy a label in lower case. @return its bytes; 0: none */
static apr_size_t take_label(char *out, const char *s, apr_size_t room)
{
    apr_size_t n;

    for (n = 0; apr_isalnum(s[n]) || s[n] == '-' || s[n] == '_'; n++) {
        if (n == LABEL_MAX || n == room) {
            return 0;
        }
        out[n] = (char)apr_tolower(s[n]);
    }
    return n > 0 && out[0] != '-' && out[n - 1] != '-' ? n : 0;
}

/* Labels and the dots between them, a last one left out. *ps moves behind. */
static apr_size_t take_name(char *out, const char **ps, apr_size_t room)
{
    const char *s = *ps;
    apr_size_t at = 0, n;

    for (;;) {
        n = take_label(out + at, s, room - at);
        if (n == 0) {
            return 0;
        }
        at += n;
        s += n;
        if (*s != '.') {
            break;
        }
        s++;
        if (*s == '\0' || *s == ':') {
            break;
        }
        if (at == room) {
            return 0;
        }
        out[at++] = '.';
    }
    out[at] = '\0';
    *ps = s;
    return at;
}

/* An address of n bytes. */
static apr_size_t put_ipv6(char *out, const char *s, apr_size_t n)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr addr;

    if (n < 2 || n >= sizeof(text)) {
        return 0;
    }
    memcpy(text, s, n);
    text[n] = '\0';
    if (inet_pton(AF_INET6, text, &addr) != 1
        || !inet_ntop(AF_INET6, &addr, text, sizeof(text))) {
        return 0;
    }
    n = strlen(text);
    out[0] = '[';
    memcpy(out + 1, text, n);
    out[n + 1] = ']';
    out[n + 2] = '\0';
    return n + 2;
}

static apr_size_t take_ipv6(char *out, const char **ps)
{
    const char *s = *ps + 1, *end = strchr(s, ']');

    if (!end) {
        return 0;
    }
    *ps = end + 1;
    return put_ipv6(out, s, (apr_size_t)(end - s));
}

static apr_size_t take_host(char *out, const char **ps, apr_size_t room)
{
    return **ps == '[' ? take_ipv6(out, ps) : take_name(out, ps, room);
}

/* ":" and digits, or nothing */
static int is_port(const char *s)
{
    int n;

    if (*s != ':') {
        return *s == '\0';
    }
    for (n = 1; apr_isdigit(s[n]); n++) {
    }
    return s[n] == '\0' && n <= 6;
}

apr_size_t wfp_hostname_of_request(char *out, const char *host)
{
    const char *colon = host ? strchr(host, ':') : NULL;
    apr_size_t n;

    if (colon && *host != '[' && strchr(colon + 1, ':')) {
        return put_ipv6(out, host, strlen(host)); /* as httpd has it */
    }
    n = host ? take_host(out, &host, WFP_HOSTNAME_MAX) : 0;
    return n && is_port(host) ? n : 0;
}

apr_size_t wfp_hostname_of_entry(char *out, const char *text)
{
    apr_size_t skip = text && strncmp(text, "*.", 2) == 0 ? 2 : 0, n;

    if (!text || (skip && text[skip] == '[')) {
        return 0;
    }
    memcpy(out, "*.", 2);
    text += skip;
    n = take_host(out + skip, &text, WFP_HOSTNAME_MAX - skip);
    return n && *text == '\0' ? n + skip : 0;
}

apr_size_t wfp_hostname_wider(const char *host, apr_size_t at)
{
    const char *dot = host[0] == '[' ? NULL : strchr(host + at + 1, '.');

    return dot ? (apr_size_t)(dot - host) : 0;
}
