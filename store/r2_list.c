/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of R2 objects and uploads, in the order of their keys' bytes, with what
 * has a delimiter behind the prefix as one entry. Both have a column `name` that
 * begins with the key's hex digits; a cursor is where the next page begins: the
 * least name of it. All characters behind the digits sort below them.
 */
#include <apr_strings.h>
#include <string.h>

#include "store/r2_objects.h"
#include "store/r2_rows.h"

#define BYTES_MAX ((apr_size_t)32 << 20)

/* Rows of a statement. */
#define ROWS_MIN 4
#define ROWS_MAX 100

/* What an entry takes besides its texts, about. */
#define ENTRY_BYTES 400

/* behind all names that begin with the digits before it; that name itself is
 * behind, without those that go on with digits; the same with an id */
#define BEHIND_PREFIX "g"
#define BEHIND_NAME   "!"
#define BEHIND_KEY    "."

typedef struct list_t {
    wfp_r2_ask_t ask; /* first */
    const char *from; /* least name that is not given yet */
    const char *end;  /* greater than all names */
    apr_size_t prefix_size;
    int limit;
    int rows; /* of the next statement */
    apr_size_t bytes;
    apr_array_header_t *entries; /* wfp_r2_object_t or wfp_r2_upload_t */
    apr_array_header_t *prefixes;
    const char *next;
} list_t;

static int is_of_uploads(const list_t *list)
{
    return list->ask.call->verb == WFP_R2_LIST_UPLOADS;
}

/* ---- where it begins ------------------------------------------------------------ */

static int is_cursor(const char *text)
{
    apr_size_t n = strlen(text);

    return n <= 2 * WFP_R2_KEY_MAX + 64
           && strspn(text, "0123456789abcdefg-.!") == n;
}

static void begin_at(list_t *list, const char *name)
{
    if (strcmp(name, list->from) > 0) {
        list->from = name;
    }
}

static apr_status_t begin(wfp_dbd_t *db, list_t *list)
{
    const wfp_r2_call_t *call = list->ask.call;
    const char *prefix = call->prefix ? call->prefix : "";
    apr_pool_t *p = db->pool;

    list->prefix_size = strlen(prefix);
    list->from = wfp_r2_rows_name(prefix, p);
    list->end = apr_pstrcat(p, list->from, BEHIND_PREFIX, NULL);
    list->limit = call->limit ? call->limit : WFP_R2_LIST_MAX;
    list->rows = ROWS_MAX;
    list->bytes = 0;
    list->next = NULL;
    list->entries = apr_array_make(p, 16,
                                   is_of_uploads(list)
                                       ? (int)sizeof(wfp_r2_upload_t)
                                       : (int)sizeof(wfp_r2_object_t));
    list->prefixes = apr_array_make(p, 4, sizeof(char *));
    if (call->start_after && *call->start_after) {
        begin_at(list,
                 apr_pstrcat(p, wfp_r2_rows_name(call->start_after, p),
                             is_of_uploads(list) ? BEHIND_KEY : BEHIND_NAME,
                             NULL));
    }
    if (call->cursor && *call->cursor) {
        if (!is_cursor(call->cursor)) {
            return wfp_r2_rows_fail(db, &list->ask, WFP_R2_BAD_VALUE);
        }
        begin_at(list, call->cursor);
    }
    return APR_SUCCESS;
}

/* ---- rows ----------------------------------------------------------------------- */

/* @param prows  in turn */
static apr_status_t read_rows(apr_array_header_t **prows, wfp_dbd_t *db,
                              const list_t *list, apr_pool_t *turn)
{
    static const wfp_sql_t objects = {
        "r2_list", "SELECT " WFP_R2_ROWS_COLUMNS " FROM r2_objects o "
                   "WHERE o.bucket_id = %s AND o.name >= %s AND o.name < %s "
                   "ORDER BY o.name LIMIT %lld"
    };
    static const wfp_sql_t uploads = {
        "r2_list_uploads", "SELECT name, id, created, meta FROM r2_uploads "
                           "WHERE bucket_id = %s AND name >= %s AND name < %s "
                           "ORDER BY name LIMIT %lld"
    };
    apr_pool_t *whole = db->pool;
    apr_status_t rv;

    db->pool = turn;
    rv = wfp_dbd_rows(prows, db, is_of_uploads(list) ? &uploads : &objects,
                      is_of_uploads(list) ? 4 : WFP_R2_ROWS_COUNT,
                      DBD_ARGS(list->ask.bucket_id, list->from, list->end,
                               wfp_dbd_num(db, list->rows)));
    db->pool = whole;
    return rv;
}

static apr_status_t take_entry(wfp_dbd_t *db, list_t *list, const char **row)
{
    apr_pool_t *p = db->pool;
    apr_status_t rv = APR_SUCCESS;

    list->bytes += ENTRY_BYTES + strlen(row[0]);
    if (is_of_uploads(list)) {
        wfp_r2_upload_t *upload = apr_array_push(list->entries);
        wfp_r2_meta_t meta = { 0 };

        upload->key = wfp_r2_rows_key(row[0], strcspn(row[0], "-"), p);
        upload->id = apr_pstrdup(p, row[1]);
        upload->created = wfp_dbd_int(row[2]);
        rv = upload->key ? wfp_r2_rows_read_meta(&meta, row[3], 0, p)
                         : APR_EGENERAL;
        upload->storage_class = meta.storage_class;
    }
    else {
        list->bytes += strlen(row[6]);
        rv = wfp_r2_rows_object(apr_array_push(list->entries), row,
                                list->ask.call->with_meta, p);
    }
    list->from = apr_pstrcat(p, row[0], BEHIND_NAME, NULL);
    return rv == APR_SUCCESS ? rv
                             : wfp_result_set(db->res, WFP_INTERNAL, rv,
                                              "a row of R2 is none");
}

/* The row's key up to the delimiter, NULL: it has none behind the prefix. */
static const char *prefix_of(const list_t *list, const char *name,
                             apr_pool_t *p)
{
    const char *delimiter = list->ask.call->delimiter, *key, *at;

    if (!delimiter || !*delimiter) {
        return NULL;
    }
    key = wfp_r2_rows_key(name, strcspn(name, "-"), p);
    at = key ? strstr(key + list->prefix_size, delimiter) : NULL;
    return at ? apr_pstrmemdup(p, key,
                               (apr_size_t)(at - key) + strlen(delimiter))
              : NULL;
}

static apr_status_t take_row(wfp_dbd_t *db, list_t *list, const char **row,
                             apr_pool_t *turn)
{
    apr_size_t max = list->ask.call->max ? list->ask.call->max : BYTES_MAX;
    const char *prefix = prefix_of(list, row[0], turn);

    if (list->entries->nelts + list->prefixes->nelts >= list->limit
        || (list->bytes > max && list->bytes > 0)) {
        list->next = apr_pstrdup(db->pool, row[0]);
        return APR_SUCCESS;
    }
    if (!prefix) {
        return take_entry(db, list, row);
    }
    APR_ARRAY_PUSH(list->prefixes, const char *) = apr_pstrdup(db->pool,
                                                               prefix);
    list->bytes += strlen(prefix) + 16;
    list->from = apr_pstrcat(db->pool, wfp_r2_rows_name(prefix, turn),
                             BEHIND_PREFIX, NULL);
    list->rows = ROWS_MIN; /* of the same prefix there may be many */
    return APR_SUCCESS;
}

/* @return in *pdone: that was all, or enough */
static apr_status_t read_some(int *pdone, wfp_dbd_t *db, list_t *list,
                              apr_pool_t *turn)
{
    int asked = list->rows, i;
    apr_array_header_t *rows;
    apr_status_t rv = read_rows(&rows, db, list, turn);

    *pdone = 1;
    list->rows = 2 * asked < ROWS_MAX ? 2 * asked : ROWS_MAX;
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);

        if (strcmp(row[0], list->from) >= 0) {
            rv = take_row(db, list, row, turn);
        }
        if (list->next) {
            return rv;
        }
    }
    if (rv == APR_SUCCESS) {
        *pdone = rows->nelts < asked;
    }
    return rv;
}

static apr_status_t read_list(wfp_dbd_t *db, void *baton)
{
    list_t *list = baton;
    apr_status_t rv = wfp_r2_rows_need(db, &list->ask);
    apr_pool_t *turn;
    int done = 0;

    if (rv == APR_SUCCESS) {
        rv = begin(db, list);
    }
    apr_pool_create(&turn, db->pool);
    while (rv == APR_SUCCESS && !done) {
        rv = read_some(&done, db, list, turn);
        apr_pool_clear(turn);
    }
    apr_pool_destroy(turn);
    return rv;
}

apr_status_t wfp_r2_list_run(wfp_store_t *store, const char *bucket,
                             wfp_r2_call_t *call, wfp_result_t *res)
{
    list_t list = { .ask = { bucket, call, NULL, NULL } };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, read_list, &list,
                                  res, call->pool);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (is_of_uploads(&list)) {
        call->uploads = (const wfp_r2_upload_t *)list.entries->elts;
    }
    else {
        call->objects = (const wfp_r2_object_t *)list.entries->elts;
    }
    call->count = list.entries->nelts;
    call->prefixes = (const char *const *)list.prefixes->elts;
    call->prefix_count = list.prefixes->nelts;
    call->next = list.next;
    return rv;
}
