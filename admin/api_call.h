/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_CALL_H
#define WFP_API_CALL_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <httpd.h>

#include "admin/api.h"
#include "admin/api_answer.h"
#include "admin/api_route.h"
#include "core/etag.h"
#include "core/json.h"
#include "core/result.h"
#include "core/wfp.h"
#include "store/audit.h"
#include "store/list.h"
#include "store/tokens.h"

/**
 * @file
 * One request to the API: what was asked, by whom, and the answer as it grows.
 * All in call->pool, all on the request's thread.
 */

typedef struct wfp_api_call_t {
    apr_pool_t *pool; /* the request's */
    request_rec *r;
    const wfp_api_server_t *server;
    const wfp_api_route_t *route;
    const char *path;         /* encoded, without the prefix */
    const wfp_token_t *token; /* NULL where none is asked */
    int by_session;           /* through the admin page: its cookie counts */
    int body_read;            /* to its end */
    apr_table_t *params;      /* of the path, by name, decoded */
    apr_table_t *query;       /* decoded */
    wfp_result_t res;         /* for what handlers ask of the rooms below */
    wfp_api_answer_t answer;
} wfp_api_call_t;

/** Most bytes of a JSON body; of an upload's. */
#define WFP_API_JSON_MAX   ((apr_size_t)1 << 20)
#define WFP_API_UPLOAD_MAX ((apr_size_t)16 << 20)

/** A call of a request. @param path encoded, without the prefix */
wfp_api_call_t *wfp_api_call_make(request_rec *r, const char *path,
                                  const wfp_api_server_t *server);

/** The account's id; NULL: the store has none. */
apr_status_t wfp_api_call_account(const char **pid,
                                  wfp_api_call_t *call) WFP_CHECK;

/** A parameter of the path; NULL: this route has none of that name. */
const char *wfp_api_call_param(const wfp_api_call_t *call, const char *name);

/** A dispatch namespace's name of the path; WFP_ACCOUNT_NS for routes of
 *  account Workers. */
const char *wfp_api_call_ns(const wfp_api_call_t *call);

/** Read the query, once: at most 64 parameters, each of them once but `name`,
 *  which clients repeat. On failure
 *  the error is in the answer. */
apr_status_t wfp_api_call_read_query(wfp_api_call_t *call) WFP_CHECK;

/** A parameter of the query; NULL: not given. */
const char *wfp_api_call_query(const wfp_api_call_t *call, const char *name);

/** A whole number of the query, from 0. @return an error is in the answer when it is
 *  given and not within min and max; otherwise where it is not given */
apr_status_t wfp_api_call_number(apr_int64_t *pn, wfp_api_call_t *call,
                                 const char *name, apr_int64_t min,
                                 apr_int64_t max) WFP_CHECK;

/** A header of the request, or NULL. */
const char *wfp_api_call_header(const wfp_api_call_t *call, const char *name);

/** What If-Match and If-None-Match say; NULL: nothing. */
const wfp_match_t *wfp_api_call_match(const wfp_api_call_t *call);

/** The body, of whatever Content-Type, NUL-terminated. @param max bytes; more
 *  is WFP_API_TOO_LARGE. On failure the error is in the answer */
apr_status_t wfp_api_call_body(const char **pdata, apr_size_t *psize,
                               wfp_api_call_t *call, apr_size_t max) WFP_CHECK;

/** The body as JSON; *pdoc NULL when it is empty. On failure the error is in
 *  the answer. */
apr_status_t wfp_api_call_json(wfp_json_t **pdoc,
                               wfp_api_call_t *call) WFP_CHECK;

/** The same with another bound than WFP_API_JSON_MAX. */
apr_status_t wfp_api_call_json_max(wfp_json_t **pdoc, wfp_api_call_t *call,
                                   apr_size_t max) WFP_CHECK;

/** The same where an object is needed. */
apr_status_t wfp_api_call_object(wfp_json_t **pdoc,
                                 wfp_api_call_t *call) WFP_CHECK;

/**
 * Look for members of an object that nobody reads.
 *
 * @param known   names, ended by NULL
 * @param strict  1: the first is refused, 400; 0: each is told in a message
 * @return on failure the error is in the answer
 */
apr_status_t wfp_api_call_known(wfp_api_call_t *call, const wfp_json_t *obj,
                                const char *const *known, int strict) WFP_CHECK;

/** Which page is asked for (page style): ?page=1&per_page=20. */
typedef struct wfp_api_page_t {
    apr_int64_t page;
    apr_int64_t per_page;
    apr_int64_t skip; /* entries before it */
} wfp_api_page_t;

/** @param max  most per_page; more is taken for it */
apr_status_t wfp_api_call_page(wfp_api_page_t *page, wfp_api_call_t *call,
                               apr_int64_t max) WFP_CHECK;

/** The same of a list that can be searched: ?name_contains=, or ?search=. */
apr_status_t wfp_api_call_list(wfp_list_t *which, wfp_api_page_t *page,
                               wfp_api_call_t *call, apr_int64_t max) WFP_CHECK;

/** The same of one that is whole unless ?per_page= is given: page 1 has all then,
 *  and those behind it nothing. @return *pis_paged: it is given */
apr_status_t wfp_api_call_list_all(int *pis_paged, wfp_list_t *which,
                                   wfp_api_page_t *page, wfp_api_call_t *call,
                                   apr_int64_t max) WFP_CHECK;

/** What names of a list shall contain; NULL: not given. */
const char *wfp_api_call_contains(const wfp_api_call_t *call);

/** ?direction=asc|desc. @return *pis_down */
apr_status_t wfp_api_call_direction(int *pis_down,
                                    wfp_api_call_t *call) WFP_CHECK;

/** Is a parameter of the query one of two words? @return *pis_second; the first
 *  when it is not given */
apr_status_t wfp_api_call_either(int *pis_second, wfp_api_call_t *call,
                                 const char *name, const char *first,
                                 const char *second) WFP_CHECK;

/** May the token of the call see this dispatch namespace? */
int wfp_api_call_sees(const wfp_api_call_t *call, const char *ns);

/** Who asks, for the store's mutations. In the call's pool. */
const wfp_actor_t *wfp_api_call_actor(const wfp_api_call_t *call);

/** Tell this host's children what was just changed. */
void wfp_api_call_tell(wfp_api_call_t *call, const wfp_change_t *change);

/** The same of a Worker. @param name "" for a namespace */
void wfp_api_call_publish(wfp_api_call_t *call, apr_int64_t stamp,
                          const char *ns, const char *name, int deleted);

#endif
