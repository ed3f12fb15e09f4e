/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are whole or not there. Called by the services whose bytes are
 * files. It must not know what is in them, nor which are wanted.
 */
#include "services/blobs.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"

/* No hex digit: a temporary name is nobody's. */
#define TEMPORARY "new."

#define NAME_MAX_BYTES 128

#define DIR_MODE  (APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_UEXECUTE)
#define FILE_MODE (APR_FPROT_UREAD | APR_FPROT_UWRITE)

struct wfp_blobs_t {
    const char *dir;
};

struct wfp_blob_t {
    const char *dir;  /* of the group */
    const char *path; /* as long as it is temporary */
    apr_file_t *file; /* NULL: closed */
    apr_pool_t *pool;
};

static int is_name(const char *text)
{
    apr_size_t n = strspn(text, "0123456789abcdef-");

    return n > 0 && n <= NAME_MAX_BYTES && !text[n];
}

apr_status_t wfp_blobs_create(wfp_blobs_t **pblobs, const char *data_dir,
                              const char *kind, apr_pool_t *p)
{
    wfp_blobs_t *blobs = apr_palloc(p, sizeof(*blobs));
    apr_status_t rv;

    blobs->dir = apr_pstrcat(p, data_dir, "/", kind, NULL);
    rv = apr_dir_make(blobs->dir, DIR_MODE, p);
    *pblobs = blobs;
    return APR_STATUS_IS_EEXIST(rv) ? APR_SUCCESS : rv;
}

/* What was renamed or made in a folder lasts. */
static apr_status_t sync_dir(const char *dir, apr_pool_t *p)
{
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, dir, APR_FOPEN_READ, 0, p), rv2;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = apr_file_sync(file);
    rv2 = apr_file_close(file);
    return rv == APR_SUCCESS ? rv2 : rv;
}

static apr_status_t blob_cleanup(void *data)
{
    wfp_blob_t *blob = data;

    if (blob->file) {
        (void)apr_file_close(blob->file); /* it is thrown away */
    }
    if (blob->path) {
        (void)apr_file_remove(blob->path, blob->pool); /* or by a sweep */
    }
    return APR_SUCCESS;
}

static apr_status_t open_new(wfp_blob_t *blob)
{
    char id[WFP_UUID_SIZE];
    apr_status_t rv = wfp_crypto_uuid(id);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    blob->path = apr_pstrcat(blob->pool, blob->dir, "/" TEMPORARY, id, NULL);
    rv = apr_file_open(&blob->file, blob->path,
                       APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_EXCL,
                       FILE_MODE, blob->pool);
    if (rv != APR_SUCCESS) {
        blob->path = NULL;
    }
    return rv;
}

apr_status_t wfp_blobs_begin(wfp_blob_t **pblob, wfp_blobs_t *blobs,
                             const char *group, apr_pool_t *p)
{
    wfp_blob_t *blob = apr_pcalloc(p, sizeof(*blob));
    int tries;
    apr_status_t rv = APR_EINVAL;

    *pblob = blob;
    blob->pool = p;
    /* a sweep may take an empty folder away between the two */
    for (tries = 0; is_name(group) && tries < 5; tries++) {
        blob->dir = apr_pstrcat(p, blobs->dir, "/", group, NULL);
        rv = open_new(blob);
        if (!APR_STATUS_IS_ENOENT(rv)) {
            break;
        }
        rv = apr_dir_make(blob->dir, DIR_MODE, p);
        if (rv == APR_SUCCESS) {
            rv = sync_dir(blobs->dir, p);
        }
        if (rv != APR_SUCCESS && !APR_STATUS_IS_EEXIST(rv)) {
            return rv;
        }
    }
    if (rv == APR_SUCCESS) {
        apr_pool_pre_cleanup_register(p, blob, blob_cleanup);
    }
    return rv;
}

apr_status_t wfp_blobs_write(wfp_blob_t *blob, const void *data, apr_size_t n)
{
    return n ? apr_file_write_full(blob->file, data, n, NULL) : APR_SUCCESS;
}

apr_status_t wfp_blobs_commit(wfp_blob_t *blob, const char *name)
{
    apr_status_t rv = is_name(name) ? apr_file_sync(blob->file) : APR_EINVAL;
    apr_status_t rv2 = apr_file_close(blob->file);

    blob->file = NULL;
    rv = rv == APR_SUCCESS ? rv2 : rv;
    if (rv == APR_SUCCESS) {
        rv = apr_file_rename(blob->path,
                             apr_pstrcat(blob->pool, blob->dir, "/", name,
                                         NULL),
                             blob->pool);
    }
    if (rv == APR_SUCCESS) {
        blob->path = NULL;
        rv = sync_dir(blob->dir, blob->pool);
    }
    apr_pool_cleanup_run(blob->pool, blob, blob_cleanup);
    return rv;
}

apr_status_t wfp_blobs_put(wfp_blobs_t *blobs, const char *group,
                           const char *name, const void *data, apr_size_t n,
                           apr_pool_t *p)
{
    wfp_blob_t *blob;
    apr_status_t rv = wfp_blobs_begin(&blob, blobs, group, p);

    if (rv == APR_SUCCESS) {
        rv = wfp_blobs_write(blob, data, n);
        if (rv == APR_SUCCESS) {
            return wfp_blobs_commit(blob, name);
        }
        apr_pool_cleanup_run(p, blob, blob_cleanup);
    }
    return rv;
}

/* NULL: no such group or name. */
static const char *path_of(const wfp_blobs_t *blobs, const char *group,
                           const char *name, apr_pool_t *p)
{
    return is_name(group) && is_name(name)
               ? apr_pstrcat(p, blobs->dir, "/", group, "/", name, NULL)
               : NULL;
}

apr_status_t wfp_blobs_open(apr_file_t **pfile, wfp_blobs_t *blobs,
                            const char *group, const char *name,
                            apr_int32_t flags, apr_pool_t *p)
{
    const char *path = path_of(blobs, group, name, p);

    return path ? apr_file_open(pfile, path, APR_FOPEN_READ | flags, 0, p)
                : APR_ENOENT;
}

void wfp_blobs_remove(wfp_blobs_t *blobs, const char *group, const char *name,
                      apr_pool_t *p)
{
    const char *path = path_of(blobs, group, name, p);

    if (path) {
        (void)apr_file_remove(path, p);
    }
}

apr_status_t wfp_blobs_touch(wfp_blobs_t *blobs, const char *group,
                             const char *name, apr_pool_t *p)
{
    const char *path = path_of(blobs, group, name, p);

    return path ? apr_file_mtime_set(path, apr_time_now(), p) : APR_ENOENT;
}

/* ---- sweeping -------------------------------------------------------------- */

apr_status_t wfp_blobs_next(const char **pgroup, wfp_blobs_t *blobs,
                            const char *after, apr_pool_t *p)
{
    apr_dir_t *dir;
    apr_finfo_t info;
    char next[NAME_MAX_BYTES + 1] = "";
    apr_status_t rv = apr_dir_open(&dir, blobs->dir, p);

    *pgroup = NULL;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (is_name(info.name) && strcmp(info.name, after) > 0
            && (!*next || strcmp(info.name, next) < 0)) {
            apr_cpystrn(next, info.name, sizeof(next));
        }
    }
    if (*next) {
        *pgroup = apr_pstrdup(p, next);
    }
    return apr_dir_close(dir);
}

static int is_temporary(const char *name)
{
    return !strncmp(name, TEMPORARY, sizeof(TEMPORARY) - 1);
}

static int is_older(const char *path, apr_time_t before, apr_pool_t *p)
{
    apr_finfo_t info;

    return apr_stat(&info, path, APR_FINFO_MTIME, p) == APR_SUCCESS
           && info.mtime < before;
}

/* Somebody may write or touch it between the look and the end: it is taken
 * aside and looked at again. */
static int remove_old(const char *path, const char *aside, apr_time_t before,
                      apr_pool_t *p)
{
    if (!is_older(path, before, p)
        || apr_file_rename(path, aside, p) != APR_SUCCESS) {
        return 0;
    }
    if (!is_older(aside, before, p)) {
        (void)apr_file_rename(aside, path, p); /* else a reader misses it */
        return 0;
    }
    return apr_file_remove(aside, p) == APR_SUCCESS;
}

apr_status_t wfp_blobs_sweep(int *pgone, wfp_blobs_t *blobs, const char *group,
                             apr_time_t before, wfp_blobs_keep_fn *keep,
                             void *baton, apr_pool_t *p)
{
    const char *dir_path = apr_pstrcat(p, blobs->dir, "/", group, NULL);
    const char *aside = apr_pstrcat(p, dir_path, "/" TEMPORARY "gone", NULL);
    apr_dir_t *dir;
    apr_finfo_t info;
    apr_pool_t *turn;
    int left = 0, gone = 0;
    apr_status_t rv = is_name(group) ? apr_dir_open(&dir, dir_path, p)
                                     : APR_EINVAL;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_pool_create(&turn, p);
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        const char *path = apr_pstrcat(turn, dir_path, "/", info.name, NULL);

        if (is_temporary(info.name)
                ? is_older(path, before, turn)
                      && apr_file_remove(path, turn) == APR_SUCCESS
                : is_name(info.name) && is_older(path, before, turn)
                      && !keep(baton, info.name)
                      && remove_old(path, aside, before, turn)) {
            gone++;
        }
        else if (strcmp(info.name, ".") && strcmp(info.name, "..")) {
            left++;
        }
        apr_pool_clear(turn);
    }
    rv = apr_dir_close(dir);
    if (left == 0) {
        (void)apr_dir_remove(dir_path, turn); /* somebody may write there */
    }
    apr_pool_destroy(turn);
    if (pgone) {
        *pgone = gone;
    }
    return rv;
}
