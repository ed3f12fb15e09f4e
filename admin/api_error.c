/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table from an error to its HTTP status, Cloudflare's code and text.
 * "Exists already" is 400 and what is not supported 400 or 404: Cloudflare's
 * SDK would repeat a 409 or 5xx in vain.
 */
#include "admin/api_error.h"

static const wfp_api_error_row_t rows[WFP_API_ERROR_COUNT] = {
    [WFP_API_AUTH] = { 401, 10000, "Authentication error" },
    [WFP_API_AUTH_MISSING] = { 400, 9106,
                               "Missing Authorization: Bearer, or X-Auth-Key "
                               "with X-Auth-Email" },
    [WFP_API_TOKEN_INVALID] = { 401, 1000, "Invalid API Token" },
    [WFP_API_FORBIDDEN] = { 403, 10000, "Authentication error" },
    [WFP_API_ROUTE] = { 404, 7003,
                        "Could not route to the requested path, perhaps your "
                        "object identifier is invalid?" },
    [WFP_API_METHOD] = { 405, 10405, "Method not allowed for this path" },
    [WFP_API_BAD_REQUEST] = { 400, 10012, "Invalid request" },
    [WFP_API_TIMEOUT] = { 408, 10408, "The request's body came too slowly" },
    [WFP_API_TOO_LARGE] = { 413, 10413, "Request body too large" },
    [WFP_API_VALIDATION] = { 400, 10021, "Validation failed" },
    [WFP_API_NO_WORKER] = { 404, 10007,
                            "This Worker does not exist on your account." },
    [WFP_API_IN_USE] = { 400, 10064, "The Worker is still in use" },
    [WFP_API_NO_USER_WORKER] = { 404, 10092,
                                 "workers.api.error.environment_not_found" },
    [WFP_API_NO_SERVICE] = { 404, 10090,
                             "This Worker does not exist on your account." },
    [WFP_API_NO_SUBDOMAIN] = { 400, 10063,
                               "There is no workers.dev subdomain here: set "
                               "workers_dev = false" },
    [WFP_API_NO_NAMESPACE] = { 404, 100119,
                               "The specified dispatch namespace does not "
                               "exist on this account." },
    [WFP_API_NAMESPACE_EXISTS] = { 400, 100120,
                                   "A dispatch namespace of this name exists "
                                   "already." },
    [WFP_API_NO_VERSION] = { 404, 10222, "There is no such version." },
    [WFP_API_NO_BINDING] = { 404, 10056, "Binding not found" },
    [WFP_API_BINDING_NAME] = { 400, 10052, "A binding needs a name" },
    [WFP_API_VAR] = { 400, 10054, "A variable or secret is too large" },
    [WFP_API_VARS] = { 400, 10055, "Too many variables and secrets" },
    [WFP_API_INHERIT] = { 400, 10057, "Nothing to inherit this binding from" },
    [WFP_API_NO_TARGET] = { 400, 10144, "A binding's target does not exist" },
    [WFP_API_NO_NAMESPACE_TARGET] = { 400, 100119,
                                      "The specified dispatch namespace does "
                                      "not exist on this account." },
    [WFP_API_NO_KV_TARGET] = { 400, 10041, "KV namespace not found" },
    [WFP_API_NO_D1_TARGET] = { 400, 10181, "D1 database not found" },
    [WFP_API_NO_R2_TARGET] = { 400, 10085, "R2 bucket not found" },
    [WFP_API_NO_QUEUE_TARGET] = { 400, 100107, "Queue not found" },
    [WFP_API_NO_HANDLERS] = { 400, 10068, "The script has no handler" },
    [WFP_API_PRECONDITION] = { 412, 10412,
                               "The Worker is not what If-Match says" },
    [WFP_API_NOT_DEPLOYED] = { 400, 10215,
                               "The newest version is not deployed: deploy it "
                               "first" },
    [WFP_API_SCRIPT_SIZE] = { 413, 10027, "Script too large" },
    [WFP_API_CONTENT_TYPE] = { 415, 10001, "Unknown Content-Type" },
    [WFP_API_KV_MISSING] = { 404, 10013, "KV namespace not found" },
    [WFP_API_KV_EXISTS] = { 400, 10014,
                            "a namespace with this account ID and title "
                            "already exists" },
    [WFP_API_KV_TITLE] = { 400, 10019, "A KV namespace needs a title" },
    [WFP_API_CRON] = { 400, 10100, "invalid cron string" },
    [WFP_API_QUEUE_MISSING] = { 404, 11000, "The queue does not exist" },
    [WFP_API_QUEUE_EXISTS] = { 400, 11009,
                               "A queue of this name exists already" },
    [WFP_API_QUEUE_FULL] = { 400, 11010, "Storage Limit Exceeded" },
    [WFP_API_QUEUE_BAD] = { 400, 100128,
                            "The specified queue settings are invalid" },
    [WFP_API_QUEUE_CONSUMED] = { 400, 11004,
                                 "The queue has a consumer already" },
    [WFP_API_NO_CONSUMER] = { 404, 11001, "The queue has no such consumer" },
    [WFP_API_CONSUMER_BAD] = { 400, 100127,
                               "The specified consumer settings are "
                               "invalid" },
    [WFP_API_D1_MISSING] = { 404, 7404, "The database could not be found" },
    [WFP_API_D1_EXISTS] = { 400, 7502,
                            "A database with that name already exists" },
    [WFP_API_D1_BAD] = { 400, 7400, "The request is malformed" },
    [WFP_API_D1_ERROR] = { 400, 7500, "The query failed" },
    [WFP_API_KV_TIME] = { 400, 10034, "Invalid expiration" },
    [WFP_API_KV_KEYS] = { 400, 10029, "At least one key is needed" },
    [WFP_API_NO_KEY] = { 404, 10009, "get: 'key not found'" },
    [WFP_API_R2_EXISTS] = { 409, 10004,
                            "The bucket you tried to create already exists, "
                            "and you own it." },
    [WFP_API_R2_NAME] = { 400, 10005,
                          "The specified bucket name is not valid." },
    [WFP_API_R2_MISSING] = { 404, 10006,
                             "The specified bucket does not exist." },
    [WFP_API_R2_NO_KEY] = { 404, 10007, "The specified key does not exist." },
    [WFP_API_R2_NOT_EMPTY] = { 409, 10008,
                               "The bucket you tried to delete is not empty." },
    [WFP_API_R2_BAD_KEY] = { 400, 10020,
                             "The specified object name is not valid." },
    [WFP_API_R2_UNMET] = { 412, 10031,
                           "At least one of the pre-conditions you specified "
                           "did not hold." },
    [WFP_API_R2_RANGE] = { 416, 10039,
                           "The requested range is not satisfiable" },
    [WFP_API_R2_TOO_LARGE] = { 413, 100100,
                               "Your proposed upload exceeds the maximum "
                               "allowed object size." },
    [WFP_API_NO_HOSTNAME] = { 404, 10404, "There is no such hostname." },
    [WFP_API_NO_TAIL] = { 404, 10404, "There is no such tail." },
    [WFP_API_TAILS_FULL] = { 429, 10057,
                             "There are as many tails as there may be" },
    [WFP_API_NO_TOKEN] = { 404, 10404, "There is no such token." },
    [WFP_API_CONFLICT] = { 400, 10409, "The object's state does not allow it" },
    [WFP_API_NOT_FOUND] = { 404, 10404, "Not found" },
    [WFP_API_UNSUPPORTED] = { 404, 10501, "Not supported yet" },
    [WFP_API_RATE] = { 429, 971,
                       "Too many requests, please wait and try again" },
    [WFP_API_STORE_DOWN] = { 503, 10503,
                             "The store does not answer; Workers are served "
                             "on" },
    [WFP_API_STORE_FULL] = { 503, 10503,
                             "The store's disk is full; Workers are served "
                             "on" },
    [WFP_API_INTERNAL] = { 500, 10500, "Internal error" },
};

const wfp_api_error_row_t *wfp_api_error_row(wfp_api_error_e error)
{
    if ((unsigned)error >= WFP_API_ERROR_COUNT) {
        error = WFP_API_INTERNAL;
    }
    return &rows[error];
}

wfp_api_error_e wfp_api_error_of(const wfp_result_t *res)
{
    switch (res->code) {
    case WFP_STORE_UNAVAILABLE:
        return res->about == WFP_ABOUT_ROOM ? WFP_API_STORE_FULL
                                            : WFP_API_STORE_DOWN;
    case WFP_WORKER_NOT_FOUND:
        return WFP_API_NO_WORKER;
    case WFP_NOT_FOUND:
        return WFP_API_NOT_FOUND;
    case WFP_D1_ERROR:
        return WFP_API_D1_ERROR;
    case WFP_CONFLICT:
        return res->status == APR_EMISMATCH ? WFP_API_PRECONDITION
                                            : WFP_API_CONFLICT;
    case WFP_INVALID:
        return WFP_API_BAD_REQUEST;
    case WFP_UNSUPPORTED:
        return WFP_API_UNSUPPORTED;
    case WFP_STARTUP_LIMIT:
        return WFP_API_VALIDATION;
    case WFP_BODY_TOO_LARGE:
        return WFP_API_TOO_LARGE;
    default:
        return WFP_API_INTERNAL;
    }
}
