/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seals secrets with the server's key file. Called by cmd_deploy.c,
 * cmd_secret.c and cmd_token.c.
 */
#include "admin/wfpctl/seal.h"

#include <string.h>

#include "admin/seal.h"

apr_status_t wfp_seal_secret(const char **psealed, wfp_cmd_t *cmd,
                             const char *ns, const char *name, const char *key,
                             const char *text)
{
    wfp_secret_t secret = { .ns = ns, .name = name, .key = key };
    wfp_keyring_t *keys;
    apr_status_t rv = wfp_keyring_load(&keys, cmd->config.keyfile, &cmd->res,
                                       cmd->pool);

    if (rv == APR_SUCCESS) {
        rv = wfp_seal_text(&secret, keys, text, strlen(text), &cmd->res,
                           cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        *psealed = secret.sealed;
    }
    return rv;
}

apr_status_t wfp_seal_token(const char **psecret, wfp_token_t *token,
                            wfp_cmd_t *cmd)
{
    wfp_keyring_t *keys;
    apr_status_t rv = wfp_keyring_load(&keys, cmd->config.keyfile, &cmd->res,
                                       cmd->pool);

    return rv == APR_SUCCESS
               ? wfp_seal_s3_key(psecret, token, keys, &cmd->res, cmd->pool)
               : rv;
}
