/* SPDX-License-Identifier: Apache-2.0 */
/* Called by record_plain.c and by mod_wfp/record_event.c. */
#include "core/record_request.h"

#include <apr_strings.h>
#include <string.h>

#include "core/redact.h"

#define URL_MAX     ((apr_size_t)16 * 1024)
#define HEADER_ROOM ((apr_size_t)32 * 1024) /* all of them, as JSON */
#define VALUE_MAX   ((apr_size_t)4096)

/* The next field of that name from i on; n: there is none. */
static int find_same(const wfp_headers_t *headers, const char *name, int i,
                     int n)
{
    while (i < n && !wfp_headers_same(headers->list[i].name, name)) {
        i++;
    }
    return i;
}

/* Those of a name that came before are told with its first. */
static int came_before(const wfp_headers_t *headers, int i)
{
    return find_same(headers, headers->list[i].name, 0, i) < i;
}

static const char *value_of(const wfp_headers_t *headers, int i, int n,
                            int is_open, wfp_json_out_t *out)
{
    const char *name = headers->list[i].name;
    const char *value = headers->list[i].value;

    if (!is_open && wfp_redact_is_secret(name)) {
        return WFP_REDACTED;
    }
    while ((i = find_same(headers, name, i + 1, n)) < n
           && strlen(value) < VALUE_MAX) {
        value = apr_pstrcat(wfp_json_out_pool(out), value, ", ",
                            headers->list[i].value, NULL);
    }
    return value;
}

/* A name in small letters: as JSON it has no others in its escapes. */
static void tell_name(wfp_json_out_t *out, const char *name)
{
    apr_size_t before = out->n;
    char *told;

    wfp_json_out_str(out, name);
    told = out->data + before;
    wfp_headers_lower(told, told, out->n - before);
    WFP_JSON_OUT(out, ":");
}

static void tell_value(wfp_json_out_t *out, const char *value)
{
    apr_size_t n = strlen(value);

    wfp_json_out_bytes(out, value, n < VALUE_MAX ? n : VALUE_MAX);
}

/* Whose address it is says a header of Cloudflare's, whatever the client or a
 * Worker sent by that name. */
#define CLIENT "cf-connecting-ip"

static int tell_client(wfp_json_out_t *out, const char *client)
{
    if (!client) {
        return 0;
    }
    WFP_JSON_OUT(out, "\"" CLIENT "\":");
    tell_value(out, client);
    return 1;
}

static int tell_headers(wfp_json_out_t *out,
                        const wfp_record_request_t *request, int is_open)
{
    const wfp_headers_t *headers = request->headers;
    int n = headers->count < WFP_RECORD_HEADERS_MAX ? headers->count
                                                    : WFP_RECORD_HEADERS_MAX;
    apr_size_t most = out->n + HEADER_ROOM;
    int i, told;

    WFP_JSON_OUT(out, ",\"headers\":{");
    told = tell_client(out, request->client);
    for (i = 0; i < n && out->n < most; i++) {
        if (wfp_headers_same(headers->list[i].name, CLIENT)
            || came_before(headers, i)) {
            continue;
        }
        if (told++) {
            WFP_JSON_OUT(out, ",");
        }
        tell_name(out, headers->list[i].name);
        tell_value(out, value_of(headers, i, n, is_open, out));
    }
    WFP_JSON_OUT(out, "}");
    return i == headers->count;
}

int wfp_record_request_tell(wfp_json_out_t *out,
                            const wfp_record_request_t *request, int is_open,
                            apr_pool_t *p)
{
    const char *method = request->method;
    const char *url = is_open ? request->url : wfp_redact_url(request->url, p);
    apr_size_t n = url ? strlen(url) : 0;
    int whole = 1;

    WFP_JSON_OUT(out, "{\"method\":");
    if (method && !strcmp(method, "GET")) {
        WFP_JSON_OUT(out, "\"GET\""); /* most are */
    }
    else {
        wfp_json_out_str(out, method);
    }
    WFP_JSON_OUT(out, ",\"url\":");
    wfp_json_out_bytes(out, url, n < URL_MAX ? n : URL_MAX);
    if (request->headers) {
        whole = tell_headers(out, request, is_open);
    }
    WFP_JSON_OUT(out, ",\"cf\":{}}");
    return whole && n <= URL_MAX;
}

int wfp_record_request_has_secrets(const wfp_record_request_t *request,
                                   apr_pool_t *p)
{
    const wfp_headers_t *headers = request->headers;
    int i;

    for (i = 0; i < headers->count && i < WFP_RECORD_HEADERS_MAX; i++) {
        if (wfp_redact_is_secret(headers->list[i].name)) {
            return 1;
        }
    }
    return wfp_redact_url(request->url, p) != request->url;
}
