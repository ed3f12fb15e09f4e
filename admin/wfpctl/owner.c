/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data directory's owner. Called by main.c before anything is opened.
 */
#include "admin/wfpctl/owner.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

apr_status_t wfp_owner_make_dir(wfp_cmd_t *cmd)
{
    const wfp_ctl_config_t *config = &cmd->config;
    apr_finfo_t info;
    mode_t mask;
    apr_status_t rv = apr_stat(&info, config->datadir, APR_FINFO_TYPE,
                               cmd->pool);

    if (rv == APR_SUCCESS && info.filetype == APR_DIR) {
        return APR_SUCCESS;
    }
    /* the server's user must get through the folders above */
    mask = umask(022);
    rv = apr_dir_make_recursive(config->datadir, APR_FPROT_OS_DEFAULT,
                                cmd->pool);
    umask(mask);
    if (rv == APR_SUCCESS && chmod(config->datadir, 0700) != 0) {
        rv = errno;
    }
    if (rv == APR_SUCCESS && geteuid() == 0 && config->has_user
        && chown(config->datadir, config->uid, config->gid) != 0) {
        rv = errno;
    }
    if (rv != APR_SUCCESS) {
        return wfp_result_set(&cmd->res, WFP_INVALID, rv,
                              "the data directory %s cannot be made: %pm",
                              config->datadir, &rv);
    }
    return APR_SUCCESS;
}

apr_status_t wfp_owner_become(wfp_cmd_t *cmd)
{
    const char *datadir = cmd->config.datadir;
    struct stat info;
    apr_status_t rv = APR_SUCCESS;

    if (stat(datadir, &info) != 0) {
        rv = errno;
        return wfp_result_set(&cmd->res, WFP_INVALID, rv,
                              "no data directory %s: run `wfpctl init`",
                              datadir);
    }
    if (geteuid() != 0 || info.st_uid == 0) {
        return APR_SUCCESS;
    }
    if (setgroups(0, NULL) != 0 || setgid(info.st_gid) != 0
        || setuid(info.st_uid) != 0) {
        rv = errno;
        return wfp_result_set(&cmd->res, WFP_INTERNAL, rv,
                              "cannot become the owner of %s: %pm", datadir,
                              &rv);
    }
    return APR_SUCCESS;
}
