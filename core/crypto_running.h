/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CRYPTO_RUNNING_H
#define WFP_CRYPTO_RUNNING_H

#include <apr_pools.h>

#include "core/crypto_digest.h"
#include "core/wfp.h"

/** @file A digest of bytes that come in pieces. One thread at a time. */

typedef struct wfp_running_t wfp_running_t;

/** Begin. It is gone with p. @return APR_SUCCESS; APR_EGENERAL: OpenSSL could
 *  not */
apr_status_t wfp_crypto_running_make(wfp_running_t **prunning, wfp_hash_e hash,
                                     apr_pool_t *p) WFP_CHECK;

/** Add n bytes. */
apr_status_t wfp_crypto_running_add(wfp_running_t *running, const void *data,
                                    apr_size_t n) WFP_CHECK;

/** The digest of all that was added; what is added from now on is another
 *  text's. @param md  gets wfp_crypto_digest_size() bytes */
apr_status_t wfp_crypto_running_end(unsigned char md[WFP_DIGEST_MAX],
                                    wfp_running_t *running) WFP_CHECK;

#endif
