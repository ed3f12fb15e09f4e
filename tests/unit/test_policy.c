/* SPDX-License-Identifier: Apache-2.0 */
/* Where subrequests may go: rules, the table of non-public addresses. */
#include "outbound/policy.h"

#include "outbound/address.h"
#include "tests/unit/wfp_test.h"

static wfp_policy_t *policy(wfp_test_t *t, const char *const *allow,
                            const char *const *deny)
{
    wfp_policy_t *policy = wfp_policy_make(t->pool);

    for (; allow && *allow; allow++) {
        CHECK_INT(wfp_policy_add(policy, 1, *allow, NULL), 0);
    }
    for (; deny && *deny; deny++) {
        CHECK_INT(wfp_policy_add(policy, 0, *deny, NULL), 0);
    }
    return policy;
}

#define RULES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static int address_ok(const wfp_policy_t *policy, const char *host,
                      const char *text, int port)
{
    wfp_address_t addr;
    const char *why = NULL;
    int ok;

    if (!wfp_address_parse(&addr, text)) {
        return -1;
    }
    ok = wfp_policy_address_ok(policy, host, addr.family, addr.bytes, port,
                               &why);
    return ok == (why == NULL) ? ok : -2;
}

static int name_ok(const wfp_policy_t *policy, const char *host, int port)
{
    const char *why = NULL;
    int ok = wfp_policy_name_ok(policy, host, port, &why);

    return ok == (why == NULL) ? ok : -2;
}

static const char *const not_public[] = {
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1",
    "100.127.255.255", "127.0.0.1", "127.255.255.255", "168.63.129.16",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255",
    /* IPv6 */
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b::127.0.0.1",
    "64:ff9b::10.1.2.3", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:2::1", "2001:10::1", "2001:db8::1", "2002:7f00:1::1",
    "2002:a00:1::1", "2002:808:808::1", "2002:a9fe:a9fe::", "3fff::1",
    "3fff:fff:ffff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254",
    "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff0e::1", NULL
};

static const char *const is_public[] = {
    "1.1.1.1",          "8.8.8.8",         "9.255.255.255",
    "11.0.0.0",         "100.63.255.255",  "100.128.0.0",
    "126.255.255.255",  "128.0.0.1",       "169.253.255.255",
    "172.15.255.255",   "172.32.0.0",      "192.0.1.1",
    "192.167.255.255",  "192.169.0.1",     "198.17.255.255",
    "198.20.0.0",       "223.255.255.255", "2001:4860:4860::8888",
    "2606:4700::1111",  "2a00::1",         "3ffe::1",
    "64:ff9b::8.8.8.8", "2001:200::1",     NULL
};

static void addresses_that_are_not_public(wfp_test_t *t)
{
    const char *const *a;

    for (a = not_public; *a; a++) {
        if (address_ok(NULL, "example.org", *a, 80) != 0) {
            CHECK_STR(*a, "not public");
        }
    }
    for (a = is_public; *a; a++) {
        if (address_ok(NULL, "example.org", *a, 80) != 1) {
            CHECK_STR(*a, "public");
        }
    }
}

static void literals_meet_the_table_by_name(wfp_test_t *t)
{
    const wfp_policy_t *none = wfp_policy_make(t->pool);

    CHECK(name_ok(none, "example.org", 80));
    CHECK(name_ok(none, "8.8.8.8", 443));
    CHECK(name_ok(none, "[2a00::1]", 443));
    CHECK(!name_ok(none, "127.0.0.1", 80));
    CHECK(!name_ok(none, "10.0.0.1.", 80));
    CHECK(!name_ok(none, "[::1]", 80));
    CHECK(!name_ok(none, "[::ffff:127.0.0.1]", 80));
    CHECK(!name_ok(none, "[fe80::1%25eth0]", 80));
    CHECK(!name_ok(none, "", 80));
}

static void ports(wfp_test_t *t)
{
    const wfp_policy_t *none = wfp_policy_make(t->pool);
    const wfp_policy_t *p = policy(t,
                                   RULES(":22", "mail.example:25",
                                         "8.8.8.0/24:53"),
                                   RULES(":8080"));

    CHECK(name_ok(none, "a.example", 80) && name_ok(none, "a.example", 443));
    CHECK(name_ok(none, "a.example", 1024)
          && name_ok(none, "a.example", 65535));
    CHECK(!name_ok(none, "a.example", 22) && !name_ok(none, "a.example", 1023));
    CHECK(!name_ok(none, "a.example", 0));
    CHECK(name_ok(p, "a.example", 22));
    CHECK(name_ok(p, "mail.example", 25));
    CHECK(!name_ok(p, "a.example", 25));
    CHECK(address_ok(p, "mail.example", "8.8.4.4", 25) == 1);
    CHECK(address_ok(p, "a.example", "8.8.4.4", 25) == 0);
    /* which address it will be is not known by name */
    CHECK(name_ok(p, "dns.example", 53));
    CHECK(address_ok(p, "dns.example", "8.8.8.8", 53) == 1);
    CHECK(address_ok(p, "dns.example", "8.8.4.4", 53) == 0);
    CHECK(!name_ok(p, "a.example", 8080));
    CHECK(address_ok(p, "a.example", "8.8.8.8", 8080) == 0);
    /* a port makes no address public */
    CHECK(address_ok(p, "a.example", "127.0.0.1", 22) == 0);
}

static void allow_by_network(wfp_test_t *t)
{
    const wfp_policy_t *p = policy(t,
                                   RULES("10.1.0.0/16", "127.0.0.1",
                                         "[fd00::]/8:9000"),
                                   NULL);

    CHECK(address_ok(p, "h", "10.1.2.3", 80) == 1);
    CHECK(address_ok(p, "h", "10.2.0.0", 80) == 0);
    CHECK(address_ok(p, "h", "127.0.0.1", 5000) == 1);
    CHECK(address_ok(p, "h", "127.0.0.1", 22) == 0);
    CHECK(address_ok(p, "h", "127.0.0.2", 5000) == 0);
    CHECK(address_ok(p, "h", "fd12::1", 9000) == 1);
    CHECK(address_ok(p, "h", "fd12::1", 9001) == 0);
    CHECK(address_ok(p, "h", "::ffff:10.1.2.3", 80) == 1);
    /* a gateway may lead elsewhere than the address says */
    CHECK(address_ok(p, "h", "64:ff9b::10.1.2.3", 80) == 0);
    CHECK(name_ok(p, "127.0.0.1", 5000) == 1);
}

static void allow_by_name(wfp_test_t *t)
{
    const wfp_policy_t *p = policy(t,
                                   RULES("origin.internal:8081", "*.svc.local",
                                         "db"),
                                   NULL);

    CHECK(address_ok(p, "origin.internal", "10.0.0.1", 8081) == 1);
    CHECK(address_ok(p, "ORIGIN.internal.", "10.0.0.1", 8081) == 1);
    CHECK(address_ok(p, "origin.internal", "10.0.0.1", 8082) == 0);
    CHECK(address_ok(p, "x.origin.internal", "10.0.0.1", 8081) == 0);
    CHECK(address_ok(p, "a.svc.local", "10.0.0.1", 80) == 1);
    CHECK(address_ok(p, "a.b.svc.local", "10.0.0.1", 80) == 1);
    CHECK(address_ok(p, "svc.local", "10.0.0.1", 80) == 0);
    CHECK(address_ok(p, "evilsvc.local", "10.0.0.1", 80) == 0);
    CHECK(address_ok(p, "db", "127.0.0.1", 5432) == 1);
    CHECK(address_ok(p, "db.evil", "127.0.0.1", 5432) == 0);
}

static void deny_wins(wfp_test_t *t)
{
    const wfp_policy_t *p = policy(t, RULES("10.0.0.0/8", "bad.example"),
                                   RULES("10.9.0.0/16", "bad.example",
                                         "*.worse.example", "8.8.8.8:443",
                                         "2a00::/16"));

    CHECK(address_ok(p, "h", "10.1.0.1", 80) == 1);
    CHECK(address_ok(p, "h", "10.9.0.1", 80) == 0);
    CHECK(address_ok(p, "h", "::ffff:10.9.0.1", 80) == 0);
    CHECK(!name_ok(p, "bad.example", 80));
    CHECK(!name_ok(p, "BAD.example.", 80));
    CHECK(!name_ok(p, "a.worse.example", 80));
    CHECK(name_ok(p, "worse.example", 80));
    CHECK(address_ok(p, "h", "8.8.8.8", 443) == 0);
    CHECK(address_ok(p, "h.example", "8.8.8.8", 80) == 1);
    CHECK(address_ok(p, "h", "64:ff9b::8.8.8.8", 443) == 0);
    CHECK(address_ok(p, "h", "2a00::1", 80) == 0);
}

static void rules_that_are_none(wfp_test_t *t)
{
    static const char *const wrong[] = { "",
                                         ":",
                                         ":0",
                                         ":65536",
                                         ":80x",
                                         ":-1",
                                         "a:b",
                                         "a:",
                                         "10.0.0.0/33",
                                         "10.0.0.0/",
                                         "10.0.0.0/-1",
                                         "10.0.0/8",
                                         "10.1",
                                         "256.1.1.1",
                                         "1.2.3.4.5",
                                         "::/129",
                                         "[::1",
                                         "[::1]x",
                                         "[::1]/200",
                                         "[10.0.0.1]",
                                         "[]:80",
                                         "a..b",
                                         ".a",
                                         "-a",
                                         "*",
                                         "*.",
                                         "*.*",
                                         "a*.b",
                                         "http://a",
                                         "a/8",
                                         "a b",
                                         "fe80::1%eth0",
                                         "10.0.0.0/8/8",
                                         "10.0.0.0/08x",
                                         NULL };
    wfp_policy_t *p = wfp_policy_make(t->pool);
    wfp_result_t res;
    const char *const *w;

    wfp_result_init(&res, t->pool);
    for (w = wrong; *w; w++) {
        if (wfp_policy_add(p, 1, *w, &res) != APR_EINVAL) {
            CHECK_STR(*w, "refused");
        }
        CHECK_INT(res.code, WFP_INVALID);
    }
    CHECK(strstr(res.message, "'10.0.0.0/08x'"));
}

static void merge_keeps_both(wfp_test_t *t)
{
    const wfp_policy_t *base = policy(t, RULES("10.0.0.0/8"), NULL);
    const wfp_policy_t *add = policy(t, RULES("127.0.0.1"), RULES("10.1.1.1"));
    const wfp_policy_t *both = wfp_policy_merge(base, add, t->pool);

    CHECK(address_ok(both, "h", "10.0.0.1", 80) == 1);
    CHECK(address_ok(both, "h", "10.1.1.1", 80) == 0);
    CHECK(address_ok(both, "h", "127.0.0.1", 80) == 1);
    CHECK(address_ok(base, "h", "10.1.1.1", 80) == 1);
    CHECK(address_ok(base, "h", "127.0.0.1", 80) == 0);
    CHECK(address_ok(wfp_policy_merge(NULL, NULL, t->pool), "h", "10.0.0.1", 80)
          == 0);
}

static int names(const wfp_policy_t *policy, const char *host, int port,
                 int with_port)
{
    static const unsigned char loopback[4] = { 127, 0, 0, 1 };

    return wfp_policy_names(policy, host, APR_INET, loopback, port, with_port)
           != 0;
}

/* The server itself only by a rule that says which address and which port; the
 * host by one that says which address. */
static void rules_that_name(wfp_test_t *t)
{
    static const struct {
        const char *allow, *host;
        int port, address, both;
    } rows[] = {
        { "10.0.0.0/8", "h.example", 8080, 0, 0 },
        { ":8080", "h.example", 8080, 0, 0 },
        { "127.0.0.0/8", "h.example", 8080, 1, 0 },
        { "localhost", "localhost", 8080, 1, 0 },
        { "127.0.0.1:8080", "h.example", 8080, 1, 1 },
        { "127.0.0.1:8080", "h.example", 8081, 0, 0 },
        { "localhost:8080", "LocalHost.", 8080, 1, 1 },
        { "*.h.example:8080", "a.h.example", 8080, 1, 1 },
        { "*.h.example:8080", "h.example", 8080, 0, 0 },
    };
    apr_size_t i;

    CHECK_INT(names(NULL, "h.example", 8080, 0), 0);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const wfp_policy_t *p = policy(t, RULES(rows[i].allow), NULL);

        CHECK_INT(names(p, rows[i].host, rows[i].port, 0), rows[i].address);
        CHECK_INT(names(p, rows[i].host, rows[i].port, 1), rows[i].both);
    }
}

static void both_must_say_yes(wfp_test_t *t)
{
    const wfp_policy_t *a = policy(t,
                                   RULES("10.0.0.0/8", "127.0.0.0/8",
                                         "h.example:81"),
                                   RULES("bad.example"));
    const wfp_policy_t *b = policy(t,
                                   RULES("10.1.0.0/16:8080", "127.0.0.1:8080",
                                         ":81"),
                                   RULES("worse.example"));
    const wfp_policy_t *ab = wfp_policy_both(a, b, t->pool);
    const wfp_policy_t *rows[] = { ab, wfp_policy_both(b, a, t->pool),
                                   wfp_policy_both(ab, a, t->pool),
                                   wfp_policy_both(a, ab, t->pool) };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_INT(address_ok(rows[i], "x.example", "10.1.2.3", 8080), 1);
        CHECK_INT(address_ok(rows[i], "x.example", "10.1.2.3", 8081), 0);
        CHECK_INT(address_ok(rows[i], "x.example", "10.2.2.3", 8080), 0);
        CHECK_INT(address_ok(rows[i], "x.example", "8.8.8.8", 443), 1);
        CHECK_INT(name_ok(rows[i], "10.1.2.3", 8080), 1);
        CHECK_INT(name_ok(rows[i], "10.2.2.3", 8080), 0);
        CHECK_INT(name_ok(rows[i], "bad.example", 443), 0);
        CHECK_INT(name_ok(rows[i], "worse.example", 443), 0);
        CHECK_INT(name_ok(rows[i], "h.example", 81), 1);
        CHECK_INT(name_ok(rows[i], "x.example", 81), 0);
        CHECK_INT(names(rows[i], "x.example", 8080, 0), 1);
        CHECK_INT(names(rows[i], "x.example", 8080, 1), 0);
        CHECK_INT(names(rows[i], "x.example", 8081, 0), 0);
    }
}

static void both_with_none(wfp_test_t *t)
{
    const wfp_policy_t *a = policy(t, RULES("10.0.0.0/8", "127.0.0.1"), NULL);
    const wfp_policy_t *rows[] = { wfp_policy_both(a, NULL, t->pool),
                                   wfp_policy_both(NULL, a, t->pool),
                                   wfp_policy_both(NULL, NULL, t->pool) };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_INT(address_ok(rows[i], "x.example", "10.1.2.3", 443), 0);
        CHECK_INT(address_ok(rows[i], "x.example", "8.8.8.8", 443), 1);
        CHECK_INT(names(rows[i], "x.example", 443, 0), 0);
    }
}

static const wfp_test_case_t cases[] = {
    { "addresses that are not public", addresses_that_are_not_public },
    { "literals meet the table by name", literals_meet_the_table_by_name },
    { "ports", ports },
    { "allow by network", allow_by_network },
    { "allow by name", allow_by_name },
    { "deny wins", deny_wins },
    { "rules that name", rules_that_name },
    { "rules that are none", rules_that_are_none },
    { "merge keeps both", merge_keeps_both },
    { "both must say yes", both_must_say_yes },
    { "both with none", both_with_none },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
