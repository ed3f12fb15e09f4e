/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seals secrets. Called by cmd_deploy.c and cmd_secret.c; the server opens
 * them for the isolate they belong to, and for no other: the owner's name is
 * bound to the sealed text.
 */
#include "admin/wfpctl/seal.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/upload.h"
#include "core/crypto.h"
#include "core/name.h"

apr_status_t wfp_seal_secret(const char **psealed, wfp_cmd_t *cmd,
                             const char *ns, const char *name, const char *key,
                             const char *text)
{
    unsigned char master[WFP_KEY_SIZE];
    const char *context = apr_pstrcat(cmd->pool, ns, "/", name, "/", key, NULL);
    apr_status_t rv;

    if (!wfp_name_is_binding(key, strlen(key))) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "secret '%s' is no identifier of at most 63 "
                              "bytes",
                              key);
    }
    if (strlen(text) > WFP_UPLOAD_VAR_BYTES_MAX) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "secret %s has more than %d bytes", key,
                              WFP_UPLOAD_VAR_BYTES_MAX);
    }
    rv = wfp_crypto_read_key(master, cmd->config.keyfile, &cmd->res, cmd->pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_crypto_seal(psealed, master, context, text, strlen(text),
                         cmd->pool);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(&cmd->res, WFP_INTERNAL, rv,
                              "secret %s cannot be sealed", key);
    }
    return APR_SUCCESS;
}
