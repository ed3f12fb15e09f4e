/* SPDX-License-Identifier: Apache-2.0 */
/* How traffic is split between versions: picking, overriding, packing. */
#include "core/split.h"

#include <apr_strings.h>

#include "tests/unit/wfp_test.h"

#define V1 "11111111-1111-4111-8111-111111111111"
#define V2 "22222222-2222-4222-8222-222222222222"

static apr_array_header_t *shares_of(wfp_test_t *t, int first, int second)
{
    apr_array_header_t *shares = apr_array_make(t->pool, 2,
                                                sizeof(wfp_share_t));
    wfp_share_t a = { V1, first }, b = { V2, second };

    APR_ARRAY_PUSH(shares, wfp_share_t) = a;
    APR_ARRAY_PUSH(shares, wfp_share_t) = b;
    return shares;
}

static void every_point_has_a_version(wfp_test_t *t)
{
    apr_array_header_t *shares = shares_of(t, 2500, 7500);
    int i, first = 0;

    for (i = 0; i < WFP_SPLIT_ALL; i++) {
        first += strcmp(wfp_split_pick(shares, i), V1) == 0;
    }
    CHECK_INT(first, 2500);
    shares = shares_of(t, 0, WFP_SPLIT_ALL);
    CHECK_STR(wfp_split_pick(shares, 0), V2);
    shares = shares_of(t, WFP_SPLIT_ALL, 0);
    CHECK_STR(wfp_split_pick(shares, WFP_SPLIT_ALL - 1), V1);
}

static void keys_stick_and_spread(wfp_test_t *t)
{
    apr_array_header_t *ten = shares_of(t, 1000, 9000);
    apr_array_header_t *half = shares_of(t, 5000, 5000);
    int i, first = 0;

    for (i = 0; i < 10000; i++) {
        const char *key = apr_psprintf(t->pool, "user-%d", i);
        int point = wfp_split_point(key, strlen(key));
        int was_first = strcmp(wfp_split_pick(ten, point), V1) == 0;

        CHECK(point >= 0 && point < WFP_SPLIT_ALL);
        CHECK_INT(wfp_split_point(key, strlen(key)), point);
        first += was_first;
        if (was_first) { /* a growing share lets nobody go */
            CHECK_STR(wfp_split_pick(half, point), V1);
        }
    }
    CHECK(first > 800 && first < 1200);
}

static void the_header_names_one_of_them(wfp_test_t *t)
{
    apr_array_header_t *shares = shares_of(t, 5000, 5000);

    CHECK_STR(wfp_split_override(shares, "a=\"" V2 "\"", "a"), V2);
    CHECK_STR(wfp_split_override(shares, "b=\"x,y\", a=\"" V1 "\";q=1, c", "a"),
              V1);
    CHECK_STR(wfp_split_override(shares, "a=\"" V1 "\", a=\"" V2 "\"", "a"),
              V2);
    CHECK(!wfp_split_override(shares, "a=\"" V2 "\"", "b"));
    CHECK(!wfp_split_override(shares, "a=\"nobody\"", "a"));
    CHECK(!wfp_split_override(shares, "a=\"" V2, "a"));
    CHECK(!wfp_split_override(shares, "a=" V2, "a"));
    CHECK(!wfp_split_override(shares, "", "a"));
    CHECK(!wfp_split_override(shares, "\"\\", "a"));
}

static void packed_and_back(wfp_test_t *t)
{
    apr_array_header_t *got;
    const char *blob;
    apr_size_t size, n;

    wfp_split_pack(&blob, &size, shares_of(t, 1, 9999), t->pool);
    CHECK_INT(wfp_split_unpack(&got, blob, size, t->pool), APR_SUCCESS);
    CHECK_INT(got->nelts, 2);
    CHECK_STR(APR_ARRAY_IDX(got, 1, wfp_share_t).version_id, V2);
    CHECK_INT(APR_ARRAY_IDX(got, 1, wfp_share_t).share, 9999);
    for (n = 0; n < size; n++) {
        CHECK_INT(wfp_split_unpack(&got, blob, n, t->pool), APR_EINVAL);
    }
}

static const wfp_test_case_t cases[] = {
    { "every_point_has_a_version", every_point_has_a_version },
    { "keys_stick_and_spread", keys_stick_and_spread },
    { "the_header_names_one_of_them", the_header_names_one_of_them },
    { "packed_and_back", packed_and_back },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
