/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of D1: a SQLite file a database, files of SQL beside it, and the
 * connections that are kept open. Called by d1.c and by who makes and removes
 * databases.
 */
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <string.h>

#include "services/d1_inside.h"

#define FILE_MAX (APR_INT64_C(1) << 30)
#define IDLE_MAX 64

#define ID_BYTES   36
#define NAME_BYTES 32

struct wfp_d1_t {
    const char *dir;
    wfp_sqlite_pool_t *files;
    wfp_sqlite_open_t how;
};

apr_status_t wfp_d1_create(wfp_d1_t **pd1, const char *data_dir,
                           apr_int64_t bytes_max, apr_pool_t *p)
{
    wfp_d1_t *d1 = apr_pcalloc(p, sizeof(*d1));

    d1->how.is_tenants = 1;
    d1->how.file_max = bytes_max ? bytes_max : FILE_MAX;
    d1->dir = apr_pstrcat(p, data_dir, "/d1", NULL);
    *pd1 = d1;
    return wfp_sqlite_pool_create(&d1->files, &d1->how, IDLE_MAX, p);
}

/* Ids come from the store; one that could lead elsewhere is refused anyway. */
static int is_id(const char *id)
{
    return strlen(id) == ID_BYTES
           && strspn(id, "0123456789abcdef-") == ID_BYTES;
}

static const char *path_of(const wfp_d1_t *d1, const char *id, const char *end,
                           apr_pool_t *p)
{
    return apr_pstrcat(p, d1->dir, "/", id, ".sqlite", end, NULL);
}

const char *wfp_d1_file(wfp_d1_t *d1, const char *id, const char *name,
                        apr_pool_t *p)
{
    if (!is_id(id) || strlen(name) != NAME_BYTES
        || strspn(name, "0123456789abcdef") != NAME_BYTES) {
        return NULL;
    }
    return apr_pstrcat(p, d1->dir, "/", id, ".", name, ".sql", NULL);
}

void wfp_d1_tidy(wfp_d1_t *d1, const char *id, apr_time_t before, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_dir_t *dir;

    if (!is_id(id) || apr_dir_open(&dir, d1->dir, p) != APR_SUCCESS) {
        return;
    }
    while (apr_dir_read(&info, APR_FINFO_NAME | APR_FINFO_MTIME, dir)
           == APR_SUCCESS) {
        apr_size_t n = strlen(info.name);

        if (n == ID_BYTES + NAME_BYTES + 5 && !strncmp(info.name, id, ID_BYTES)
            && !strcmp(info.name + n - 4, ".sql")
            && (!before || info.mtime < before)) {
            /* what cannot be removed now is tried the next time */
            (void)apr_file_remove(apr_pstrcat(p, d1->dir, "/", info.name, NULL),
                                  p);
        }
    }
    (void)apr_dir_close(dir); /* it was only read */
}

static apr_status_t no_such(wfp_result_t *res)
{
    return wfp_result_set(res, WFP_NOT_FOUND, APR_NOTFOUND,
                          "The database does not exist");
}

apr_status_t wfp_d1_make(wfp_d1_t *d1, const char *id, wfp_result_t *res)
{
    static const wfp_sqlite_open_t making = { .create = 1, .is_tenants = 1 };
    wfp_sqlite_t *db;
    apr_pool_t *p;
    apr_status_t rv;

    if (!is_id(id)) {
        return no_such(res);
    }
    apr_pool_create(&p, res->pool);
    rv = apr_dir_make(d1->dir,
                      APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_UEXECUTE,
                      p);
    if (rv == APR_SUCCESS || APR_STATUS_IS_EEXIST(rv)) {
        rv = wfp_sqlite_open(&db, path_of(d1, id, "", p), &making, res, p);
    }
    else {
        rv = wfp_result_set(res, WFP_INTERNAL, rv,
                            "the folder of D1 databases cannot be made");
    }
    apr_pool_destroy(p);
    return rv;
}

apr_status_t wfp_d1_remove(wfp_d1_t *d1, const char *id, wfp_result_t *res)
{
    static const char *const ends[] = { "", "-wal", "-shm" };
    apr_pool_t *p = res->pool;
    apr_status_t rv = APR_SUCCESS;
    int i;

    if (!is_id(id)) {
        return no_such(res);
    }
    wfp_sqlite_pool_drop(d1->files, path_of(d1, id, "", p));
    wfp_d1_tidy(d1, id, 0, p);
    /* the file itself first: nobody opens what is left */
    for (i = 0; i < 3 && rv == APR_SUCCESS; i++) {
        rv = apr_file_remove(path_of(d1, id, ends[i], p), p);
        rv = APR_STATUS_IS_ENOENT(rv) ? APR_SUCCESS : rv;
    }
    return rv == APR_SUCCESS ? rv
                             : wfp_result_set(res, WFP_INTERNAL, rv,
                                              "the database's file cannot be "
                                              "removed");
}

apr_status_t wfp_d1_take(wfp_sqlite_held_t **pheld, wfp_d1_t *d1,
                         const char *id, wfp_result_t *res)
{
    apr_status_t rv;

    if (!is_id(id)) {
        return no_such(res);
    }
    rv = wfp_sqlite_pool_take(pheld, d1->files, path_of(d1, id, "", res->pool),
                              res);
    if (rv == APR_ENOENT) {
        return no_such(res);
    }
    return rv == APR_SUCCESS
               ? rv
               : wfp_result_set(res, WFP_D1_ERROR, rv, "%s", res->message);
}

apr_int64_t wfp_d1_bytes_max(const wfp_d1_t *d1)
{
    return d1->how.file_max;
}
