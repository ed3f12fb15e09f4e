/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_FOLDER_H
#define WFP_FOLDER_H

#include <apr_file_info.h>

#include "core/result.h"
#include "core/script.h"

/** @file A Worker's modules on disk. */

/**
 * Read PATH, a file or a folder, into script's modules and main_module. In a
 * folder every file is a module named by its path, but those (and folders)
 * whose name begins with a dot; the main module is worker.lua, else the only
 * .lua file.
 *
 * @return APR_SUCCESS, or a refusal (WFP_INVALID) that names the file
 */
apr_status_t wfp_folder_read(wfp_script_t *script, const char *path,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/**
 * What is there, with links followed that stay in the folder: it may be a
 * customer's, and a link out of it be to what only the operator may read.
 *
 * @param pinfo  set to type and size: a file's or a folder's
 * @param root   the folder
 * @param path   in it
 * @return APR_SUCCESS; or a refusal that names it: a link out of the folder,
 *         what is neither file nor folder, what cannot be looked at
 */
apr_status_t wfp_folder_look(apr_finfo_t *pinfo, const char *root,
                             const char *path, wfp_result_t *res,
                             apr_pool_t *p) WFP_CHECK;

#endif
