/* SPDX-License-Identifier: Apache-2.0 */
/* URLs that hostile tenants have thought of: which may be asked by name, after
 * the one parser has read them, and which addresses may be connected to. */
#include <apr_strings.h>

#include "core/url.h"
#include "outbound/address.h"
#include "outbound/policy.h"
#include "tests/unit/wfp_test.h"

/* What becomes of a URL. */
static const char *fate(const wfp_policy_t *policy, const char *text,
                        apr_pool_t *p)
{
    const char *why = "-";
    wfp_url_t url;

    if (wfp_url_parse(&url, text, NULL, NULL, p) != APR_SUCCESS) {
        return "no URL";
    }
    if (strcmp(url.scheme, "http") != 0 && strcmp(url.scheme, "https") != 0) {
        return "no http";
    }
    return wfp_policy_name_ok(policy, url.host, url.port, &why) ? "open" : why;
}

/* Check every URL of a list, and say which is wrong. */
static void all_are(wfp_test_t *t, const wfp_policy_t *policy,
                    const char *const *urls, const char *want)
{
    const char *const *url;
    int wrong = 0;

    for (url = urls; *url; url++) {
        const char *got = fate(policy, *url, t->pool);

        if (strcmp(got, want) != 0) {
            printf("# %s: %s, want %s\n", *url, got, want);
            wrong++;
        }
    }
    CHECK_INT(wrong, 0);
}

static const char not_public[] = "the address is not public";
static const char no_name[] = "the host name is not public";
static const char no_port[] = "the port is not allowed";

/* One address, written in every way that some parser takes. */
static const char *const spellings[] = {
    "http://127.0.0.1/", "http://127.0.0.1./", "http://127.0.0.1:80/",
    "http://2130706433/", "http://0x7f000001/", "http://0X7F000001/",
    "http://017700000001/", "http://0177.0.0.1/", "http://0x7f.0.0.1/",
    "http://0x7f.1/", "http://127.1/", "http://127.0.1/", "http://127.0.0x1/",
    "http://127.00.00.01/", "http://0177.0x0.0.01/", "http://%31%32%37.0.0.1/",
    "http://127%2e0%2e0%2e1/", "http://127.0.0.%31/", "http://0x7f%2e1/",
    "http://user@127.0.0.1/", "http://user:pass@127.0.0.1/",
    "http://8.8.8.8@127.0.0.1/", "http://8.8.8.8:80@127.0.0.1:80/",
    "http://example.com%40@127.0.0.1/", "http:\\\\127.0.0.1\\",
    "http:/\\127.0.0.1/", "http://127.0.0.1#@8.8.8.8/",
    "http://127.0.0.1?@8.8.8.8/", "http://127.0.0.1\\@8.8.8.8/",
    "  http://127.0.0.1/  ", "HTTP://127.0.0.1/", "https://127.0.0.1/",
    "http://127.0.0.1:08080/", "http://127.0.0.1:/",
    "http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/", /* full width */
    "http://127\xe3\x80\x82"
    "0\xe3\x80\x82"
    "0\xe3\x80\x82"
    "1/", /* ideographic full stops */
    "http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.\xe2\x93\xaa.\xe2\x93\xaa."
    "\xe2\x91\xa0/", /* circled digits */
    "http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", "http://[0000::0001]/",
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]/", "http://[::127.0.0.1]/",
    "http://[::7f00:1]/", "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/", "http://[::]/",
    "http://0/", "http://0.0.0.0/", "http://0x0/", "http://00000/",
    "http://0.0/", "http://1/", "http://255.255.255.255/", "http://4294967295/",
    "http://0xffffffff/",
    /* the metadata of clouds */
    "http://169.254.169.254/latest/meta-data/", "http://2852039166/",
    "http://0xa9fea9fe/", "http://0251.0376.0251.0376/",
    "http://0xa9.0xfe.0xa9.0xfe/", "http://169.254.43518/",
    "http://169.16689662/", "http://169.254.169.254./",
    "http://[::ffff:169.254.169.254]/", "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::169.254.169.254]/", "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:a9fe:a9fe::1]/", "http://[::169.254.169.254]/",
    "http://[fd00:ec2::254]/", "http://[fd20:ce::254]/",
    "http://100.100.100.200/", "http://192.0.0.192/", "http://168.63.129.16/",
    "http://169.254.170.2/", "http://169.254.0.23/", NULL
};

/* A row or more of each special-purpose block, at its ends. */
static const char *const blocks[] = {
    "http://0.0.0.1/",
    "http://0.255.255.255/",
    "http://10.0.0.0/",
    "http://10.255.255.255/",
    "http://100.64.0.0/",
    "http://100.127.255.255/",
    "http://127.0.0.2/",
    "http://127.255.255.255/",
    "http://169.254.0.0/",
    "http://169.254.255.255/",
    "http://172.16.0.0/",
    "http://172.31.255.255/",
    "http://192.0.0.0/",
    "http://192.0.0.8/",
    "http://192.0.0.9/",
    "http://192.0.0.170/",
    "http://192.0.0.255/",
    "http://192.0.2.0/",
    "http://192.0.2.255/",
    "http://192.31.196.1/",
    "http://192.52.193.1/",
    "http://192.88.99.2/",
    "http://192.168.0.0/",
    "http://192.168.255.255/",
    "http://192.175.48.42/",
    "http://198.18.0.0/",
    "http://198.19.255.255/",
    "http://198.51.100.255/",
    "http://203.0.113.255/",
    "http://224.0.0.0/",
    "http://239.255.255.255/",
    "http://240.0.0.0/",
    "http://255.255.255.254/",
    "http://[64:ff9b:1::]/",
    "http://[64:ff9b:1:ffff:ffff:ffff:ffff:ffff]/",
    "http://[64:ff9b::10.0.0.1]/",
    "http://[64:ff9b::192.168.0.1]/",
    "http://[64:ff9b::100.64.0.1]/",
    "http://[100::]/",
    "http://[100:0:0:1::]/",
    "http://[2001::]/",
    "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "http://[2001:1::1]/",
    "http://[2001:1::2]/",
    "http://[2001:2::]/",
    "http://[2001:3::]/",
    "http://[2001:4:112::]/",
    "http://[2001:10::]/",
    "http://[2001:20::]/",
    "http://[2001:30::]/",
    "http://[2001:1ff:ffff::]/",
    "http://[2001:db8::]/",
    "http://[2001:db8:ffff:ffff::1]/",
    "http://[2002::]/",
    "http://[2002:808:808::1]/",
    "http://[2002:ffff::]/",
    "http://[2620:4f:8000::1]/",
    "http://[3fff::]/",
    "http://[3fff:fff::]/",
    "http://[4000::]/",
    "http://[5f00::]/",
    "http://[8000::1]/",
    "http://[fc00::]/",
    "http://[fdff:ffff::1]/",
    "http://[fe80::1]/",
    "http://[febf::1]/",
    "http://[fec0::1]/",
    "http://[feff::1]/",
    "http://[ff00::]/",
    "http://[ff02::fb]/",
    "http://[ffff::]/",
    "http://[1fff:ffff::]/",
    "http://[::2]/",
    "http://[::8.8.8.8]/",
    "http://[::ffff:8.8.8.8]/",
    "http://[1::]/",
    "http://[64:ff9b:2::]/",
    "http://[64:ff9b:0:1::]/",
    NULL
};

static const char *const local_names[] = {
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://LocalHost.:8080/",
    "http://a.localhost/",
    "http://a.b.localhost./",
    "http://%6cocalhost/",
    "http://loc%61lhost./",
    "http://\xef\xbd\x8c\xef\xbd\x8f\xef\xbd\x83\xef\xbd\x81\xef\xbd\x8c"
    "\xef\xbd\x88\xef\xbd\x8f\xef\xbd\x93\xef\xbd\x94/", /* full width */
    "http://\xe2\x93\x9b\xe2\x93\x9e\xe2\x93\x92\xe2\x93\x90\xe2\x93\x9b"
    "\xe2\x93\x97\xe2\x93\x9e\xe2\x93\xa2\xe2\x93\xa3/", /* circled */
    "http://user@localhost/",
    "http://example.com@localhost/",
    "http://metadata.google.internal/",
    "http://metadata.google.internal./",
    "http://METADATA.GOOGLE.INTERNAL/",
    "http://x.internal:8443/",
    "http://internal/",
    "http://printer.local/",
    "http://local/",
    "http://a.b.local./",
    "http://box.localdomain/",
    "http://localhost.localdomain/",
    "http://x.intranet/",
    "http://x.private/",
    "http://mail.corp/",
    "http://router.home.arpa/",
    "http://home.arpa/",
    "http://router.home/",
    "http://nas.lan/",
    "http://db/",
    "http://db./",
    "http://metadata/",
    "http://kubernetes/",
    "http://a/",
    "http://_x/",
    "http://x--y/",
    "http://2130706433./",
    NULL
};

static const char *const open_ones[] = { "http://example.com/",
                                         "https://example.com./",
                                         "http://EXAMPLE.com/",
                                         "http://b\xc3\xbc"
                                         "cher.example/",
                                         "http://xn--bcher-kva.example/",
                                         "http://example.com:8080/",
                                         "http://example.com:1024/",
                                         "http://example.com:65535/",
                                         "http://8.8.8.8/",
                                         "http://8.8.8.8./",
                                         "http://134744072/",
                                         "http://0x08080808/",
                                         "http://8.8/",
                                         "http://9.255.255.255/",
                                         "http://11.0.0.0/",
                                         "http://100.63.255.255/",
                                         "http://100.128.0.0/",
                                         "http://126.255.255.255/",
                                         "http://128.0.0.0/",
                                         "http://169.253.255.255/",
                                         "http://169.255.0.0/",
                                         "http://172.15.255.255/",
                                         "http://172.32.0.0/",
                                         "http://192.0.1.0/",
                                         "http://192.0.3.0/",
                                         "http://192.88.98.255/",
                                         "http://192.167.255.255/",
                                         "http://192.169.0.0/",
                                         "http://198.17.255.255/",
                                         "http://198.20.0.0/",
                                         "http://223.255.255.255/",
                                         "http://[2001:4860:4860::8888]/",
                                         "https://[2606:4700::1111]/",
                                         "http://[2001:200::]/",
                                         "http://[2001:db9::1]/",
                                         "http://[2003::1]/",
                                         "http://[2620:4f:8001::1]/",
                                         "http://[3fff:1000::]/",
                                         "http://[64:ff9b::8.8.8.8]/",
                                         "http://user:pass@example.com/",
                                         "http://127.0.0.1.example.com/",
                                         "http://localhost.example.com/",
                                         "http://notlocalhost.example/",
                                         "http://internal.example.com/",
                                         "http://mylocal.example/",
                                         "http://127.0.0.1@8.8.8.8/",
                                         NULL };

static const char *const ports[] = {
    "http://example.com:0/",    "http://example.com:1/",
    "http://example.com:22/",   "http://example.com:25/",
    "http://example.com:79/",   "http://example.com:81/",
    "http://example.com:442/",  "http://example.com:444/",
    "http://example.com:1023/", "http://8.8.8.8:53/",
    "https://[2a00::1]:993/",   NULL
};

static const char *const no_urls[] = { "http://",
                                       "http:///",
                                       "http://:80/",
                                       "http://[fe80::1%25eth0]/",
                                       "http://[fe80::1%eth0]/",
                                       "http://[::1%25lo]/",
                                       "http://[::1",
                                       "http://[::1]x/",
                                       "http://::1/",
                                       "http://[::ffff:127.0.0.1.2]/",
                                       "http://127.0.0.1:65536/",
                                       "http://127.0.0.1:-1/",
                                       "http://127.0.0.1:8x/",
                                       "http://a b/",
                                       "http://a\tb/",
                                       "http://127.0.0.1\r\nx/",
                                       "http://a\x7f/",
                                       "http://ex%00ample.com/",
                                       "http://example.com%0d%0a/",
                                       "http://127.0.0.1%2f@8.8.8.8%2f",
                                       "http://a%5cb/",
                                       "http://exa%23mple.com/",
                                       "http://[v1.x]/",
                                       "//127.0.0.1/",
                                       "127.0.0.1",
                                       "localhost",
                                       "",
                                       NULL };

static const char *const no_http[] = { "file:///etc/passwd",
                                       "ftp://127.0.0.1/",
                                       "gopher://127.0.0.1:6379/_x",
                                       "dict://127.0.0.1/",
                                       "ldap://127.0.0.1/",
                                       "smb://127.0.0.1/x",
                                       "tftp://127.0.0.1/x",
                                       "telnet://127.0.0.1",
                                       "imap://127.0.0.1/",
                                       "smtp://127.0.0.1/",
                                       "rtsp://127.0.0.1/",
                                       "mqtt://127.0.0.1/",
                                       "pop3s://127.0.0.1/",
                                       "sftp://127.0.0.1/",
                                       "scp://127.0.0.1/",
                                       "ftps://127.0.0.1/",
                                       NULL };

static void every_spelling(wfp_test_t *t)
{
    all_are(t, NULL, spellings, not_public);
}

static void every_block(wfp_test_t *t)
{
    all_are(t, NULL, blocks, not_public);
}

static void names_of_no_public_zone(wfp_test_t *t)
{
    all_are(t, NULL, local_names, no_name);
}

static void what_is_open(wfp_test_t *t)
{
    all_are(t, NULL, open_ones, "open");
}

static void ports_that_are_not(wfp_test_t *t)
{
    all_are(t, NULL, ports, no_port);
}

static void what_is_no_url(wfp_test_t *t)
{
    all_are(t, NULL, no_urls, "no URL");
}

static void what_is_no_http(wfp_test_t *t)
{
    all_are(t, NULL, no_http, "no http");
}

/* What is shut by default stays shut at connect time, whoever's name it is. */
static void the_same_when_connecting(wfp_test_t *t)
{
    const char *const *one;
    int wrong = 0;

    for (one = blocks; *one; one++) {
        const char *why = NULL;
        wfp_address_t addr;
        wfp_url_t url;
        apr_size_t n;
        char *text;

        CHECK_INT(wfp_url_parse(&url, *one, NULL, NULL, t->pool), 0);
        text = apr_pstrdup(t->pool, url.host + (*url.host == '['));
        n = strlen(text);
        if (text[n - 1] == ']') {
            text[n - 1] = '\0';
        }
        CHECK(wfp_address_parse(&addr, text));
        if (wfp_policy_address_ok(NULL, "evil.example", addr.family, addr.bytes,
                                  443, &why)
            || strcmp(why, not_public) != 0) {
            printf("# %s: %s\n", text, why ? why : "open");
            wrong++;
        }
    }
    CHECK_INT(wrong, 0);
}

typedef struct row_t {
    const char *allow, *deny; /* one target each, or NULL */
    const char *url;
    const char *want;
} row_t;

static const char denied[] = "the target is denied";

static const row_t rows[] = {
    { "127.0.0.1", NULL, "http://127.0.0.1/", "open" },
    { "127.0.0.1", NULL, "http://0x7f.1/", "open" },
    { "127.0.0.1", NULL, "http://[::ffff:127.0.0.1]/", "open" },
    { "127.0.0.1", NULL, "http://[64:ff9b::127.0.0.1]/", not_public },
    { "127.0.0.1", NULL, "http://[2002:7f00:1::]/", not_public },
    { "127.0.0.1", NULL, "http://127.0.0.2/", not_public },
    { "127.0.0.1", NULL, "http://[::1]/", not_public },
    { "127.0.0.0/8", "127.0.0.1", "http://127.1/", denied },
    { "127.0.0.0/8", "127.0.0.1", "http://[::ffff:7f00:1]/", denied },
    { "127.0.0.0/8", "127.0.0.1", "http://127.0.0.3/", "open" },
    { "127.0.0.1:8080", NULL, "http://127.0.0.1:8080/", "open" },
    { "127.0.0.1:8080", NULL, "http://127.0.0.1/", not_public },
    { "127.0.0.1:22", NULL, "http://127.0.0.1:22/", "open" },
    { "127.0.0.1", NULL, "http://127.0.0.1:22/", no_port },
    { "[::1]:8080", NULL, "http://[::1]:8080/", "open" },
    { "[::1]:8080", NULL, "http://[::1]:8081/", not_public },
    { ":22", NULL, "http://example.com:22/", "open" },
    { ":8080", NULL, "http://127.0.0.1:8080/", not_public },
    { ":8080", NULL, "http://localhost:8080/", no_name },
    { NULL, ":8080", "http://example.com:8080/", denied },
    { "example.com:8080", ":8080", "http://example.com:8080/", denied },
    { "localhost", NULL, "http://localhost/", "open" },
    { "localhost", NULL, "http://LOCALHOST./", "open" },
    { "localhost.", NULL, "http://localhost/", "open" },
    { "localhost", NULL, "http://a.localhost/", no_name },
    { "localhost", NULL, "http://127.0.0.1/", not_public },
    { "*.internal", NULL, "http://a.b.internal/", "open" },
    { "*.internal", NULL, "http://internal/", no_name },
    { "*.internal", "metadata.google.internal",
      "http://metadata.google.internal./", denied },
    { NULL, "bad.example", "http://bad.example/", denied },
    { NULL, "bad.example", "http://BAD.example./", denied },
    { NULL, "bad.example", "http://b%61d.example/", denied },
    { NULL, "bad.example", "http://x@bad.example/", denied },
    { NULL, "bad.example",
      "http://\xef\xbd\x82\xef\xbd\x81\xef\xbd\x84.example/", denied },
    { NULL, "bad.example",
      "http://bad\xe3\x80\x82"
      "example/",
      denied },
    { NULL, "bad.example", "http://bad.example.org/", "open" },
    { NULL, "*.bad.example", "http://a.bad.example/", denied },
    { NULL, "*.bad.example", "http://bad.example/", "open" },
    { NULL, "*.bad.example", "http://nobad.example/", "open" },
    { NULL, "xn--bcher-kva.example",
      "http://b\xc3\xbc"
      "cher.example/",
      denied },
    { NULL, "xn--bcher-kva.example",
      "http://B\xc3\x9c"
      "CHER.example/",
      denied },
    { NULL, "8.8.8.8", "http://134744072/", denied },
    { NULL, "8.8.8.8", "http://[64:ff9b::808:808]/", denied },
    { NULL, "8.8.8.8:443", "https://8.8.8.8/", denied },
    { NULL, "8.8.8.8:443", "http://8.8.8.8/", "open" },
    { NULL, "0.0.0.0/0", "http://8.8.8.8/", denied },
    { NULL, "::/0", "http://[2a00::1]/", denied },
    { NULL, "::/0", "http://8.8.8.8/", "open" },
    { "bad.example", "bad.example", "http://bad.example/", denied },
};

static void rules(wfp_test_t *t)
{
    apr_size_t i;
    int wrong = 0;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        wfp_policy_t *policy = wfp_policy_make(t->pool);
        const row_t *row = &rows[i];
        const char *got;

        if (row->allow) {
            CHECK_INT(wfp_policy_add(policy, 1, row->allow, NULL), 0);
        }
        if (row->deny) {
            CHECK_INT(wfp_policy_add(policy, 0, row->deny, NULL), 0);
        }
        got = fate(policy, row->url, t->pool);
        if (strcmp(got, row->want) != 0) {
            printf("# +%s -%s %s: %s, want %s\n", row->allow ? row->allow : "",
                   row->deny ? row->deny : "", row->url, got, row->want);
            wrong++;
        }
    }
    CHECK_INT(wrong, 0);
}

static const wfp_test_case_t cases[] = {
    { "every spelling of an address", every_spelling },
    { "every block that is not public", every_block },
    { "names of no public zone", names_of_no_public_zone },
    { "what is open", what_is_open },
    { "ports that are not", ports_that_are_not },
    { "what is no URL", what_is_no_url },
    { "what is no http", what_is_no_http },
    { "the same when connecting", the_same_when_connecting },
    { "rules", rules },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
