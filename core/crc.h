/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CRC_H
#define WFP_CRC_H

#include <apr_pools.h>

#include "core/wfp.h"

/** @file Check sums of bytes that come in pieces. One thread at a time. */

typedef enum {
    WFP_CRC_32 = 0, /* IEEE 802.3, zlib's */
    WFP_CRC_32C,    /* Castagnoli's */
    WFP_CRC_64NVME,
    WFP_CRC_COUNT
} wfp_crc_e;

typedef struct wfp_crc_t wfp_crc_t;

/** Begin, in p. */
wfp_crc_t *wfp_crc_make(wfp_crc_e which, apr_pool_t *p);

void wfp_crc_add(wfp_crc_t *crc, const void *data, apr_size_t n);

/** The sum until now, most significant byte first. @return bytes of out that
 *  were filled in: 4 or 8 */
apr_size_t wfp_crc_end(unsigned char out[8], const wfp_crc_t *crc);

#endif
