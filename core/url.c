/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs, by curl's parser: scripts, the egress policy, redirects and the
 * transport all come here, so that no two of them read one URL differently.
 *
 * Before curl sees a text, it is put into the form that browsers give it
 * ("\" is "/", "%2e%2e" is "..", what may not stand raw is encoded). Every
 * such change is one that browsers and origin servers make later anyway: it
 * must be made before a policy looks. A host comes out as lower-case ASCII,
 * IPv4 addresses in any of their old spellings as four decimal numbers. What
 * can be read in one way only does not need curl (url_plain.c).
 */
#include "core/url.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <curl/curl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "core/url_plain.h"

#define TEXT_MAX  65536
#define SHOWN_MAX 200

/* ---- before curl ------------------------------------------------------ */

/* Is this a "." or "%2e"? @return its bytes, 0 when not */
static apr_size_t dot_size(const char *s)
{
    if (s[0] == '.') {
        return 1;
    }
    return s[0] == '%' && s[1] == '2' && (s[2] | 0x20) == 'e' ? 3 : 0;
}

/* The bytes of a path segment that is "." or ".." in some spelling. */
static apr_size_t dot_segment_size(const char *s, int *dots)
{
    apr_size_t n = dot_size(s);

    *dots = 1;
    if (n && dot_size(s + n)) {
        n += dot_size(s + n);
        *dots = 2;
    }
    return n && strchr("/\\?#", s[n]) ? n : 0; /* "" ends with its NUL */
}

/* May this byte not stand raw in a URL? */
static int must_encode(unsigned char c, int in_path)
{
    return c >= 0x80 || strchr(" \"<>`", c) || (in_path && strchr("{}", c));
}

/* Without blanks and control characters around it. */
static const char *trimmed(const char *text, apr_pool_t *p)
{
    apr_size_t n = strlen(text);

    while (n && (unsigned char)text[n - 1] <= ' ') {
        n--;
    }
    while (n && (unsigned char)*text <= ' ') {
        text++;
        n--;
    }
    return n > TEXT_MAX ? NULL : apr_pstrmemdup(p, text, n);
}

/* The text in the form described above, NULL if no URL can be made of it. */
static const char *prepare(const char *text, apr_pool_t *p)
{
    static const char digits[] = "0123456789ABCDEF";
    int in_path = 1, dots, segment = 1; /* segment: one begins here */
    const unsigned char *s;
    char *out, *to;

    text = trimmed(text, p);
    if (!text) {
        return NULL;
    }
    out = to = apr_palloc(p, 3 * strlen(text) + 1);
    for (s = (const unsigned char *)text; *s; s++) {
        unsigned char c = in_path && *s == '\\' ? '/' : *s;
        apr_size_t skip = 0;

        if (c < ' ' || c == 0x7f) {
            return NULL;
        }
        in_path = in_path && c != '?' && c != '#';
        if (in_path && segment) {
            skip = dot_segment_size((const char *)s, &dots);
        }
        segment = c == '/';
        if (skip) {
            memcpy(to, "..", 2);
            to += dots;
            s += skip - 1;
        }
        else if (must_encode(c, in_path)) {
            *to++ = '%';
            *to++ = digits[c >> 4];
            *to++ = digits[c & 15];
        }
        else {
            *to++ = (char)c;
        }
    }
    *to = '\0';
    return out;
}

/* ---- curl ------------------------------------------------------------- */

/* A part in p, "" where there is none. @return 0: curl failed */
static int get(const char **ptext, CURLU *h, CURLUPart part, unsigned flags,
               apr_pool_t *p)
{
    char *text = NULL;
    int well = 1;

    *ptext = "";
    switch (curl_url_get(h, part, &text, flags)) {
    case CURLUE_OK:
        *ptext = apr_pstrdup(p, text);
        break;
    case CURLUE_NO_USER:
    case CURLUE_NO_PASSWORD:
    case CURLUE_NO_HOST:
    case CURLUE_NO_PORT:
    case CURLUE_NO_QUERY:
    case CURLUE_NO_FRAGMENT:
    case CURLUE_NO_ZONEID:
        break;
    default:
        well = 0;
    }
    /* also after a failure: curl 7.88 leaves the host there that it could not
     * convert, and a tenant could make it leak without end */
    curl_free(text);
    return well;
}

/* Bytes that a host of ASCII is made of; curl has checked what stands in
 * brackets. A file URL has none. */
static int is_host(const char *host)
{
    if (*host == '[') {
        return 1;
    }
    for (; *host; host++) {
        if (!apr_isascii(*host)
            || (!apr_isalnum(*host) && !strchr("-._", *host))) {
            return 0;
        }
    }
    return 1;
}

/* The host in ASCII. libidn2 converts from the locale's encoding, which is
 * plain ASCII in a server: so this thread gets UTF-8 meanwhile. */
static int get_idn(const char **phost, CURLU *h, apr_pool_t *p)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before;
    int well;

    if (!utf8) {
        return 0;
    }
    before = uselocale(utf8);
    well = get(phost, h, CURLUPART_HOST, CURLU_PUNYCODE, p);
    uselocale(before);
    freelocale(utf8);
    return well;
}

/* The host stood there encoded: curl has decoded it, but has neither looked at
 * it in that form nor seen the IPv4 address that it may be. */
static int settle_host(CURLU *h, apr_pool_t *p)
{
    const char *host, *again;

    return get(&host, h, CURLUPART_HOST, 0, p)
           && (is_host(host) || get_idn(&host, h, p)) && is_host(host)
           && (!*host || curl_url_set(h, CURLUPART_HOST, host, 0) == CURLUE_OK)
           && get(&again, h, CURLUPART_URL, 0, p)
           && curl_url_set(h, CURLUPART_URL, again, 0) == CURLUE_OK;
}

/* Make h the URL of text, or of the reference text from where h was. */
static int set(CURLU *h, const char *text, apr_pool_t *p)
{
    const char *zone;

    /* An IPv6 zone would be lost when the URL is written again, and means a
     * link of this machine's own. */
    return curl_url_set(h, CURLUPART_URL, text, 0) == CURLUE_OK
           && get(&zone, h, CURLUPART_ZONEID, 0, p) && !*zone
           && (!strchr(text, '%') || settle_host(h, p));
}

static int resolve(CURLU *h, const char *text, const char *base, apr_pool_t *p)
{
    if (!base) {
        return set(h, text, p);
    }
    if (!set(h, base, p)) {
        return 0;
    }
    if (*text && *text != '#') {
        return set(h, text, p);
    }
    /* curl would drop the last segment and the query (RFC 3986, 5.2.2) */
    return curl_url_set(h, CURLUPART_FRAGMENT,
                        *text && text[1] ? text + 1 : NULL, 0)
           == CURLUE_OK;
}

static const char *lower(const char *text, apr_pool_t *p)
{
    char *copy = apr_pstrdup(p, text), *c;

    for (c = copy; *c; c++) {
        *c = (char)apr_tolower(*c);
    }
    return copy;
}

static const char *prefixed(const char *prefix, const char *text, apr_pool_t *p)
{
    return *text ? apr_pstrcat(p, prefix, text, NULL) : "";
}

/* Take h apart. @return 0: not a URL that we take */
static int fill(wfp_url_t *url, CURLU *h, apr_pool_t *p)
{
    const char *port, *given, *query, *fragment;

    if (!get(&url->scheme, h, CURLUPART_SCHEME, 0, p)
        || !get(&url->user, h, CURLUPART_USER, 0, p)
        || !get(&url->password, h, CURLUPART_PASSWORD, 0, p)
        || !get(&url->host, h, CURLUPART_HOST, 0, p)
        || !get(&url->path, h, CURLUPART_PATH, 0, p)
        || !get(&query, h, CURLUPART_QUERY, 0, p)
        || !get(&fragment, h, CURLUPART_FRAGMENT, 0, p)
        || !get(&port, h, CURLUPART_PORT, CURLU_DEFAULT_PORT, p)
        || !get(&given, h, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT, p)) {
        return 0;
    }
    if (!is_host(url->host) || *url->path != '/') {
        return 0; /* curl takes "file:a" and gives "a" back */
    }
    url->scheme = lower(url->scheme, p);
    url->host = lower(url->host, p);
    url->port = (int)strtol(port, NULL, 10); /* curl has checked it */
    url->port_given = *given != '\0';
    url->query = prefixed("?", query, p);
    url->fragment = prefixed("#", fragment, p);
    return 1;
}

static apr_status_t refuse(wfp_result_t *res, const char *text)
{
    apr_size_t n = strlen(text);

    if (n > SHOWN_MAX) {
        /* no half character at the end */
        for (n = SHOWN_MAX; n && ((unsigned char)text[n] & 0xc0) == 0x80; n--) {
        }
    }
    (void)wfp_result_set(res, WFP_EXCEPTION, APR_EINVAL, "Invalid URL: %.*s",
                         (int)n, text); /* it only gives APR_EINVAL back */
    if (res) {
        res->name = "TypeError";
    }
    return APR_EINVAL;
}

apr_status_t wfp_url_parse(wfp_url_t *url, const char *text, const char *base,
                           wfp_result_t *res, apr_pool_t *p)
{
    const char *clean, *clean_base;
    wfp_url_t out;
    CURLU *h;
    int well;

    if (!base && wfp_url_plain(url, text, p)) {
        return APR_SUCCESS;
    }
    clean = prepare(text, p);
    clean_base = base ? prepare(base, p) : NULL;
    if (!clean || (base && !clean_base)) {
        return refuse(res, clean ? base : text);
    }
    h = curl_url();
    well = h && resolve(h, clean, clean_base, p) && fill(&out, h, p);
    curl_url_cleanup(h);
    if (!well) {
        return refuse(res, text);
    }
    *url = out;
    return APR_SUCCESS;
}

/* ---- text again ------------------------------------------------------- */

static const char *port_text(const wfp_url_t *url, apr_pool_t *p)
{
    return url->port_given ? apr_psprintf(p, ":%d", url->port) : "";
}

const char *wfp_url_text(const wfp_url_t *url, int fragment, apr_pool_t *p)
{
    int has_password = *url->password != '\0';
    int has_user = has_password || *url->user;

    return apr_pstrcat(p, url->scheme, "://", url->user,
                       has_password ? ":" : "", url->password,
                       has_user ? "@" : "", url->host, port_text(url, p),
                       url->path, url->query, fragment ? url->fragment : "",
                       NULL);
}

const char *wfp_url_origin(const wfp_url_t *url, apr_pool_t *p)
{
    return apr_pstrcat(p, url->scheme, "://", url->host, port_text(url, p),
                       NULL);
}

int wfp_url_same_origin(const wfp_url_t *a, const wfp_url_t *b)
{
    return a->port == b->port && !strcmp(a->scheme, b->scheme)
           && !strcmp(a->host, b->host);
}
