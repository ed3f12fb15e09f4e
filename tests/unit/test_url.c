/* SPDX-License-Identifier: Apache-2.0 */
/* core/url.c: what is taken, in which form it comes out, what is refused. */
#include "core/url.h"

#include <apr_strings.h>

#include "wfp_test.h"

/* The URL as text again with its fragment, or the message. */
static const char *again(wfp_test_t *t, const char *text, const char *base)
{
    wfp_result_t res;
    wfp_url_t url;

    wfp_result_init(&res, t->pool);
    if (wfp_url_parse(&url, text, base, &res, t->pool) != APR_SUCCESS) {
        return res.message;
    }
    return wfp_url_text(&url, 1, t->pool);
}

static const char *host_of(wfp_test_t *t, const char *text)
{
    wfp_url_t url;

    if (wfp_url_parse(&url, text, NULL, NULL, t->pool) != APR_SUCCESS) {
        return "refused";
    }
    return url.host;
}

static void parts_come_out(wfp_test_t *t)
{
    wfp_url_t url;

    CHECK_INT(wfp_url_parse(&url,
                            "HTTPS://us%40er:pa%3ass@WWW.Example.com:8443"
                            "/a/B;c?q=1&r=?#frag",
                            NULL, NULL, t->pool),
              APR_SUCCESS);
    CHECK_STR(url.scheme, "https");
    CHECK_STR(url.user, "us%40er");
    CHECK_STR(url.password, "pa%3ass");
    CHECK_STR(url.host, "www.example.com");
    CHECK_INT(url.port, 8443);
    CHECK_INT(url.port_given, 1);
    CHECK_STR(url.path, "/a/B;c");
    CHECK_STR(url.query, "?q=1&r=?");
    CHECK_STR(url.fragment, "#frag");
    CHECK_STR(
        wfp_url_text(&url, 1, t->pool),
        "https://us%40er:pa%3ass@www.example.com:8443/a/B;c?q=1&r=?#frag");
    CHECK_STR(wfp_url_text(&url, 0, t->pool),
              "https://us%40er:pa%3ass@www.example.com:8443/a/B;c?q=1&r=?");
    CHECK_STR(wfp_url_origin(&url, t->pool), "https://www.example.com:8443");
}

static void absent_parts_are_empty(wfp_test_t *t)
{
    wfp_url_t url;

    CHECK_INT(wfp_url_parse(&url, "http://a", NULL, NULL, t->pool),
              APR_SUCCESS);
    CHECK_STR(url.user, "");
    CHECK_STR(url.password, "");
    CHECK_STR(url.path, "/");
    CHECK_STR(url.query, "");
    CHECK_STR(url.fragment, "");
    CHECK_INT(url.port, 80);
    CHECK_INT(url.port_given, 0);
    CHECK_STR(again(t, "http://a/?", NULL), "http://a/");
    CHECK_STR(again(t, "http://a/#", NULL), "http://a/");
    CHECK_STR(again(t, "http://a?q", NULL), "http://a/?q");
}

static void default_ports_are_not_given(wfp_test_t *t)
{
    wfp_url_t url;

    CHECK_STR(again(t, "http://a:80/", NULL), "http://a/");
    CHECK_STR(again(t, "https://a:443/", NULL), "https://a/");
    CHECK_STR(again(t, "http://a:/", NULL), "http://a/");
    CHECK_STR(again(t, "https://a:80/", NULL), "https://a:80/");
    CHECK_STR(again(t, "http://a:0080/", NULL), "http://a/");
    CHECK_STR(again(t, "http://a:65535/", NULL), "http://a:65535/");
    CHECK_INT(wfp_url_parse(&url, "ftp://a", NULL, NULL, t->pool), APR_SUCCESS);
    CHECK_INT(url.port, 21);
}

static void userinfo_is_kept(wfp_test_t *t)
{
    CHECK_STR(again(t, "http://u@a/", NULL), "http://u@a/");
    CHECK_STR(again(t, "http://:p@a/", NULL), "http://:p@a/");
    CHECK_STR(again(t, "http://u:p:q@a/", NULL), "http://u:p:q@a/");
    CHECK_STR(again(t, "http://@a/", NULL), "http://a/");
    CHECK_STR(again(t, "http://u%2fx@a/", NULL), "http://u%2fx@a/");
    CHECK_STR(again(t, "http://\xc3\xa4 b@a/", NULL), "http://%C3%A4%20b@a/");
    CHECK_STR(host_of(t, "http://b.example@a.example/"), "a.example");
}

static void ipv6_stays_in_brackets(wfp_test_t *t)
{
    wfp_url_t url;

    CHECK_INT(wfp_url_parse(&url, "http://[2001:DB8::1]:8080/x", NULL, NULL,
                            t->pool),
              APR_SUCCESS);
    CHECK_STR(url.host, "[2001:db8::1]");
    CHECK_INT(url.port, 8080);
    CHECK_STR(wfp_url_text(&url, 1, t->pool), "http://[2001:db8::1]:8080/x");
    CHECK_STR(again(t, "http://[::ffff:127.0.0.1]/", NULL),
              "http://[::ffff:127.0.0.1]/");
    CHECK_STR(again(t, "http://[::1]/%41", NULL), "http://[::1]/%41");
}

static void every_spelling_of_ipv4_is_one(wfp_test_t *t)
{
    static const char *const spellings[] = {
        "http://127.0.0.1/",
        "http://127.1/",
        "http://0x7f.1/",
        "http://0x7F000001/",
        "http://2130706433/",
        "http://017700000001/",
        "http://%31%32%37.1/",
        "http://%30x7f.1/",
        "http://\xef\xbc\x90x7f.1/",
        "http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.1/",
        "http://127\xe3\x80\x82\x31/",
        "http:\\\\127.1\\x",
    };
    apr_size_t i;

    for (i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        CHECK_STR(host_of(t, spellings[i]), "127.0.0.1");
    }
}

static void hosts_become_ascii(wfp_test_t *t)
{
    CHECK_STR(again(t,
                    "http://B\xc3\xbc"
                    "cher.DE:81/\xc3\xbc?\xc3\xbc#\xc3\xbc",
                    NULL),
              "http://xn--bcher-kva.de:81/%C3%BC?%C3%BC#%C3%BC");
    CHECK_STR(host_of(t, "http://b%C3%BCcher.de/"), "xn--bcher-kva.de");
    CHECK_STR(host_of(t, "http://xn--bcher-kva.de/"), "xn--bcher-kva.de");
    CHECK_STR(host_of(t, "http://%4c%6F%63alhost/"), "localhost");
    /* circled letters */
    CHECK_STR(host_of(t, "http://\xe2\x93\x9b\xe2\x93\x9e\xe2\x93\x92\xe2\x93"
                         "\x90\xe2\x93\x9b\xe2\x93\x97\xe2\x93\x9e\xe2\x93\xa2"
                         "\xe2\x93\xa3/"),
              "localhost");
    CHECK_STR(host_of(t, "http://u:p@\xc3\xa4.de/"), "xn--4ca.de");
    CHECK_STR(host_of(t, "http://a_b-c.d/"), "a_b-c.d");
}

static void paths_take_their_usual_form(wfp_test_t *t)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "http://a/./b/../c", "http://a/c" },
        { "http://a/b/%2e%2E/c", "http://a/c" },
        { "http://a/b/.%2e/c", "http://a/c" },
        { "http://a/b/%2e", "http://a/b/" },
        { "http://a/%2e./%2e%2e?x/../y", "http://a/?x/../y" },
        { "http://a/%2e%2e%2f/c", "http://a/%2e%2e%2f/c" },
        { "http://a/..b/%2ec", "http://a/..b/%2ec" },
        { "http://a/b\\c\\..\\d", "http://a/b/d" },
        { "http://a/b\\%2e%2e\\d", "http://a/d" },
        { "http://a/b?c\\d#e\\f", "http://a/b?c\\d#e\\f" },
        { "http://a/%00", "http://a/%00" },
        { "http://a/%zz%", "http://a/%zz%" },
        { "http://a/b c?d e#f g", "http://a/b%20c?d%20e#f%20g" },
        { "http://a/\"<>`{}?\"<>`{}", "http://a/%22%3C%3E%60%7B%7D"
                                      "?%22%3C%3E%60{}" },
        { "http://a/%2F?%2f", "http://a/%2F?%2f" },
        { "http://a//b", "http://a//b" },
        { "http://a/b'|^[]", "http://a/b'|^[]" },
        { " \t http://a/b \r\n", "http://a/b" },
        { "http:/a/b", "http://a/b" },
        { "http:///a/b", "http://a/b" },
        { "http://a\\@b/", "http://a/@b/" },
        { "file:///etc/passwd", "file:///etc/passwd" },
        { "file:///a%20b", "file:///a%20b" },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_STR(again(t, rows[i].text, NULL), rows[i].want);
        /* what came out stays as it is */
        CHECK_STR(again(t, rows[i].want, NULL), rows[i].want);
    }
}

/* RFC 3986, 5.4, without the cases of other schemes */
static void references_are_resolved(wfp_test_t *t)
{
    static const char base[] = "http://a/b/c/d;p?q#old";
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "g", "http://a/b/c/g" },
        { "./g", "http://a/b/c/g" },
        { "g/", "http://a/b/c/g/" },
        { "/g", "http://a/g" },
        { "//g", "http://g/" },
        { "?y", "http://a/b/c/d;p?y" },
        { "g?y", "http://a/b/c/g?y" },
        { "#s", "http://a/b/c/d;p?q#s" },
        { "#", "http://a/b/c/d;p?q" },
        { "g#s", "http://a/b/c/g#s" },
        { "g?y#s", "http://a/b/c/g?y#s" },
        { ";x", "http://a/b/c/;x" },
        { "g;x?y#s", "http://a/b/c/g;x?y#s" },
        { "", "http://a/b/c/d;p?q" },
        { ".", "http://a/b/c/" },
        { "./", "http://a/b/c/" },
        { "..", "http://a/b/" },
        { "../g", "http://a/b/g" },
        { "../..", "http://a/" },
        { "../../g", "http://a/g" },
        { "../../../g", "http://a/g" },
        { "/./g", "http://a/g" },
        { "/../g", "http://a/g" },
        { "g.", "http://a/b/c/g." },
        { "..g", "http://a/b/c/..g" },
        { "./../g", "http://a/b/g" },
        { "g/./h", "http://a/b/c/g/h" },
        { "g/../h", "http://a/b/c/h" },
        { "g?y/../x", "http://a/b/c/g?y/../x" },
        { "g#s/../x", "http://a/b/c/g#s/../x" },
        { "https://u:p@h:444/x", "https://u:p@h:444/x" },
        { "\\\\h\\x", "http://h/x" },
        { "/\\h/x", "http://h/x" },
        { "%2e%2e/x", "http://a/b/x" },
        { "x y", "http://a/b/c/x%20y" },
        { "#s t", "http://a/b/c/d;p?q#s%20t" },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_STR(again(t, rows[i].text, base), rows[i].want);
    }
    CHECK_STR(again(t, "/x", "https://u:p@a:8443/b?q"), "https://u:p@a:8443/x");
    CHECK_STR(again(t, "x",
                    "http://b\xc3\xbc"
                    "cher.de/y"),
              "http://xn--bcher-kva.de/x");
    CHECK_STR(again(t, "",
                    "http://b\xc3\xbc"
                    "cher.de/y"),
              "http://xn--bcher-kva.de/y");
}

static void what_is_no_url_is_refused(wfp_test_t *t)
{
    static const char *const texts[] = {
        "",
        " ",
        "/",
        "x",
        "//a/b",
        "?q",
        "#f",
        "http:",
        "http://",
        "http:///",
        "http:a",
        "http://?q",
        "http://#f",
        "http://:80/",
        "http://u@/",
        "://a/",
        "1http://a/",
        "ht tp://a/",
        /* schemes that curl does not know */
        "mailto:x@y",
        "javascript:alert(1)",
        "data:text/plain,x",
        "about:blank",
        "blob:http://a/x",
        "x-y://a/",
        /* ports */
        "http://a:65536/",
        "http://a:-1/",
        "http://a:80x/",
        "http://a:8 0/",
        "http://a:99999999999/",
        /* hosts */
        "http://a b/",
        "http://a%20b/",
        "http://a%00b/",
        "http://%00/",
        "http://a%2fb/",
        "http://a%40b/",
        "http://a%3a80/",
        "http://a%25b/",
        "http://%2531%2532/",
        "http://a%5cb/",
        "http://a<b/",
        "http://a^b/",
        "http://a|b/",
        "http://a*b/",
        "http://a@b@c/",
        "http://a%09b/",
        "http://a%7fb/",
        "http://a\xff/",
        "http://\xed\xa0\x80/",
        "http://a%0d%0ab/",
        "http://xn--%00/",
        /* IPv6 */
        "http://[::1/",
        "http://::1/",
        "http://[zz]/",
        "http://[]/",
        "http://[::1]x/",
        "http://[::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://%5b::1%5d/",
        "http://[1.2.3.4]/",
        /* control characters */
        "http://a/\tb",
        "http://a/b\nc",
        "http://a/?b\rc",
        "http://a/#\x01.",
        "http://a\x7f/",
        "ht\ntp://a/",
        "http://a/\x1b/",
    };
    apr_size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        wfp_url_t url;
        wfp_result_t res;

        memset(&url, 7, sizeof(url));
        wfp_result_init(&res, t->pool);
        if (wfp_url_parse(&url, texts[i], NULL, &res, t->pool) != APR_EINVAL) {
            printf("# number %d: %s\n", (int)i, texts[i]);
            CHECK(!"refused");
        }
        CHECK_INT(res.code, WFP_EXCEPTION);
        CHECK_INT(res.status, APR_EINVAL);
        CHECK_STR(res.name, "TypeError");
        CHECK_STR(res.message,
                  apr_pstrcat(t->pool, "Invalid URL: ", texts[i], NULL));
        CHECK_INT(url.port, 0x07070707);
        CHECK_INT(wfp_url_parse(&url, texts[i], NULL, NULL, t->pool),
                  APR_EINVAL);
    }
}

static void bad_base_is_refused(wfp_test_t *t)
{
    CHECK_STR(again(t, "x", "nonsense"), "Invalid URL: x");
    CHECK_STR(again(t, "http://a/", "nonsense"), "Invalid URL: http://a/");
    CHECK_STR(again(t, "x", "http://a/\n/"), "Invalid URL: http://a/\n/");
    CHECK_STR(again(t, "mailto:x", "http://a/"), "Invalid URL: mailto:x");
    CHECK_STR(again(t, "//a\\@b:x/", "http://a/"), "http://a/@b:x/");
}

static void long_urls_have_a_bound(wfp_test_t *t)
{
    char *text = apr_palloc(t->pool, 65538);
    wfp_url_t url;
    wfp_result_t res;

    memset(text, 'x', 65537);
    memcpy(text, "http://a/", 9);
    text[65536] = '\0';
    CHECK_INT(wfp_url_parse(&url, text, NULL, NULL, t->pool), APR_SUCCESS);
    CHECK_INT(strlen(url.path), 65536 - 8);
    text[65536] = 'x';
    text[65537] = '\0';
    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_url_parse(&url, text, NULL, &res, t->pool), APR_EINVAL);
    CHECK_INT(strlen(res.message), strlen("Invalid URL: ") + 200);
    CHECK_INT(wfp_url_parse(&url, "x", text, NULL, t->pool), APR_EINVAL);
}

static void message_ends_with_a_whole_character(wfp_test_t *t)
{
    char text[300] = "";
    wfp_result_t res;
    wfp_url_t url;
    int i;

    for (i = 0; i < 99; i++) {
        memcpy(text + 2 * i + 1, "\xc3\xa4", 3);
    }
    text[0] = ':';
    memcpy(text + 199, "\xe2\x82\xac\xe2\x82\xac", 7);
    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_url_parse(&url, text, NULL, &res, t->pool), APR_EINVAL);
    CHECK_INT(strlen(res.message), strlen("Invalid URL: ") + 199);
}

static int same(wfp_test_t *t, const char *a, const char *b)
{
    wfp_url_t x, y;

    CHECK_INT(wfp_url_parse(&x, a, NULL, NULL, t->pool), APR_SUCCESS);
    CHECK_INT(wfp_url_parse(&y, b, NULL, NULL, t->pool), APR_SUCCESS);
    return wfp_url_same_origin(&x, &y);
}

static void origins_are_compared(wfp_test_t *t)
{
    CHECK(same(t, "http://a/x", "HTTP://u:p@A:80/y?z#f"));
    CHECK(same(t, "http://127.1/", "http://0x7f.0.0.1/"));
    CHECK(!same(t, "http://a/", "https://a/"));
    CHECK(!same(t, "http://a/", "http://a:81/"));
    CHECK(!same(t, "https://a:80/", "http://a:80/"));
    CHECK(!same(t, "http://a/", "http://b/"));
    CHECK(!same(t, "http://a/", "http://a./"));
    CHECK_STR(wfp_url_origin(&(wfp_url_t){ .scheme = "http",
                                           .host = "a",
                                           .port = 80 },
                             t->pool),
              "http://a");
}

/* Whatever is taken comes out in a form that comes out the same again: what a
 * policy has read is what the transport reads. */
static void every_mangled_url_settles(wfp_test_t *t)
{
    static const char *const seeds[] = {
        "http://u:p@a.b:81/c/../d?e=f#g",
        "https://[::1]:8443/%2e%2e/x",
        "http://127.1/\\x",
        "http://b%C3%BCcher.de/",
    };
    apr_size_t seed, i;
    int byte;

    for (seed = 0; seed < sizeof(seeds) / sizeof(seeds[0]); seed++) {
        for (i = 0; i < strlen(seeds[seed]); i++) {
            apr_pool_t *p;

            apr_pool_create(&p, t->pool);
            for (byte = 1; byte < 256; byte++) {
                char *text = apr_pstrdup(p, seeds[seed]);
                const char *out;
                wfp_url_t url;

                text[i] = (char)byte;
                if (wfp_url_parse(&url, text, NULL, NULL, p) != APR_SUCCESS) {
                    continue;
                }
                out = wfp_url_text(&url, 1, p);
                if (wfp_url_parse(&url, out, NULL, NULL, p) != APR_SUCCESS
                    || strcmp(wfp_url_text(&url, 1, p), out)) {
                    printf("# %s -> %s\n", text, out);
                    CHECK(!"settled");
                }
            }
            apr_pool_destroy(p);
        }
    }
}

/* As curl reads it: what has a base is not taken for plain. */
static const char *curls(wfp_test_t *t, const char *text)
{
    return again(t, text, "http://base.example/");
}

static void plain_urls_are_read_as_curl_reads_them(wfp_test_t *t)
{
    static const char *const pieces[] = {
        "http", "https", "HTTP",     "://",  "/",    "a",       "Z",  "9",
        "-",    ".",     "..",       "/.",   "_",    ":",       "80", "443",
        "081",  "8080",  "@",        "?",    "??",   "=",       "&",  "#",
        "%",    "%41",   "%2e",      "xn--", "0x7f", "example", "~",  "!$()",
        "*+,",  "'",     ";",        "[",    "]",    "\\",      " ",  "|",
        "{",    "65536", "\xc3\xbc", "^",
    };
    apr_uint64_t seed = 1;
    int i;

    for (i = 0; i < 200000; i++) {
        char text[256] = "";
        apr_pool_t *p, *whole = t->pool;
        int n;

        apr_pool_create(&p, t->pool);
        t->pool = p;
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        strcpy(text, i & 1 ? "http://" : "https://a");
        for (n = 0; n < 3 + i % 9; n++) {
            seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
            strcat(text,
                   pieces[(seed >> 33) % (sizeof(pieces) / sizeof(pieces[0]))]);
        }
        if (strcmp(again(t, text, NULL), curls(t, text)) != 0) {
            printf("# %s: %s, curl: %s\n", text, again(t, text, NULL),
                   curls(t, text));
            CHECK(!"the same");
        }
        t->pool = whole;
        apr_pool_destroy(p);
    }
}

static void plain_urls_come_apart(wfp_test_t *t)
{
    wfp_url_t url;

    CHECK_INT(wfp_url_parse(&url, "http://a-1.example:8080/b/C.d;e?f=g&h?/",
                            NULL, NULL, t->pool),
              APR_SUCCESS);
    CHECK_STR(url.scheme, "http");
    CHECK_STR(url.user, "");
    CHECK_STR(url.password, "");
    CHECK_STR(url.host, "a-1.example");
    CHECK_INT(url.port, 8080);
    CHECK_INT(url.port_given, 1);
    CHECK_STR(url.path, "/b/C.d;e");
    CHECK_STR(url.query, "?f=g&h?/");
    CHECK_STR(url.fragment, "");
    CHECK_INT(wfp_url_parse(&url, "https://localhost:443/", NULL, NULL,
                            t->pool),
              APR_SUCCESS);
    CHECK_STR(url.scheme, "https");
    CHECK_INT(url.port, 443);
    CHECK_INT(url.port_given, 0);
    CHECK_STR(url.path, "/");
    CHECK_STR(url.query, "");
}

static const wfp_test_case_t cases[] = {
    { "plain_urls_are_read_as_curl_reads_them",
      plain_urls_are_read_as_curl_reads_them },
    { "plain_urls_come_apart", plain_urls_come_apart },
    { "parts_come_out", parts_come_out },
    { "absent_parts_are_empty", absent_parts_are_empty },
    { "default_ports_are_not_given", default_ports_are_not_given },
    { "userinfo_is_kept", userinfo_is_kept },
    { "ipv6_stays_in_brackets", ipv6_stays_in_brackets },
    { "every_spelling_of_ipv4_is_one", every_spelling_of_ipv4_is_one },
    { "hosts_become_ascii", hosts_become_ascii },
    { "paths_take_their_usual_form", paths_take_their_usual_form },
    { "references_are_resolved", references_are_resolved },
    { "what_is_no_url_is_refused", what_is_no_url_is_refused },
    { "bad_base_is_refused", bad_base_is_refused },
    { "long_urls_have_a_bound", long_urls_have_a_bound },
    { "message_ends_with_a_whole_character",
      message_ends_with_a_whole_character },
    { "origins_are_compared", origins_are_compared },
    { "every_mangled_url_settles", every_mangled_url_settles },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
