/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-2-4 against the vectors published with it: key 00..0f, inputs
 * 00, 00 01, ... */
#include "core/siphash.h"
#include "tests/unit/wfp_test.h"

static apr_uint64_t hash_of_first(unsigned n)
{
    static const apr_uint64_t key[2] = { 0x0706050403020100ULL,
                                         0x0f0e0d0c0b0a0908ULL };
    unsigned char data[64] = { 0 };
    unsigned i;

    for (i = 0; i < n; i++) {
        data[i] = (unsigned char)i;
    }
    return wfp_siphash(key, data, n);
}

static void siphash_known_answers(wfp_test_t *t)
{
    CHECK(hash_of_first(0) == 0x726fdb47dd0e0e31ULL);
    CHECK(hash_of_first(1) == 0x74f839c593dc67fdULL);
    CHECK(hash_of_first(7) == 0xab0200f58b01d137ULL);
    CHECK(hash_of_first(8) == 0x93f5f5799a932462ULL);
    CHECK(hash_of_first(15) == 0xa129ca6149be45e5ULL);
    CHECK(hash_of_first(63) == 0x958a324ceb064572ULL);
}

static void siphash_depends_on_the_key(wfp_test_t *t)
{
    static const apr_uint64_t a[2] = { 1, 2 }, b[2] = { 1, 3 };

    CHECK(wfp_siphash(a, "name", 4) != wfp_siphash(b, "name", 4));
    CHECK(wfp_siphash(a, "name", 4) == wfp_siphash(a, "name", 4));
}

static const wfp_test_case_t cases[] = {
    { "siphash_known_answers", siphash_known_answers },
    { "siphash_depends_on_the_key", siphash_depends_on_the_key },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
