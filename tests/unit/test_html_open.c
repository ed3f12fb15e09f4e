/* SPDX-License-Identifier: Apache-2.0 */
/* Open elements: what an end tag closes, where text begins in foreign content
 * and where it does not, what browsers disagree about. */
#include "tests/unit/html_fixture.h"

/* What one page is read as, with what each tag closes: "name>N" has N elements
 * around it (a start tag), "name<N" leaves N open, "name<N!" by itself. */
static const char *read_tree(wfp_test_t *t, const char *s)
{
    wfp_html_memory_t memory = { html_alloc, t->pool };
    wfp_html_program_t program;
    wfp_html_page_t page;
    wfp_html_page_e said;
    const char *out = "";

    wfp_html_selector_init(&program, &memory);
    wfp_html_page_init(&page, &program, &html_limits, &memory);
    wfp_html_page_feed(&page, s, strlen(s));
    wfp_html_page_end(&page);
    while ((said = wfp_html_page_next(&page)) == WFP_HTML_PAGE_TOKEN) {
        static const char *const spaces[] = { "", "svg:", "math:" };
        const wfp_html_token_t *token = &page.token;

        if (token->kind == WFP_HTML_START_TAG) {
            out = apr_psprintf(t->pool, "%s%s%s%.*s>%d%s", out, *out ? " " : "",
                               spaces[page.element->ns], (int)token->text_size,
                               token->text, (int)page.closes,
                               page.element->leaf ? "." : "");
            CHECK_INT(page.element->depth, page.closes + 1);
        }
        else if (token->kind == WFP_HTML_END_TAG) {
            out = apr_psprintf(t->pool, "%s%s%.*s<%d%s", out, *out ? " " : "",
                               (int)token->text_size, token->text,
                               (int)page.closes, page.ends ? "!" : "");
        }
    }
    return apr_pstrcat(t->pool, out, said == WFP_HTML_PAGE_END ? "" : " failed",
                       NULL);
}

static void end_tags_close_their_element(wfp_test_t *t)
{
    CHECK_STR(read_tree(t, "<a><b></b></a>"), "a>0 b>1 b<1! a<0!");
    CHECK_STR(read_tree(t, "<A><b></B></a>"), "A>0 b>1 B<1! a<0!");
    CHECK_STR(read_tree(t, "</a>"), "a<0");
    CHECK_STR(read_tree(t, "<a></b></a>"), "a>0 b<1 a<0!");
    CHECK_STR(read_tree(t, "<div><p><i></div>"), "div>0 p>1 i>2 div<0!");
    CHECK_STR(read_tree(t, "<a><a></a>"), "a>0 a>1 a<1!");
    CHECK_STR(read_tree(t, "<ab><a></ab>"), "ab>0 a>1 ab<0!");
}

static void end_tags_are_not_made_up(wfp_test_t *t)
{
    CHECK_STR(read_tree(t, "<p><p></p>"), "p>0 p>1 p<1!");
    CHECK_STR(read_tree(t, "<ul><li><li></ul>"), "ul>0 li>1 li>2 ul<0!");
}

static void void_elements_are_leaves(wfp_test_t *t)
{
    CHECK_STR(read_tree(t, "<br><img><p>"), "br>0. img>0. p>0");
    CHECK_STR(read_tree(t, "<BR></br>"), "BR>0. br<0");
    CHECK_STR(read_tree(t, "<div/><p>"), "div>0 p>1");
    CHECK_STR(read_tree(t, "<area><base><basefont><bgsound><col><embed><frame>"
                           "<hr><image><input><keygen><link><meta><param>"
                           "<source><track><wbr>"),
              "area>0. base>0. basefont>0. bgsound>0. col>0. embed>0. "
              "frame>0. hr>0. image>0. input>0. keygen>0. link>0. meta>0. "
              "param>0. source>0. track>0. wbr>0.");
}

static void namespaces_are_followed(wfp_test_t *t)
{
    CHECK_STR(read_tree(t, "<svg><g><path/></g></svg><a>"),
              "svg:svg>0 svg:g>1 svg:path>2. g<1! svg<0! a>0");
    CHECK_STR(read_tree(t, "<math><mi><a></a></mi><mrow>"),
              "math:math>0 math:mi>1 a>2 a<2! mi<1! math:mrow>1");
    CHECK_STR(read_tree(t, "<svg><foreignObject><p><svg>"),
              "svg:svg>0 svg:foreignObject>1 p>2 svg:svg>3");
    CHECK_STR(read_tree(t, "<math><mi><mglyph/><malignmark/><x>"),
              "math:math>0 math:mi>1 math:mglyph>2. math:malignmark>2. x>2");
    CHECK_STR(read_tree(t, "<math><annotation-xml><svg><a>"),
              "math:math>0 math:annotation-xml>1 svg:svg>2 svg:a>3");
    CHECK_STR(read_tree(t, "<math><annotation-xml><x>"),
              "math:math>0 math:annotation-xml>1 math:x>2");
    CHECK_STR(read_tree(t, "<math><annotation-xml encoding=TEXT/html><x>"),
              "math:math>0 math:annotation-xml>1 x>2");
    CHECK_STR(read_tree(t, "<math><annotation-xml "
                           "encoding='application/xhtml+xml'><x>"),
              "math:math>0 math:annotation-xml>1 x>2");
    CHECK_STR(read_tree(t, "<math><annotation-xml encoding=text&#47;html><x>"),
              "math:math>0 failed");
    CHECK_STR(read_tree(t, "<svg/><title>"), "svg:svg>0. title>0");
    CHECK_STR(read_tree(t, "<svg><br><img>"), "svg:svg>0 br>0. img>0.");
    CHECK_STR(read_tree(t, "<svg><image></image><link><x>"),
              "svg:svg>0 svg:image>1 image<1! svg:link>1 svg:x>2");
}

static void html_breaks_out(wfp_test_t *t)
{
    CHECK_STR(read_tree(t, "<svg><g><p><title>"),
              "svg:svg>0 svg:g>1 p>0 title>1");
    CHECK_STR(read_tree(t, "<svg><desc><svg><g><b>"),
              "svg:svg>0 svg:desc>1 svg:svg>2 svg:g>3 b>2");
    CHECK_STR(read_tree(t, "<svg><font><font color=x>"),
              "svg:svg>0 svg:font>1 font>0");
    CHECK_STR(read_tree(t, "<svg><font SIZE=1><x>"), "svg:svg>0 font>0 x>1");
    CHECK_STR(read_tree(t, "<svg><g></p><x>"), "svg:svg>0 svg:g>1 p<0 x>0");
    CHECK_STR(read_tree(t, "<p><svg><g></p><x>"),
              "p>0 svg:svg>1 svg:g>2 p<0! x>0");
    CHECK_STR(read_tree(t, "<svg></br><title>"), "svg:svg>0 br<0 title>0");
    CHECK_STR(read_tree(t, "<div><svg></div><title>"),
              "div>0 svg:svg>1 div<0! title>0");
}

static void integration_points_hold(wfp_test_t *t)
{
    /* a browser ignores </div> here, so it is still in SVG after </desc> */
    CHECK_STR(read_tree(t, "<div><svg><desc></div></desc><title><x>"),
              "div>0 svg:svg>1 svg:desc>2 div<3 desc<2! svg:title>2 x>3");
    CHECK_STR(read_tree(t, "<p><math><mi></p></mi>"),
              "p>0 math:math>1 math:mi>2 p<3 mi<2!");
    /* but not those of SVG itself, with nothing of HTML between */
    CHECK_STR(read_tree(t, "<svg><title></svg>"),
              "svg:svg>0 svg:title>1 svg<0!");
    CHECK_STR(read_tree(t, "<svg><g><desc></g></desc>"),
              "svg:svg>0 svg:g>1 svg:desc>2 g<1! desc<1");
    CHECK_STR(read_tree(t, "<svg><desc><b></svg></b></svg>"),
              "svg:svg>0 svg:desc>1 b>2 svg<3 b<2! svg<0!");
    CHECK_STR(read_tree(t, "<svg><desc><svg></desc>"),
              "svg:svg>0 svg:desc>1 svg:svg>2 desc<1!");
    /* what is HTML keeps it open */
    CHECK_STR(read_tree(t, "<svg><title><b></title></b></title>"),
              "svg:svg>0 svg:title>1 b>2 title<3 b<2! title<1!");
    CHECK_STR(read_tree(t, "<x><p><svg></x></p>"),
              "x>0 p>1 svg:svg>2 x<3 p<1!");
    CHECK_STR(read_tree(t, "<x><svg></x>"), "x>0 svg:svg>1 x<0!");
    CHECK_STR(read_tree(t, "<body><svg></body></svg></body>"),
              "body>0 svg:svg>1 body<2 svg<1! body<0!");
    CHECK_STR(read_tree(t, "<form><svg></form>"), "form>0 svg:svg>1 form<2");
    CHECK_STR(read_tree(t, "<x><p></x>"), "x>0 p>1 x<0!");
    CHECK_STR(read_tree(t, "<table><td><svg><desc></td>"),
              "table>0 td>1 svg:svg>2 svg:desc>3 td<1!");
    CHECK_STR(read_tree(t, "<template><svg><desc></template>"),
              "template>0 svg:svg>1 svg:desc>2 template<0!");
}

static void text_begins_in_html_only(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<svg><title><b></title>", "S(svg)S(title)S(b)E(title)"),
        ROW("<svg><style><b>", "S(svg)S(style)S(b)"),
        ROW("<svg><script><!--</script>-->", "S(svg)S(script)C(</script>)"),
        ROW("<svg><script><b></script>", "S(svg)S(script)S(b)E(script)"),
        ROW("<svg><textarea><x></textarea>",
            "S(svg)S(textarea)S(x)E(textarea)"),
        ROW("<svg><desc><title><b></title>",
            "S(svg)S(desc)S(title)T(<b>)E(title)"),
        ROW("<svg><p><style><b></style>", "S(svg)S(p)S(style)T(<b>)E(style)"),
        ROW("<math><style><b>", "S(math)S(style)S(b)"),
        ROW("<math><mtext><style><b></style>",
            "S(math)S(mtext)S(style)T(<b>)E(style)"),
        ROW("<svg></svg><style><b></style>",
            "S(svg)E(svg)S(style)T(<b>)E(style)"),
        ROW("<svg><plaintext><b>", "S(svg)S(plaintext)S(b)"),
        ROW("<svg><style/><b>", "S(svg)S(style /)S(b)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void ambiguous_pages_are_refused(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<select><title>", "S(select)!"),
        ROW("<select><style>", "S(select)!"),
        ROW("<select><xmp>", "S(select)!"),
        ROW("<select><noscript>", "S(select)!"),
        ROW("<select><plaintext>", "S(select)!"),
        ROW("<select><script>x</script>", "S(select)S(script)T(x)E(script)"),
        ROW("<select><option>a</select><title>x",
            "S(select)S(option)T(a)E(select)S(title)T(x)"),
        ROW("<select><textarea><b>", "S(select)S(textarea)T(<b>)"),
        ROW("<select><input><title><b>", "S(select)S(input)S(title)T(<b>)"),
        ROW("<select><select><title><b>", "S(select)S(select)S(title)T(<b>)"),
        ROW("<select><template><title>", "S(select)S(template)!"),
        ROW("<select><template><template></template></select><title>",
            "S(select)S(template)S(template)E(template)E(select)!"),
        ROW("<select><template></template></select><title><b>",
            "S(select)S(template)E(template)E(select)S(title)T(<b>)"),
        ROW("<frameset><frame></frameset><noframes><b></noframes>",
            "S(frameset)S(frame)E(frameset)S(noframes)T(<b>)E(noframes)"),
        ROW("<frameset><style>", "S(frameset)!"),
        ROW_END,
    };

    html_check(t, rows);
}

static void depth_is_bounded(wfp_test_t *t)
{
    char s[4 * 300];
    html_dump_t d;
    int i;

    for (i = 0; i < 300; i++) {
        memcpy(s + 3 * i, "<a>", 3);
    }
    CHECK(!strchr(html_read(&d, s, 3 * 256, 0, 100, t->pool), '!'));
    CHECK(strchr(html_read(&d, s, 3 * 257, 0, 100, t->pool), '!'));
    for (i = 0; i < 300; i++) {
        memcpy(s + 4 * i, "<br>", 4);
    }
    CHECK(!strchr(html_read(&d, s, 4 * 300, 0, 100, t->pool), '!'));
}

static const wfp_test_case_t cases[] = {
    { "end_tags_close_their_element", end_tags_close_their_element },
    { "end_tags_are_not_made_up", end_tags_are_not_made_up },
    { "void_elements_are_leaves", void_elements_are_leaves },
    { "namespaces_are_followed", namespaces_are_followed },
    { "html_breaks_out", html_breaks_out },
    { "integration_points_hold", integration_points_hold },
    { "text_begins_in_html_only", text_begins_in_html_only },
    { "ambiguous_pages_are_refused", ambiguous_pages_are_refused },
    { "depth_is_bounded", depth_is_bounded },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
