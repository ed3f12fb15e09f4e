/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_ERROR_H
#define WFP_API_ERROR_H

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * The one table of the API's errors: HTTP status, Cloudflare's code, text.
 * docs/api/errors.md lists them.
 */

typedef enum {
    WFP_API_AUTH = 0,      /* no token, or a wrong one */
    WFP_API_AUTH_MISSING,  /* no header that says who asks */
    WFP_API_TOKEN_INVALID, /* of tokens/verify */
    WFP_API_FORBIDDEN,     /* a token without the right */
    WFP_API_ROUTE,         /* no such route, or a malformed identifier */
    WFP_API_METHOD,
    WFP_API_BAD_REQUEST, /* body, query or values that are not right */
    WFP_API_TIMEOUT,     /* the body came too slowly */
    WFP_API_TOO_LARGE,   /* the body */
    WFP_API_VALIDATION,  /* of an upload: 10021 */
    WFP_API_NO_WORKER,
    WFP_API_IN_USE,         /* a Worker that others need */
    WFP_API_NO_USER_WORKER, /* GET of a user Worker: 10092 */
    WFP_API_NO_SERVICE,
    WFP_API_NO_SUBDOMAIN, /* of workers.dev */
    WFP_API_NO_NAMESPACE,
    WFP_API_NAMESPACE_EXISTS,
    WFP_API_NO_VERSION,
    WFP_API_NO_BINDING, /* secrets, too */
    WFP_API_BINDING_NAME,
    WFP_API_VAR,       /* too large */
    WFP_API_VARS,      /* too many */
    WFP_API_INHERIT,   /* nothing to inherit */
    WFP_API_NO_TARGET, /* of a service binding */
    WFP_API_NO_NAMESPACE_TARGET,
    WFP_API_NO_KV_TARGET,
    WFP_API_NO_D1_TARGET,
    WFP_API_NO_QUEUE_TARGET,
    WFP_API_NO_R2_TARGET,
    WFP_API_NO_HANDLERS,
    WFP_API_PRECONDITION, /* If-Match */
    WFP_API_NOT_DEPLOYED, /* the newest version is not what runs */
    WFP_API_SCRIPT_SIZE,
    WFP_API_CONTENT_TYPE,
    WFP_API_KV_MISSING,
    WFP_API_KV_EXISTS,
    WFP_API_KV_TITLE,
    WFP_API_KV_TIME, /* expiration */
    WFP_API_KV_KEYS, /* none, or too many */
    WFP_API_NO_KEY,  /* of a KV namespace */
    WFP_API_CRON,    /* a schedule that is none, or too many */
    WFP_API_QUEUE_MISSING,
    WFP_API_QUEUE_EXISTS,
    WFP_API_QUEUE_FULL,
    WFP_API_QUEUE_BAD,      /* settings of a queue */
    WFP_API_QUEUE_CONSUMED, /* it has a consumer already */
    WFP_API_NO_CONSUMER,
    WFP_API_CONSUMER_BAD, /* settings of a consumer */
    WFP_API_D1_MISSING,
    WFP_API_D1_EXISTS,
    WFP_API_D1_BAD,   /* a request to a database that is not right */
    WFP_API_D1_ERROR, /* what SQLite says */
    WFP_API_R2_EXISTS,
    WFP_API_R2_NAME, /* of a bucket */
    WFP_API_R2_MISSING,
    WFP_API_R2_NO_KEY,
    WFP_API_R2_NOT_EMPTY,
    WFP_API_R2_BAD_KEY,
    WFP_API_R2_UNMET,
    WFP_API_R2_RANGE,
    WFP_API_R2_TOO_LARGE,
    WFP_API_NO_HOSTNAME,
    WFP_API_NO_TAIL,
    WFP_API_TAILS_FULL,
    WFP_API_NO_TOKEN,
    WFP_API_CONFLICT, /* the state does not allow it */
    WFP_API_NOT_FOUND,
    WFP_API_UNSUPPORTED,
    WFP_API_RATE,
    WFP_API_STORE_DOWN,
    WFP_API_STORE_FULL,
    WFP_API_INTERNAL,
    WFP_API_ERROR_COUNT
} wfp_api_error_e;

typedef struct wfp_api_error_row_t {
    int status; /* HTTP */
    int code;   /* errors[].code */
    const char *text;
} wfp_api_error_row_t;

/** The row of an error. */
const wfp_api_error_row_t *wfp_api_error_row(wfp_api_error_e error);

/** What a result of the rooms below is for a client of the API. */
wfp_api_error_e wfp_api_error_of(const wfp_result_t *res);

#endif
