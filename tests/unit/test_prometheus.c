/* SPDX-License-Identifier: Apache-2.0 */
/* Words of Prometheus' text format. */
#include "core/prometheus.h"

#include <string.h>

#include "tests/unit/wfp_test.h"

static void what_is_plain_stays(wfp_test_t *t)
{
    const char *plain = "shop-1_a.b";

    CHECK(wfp_prometheus_label(plain, t->pool) == plain);
    CHECK_STR(wfp_prometheus_label("", t->pool), "");
    CHECK_STR(wfp_prometheus_label("\xc3\xa4 {}=,", t->pool), "\xc3\xa4 {}=,");
}

static void what_ends_a_label_is_escaped(wfp_test_t *t)
{
    CHECK_STR(wfp_prometheus_label("a\"} 1\nwfp_x{b=\"", t->pool),
              "a\\\"} 1\\nwfp_x{b=\\\"");
    CHECK_STR(wfp_prometheus_label("a\\", t->pool), "a\\\\");
    CHECK_STR(wfp_prometheus_label("\r\t\x7f", t->pool),
              "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

static void what_is_no_utf8_is_replaced(wfp_test_t *t)
{
    CHECK_STR(wfp_prometheus_label("a\xff"
                                   "b",
                                   t->pool),
              "a\xef\xbf\xbd"
              "b");
    CHECK_STR(wfp_prometheus_label("\xe2\x82", t->pool),
              "\xef\xbf\xbd\xef\xbf\xbd");
}

static void what_is_long_is_cut(wfp_test_t *t)
{
    char text[400];
    const char *label;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    CHECK_INT(strlen(wfp_prometheus_label(text, t->pool)), 128);
    memset(text, '\n', sizeof(text) - 1);
    CHECK_INT(strlen(wfp_prometheus_label(text, t->pool)), 256);
    memset(text, '\x01', sizeof(text) - 1);
    CHECK_INT(strlen(wfp_prometheus_label(text, t->pool)), 384);
    /* a character that begins at the last byte is whole */
    memset(text, 'x', sizeof(text) - 1);
    memcpy(text + 127, "\xf0\x9f\x98\x80", 4);
    label = wfp_prometheus_label(text, t->pool);
    CHECK_INT(strlen(label), 131);
    CHECK_STR(label + 127, "\xf0\x9f\x98\x80");
}

static const wfp_test_case_t cases[] = {
    { "what is plain stays", what_is_plain_stays },
    { "what ends a label is escaped", what_ends_a_label_is_escaped },
    { "what is no UTF-8 is replaced", what_is_no_utf8_is_replaced },
    { "what is long is cut", what_is_long_is_cut },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
