/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Has something been saved? Names, sizes and times of all that folder.c would
 * read. Called by cmd_dev.c, a few times a second.
 */
#include <apr_file_info.h>
#include <apr_strings.h>
#include <string.h>

#include "admin/wfpctl/dev.h"

#define DEPTH_MAX 16

/* FNV-1a */
static void mix(apr_uint64_t *sum, const void *data, apr_size_t n)
{
    const unsigned char *byte = data;

    for (; n > 0; n--) {
        *sum = (*sum ^ *byte++) * 1099511628211u;
    }
}

/* Folders behind links are not looked into: they may lead in circles, and each
 * circle more would multiply the ways. */
static int is_link(const char *path, int depth, apr_pool_t *p)
{
    apr_finfo_t info;

    return depth > 0
           && apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_LINK, p)
                  == APR_SUCCESS
           && info.filetype == APR_LNK;
}

/* Entries come in any order, so each has a sum of its own. */
static apr_uint64_t look(const char *path, int depth, apr_pool_t *p)
{
    apr_uint64_t sum = 14695981039346656037u;
    apr_finfo_t info, entry;
    apr_dir_t *dir;

    if (apr_stat(&info, path,
                 APR_FINFO_TYPE | APR_FINFO_SIZE | APR_FINFO_MTIME
                     | APR_FINFO_INODE,
                 p)
        != APR_SUCCESS) {
        return 0;
    }
    mix(&sum, path, strlen(path));
    if (info.filetype != APR_DIR || is_link(path, depth, p)) {
        mix(&sum, &info.size, sizeof(info.size));
        mix(&sum, &info.mtime, sizeof(info.mtime));
        mix(&sum, &info.inode, sizeof(info.inode));
        return sum;
    }
    if (depth > DEPTH_MAX || apr_dir_open(&dir, path, p) != APR_SUCCESS) {
        return sum;
    }
    while (apr_dir_read(&entry, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (entry.name[0] != '.') {
            sum += look(apr_pstrcat(p, path, "/", entry.name, NULL), depth + 1,
                        p);
        }
    }
    (void)apr_dir_close(dir); /* it was only read */
    return sum;
}

apr_uint64_t wfp_dev_watch_look(const char *path, apr_pool_t *p)
{
    apr_pool_t *scratch;
    apr_uint64_t sum;

    apr_pool_create(&scratch, p);
    sum = look(path, 0, scratch);
    apr_pool_destroy(scratch);
    return sum;
}
