/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of error codes. Everything that must show an error (HTTP
 * answer, Lua error value, log record) asks it; nobody else chooses an HTTP
 * status.
 */
#include "core/result.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <string.h>

static const wfp_code_row_t rows[WFP_CODE_COUNT] = {
    [WFP_OK] = { "ok", 200, "Error", "OK", 0 },
    [WFP_WORKER_NOT_FOUND] = { "worker_not_found", 404, "Error",
                               "Worker not found", 0 },
    [WFP_CPU_LIMIT] = { "cpu_limit", 503, "LimitError",
                        "CPU time limit exceeded", 1 },
    [WFP_INSTRUCTION_LIMIT] = { "instruction_limit", 503, "LimitError",
                                "Instruction limit exceeded", 1 },
    [WFP_WALL_LIMIT] = { "wall_limit", 503, "LimitError",
                         "Wall time limit exceeded", 1 },
    [WFP_MEMORY_LIMIT] = { "memory_limit", 503, "LimitError",
                           "Memory limit exceeded", 1 },
    [WFP_STARTUP_LIMIT] = { "startup_limit", 503, "LimitError",
                            "Start-up time limit exceeded", 1 },
    [WFP_WORKER_OVERLOADED] = { "worker_overloaded", 429, "Error",
                                "Worker is cooling down", 0 },
    [WFP_ISOLATE_UNAVAILABLE] = { "isolate_unavailable", 503, "Error",
                                  "No isolate available", 0 },
    [WFP_STORE_UNAVAILABLE] = { "store_unavailable", 503, "Error",
                                "Store unavailable", 0 },
    [WFP_SUBREQUEST_LIMIT] = { "subrequest_limit", 500, "LimitError",
                               "Too many subrequests", 0 },
    [WFP_EXCEPTION] = { "exception", 500, "Error", "The Worker raised an error",
                        0 },
    [WFP_INVALID_RESPONSE] = { "invalid_response", 500, "TypeError",
                               "The Worker did not return a Response", 0 },
    [WFP_EGRESS_BLOCKED] = { "egress_blocked", 500, "Error", "Egress blocked",
                             0 },
    [WFP_NETWORK_ERROR] = { "network_error", 500, "Error", "Network error", 0 },
    [WFP_TIMEOUT] = { "timeout", 500, "TimeoutError", "Timeout", 0 },
    [WFP_ABORTED] = { "aborted", 500, "AbortError", "Aborted", 0 },
    [WFP_TOO_MANY_REDIRECTS] = { "too_many_redirects", 500, "Error",
                                 "Too many redirects", 0 },
    [WFP_BODY_TOO_LARGE] = { "body_too_large", 500, "RangeError",
                             "Body too large", 0 },
    [WFP_LOOP_DETECTED] = { "loop_detected", 508, "Error",
                            "Too many nested Workers", 0 },
    [WFP_CLIENT_DISCONNECTED] = { "client_disconnected", 400, "Error",
                                  "Client disconnected", 0 },
    [WFP_KV_ERROR] = { "kv_error", 500, "Error", "KV failed", 0 },
    [WFP_D1_ERROR] = { "d1_error", 500, "Error", "D1_ERROR", 0 },
    [WFP_QUOTA_EXCEEDED] = { "quota_exceeded", 429, "LimitError",
                             "A quota is used up", 0 },
    [WFP_R2_ERROR] = { "r2_error", 500, "Error", "R2 failed", 0 },
    [WFP_QUEUE_ERROR] = { "queue_error", 500, "Error", "Queue failed", 0 },
    [WFP_INVALID] = { "invalid", 400, "TypeError", "Invalid input", 0 },
    [WFP_CONFLICT] = { "conflict", 400, "Error", "Already exists", 0 },
    [WFP_NOT_FOUND] = { "not_found", 404, "Error", "Not found", 0 },
    [WFP_UNSUPPORTED] = { "unsupported", 501, "Error", "Not supported", 0 },
    [WFP_INTERNAL] = { "internal_error", 500, "Error", "Internal error", 0 },
};

const wfp_code_row_t *wfp_code_row(wfp_code_e code)
{
    if ((unsigned)code >= WFP_CODE_COUNT) {
        code = WFP_INTERNAL;
    }
    return &rows[code];
}

wfp_outcome_e wfp_code_outcome(wfp_code_e code)
{
    switch (code) {
    case WFP_OK:
        return WFP_OUTCOME_OK;
    case WFP_CPU_LIMIT:
    case WFP_INSTRUCTION_LIMIT:
    case WFP_STARTUP_LIMIT:
        return WFP_OUTCOME_EXCEEDED_CPU;
    case WFP_MEMORY_LIMIT:
        return WFP_OUTCOME_EXCEEDED_MEMORY;
    case WFP_WALL_LIMIT:
        return WFP_OUTCOME_EXCEEDED_WALL;
    case WFP_WORKER_NOT_FOUND:
        return WFP_OUTCOME_NOT_FOUND;
    case WFP_WORKER_OVERLOADED:
    case WFP_ISOLATE_UNAVAILABLE:
        return WFP_OUTCOME_SHED;
    case WFP_CLIENT_DISCONNECTED:
        return WFP_OUTCOME_CANCELED;
    case WFP_STORE_UNAVAILABLE:
    case WFP_INTERNAL:
        return WFP_OUTCOME_INTERNAL;
    default:
        return WFP_OUTCOME_EXCEPTION;
    }
}

const char *wfp_code_outcome_name(wfp_outcome_e outcome)
{
    static const char *const names[WFP_OUTCOME_COUNT] = {
        "ok",
        "exception",
        "exceededCpu",
        "exceededMemory",
        "exceededWallTime",
        "scriptNotFound",
        "loadShed",
        "canceled",
        "internalError",
    };

    return (unsigned)outcome < WFP_OUTCOME_COUNT ? names[outcome] : "";
}

wfp_code_e wfp_code_by_name(const char *name)
{
    int i;

    for (i = 0; i < WFP_CODE_COUNT; i++) {
        if (!strcmp(rows[i].code, name)) {
            return (wfp_code_e)i;
        }
    }
    return WFP_CODE_COUNT;
}

void wfp_result_init(wfp_result_t *res, apr_pool_t *p)
{
    memset(res, 0, sizeof(*res));
    res->pool = p;
    res->name = rows[WFP_OK].name;
    res->message = rows[WFP_OK].message;
}

apr_status_t wfp_result_set(wfp_result_t *res, wfp_code_e code,
                            apr_status_t status, const char *fmt, ...)
{
    const wfp_code_row_t *row = wfp_code_row(code);
    va_list ap;

    if (status == APR_SUCCESS) {
        status = APR_EGENERAL;
    }
    if (!res) {
        return status;
    }
    wfp_result_init(res, res->pool);
    res->code = code;
    res->status = status;
    res->name = row->name;
    res->message = row->message;
    if (fmt) {
        va_start(ap, fmt);
        res->message = apr_pvsprintf(res->pool, fmt, ap);
        va_end(ap);
    }
    return status;
}

apr_status_t wfp_result_about(wfp_result_t *res, wfp_about_e about,
                              apr_status_t rv)
{
    if (res) {
        res->about = about;
    }
    return rv;
}

void wfp_result_copy(wfp_result_t *dst, const wfp_result_t *src)
{
    apr_pool_t *p = dst->pool;

    *dst = *src;
    dst->pool = p;
    dst->name = apr_pstrdup(p, src->name);
    dst->message = apr_pstrdup(p, src->message);
    dst->stack = apr_pstrdup(p, src->stack);
    dst->limit = apr_pstrdup(p, src->limit);
    dst->worker = apr_pstrdup(p, src->worker);
    dst->ns = apr_pstrdup(p, src->ns);
    dst->version = apr_pstrdup(p, src->version);
}
