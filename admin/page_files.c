/* SPDX-License-Identifier: Apache-2.0 */
/* The files of the admin page, in memory. */
#include "admin/page_files.h"

#include <apr_file_io.h>
#include <apr_file_info.h>
#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"
#include "core/inflate.h"

#define DEPTH_MAX   2
#define FILES_MAX   200
#define BYTES_MAX   (2 * 1024 * 1024)
#define ETAG_DIGITS 32

/* What a folder is read into. */
typedef struct reading_t {
    apr_hash_t *files;
    const char *dir;
    apr_size_t bytes;
    wfp_result_t *res;
    apr_pool_t *p;
} reading_t;

static const char *type_of(const char *name)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        { ".html", "text/html; charset=utf-8" },
        { ".css", "text/css; charset=utf-8" },
        { ".js", "text/javascript; charset=utf-8" },
        { ".svg", "image/svg+xml" },
        { NULL, NULL },
    };
    const char *dot = strrchr(name, '.');
    int i;

    for (i = 0; dot && types[i].ending; i++) {
        if (!strcmp(dot, types[i].ending)) {
            return types[i].type;
        }
    }
    return NULL;
}

static apr_status_t failed(const reading_t *to, apr_status_t rv,
                           const char *name)
{
    return wfp_result_set(to->res, WFP_INVALID, rv,
                          "the admin page: cannot read %s/%s", to->dir, name);
}

static apr_status_t read_file(reading_t *to, const char *name)
{
    wfp_page_file_t *file = apr_pcalloc(to->p, sizeof(*file));
    const char *path = apr_pstrcat(to->p, to->dir, "/", name, NULL);
    apr_finfo_t info;
    apr_file_t *f;
    char *data;
    apr_status_t rv = apr_file_open(&f, path, APR_READ | APR_BINARY, 0, to->p);

    if (rv != APR_SUCCESS) {
        return failed(to, rv, name);
    }
    rv = apr_file_info_get(&info, APR_FINFO_SIZE, f);
    if (rv == APR_SUCCESS
        && (info.size > BYTES_MAX - (apr_off_t)to->bytes
            || apr_hash_count(to->files) == FILES_MAX)) {
        rv = APR_ENOSPC;
    }
    if (rv == APR_SUCCESS) {
        file->size = (apr_size_t)info.size;
        data = apr_palloc(to->p, file->size + 1);
        rv = apr_file_read_full(f, data, file->size, NULL);
        file->data = data;
    }
    (void)apr_file_close(f); /* was only read */
    if (rv != APR_SUCCESS) {
        return failed(to, rv, name);
    }
    to->bytes += file->size;
    file->type = type_of(name);
    file->etag = wfp_crypto_sha256_hex(file->data, file->size, to->p);
    if (!file->etag) {
        return failed(to, APR_ENOMEM, name);
    }
    if (wfp_inflate_pack(&file->packed, &file->packed_size, file->data,
                         file->size, to->p)
        != APR_SUCCESS) {
        return failed(to, APR_ENOMEM, name);
    }
    file->packed_etag = apr_psprintf(to->p, "\"%.*s-gzip\"", ETAG_DIGITS,
                                     file->etag);
    file->etag = apr_psprintf(to->p, "\"%.*s\"", ETAG_DIGITS, file->etag);
    apr_hash_set(to->files, name, APR_HASH_KEY_STRING, file);
    return APR_SUCCESS;
}

static apr_status_t read_folder(reading_t *to, const char *below, int depth)
{
    apr_dir_t *d;
    apr_finfo_t info;
    apr_status_t rv = apr_dir_open(&d,
                                   apr_pstrcat(to->p, to->dir, "/", below,
                                               NULL),
                                   to->p);

    if (rv != APR_SUCCESS) {
        return failed(to, rv, below);
    }
    while (rv == APR_SUCCESS
           && apr_dir_read(&info, APR_FINFO_NAME | APR_FINFO_TYPE, d)
                  == APR_SUCCESS) {
        const char *name = apr_pstrcat(to->p, below, info.name, NULL);

        if (info.name[0] == '.') {
            continue;
        }
        if (info.filetype == APR_DIR && depth < DEPTH_MAX) {
            rv = read_folder(to, apr_pstrcat(to->p, name, "/", NULL),
                             depth + 1);
        }
        else if (info.filetype == APR_REG && type_of(name)) {
            rv = read_file(to, name);
        }
    }
    (void)apr_dir_close(d); /* was only read */
    return rv;
}

apr_status_t wfp_page_files_read(apr_hash_t **pfiles, const char *dir,
                                 wfp_result_t *res, apr_pool_t *p)
{
    reading_t to = { apr_hash_make(p), dir, 0, res, p };

    *pfiles = to.files;
    return read_folder(&to, "", 1);
}
