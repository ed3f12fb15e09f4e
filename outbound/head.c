/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heads of messages for the client: what of a request's fields may go out, and
 * the text of a response's head made into fields. Runs on request threads
 * only; knows no curl.
 */
#include "outbound/head.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

/* RFC 9110 7.6.1; "Proxy-*" is a prefix */
static const char *const connection_fields[] = {
    "Connection",        "Keep-Alive", "TE", "Trailer",
    "Transfer-Encoding", "Upgrade",    NULL,
};

static const char *const transport_fields[] = {
    "Host", "Content-Length", "Expect", "HTTP2-Settings", NULL,
};

static int is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++) {
        if (wfp_headers_same(name, *list)) {
            return 1;
        }
    }
    return 0;
}

static int is_of_connection(const char *name)
{
    return is_one_of(name, connection_fields)
           || !strncasecmp(name, "Proxy-", 6);
}

/* What no connection may hide: it says what the body is. */
static const char *const body_fields[] = {
    "Content-Length", "Content-Type", "Content-Encoding", "Set-Cookie", NULL,
};

/* Does a list of names have this one? */
static int list_has(const char *list, const char *name, apr_size_t n)
{
    while (*list) {
        apr_size_t length;

        list += strspn(list, ", \t");
        length = strcspn(list, ", \t");
        if (length == n && !strncasecmp(list, name, n)) {
            return 1;
        }
        list += length;
    }
    return 0;
}

int wfp_head_is_listed(const wfp_headers_t *h, const char *name)
{
    apr_size_t n = strlen(name);
    int i;

    for (i = 0; i < h->count; i++) {
        if (wfp_headers_same(h->list[i].name, "Connection")
            && list_has(h->list[i].value, name, n)) {
            return !is_one_of(name, body_fields);
        }
    }
    return 0;
}

/* Fields by which hops tell each other who asks and which way it came. Origins
 * that make variables of them do not tell '-' from '_'. */
static const char *const way_fields[] = {
    "cdn-loop",    "forwarded",           "via",       "true-client-ip",
    "x-client-ip", "x-cluster-client-ip", "x-real-ip", NULL,
};

static const char *const way_prefixes[] = { "cf-", "x-forwarded", "x-wfp-",
                                            NULL };

/* The same, letter for letter, up to the end of one of them? */
static const char *skip_same(const char *name, const char *lower)
{
    while (
        *lower
        && (apr_tolower(*name) == *lower || (*name == '_' && *lower == '-'))) {
        name++;
        lower++;
    }
    return *lower ? NULL : name;
}

int wfp_head_is_reserved(const char *name)
{
    const char *const *one;

    for (one = way_prefixes; *one; one++) {
        if (skip_same(name, *one)) {
            return 1;
        }
    }
    for (one = way_fields; *one; one++) {
        const char *rest = skip_same(name, *one);

        if (rest && !*rest) {
            return 1;
        }
    }
    return 0;
}

wfp_headers_t *wfp_head_end_to_end(const wfp_headers_t *h, apr_pool_t *p)
{
    wfp_headers_t *kept = wfp_headers_make(p);
    int lists = wfp_headers_get(h, "Connection") != NULL, i;

    for (i = 0; i < h->count; i++) {
        if (!is_of_connection(h->list[i].name)
            && (!lists || !wfp_head_is_listed(h, h->list[i].name))) {
            wfp_headers_addn(kept, h->list[i].name, h->list[i].value);
        }
    }
    return kept;
}

wfp_request_t *wfp_head_of_tenant(const wfp_request_t *req, apr_pool_t *p)
{
    wfp_request_t *copy = apr_pmemdup(p, req, sizeof(*req));
    int i, kept = 0;

    copy->headers = wfp_head_end_to_end(req->headers, p);
    for (i = 0; i < copy->headers->count; i++) {
        if (!wfp_head_is_reserved(copy->headers->list[i].name)) {
            copy->headers->list[kept++] = copy->headers->list[i];
        }
    }
    copy->headers->count = kept;
    return copy;
}

int wfp_head_is_dropped(const char *name)
{
    return is_of_connection(name) || is_one_of(name, transport_fields);
}

int wfp_head_is_method(const char *method)
{
    return wfp_headers_is_name(method, strlen(method))
           && strcasecmp(method, "CONNECT") != 0
           && strcasecmp(method, "TRACE") != 0;
}

int wfp_head_is_idempotent(const char *method)
{
    static const char *const methods[] = { "GET", "HEAD",   "OPTIONS",
                                           "PUT", "DELETE", NULL };
    int i;

    for (i = 0; methods[i] && strcmp(method, methods[i]) != 0; i++) {
    }
    return methods[i] != NULL;
}

/* The line without the blanks at its ends, at most. */
static apr_size_t trim(const char **pline, apr_size_t n)
{
    while (n > 0 && (**pline == ' ' || **pline == '\t')) {
        ++*pline;
        n--;
    }
    while (n > 0 && apr_isspace((*pline)[n - 1])) {
        n--;
    }
    return n;
}

int wfp_head_is_coded(const char *line, apr_size_t n)
{
    static const char name[] = "Transfer-Encoding:";
    apr_size_t length = sizeof(name) - 1;

    if (n < length || strncasecmp(line, name, length) != 0) {
        return 0;
    }
    line += length;
    n = trim(&line, n - length);
    return n != 7 || strncasecmp(line, "chunked", n) != 0;
}

int wfp_head_status(const char *line, apr_size_t n)
{
    const char *sp;

    if (n < 5 || memcmp(line, "HTTP/", 5) != 0) {
        return 0;
    }
    sp = memchr(line, ' ', n);
    if (!sp || line + n - sp < 5 || !apr_isdigit(sp[1]) || !apr_isdigit(sp[2])
        || !apr_isdigit(sp[3]) || !apr_isspace(sp[4])) {
        return 0;
    }
    return (sp[1] - '0') * 100 + (sp[2] - '0') * 10 + (sp[3] - '0');
}

/* Cut the next line off; its end and trailing blanks go. */
static char *cut_line(char **text)
{
    char *line = *text, *end = strchr(line, '\n');

    if (!*line) {
        return NULL;
    }
    *text = end ? end + 1 : line + strlen(line);
    end = end ? end : *text;
    while (end > line && apr_isspace(end[-1])) {
        end--;
    }
    *end = '\0';
    return line;
}

/* A line that begins with a blank goes on with the field before it. */
static void fold(wfp_headers_t *h, const char *more)
{
    wfp_header_t *last = h->count ? &h->list[h->count - 1] : NULL;

    while (apr_isspace(*more)) {
        more++;
    }
    if (last && *more) {
        last->value = apr_pstrcat(h->pool, last->value, " ", more, NULL);
    }
}

static void add_line(wfp_headers_t *h, char *line)
{
    char *value = strchr(line, ':');

    if (apr_isspace(*line)) {
        fold(h, line);
        return;
    }
    if (!value || !wfp_headers_is_name(line, (apr_size_t)(value - line))) {
        return;
    }
    *value++ = '\0';
    while (apr_isspace(*value)) {
        value++;
    }
    if (wfp_headers_is_value(value, strlen(value))) {
        wfp_headers_addn(h, line, value);
    }
}

static void drop_connection(wfp_response_t *resp)
{
    wfp_headers_t *h = resp->headers;

    if (wfp_headers_get(h, "Transfer-Encoding")) {
        (void)wfp_headers_unset(h, "Content-Length"); /* RFC 9112 6.3 */
    }
    resp->headers = wfp_head_end_to_end(h, h->pool);
}

/* A length in digits, or -1. */
static apr_off_t number_of(const char *value)
{
    apr_off_t n;
    char *end;

    return apr_isdigit(*value)
                   && apr_strtoff(&n, value, &end, 10) == APR_SUCCESS && !*end
               ? n
               : -1;
}

/* The length that the fields tell, -1 when they tell none. Two that differ,
 * lists and what is no number: nobody knows where the body ends. */
static apr_status_t content_length(apr_off_t *plength, const wfp_headers_t *h)
{
    int i;

    *plength = -1;
    for (i = 0; i < h->count; i++) {
        if (!strcasecmp(h->list[i].name, "Content-Length")) {
            apr_off_t n = number_of(h->list[i].value);

            if (n < 0 || (*plength >= 0 && n != *plength)) {
                return APR_EINVAL;
            }
            *plength = n;
        }
    }
    return APR_SUCCESS;
}

apr_status_t wfp_head_parse(wfp_response_t **presp, apr_off_t *plength,
                            char *text, apr_pool_t *p)
{
    int status = wfp_head_status(text, strlen(text));
    wfp_response_t *resp;
    char *line = cut_line(&text);

    if (status < 200 || status > 599) {
        return APR_EINVAL;
    }
    resp = wfp_response_make(status, p);
    line = strchr(line, ' ') + 4;
    resp->status_text = *line ? line + 1 : "";
    for (line = cut_line(&text); line; line = cut_line(&text)) {
        add_line(resp->headers, line);
    }
    drop_connection(resp);
    *presp = resp;
    return content_length(plength, resp->headers);
}
