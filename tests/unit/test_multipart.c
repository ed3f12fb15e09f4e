/* SPDX-License-Identifier: Apache-2.0 */
/* multipart/form-data in pieces: every body is read whole, cut at every byte
 * and byte by byte, always with the same events. */
#include <apr_strings.h>

#include "core/multipart.h"
#include "tests/unit/wfp_test.h"

#define TYPE "multipart/form-data; boundary=xx"

/* What was read: "[name|filename|type]data" for each part, then "!" or what is
 * wrong. */
typedef struct story_t {
    char text[8192];
    apr_size_t n;
} story_t;

static void tell(story_t *story, const char *s, apr_size_t n)
{
    if (n > sizeof(story->text) - 1 - story->n) {
        n = sizeof(story->text) - 1 - story->n;
    }
    memcpy(story->text + story->n, s, n);
    story->n += n;
    story->text[story->n] = '\0';
}

static void tell_text(story_t *story, const char *s)
{
    tell(story, s ? s : "-", strlen(s ? s : "-"));
}

static int feed(story_t *story, wfp_multipart_t *m, const char *s, apr_size_t n)
{
    wfp_multipart_e event;

    wfp_multipart_feed(m, s, n);
    while ((event = wfp_multipart_next(m)) != WFP_MULTIPART_MORE) {
        switch (event) {
        case WFP_MULTIPART_BEGIN:
            tell_text(story, "[");
            tell_text(story, m->part.name);
            tell_text(story, "|");
            tell_text(story, m->part.filename);
            tell_text(story, "|");
            tell_text(story, m->part.type);
            tell_text(story, "]");
            break;
        case WFP_MULTIPART_DATA:
            tell(story, m->data, m->n);
            break;
        case WFP_MULTIPART_END:
            tell_text(story, ";");
            break;
        default:
            return 0;
        }
    }
    return 1;
}

/* Read body in pieces: the first of `first` bytes, the others of `step`. */
static void read_in(story_t *story, const char *type, const char *body,
                    apr_size_t n, apr_size_t first, apr_size_t step)
{
    static wfp_multipart_t m;
    apr_size_t at = 0, size = first;

    story->n = 0;
    story->text[0] = '\0';
    if (wfp_multipart_init(&m, type, 5) == APR_SUCCESS) {
        while (at < n && feed(story, &m, body + at, size)) {
            at += size;
            size = step < n - at ? step : n - at;
        }
        if (wfp_multipart_finish(&m) == APR_SUCCESS) {
            tell_text(story, "!");
            return;
        }
    }
    tell_text(story, m.wrong);
}

static void reads_n(wfp_test_t *t, const char *type, const char *body,
                    apr_size_t n, const char *want)
{
    static story_t story;
    apr_size_t cut;

    read_in(&story, type, body, n, n, n);
    CHECK_STR(story.text, want);
    for (cut = 0; cut <= n; cut++) {
        read_in(&story, type, body, n, cut, n);
        CHECK_STR(story.text, want);
    }
    for (cut = 1; cut < 8; cut++) {
        read_in(&story, type, body, n, cut < n ? cut : n, cut);
        CHECK_STR(story.text, want);
    }
}

#define READS(body, want) reads_n(t, TYPE, body, sizeof(body) - 1, want)
#define FIELD(rest)       "Content-Disposition: form-data; " rest "\r\n\r\n"
#define HEAD(rest)        "--xx\r\n" FIELD(rest) "v\r\n--xx--\r\n"

static void parts_of_a_browser(wfp_test_t *t)
{
    READS(
        "--xx\r\n" FIELD(
            "name=\"a\"") "1\r\n--xx\r\n"
                          "Content-Disposition: form-data; name=\"f\"; filename=\"p.png\"\r\n"
                          "Content-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n\r\n--xx--\r\n",
        "[a|-|-]1;[f|p.png|image/png]\x89PNG\r\n\x1a\n;!");
    READS("--xx--\r\n", "!");
    READS("--xx--", "!");
    READS("--xx\r\n" FIELD("name=\"e\"; filename=\"\"") "\r\n--xx--\r\n",
          "[e||-];!");
    READS("--xx\r\n" FIELD("name=\"\"") "v\r\n--xx--", "[|-|-]v;!");
}

static void data_that_looks_like_a_boundary(wfp_test_t *t)
{
#define DATA(data, want)                                                       \
    READS("--xx\r\n" FIELD("name=a") data "\r\n--xx--", "[a|-|-]" want ";!")
    DATA("", "");
    DATA("\r", "\r");
    DATA("\n--xx\n", "\n--xx\n");
    DATA("\r\n", "\r\n");
    DATA("\r\r\n\r\n-\r\n--x\r\n--", "\r\r\n\r\n-\r\n--x\r\n--");
    DATA(" --xx\r\n", " --xx\r\n");
    DATA("--x", "--x");
    DATA("-", "-");
    DATA("\r\n--\r\n--x\r", "\r\n--\r\n--x\r");
    DATA("\r\n\r\n\r\n--xX", "\r\n\r\n\r\n--xX");
#undef DATA
    /* the blank line's end begins the delimiter of an empty part, too */
    READS("--xx\r\n" FIELD("name=a") "--xx--", "[a|-|-];!");
    READS("--xx\r\n" FIELD("name=a") "--xy\r\n--xx--", "[a|-|-]--xy;!");
}

static void nul_is_data(wfp_test_t *t)
{
    static const char body[] = "--xx\r\n" FIELD("name=a") "\0\0\r\n--xx--";
    wfp_multipart_t m;
    story_t story;

    memset(&story, 0, sizeof(story));
    CHECK_INT(wfp_multipart_init(&m, TYPE, 0), APR_SUCCESS);
    CHECK(feed(&story, &m, body, sizeof(body) - 1));
    CHECK_INT(wfp_multipart_finish(&m), APR_SUCCESS);
    CHECK_INT(story.n, 10);
    CHECK(memcmp(story.text, "[a|-|-]\0\0;", 10) == 0);
}

static void what_is_around_the_parts(wfp_test_t *t)
{
    READS("preamble\r\n-- xx\r\n--x\r\n--xx \t\r\n" FIELD(
              "name=a") "1\r\n--xx-- \r\n--xx\r\nepilogue",
          "[a|-|-]1;!");
    READS("x--xx\r\n" FIELD("name=a") "1\r\n--xx--", "!");
    READS("\r\n--xx--", "!");
    READS("", "the closing boundary is missing");
    READS("nothing", "the closing boundary is missing");
    READS("--xx\r\n" FIELD("name=a") "1",
          "[a|-|-]1the closing boundary is missing");
    READS("--xx\r\n" FIELD("name=a") "1\r\n--xx",
          "[a|-|-]1;the closing boundary is missing");
    READS("--xx\r\n" FIELD("name=a") "1\r\n--xx-",
          "[a|-|-]1;the closing boundary is missing");
    READS("--xx\r\n" FIELD("name=a") "1\r\n--xx--\r",
          "[a|-|-]1;the closing boundary is missing");
    READS("--xx\r\nContent-Disp", "the closing boundary is missing");
    READS("--xx\n", "a malformed boundary");
    READS("--xxx--", "a malformed boundary");
    READS("--xx \n", "a malformed boundary");
    READS("--xx -", "a malformed boundary");
    READS("--xx-\r\n", "a malformed boundary");
    READS("--xx\r\r\n", "a malformed boundary");
    READS("--xx--x", "a malformed closing boundary");
    READS("--xx--\n", "a malformed closing boundary");
    READS("--xx--\rx", "a malformed closing boundary");
    READS("--xx\r\n" FIELD("name=a") "1\r\n--xxy", "[a|-|-]1;"
                                                   "a malformed boundary");
}

static void names_and_file_names(wfp_test_t *t)
{
    READS(HEAD("name=\"a b;c=\\\"d\\\"\""), "[a b;c=\"d\"|-|-]v;!");
    READS(HEAD("name=\"%22%0D%0A%0d%41%\""), "[\"\r\n%0d%41%|-|-]v;!");
    READS(HEAD("name=f; filename=\"C:\\dir\\x.txt\""),
          "[f|C:\\dir\\x.txt|-]v;!");
    READS(HEAD("name=f; filename=\"a\\\\b\""), "[f|a\\b|-]v;!");
    READS(HEAD("name=f; filename=\"; name=\\\"x\\\"\""),
          "[f|; name=\"x\"|-]v;!");
    READS(HEAD("name=f ;FileName=x.y ; other=\"1\"; ;"), "[f|x.y|-]v;!");
    READS(HEAD("name=f; filename=\"\xc3\xa9\xff\""), "[f|\xc3\xa9\xff|-]v;!");
    READS(HEAD("name=f; filename=\"a\"; filename*=utf-8'en'%c3%A9%20b"),
          "[f|\xc3\xa9 b|-]v;!");
    READS(HEAD("name=f; filename*=UTF-8''x"), "[f|x|-]v;!");
    READS(HEAD("name=\"a"), "a malformed Content-Disposition");
    READS(HEAD("name=\"a\\\""), "a malformed Content-Disposition");
    READS(HEAD("name=\"a\"b"), "a malformed Content-Disposition");
    READS(HEAD("name=a b"), "a malformed Content-Disposition");
    READS(HEAD("name="), "a malformed Content-Disposition");
    READS(HEAD("name"), "a malformed Content-Disposition");
    READS(HEAD("=a"), "a malformed Content-Disposition");
    READS(HEAD("filename=a"), "a part without a name");
    READS(HEAD("name=a; name=b"), "a bad parameter in a Content-Disposition");
    READS(HEAD("name=a; filename=b; filename=\"\""),
          "a bad parameter in a Content-Disposition");
    READS(HEAD("name=a; filename*=latin1''b"),
          "a bad parameter in a Content-Disposition");
    READS(HEAD("name=a; filename*=UTF-8''%g0"),
          "a bad parameter in a Content-Disposition");
    READS(HEAD("name=a; filename*=UTF-8''%0"),
          "a bad parameter in a Content-Disposition");
    READS(HEAD("name=a; filename*=UTF-8''a%00b"),
          "a bad parameter in a Content-Disposition");
    READS(HEAD("name=a; filename*=UTF-8'"),
          "a bad parameter in a Content-Disposition");
}

static void heads(wfp_test_t *t)
{
#define LINES(lines) "--xx\r\n" lines "\r\n\r\nv\r\n--xx--"
#define DISPOSITION  "content-disposition:form-data;name=a"
    READS(LINES("X-A: 1\r\n" DISPOSITION "\r\nContent-TYPE:\t text/x \t"),
          "[a|-|text/x]v;!");
    READS(LINES(DISPOSITION "\r\nContent-Transfer-Encoding: Binary"),
          "[a|-|-]v;!");
    READS(LINES(DISPOSITION "\r\nContent-Transfer-Encoding: base64"),
          "a part with a transfer encoding");
    READS("--xx\r\n\r\nv\r\n--xx--", "a part without a Content-Disposition");
    READS(LINES("Content-Type: a/b"), "a part without a Content-Disposition");
    READS(LINES("Content-Disposition: attachment; name=a"),
          "a part that is not form-data");
    READS(LINES("Content-Disposition: form-data, name=a"),
          "a part that is not form-data");
    READS(LINES(DISPOSITION "\r\n" DISPOSITION),
          "a part with two Content-Dispositions");
    READS(LINES(DISPOSITION "\r\nContent-Type: a/b\r\ncontent-type: a/c"),
          "a part with two Content-Types");
    READS(LINES(DISPOSITION ";\r\n filename=b"),
          "a malformed line in the head of a part");
    READS(LINES("no colon\r\n" DISPOSITION),
          "a malformed line in the head of a part");
    READS(LINES("X : 1\r\n" DISPOSITION),
          "a malformed line in the head of a part");
    READS(LINES("X: 1\n" DISPOSITION),
          "a bare CR, LF or NUL in the head of a part");
    READS(LINES("X: 1\r" DISPOSITION),
          "a bare CR, LF or NUL in the head of a part");
    READS(LINES("X: 1\r\r\n" DISPOSITION),
          "a bare CR, LF or NUL in the head of a part");
    READS(LINES("X: 1\0\r\n" DISPOSITION),
          "a bare CR, LF or NUL in the head of a part");
#undef DISPOSITION
#undef LINES
}

static void sizes_have_caps(wfp_test_t *t)
{
    char *long_line = apr_palloc(t->pool, WFP_MULTIPART_HEAD_MAX + 1);
    const char *fields = "", *part = "", *body;
    wfp_multipart_t m;
    int i;

    memset(long_line, 'x', WFP_MULTIPART_HEAD_MAX);
    long_line[WFP_MULTIPART_HEAD_MAX] = '\0';
    body = apr_psprintf(t->pool, "--xx\r\nX: %s\r\n", long_line);
    CHECK_INT(wfp_multipart_init(&m, TYPE, 0), APR_SUCCESS);
    wfp_multipart_feed(&m, body, strlen(body));
    CHECK_INT(wfp_multipart_next(&m), WFP_MULTIPART_BAD);
    CHECK_STR(m.wrong, "the head of a part is too long");
    CHECK_INT(wfp_multipart_next(&m), WFP_MULTIPART_BAD);
    for (i = 0; i < WFP_MULTIPART_FIELDS_MAX + 1; i++) {
        fields = apr_pstrcat(t->pool, fields, "X: 1\r\n", NULL);
    }
    body = apr_psprintf(t->pool, "--xx\r\n%s" FIELD("name=a"), fields);
    reads_n(t, TYPE, body, strlen(body),
            "too many fields in the head of a part");
    for (i = 0; i < 6; i++) {
        part = apr_pstrcat(t->pool, part, "\r\n--xx\r\n" FIELD("name=a"), NULL);
    }
    reads_n(t, TYPE, part, strlen(part),
            "[a|-|-];[a|-|-];[a|-|-];[a|-|-];[a|-|-];too many parts");
}

static void content_types(wfp_test_t *t)
{
    static const char dashes[] = "----WebKitFormBoundaryAb/:+='()?, x";
    static const char *const bad[][2] = {
        { NULL, "the Content-Type is not multipart/form-data" },
        { "", "the Content-Type is not multipart/form-data" },
        { "multipart/mixed; boundary=a",
          "the Content-Type is not multipart/form-data" },
        { "multipart/form-data2; boundary=a",
          "the Content-Type is not multipart/form-data" },
        { "multipart/form-data", "the Content-Type has no good boundary" },
        { "multipart/form-data; boundary=\"\"",
          "the Content-Type has no good boundary" },
        { "multipart/form-data; boundary=\"a \"",
          "the Content-Type has no good boundary" },
        { "multipart/form-data; boundary=\"a\rb\"",
          "the Content-Type has no good boundary" },
        { "multipart/form-data; boundary=a#",
          "the Content-Type has no good boundary" },
        { "multipart/form-data; boundary=1234567890123456789012345678901234567"
          "8901234567890123456789012345678901",
          "the Content-Type has no good boundary" },
        { "multipart/form-data; boundary=a; boundary=b",
          "the Content-Type has two boundaries" },
        { "multipart/form-data; boundary", "the Content-Type is malformed" },
        { "multipart/form-data; boundary=\"a",
          "the Content-Type is malformed" },
        { "multipart/form-data; boundary=a/b",
          "the Content-Type is malformed" },
    };
    wfp_multipart_t m;
    const char *body;
    apr_size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_INT(wfp_multipart_init(&m, bad[i][0], 0), APR_EINVAL);
        CHECK_STR(m.wrong, bad[i][1]);
        CHECK_INT(wfp_multipart_next(&m), WFP_MULTIPART_BAD);
        CHECK_INT(wfp_multipart_finish(&m), APR_EINVAL);
    }
    body = apr_psprintf(t->pool, "--%s\r\n" FIELD("name=a") "\r\n--%s--",
                        dashes, dashes);
    reads_n(t,
            apr_psprintf(t->pool,
                         " Multipart/Form-Data ;charset=x; BOUNDARY=\"%s\" ;",
                         dashes),
            body, strlen(body), "[a|-|-];!");
    memset(m.head, 'x', sizeof(m.head));
    body = apr_psprintf(t->pool, TYPE ";%*s", WFP_MULTIPART_HEAD_MAX, "");
    CHECK_INT(wfp_multipart_init(&m, body, 0), APR_EINVAL);
    CHECK_STR(m.wrong, "the Content-Type is too long");
    CHECK(wfp_multipart_is_type("A/B ; x", "a/b"));
    CHECK(wfp_multipart_is_type("a/b", "a/b"));
    CHECK(!wfp_multipart_is_type("a/bc", "a/b"));
    CHECK(!wfp_multipart_is_type(NULL, "a/b"));
}

static void fields_are_told(wfp_test_t *t)
{
    static const char body[] =
        "--xx\r\nX-One: 1 \r\nContent-Type: a/b\r\n" FIELD("name=a");
    wfp_multipart_t m;

    CHECK_INT(wfp_multipart_init(&m, TYPE, 0), APR_SUCCESS);
    wfp_multipart_feed(&m, body, sizeof(body) - 1);
    CHECK_INT(wfp_multipart_next(&m), WFP_MULTIPART_BEGIN);
    CHECK_INT(m.part.count, 2);
    CHECK_STR(m.part.fields[0].name, "X-One");
    CHECK_STR(m.part.fields[0].value, "1");
    CHECK_STR(m.part.fields[1].value, "a/b");
}

static const wfp_test_case_t cases[] = {
    { "multipart: parts of a browser", parts_of_a_browser },
    { "multipart: data like a boundary", data_that_looks_like_a_boundary },
    { "multipart: NUL is data", nul_is_data },
    { "multipart: preamble, epilogue, lines", what_is_around_the_parts },
    { "multipart: names and file names", names_and_file_names },
    { "multipart: heads", heads },
    { "multipart: caps", sizes_have_caps },
    { "multipart: content types", content_types },
    { "multipart: fields", fields_are_told },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
