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
        if (!strcasecmp(name, *list)) {
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

/* Remove the fields that one Connection value names. */
static void drop_named(wfp_headers_t *h, const char *value)
{
    char *last, *list = apr_pstrdup(h->pool, value), *name;

    for (name = apr_strtok(list, ", \t", &last); name;
         name = apr_strtok(NULL, ", \t", &last)) {
        /* these say what the body is: no connection may hide them */
        if (strcasecmp(name, "Content-Length") != 0
            && strcasecmp(name, "Content-Type") != 0
            && strcasecmp(name, "Content-Encoding") != 0
            && strcasecmp(name, "Set-Cookie") != 0) {
            (void)wfp_headers_unset(h, name); /* may be none */
        }
    }
}

static void drop_connection(wfp_headers_t *h)
{
    const char *value = wfp_headers_get(h, "Connection");
    int i, kept = 0;

    if (wfp_headers_get(h, "Transfer-Encoding")) {
        (void)wfp_headers_unset(h, "Content-Length"); /* RFC 9112 6.3 */
    }
    if (value) {
        drop_named(h, value);
    }
    for (i = 0; i < h->count; i++) {
        if (!is_of_connection(h->list[i].name)) {
            h->list[kept++] = h->list[i];
        }
    }
    h->count = kept;
}

/* Two lengths that differ: nobody knows where the body ends. */
static int length_is_clear(const wfp_headers_t *h)
{
    const char *first = wfp_headers_get(h, "Content-Length");
    int i;

    for (i = 0; i < h->count; i++) {
        if (!strcasecmp(h->list[i].name, "Content-Length")
            && strcmp(h->list[i].value, first) != 0) {
            return 0;
        }
    }
    return 1;
}

static apr_off_t content_length(const wfp_headers_t *h)
{
    const char *value = wfp_headers_get(h, "Content-Length");
    apr_off_t length;
    char *end;

    if (!value || !apr_isdigit(*value)
        || apr_strtoff(&length, value, &end, 10) != APR_SUCCESS || *end) {
        return -1;
    }
    return length;
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
    drop_connection(resp->headers);
    if (!length_is_clear(resp->headers)) {
        return APR_EINVAL;
    }
    *plength = content_length(resp->headers);
    *presp = resp;
    return APR_SUCCESS;
}
