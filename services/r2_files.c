/* SPDX-License-Identifier: Apache-2.0 */
/* Names, locks and directories of the files of R2. */
#include <apr_portable.h>
#include <apr_strings.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/r2_inside.h"

const char *wfp_r2_files_dir(const wfp_r2_t *r2, const char *id, apr_pool_t *p)
{
    return apr_psprintf(p, "%s/%.2s", r2->dir, id);
}

const char *wfp_r2_files_path(const wfp_r2_t *r2, const char *id,
                              const char *suffix, apr_pool_t *p)
{
    return apr_psprintf(p, "%s/%.2s/%s%s", r2->dir, id, id, suffix);
}

apr_status_t wfp_r2_files_sync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    apr_status_t rv = APR_SUCCESS;

    if (fd < 0) {
        return apr_get_os_error();
    }
    if (fsync(fd) != 0) {
        rv = apr_get_os_error();
    }
    (void)close(fd); /* nothing was written */
    return rv;
}

apr_status_t wfp_r2_files_hold(apr_file_t *file)
{
    apr_os_file_t fd;
    apr_status_t rv = apr_os_file_get(&fd, file);

    if (rv == APR_SUCCESS && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        rv = apr_get_os_error();
    }
    return rv;
}

int wfp_r2_files_is_linked(apr_file_t *file)
{
    struct stat st;
    apr_os_file_t fd;

    return apr_os_file_get(&fd, file) == APR_SUCCESS && fstat(fd, &st) == 0
           && st.st_nlink > 0;
}
