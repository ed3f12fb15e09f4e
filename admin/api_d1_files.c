/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Import: "init" makes an empty file and says where to PUT it, "ingest" runs what
 * is in it, in one transaction, and removes it. Export writes a file and says
 * where to GET it, once. Whoever has the URL needs no token: its 32 digits are
 * one. Files that nobody fetched go with the next of their database.
 */
#include "admin/api_d1_files.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

#include "admin/api_d1.h"
#include "core/crypto_digest.h"

/* How long a file waits. */
#define FILE_LIFE apr_time_from_sec(3600)

/* Bytes of a dump that is handed out: they are in memory meanwhile. */
#define DUMP_MAX ((apr_off_t)64 << 20)

#define DIGEST_BYTES 16

static apr_status_t bad(wfp_api_call_t *call, const char *why)
{
    return wfp_api_answer_error(call, WFP_API_D1_BAD, "%s", why);
}

static const char *new_name(apr_pool_t *p)
{
    unsigned char bytes[16];

    return wfp_crypto_random(bytes, sizeof(bytes)) == APR_SUCCESS
               ? wfp_crypto_hex(bytes, sizeof(bytes), p)
               : NULL;
}

/* Where a client finds a file: as it reached us. */
static const char *url_of(wfp_api_call_t *call, const wfp_d1_database_t *d1,
                          const char *kind, const char *name)
{
    const char *host = wfp_api_call_header(call, "Host");
    const char *uri = call->r->parsed_uri.path, *base;

    base = strstr(uri, call->path);
    return apr_psprintf(call->pool,
                        "%s://%s%.*s/accounts/%s/d1/database/%s/%s/%s",
                        ap_http_scheme(call->r), host ? host : "localhost",
                        base ? (int)(base - uri) : 0, uri,
                        wfp_api_call_param(call, "account"), d1->id, kind,
                        name);
}

/* The file that a path of ours names, or 404. */
static const char *path_of(wfp_api_call_t *call)
{
    return wfp_d1_file(call->server->d1, wfp_api_call_param(call, "database"),
                       wfp_api_call_param(call, "file"), call->pool);
}

static const char *md5_of(const char *data, apr_size_t n, apr_pool_t *p)
{
    unsigned char md[WFP_DIGEST_MAX];

    const wfp_bytes_t bytes = { (const unsigned char *)data, n };

    return wfp_crypto_digest(md, WFP_HASH_MD5, &bytes, NULL) == APR_SUCCESS
               ? wfp_crypto_hex(md, DIGEST_BYTES, p)
               : "";
}

static apr_status_t read_file(const char **pdata, apr_size_t *pn,
                              const char *path, apr_off_t max, apr_pool_t *p)
{
    apr_file_t *file;
    apr_finfo_t info;
    char *data;
    apr_status_t rv = apr_file_open(&file, path, APR_FOPEN_READ, 0, p);

    if (rv == APR_SUCCESS) {
        rv = apr_file_info_get(&info, APR_FINFO_SIZE, file);
    }
    if (rv == APR_SUCCESS && info.size > max) {
        rv = APR_ENOSPC;
    }
    if (rv == APR_SUCCESS) {
        data = apr_palloc(p, (apr_size_t)info.size + 1);
        rv = apr_file_read_full(file, data, (apr_size_t)info.size, pn);
        rv = APR_STATUS_IS_EOF(rv) ? APR_SUCCESS : rv;
        *pdata = data;
    }
    return rv;
}

/* ---- import ------------------------------------------------------------------ */

static apr_status_t begin_import(wfp_api_call_t *call,
                                 const wfp_d1_database_t *d1)
{
    wfp_json_t *doc = wfp_json_object(call->pool);
    const char *name = new_name(call->pool), *path;
    apr_file_t *file;
    apr_status_t rv;

    wfp_d1_tidy(call->server->d1, d1->id, apr_time_now() - FILE_LIFE,
                call->pool);
    path = name ? wfp_d1_file(call->server->d1, d1->id, name, call->pool)
                : NULL;
    if (!path) {
        return wfp_api_answer_error(call, WFP_API_INTERNAL, NULL);
    }
    rv = apr_file_open(&file, path,
                       APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_EXCL,
                       APR_FPROT_UREAD | APR_FPROT_UWRITE, call->pool);
    if (rv != APR_SUCCESS || apr_file_close(file) != APR_SUCCESS) {
        return wfp_api_answer_error(call, WFP_API_INTERNAL, NULL);
    }
    wfp_json_set_str(doc, "filename", name);
    wfp_json_set_str(doc, "upload_url", url_of(call, d1, "import", name));
    return wfp_api_answer_json(call, doc);
}

apr_status_t wfp_api_d1_files_put(wfp_api_call_t *call)
{
    const char *path = path_of(call), *data;
    apr_file_t *file;
    apr_size_t n;
    apr_status_t rv;

    if (!path
        || apr_file_open(&file, path, APR_FOPEN_WRITE, 0, call->pool)
               != APR_SUCCESS) {
        return wfp_api_answer_error(call, WFP_API_NOT_FOUND, NULL);
    }
    rv = wfp_api_call_body(&data, &n, call, WFP_API_UPLOAD_MAX);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = apr_file_trunc(file, 0);
    if (rv == APR_SUCCESS) {
        rv = apr_file_write_full(file, data, n, NULL);
    }
    if (rv != APR_SUCCESS || apr_file_close(file) != APR_SUCCESS) {
        return wfp_api_answer_error(call, WFP_API_INTERNAL, NULL);
    }
    apr_table_setn(call->r->headers_out, "ETag",
                   apr_pstrcat(call->pool, "\"", md5_of(data, n, call->pool),
                               "\"", NULL));
    return wfp_api_answer_json(call, NULL);
}

static wfp_json_t *imported(wfp_api_call_t *call, const wfp_d1_database_t *d1,
                            const wfp_sql_answer_t *answer)
{
    wfp_json_t *doc = wfp_json_object(call->pool);
    wfp_json_t *result = wfp_json_object(call->pool);
    wfp_json_t *meta = wfp_json_object(call->pool);

    wfp_json_set_str(meta, "served_by", "wfp");
    wfp_json_set_number(meta, "duration", (double)answer->duration_us / 1000);
    wfp_json_set_int(meta, "rows_read", 0);
    wfp_json_set_int(meta, "rows_written", answer->rows_written);
    wfp_json_set_int(meta, "size_after", answer->size_after);
    wfp_json_set_int(result, "num_queries", answer->statements);
    wfp_json_set_str(result, "final_bookmark", d1->id);
    wfp_json_set(result, "meta", meta);
    wfp_json_set_bool(doc, "success", 1);
    wfp_json_set_str(doc, "type", "import");
    wfp_json_set_str(doc, "status", "complete");
    wfp_json_set_str(doc, "at_bookmark", d1->id);
    wfp_json_set(doc, "messages", wfp_json_array(call->pool));
    wfp_json_set(doc, "result", result);
    return doc;
}

static apr_status_t ingest(wfp_api_call_t *call, const wfp_d1_database_t *d1,
                           const wfp_json_t *body)
{
    const char *name = wfp_json_str(wfp_json_get(body, "filename", call->pool));
    const char *etag = wfp_json_str(wfp_json_get(body, "etag", call->pool));
    const char *path = name ? wfp_d1_file(call->server->d1, d1->id, name,
                                          call->pool)
                            : NULL;
    wfp_sql_query_t query = { 0 };
    wfp_sql_call_t sql = { .database = d1->id,
                           .mode = WFP_SQL_IMPORT,
                           .queries = &query,
                           .count = 1 };
    wfp_json_t *details = wfp_json_object(call->pool);
    wfp_sql_answer_t answer;
    apr_status_t rv;

    if (!path
        || read_file(&query.sql, &query.n, path, (apr_off_t)WFP_API_UPLOAD_MAX,
                     call->pool)
               != APR_SUCCESS) {
        return bad(call, "filename: there is no such upload");
    }
    if (!etag || strcmp(etag, md5_of(query.sql, query.n, call->pool)) != 0) {
        return bad(call, "etag: the upload is another one");
    }
    wfp_json_set_int(details, "bytes", (apr_int64_t)query.n);
    rv = wfp_api_d1_note(call, d1->id, "import", details);
    if (rv == APR_SUCCESS) {
        rv = wfp_api_d1_run(&answer, call, &sql);
    }
    (void)apr_file_remove(path, call->pool); /* else the next one's tidying */
    return rv == APR_SUCCESS
               ? wfp_api_answer_json(call, imported(call, d1, &answer))
               : rv;
}

apr_status_t wfp_api_d1_files_import(wfp_api_call_t *call)
{
    wfp_d1_database_t *d1;
    wfp_json_t *body;
    const char *action;
    apr_status_t rv = wfp_api_d1_find(&d1, call);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_object(&body, call);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    action = wfp_json_str(wfp_json_get(body, "action", call->pool));
    if (action && !strcmp(action, "init")) {
        return begin_import(call, d1);
    }
    if (action && !strcmp(action, "ingest")) {
        return ingest(call, d1, body);
    }
    return bad(call, action && !strcmp(action, "poll")
                         ? "poll: no import runs: \"ingest\" ends with it"
                         : "action: init or ingest");
}

/* ---- export ------------------------------------------------------------------ */

static void read_options(wfp_d1_dump_t *what, const wfp_json_t *body,
                         apr_pool_t *p)
{
    wfp_json_t *options = wfp_json_get(body, "dump_options", p);
    wfp_json_t *tables = wfp_json_get(options, "tables", p);
    apr_array_header_t *names = apr_array_make(p, 4, sizeof(char *));
    apr_size_t i;

    what->no_data = wfp_json_is_true(wfp_json_get(options, "no_data", p));
    what->no_schema = wfp_json_is_true(wfp_json_get(options, "no_schema", p));
    for (i = 0; i < wfp_json_size(tables); i++) {
        const char *name = wfp_json_str(wfp_json_at(tables, i, p));

        if (name) {
            APR_ARRAY_PUSH(names, const char *) = name;
        }
    }
    what->tables = names;
}

apr_status_t wfp_api_d1_files_export(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_object(call->pool), *body, *result;
    const char *name = new_name(call->pool);
    wfp_d1_dump_t what = { 0 };
    wfp_d1_database_t *d1;
    apr_status_t rv = wfp_api_d1_find(&d1, call);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_object(&body, call);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!name) {
        return wfp_api_answer_error(call, WFP_API_INTERNAL, NULL);
    }
    read_options(&what, body, call->pool);
    wfp_d1_tidy(call->server->d1, d1->id, apr_time_now() - FILE_LIFE,
                call->pool);
    rv = wfp_d1_dump(call->server->d1, d1->id, &what,
                     wfp_d1_file(call->server->d1, d1->id, name, call->pool),
                     &call->res);
    if (rv != APR_SUCCESS) {
        return wfp_api_d1_failed(call, rv);
    }
    result = wfp_json_object(call->pool);
    wfp_json_set_str(result, "filename",
                     apr_pstrcat(call->pool, d1->name, ".sql", NULL));
    wfp_json_set_str(result, "signed_url", url_of(call, d1, "export", name));
    wfp_json_set_bool(doc, "success", 1);
    wfp_json_set_str(doc, "type", "export");
    wfp_json_set_str(doc, "status", "complete");
    wfp_json_set_str(doc, "at_bookmark", d1->id);
    wfp_json_set(doc, "messages", wfp_json_array(call->pool));
    wfp_json_set(doc, "result", result);
    return wfp_api_answer_json(call, doc);
}

apr_status_t wfp_api_d1_files_get(wfp_api_call_t *call)
{
    const char *path = path_of(call), *data = NULL;
    apr_size_t n = 0;
    apr_status_t rv = path ? read_file(&data, &n, path, DUMP_MAX, call->pool)
                           : APR_ENOENT;

    if (rv == APR_ENOSPC) {
        return wfp_api_answer_error(call, WFP_API_TOO_LARGE,
                                    "the dump has more than 64 MB: export some "
                                    "of the tables");
    }
    if (rv != APR_SUCCESS) {
        return wfp_api_answer_error(call, WFP_API_NOT_FOUND, NULL);
    }
    return wfp_api_answer_raw(call, "application/sql", data, n);
}
