/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of the REST API for wfpctl's commands. It must not know what they mean.
 */
#include "admin/wfpctl/remote.h"

#include <apr_escape.h>
#include <apr_strings.h>
#include <string.h>

#include "admin/wfpctl/args.h"
#include "admin/wfpctl/transfer.h"

struct wfp_remote_t {
    CURL *curl;
    const char *base;    /* no slash at its end */
    const char *token;   /* header line */
    const char *account; /* "/accounts/ID" */
};

static apr_status_t unreachable(wfp_cmd_t *cmd, const char *why)
{
    return wfp_result_set(&cmd->res, WFP_NETWORK_ERROR, APR_EGENERAL, "%s: %s",
                          cmd->remote->base, why);
}

static apr_status_t perform(wfp_transferred_t *answer, wfp_cmd_t *cmd,
                            wfp_transfer_t *request)
{
    const char *why;

    request->token = cmd->remote->token;
    request->ca = wfp_args_option(cmd, "ca");
    why = wfp_transfer_run(answer, cmd->remote->curl, request, cmd->pool);
    return why ? unreachable(cmd, why) : APR_SUCCESS;
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
                                  const wfp_transferred_t *answer)
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
                             wfp_transfer_t *request)
{
    wfp_transferred_t answer;
    apr_status_t rv = perform(&answer, cmd, request);

    return rv == APR_SUCCESS ? read_envelope(pdoc, cmd, &answer) : rv;
}

apr_status_t wfp_remote_call(wfp_json_t **presult, wfp_cmd_t *cmd,
                             const char *method, const char *path,
                             const wfp_json_t *body)
{
    wfp_transfer_t request = { .method = method, .url = url_of(cmd, path) };
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
        wfp_transfer_t request = { .method = "GET", .url = url_of(cmd, next) };

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
    wfp_transfer_t request = { .method = "PUT", .url = url_of(cmd, path) };
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
    wfp_transfer_t request = { .method = "POST", .url = url_of(cmd, path) };
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
    wfp_transfer_t request = { .method = "GET", .url = url_of(cmd, path) };
    wfp_transferred_t answer;
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
    wfp_transfer_t request = { .method = "GET",
                               .url = url_of(cmd, path),
                               .stream = stream,
                               .baton = baton };
    wfp_transferred_t answer;
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
    wfp_transfer_t request = { .method = "GET" };
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
