/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RESULT_H
#define WFP_RESULT_H

#include <apr_errno.h>
#include <apr_pools.h>
#include <apr_time.h>

#include "core/wfp.h"

/**
 * @file
 * What went wrong, for those who must be told. The one table from error code
 * to HTTP status, generic message, error class and log level is in result.c;
 * the codes are those of docs/operations/errors.md.
 */

typedef enum {
    WFP_OK = 0,
    WFP_WORKER_NOT_FOUND,
    WFP_CPU_LIMIT,
    WFP_INSTRUCTION_LIMIT,
    WFP_WALL_LIMIT,
    WFP_MEMORY_LIMIT,
    WFP_STARTUP_LIMIT,
    WFP_WORKER_OVERLOADED,
    WFP_ISOLATE_UNAVAILABLE,
    WFP_STORE_UNAVAILABLE,
    WFP_SUBREQUEST_LIMIT,
    WFP_EXCEPTION,
    WFP_INVALID_RESPONSE,
    WFP_EGRESS_BLOCKED,
    WFP_NETWORK_ERROR,
    WFP_TIMEOUT,
    WFP_ABORTED,
    WFP_TOO_MANY_REDIRECTS,
    WFP_BODY_TOO_LARGE,
    WFP_LOOP_DETECTED,
    WFP_CLIENT_DISCONNECTED,
    WFP_KV_ERROR,
    WFP_D1_ERROR,
    WFP_R2_ERROR,
    WFP_QUEUE_ERROR,
    WFP_QUOTA_EXCEEDED,
    WFP_INVALID,     /* bad input to the control plane or wfpctl */
    WFP_CONFLICT,    /* the thing exists already */
    WFP_NOT_FOUND,   /* the thing (namespace, secret, version) is missing */
    WFP_UNSUPPORTED, /* known, but not in this server */
    WFP_INTERNAL,    /* a fault of ours */
    WFP_CODE_COUNT
} wfp_code_e;

/** How a run of a handler ended, as a TraceItem says it. */
typedef enum {
    WFP_OUTCOME_OK = 0,
    WFP_OUTCOME_EXCEPTION,
    WFP_OUTCOME_EXCEEDED_CPU,
    WFP_OUTCOME_EXCEEDED_MEMORY,
    WFP_OUTCOME_EXCEEDED_WALL,
    WFP_OUTCOME_NOT_FOUND,
    WFP_OUTCOME_SHED,
    WFP_OUTCOME_CANCELED,
    WFP_OUTCOME_INTERNAL,
    WFP_OUTCOME_COUNT
} wfp_outcome_e;

/** What a refusal is about, where the API has an answer of its own for it. */
typedef enum {
    WFP_ABOUT_NONE = 0,
    WFP_ABOUT_ROOM,         /* the store's disk has none */
    WFP_ABOUT_SCHEMA,       /* the store has another one than this program's */
    WFP_ABOUT_NAMESPACE,    /* the target of a binding */
    WFP_ABOUT_SERVICE,      /* the same */
    WFP_ABOUT_KV_NAMESPACE, /* the same */
    WFP_ABOUT_D1,           /* the same */
    WFP_ABOUT_R2,           /* the same */
    WFP_ABOUT_QUEUE,        /* the same */
    WFP_ABOUT_INHERIT,      /* a binding that the version before has not */
    WFP_ABOUT_SECRET,
    WFP_ABOUT_VERSION, /* one that the Worker has not */
    WFP_ABOUT_USERS,   /* who would miss what shall go */
    WFP_ABOUT_SIZE,    /* of a script */
    WFP_ABOUT_VAR,     /* a variable that is too large */
    WFP_ABOUT_VARS,    /* more variables than there may be */
    WFP_ABOUT_HANDLERS /* a script without */
} wfp_about_e;

/** Filled in by functions that fail; set up by wfp_result_init(). */
typedef struct wfp_result_t {
    apr_pool_t *pool; /* owns the texts below */
    wfp_code_e code;
    apr_status_t status; /* APR's reason, APR_SUCCESS when there is none */
    const char *name;    /* "TypeError", "LimitError", ...: never NULL
                              * after wfp_result_set() */
    const char *message; /* for the record and the caller's Worker */
    const char *stack;   /* tenant's traceback or NULL */
    const char *limit;   /* name of a limit, as in limits.h, or NULL */
    apr_int64_t allowed; /* of that limit, in its unit */
    apr_int64_t used;
    const char *worker; /* whose limit or error it was, or NULL */
    const char *ns;
    const char *version;
    int line;  /* of the tenant's source, 0: not known */
    int stage; /* of a hard limit's end: 1 at a safe point, 2 out of
                        * a library's middle; 0: no hard limit */
    wfp_about_e about;
    int retry_after_s; /* seconds for Retry-After, 0: none */
} wfp_result_t;

/** Everything that is fixed for a code. */
typedef struct wfp_code_row_t {
    const char *code;    /* "cpu_limit": x-wfp-error, e.code in Lua */
    int http_status;     /* what a client sees when nobody catches it */
    const char *name;    /* error class in Lua */
    const char *message; /* the generic text; safe for any client */
    int hard;            /* 1: no instruction of the isolate runs after */
} wfp_code_row_t;

/** An empty result (WFP_OK) whose texts will live in p. */
void wfp_result_init(wfp_result_t *res, apr_pool_t *p);

/**
 * Say what went wrong.
 *
 * @param res     the result, or NULL when nobody wants to know
 * @param code    never WFP_OK
 * @param status  returned as it is; APR_SUCCESS becomes APR_EGENERAL
 * @param fmt     printf text for the record, or NULL for the generic message
 * @return status, so that a function can end with `return wfp_result_set(...)`
 * @note When the text does not begin with the code's generic message the text
 *       is kept as it is: callers that need the documented beginning write it.
 */
apr_status_t wfp_result_set(wfp_result_t *res, wfp_code_e code,
                            apr_status_t status, const char *fmt, ...)
    WFP_PRINTF(4, 5);

/** Add what it is about. @param res may be NULL @return rv, so that a function
 *  can end with it */
apr_status_t wfp_result_about(wfp_result_t *res, wfp_about_e about,
                              apr_status_t rv);

/** Copy every field and text of src into dst's pool. */
void wfp_result_copy(wfp_result_t *dst, const wfp_result_t *src);

/** The row of a code; for a code out of range the row of WFP_INTERNAL. */
const wfp_code_row_t *wfp_code_row(wfp_code_e code);

/** The outcome that a code stands for. */
wfp_outcome_e wfp_code_outcome(wfp_code_e code);

/** "ok", "exceededCpu" etc. */
const char *wfp_code_outcome_name(wfp_outcome_e outcome);

/** The code of a name such as "cpu_limit"; WFP_CODE_COUNT when unknown. */
wfp_code_e wfp_code_by_name(const char *name);

#endif
