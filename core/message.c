/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and responses without httpd; reason phrases of RFC 9110, 15. */
#include "core/message.h"

#include <string.h>

wfp_request_t *wfp_request_make(const char *method, const char *url,
                                apr_pool_t *p)
{
    wfp_request_t *req = apr_pcalloc(p, sizeof(*req));

    req->pool = p;
    req->method = method;
    req->url = url;
    req->headers = wfp_headers_make(p);
    return req;
}

wfp_response_t *wfp_response_make(int status, apr_pool_t *p)
{
    wfp_response_t *resp = apr_pcalloc(p, sizeof(*resp));

    resp->pool = p;
    resp->status = status;
    resp->status_text = "";
    resp->url = "";
    resp->headers = wfp_headers_make(p);
    return resp;
}

typedef struct reason_t {
    int status;
    const char *text;
} reason_t;

static const reason_t reasons[] = {
    { 101, "Switching Protocols" },
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 203, "Non-Authoritative Information" },
    { 204, "No Content" },
    { 205, "Reset Content" },
    { 206, "Partial Content" },
    { 207, "Multi-Status" },
    { 300, "Multiple Choices" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 402, "Payment Required" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 407, "Proxy Authentication Required" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 411, "Length Required" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 416, "Range Not Satisfiable" },
    { 417, "Expectation Failed" },
    { 421, "Misdirected Request" },
    { 422, "Unprocessable Content" },
    { 423, "Locked" },
    { 424, "Failed Dependency" },
    { 425, "Too Early" },
    { 426, "Upgrade Required" },
    { 428, "Precondition Required" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 451, "Unavailable For Legal Reasons" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
    { 507, "Insufficient Storage" },
    { 508, "Loop Detected" },
    { 511, "Network Authentication Required" },
};

const char *wfp_response_reason(int status)
{
    apr_size_t i;

    for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status) {
            return reasons[i].text;
        }
    }
    return "";
}

int wfp_response_may_have_body(int status)
{
    return status >= 200 && status != 204 && status != 205 && status != 304;
}
