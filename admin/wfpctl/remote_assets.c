/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl deploy --assets by a server's REST API: a manifest, the files that the
 * server asks for, and the token of both. Called by remote_worker.c.
 */
#include <apr_encode.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "admin/wfpctl/folder.h"
#include "admin/wfpctl/remote.h"
#include "core/crypto.h"

#define DEPTH_MAX 16
#define FILE_MAX  (25 * 1024 * 1024)
#define HASH_SIZE 32

#define IGNORE ".assetsignore"

typedef struct folder_t {
    wfp_cmd_t *cmd;
    wfp_json_t *manifest;
    wfp_json_t *config;
    apr_hash_t *files; /* hash -> where it is */
    const char *root;
} folder_t;

static const char *type_of(const char *path)
{
    static const char *const types[][2] = {
        { "html", "text/html" },
        { "htm", "text/html" },
        { "css", "text/css" },
        { "js", "text/javascript" },
        { "mjs", "text/javascript" },
        { "json", "application/json" },
        { "map", "application/json" },
        { "webmanifest", "application/manifest+json" },
        { "xml", "application/xml" },
        { "txt", "text/plain" },
        { "md", "text/markdown" },
        { "svg", "image/svg+xml" },
        { "png", "image/png" },
        { "jpg", "image/jpeg" },
        { "jpeg", "image/jpeg" },
        { "gif", "image/gif" },
        { "webp", "image/webp" },
        { "avif", "image/avif" },
        { "ico", "image/x-icon" },
        { "woff", "font/woff" },
        { "woff2", "font/woff2" },
        { "pdf", "application/pdf" },
        { "wasm", "application/wasm" },
        { "mp4", "video/mp4" },
        { "webm", "video/webm" },
        { "mp3", "audio/mpeg" },
    };
    const char *dot = strrchr(path, '.');
    apr_size_t i;

    for (i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++) {
        if (!strcasecmp(dot + 1, types[i][0])) {
            return types[i][1];
        }
    }
    return "application/octet-stream";
}

static apr_status_t refuse(wfp_cmd_t *cmd, apr_status_t rv, const char *path,
                           const char *what)
{
    return wfp_result_set(&cmd->res, WFP_INVALID, rv, "%s: %s", path, what);
}

static apr_status_t read_file(const char **pdata, apr_size_t *pn,
                              wfp_cmd_t *cmd, const char *path, apr_pool_t *p)
{
    apr_file_t *file;
    apr_finfo_t info;
    char *data;
    apr_status_t rv = apr_file_open(&file, path, APR_FOPEN_READ, 0, p);

    if (rv == APR_SUCCESS) {
        rv = apr_file_info_get(&info, APR_FINFO_SIZE, file);
    }
    if (rv == APR_SUCCESS && info.size > FILE_MAX) {
        return refuse(cmd, APR_EINVAL, path, "a file has at most 25 MiB");
    }
    if (rv != APR_SUCCESS) {
        return refuse(cmd, rv, path, "cannot be read");
    }
    *pn = (apr_size_t)info.size;
    data = apr_palloc(p, *pn + 1);
    rv = apr_file_read_full(file, data, *pn, pn);
    data[*pn] = '\0';
    *pdata = data;
    (void)apr_file_close(file); /* it was only read */
    return rv == APR_SUCCESS || APR_STATUS_IS_EOF(rv)
               ? APR_SUCCESS
               : refuse(cmd, rv, path, "cannot be read");
}

/* The type of a file is its name's, so bytes with another one are another file. */
static const char *hash_of(const char *data, apr_size_t n, const char *path,
                           apr_pool_t *p)
{
    const char *text = apr_pstrcat(p, wfp_crypto_sha256_hex(data, n, p),
                                   type_of(path), NULL);

    return apr_pstrmemdup(p, wfp_crypto_sha256_hex(text, strlen(text), p),
                          HASH_SIZE);
}

static apr_status_t add_file(folder_t *f, const char *full, const char *path)
{
    wfp_cmd_t *cmd = f->cmd;
    wfp_json_t *entry;
    const char *data, *hash;
    apr_size_t n;
    apr_pool_t *p;
    apr_status_t rv;

    apr_pool_create(&p, cmd->pool);
    rv = read_file(&data, &n, cmd, full, p);
    if (rv == APR_SUCCESS
        && (!strcmp(path, "/_headers") || !strcmp(path, "/_redirects"))) {
        wfp_json_set_str(f->config, path + 1, data); /* copies */
    }
    else if (rv == APR_SUCCESS) {
        hash = apr_pstrdup(cmd->pool, hash_of(data, n, path, p));
        entry = wfp_json_object(cmd->pool);
        wfp_json_set_str(entry, "hash", hash);
        wfp_json_set_int(entry, "size", (apr_int64_t)n);
        wfp_json_set(f->manifest, path, entry);
        apr_hash_set(f->files, hash, APR_HASH_KEY_STRING, full);
    }
    apr_pool_destroy(p);
    return rv;
}

/* All but what begins with a dot. */
static apr_status_t add_folder(folder_t *f, const char *dir, const char *prefix,
                               int depth)
{
    wfp_cmd_t *cmd = f->cmd;
    apr_finfo_t entry, info;
    apr_dir_t *open;
    apr_status_t rv = depth > DEPTH_MAX ? APR_EINVAL
                                        : apr_dir_open(&open, dir, cmd->pool);

    if (rv != APR_SUCCESS) {
        return refuse(cmd, rv, dir, "is no folder that can be read");
    }
    while (rv == APR_SUCCESS
           && apr_dir_read(&entry, APR_FINFO_NAME, open) == APR_SUCCESS) {
        const char *full = apr_pstrcat(cmd->pool, dir, "/", entry.name, NULL);
        const char *path = apr_pstrcat(cmd->pool, prefix, "/", entry.name,
                                       NULL);

        if (!depth && !strcmp(entry.name, IGNORE)) {
            rv = refuse(cmd, APR_ENOTIMPL, full,
                        "what it leaves out would be served: the admin page "
                        "and wrangler heed it");
        }
        if (entry.name[0] == '.') {
            continue;
        }
        rv = wfp_folder_look(&info, f->root, full, &cmd->res, cmd->pool);
        if (rv == APR_SUCCESS) {
            rv = info.filetype == APR_DIR ? add_folder(f, full, path, depth + 1)
                                          : add_file(f, full, path);
        }
    }
    (void)apr_dir_close(open); /* it was only read */
    return rv;
}

/* One bucket of those that the server wants. @param *pjwt  stays until the last */
static apr_status_t send_bucket(const char **pjwt, const folder_t *f,
                                const wfp_json_t *bucket, const char *token)
{
    wfp_cmd_t *cmd = f->cmd;
    apr_array_header_t *parts;
    wfp_json_t *result;
    const char *jwt;
    apr_pool_t *p;
    apr_size_t i;
    apr_status_t rv = APR_SUCCESS;

    apr_pool_create(&p, cmd->pool);
    parts = apr_array_make(p, 16, sizeof(wfp_remote_file_t));
    for (i = 0; rv == APR_SUCCESS && i < wfp_json_size(bucket); i++) {
        const char *hash = wfp_json_str(wfp_json_at(bucket, i, p));
        const char *full = hash ? apr_hash_get(f->files, hash,
                                               APR_HASH_KEY_STRING)
                                : NULL;
        wfp_remote_file_t *part;
        const char *data;
        apr_size_t n;

        if (!full) {
            continue; /* its error tells what is missing */
        }
        rv = read_file(&data, &n, cmd, full, p);
        if (rv == APR_SUCCESS) {
            part = apr_array_push(parts);
            part->name = hash;
            part->type = type_of(full);
            part->data = apr_pencode_base64_binary(p,
                                                   (const unsigned char *)data,
                                                   (apr_ssize_t)n, 0,
                                                   &part->size);
        }
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_remote_send(&result, cmd, "/workers/assets/upload?base64=true",
                             token, parts);
    }
    if (rv == APR_SUCCESS) {
        jwt = wfp_json_str(wfp_json_get(result, "jwt", cmd->pool));
        *pjwt = jwt ? jwt : *pjwt;
    }
    apr_pool_destroy(p);
    return rv;
}

apr_status_t wfp_remote_assets_put(wfp_json_t **passets, wfp_cmd_t *cmd,
                                   const char *path, const char *folder)
{
    apr_pool_t *p = cmd->pool;
    folder_t f = { cmd, wfp_json_object(p), wfp_json_object(p),
                   apr_hash_make(p), folder };
    wfp_json_t *ask = wfp_json_object(p), *session, *buckets;
    const char *token, *jwt;
    apr_size_t i;
    apr_status_t rv = add_folder(&f, folder, "", 0);

    if (rv == APR_SUCCESS) {
        wfp_json_set(ask, "manifest", f.manifest);
        rv = wfp_remote_call(&session, cmd, "POST",
                             apr_pstrcat(p, path, "/assets-upload-session",
                                         NULL),
                             ask);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    token = wfp_json_str(wfp_json_get(session, "jwt", p));
    jwt = token = token ? token : "";
    buckets = wfp_json_get(session, "buckets", p);
    for (i = 0; rv == APR_SUCCESS && i < wfp_json_size(buckets); i++) {
        rv = send_bucket(&jwt, &f, wfp_json_at(buckets, i, p), token);
    }
    *passets = wfp_json_object(p);
    wfp_json_set_str(*passets, "jwt", jwt);
    wfp_json_set(*passets, "config", f.config);
    return rv;
}
