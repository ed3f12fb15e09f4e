/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_OWNER_H
#define WFP_OWNER_H

#include "admin/wfpctl/cmd.h"

/** @file As whom wfpctl works: as the owner of the data directory, so that it
 *  leaves no file that the server cannot write. */

/** Make the data directory (0700, for httpd's user) when it is missing. */
apr_status_t wfp_owner_make_dir(wfp_cmd_t *cmd) WFP_CHECK;

/** Root becomes the owner of the data directory; anybody else stays. */
apr_status_t wfp_owner_become(wfp_cmd_t *cmd) WFP_CHECK;

#endif
