/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cache.h"

#include <apr_date.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- Cache-Control --------------------------------------------------------- */

typedef struct control_t {
    int no_store;
    int no_cache;
    int is_private;
    int cookies_apart;    /* private or no-cache names Set-Cookie */
    apr_int64_t max_age;  /* -1: not given */
    apr_int64_t s_maxage; /* -1: not given */
} control_t;

/* One directive: name, and value without its quotes. */
typedef struct word_t {
    const char *name;
    apr_size_t n;
    const char *value; /* NULL: none */
    apr_size_t size;
} word_t;

static const char *skip(const char *s)
{
    while (*s == ' ' || *s == '\t' || *s == ',') {
        s++;
    }
    return s;
}

/* Behind a quoted string, whose bytes are *pvalue; backslashes stay. */
static const char *quoted(const char *s, word_t *word)
{
    word->value = ++s;
    while (*s && *s != '"') {
        s += s[0] == '\\' && s[1] ? 2 : 1;
    }
    word->size = (apr_size_t)(s - word->value);
    return *s ? s + 1 : s;
}

/* The next directive. @return behind it; NULL: there is none */
static const char *next_word(const char *s, word_t *word)
{
    memset(word, 0, sizeof(*word));
    s = skip(s);
    if (!*s) {
        return NULL;
    }
    word->name = s;
    word->n = strcspn(s, "=, \t");
    s = word->name + word->n;
    if (*s == '=') {
        s++;
        if (*s == '"') {
            s = quoted(s, word);
        }
        else {
            word->value = s;
            word->size = strcspn(s, ", \t");
            s += word->size;
        }
    }
    return s + strcspn(s, ",");
}

static int is_word(const word_t *word, const char *name)
{
    return word->n == strlen(name) && !strncasecmp(word->name, name, word->n);
}

/* Seconds; what is no number is over at once, what is too large is a lot. */
static apr_int64_t seconds(const word_t *word)
{
    apr_int64_t n = 0;
    apr_size_t i;

    for (i = 0; i < word->size; i++) {
        if (!apr_isdigit(word->value[i])) {
            return 0;
        }
        n = n > WFP_CACHE_TTL_MAX ? n : n * 10 + (word->value[i] - '0');
    }
    return n;
}

/* Does a list of names have this one, and nothing else? */
static int names_cookies(const word_t *word)
{
    return word->value && word->size == 10
           && !strncasecmp(word->value, "set-cookie", 10);
}

/* private and no-cache, with names of fields or without: names other than
 * Set-Cookie are taken as if there were none. */
static void take_fields(control_t *c, const word_t *word, int *pwhole)
{
    if (names_cookies(word)) {
        c->cookies_apart = 1;
    }
    else {
        *pwhole = 1;
    }
}

static void read_line(control_t *c, const char *line)
{
    word_t word;

    while ((line = next_word(line, &word)) != NULL) {
        if (is_word(&word, "no-store")) {
            c->no_store = 1;
        }
        else if (is_word(&word, "private")) {
            take_fields(c, &word, &c->is_private);
        }
        else if (is_word(&word, "no-cache")) {
            take_fields(c, &word, &c->no_cache);
        }
        else if (is_word(&word, "max-age") && c->max_age < 0) {
            c->max_age = seconds(&word);
        }
        else if (is_word(&word, "s-maxage") && c->s_maxage < 0) {
            c->s_maxage = seconds(&word);
        }
    }
}

static void read_control(control_t *c, const wfp_headers_t *h)
{
    int i;

    memset(c, 0, sizeof(*c));
    c->max_age = c->s_maxage = -1;
    for (i = 0; i < h->count; i++) {
        if (!strcasecmp(h->list[i].name, "cache-control")) {
            read_line(c, h->list[i].value);
        }
    }
}

/* ---- may it be kept? --------------------------------------------------------- */

/* Of responses that say nothing: as Cloudflare does. 0: they are not kept. */
static apr_int64_t usual_ttl(int status)
{
    switch (status) {
    case 200:
    case 203:
    case 300:
    case 301:
    case 308:
        return 7200;
    case 302:
    case 303:
    case 307:
        return 1200;
    case 404:
    case 405:
    case 410:
    case 414:
    case 501:
        return 180;
    default:
        return 0;
    }
}

/* What the fields say; -1: nothing. */
static apr_int64_t said_ttl(const control_t *c, const wfp_headers_t *h,
                            apr_time_t now)
{
    const char *expires = wfp_headers_get(h, "expires");
    apr_time_t at, from;

    if (c->s_maxage >= 0 || c->max_age >= 0) {
        return c->s_maxage >= 0 ? c->s_maxage : c->max_age;
    }
    if (!expires) {
        return -1;
    }
    at = apr_date_parse_http(expires);
    if (at == APR_DATE_BAD) {
        return 0;
    }
    from = wfp_headers_get(h, "date")
               ? apr_date_parse_http(wfp_headers_get(h, "date"))
               : now;
    from = from == APR_DATE_BAD ? now : from;
    return at > from ? apr_time_sec(at - from) : 0;
}

apr_int64_t wfp_cache_age(const wfp_headers_t *h)
{
    word_t word = { 0 };

    word.value = wfp_headers_get(h, "age");
    word.size = word.value ? strlen(word.value) : 0;
    return seconds(&word);
}

const char *wfp_cache_may_keep(apr_int64_t *pttl, int status,
                               const wfp_headers_t *headers, apr_time_t now)
{
    apr_int64_t ttl;
    control_t c;

    read_control(&c, headers);
    if (c.no_store) {
        return "Cache-Control says no-store";
    }
    if (c.is_private) {
        return "Cache-Control says private";
    }
    if (c.no_cache) {
        return "Cache-Control says no-cache";
    }
    if (wfp_headers_get(headers, "set-cookie") && !c.cookies_apart) {
        return "it has Set-Cookie";
    }
    if (status == 304) {
        return "its status is 304";
    }
    ttl = said_ttl(&c, headers, now);
    if (ttl < 0) {
        ttl = usual_ttl(status);
        if (ttl == 0) {
            return "nothing says for how long";
        }
    }
    else {
        ttl -= wfp_cache_age(headers);
    }
    if (ttl <= 0) {
        return "it is not fresh";
    }
    *pttl = ttl < WFP_CACHE_TTL_MAX ? ttl : WFP_CACHE_TTL_MAX;
    return NULL;
}

int wfp_cache_varies_always(const wfp_headers_t *headers)
{
    word_t word;
    int i;

    for (i = 0; i < headers->count; i++) {
        const char *line = headers->list[i].value;

        if (strcasecmp(headers->list[i].name, "vary")) {
            continue;
        }
        while ((line = next_word(line, &word)) != NULL) {
            if (is_word(&word, "*")) {
                return 1;
            }
        }
    }
    return 0;
}

int wfp_cache_keeps_field(const char *name)
{
    static const char *const dropped[] = {
        "connection",
        "content-length",
        "content-range",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "set-cookie",
        "te",
        "trailer",
        "upgrade",
        "transfer-encoding",
        "age",
        "cf-cache-status",
    };
    apr_size_t i;

    for (i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
        if (!strcasecmp(name, dropped[i])) {
            return 0;
        }
    }
    return 1;
}

/* ---- conditions ------------------------------------------------------------- */

/* The next entity tag of a list, without W/. @return behind it; NULL: none */
static const char *next_tag(const char *s, const char **ptag, apr_size_t *pn)
{
    const char *end;

    s = skip(s);
    if (s[0] == 'W' && s[1] == '/') {
        s += 2;
    }
    if (*s != '"') {
        return NULL;
    }
    end = strchr(s + 1, '"');
    if (!end) {
        return NULL;
    }
    *ptag = s;
    *pn = (apr_size_t)(end + 1 - s);
    return end + 1;
}

/* Weak comparison. */
static int has_tag(const char *list, const char *etag)
{
    const char *tag, *own;
    apr_size_t n, size;

    if (!strcmp(skip(list), "*")) {
        return 1;
    }
    if (!etag || !next_tag(etag, &own, &size)) {
        return 0;
    }
    while ((list = next_tag(list, &tag, &n)) != NULL) {
        if (n == size && !memcmp(tag, own, n)) {
            return 1;
        }
    }
    return 0;
}

int wfp_cache_not_modified(const wfp_headers_t *request,
                           const wfp_headers_t *response)
{
    const char *tags = wfp_headers_get(request, "if-none-match");
    const char *since = wfp_headers_get(request, "if-modified-since");
    const char *modified = wfp_headers_get(response, "last-modified");
    apr_time_t asked, is;

    if (tags) {
        return has_tag(tags, wfp_headers_get(response, "etag"));
    }
    if (!since || !modified) {
        return 0;
    }
    asked = apr_date_parse_http(since);
    is = apr_date_parse_http(modified);
    return asked != APR_DATE_BAD && is != APR_DATE_BAD && is <= asked;
}

/* ---- ranges ------------------------------------------------------------------- */

/* A number. @return behind it; NULL: there is none, or it is too large */
static const char *number(const char *s, apr_uint64_t *pn)
{
    const char *begin = s;

    for (*pn = 0; apr_isdigit(*s) && s - begin < 19; s++) {
        *pn = *pn * 10 + (apr_uint64_t)(*s - '0');
    }
    return s == begin || apr_isdigit(*s) ? NULL : s;
}

/* A part holds for what the request saw before only: a strong tag, or a date, of
 * this very response. */
static int is_of_the_same(const wfp_headers_t *request,
                          const wfp_headers_t *response)
{
    const char *cond = wfp_headers_get(request, "if-range");
    const char *is = NULL;

    if (!cond) {
        return 1;
    }
    is = wfp_headers_get(response, *cond == '"' ? "etag" : "last-modified");
    return is && strcmp(cond, is) == 0;
}

wfp_cache_range_e wfp_cache_range(apr_uint64_t *pfrom, apr_uint64_t *pto,
                                  const wfp_headers_t *request,
                                  const wfp_headers_t *response,
                                  apr_uint64_t size)
{
    const char *s = wfp_headers_get(request, "range");
    apr_uint64_t from = 0, to = size ? size - 1 : 0, n;

    if (!s || strncasecmp(s, "bytes=", 6)
        || !is_of_the_same(request, response)) {
        return WFP_CACHE_WHOLE;
    }
    s += 6;
    if (*s == '-') {
        s = number(s + 1, &n);
        from = s && n < size ? size - n : 0;
        if (s && n == 0) {
            from = size; /* none of it */
        }
    }
    else {
        s = number(s, &from);
        if (!s || *s != '-') {
            return WFP_CACHE_WHOLE;
        }
        s++;
        if (*s) {
            s = number(s, &n);
            if (s && n < from) {
                return WFP_CACHE_WHOLE;
            }
            to = s && n < to ? n : to;
        }
    }
    if (!s || *s) {
        return WFP_CACHE_WHOLE; /* several, or none that is one */
    }
    *pfrom = from;
    *pto = to;
    return from < size ? WFP_CACHE_PART : WFP_CACHE_NO_PART;
}
