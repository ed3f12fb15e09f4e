/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seals secrets with the server's key file. Called by cmd_deploy.c and
 * cmd_secret.c.
 */
#include "admin/wfpctl/seal.h"

#include <string.h>

#include "admin/seal.h"

apr_status_t wfp_seal_secret(const char **psealed, wfp_cmd_t *cmd,
                             const char *ns, const char *name, const char *key,
                             const char *text)
{
    wfp_secret_t secret = { .ns = ns, .name = name, .key = key };
    unsigned char master[WFP_KEY_SIZE];
    apr_status_t rv = wfp_crypto_read_key(master, cmd->config.keyfile,
                                          &cmd->res, cmd->pool);

    if (rv == APR_SUCCESS) {
        rv = wfp_seal_text(&secret, master, text, strlen(text), &cmd->res,
                           cmd->pool);
        wfp_crypto_wipe(master, sizeof(master));
    }
    if (rv == APR_SUCCESS) {
        *psealed = secret.sealed;
    }
    return rv;
}
