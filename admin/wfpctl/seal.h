/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_WFPCTL_SEAL_H
#define WFP_WFPCTL_SEAL_H

#include "admin/wfpctl/cmd.h"
#include "store/tokens.h"

/** @file Secrets on their way into the store. */

/** Seal a secret for its owner with the server's key. */
apr_status_t wfp_seal_secret(const char **psealed, wfp_cmd_t *cmd,
                             const char *ns, const char *name, const char *key,
                             const char *text) WFP_CHECK;

/** Make a token that is to be made an S3 key; *psecret is known only here. */
apr_status_t wfp_seal_token(const char **psecret, wfp_token_t *token,
                            wfp_cmd_t *cmd) WFP_CHECK;

#endif
