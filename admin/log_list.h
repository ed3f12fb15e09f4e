/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LOG_LIST_H
#define WFP_LOG_LIST_H

#include "core/json.h"
#include "store/log_records.h"

/** @file A Worker's last records, as they are asked for. */

#define WFP_LOG_LIST_DEFAULT 100
#define WFP_LOG_LIST_MAX     1000

typedef struct wfp_log_list_t {
    /* from the caller */
    wfp_store_t *store;
    wfp_result_t *res;
    apr_pool_t *pool;
    const char *script_id;
    apr_int64_t limit;
    /* what is asked: wfp_log_list_read() */
    apr_time_t since;
    apr_int64_t outcomes; /* 0: any */
    apr_int64_t levels;   /* the same */
    const char *text;     /* NULL: any */
    wfp_log_place_t at;   /* what was looked at last; id NULL: nothing yet */
    /* what was found */
    wfp_json_t *records;
    apr_size_t found;
    /* of this file */
    apr_size_t bytes;
    int rows;
    int is_end;       /* there is nothing behind it */
    apr_time_t until; /* core/clock.h */
} wfp_log_list_t;

/** What a client says; each may be NULL. */
typedef struct wfp_log_list_texts_t {
    const char *since;
    const char *outcome;
    const char *level;
    const char *query;
    const char *cursor;
} wfp_log_list_texts_t;

/** Take it in. @return what is wrong with it, or NULL */
const char *wfp_log_list_read(wfp_log_list_t *ask,
                              const wfp_log_list_texts_t *texts);

/** A page, newest first. Again: the next one.
 *  @param pnext  cursor of the next page; NULL: this was the last */
apr_status_t wfp_log_list_run(const char **pnext,
                              wfp_log_list_t *ask) WFP_CHECK;

#endif
