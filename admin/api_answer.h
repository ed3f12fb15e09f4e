/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_ANSWER_H
#define WFP_API_ANSWER_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "admin/api_error.h"
#include "core/body.h"
#include "core/json.h"
#include "core/wfp.h"

/**
 * @file
 * The answer to a call: Cloudflare's envelope, or a raw body. A handler sets it
 * once and returns; the last one holds.
 */

struct wfp_api_call_t;
struct wfp_api_page_t;

typedef struct wfp_api_answer_t {
    int status; /* HTTP; 0: nothing said yet */
    const wfp_json_t *result;
    wfp_json_t *info;     /* result_info */
    wfp_json_t *errors;   /* array */
    wfp_json_t *messages; /* array */
    const char *type;     /* of a raw body; NULL: the envelope */
    const char *data;
    apr_size_t size;
    wfp_body_t *body; /* instead of data; NULL: none */
    int is_sent;      /* by somebody else */
    int rc;           /* for httpd, then */
    int retry_after_s;
} wfp_api_answer_t;

/** 200 with this result; NULL is null. Always APR_SUCCESS, so that a handler
 *  can end with it. */
apr_status_t wfp_api_answer_json(struct wfp_api_call_t *call,
                                 const wfp_json_t *result);

/** The same for an array that is a page: adds result_info. */
apr_status_t wfp_api_answer_page(struct wfp_api_call_t *call,
                                 const wfp_json_t *result,
                                 const struct wfp_api_page_t *page,
                                 apr_int64_t total);

/** The same for cursor style. @param list the array of result that is a page,
 *  or result itself @param cursor of the next page; "" or NULL: this was the
 *  last */
apr_status_t wfp_api_answer_cursor(struct wfp_api_call_t *call,
                                   const wfp_json_t *result,
                                   const wfp_json_t *list, const char *cursor);

/** The answer's etag, without quotes. @param etag NULL: none */
void wfp_api_answer_etag(struct wfp_api_call_t *call, const char *etag);

/** 200 with bytes of a type. */
apr_status_t wfp_api_answer_raw(struct wfp_api_call_t *call, const char *type,
                                const char *data, apr_size_t n);

/** 200 with a body of a type that is sent as it is read; it lives as long as the
 *  request. */
apr_status_t wfp_api_answer_body(struct wfp_api_call_t *call, const char *type,
                                 wfp_body_t *body);

/** The request was answered by somebody else, who says this to httpd. */
apr_status_t wfp_api_answer_sent(struct wfp_api_call_t *call, int rc);

/** Something for `messages` of the answer. */
void wfp_api_answer_message(struct wfp_api_call_t *call, int code,
                            const char *text);

/**
 * Say what is wrong. The first call decides the status, later ones add to
 * `errors`.
 *
 * @param fmt  printf text; NULL: the table's
 * @return APR_EGENERAL, so that a handler can end with it
 */
apr_status_t wfp_api_answer_error(struct wfp_api_call_t *call,
                                  wfp_api_error_e error, const char *fmt, ...)
    WFP_PRINTF(3, 4);

/**
 * Say what call->res says, whose status is rv.
 *
 * @param missing  what WFP_NOT_FOUND is here
 * @param exists   what WFP_CONFLICT with APR_EEXIST is here
 * @return rv
 */
apr_status_t wfp_api_answer_result(struct wfp_api_call_t *call, apr_status_t rv,
                                   wfp_api_error_e missing,
                                   wfp_api_error_e exists);

/** Send it. @return for httpd's handler hook */
int wfp_api_answer_send(struct wfp_api_call_t *call);

#endif
