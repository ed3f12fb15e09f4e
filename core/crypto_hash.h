/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CRYPTO_HASH_H
#define WFP_CRYPTO_HASH_H

#include <apr_pools.h>

#include "core/crypto_digest.h"

/** @file Digests of bytes that come in pieces, several of the same bytes at
 *  once. One thread at a time. */

typedef struct wfp_crypto_hash_t wfp_crypto_hash_t;

/** @param which  bits 1 << WFP_HASH_... */
apr_status_t wfp_crypto_hash_begin(wfp_crypto_hash_t **phash, unsigned which,
                                   apr_pool_t *p) WFP_CHECK;

/** The next n bytes. */
apr_status_t wfp_crypto_hash_add(wfp_crypto_hash_t *hash, const void *data,
                                 apr_size_t n) WFP_CHECK;

/** All of them were there. @param hex  by wfp_hash_e: lower-case hex digits in
 *  p; NULL for those that were not asked for */
apr_status_t wfp_crypto_hash_end(const char *hex[WFP_HASH_COUNT],
                                 wfp_crypto_hash_t *hash,
                                 apr_pool_t *p) WFP_CHECK;

#endif
