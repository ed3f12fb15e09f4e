/* SPDX-License-Identifier: Apache-2.0 */
#include "core/shared_memory.h"

#include <apr_shm.h>

#include "core/crypto.h"

apr_status_t wfp_shared_memory(void **pmemory, apr_size_t bytes,
                               const char *what, wfp_result_t *res,
                               apr_pool_t *p)
{
    apr_shm_t *shm;
    apr_status_t rv = apr_shm_create(&shm, bytes + WFP_SHARED_ALIGN, NULL, p);

    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv,
                              "no shared memory of %" APR_SIZE_T_FMT
                              " bytes for %s",
                              bytes, what);
    }
    /* zeros, as mapped; APR keeps a word of its own in front */
    *pmemory = (void *)APR_ALIGN((apr_uintptr_t)apr_shm_baseaddr_get(shm),
                                 WFP_SHARED_ALIGN);
    return APR_SUCCESS;
}

apr_status_t wfp_shared_key(apr_uint64_t key[2], const char *what,
                            wfp_result_t *res)
{
    apr_status_t rv = wfp_crypto_random(key, 2 * sizeof(key[0]));

    return rv == APR_SUCCESS ? rv
                             : wfp_result_set(res, WFP_INTERNAL, rv,
                                              "no random key for %s", what);
}
