/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crypto.h"
#include "core/crypto_running.h"
#include "tests/unit/wfp_test.h"

static int never(void *baton)
{
    return 0;
}

/* In pieces it is what it is as a whole, and one may follow another. */
static void as_a_whole(wfp_test_t *t)
{
    static const wfp_stop_t stop = { never, NULL };
    unsigned char bytes[1000], whole[WFP_DIGEST_MAX], md[WFP_DIGEST_MAX];
    const wfp_bytes_t data = { bytes, sizeof(bytes) };
    wfp_running_t *running;
    apr_size_t at, n;
    int hash, again;

    for (at = 0; at < sizeof(bytes); at++) {
        bytes[at] = (unsigned char)(at * 7);
    }
    for (hash = 0; hash < WFP_HASH_COUNT; hash++) {
        unsigned size = wfp_crypto_digest_size((wfp_hash_e)hash);

        CHECK_INT(wfp_crypto_digest(whole, (wfp_hash_e)hash, &data, &stop), 0);
        CHECK_INT(wfp_crypto_running_make(&running, (wfp_hash_e)hash, t->pool),
                  0);
        for (again = 0; again < 2; again++) {
            for (at = 0; at < sizeof(bytes); at += n) {
                n = sizeof(bytes) - at < 77 ? sizeof(bytes) - at : 77;
                CHECK_INT(wfp_crypto_running_add(running, bytes + at, n), 0);
            }
            CHECK_INT(wfp_crypto_running_end(md, running), 0);
            CHECK(!memcmp(md, whole, size));
        }
    }
}

static void of_nothing(wfp_test_t *t)
{
    unsigned char md[WFP_DIGEST_MAX];
    wfp_running_t *running;

    CHECK_INT(wfp_crypto_running_make(&running, WFP_HASH_SHA256, t->pool), 0);
    CHECK_INT(wfp_crypto_running_end(md, running), 0);
    CHECK_STR(wfp_crypto_hex(md, 32, t->pool),
              "e3b0c44298fc1c149afbf4c8996fb924"
              "27ae41e4649b934ca495991b7852b855");
}

static const wfp_test_case_t cases[] = {
    { "as_a_whole", as_a_whole },
    { "of_nothing", of_nothing },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
