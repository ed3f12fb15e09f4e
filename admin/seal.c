/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seals secrets. Called by wfpctl and by the routes of the API; opening them is
 * mod_wfp's.
 */
#include "admin/seal.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/upload.h"
#include "core/name.h"

apr_status_t wfp_seal_text(wfp_secret_t *secret,
                           const unsigned char master[WFP_KEY_SIZE],
                           const char *text, apr_size_t n, wfp_result_t *res,
                           apr_pool_t *p)
{
    const char *key = secret->key;
    const char *context = apr_pstrcat(p, secret->ns, "/", secret->name, "/",
                                      key, NULL);
    apr_status_t rv;

    if (!wfp_name_is_binding(key, strlen(key))) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "secret '%.80s' is no identifier of at most 63 "
                              "bytes",
                              key);
    }
    if (n > WFP_UPLOAD_VAR_BYTES_MAX) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "secret %s has more than %d bytes", key,
                              WFP_UPLOAD_VAR_BYTES_MAX);
    }
    rv = wfp_crypto_seal(&secret->sealed, master, context, text, n, p);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv,
                              "secret %s cannot be sealed", key);
    }
    return APR_SUCCESS;
}
