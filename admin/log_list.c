/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last records of a Worker. Which of them are asked for is told by numbers, in
 * steps that look at a bounded number of rows; only for a text are records read
 * that are not given. Whoever asks for what is rare gets a page that may be empty,
 * and a cursor. Called by the API and wfpctl. docs/api/logs.md
 */
#include "admin/log_list.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "admin/show.h"
#include "core/clock.h"
#include "core/log_kind.h"

/* What one request may cost: time, rows looked at, bytes of records sent. */
#define TIME_MAX  apr_time_from_sec(2)
#define ROWS_MAX  20000
#define BYTES_MAX ((apr_size_t)4 * 1024 * 1024)

/* Of an id, as mod_wfp/archive.c makes them. */
#define ID_SIZE 24

#define QUERY_MAX 256

/* ---- what is asked -------------------------------------------------------------- */

static int is_number(const char *text)
{
    apr_size_t n = strspn(text, "0123456789");

    return n > 0 && n < 16 && !text[n];
}

/* A moment, or milliseconds as records have them. @return 0: it is none */
static int read_since(apr_time_t *pt, const char *text, apr_pool_t *p)
{
    if (is_number(text)) {
        *pt = apr_atoi64(text) * 1000;
        return 1;
    }
    return wfp_show_read_moment(pt, text, p);
}

/* "TIME.ID". @return 0: it is none */
static int read_cursor(wfp_log_place_t *at, const char *text, apr_pool_t *p)
{
    const char *dot = strchr(text, '.');
    char *time;

    if (!dot || strlen(dot + 1) != ID_SIZE
        || strspn(dot + 1, "0123456789abcdef") != ID_SIZE) {
        return 0;
    }
    time = apr_pstrmemdup(p, text, (apr_size_t)(dot - text));
    if (strspn(time, "0123456789") != strlen(time) || !*time
        || strlen(time) > 18) {
        return 0;
    }
    at->time = apr_atoi64(time);
    at->id = dot + 1;
    return 1;
}

const char *wfp_log_list_read(wfp_log_list_t *ask,
                              const wfp_log_list_texts_t *texts)
{
    if (texts->since && !read_since(&ask->since, texts->since, ask->pool)) {
        return "since: a time like 2026-12-31T23:59:59Z, or milliseconds";
    }
    if (texts->outcome
        && !wfp_log_kind_read_outcomes(&ask->outcomes, texts->outcome)) {
        return "outcome: ok, exception, exceededCpu, exceededMemory, "
               "exceededWallTime, scriptNotFound, loadShed, canceled, "
               "internalError, or several with commas between";
    }
    if (texts->level && !wfp_log_kind_read_levels(&ask->levels, texts->level)) {
        return "level: debug, info, log, warn, error, or several with commas "
               "between";
    }
    if (texts->query && strlen(texts->query) > QUERY_MAX) {
        return "query: at most 256 bytes";
    }
    ask->text = texts->query && *texts->query ? texts->query : NULL;
    if (texts->cursor && !read_cursor(&ask->at, texts->cursor, ask->pool)) {
        return "cursor: as an answer gave it";
    }
    return NULL;
}

/* ---- one record ------------------------------------------------------------------ */

static int has(const wfp_log_list_t *ask, const char *text)
{
    apr_size_t n = strlen(ask->text);

    for (; text && *text; text++) {
        if (!strncasecmp(text, ask->text, n)) {
            return 1;
        }
    }
    return 0;
}

static int says(const wfp_log_list_t *ask, const wfp_json_t *obj,
                const char *key, apr_pool_t *p)
{
    return has(ask, wfp_json_str(wfp_json_get(obj, key, p)));
}

static int in_lines(const wfp_log_list_t *ask, const wfp_json_t *logs,
                    apr_pool_t *p)
{
    apr_size_t i, k;

    for (i = 0; i < wfp_json_size(logs); i++) {
        const wfp_json_t *said = wfp_json_get(wfp_json_at(logs, i, p),
                                              "message", p);

        for (k = 0; k < wfp_json_size(said); k++) {
            if (has(ask, wfp_json_str(wfp_json_at(said, k, p)))) {
                return 1;
            }
        }
    }
    return 0;
}

static int in_exceptions(const wfp_log_list_t *ask, const wfp_json_t *list,
                         apr_pool_t *p)
{
    apr_size_t i;

    for (i = 0; i < wfp_json_size(list); i++) {
        const wfp_json_t *one = wfp_json_at(list, i, p);

        if (says(ask, one, "message", p) || says(ask, one, "stack", p)
            || says(ask, one, "code", p)) {
            return 1;
        }
    }
    return 0;
}

/* Is the text in what was said, what went wrong, or what was asked for? */
static int has_text(const wfp_log_list_t *ask, const wfp_json_t *record,
                    apr_pool_t *p)
{
    const wfp_json_t *event = wfp_json_get(record, "event", p);

    return says(ask, wfp_json_get(event, "request", p), "url", p)
           || says(ask, event, "queue", p) || says(ask, event, "cron", p)
           || says(ask, record, "requestId", p)
           || in_lines(ask, wfp_json_get(record, "logs", p), p)
           || in_exceptions(ask, wfp_json_get(record, "exceptions", p), p);
}

static int is_kind(const wfp_log_list_t *ask, apr_int64_t kinds)
{
    return (!ask->outcomes || (kinds & ask->outcomes))
           && (!ask->levels || (kinds & ask->levels));
}

/* Read it, and add it when it is asked for. */
static apr_status_t take(wfp_log_list_t *ask, const wfp_log_place_t *place,
                         apr_pool_t *p)
{
    const char *text;
    wfp_json_t *doc;
    apr_size_t n;
    apr_status_t rv = wfp_log_records_text(&text, ask->store, ask->script_id,
                                           place, ask->res, p);

    if (rv != APR_SUCCESS || !text) {
        return rv;
    }
    n = strlen(text);
    if (wfp_json_parse(&doc, text, n, NULL, p) != APR_SUCCESS
        || (ask->text && !has_text(ask, doc, p))) {
        return APR_SUCCESS;
    }
    /* it passed, so it does again, for as long as the answer */
    rv = wfp_json_parse(&doc, text, n, ask->res, ask->pool);
    if (rv == APR_SUCCESS) {
        wfp_json_add(ask->records, doc);
        ask->found++;
        ask->bytes += n;
    }
    return rv;
}

/* ---- the list --------------------------------------------------------------------- */

static int is_enough(const wfp_log_list_t *ask)
{
    return ask->found >= (apr_size_t)ask->limit || ask->bytes >= BYTES_MAX
           || ask->rows >= ROWS_MAX || wfp_clock_now() > ask->until;
}

/* One look at the store and what it leads to. */
static apr_status_t step(wfp_log_list_t *ask, apr_pool_t *p)
{
    apr_array_header_t *list;
    apr_pool_t *turn;
    int i;
    apr_status_t rv = wfp_log_records_places(&list, ask->store, ask->script_id,
                                             ask->since,
                                             ask->at.id ? &ask->at : NULL,
                                             ask->res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_pool_create(&turn, p);
    for (i = 0; rv == APR_SUCCESS && i < list->nelts && !is_enough(ask); i++) {
        const wfp_log_place_t *place = &APR_ARRAY_IDX(list, i, wfp_log_place_t);

        ask->at.time = place->time;
        ask->at.id = apr_pstrdup(ask->pool, place->id);
        ask->rows++;
        if (is_kind(ask, place->kinds)) {
            apr_pool_clear(turn);
            rv = take(ask, place, turn);
        }
    }
    ask->is_end = i == list->nelts && list->nelts < WFP_LOG_RECORDS_PAGE;
    return rv;
}

apr_status_t wfp_log_list_run(const char **pnext, wfp_log_list_t *ask)
{
    apr_status_t rv = APR_SUCCESS;
    apr_pool_t *p;

    *pnext = NULL;
    ask->records = wfp_json_array(ask->pool);
    ask->found = ask->bytes = 0;
    ask->rows = ask->is_end = 0;
    ask->until = wfp_clock_now() + TIME_MAX;
    apr_pool_create(&p, ask->pool);
    do {
        apr_pool_clear(p);
        rv = step(ask, p);
    } while (rv == APR_SUCCESS && !ask->is_end && !is_enough(ask));
    apr_pool_destroy(p);
    if (rv == APR_SUCCESS && !ask->is_end) {
        *pnext = apr_psprintf(ask->pool, "%" APR_TIME_T_FMT ".%s", ask->at.time,
                              ask->at.id);
    }
    return rv;
}
