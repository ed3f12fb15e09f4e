/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client names its files and their hashes, is told which of them are wanted,
 * sends those, and gives the token of all this with the upload of the Worker.
 * What it calls a hash is a name within one Worker's files: it finds nothing of
 * anybody else's.
 */
#include "admin/api_assets.h"

#include <apr_encode.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "admin/api_worker.h"
#include "admin/asset_manifest.h"
#include "admin/asset_token.h"
#include "core/crypto.h"
#include "core/crypto_digest.h"
#include "core/headers.h"
#include "core/multipart.h"
#include "core/name.h"

/* A manifest of all files that a version may have; a file as base64. */
#define MANIFEST_BYTES_MAX ((apr_size_t)8 << 20)
#define UPLOAD_BYTES_MAX   ((apr_size_t)37 << 20)
#define UPLOAD_PARTS_MAX   2000

/* "no type" of Cloudflare's clients. */
#define NO_TYPE "application/null"

apr_status_t wfp_api_assets_too_much(wfp_api_call_t *call, apr_status_t rv)
{
    return rv != APR_SUCCESS && call->res.code == WFP_QUOTA_EXCEEDED
               ? wfp_api_answer_error(call, WFP_API_TOO_LARGE, "%s",
                                      call->res.message)
               : rv;
}

static apr_status_t bad(wfp_api_call_t *call, const char *why)
{
    return wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "%s", why);
}

/* ---- the session --------------------------------------------------------------- */

static apr_status_t begin_session(wfp_asset_session_t *session,
                                  apr_hash_t **pfiles, wfp_api_call_t *call,
                                  const wfp_json_t *manifest)
{
    char id[WFP_UUID_SIZE];
    apr_status_t rv = wfp_crypto_uuid(id);

    if (rv != APR_SUCCESS) {
        return wfp_result_set(&call->res, WFP_INTERNAL, rv, NULL);
    }
    session->id = apr_pstrdup(call->pool, id);
    session->ns = wfp_api_call_ns(call);
    session->script = wfp_api_worker_name(call);
    session->manifest = wfp_json_text(manifest, call->pool);
    session->expires = apr_time_now() + WFP_ASSET_SESSION_TIME;
    rv = wfp_asset_token_secret(&session->secret, &call->res, call->pool);
    return rv == APR_SUCCESS
               ? wfp_asset_uploads_begin(session, pfiles, call->server->store,
                                         wfp_api_call_actor(call), &call->res,
                                         call->pool)
               : rv;
}

static apr_status_t answer_token(wfp_json_t *doc, wfp_api_call_t *call,
                                 const wfp_asset_session_t *session,
                                 apr_time_t expires)
{
    const char *token;
    apr_status_t rv = wfp_asset_token_make(&token, session, expires, &call->res,
                                           call->pool);

    if (rv == APR_SUCCESS) {
        wfp_json_set_str(doc, "jwt", token);
        rv = wfp_api_answer_json(call, doc);
    }
    return rv;
}

apr_status_t wfp_api_assets_session(wfp_api_call_t *call)
{
    wfp_json_t *body, *buckets, *doc = wfp_json_object(call->pool);
    const wfp_json_t *manifest;
    wfp_asset_session_t session = { 0 };
    const char *name = wfp_api_worker_name(call);
    apr_array_header_t *list;
    apr_hash_t *files;
    apr_status_t rv;

    if (!wfp_name_is_valid(name, strlen(name))) {
        return wfp_api_answer_error(call, WFP_API_VALIDATION,
                                    "a name has 1 to 63 of A-Z a-z 0-9 _ -");
    }
    rv = wfp_api_call_json_max(&body, call, MANIFEST_BYTES_MAX);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    manifest = wfp_json_get(body, "manifest", call->pool);
    rv = wfp_asset_manifest_read(&list, manifest, &call->res, call->pool);
    if (rv == APR_SUCCESS) {
        rv = begin_session(&session, &files, call, manifest);
    }
    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    (void)wfp_asset_manifest_missing(&buckets, list, files, call->pool);
    wfp_json_set(doc, "buckets", buckets);
    return answer_token(doc, call, &session, session.expires);
}

/* ---- files come ---------------------------------------------------------------- */

typedef struct upload_t {
    wfp_api_call_t *call;
    const wfp_asset_session_t *session;
    apr_hash_t *wanted;        /* hash -> wfp_asset_entry_t * */
    apr_array_header_t *files; /* wfp_asset_file_t that came */
    wfp_asset_file_t file;     /* of the part that is read */
    apr_array_header_t *data;  /* its pieces: wfp_bytes_t */
    apr_hash_t *had;           /* as wfp_asset_uploads_files() says */
    apr_int64_t room;          /* bytes, where there is a bound */
} upload_t;

static const char *session_token(const wfp_api_call_t *call)
{
    const char *header = wfp_api_call_header(call, "Authorization");

    return header && !strncasecmp(header, "Bearer ", 7)
               ? header + 7 + strspn(header + 7, " ")
               : NULL;
}

static apr_status_t begin_part(upload_t *up, const wfp_multipart_part_t *part)
{
    apr_pool_t *p = up->call->pool;
    const char *type = part->type ? part->type : NO_TYPE;

    memset(&up->file, 0, sizeof(up->file));
    up->data = apr_array_make(p, 4, sizeof(wfp_bytes_t));
    if (!apr_hash_get(up->wanted, part->name, APR_HASH_KEY_STRING)) {
        return bad(up->call, apr_psprintf(p,
                                          "part \"%.80s\": the session's "
                                          "manifest has no such hash",
                                          part->name));
    }
    if (strlen(type) > WFP_ASSET_TYPE_MAX
        || !wfp_headers_is_value(type, strlen(type))
        || !wfp_json_is_utf8(type)) {
        return bad(up->call, apr_psprintf(p,
                                          "part \"%.80s\": its Content-Type "
                                          "is none",
                                          part->name));
    }
    up->file.hash = apr_pstrdup(p, part->name);
    up->file.type = strcasecmp(type, NO_TYPE) ? apr_pstrdup(p, type) : "";
    return APR_SUCCESS;
}

/* The pieces of a part, one after the other. */
static const char *join(const apr_array_header_t *pieces, apr_size_t *pn,
                        apr_pool_t *p)
{
    apr_size_t n = 0;
    char *data;
    int i;

    for (i = 0; i < pieces->nelts; i++) {
        n += APR_ARRAY_IDX(pieces, i, wfp_bytes_t).n;
    }
    data = apr_palloc(p, n + 1);
    *pn = n;
    for (n = 0, i = 0; i < pieces->nelts; i++) {
        const wfp_bytes_t *one = &APR_ARRAY_IDX(pieces, i, wfp_bytes_t);

        memcpy(data + n, one->data, one->n);
        n += one->n;
    }
    data[n] = '\0';
    return data;
}

/* What the Worker has no room for is not written. */
static apr_status_t take_room(upload_t *up, const unsigned char *bytes,
                              apr_size_t n, apr_pool_t *scratch)
{
    apr_int64_t max = up->call->server->asset_bytes;
    const wfp_asset_file_t *had = max ? apr_hash_get(up->had, up->file.hash,
                                                     APR_HASH_KEY_STRING)
                                      : NULL;
    const char *digest = max ? wfp_crypto_sha256_hex((const char *)bytes, n,
                                                     scratch)
                             : NULL;

    if (!digest || (had && !strcmp(had->digest, digest))
        || apr_hash_get(up->had, digest, APR_HASH_KEY_STRING)) {
        return APR_SUCCESS; /* it is there: sent once more */
    }
    up->room -= (apr_int64_t)n;
    return up->room < 0 ? wfp_asset_uploads_full(&up->call->res, max)
                        : APR_SUCCESS;
}

static apr_status_t find_room(upload_t *up)
{
    wfp_api_call_t *call = up->call;
    apr_status_t rv;

    if (!call->server->asset_bytes) {
        return APR_SUCCESS;
    }
    rv = wfp_asset_uploads_files(&up->had, call->server->store,
                                 up->session->owner, &call->res, call->pool);
    if (rv == APR_SUCCESS) {
        up->room = call->server->asset_bytes
                   - wfp_asset_uploads_sum(up->had, call->pool);
    }
    return rv;
}

static apr_status_t keep_part(upload_t *up, apr_pool_t *scratch)
{
    wfp_api_call_t *call = up->call;
    const wfp_asset_entry_t *entry = apr_hash_get(up->wanted, up->file.hash,
                                                  APR_HASH_KEY_STRING);
    const unsigned char *bytes = (const unsigned char *)"";
    const char *digest, *text;
    apr_size_t n, size = 0;
    apr_status_t rv;

    text = join(up->data, &n, scratch);
    if (n > 0) {
        bytes = apr_pdecode_base64_binary(scratch, text, (apr_ssize_t)n,
                                          APR_ENCODE_NONE, &size);
    }
    if (!bytes) {
        return bad(call, apr_psprintf(call->pool,
                                      "part \"%s\": its bytes are no base64",
                                      up->file.hash));
    }
    if ((apr_int64_t)size != entry->size) {
        return bad(call, apr_psprintf(call->pool,
                                      "part \"%s\" has %" APR_SIZE_T_FMT
                                      " bytes, not %" APR_INT64_T_FMT
                                      " as the manifest says",
                                      up->file.hash, size, entry->size));
    }
    rv = take_room(up, bytes, size, scratch);
    if (rv == APR_SUCCESS) {
        rv = wfp_assets_keep(&digest, call->server->assets, up->session->owner,
                             (const char *)bytes, size, &call->res, scratch);
    }
    if (rv == APR_SUCCESS) {
        up->file.digest = apr_pstrdup(call->pool, digest);
        up->file.size = (apr_int64_t)size;
        APR_ARRAY_PUSH(up->files, wfp_asset_file_t) = up->file;
    }
    return rv;
}

static apr_status_t take_event(upload_t *up, const wfp_multipart_t *m,
                               wfp_multipart_e event)
{
    apr_pool_t *scratch;
    wfp_bytes_t piece;
    apr_status_t rv;

    switch (event) {
    case WFP_MULTIPART_BEGIN:
        return begin_part(up, &m->part);
    case WFP_MULTIPART_DATA:
        piece.data = (const unsigned char *)m->data;
        piece.n = m->n;
        APR_ARRAY_PUSH(up->data, wfp_bytes_t) = piece;
        return APR_SUCCESS;
    case WFP_MULTIPART_END:
        apr_pool_create(&scratch, up->call->pool);
        rv = keep_part(up, scratch);
        apr_pool_destroy(scratch);
        return rv;
    default:
        return bad(up->call,
                   apr_psprintf(up->call->pool, "the body: %s", m->wrong));
    }
}

/* The body stays in memory while it is read, so that its pieces may be pointed
 * to. */
static apr_status_t read_parts(upload_t *up)
{
    wfp_api_call_t *call = up->call;
    wfp_multipart_t *m = apr_pcalloc(call->pool, sizeof(*m));
    wfp_multipart_e event;
    const char *body;
    apr_size_t n;
    apr_status_t rv = wfp_api_call_body(&body, &n, call, UPLOAD_BYTES_MAX);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_multipart_init(m, wfp_api_call_header(call, "Content-Type"),
                            UPLOAD_PARTS_MAX);
    if (rv == APR_SUCCESS) {
        wfp_multipart_feed(m, body, n);
        while (rv == APR_SUCCESS
               && (event = wfp_multipart_next(m)) != WFP_MULTIPART_MORE) {
            rv = take_event(up, m, event);
        }
        if (rv != APR_SUCCESS) {
            return rv;
        }
        rv = wfp_multipart_finish(m);
    }
    return rv == APR_SUCCESS
               ? rv
               : bad(call, apr_psprintf(call->pool, "the body: %s", m->wrong));
}

static void index_wanted(upload_t *up, const apr_array_header_t *list)
{
    int i;

    up->wanted = apr_hash_make(up->call->pool);
    for (i = 0; i < list->nelts; i++) {
        wfp_asset_entry_t *entry = &APR_ARRAY_IDX(list, i, wfp_asset_entry_t);

        apr_hash_set(up->wanted, entry->hash, APR_HASH_KEY_STRING, entry);
    }
}

/* 201 with a token once all is there, else 202. */
static apr_status_t answer_upload(upload_t *up, const apr_array_header_t *list)
{
    wfp_api_call_t *call = up->call;
    apr_time_t expires = apr_time_now() + WFP_ASSET_SESSION_TIME;
    wfp_json_t *ignored, *doc = wfp_json_object(call->pool);
    apr_hash_t *all;
    apr_status_t rv = wfp_asset_uploads_add(&all, call->server->store,
                                            up->session, up->files,
                                            call->server->asset_bytes, expires,
                                            &call->res, call->pool);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (wfp_asset_manifest_missing(&ignored, list, all, call->pool) > 0) {
        rv = wfp_api_answer_json(call, doc);
        call->answer.status = 202;
        return rv;
    }
    rv = answer_token(doc, call, up->session, expires);
    if (rv == APR_SUCCESS) {
        call->answer.status = 201;
    }
    return rv;
}

apr_status_t wfp_api_assets_upload(wfp_api_call_t *call)
{
    const char *base64 = wfp_api_call_query(call, "base64");
    const char *token = session_token(call);
    wfp_asset_session_t *session;
    apr_array_header_t *list;
    upload_t up = { .call = call };
    apr_status_t rv;

    if (!token) {
        return wfp_api_answer_error(call, WFP_API_AUTH_MISSING, NULL);
    }
    rv = wfp_asset_token_find(&session, call->server->store, token, &call->res,
                              call->pool);
    if (rv == APR_EACCES) {
        return wfp_api_answer_error(call, WFP_API_AUTH, NULL);
    }
    if (rv == APR_SUCCESS && (!base64 || strcmp(base64, "true") != 0)) {
        return bad(call, "base64: must be \"true\"");
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_asset_manifest_parse(&list, session->manifest, &call->res,
                                      call->pool);
    }
    if (rv != APR_SUCCESS) {
        return wfp_api_worker_failed(call, rv);
    }
    up.session = session;
    up.files = apr_array_make(call->pool, 8, sizeof(wfp_asset_file_t));
    index_wanted(&up, list);
    rv = find_room(&up);
    if (rv == APR_SUCCESS) {
        rv = read_parts(&up);
    }
    if (rv == APR_SUCCESS) {
        rv = answer_upload(&up, list);
    }
    rv = wfp_api_assets_too_much(call, rv);
    return rv == APR_SUCCESS ? rv : wfp_api_worker_failed(call, rv);
}
