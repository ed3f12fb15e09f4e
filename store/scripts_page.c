/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of Workers: whole, by pages, by tags. Called by wfpctl and the API. A
 * page is read by name in steps of an index (of a tag when one is asked for),
 * and what else is asked of a Worker is looked at here, so that a page costs
 * the same wherever it is.
 */
#include <apr_strings.h>
#include <string.h>

#include "store/column.h"
#include "store/scripts.h"
#include "store/tx.h"

#define STEP 500

#define COLUMNS                                                                \
    "SELECT s.id, s.name, v.id, v.number, s.stamp, s.created, s.modified, "    \
    "c.etag, v.source, v.settings, s.tags, v.assets "
#define JOINS                                                                  \
    "JOIN versions v ON v.id = s.version_id JOIN codes c ON c.id = v.code_id "
#define COLUMN_COUNT 12

typedef struct page_t {
    const wfp_script_query_t *query;
    const char *ns_id;
    const char *after;
    int looks; /* most rows looked at */
    apr_array_header_t *list;
    const char *next;
    apr_array_header_t *gone; /* wfp_change_t: deleted */
    const wfp_actor_t *actor;
} page_t;

static apr_status_t read_info(wfp_script_info_t **pinfo, const char *ns,
                              const char **row, wfp_dbd_t *db)
{
    wfp_script_info_t *info = apr_pcalloc(db->pool, sizeof(*info));

    info->ns = apr_pstrdup(db->pool, ns);
    info->id = row[0];
    info->name = row[1];
    info->version_id = row[2];
    info->number = wfp_dbd_int(row[3]);
    info->stamp = wfp_dbd_int(row[4]);
    info->created = wfp_dbd_int(row[5]);
    info->modified = wfp_dbd_int(row[6]);
    info->etag = row[7];
    info->source = row[8];
    info->settings = row[9];
    info->has_assets = *row[11] != '\0';
    *pinfo = info;
    return wfp_column_read_names(&info->tags, row[10], db->res, db->pool);
}

static int has_tag(const apr_array_header_t *tags, const char *tag)
{
    int i;

    for (i = 0; i < tags->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(tags, i, const char *), tag) == 0) {
            return 1;
        }
    }
    return 0;
}

static int has_any(const apr_array_header_t *tags)
{
    return tags && tags->nelts > 0;
}

/* Does it leave out Workers that are read? Only those with the first tag are. */
static int filters(const wfp_script_query_t *query)
{
    return (query->with && query->with->nelts > 1) || has_any(query->without);
}

static int passes(const wfp_script_query_t *query,
                  const apr_array_header_t *tags)
{
    int i;

    for (i = 0; query->with && i < query->with->nelts; i++) {
        if (!has_tag(tags, APR_ARRAY_IDX(query->with, i, const char *))) {
            return 0;
        }
    }
    for (i = 0; query->without && i < query->without->nelts; i++) {
        if (has_tag(tags, APR_ARRAY_IDX(query->without, i, const char *))) {
            return 0;
        }
    }
    return 1;
}

/* The next rows by name, of the first tag that is asked for. */
static apr_status_t read_step(apr_array_header_t **prows, wfp_dbd_t *db,
                              const page_t *ask, int count)
{
    static const wfp_sql_t all = { "scripts_page",
                                   COLUMNS "FROM scripts s " JOINS
                                           "WHERE s.ns_id = %s AND s.name > %s "
                                           "ORDER BY s.name LIMIT %lld" };
    static const wfp_sql_t tagged = {
        "scripts_page_tag",
        COLUMNS "FROM script_tags t JOIN scripts s ON s.id = t.script_id " JOINS
                "WHERE t.ns_id = %s AND t.tag = %s AND t.name > %s "
                "ORDER BY t.name LIMIT %lld"
    };
    const char *limit = wfp_dbd_num(db, count);

    if (has_any(ask->query->with)) {
        return wfp_dbd_rows(prows, db, &tagged, COLUMN_COUNT,
                            DBD_ARGS(ask->ns_id,
                                     APR_ARRAY_IDX(ask->query->with, 0,
                                                   const char *),
                                     ask->next, limit));
    }
    return wfp_dbd_rows(prows, db, &all, COLUMN_COUNT,
                        DBD_ARGS(ask->ns_id, ask->next, limit));
}

/* One step. *pdone: the page is full, or there is nothing left. */
static apr_status_t add_step(int *pdone, wfp_dbd_t *db, page_t *ask)
{
    int limit = ask->query->limit;
    int count = filters(ask->query) ? STEP : limit - ask->list->nelts;
    apr_array_header_t *rows;
    int i;
    apr_status_t rv;

    count = count < ask->looks ? count : ask->looks;
    rv = read_step(&rows, db, ask, count + 1);
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        wfp_script_info_t *info;

        if (i == count || ask->list->nelts == limit) {
            *pdone = ask->list->nelts == limit;
            return rv;
        }
        rv = read_info(&info, ask->query->ns,
                       APR_ARRAY_IDX(rows, i, const char **), db);
        if (rv == APR_SUCCESS && passes(ask->query, info->tags)) {
            APR_ARRAY_PUSH(ask->list, wfp_script_info_t *) = info;
        }
        ask->next = info->name;
        ask->looks--;
    }
    ask->next = "";
    *pdone = 1;
    return rv;
}

static apr_status_t read_page(wfp_dbd_t *db, void *baton)
{
    page_t *ask = baton;
    int done = 0;
    apr_status_t rv = wfp_namespaces_need(&ask->ns_id, db, ask->query->ns);

    ask->list = apr_array_make(db->pool, 32, sizeof(wfp_script_info_t *));
    ask->next = ask->after;
    while (rv == APR_SUCCESS && !done && ask->looks > 0) {
        rv = add_step(&done, db, ask);
    }
    return rv;
}

apr_status_t wfp_scripts_page(apr_array_header_t **plist, const char **pnext,
                              wfp_store_t *store,
                              const wfp_script_query_t *query,
                              wfp_result_t *res, apr_pool_t *p)
{
    page_t ask = { .query = query, .after = query->after };
    apr_status_t rv;

    ask.looks = filters(query) ? WFP_PAGE_LOOKS : query->limit;
    rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, read_page, &ask, res, p);
    if (rv == APR_SUCCESS) {
        *plist = ask.list;
        *pnext = apr_pstrdup(p, ask.next);
    }
    return rv;
}

apr_status_t wfp_scripts_list(apr_array_header_t **plist, wfp_store_t *store,
                              const char *ns, wfp_result_t *res, apr_pool_t *p)
{
    wfp_script_query_t query = { .ns = ns,
                                 .after = "",
                                 .limit = APR_INT32_MAX - 1 };
    const char *next;

    return wfp_scripts_page(plist, &next, store, &query, res, p);
}

/* --- sorted, searched ------------------------------------------------------- */

/* A page is picked from an index of names, of times and names, or of the same
 * of a tag; only its rows are joined. */
#define PICKED                                                                 \
    "s.id, s.name, s.stamp, s.created, s.modified, s.tags, s.version_id "
#define ALL                                                                    \
    COLUMNS "FROM (SELECT " PICKED "FROM scripts s WHERE s.ns_id = %s AND "    \
            "lower(s.name) LIKE %s ESCAPE '!' "
#define TAGGED                                                                 \
    COLUMNS "FROM (SELECT " PICKED                                             \
            "FROM script_tags t JOIN scripts s ON s.id = t.script_id "         \
            "WHERE t.ns_id = %s AND t.tag = %s AND "                           \
            "lower(t.name) LIKE %s ESCAPE '!' "
#define BY_NAME(k, down)                                                       \
    "ORDER BY " k ".name" down " LIMIT %lld) s " JOINS "ORDER BY s.name" down
#define BY_TIME(k, than, down)                                                 \
    "AND (" k ".modified, " k ".name) " than " (%lld, %s) ORDER BY " k         \
    ".modified" down ", " k ".name" down " LIMIT %lld) s " JOINS               \
    "ORDER BY s.modified" down ", s.name" down
#define BEHIND(k, than) "AND " k ".name " than " %s "

/* [has a tag][down] */
static const wfp_sql_t by_time[2][2] = {
    { { "scripts_time_up", ALL BY_TIME("s", ">", "") },
      { "scripts_time_down", ALL BY_TIME("s", "<", " DESC") } },
    { { "scripts_tag_time_up", TAGGED BY_TIME("t", ">", "") },
      { "scripts_tag_time_down", TAGGED BY_TIME("t", "<", " DESC") } },
};

/* [has a tag][down][behind a name] */
static const wfp_sql_t by_name[2][2][2] = {
    { { { "scripts_name_up", ALL BY_NAME("s", "") },
        { "scripts_name_up_on", ALL BEHIND("s", ">") BY_NAME("s", "") } },
      { { "scripts_name_down", ALL BY_NAME("s", " DESC") },
        { "scripts_name_down_on",
          ALL BEHIND("s", "<") BY_NAME("s", " DESC") } } },
    { { { "scripts_tag_name_up", TAGGED BY_NAME("t", "") },
        { "scripts_tag_name_up_on",
          TAGGED BEHIND("t", ">") BY_NAME("t", "") } },
      { { "scripts_tag_name_down", TAGGED BY_NAME("t", " DESC") },
        { "scripts_tag_name_down_on",
          TAGGED BEHIND("t", "<") BY_NAME("t", " DESC") } } },
};

/* Where a page begins: behind this time and name. */
typedef struct place_t {
    apr_int64_t num;
    const char *name;
} place_t;

/* "TIME.NAME"; "" stands before everything, whatever the order is. */
static apr_status_t read_place(place_t *place, const wfp_script_query_t *query,
                               wfp_result_t *res)
{
    char *end = NULL;

    place->name = "";
    place->num = query->is_down ? APR_INT64_MAX : -1;
    if (!*query->after) {
        return APR_SUCCESS;
    }
    place->num = apr_strtoi64(query->after, &end, 10);
    if (end == query->after || *end != '.' || place->num < 0) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "cursor: the one of the page before");
    }
    place->name = end + 1;
    return APR_SUCCESS;
}

static apr_status_t read_sorted_rows(apr_array_header_t **prows, wfp_dbd_t *db,
                                     const page_t *ask, int count)
{
    const wfp_script_query_t *query = ask->query;
    int tagged = has_any(query->with), down = query->is_down != 0;
    const wfp_sql_t *sql;
    const char *args[6];
    int n = 0;
    place_t place;
    apr_status_t rv = read_place(&place, query, db->res);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    args[n++] = ask->ns_id;
    if (tagged) {
        args[n++] = APR_ARRAY_IDX(query->with, 0, const char *);
    }
    args[n++] = wfp_column_like(query->contains, db->pool);
    if (query->by_modified) {
        sql = &by_time[tagged][down];
        args[n++] = wfp_dbd_num(db, place.num);
        args[n++] = place.name;
    }
    else {
        sql = &by_name[tagged][down][*place.name != '\0'];
        if (*place.name) {
            args[n++] = place.name;
        }
    }
    args[n] = wfp_dbd_num(db, count);
    return wfp_dbd_rows(prows, db, sql, COLUMN_COUNT, args);
}

static apr_status_t read_sorted(wfp_dbd_t *db, void *baton)
{
    page_t *ask = baton;
    const wfp_script_query_t *query = ask->query;
    wfp_script_info_t *info = NULL;
    apr_array_header_t *rows;
    int i, count = filters(query) ? WFP_PAGE_LOOKS : query->limit;
    apr_status_t rv = wfp_namespaces_need(&ask->ns_id, db, query->ns);

    ask->list = apr_array_make(db->pool, 32, sizeof(wfp_script_info_t *));
    ask->next = "";
    if (rv == APR_SUCCESS) {
        rv = read_sorted_rows(&rows, db, ask, count + 1);
    }
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        if (i == count || ask->list->nelts == query->limit) {
            ask->next = apr_psprintf(db->pool, "%" APR_INT64_T_FMT ".%s",
                                     query->by_modified ? info->modified : 0,
                                     info->name);
            return rv;
        }
        rv = read_info(&info, query->ns, APR_ARRAY_IDX(rows, i, const char **),
                       db);
        if (rv == APR_SUCCESS && passes(query, info->tags)) {
            APR_ARRAY_PUSH(ask->list, wfp_script_info_t *) = info;
        }
    }
    return rv;
}

apr_status_t wfp_scripts_page_sorted(apr_array_header_t **plist,
                                     const char **pnext, wfp_store_t *store,
                                     const wfp_script_query_t *query,
                                     wfp_result_t *res, apr_pool_t *p)
{
    page_t ask = { .query = query };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, read_sorted, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *plist = ask.list;
        *pnext = apr_pstrdup(p, ask.next);
    }
    return rv;
}

/* --- one ------------------------------------------------------------------ */

typedef struct head_t {
    const char *ns;
    const char *name;
    wfp_script_t *script;
    wfp_script_info_t *info;
} head_t;

static apr_status_t read_head(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t get = { "scripts_info",
                                   COLUMNS "FROM scripts s " JOINS
                                           "WHERE s.ns_id = %s AND s.name = "
                                           "%s" };
    head_t *ask = baton;
    wfp_head_t head;
    const char *ns_id, **row;
    apr_status_t rv = wfp_namespaces_need(&ns_id, db, ask->ns);

    if (rv == APR_SUCCESS) {
        rv = wfp_versions_head(&head, db, ask->ns, ask->name);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_row(&row, db, &get, COLUMN_COUNT,
                         DBD_ARGS(ns_id, ask->name));
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask->script = head.script;
    return read_info(&ask->info, ask->ns, row, db);
}

apr_status_t wfp_scripts_head(wfp_script_t **pscript, wfp_script_info_t **pinfo,
                              wfp_store_t *store, const char *ns,
                              const char *name, wfp_result_t *res,
                              apr_pool_t *p)
{
    head_t ask = { ns, name };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, read_head, &ask, res,
                                  p);

    if (rv == APR_SUCCESS) {
        *pscript = ask.script;
        *pinfo = ask.info;
    }
    return rv;
}

/* --- deleting those with a tag -------------------------------------------- */

static apr_status_t delete_page(wfp_dbd_t *db, void *baton)
{
    page_t *ask = baton;
    int i;
    apr_status_t rv;

    ask->looks = WFP_PAGE_LOOKS;
    rv = read_page(db, ask);
    ask->gone = apr_array_make(db->pool, 32, sizeof(wfp_change_t));
    for (i = 0; rv == APR_SUCCESS && i < ask->list->nelts; i++) {
        const wfp_script_info_t *info = APR_ARRAY_IDX(ask->list, i,
                                                      wfp_script_info_t *);
        wfp_change_t change = { 0, WFP_CHANGE_SCRIPT, info->ns, info->name, 1 };
        wfp_script_row_t row = { .id = info->id };

        rv = wfp_changes_take(&change.stamp, db);
        if (rv == APR_SUCCESS) {
            rv = wfp_scripts_remove(db, &row, &change, ask->actor);
        }
        APR_ARRAY_PUSH(ask->gone, wfp_change_t) = change;
    }
    return rv;
}

apr_status_t wfp_scripts_delete_some(apr_array_header_t **pgone, int *pmore,
                                     wfp_store_t *store,
                                     const wfp_script_query_t *query,
                                     const wfp_actor_t *actor,
                                     wfp_result_t *res, apr_pool_t *p)
{
    page_t ask = { .query = query, .after = "", .actor = actor };
    apr_status_t rv;

    if (!has_any(query->with)) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "which Workers? name a tag they have");
    }
    rv = wfp_dbd_run(store, WFP_DBD_WRITE, delete_page, &ask, res, p);
    if (rv == APR_SUCCESS) {
        *pgone = ask.gone;
        *pmore = *ask.next != '\0';
    }
    return rv;
}
