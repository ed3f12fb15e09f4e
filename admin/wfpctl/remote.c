/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of the REST API for wfpctl's commands. It must not know what they mean.
 */
#include "admin/wfpctl/remote.h"

#include <apr_escape.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "admin/wfpctl/args.h"

#define CONNECT_SECONDS 10L
#define TOTAL_SECONDS   120L
#define ANSWER_MAX      (64 * 1024 * 1024)

struct wfp_remote_t {
    CURL *curl;
    const char *base;    /* no slash at its end */
    const char *token;   /* header line */
    const char *account; /* "/accounts/ID" */
};

/* What is asked. */
typedef struct request_t {
    const char *method;
    const char *url;
    const char *body;             /* JSON, or NULL */
    curl_mime *form;              /* or NULL */
    const char *sent_type;        /* header line, or NULL */
    wfp_remote_stream_fn *stream; /* what comes goes there, without end */
    void *baton;
} request_t;

/* What came. */
typedef struct answer_t {
    apr_pool_t *pool;
    char *data;
    apr_size_t size;
    apr_size_t room;
    const char *entry;
    const char *type;
    long status;
} answer_t;

/* --- one transfer ------------------------------------------------------------ */

static size_t on_data(char *data, size_t one, size_t n, void *answerv)
{
    answer_t *answer = answerv;
    char *more;

    (void)one; /* is 1 */
    if (n > ANSWER_MAX - answer->size) {
        return 0; /* ends the transfer */
    }
    if (answer->size + n + 1 > answer->room) {
        answer->room = 2 * (answer->size + n + 1);
        more = apr_palloc(answer->pool, answer->room);
        if (answer->size) {
            memcpy(more, answer->data, answer->size);
        }
        answer->data = more;
    }
    memcpy(answer->data + answer->size, data, n);
    answer->size += n;
    answer->data[answer->size] = '\0';
    return n;
}

/* Of an answer that goes on: a refusal is read as any other. */
typedef struct streamed_t {
    const request_t *request;
    CURL *curl;
    answer_t *answer;
} streamed_t;

static size_t on_stream(char *data, size_t one, size_t n, void *streamedv)
{
    streamed_t *streamed = streamedv;
    long status = 0;

    if (curl_easy_getinfo(streamed->curl, CURLINFO_RESPONSE_CODE, &status)
            != CURLE_OK
        || status != 200) {
        return on_data(data, one, n, streamed->answer);
    }
    return streamed->request->stream(streamed->request->baton, data, n) ? n : 0;
}

/* About once a second. */
static int on_progress(void *requestv, curl_off_t all, curl_off_t now,
                       curl_off_t all_up, curl_off_t now_up)
{
    const request_t *request = requestv;

    return !request->stream(request->baton, NULL, 0);
}

static size_t on_header(char *line, size_t one, size_t n, void *answerv)
{
    static const char name[] = "cf-entrypoint:";
    answer_t *answer = answerv;
    apr_size_t at = sizeof(name) - 1, end = n;

    (void)one; /* is 1 */
    if (n > at && !strncasecmp(line, name, at)) {
        while (at < end && apr_isspace(line[at])) {
            at++;
        }
        while (end > at && apr_isspace(line[end - 1])) {
            end--;
        }
        answer->entry = apr_pstrmemdup(answer->pool, line + at, end - at);
    }
    return n;
}

static apr_status_t unreachable(wfp_cmd_t *cmd, const char *why)
{
    return wfp_result_set(&cmd->res, WFP_NETWORK_ERROR, APR_EGENERAL, "%s: %s",
                          cmd->remote->base, why);
}

#define SET(option, value)                                                     \
    do {                                                                       \
        if (rc == CURLE_OK) {                                                  \
            rc = curl_easy_setopt(curl, option, value);                        \
        }                                                                      \
    } while (0)

static CURLcode set_request(CURL *curl, const request_t *request,
                            struct curl_slist *headers, answer_t *answer)
{
    CURLcode rc = CURLE_OK;

    curl_easy_reset(curl);
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L); /* the token is for this server only */
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    SET(CURLOPT_TIMEOUT, TOTAL_SECONDS);
    SET(CURLOPT_USERAGENT, "wfpctl");
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_WRITEFUNCTION, on_data);
    SET(CURLOPT_WRITEDATA, answer);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, answer);
    if (request->form) {
        SET(CURLOPT_MIMEPOST, request->form);
    }
    else if (request->body) {
        SET(CURLOPT_POSTFIELDSIZE, (long)strlen(request->body));
        SET(CURLOPT_POSTFIELDS, request->body);
    }
    SET(CURLOPT_CUSTOMREQUEST, request->method);
    return rc;
}

static CURLcode set_stream(CURL *curl, const request_t *request,
                           streamed_t *streamed)
{
    CURLcode rc = CURLE_OK;

    SET(CURLOPT_TIMEOUT, 0L);
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L); /* a comment comes every 15 seconds */
    SET(CURLOPT_LOW_SPEED_TIME, 60L);
    SET(CURLOPT_WRITEFUNCTION, on_stream);
    SET(CURLOPT_WRITEDATA, streamed);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(CURLOPT_XFERINFODATA, request);
    return rc;
}
#undef SET

static apr_status_t perform(answer_t *answer, wfp_cmd_t *cmd,
                            const request_t *request)
{
    wfp_remote_t *remote = cmd->remote;
    struct curl_slist *headers, *more;
    const char *ca = wfp_args_option(cmd, "ca");
    const char *type = NULL;
    streamed_t streamed = { request, remote->curl, answer };
    CURLcode rc;

    memset(answer, 0, sizeof(*answer));
    answer->pool = cmd->pool;
    answer->data = apr_pstrdup(cmd->pool, "");
    headers = curl_slist_append(NULL, remote->token);
    more = headers ? curl_slist_append(headers, request->sent_type
                                                    ? request->sent_type
                                                    : "Expect:")
                   : NULL;
    if (!more) {
        curl_slist_free_all(headers);
        return unreachable(cmd, "no memory");
    }
    rc = set_request(remote->curl, request, headers, answer);
    if (rc == CURLE_OK && request->stream) {
        rc = set_stream(remote->curl, request, &streamed);
    }
    if (rc == CURLE_OK && ca) {
        rc = curl_easy_setopt(remote->curl, CURLOPT_CAINFO, ca);
    }
    if (rc == CURLE_OK) {
        rc = curl_easy_perform(remote->curl);
    }
    if (rc == CURLE_OK) {
        rc = curl_easy_getinfo(remote->curl, CURLINFO_RESPONSE_CODE,
                               &answer->status);
    }
    if (rc == CURLE_OK) {
        rc = curl_easy_getinfo(remote->curl, CURLINFO_CONTENT_TYPE, &type);
    }
    answer->type = type ? apr_pstrdup(cmd->pool, type) : NULL;
    curl_slist_free_all(headers);
    return rc == CURLE_OK ? APR_SUCCESS
                          : unreachable(cmd, curl_easy_strerror(rc));
}

/* --- envelopes ------------------------------------------------------------------ */

static wfp_code_e code_of(long status)
{
    return status == 404                    ? WFP_NOT_FOUND
           : status == 409 || status == 412 ? WFP_CONFLICT
           : status == 501                  ? WFP_UNSUPPORTED
           : status == 503                  ? WFP_STORE_UNAVAILABLE
           : status >= 500                  ? WFP_INTERNAL
                                            : WFP_INVALID;
}

/* *pdoc is the whole of it; a refusal is in the server's words. */
static apr_status_t read_envelope(wfp_json_t **pdoc, wfp_cmd_t *cmd,
                                  const answer_t *answer)
{
    apr_pool_t *p = cmd->pool;
    wfp_json_t *error;
    apr_int64_t number = 0;
    const char *message;

    if (wfp_json_parse(pdoc, answer->data, answer->size, NULL, p) != APR_SUCCESS
        || !wfp_json_is_bool(wfp_json_get(*pdoc, "success", p))) {
        return wfp_result_set(&cmd->res, WFP_NETWORK_ERROR, APR_EGENERAL,
                              "%s answers %ld, and not as a REST API of this "
                              "kind: is the address its base, such as "
                              "https://api.example.com/client/v4?",
                              cmd->remote->base, answer->status);
    }
    if (answer->status < 400) {
        return APR_SUCCESS;
    }
    error = wfp_json_at(wfp_json_get(*pdoc, "errors", p), 0, p);
    message = wfp_json_str(wfp_json_get(error, "message", p));
    (void)wfp_json_int(wfp_json_get(error, "code", p), &number);
    return wfp_result_set(&cmd->res, code_of(answer->status), APR_EGENERAL,
                          "%s [%ld, code %" APR_INT64_T_FMT "]",
                          message ? message : "refused", answer->status,
                          number);
}

static const char *url_of(const wfp_cmd_t *cmd, const char *path)
{
    return apr_pstrcat(cmd->pool, cmd->remote->base, cmd->remote->account, path,
                       NULL);
}

static apr_status_t exchange(wfp_json_t **pdoc, wfp_cmd_t *cmd,
                             const request_t *request)
{
    answer_t answer;
    apr_status_t rv = perform(&answer, cmd, request);

    return rv == APR_SUCCESS ? read_envelope(pdoc, cmd, &answer) : rv;
}

apr_status_t wfp_remote_call(wfp_json_t **presult, wfp_cmd_t *cmd,
                             const char *method, const char *path,
                             const wfp_json_t *body)
{
    request_t request = { .method = method, .url = url_of(cmd, path) };
    wfp_json_t *doc;
    apr_status_t rv;

    if (body) {
        request.body = wfp_json_text(body, cmd->pool);
        request.sent_type = "Content-Type: application/json";
    }
    rv = exchange(&doc, cmd, &request);
    if (rv == APR_SUCCESS && presult) {
        *presult = wfp_json_get(doc, "result", cmd->pool);
    }
    return rv;
}

/* Where a list goes on behind this page, or NULL: it was the last. */
static const char *next_page(const wfp_cmd_t *cmd, const char *path,
                             const wfp_json_t *info)
{
    apr_pool_t *p = cmd->pool;
    const char *cursor = wfp_json_str(wfp_json_get(info, "cursor", p));
    const char *sign = strchr(path, '?') ? "&" : "?";
    apr_int64_t page, pages;

    if (cursor && *cursor) {
        return apr_pstrcat(p, path, sign,
                           "cursor=", wfp_remote_part(cmd, cursor), NULL);
    }
    return wfp_json_int(wfp_json_get(info, "page", p), &page)
                   && wfp_json_int(wfp_json_get(info, "total_pages", p), &pages)
                   && page < pages
               ? apr_psprintf(p, "%s%spage=%" APR_INT64_T_FMT, path, sign,
                              page + 1)
               : NULL;
}

apr_status_t wfp_remote_pages(wfp_cmd_t *cmd, const char *path, const char *key,
                              wfp_remote_page_fn *each, void *baton)
{
    const char *next = path;
    wfp_json_t *doc, *result;
    apr_pool_t *p = cmd->pool;
    apr_status_t rv;

    do {
        request_t request = { .method = "GET", .url = url_of(cmd, next) };

        rv = exchange(&doc, cmd, &request);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        result = wfp_json_get(doc, "result", p);
        rv = each(cmd, baton, key ? wfp_json_get(result, key, p) : result);
        next = next_page(cmd, path, wfp_json_get(doc, "result_info", p));
    } while (rv == APR_SUCCESS && next);
    return rv;
}

/* --- forms and contents --------------------------------------------------------- */

static CURLcode add_part(curl_mime *form, const char *name, const char *data,
                         apr_size_t n, int is_file)
{
    curl_mimepart *part = curl_mime_addpart(form);
    CURLcode rc = part ? curl_mime_name(part, name) : CURLE_OUT_OF_MEMORY;

    if (rc == CURLE_OK) {
        rc = curl_mime_data(part, data, n);
    }
    if (rc == CURLE_OK && is_file) {
        rc = curl_mime_filename(part, name);
    }
    return rc == CURLE_OK
               ? curl_mime_type(part, is_file ? "application/octet-stream"
                                              : "application/json")
               : rc;
}

apr_status_t wfp_remote_upload(wfp_json_t **presult, wfp_cmd_t *cmd,
                               const char *path, const wfp_json_t *metadata,
                               const apr_array_header_t *modules)
{
    request_t request = { .method = "PUT", .url = url_of(cmd, path) };
    const char *text = wfp_json_text(metadata, cmd->pool);
    wfp_json_t *doc;
    CURLcode rc = CURLE_OUT_OF_MEMORY;
    int i;
    apr_status_t rv;

    request.form = curl_mime_init(cmd->remote->curl);
    if (request.form) {
        rc = add_part(request.form, "metadata", text, strlen(text), 0);
    }
    for (i = 0; rc == CURLE_OK && i < modules->nelts; i++) {
        const wfp_module_t *m = &APR_ARRAY_IDX(modules, i, wfp_module_t);

        rc = add_part(request.form, m->name, m->data, m->size, 1);
    }
    rv = rc == CURLE_OK ? exchange(&doc, cmd, &request)
                        : unreachable(cmd, curl_easy_strerror(rc));
    curl_mime_free(request.form);
    if (rv == APR_SUCCESS) {
        *presult = wfp_json_get(doc, "result", cmd->pool);
    }
    return rv;
}

static CURLcode add_base64(curl_mime *form, const wfp_remote_file_t *one)
{
    curl_mimepart *part = curl_mime_addpart(form);
    CURLcode rc = part ? curl_mime_name(part, one->name) : CURLE_OUT_OF_MEMORY;

    if (rc == CURLE_OK) {
        rc = curl_mime_data(part, one->data, one->size);
    }
    if (rc == CURLE_OK) {
        rc = curl_mime_type(part, one->type);
    }
    return rc;
}

apr_status_t wfp_remote_send(wfp_json_t **presult, wfp_cmd_t *cmd,
                             const char *path, const char *token,
                             const apr_array_header_t *parts)
{
    request_t request = { .method = "POST", .url = url_of(cmd, path) };
    const char *own = cmd->remote->token;
    wfp_json_t *doc;
    CURLcode rc = CURLE_OK;
    int i;
    apr_status_t rv;

    request.form = curl_mime_init(cmd->remote->curl);
    rc = request.form ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    for (i = 0; rc == CURLE_OK && i < parts->nelts; i++) {
        rc = add_base64(request.form,
                        &APR_ARRAY_IDX(parts, i, wfp_remote_file_t));
    }
    cmd->remote->token = apr_pstrcat(cmd->pool, "Authorization: Bearer ", token,
                                     NULL);
    rv = rc == CURLE_OK ? exchange(&doc, cmd, &request)
                        : unreachable(cmd, curl_easy_strerror(rc));
    cmd->remote->token = own;
    curl_mime_free(request.form);
    if (rv == APR_SUCCESS) {
        *presult = wfp_json_get(doc, "result", cmd->pool);
    }
    return rv;
}

apr_status_t wfp_remote_content(const char **pdata, apr_size_t *pn,
                                const char **ptype, const char **pentry,
                                wfp_cmd_t *cmd, const char *path)
{
    request_t request = { .method = "GET", .url = url_of(cmd, path) };
    answer_t answer;
    wfp_json_t *doc;
    apr_status_t rv = perform(&answer, cmd, &request);

    if (rv == APR_SUCCESS && answer.status != 200) {
        rv = read_envelope(&doc, cmd, &answer);
        rv = rv == APR_SUCCESS ? unreachable(cmd, "no content") : rv;
    }
    *pdata = answer.data;
    *pn = answer.size;
    *ptype = answer.type;
    *pentry = answer.entry;
    return rv;
}

apr_status_t wfp_remote_stream(wfp_cmd_t *cmd, const char *path,
                               wfp_remote_stream_fn *stream, void *baton)
{
    request_t request = { .method = "GET",
                          .url = url_of(cmd, path),
                          .stream = stream,
                          .baton = baton };
    answer_t answer;
    wfp_json_t *doc;
    apr_status_t rv = perform(&answer, cmd, &request);

    if (rv == APR_SUCCESS && answer.status != 200) {
        rv = read_envelope(&doc, cmd, &answer);
        return rv == APR_SUCCESS ? unreachable(cmd, "no events") : rv;
    }
    return rv == APR_SUCCESS ? APR_EOF : rv;
}

const char *wfp_remote_part(const wfp_cmd_t *cmd, const char *name)
{
    return apr_pescape_path_segment(cmd->pool, name);
}

/* --- opening --------------------------------------------------------------------- */

static apr_status_t close_remote(void *data)
{
    wfp_remote_t *remote = data;

    curl_easy_cleanup(remote->curl);
    curl_global_cleanup();
    return APR_SUCCESS;
}

static apr_status_t find_account(wfp_cmd_t *cmd)
{
    wfp_json_t *result;
    const char *id;
    apr_status_t rv;

    cmd->remote->account = "/accounts";
    rv = wfp_remote_call(&result, cmd, "GET", "", NULL);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    id = wfp_json_str(
        wfp_json_get(wfp_json_at(result, 0, cmd->pool), "id", cmd->pool));
    if (!id) {
        return unreachable(cmd, "this token sees no account");
    }
    cmd->remote->account = apr_pstrcat(cmd->pool, "/accounts/",
                                       wfp_remote_part(cmd, id), NULL);
    return APR_SUCCESS;
}

static apr_status_t start_curl(wfp_cmd_t *cmd)
{
    wfp_remote_t *remote = cmd->remote;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK
        || !(remote->curl = curl_easy_init())) {
        return unreachable(cmd, "libcurl does not start");
    }
    apr_pool_cleanup_register(cmd->pool, remote, close_remote,
                              apr_pool_cleanup_null);
    return APR_SUCCESS;
}

apr_status_t wfp_remote_open_at(wfp_cmd_t *cmd, const char *base,
                                const char *token)
{
    wfp_remote_t *remote = apr_pcalloc(cmd->pool, sizeof(*remote));
    apr_status_t rv;

    remote->base = base;
    remote->token = apr_pstrcat(cmd->pool, "Authorization: Bearer ", token,
                                NULL);
    cmd->remote = remote;
    rv = start_curl(cmd);
    return rv == APR_SUCCESS ? find_account(cmd) : rv;
}

apr_status_t wfp_remote_open(wfp_cmd_t *cmd)
{
    const char *base, *token;
    apr_status_t rv = wfp_remote_address(&base, &token, cmd);

    return rv == APR_SUCCESS ? wfp_remote_open_at(cmd, base, token) : rv;
}

apr_status_t wfp_remote_health(const char **pstatus, wfp_cmd_t *cmd,
                               const char *base)
{
    apr_size_t n = strlen(base);
    request_t request = { .method = "GET" };
    wfp_json_t *doc = NULL;
    const char *status = NULL;
    apr_status_t rv;

    while (n > 0 && base[n - 1] == '/') {
        n--;
    }
    cmd->remote = apr_pcalloc(cmd->pool, sizeof(*cmd->remote));
    cmd->remote->base = apr_pstrmemdup(cmd->pool, base, n);
    cmd->remote->token = "Accept: application/json"; /* nobody's */
    cmd->remote->account = "/accounts/any";
    rv = start_curl(cmd);
    if (rv == APR_SUCCESS) {
        request.url = url_of(cmd, "/healthz");
        rv = exchange(&doc, cmd, &request);
    }
    if (rv != APR_SUCCESS && cmd->res.code == WFP_STORE_UNAVAILABLE) {
        *pstatus = cmd->res.message;
        return APR_SUCCESS;
    }
    if (rv == APR_SUCCESS) {
        status = wfp_json_str(
            wfp_json_get(wfp_json_get(doc, "result", cmd->pool), "status",
                         cmd->pool));
    }
    *pstatus = status ? status : "?";
    return rv;
}
