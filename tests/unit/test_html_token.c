/* SPDX-License-Identifier: Apache-2.0 */
/* The tokenizer, in tables after the states of the HTML standard (13.2.5). Each
 * row is fed whole, in two pieces at every byte, and byte by byte. */
#include "core/html_doctype.h"
#include "tests/unit/html_fixture.h"

static void data_state(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("", ""),
        ROW("a", "T(a)"),
        ROW("hello & < world", "T(hello & < world)"),
        ROW("&lt;b&gt; &amp &#60;i>", "T(&lt;b&gt; &amp &#60;i>)"),
        ROW("a\0b", "T(a\\0b)"),
        ROW("1 < 2 <3 <", "T(1 < 2 <3 <)"),
        ROW("<", "T(<)"),
        ROW("<<a>", "T(<)S(a)"),
        ROW("< a>", "T(< a>)"),
        ROW("<\0a>", "T(<\\0a>)"),
        ROW("<1>", "T(<1>)"),
        ROW("a>b", "T(a>b)"),
        ROW("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
            "T(\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80)"),
        ROW("\xff\xfe\x80 \xc3", "T(\xff\xfe\x80 \xc3)"),
        ROW("<\xc3\xa4>", "T(<\xc3\xa4>)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void tag_open_state(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<a>", "S(a)"),
        ROW("<A>", "S(A)"),
        ROW("<div>x</div>", "S(div)T(x)E(div)"),
        ROW("<?xml version=\"1.0\"?>", "C(?xml version=\"1.0\"?)"),
        ROW("<?>", "C(?)"),
        ROW("<?", "C(?)"),
        ROW("<=>", "T(<=>)"),
        ROW("<&>", "T(<&>)"),
        ROW("<->", "T(<->)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void end_tag_open_state(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("</a>", "E(a)"),
        ROW("</A >", "E(A)"),
        ROW("</>", "M(</>)"),
        ROW("a</>b", "T(a)M(</>)T(b)"),
        ROW("</", "T(</)"),
        ROW("a</", "T(a</)"),
        ROW("</ a>", "C( a)"),
        ROW("</1>x", "C(1)T(x)"),
        ROW("</\0>", "C(\\0)"),
        ROW("</ab", "M(</ab)"),
        ROW("</a b=c>", "E(a b=c)"),
        ROW("</a b='>'>x", "E(a b=>)T(x)"),
        ROW("</a/>x", "E(a)T(x)"),
        ROW("</!-->", "C(!--)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void tag_name_state(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<abc-d1>", "S(abc-d1)"),
        ROW("<a\tb>", "S(a b)"),
        ROW("<a\nb>", "S(a b)"),
        ROW("<a\fb>", "S(a b)"),
        ROW("<a\rb>", "S(a b)"),
        ROW("<a\vb>", "S(a\vb)"),
        ROW("<a/>", "S(a /)"),
        ROW("<a/b>", "S(a b)"),
        ROW("<a<b>", "S(a<b)"),
        ROW("<a=b>", "S(a=b)"),
        ROW("<a\"b\">", "S(a\"b\")"),
        ROW("<a\0>", "S(a\\0)"),
        ROW("<scr\0ipt>x<b>", "S(scr\\0ipt)T(x)S(b)"),
        ROW("<a", "M(<a)"),
        ROW("<a-", "M(<a-)"),
        ROW("x<a", "T(x)M(<a)"),
        ROW("<x\xc3\xa4>", "S(x\xc3\xa4)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void before_attribute_name_state(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<a >", "S(a)"),
        ROW("<a  b>", "S(a b)"),
        ROW("<a =>", "S(a =)"),
        ROW("<a ==>", "S(a ==)"),
        ROW("<a =b>", "S(a =b)"),
        ROW("<a =b=c>", "S(a =b=c)"),
        ROW("<a ===c>", "S(a ===c)"),
        ROW("<a \"b>", "S(a \"b)"),
        ROW("<a 'b'>", "S(a 'b')"),
        ROW("<a <b>", "S(a <b)"),
        ROW("<a \0>", "S(a \\0)"),
        ROW("<a ", "M(<a )"),
        ROW("<a / >", "S(a)"),
        ROW("<a //>", "S(a /)"),
        ROW("<a /=x>", "S(a =x)"),
        ROW("<a /b=c>", "S(a b=c)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void attribute_name_state(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<a b>", "S(a b)"),
        ROW("<a b/>", "S(a b /)"),
        ROW("<a b/c>", "S(a b c)"),
        ROW("<a b=c>", "S(a b=c)"),
        ROW("<a B=C>", "S(a B=C)"),
        ROW("<a b\"c=d>", "S(a b\"c=d)"),
        ROW("<a b<c=d>", "S(a b<c=d)"),
        ROW("<a b'=c>", "S(a b'=c)"),
        ROW("<a b\0c=d>", "S(a b\\0c=d)"),
        ROW("<a b", "M(<a b)"),
        ROW("<a b=", "M(<a b=)"),
        ROW("<a @click=x :y.z=1>", "S(a @click=x :y.z=1)"),
        ROW("<a b=1 b=2>", "S(a b=1 b=2)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void after_attribute_name_state(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<a b >", "S(a b)"),
        ROW("<a b c>", "S(a b c)"),
        ROW("<a b =c>", "S(a b=c)"),
        ROW("<a b = c>", "S(a b=c)"),
        ROW("<a b\n=\n\"c\">", "S(a b=c)"),
        ROW("<a b />", "S(a b /)"),
        ROW("<a b /c>", "S(a b c)"),
        ROW("<a b \"c>", "S(a b \"c)"),
        ROW("<a b <c>", "S(a b <c)"),
        ROW("<a b ", "M(<a b )"),
        ROW_END,
    };

    html_check(t, rows);
}

static void before_attribute_value_state(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<a b=>", "S(a b=)"),       ROW("<a b= >", "S(a b=)"),
        ROW("<a b= c>", "S(a b=c)"),    ROW("<a b=/>x", "S(a b=/)T(x)"),
        ROW("<a b=/c>", "S(a b=/c)"),   ROW("<a b==c>", "S(a b==c)"),
        ROW("<a b=\n'c'>", "S(a b=c)"), ROW("<a b= c=d>", "S(a b=c=d)"),
        ROW("<a b=\0>", "S(a b=\\0)"),  ROW_END,
    };

    html_check(t, rows);
}

static void quoted_value_states(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<a b=\"c\">", "S(a b=c)"),
        ROW("<a b='c'>", "S(a b=c)"),
        ROW("<a b=\"\">", "S(a b=)"),
        ROW("<a b=''>", "S(a b=)"),
        ROW("<a b=\">\">", "S(a b=>)"),
        ROW("<a b='<x>'>", "S(a b=<x>)"),
        ROW("<a b=\"'\">", "S(a b=')"),
        ROW("<a b='\"'>", "S(a b=\")"),
        ROW("<a b=\"&quot;\">", "S(a b=&quot;)"),
        ROW("<a b=\"c\0d\">", "S(a b=c\\0d)"),
        ROW("<a b=\"c", "M(<a b=\"c)"),
        ROW("<a b='c><b>", "M(<a b='c><b>)"),
        ROW("<a b=\"\n\">x", "S(a b=\n)T(x)"),
        ROW("<a b=\"--><script>\">", "S(a b=--><script>)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void unquoted_value_state(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<a b=c>", "S(a b=c)"),
        ROW("<a b=c d>", "S(a b=c d)"),
        ROW("<a b=c/>", "S(a b=c/)"),
        ROW("<a b=c/ >", "S(a b=c/)"),
        ROW("<a b=c\"d>", "S(a b=c\"d)"),
        ROW("<a b=c'd'>", "S(a b=c'd')"),
        ROW("<a b=c<d>", "S(a b=c<d)"),
        ROW("<a b=c=d>", "S(a b=c=d)"),
        ROW("<a b=`c`>", "S(a b=`c`)"),
        ROW("<a b=&gt;>", "S(a b=&gt;)"),
        ROW("<a b=c", "M(<a b=c)"),
        ROW("<a b=c\0>", "S(a b=c\\0)"),
        ROW("<a href=http://x/?a=b&c=d>", "S(a href=http://x/?a=b&c=d)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void after_quoted_value_state(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<a b=\"c\"d>", "S(a b=c d)"),
        ROW("<a b='c'd='e'>", "S(a b=c d=e)"),
        ROW("<a b=\"c\"/>", "S(a b=c /)"),
        ROW("<a b=\"c\"/d>", "S(a b=c d)"),
        ROW("<a b=\"c\"=d>", "S(a b=c =d)"),
        ROW("<a b=\"c\"\"d\">", "S(a b=c \"d\")"),
        ROW("<a b=\"c\" >", "S(a b=c)"),
        ROW("<a b=\"c\"", "M(<a b=\"c\")"),
        ROW_END,
    };

    html_check(t, rows);
}

static void self_closing_state(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<br/>", "S(br /)"),        ROW("<br / >", "S(br)"),
        ROW("<br /", "M(<br /)"),       ROW("<br /x>", "S(br x)"),
        ROW("<br //", "M(<br //)"),     ROW("<br / />", "S(br /)"),
        ROW("<div/>x", "S(div /)T(x)"), ROW_END,
    };

    html_check(t, rows);
}

static void bogus_comment_state(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<!x>", "C(x)"),
        ROW("<!>", "C()"),
        ROW("<!->", "C(-)"),
        ROW("<!-", "C(-)"),
        ROW("<!", "C()"),
        ROW("<!x", "C(x)"),
        ROW("<!x-->y", "C(x--)T(y)"),
        ROW("<!-x-->", "C(-x--)"),
        ROW("<!doct>", "C(doct)"),
        ROW("<!doct", "C(doct)"),
        ROW("<![CDATA[x]]>y", "C([CDATA[x]])T(y)"),
        ROW("<![CDATA[<b>]]>", "C([CDATA[<b)T(]]>)"),
        ROW("<![if IE]>x<![endif]>", "C([if IE])T(x)C([endif])"),
        ROW("<!ELEMENT x>", "C(ELEMENT x)"),
        ROW("<!x\0y>", "C(x\\0y)"),
        ROW("<?php echo '>' ?>", "C(?php echo ')T(' ?>)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void comment_start_states(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<!---->", "C()"),
        ROW("<!-->", "C()"),
        ROW("<!--->", "C()"),
        ROW("<!--><b>", "C()S(b)"),
        ROW("<!---><b>", "C()S(b)"),
        ROW("<!----><b>", "C()S(b)"),
        ROW("<!--><script>x</script>", "C()S(script)T(x)E(script)"),
        ROW("<!--", "C()"),
        ROW("<!---", "C()"),
        ROW("<!----", "C()"),
        ROW("<!----!", "C()"),
        ROW("<!---!>x-->", "C(-!>x)"),
        ROW("<!---a-->", "C(-a)"),
        ROW("<!--->-->", "C()T(-->)"),
        ROW("<!-- >-->", "C( >)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void comment_state(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<!--a-->", "C(a)"),
        ROW("<!-- a b -->c", "C( a b )T(c)"),
        ROW("<!--<b>x</b>-->", "C(<b>x</b>)"),
        ROW("<!--a\0b-->", "C(a\\0b)"),
        ROW("<!--a", "C(a)"),
        ROW("<!--a>b-->", "C(a>b)"),
        ROW("<!--a->b-->", "C(a->b)"),
        ROW("<!--a- ->b-->", "C(a- ->b)"),
        ROW("x<!--a-->y<!--b-->z", "T(x)C(a)T(y)C(b)T(z)"),
        ROW("<!--\"-->\"", "C(\")T(\")"),
        ROW_END,
    };

    html_check(t, rows);
}

static void comment_less_than_states(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<!--<!-->", "C(<!)"),
        ROW("<!-- <!-- x --> y -->", "C( <!-- x )T( y -->)"),
        ROW("<!--<-->", "C(<)"),
        ROW("<!--<!-->x", "C(<!)T(x)"),
        ROW("<!--<!--->x", "C(<!-)T(x)"),
        ROW("<!--<!->x-->", "C(<!->x)"),
        ROW("<!--<<!-->", "C(<<!)"),
        ROW("<!--<!--!>x", "C(<!)T(x)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void comment_end_states(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<!--a-b-->", "C(a-b)"),
        ROW("<!--a--b-->", "C(a--b)"),
        ROW("<!--a--->", "C(a-)"),
        ROW("<!--a---->", "C(a--)"),
        ROW("<!--a--!>b", "C(a)T(b)"),
        ROW("<!--a--!b-->", "C(a--!b)"),
        ROW("<!--a--!-->", "C(a--!)"),
        ROW("<!--a--!--!>", "C(a--!)"),
        ROW("<!--a---!>", "C(a-)"),
        ROW("<!--a-!>b-->", "C(a-!>b)"),
        ROW("<!--a-- >b-->", "C(a-- >b)"),
        ROW("<!--a--! >b-->", "C(a--! >b)"),
        ROW("<!--a-", "C(a)"),
        ROW("<!--a--", "C(a)"),
        ROW("<!--a---", "C(a-)"),
        ROW("<!--a--!", "C(a)"),
        ROW("<!--a---!", "C(a-)"),
        ROW("<!--a--!-", "C(a--!)"),
        ROW("<!--a-!", "C(a-!)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void doctype_states(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<!DOCTYPE html>", "D( html)"),
        ROW("<!doctype html>x", "D( html)T(x)"),
        ROW("<!DoCtYpEhtml>", "D(html)"),
        ROW("<!doctype>", "D()"),
        ROW("<!doctype", "D()"),
        ROW("<!doctype html", "D( html)"),
        ROW("<!doctype html public \"a>b\">", "D( html public \"a)T(b\">)"),
        ROW("<!doctype html [<!ENTITY x>]>", "D( html [<!ENTITY x)T(]>)"),
        ROW("<!doctype\0>", "D(\\0)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void check_doctype(wfp_test_t *t, const char *text, const char *want)
{
    wfp_html_doctype_t d;

    wfp_html_doctype_parse(&d, text, strlen(text));
    CHECK_STR(apr_psprintf(t->pool, "%.*s|%.*s|%.*s", (int)d.name_size,
                           d.name ? d.name : "",
                           d.public_id ? (int)d.public_size : 1,
                           d.public_id ? d.public_id : "-",
                           d.system_id ? (int)d.system_size : 1,
                           d.system_id ? d.system_id : "-"),
              want);
}

static void doctype_says_what_it_has(wfp_test_t *t)
{
    check_doctype(t, "", "|-|-");
    check_doctype(t, "  ", "|-|-");
    check_doctype(t, " html", "html|-|-");
    check_doctype(t, "html", "html|-|-");
    check_doctype(t, " html ", "html|-|-");
    check_doctype(t, " html PUBLIC \"a\" \"b\"", "html|a|b");
    check_doctype(t, " html public 'a''b'", "html|a|b");
    check_doctype(t, " html public 'a'", "html|a|-");
    check_doctype(t, " html public", "html|-|-");
    check_doctype(t, " html public a", "html|-|-");
    check_doctype(t, " html public'' ''", "html||");
    check_doctype(t, " html SYSTEM 'about:legacy-compat'",
                  "html|-|about:legacy-compat");
    check_doctype(t, " html system \"a", "html|-|a");
    check_doctype(t, " html public \"a", "html|a|-");
    check_doctype(t, " html nothing 'a'", "html|-|-");
}

/* ---- sizes -------------------------------------------------------------------- */

static const char *long_page(const char *before, const char *after,
                             apr_size_t n, apr_pool_t *p)
{
    char *fill = apr_palloc(p, n + 1);

    memset(fill, 'x', n);
    fill[n] = '\0';
    return apr_pstrcat(p, before, fill, after, NULL);
}

static const char *read_long(wfp_test_t *t, const char *before,
                             const char *after, apr_size_t step)
{
    const char *s = long_page(before, after, 5000, t->pool);
    html_dump_t d;
    const char *got = html_read(&d, s, strlen(s), 0, step, t->pool);

    CHECK(!d.wrong);
    if (!html_is_failed(got)) {
        CHECK_INT(d.raw_n, strlen(s));
        CHECK(memcmp(d.raw, s, d.raw_n) == 0);
    }
    return got;
}

static void large_tags_are_refused(wfp_test_t *t)
{
    static const apr_size_t steps[] = { 1, 100, 4000, 100000 };
    size_t i;

    for (i = 0; i < 4; i++) {
        CHECK_STR(read_long(t, "<a b=\"", "\">c", steps[i]), "!");
        CHECK_STR(read_long(t, "<", ">", steps[i]), "!");
        CHECK_STR(read_long(t, "<a ", ">", steps[i]), "!");
        CHECK_STR(read_long(t, "x</a ", ">", steps[i]), "T(x)!");
        CHECK_STR(read_long(t, "<!doctype ", ">", steps[i]), "!");
    }
}

static void large_comments_come_in_pieces(wfp_test_t *t)
{
    static const apr_size_t steps[] = { 1, 100, 4000, 100000 };
    size_t i;

    for (i = 0; i < 4; i++) {
        CHECK(strncmp(read_long(t, "<!--", "-->", steps[i]), "P(", 2) == 0);
        CHECK(strncmp(read_long(t, "<!--", "--!>y", steps[i]), "P(", 2) == 0);
        CHECK(strncmp(read_long(t, "<!", ">", steps[i]), "P(", 2) == 0);
        CHECK(strncmp(read_long(t, "<!--", "", steps[i]), "P(", 2) == 0);
        CHECK(strncmp(read_long(t, "<?", "", steps[i]), "P(", 2) == 0);
        CHECK(strstr(read_long(t, "<!--", "-->y<b>", steps[i]), ")T(y)S(b)"));
    }
}

static void text_of_any_length_passes(wfp_test_t *t)
{
    CHECK(read_long(t, "", "<b>", 100));
    CHECK(strstr(read_long(t, "<script>", "</script>", 7), "E(script)"));
    CHECK(strstr(read_long(t, "<title>", "</title>", 4096), "E(title)"));
}

/* ---- properties ---------------------------------------------------------------- */

static apr_uint64_t random_next(apr_uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Pages made of what matters to the tokenizer. */
static apr_size_t random_page(char *s, apr_size_t room, apr_uint64_t *state)
{
    static const char *const parts[] = {
        "<",           ">",
        "/",           "!",
        "-",           "--",
        "\"",          "'",
        "=",           " ",
        "a",           "b=c",
        "<!--",        "-->",
        "<![CDATA[",   "]]>",
        "</",          "<script",
        "</script>",   "<title>",
        "</title",     "<svg",
        "<math>",      "</svg>",
        "<style>",     "</style>",
        "?",           "<textarea>",
        "</textarea>", "<p>",
        "<desc>",      "<!doctype",
        "\n",          "<!--<script>",
        "\xe2\x82",    "\xac",
        "]",           "x",
        "<br/>",       "<plaintext>",
        "<table><td>", "</table>",
        "<mi>",        "<select>",
        "</select>",   "<xmp>",
    };
    apr_size_t n = 0, count = random_next(state) % 40;

    while (count-- && n + 16 < room) {
        const char *part =
            parts[random_next(state) % (sizeof(parts) / sizeof(parts[0]))];

        memcpy(s + n, part, strlen(part));
        n += strlen(part);
    }
    return n;
}

static void random_pages_come_out_as_they_went_in(wfp_test_t *t)
{
    apr_uint64_t state = 0x9e3779b97f4a7c15u;
    char s[1024];
    int i;

    for (i = 0; i < 20000; i++) {
        apr_size_t n = random_page(s, sizeof(s), &state);
        html_dump_t whole, parts;
        apr_pool_t *p;

        apr_pool_create(&p, t->pool);
        (void)html_read(&whole, s, n, 0, n + 1, p);
        (void)html_read(&parts, s, n, random_next(&state) % (n + 1),
                        1 + random_next(&state) % 7, p);
        CHECK(!whole.wrong && !parts.wrong);
        CHECK_STR(parts.s, whole.s);
        if (!html_is_failed(whole.s)) {
            CHECK_INT(whole.raw_n, n);
            CHECK(memcmp(whole.raw, s, n) == 0);
        }
        apr_pool_destroy(p);
    }
}

static const wfp_test_case_t cases[] = {
    { "data_state", data_state },
    { "tag_open_state", tag_open_state },
    { "end_tag_open_state", end_tag_open_state },
    { "tag_name_state", tag_name_state },
    { "before_attribute_name_state", before_attribute_name_state },
    { "attribute_name_state", attribute_name_state },
    { "after_attribute_name_state", after_attribute_name_state },
    { "before_attribute_value_state", before_attribute_value_state },
    { "quoted_value_states", quoted_value_states },
    { "unquoted_value_state", unquoted_value_state },
    { "after_quoted_value_state", after_quoted_value_state },
    { "self_closing_state", self_closing_state },
    { "bogus_comment_state", bogus_comment_state },
    { "comment_start_states", comment_start_states },
    { "comment_state", comment_state },
    { "comment_less_than_states", comment_less_than_states },
    { "comment_end_states", comment_end_states },
    { "doctype_states", doctype_states },
    { "doctype_says_what_it_has", doctype_says_what_it_has },
    { "large_tags_are_refused", large_tags_are_refused },
    { "large_comments_come_in_pieces", large_comments_come_in_pieces },
    { "text_of_any_length_passes", text_of_any_length_passes },
    { "random_pages_come_out_as_they_went_in",
      random_pages_come_out_as_they_went_in },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
