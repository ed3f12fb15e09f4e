/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CRYPTO_PKEY_H
#define WFP_CRYPTO_PKEY_H

#include <openssl/evp.h>

#include "core/crypto_key.h"

/**
 * @file
 * OpenSSL's object of a key, for core/crypto_*.c only.
 */

/** Make it, to be freed by EVP_PKEY_free(). @return NULL: the parts are no
 *  key; OpenSSL's errors are left to the caller */
EVP_PKEY *wfp_crypto_key_load(const wfp_key_t *key);

/** Take the parts of an object of the key's kind. @return APR_EINVAL */
apr_status_t wfp_crypto_key_take(wfp_key_t *key, EVP_PKEY *pkey) WFP_CHECK;

/** The name of a kind's group, NULL: it has none. */
const char *wfp_crypto_key_group(wfp_key_kind_e kind);

#endif
