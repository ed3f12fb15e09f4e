/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crc.h"
#include "core/crypto.h"
#include "tests/unit/wfp_test.h"

static const char *sum_of(wfp_test_t *t, wfp_crc_e which, const char *text,
                          apr_size_t piece)
{
    wfp_crc_t *crc = wfp_crc_make(which, t->pool);
    apr_size_t n = strlen(text), at, part;
    unsigned char out[8];

    for (at = 0; at < n; at += part) {
        part = n - at < piece ? n - at : piece;
        wfp_crc_add(crc, text + at, part);
    }
    return wfp_crypto_hex(out, wfp_crc_end(out, crc), t->pool);
}

/* The check values of the catalogues: of "123456789". */
static void known_sums(wfp_test_t *t)
{
    apr_size_t piece;

    for (piece = 1; piece < 10; piece += 4) {
        CHECK_STR(sum_of(t, WFP_CRC_32, "123456789", piece), "cbf43926");
        CHECK_STR(sum_of(t, WFP_CRC_32C, "123456789", piece), "e3069283");
        CHECK_STR(sum_of(t, WFP_CRC_64NVME, "123456789", piece),
                  "ae8b14860a799888");
    }
}

static void nothing_has_a_sum(wfp_test_t *t)
{
    CHECK_STR(sum_of(t, WFP_CRC_32, "", 1), "00000000");
    CHECK_STR(sum_of(t, WFP_CRC_32C, "", 1), "00000000");
    CHECK_STR(sum_of(t, WFP_CRC_64NVME, "", 1), "0000000000000000");
}

static const wfp_test_case_t cases[] = {
    { "known_sums", known_sums },
    { "nothing_has_a_sum", nothing_has_a_sum },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
