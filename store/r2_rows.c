/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of R2 objects, lists and uploads share: buckets by name, rows
 * of objects and of their pieces. Keys are kept as hex digits, which sort as
 * their bytes do. A file that loses its object is kept a while for whoever still
 * reads it: none that holds a Worker runs longer than DUE_ONE, and of an object
 * of parts the next one may be opened late.
 */
#include "store/r2_rows.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

#include "core/crypto.h"
#include "core/json.h"

#define DUE_ONE  apr_time_from_sec(20 * 60)
#define DUE_MANY apr_time_from_sec(86400)

static const char *const sum_names[WFP_HASH_COUNT] = {
    [WFP_HASH_MD5] = "md5",       [WFP_HASH_SHA1] = "sha1",
    [WFP_HASH_SHA256] = "sha256", [WFP_HASH_SHA384] = "sha384",
    [WFP_HASH_SHA512] = "sha512",
};

apr_status_t wfp_r2_rows_fail(wfp_dbd_t *db, const wfp_r2_ask_t *ask,
                              wfp_r2_fault_e fault)
{
    return wfp_r2_fail(ask->call, fault, db->res);
}

apr_time_t wfp_r2_rows_now(void)
{
    return apr_time_now() / 1000 * 1000;
}

/* ---- buckets ------------------------------------------------------------------ */

apr_status_t wfp_r2_rows_need(wfp_dbd_t *db, wfp_r2_ask_t *ask)
{
    static const wfp_sql_t get = {
        "r2_need", "SELECT id, storage_class, bytes + part_bytes "
                   "FROM r2_buckets WHERE name = %s"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, 3, DBD_ARGS(ask->bucket));

    if (rv == APR_SUCCESS && !row) {
        return wfp_r2_rows_fail(db, ask, WFP_R2_NO_BUCKET);
    }
    if (rv == APR_SUCCESS) {
        ask->bucket_id = row[0];
        ask->storage_class = row[1];
        ask->used = wfp_dbd_int(row[2]);
    }
    return rv;
}

apr_status_t wfp_r2_rows_lock(wfp_dbd_t *db, wfp_r2_ask_t *ask)
{
    static const wfp_sql_t lock = {
        "r2_lock", "UPDATE r2_buckets SET stamp = stamp + 1 WHERE name = %s"
    };
    apr_status_t rv = wfp_dbd_exec(NULL, db, &lock, DBD_ARGS(ask->bucket));

    return rv == APR_SUCCESS ? wfp_r2_rows_need(db, ask) : rv;
}

apr_status_t wfp_r2_rows_count(wfp_dbd_t *db, wfp_r2_ask_t *ask,
                               apr_int64_t objects, apr_int64_t bytes,
                               apr_int64_t parts)
{
    /* a server of an earlier version, which may run while a store is upgraded,
     * counts no parts: what that leaves goes with the last upload */
    static const wfp_sql_t count = {
        "r2_count",
        "UPDATE r2_buckets SET objects = objects + %lld, bytes = bytes + %lld, "
        "part_bytes = CASE WHEN EXISTS (SELECT 1 FROM r2_uploads "
        "WHERE bucket_id = r2_buckets.id) THEN part_bytes + %lld ELSE 0 END "
        "WHERE id = %s"
    };
    apr_int64_t max = ask->call->bytes_max;

    ask->used += bytes + parts;
    /* a bucket that has too much may get smaller, and stay as it is */
    if (max && bytes + parts > 0 && ask->used > max) {
        return wfp_r2_rows_fail(db, ask, WFP_R2_FULL);
    }
    return wfp_dbd_exec(NULL, db, &count,
                        DBD_ARGS(wfp_dbd_num(db, objects),
                                 wfp_dbd_num(db, bytes), wfp_dbd_num(db, parts),
                                 ask->bucket_id));
}

/* ---- objects ------------------------------------------------------------------ */

const char *wfp_r2_rows_name(const char *key, apr_pool_t *p)
{
    return wfp_crypto_hex(key, strlen(key), p);
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c - 'a' + 10;
}

const char *wfp_r2_rows_key(const char *name, apr_size_t n, apr_pool_t *p)
{
    char *key = apr_palloc(p, n / 2 + 1);
    apr_size_t i;

    if (n % 2 || strspn(name, "0123456789abcdef") < n) {
        return NULL;
    }
    for (i = 0; i < n; i += 2) {
        key[i / 2] = (char)(hex_value(name[i]) << 4 | hex_value(name[i + 1]));
    }
    key[n / 2] = '\0';
    return key;
}

static void set(wfp_json_t *doc, const char *name, const char *text)
{
    if (text) {
        wfp_json_set_str(doc, name, text);
    }
}

const char *wfp_r2_rows_meta(const wfp_r2_meta_t *meta,
                             const char *storage_class, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p), *custom = wfp_json_array(p);
    const wfp_r2_http_t *http = &meta->http;
    int i;

    set(doc, "class",
        meta->storage_class ? meta->storage_class : storage_class);
    set(doc, "type", http->content_type);
    set(doc, "language", http->content_language);
    set(doc, "disposition", http->content_disposition);
    set(doc, "encoding", http->content_encoding);
    set(doc, "cache", http->cache_control);
    if (http->cache_expiry) {
        wfp_json_set_int(doc, "expiry", http->cache_expiry);
    }
    for (i = 0; i < meta->custom_count; i++) {
        wfp_json_add_str(custom, meta->custom[i].name);
        wfp_json_add_str(custom, meta->custom[i].value);
    }
    if (i > 0) {
        wfp_json_set(doc, "custom", custom);
    }
    return wfp_json_text(doc, p);
}

/* A document while it is read: it takes much more memory than its texts. */
typedef struct reading_t {
    wfp_json_t *doc;
    apr_pool_t *turn; /* the document's */
    apr_pool_t *pool; /* of what is read */
} reading_t;

static apr_status_t begin_reading(reading_t *r, const char *text, apr_pool_t *p)
{
    r->pool = p;
    apr_pool_create(&r->turn, p);
    return wfp_json_parse(&r->doc, text, strlen(text), NULL, r->turn);
}

static const char *get(const reading_t *r, const char *name)
{
    return apr_pstrdup(r->pool,
                       wfp_json_str(wfp_json_get(r->doc, name, r->turn)));
}

static const char *get_at(const reading_t *r, const wfp_json_t *list, int i)
{
    return apr_pstrdup(r->pool,
                       wfp_json_str(wfp_json_at(list, (apr_size_t)i, r->turn)));
}

static void read_custom(wfp_r2_meta_t *meta, const reading_t *r)
{
    wfp_json_t *list = wfp_json_get(r->doc, "custom", r->turn);
    int n = (int)wfp_json_size(list) / 2, i;
    wfp_r2_pair_t *pairs = apr_palloc(r->pool,
                                      sizeof(*pairs) * ((apr_size_t)n + 1));

    for (i = 0; i < n; i++) {
        pairs[i].name = get_at(r, list, 2 * i);
        pairs[i].value = get_at(r, list, 2 * i + 1);
    }
    meta->custom = pairs;
    meta->custom_count = n;
}

static void read_all(wfp_r2_meta_t *meta, const reading_t *r)
{
    meta->http.content_type = get(r, "type");
    meta->http.content_language = get(r, "language");
    meta->http.content_disposition = get(r, "disposition");
    meta->http.content_encoding = get(r, "encoding");
    meta->http.cache_control = get(r, "cache");
    (void)wfp_json_int(wfp_json_get(r->doc, "expiry", r->turn),
                       &meta->http.cache_expiry);
    read_custom(meta, r);
}

apr_status_t wfp_r2_rows_read_meta(wfp_r2_meta_t *meta, const char *text,
                                   int all, apr_pool_t *p)
{
    reading_t r;
    apr_status_t rv = begin_reading(&r, text, p);

    if (rv == APR_SUCCESS) {
        meta->storage_class = get(&r, "class");
    }
    if (rv == APR_SUCCESS && all) {
        read_all(meta, &r);
    }
    apr_pool_destroy(r.turn);
    return rv;
}

static const char *sums_text(const wfp_r2_sums_t *sums, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);
    int i;

    for (i = 0; i < WFP_HASH_COUNT; i++) {
        set(doc, sum_names[i], sums->hex[i]);
    }
    return wfp_json_text(doc, p);
}

static apr_status_t read_sums(wfp_r2_sums_t *sums, const char *text,
                              apr_pool_t *p)
{
    reading_t r;
    int i;
    apr_status_t rv = begin_reading(&r, text, p);

    for (i = 0; rv == APR_SUCCESS && i < WFP_HASH_COUNT; i++) {
        sums->hex[i] = get(&r, sum_names[i]);
    }
    apr_pool_destroy(r.turn);
    return rv;
}

apr_status_t wfp_r2_rows_object(wfp_r2_object_t *object, const char **row,
                                int all, apr_pool_t *p)
{
    apr_status_t rv;

    memset(object, 0, sizeof(*object));
    object->key = wfp_r2_rows_key(row[0], strlen(row[0]), p);
    object->version = apr_pstrdup(p, row[1]);
    object->size = wfp_dbd_int(row[2]);
    object->uploaded = wfp_dbd_int(row[3]);
    object->etag = apr_pstrdup(p, row[4]);
    rv = object->key ? read_sums(&object->sums, row[5], p) : APR_EGENERAL;
    return rv == APR_SUCCESS
               ? wfp_r2_rows_read_meta(&object->meta, row[6], all, p)
               : rv;
}

apr_status_t wfp_r2_rows_find(wfp_r2_object_t **pobject, wfp_dbd_t *db,
                              const wfp_r2_ask_t *ask, const char *key)
{
    static const wfp_sql_t find = { "r2_find",
                                    "SELECT " WFP_R2_ROWS_COLUMNS
                                    " FROM r2_objects o "
                                    "WHERE o.bucket_id = %s AND o.name = %s" };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &find, WFP_R2_ROWS_COUNT,
                                  DBD_ARGS(ask->bucket_id,
                                           wfp_r2_rows_name(key, db->pool)));

    *pobject = NULL;
    if (rv != APR_SUCCESS || !row) {
        return rv;
    }
    *pobject = apr_palloc(db->pool, sizeof(**pobject));
    rv = wfp_r2_rows_object(*pobject, row, 1, db->pool);
    return rv == APR_SUCCESS ? rv
                             : wfp_result_set(db->res, WFP_INTERNAL, rv,
                                              "an R2 object's row is none");
}

apr_status_t wfp_r2_rows_replace(wfp_dbd_t *db, wfp_r2_ask_t *ask,
                                 const wfp_r2_object_t *object,
                                 const wfp_r2_object_t *old, apr_int64_t parts)
{
    static const wfp_sql_t insert = {
        "r2_insert",
        "INSERT INTO r2_objects (bucket_id, name, owner, size, uploaded, etag, "
        "sums, meta) VALUES (%s, %s, %s, %lld, %lld, %s, %s, %s) "
        "ON CONFLICT (bucket_id, name) DO UPDATE SET owner = excluded.owner, "
        "size = excluded.size, uploaded = excluded.uploaded, "
        "etag = excluded.etag, sums = excluded.sums, meta = excluded.meta"
    };
    apr_pool_t *p = db->pool;
    apr_status_t rv = old ? wfp_r2_rows_kill(db, old->version) : APR_SUCCESS;

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(NULL, db, &insert,
                          DBD_ARGS(ask->bucket_id,
                                   wfp_r2_rows_name(object->key, p),
                                   object->version,
                                   wfp_dbd_num(db, object->size),
                                   wfp_dbd_num(db, object->uploaded),
                                   object->etag, sums_text(&object->sums, p),
                                   wfp_r2_rows_meta(&object->meta,
                                                    ask->storage_class, p)));
    }
    return rv == APR_SUCCESS
               ? wfp_r2_rows_count(db, ask, old ? 0 : 1,
                                   object->size - (old ? old->size : 0), -parts)
               : rv;
}

/* ---- pieces ------------------------------------------------------------------- */

apr_status_t wfp_r2_rows_kill(wfp_dbd_t *db, const char *owner)
{
    static const wfp_sql_t count = {
        "r2_kill_count", "SELECT count(*) FROM r2_pieces WHERE owner = %s"
    };
    static const wfp_sql_t dead = {
        "r2_kill_dead", "INSERT INTO r2_dead (file, due) SELECT file, "
                        "CAST(%lld AS BIGINT) FROM r2_pieces WHERE owner = %s"
    };
    static const wfp_sql_t delete = {
        "r2_kill_pieces", "DELETE FROM r2_pieces WHERE owner = %s"
    };
    const char **row, *due;
    apr_status_t rv = wfp_dbd_row(&row, db, &count, 1, DBD_ARGS(owner));

    if (rv == APR_SUCCESS) {
        due = wfp_dbd_num(db, apr_time_now()
                                  + (row && wfp_dbd_int(row[0]) > 1 ? DUE_MANY
                                                                    : DUE_ONE));
        rv = wfp_dbd_exec(NULL, db, &dead, DBD_ARGS(due, owner));
    }
    return rv == APR_SUCCESS ? wfp_dbd_exec(NULL, db, &delete, DBD_ARGS(owner))
                             : rv;
}

apr_status_t wfp_r2_rows_kill_parts(wfp_dbd_t *db, const char *upload,
                                    apr_int64_t first, apr_int64_t last)
{
    /* nobody reads a part before its upload is completed */
    static const wfp_sql_t dead = {
        "r2_kill_some", "INSERT INTO r2_dead (file, due) SELECT file, "
                        "CAST(%lld AS BIGINT) FROM r2_pieces "
                        "WHERE owner = %s AND number >= %lld "
                        "AND number <= %lld"
    };
    static const wfp_sql_t delete = { "r2_kill_parts",
                                      "DELETE FROM r2_pieces WHERE owner = %s "
                                      "AND number >= %lld AND number <= %lld" };
    const char *from = wfp_dbd_num(db, first), *to = wfp_dbd_num(db, last);
    apr_status_t rv = wfp_dbd_exec(NULL, db, &dead,
                                   DBD_ARGS(wfp_dbd_num(db, apr_time_now()),
                                            upload, from, to));

    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &delete, DBD_ARGS(upload, from, to))
               : rv;
}

apr_status_t wfp_r2_rows_end_upload(int *pcount, wfp_dbd_t *db, const char *id)
{
    static const wfp_sql_t delete = { "r2_upload_delete",
                                      "DELETE FROM r2_uploads WHERE id = %s" };

    return wfp_dbd_exec(pcount, db, &delete, DBD_ARGS(id));
}

apr_status_t wfp_r2_rows_drop_upload(wfp_dbd_t *db, wfp_r2_ask_t *ask,
                                     const char *id)
{
    static const wfp_sql_t sum = {
        "r2_upload_bytes",
        "SELECT COALESCE(sum(size), 0) FROM r2_pieces WHERE owner = %s"
    };
    const char **row;
    int n;
    apr_status_t rv = wfp_r2_rows_end_upload(&n, db, id);

    if (rv != APR_SUCCESS || n == 0) {
        return rv;
    }
    rv = wfp_dbd_row(&row, db, &sum, 1, DBD_ARGS(id));
    if (rv == APR_SUCCESS) {
        rv = wfp_r2_rows_count(db, ask, 0, 0, row ? -wfp_dbd_int(row[0]) : 0);
    }
    return rv == APR_SUCCESS
               ? wfp_r2_rows_kill_parts(db, id, 1, WFP_R2_PARTS_MAX)
               : rv;
}

apr_status_t wfp_r2_rows_add_piece(wfp_dbd_t *db, const char *owner,
                                   const wfp_r2_row_t *row)
{
    static const wfp_sql_t insert = {
        "r2_piece", "INSERT INTO r2_pieces (owner, number, file, size, etag, "
                    "uploaded) VALUES (%s, %lld, %s, %lld, %s, %lld)"
    };

    return wfp_dbd_exec(NULL, db, &insert,
                        DBD_ARGS(owner, wfp_dbd_num(db, row->number), row->file,
                                 wfp_dbd_num(db, row->size), row->etag,
                                 wfp_dbd_num(db, row->uploaded)));
}

apr_status_t wfp_r2_rows_pieces(apr_array_header_t **plist, wfp_dbd_t *db,
                                const char *owner, apr_int64_t first,
                                apr_int64_t last)
{
    static const wfp_sql_t list = {
        "r2_pieces", "SELECT file, number, size, etag, uploaded FROM r2_pieces "
                     "WHERE owner = %s AND number >= %lld AND number <= %lld "
                     "ORDER BY number"
    };
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &list, 5,
                                   DBD_ARGS(owner, wfp_dbd_num(db, first),
                                            wfp_dbd_num(db, last)));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    *plist = apr_array_make(db->pool, rows->nelts + 1, sizeof(wfp_r2_row_t));
    for (i = 0; i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);
        wfp_r2_row_t *piece = apr_array_push(*plist);

        piece->file = row[0];
        piece->number = wfp_dbd_int(row[1]);
        piece->size = wfp_dbd_int(row[2]);
        piece->etag = row[3];
        piece->uploaded = wfp_dbd_int(row[4]);
    }
    return rv;
}
