/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last records of a Worker. Which of them are asked for is told by numbers, in
 * steps that look at a bounded number of rows; only for a text are records read
 * that are not sent. Whoever asks for what is rare gets a page that may be empty,
 * and a cursor. docs/api/logs.md
 */
#include "admin/api_logs.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "admin/api_worker.h"
#include "admin/show.h"
#include "core/clock.h"
#include "core/log_kind.h"
#include "store/log_records.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000

/* What one request may cost: time, rows looked at, bytes of records sent. */
#define TIME_MAX  apr_time_from_sec(2)
#define ROWS_MAX  20000
#define BYTES_MAX ((apr_size_t)4 * 1024 * 1024)

/* Of an id, as mod_wfp/archive.c makes them. */
#define ID_SIZE 24

#define QUERY_MAX 256

typedef struct ask_t {
    wfp_api_call_t *call;
    const char *script_id;
    apr_time_t since;
    apr_int64_t outcomes; /* 0: any */
    apr_int64_t levels;
    const char *text; /* NULL: any */
    apr_int64_t limit;
    wfp_log_place_t at; /* what was looked at last; id NULL: nothing yet */
    /* so far */
    wfp_json_t *list;
    apr_size_t found;
    apr_size_t bytes;
    int rows;
    apr_time_t until; /* core/clock.h */
    int is_end;       /* there is nothing behind it */
} ask_t;

/* ---- what is asked -------------------------------------------------------------- */

static apr_status_t bad(wfp_api_call_t *call, const char *why)
{
    return wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "%s", why);
}

static int is_number(const char *text)
{
    apr_size_t n = strspn(text, "0123456789");

    return n > 0 && n < 16 && !text[n];
}

/* A time, maybe with a fraction of the second, or milliseconds as records have
 * them. @return 0: it is none */
static int read_since(apr_time_t *pt, const char *text, apr_pool_t *p)
{
    const char *dot = strchr(text, '.');
    apr_size_t digits = dot ? strspn(dot + 1, "0123456789") : 0;
    char fraction[7] = "000000";

    if (is_number(text)) {
        *pt = apr_atoi64(text) * 1000;
        return 1;
    }
    if (!dot) {
        return wfp_show_read_time(pt, text);
    }
    if (!digits || strcmp(dot + 1 + digits, "Z")
        || !wfp_show_read_time(
            pt,
            apr_pstrcat(p, apr_pstrmemdup(p, text, (apr_size_t)(dot - text)),
                        "Z", NULL))) {
        return 0;
    }
    memcpy(fraction, dot + 1, digits < 6 ? digits : 6);
    *pt += apr_atoi64(fraction);
    return 1;
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

/* @return what is wrong, or NULL */
static const char *read_ask(ask_t *ask, wfp_api_call_t *call)
{
    const char *since = wfp_api_call_query(call, "since");
    const char *outcome = wfp_api_call_query(call, "outcome");
    const char *level = wfp_api_call_query(call, "level");
    const char *cursor = wfp_api_call_query(call, "cursor");

    ask->text = wfp_api_call_query(call, "query");
    if (since && !read_since(&ask->since, since, call->pool)) {
        return "since: a time like 2026-12-31T23:59:59Z, or milliseconds";
    }
    if (outcome && !wfp_log_kind_read_outcomes(&ask->outcomes, outcome)) {
        return "outcome: ok, exception, exceededCpu, exceededMemory, "
               "exceededWallTime, scriptNotFound, loadShed, canceled, "
               "internalError, or several with commas between";
    }
    if (level && !wfp_log_kind_read_levels(&ask->levels, level)) {
        return "level: debug, info, log, warn, error, or several with commas "
               "between";
    }
    if (ask->text && strlen(ask->text) > QUERY_MAX) {
        return "query: at most 256 bytes";
    }
    if (ask->text && !*ask->text) {
        ask->text = NULL;
    }
    if (cursor && !read_cursor(&ask->at, cursor, call->pool)) {
        return "cursor: as an answer gave it";
    }
    return NULL;
}

/* ---- one record ------------------------------------------------------------------ */

static int has(const ask_t *ask, const char *text)
{
    apr_size_t n = strlen(ask->text);

    for (; text && *text; text++) {
        if (!strncasecmp(text, ask->text, n)) {
            return 1;
        }
    }
    return 0;
}

static int says(const ask_t *ask, const wfp_json_t *obj, const char *key,
                apr_pool_t *p)
{
    return has(ask, wfp_json_str(wfp_json_get(obj, key, p)));
}

static int in_lines(const ask_t *ask, const wfp_json_t *logs, apr_pool_t *p)
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

static int in_exceptions(const ask_t *ask, const wfp_json_t *list,
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
static int has_text(const ask_t *ask, const wfp_json_t *record, apr_pool_t *p)
{
    const wfp_json_t *event = wfp_json_get(record, "event", p);

    return says(ask, wfp_json_get(event, "request", p), "url", p)
           || says(ask, event, "queue", p) || says(ask, event, "cron", p)
           || says(ask, record, "requestId", p)
           || in_lines(ask, wfp_json_get(record, "logs", p), p)
           || in_exceptions(ask, wfp_json_get(record, "exceptions", p), p);
}

static int is_kind(const ask_t *ask, apr_int64_t kinds)
{
    return (!ask->outcomes || (kinds & ask->outcomes))
           && (!ask->levels || (kinds & ask->levels));
}

/* Read it, and add it when it is asked for. */
static apr_status_t take(ask_t *ask, const wfp_log_place_t *place,
                         apr_pool_t *p)
{
    wfp_api_call_t *call = ask->call;
    const char *text;
    wfp_json_t *doc;
    apr_size_t n;
    apr_status_t rv = wfp_log_records_text(&text, call->server->store,
                                           ask->script_id, place, &call->res,
                                           p);

    if (rv != APR_SUCCESS || !text) {
        return rv;
    }
    n = strlen(text);
    if (wfp_json_parse(&doc, text, n, NULL, p) != APR_SUCCESS
        || (ask->text && !has_text(ask, doc, p))) {
        return APR_SUCCESS;
    }
    /* it passed, so it does again, for as long as the answer */
    rv = wfp_json_parse(&doc, text, n, &call->res, call->pool);
    if (rv == APR_SUCCESS) {
        wfp_json_add(ask->list, doc);
        ask->found++;
        ask->bytes += n;
    }
    return rv;
}

/* ---- the list --------------------------------------------------------------------- */

static int is_enough(const ask_t *ask)
{
    return ask->found >= (apr_size_t)ask->limit || ask->bytes >= BYTES_MAX
           || ask->rows >= ROWS_MAX || wfp_clock_now() > ask->until;
}

/* One look at the store and what it leads to. */
static apr_status_t step(ask_t *ask, apr_pool_t *p)
{
    wfp_api_call_t *call = ask->call;
    apr_array_header_t *list;
    apr_pool_t *turn;
    int i;
    apr_status_t rv = wfp_log_records_places(&list, call->server->store,
                                             ask->script_id, ask->since,
                                             ask->at.id ? &ask->at : NULL,
                                             &call->res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_pool_create(&turn, p);
    for (i = 0; rv == APR_SUCCESS && i < list->nelts && !is_enough(ask); i++) {
        const wfp_log_place_t *place = &APR_ARRAY_IDX(list, i, wfp_log_place_t);

        ask->at.time = place->time;
        ask->at.id = apr_pstrdup(call->pool, place->id);
        ask->rows++;
        if (is_kind(ask, place->kinds)) {
            apr_pool_clear(turn);
            rv = take(ask, place, turn);
        }
    }
    ask->is_end = i == list->nelts && list->nelts < WFP_LOG_RECORDS_PAGE;
    return rv;
}

static apr_status_t list_all(ask_t *ask)
{
    apr_status_t rv = APR_SUCCESS;
    apr_pool_t *p;

    ask->until = wfp_clock_now() + TIME_MAX;
    apr_pool_create(&p, ask->call->pool);
    do {
        apr_pool_clear(p);
        rv = step(ask, p);
    } while (rv == APR_SUCCESS && !ask->is_end && !is_enough(ask));
    apr_pool_destroy(p);
    return rv;
}

/* What is too old is not shown, though it may be there for some seconds yet. */
static void bound_since(ask_t *ask)
{
    apr_time_t first = apr_time_now() - ask->call->server->log_age;

    if (ask->since < first) {
        ask->since = first;
    }
}

apr_status_t wfp_api_logs_list(wfp_api_call_t *call)
{
    ask_t ask = { .call = call, .limit = LIMIT_DEFAULT };
    wfp_script_t *script;
    const char *wrong, *next = NULL;
    apr_status_t rv = wfp_api_call_number(&ask.limit, call, "limit", 1,
                                          LIMIT_MAX);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    wrong = read_ask(&ask, call);
    if (wrong) {
        return bad(call, wrong);
    }
    rv = wfp_api_worker_head(&script, NULL, call);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask.script_id = script->id;
    ask.list = wfp_json_array(call->pool);
    bound_since(&ask);
    rv = list_all(&ask);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!ask.is_end) {
        next = apr_psprintf(call->pool, "%" APR_TIME_T_FMT ".%s", ask.at.time,
                            ask.at.id);
    }
    return wfp_api_answer_cursor(call, ask.list, ask.list, next);
}
