/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers. Cloudflare's clients need a JSON body with every status, never 204,
 * and a status from 400 with every error.
 */
#include "admin/api_answer.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <stdarg.h>

#include "admin/api_body.h"
#include "admin/api_call.h"

#define STORE_RETRY_S 5

apr_status_t wfp_api_answer_json(wfp_api_call_t *call, const wfp_json_t *result)
{
    call->answer.status = HTTP_OK;
    call->answer.result = result;
    return APR_SUCCESS;
}

apr_status_t wfp_api_answer_page(wfp_api_call_t *call, const wfp_json_t *result,
                                 const wfp_api_page_t *page, apr_int64_t total)
{
    wfp_json_t *info = wfp_json_object(call->pool);

    wfp_json_set_int(info, "page", page->page);
    wfp_json_set_int(info, "per_page", page->per_page);
    wfp_json_set_int(info, "count", (apr_int64_t)wfp_json_size(result));
    wfp_json_set_int(info, "total_count", total);
    wfp_json_set_int(info, "total_pages",
                     (total + page->per_page - 1) / page->per_page);
    call->answer.info = info;
    return wfp_api_answer_json(call, result);
}

apr_status_t wfp_api_answer_cursor(wfp_api_call_t *call,
                                   const wfp_json_t *result,
                                   const wfp_json_t *list, const char *cursor)
{
    wfp_json_t *info = wfp_json_object(call->pool);

    wfp_json_set_int(info, "count", (apr_int64_t)wfp_json_size(list));
    wfp_json_set_str(info, "cursor", cursor ? cursor : "");
    call->answer.info = info;
    return wfp_api_answer_json(call, result);
}

void wfp_api_answer_etag(wfp_api_call_t *call, const char *etag)
{
    if (etag) {
        apr_table_setn(call->r->headers_out, "ETag",
                       apr_pstrcat(call->pool, "\"", etag, "\"", NULL));
    }
}

apr_status_t wfp_api_answer_raw(wfp_api_call_t *call, const char *type,
                                const char *data, apr_size_t n)
{
    call->answer.status = HTTP_OK;
    call->answer.type = type;
    call->answer.data = data;
    call->answer.size = n;
    return APR_SUCCESS;
}

apr_status_t wfp_api_answer_body(wfp_api_call_t *call, const char *type,
                                 wfp_body_t *body)
{
    call->answer.body = body;
    return wfp_api_answer_raw(call, type, "", 0);
}

apr_status_t wfp_api_answer_sent(wfp_api_call_t *call, int rc)
{
    call->answer.is_sent = 1;
    call->answer.rc = rc;
    return APR_SUCCESS;
}

static void add_note(wfp_json_t **plist, wfp_api_call_t *call, int code,
                     const char *text)
{
    wfp_json_t *note = wfp_json_object(call->pool);

    wfp_json_set_int(note, "code", code);
    wfp_json_set_str(note, "message", text);
    if (!*plist) {
        *plist = wfp_json_array(call->pool);
    }
    wfp_json_add(*plist, note);
}

void wfp_api_answer_message(wfp_api_call_t *call, int code, const char *text)
{
    add_note(&call->answer.messages, call, code, text);
}

apr_status_t wfp_api_answer_error(wfp_api_call_t *call, wfp_api_error_e error,
                                  const char *fmt, ...)
{
    const wfp_api_error_row_t *row = wfp_api_error_row(error);
    const char *text = row->text;
    va_list ap;

    if (fmt) {
        va_start(ap, fmt);
        text = apr_pvsprintf(call->pool, fmt, ap);
        va_end(ap);
    }
    if (!call->answer.errors) {
        call->answer.status = row->status;
        call->answer.result = NULL;
        call->answer.info = NULL;
        call->answer.type = NULL;
    }
    if (error == WFP_API_STORE_DOWN || error == WFP_API_STORE_FULL) {
        call->answer.retry_after_s = STORE_RETRY_S;
    }
    add_note(&call->answer.errors, call, row->code, text);
    return APR_EGENERAL;
}

apr_status_t wfp_api_answer_result(wfp_api_call_t *call, apr_status_t rv,
                                   wfp_api_error_e missing,
                                   wfp_api_error_e exists)
{
    const wfp_result_t *res = &call->res;
    wfp_api_error_e error = wfp_api_error_of(res);

    if (res->code == WFP_NOT_FOUND) {
        error = missing;
    }
    if (res->code == WFP_CONFLICT && res->status == APR_EEXIST) {
        error = exists;
    }
    /* texts of faults may hold paths and SQL */
    if (res->code == WFP_STORE_UNAVAILABLE || error == WFP_API_INTERNAL
        || error == WFP_API_NO_WORKER || error == missing || error == exists) {
        (void)wfp_api_answer_error(call, error, NULL);
    }
    else {
        (void)wfp_api_answer_error(call, error, "%s", res->message);
    }
    return rv;
}

static const char *envelope(const wfp_api_call_t *call)
{
    const wfp_api_answer_t *answer = &call->answer;
    apr_pool_t *p = call->pool;
    wfp_json_t *doc = wfp_json_object(p);
    wfp_json_t *none = wfp_json_array(p);

    wfp_json_set(doc, "result",
                 answer->result ? (wfp_json_t *)answer->result
                                : wfp_json_null(p));
    wfp_json_set_bool(doc, "success", !answer->errors);
    wfp_json_set(doc, "errors", answer->errors ? answer->errors : none);
    wfp_json_set(doc, "messages", answer->messages ? answer->messages : none);
    if (answer->info) {
        wfp_json_set(doc, "result_info", answer->info);
    }
    return wfp_json_text(doc, p);
}

int wfp_api_answer_send(wfp_api_call_t *call)
{
    request_rec *r = call->r;
    const wfp_api_answer_t *answer = &call->answer;
    const char *text;

    if (answer->is_sent) {
        return answer->rc;
    }
    if (wfp_api_body_is_answered(r)) {
        return AP_FILTER_ERROR;
    }
    r->status = answer->status;
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    if (answer->retry_after_s > 0) {
        apr_table_setn(r->headers_out, "Retry-After",
                       apr_itoa(call->pool, answer->retry_after_s));
    }
    if (answer->body) {
        ap_set_content_type(r, answer->type);
        wfp_api_body_sandbox(r);
        wfp_api_body_send(r, answer->body, &call->res);
        wfp_api_body_leave(r, call->body_read);
        return OK;
    }
    if (answer->type) {
        ap_set_content_type(r, answer->type);
        ap_set_content_length(r, (apr_off_t)answer->size);
        (void)ap_rwrite(answer->data, (int)answer->size, r);
        wfp_api_body_leave(r, call->body_read);
        return OK;
    }
    ap_set_content_type(r, "application/json");
    text = envelope(call);
    ap_set_content_length(r, (apr_off_t)strlen(text));
    (void)ap_rputs(text, r); /* a client that is gone needs no answer */
    wfp_api_body_leave(r, call->body_read);
    return OK;
}
