/* SPDX-License-Identifier: Apache-2.0 */
/* Cyclic redundancy checks, a byte a step. Called by admin/s3_payload.c. */
#include "core/crc.h"

struct wfp_crc_t {
    apr_uint64_t table[256]; /* what a byte does to the sum */
    apr_uint64_t sum;
    apr_uint64_t ones; /* as many as the sum has bits */
    apr_size_t bytes;
};

/* Polynomials with the lowest power in the highest bit. */
static const struct {
    apr_uint64_t polynomial;
    apr_size_t bytes;
} rows[WFP_CRC_COUNT] = {
    [WFP_CRC_32] = { 0xedb88320U, 4 },
    [WFP_CRC_32C] = { 0x82f63b78U, 4 },
    [WFP_CRC_64NVME] = { APR_UINT64_C(0x9a6c9329ac4bc9b5), 8 },
};

wfp_crc_t *wfp_crc_make(wfp_crc_e which, apr_pool_t *p)
{
    wfp_crc_t *crc = apr_palloc(p, sizeof(*crc));
    apr_uint64_t i;
    int bit;

    for (i = 0; i < 256; i++) {
        apr_uint64_t sum = i;

        for (bit = 0; bit < 8; bit++) {
            sum = sum & 1 ? (sum >> 1) ^ rows[which].polynomial : sum >> 1;
        }
        crc->table[i] = sum;
    }
    crc->bytes = rows[which].bytes;
    crc->ones = crc->bytes == 8 ? ~APR_UINT64_C(0) : 0xffffffffU;
    crc->sum = crc->ones;
    return crc;
}

void wfp_crc_add(wfp_crc_t *crc, const void *data, apr_size_t n)
{
    const unsigned char *c = data, *end = c + n;
    apr_uint64_t sum = crc->sum;

    for (; c < end; c++) {
        sum = crc->table[(sum ^ *c) & 0xff] ^ (sum >> 8);
    }
    crc->sum = sum;
}

apr_size_t wfp_crc_end(unsigned char out[8], const wfp_crc_t *crc)
{
    apr_uint64_t sum = crc->sum ^ crc->ones;
    apr_size_t i;

    for (i = 0; i < crc->bytes; i++) {
        out[i] = (unsigned char)(sum >> (8 * (crc->bytes - 1 - i)));
    }
    return crc->bytes;
}
