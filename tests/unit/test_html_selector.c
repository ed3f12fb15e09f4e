/* SPDX-License-Identifier: Apache-2.0 */
/* Selectors: what they match on pages, and what is refused with which words. */
#include "tests/unit/html_fixture.h"

/* The values of the attribute "n" of all elements that match, or "!...". */
static const char *matches(wfp_test_t *t, const char *selector,
                           const char *text)
{
    wfp_html_memory_t memory = { html_alloc, t->pool };
    wfp_html_program_t program;
    wfp_html_page_t page;
    wfp_html_fault_t fault;
    const char *out = "";

    wfp_html_selector_init(&program, &memory);
    if (wfp_html_selector_parse(&program, selector, strlen(selector), 0, &fault)
        != APR_SUCCESS) {
        return apr_psprintf(t->pool, "! %s: %.*s", fault.what, (int)fault.size,
                            selector + fault.at);
    }
    wfp_html_page_init(&page, &program, &html_limits, &memory);
    wfp_html_page_feed(&page, text, strlen(text));
    wfp_html_page_end(&page);
    while (wfp_html_page_next(&page) == WFP_HTML_PAGE_TOKEN) {
        const char *n;

        if (page.token.kind != WFP_HTML_START_TAG
            || !wfp_html_match_has(&page.match, page.element, 0)) {
            continue;
        }
        n = strstr(page.token.raw, "n=");
        out = apr_psprintf(t->pool, "%s%c", out,
                           n && n < page.token.raw + page.token.size ? n[2]
                                                                     : '?');
    }
    CHECK(!page.fault);
    CHECK_INT(page.match.active[0], 0);
    return out;
}

static const char page[] =
    "<html n=h><body n=b class='dark wide'>"
    "<div n=1 id=main class=box><p n=2>a</p><p n=3 class='x box'>b</p></div>"
    "<DIV n=4 CLASS=Box lang=en-GB><span n=5 data-x='a b c'><p n=6></span>"
    "</div><a n=7 href=https://e.example/x.png title=''>c</a>"
    "<ul n=u><li n=8></li><li n=9></li><li n=0></li><b n=c></b>"
    "<li n=d></li></ul></body>";

static void types_ids_classes(wfp_test_t *t)
{
    CHECK_STR(matches(t, "*", page), "hb1234567u890cd");
    CHECK_STR(matches(t, "p", page), "236");
    CHECK_STR(matches(t, "P", page), "236");
    CHECK_STR(matches(t, "div", page), "14");
    CHECK_STR(matches(t, "pp", page), "");
    CHECK_STR(matches(t, "#main", page), "1");
    CHECK_STR(matches(t, "#Main", page), "");
    CHECK_STR(matches(t, "div#main.box", page), "1");
    CHECK_STR(matches(t, ".box", page), "13");
    CHECK_STR(matches(t, ".Box", page), "4");
    CHECK_STR(matches(t, "p.box", page), "3");
    CHECK_STR(matches(t, ".x.box", page), "3");
    CHECK_STR(matches(t, ".dark.wide", page), "b");
    CHECK_STR(matches(t, ".bo", page), "");
    CHECK_STR(matches(t, "*.box", page), "13");
}

static void attributes(wfp_test_t *t)
{
    CHECK_STR(matches(t, "[lang]", page), "4");
    CHECK_STR(matches(t, "[LANG]", page), "4");
    CHECK_STR(matches(t, "[ lang ]", page), "4");
    CHECK_STR(matches(t, "[lang=en-GB]", page), "4");
    CHECK_STR(matches(t, "[lang=en-gb]", page), "");
    CHECK_STR(matches(t, "[lang=en-gb i]", page), "4");
    CHECK_STR(matches(t, "[lang=\"en-gb\"i]", page), "4");
    CHECK_STR(matches(t, "[lang=en-GB s]", page), "4");
    CHECK_STR(matches(t, "[lang='en-GB']", page), "4");
    CHECK_STR(matches(t, "[lang|=en]", page), "4");
    CHECK_STR(matches(t, "[lang|=e]", page), "");
    CHECK_STR(matches(t, "[href^='https://']", page), "7");
    CHECK_STR(matches(t, "[href^=\"HTTPS\"]", page), "");
    CHECK_STR(matches(t, "[href^=\"HTTPS\" I]", page), "7");
    CHECK_STR(matches(t, "[href$='.png']", page), "7");
    CHECK_STR(matches(t, "[href$='.PNG' i]", page), "7");
    CHECK_STR(matches(t, "[href*=example]", page), "7");
    CHECK_STR(matches(t, "[href*=EXAMPLE i]", page), "7");
    CHECK_STR(matches(t, "[href*=nowhere]", page), "");
    CHECK_STR(matches(t, "[data-x~=b]", page), "5");
    CHECK_STR(matches(t, "[data-x~='a b']", page), "");
    CHECK_STR(matches(t, "[title='']", page), "7");
    CHECK_STR(matches(t, "[title^='']", page), "");
    CHECK_STR(matches(t, "[title*='']", page), "");
    CHECK_STR(matches(t, "[title$='']", page), "");
    CHECK_STR(matches(t, "[title~='']", page), "");
    CHECK_STR(matches(t, "[class][lang]", page), "4");
    CHECK_STR(matches(t, "a[href][title]", page), "7");
    CHECK_STR(matches(t, "[a=1]", "<x n=1 a=1 a=2><x n=2 a=2 a=1>"), "1");
    CHECK_STR(matches(t, "[a]", "<x n=1 a><x n=2 a=><x n=3 b=a>"), "12");
    CHECK_STR(matches(t, "[a='&lt;']", "<x n=1 a='&lt;'><x n=2 a='<'>"), "1");
    CHECK_STR(matches(t, "[a*=aab]", "<x n=1 a=aaaab><x n=2 a=aaaa>"), "1");
}

static void combinators(wfp_test_t *t)
{
    CHECK_STR(matches(t, "div p", page), "236");
    CHECK_STR(matches(t, "div > p", page), "23");
    CHECK_STR(matches(t, "div>p", page), "23");
    CHECK_STR(matches(t, "body p", page), "236");
    CHECK_STR(matches(t, "html body div p.box", page), "3");
    CHECK_STR(matches(t, "html > p", page), "");
    CHECK_STR(matches(t, "div span > p", page), "6");
    CHECK_STR(matches(t, "div > span p", page), "6");
    CHECK_STR(matches(t, "p p", page), "");
    CHECK_STR(matches(t, "p p", "<p n=1><p n=2></p></p><p n=3>"), "2");
    CHECK_STR(matches(t, "a b", "<a n=1><b n=2></b></a><b n=3>"), "2");
    CHECK_STR(matches(t, "a > b > c",
                      "<a><b><c n=1></c><x><c n=2></c></x></b></a>"
                      "<b><c n=3></c></b>"),
              "1");
    CHECK_STR(matches(t, "a b c", "<b><a><c n=1><b><x><c n=2>"), "2");
    CHECK_STR(matches(t, "br a", "<br><a n=1>"), "");
    CHECK_STR(matches(t, "br > a, br a", "<br><a n=1>"), "");
    CHECK_STR(matches(t, "\ta\n>\fb\r", "<a><b n=1>"), "1");
}

static void counting(wfp_test_t *t)
{
    CHECK_STR(matches(t, "li:first-child", page), "8");
    CHECK_STR(matches(t, "li:nth-child(1)", page), "8");
    CHECK_STR(matches(t, "li:nth-child(2)", page), "9");
    CHECK_STR(matches(t, "li:nth-child(5)", page), "d");
    CHECK_STR(matches(t, "li:nth-child(odd)", page), "80d");
    CHECK_STR(matches(t, "li:nth-child(even)", page), "9");
    CHECK_STR(matches(t, "li:nth-child( 2n + 1 )", page), "80d");
    CHECK_STR(matches(t, "li:nth-child(2N)", page), "9");
    CHECK_STR(matches(t, "li:nth-child(n)", page), "890d");
    CHECK_STR(matches(t, "li:nth-child(n+2)", page), "90d");
    CHECK_STR(matches(t, "li:nth-child(-n+2)", page), "89");
    CHECK_STR(matches(t, "li:nth-child(3n-1)", page), "9d");
    CHECK_STR(matches(t, "li:nth-child(+3)", page), "0");
    CHECK_STR(matches(t, "li:nth-child(-1)", page), "");
    CHECK_STR(matches(t, "li:nth-of-type(4)", page), "d");
    CHECK_STR(matches(t, "li:nth-of-type(2n)", page), "9d");
    CHECK_STR(matches(t, "b:first-of-type", page), "c");
    CHECK_STR(matches(t, "b:first-child", page), "");
    CHECK_STR(matches(t, "ul > :first-child", page), "8");
    CHECK_STR(matches(t, "p:first-of-type", page), "26");
    CHECK_STR(matches(t, ":nth-child(2)", "<br><img n=1><br>"), "1");
}

static void negation(wfp_test_t *t)
{
    CHECK_STR(matches(t, "p:not(.box)", page), "26");
    CHECK_STR(matches(t, "li:not(:first-child)", page), "90d");
    CHECK_STR(matches(t, "p:not(.x.box)", page), "26");
    CHECK_STR(matches(t, "p:not(.y.box)", page), "236");
    CHECK_STR(matches(t, "li:not(:nth-child(2), :nth-child(3))", page), "8d");
    CHECK_STR(matches(t, ":not(p):not(li):not([n])", page), "");
    CHECK_STR(matches(t, "ul > *:not(li)", page), "c");
    CHECK_STR(matches(t, "div:not([lang])", page), "1");
    CHECK_STR(matches(t, "a:not( [href^='http:'] )", page), "7");
    CHECK_STR(matches(t, "p:not(*)", page), "");
}

static void lists(wfp_test_t *t)
{
    CHECK_STR(matches(t, "a, ul", page), "7u");
    CHECK_STR(matches(t, "p,p", page), "236");
    CHECK_STR(matches(t, "p.box , div > p,b", page), "23c");
}

static void escapes(wfp_test_t *t)
{
    CHECK_STR(matches(t, ".md\\:flex", "<a n=1 class='md:flex x'>"), "1");
    CHECK_STR(matches(t, "#\\31 23", "<a n=1 id=123>"), "1");
    CHECK_STR(matches(t, ".\\e4", "<a n=1 class='\xc3\xa4'>"), "1");
    CHECK_STR(matches(t, ".\\20ac", "<a n=1 class='\xe2\x82\xac'>"), "1");
    CHECK_STR(matches(t, ".\\1f600 x", "<a n=1 class='\xf0\x9f\x98\x80x'>"),
              "1");
    CHECK_STR(matches(t, ".\xc3\xa4", "<a n=1 class='\xc3\xa4'>"), "1");
    CHECK_STR(matches(t, "[a='\\'\\\\']", "<a n=1 a=\"'\\\">"), "1");
    CHECK_STR(matches(t, "[a=\"\\22\"]", "<a n=1 a='\"'>"), "1");
    CHECK_STR(matches(t, "\\61", "<a n=1>"), "1");
    CHECK_STR(matches(t, ".\\0", "<a n=1 class='\xef\xbf\xbd'>"), "1");
    CHECK_STR(matches(t, "x-y, svg", "<x-y n=1></x-y><svg n=2>"), "12");
}

static void refused(wfp_test_t *t)
{
    CHECK_STR(matches(t, "", ""), "! a selector is missing: ");
    CHECK_STR(matches(t, "  ", ""), "! a selector is missing: ");
    CHECK_STR(matches(t, "a,", ""), "! a selector is missing: ");
    CHECK_STR(matches(t, ",a", ""), "! unsupported: ,");
    CHECK_STR(matches(t, "a >", ""), "! a selector is missing: ");
    CHECK_STR(matches(t, "> a", ""), "! unsupported: >");
    CHECK_STR(matches(t, "a + b", ""), "! unsupported: +");
    CHECK_STR(matches(t, "a+b", ""), "! unsupported: +");
    CHECK_STR(matches(t, "a ~ b", ""), "! unsupported: ~");
    CHECK_STR(matches(t, "a >> b", ""), "! unsupported: >");
    CHECK_STR(matches(t, "a:hover", ""), "! unsupported: :hover");
    CHECK_STR(matches(t, "a::before", ""), "! unsupported: ::before");
    CHECK_STR(matches(t, "a:has(b)", ""), "! unsupported: :has");
    CHECK_STR(matches(t, "a:last-child", ""), "! unsupported: :last-child");
    CHECK_STR(matches(t, "a:first-childx", ""), "! unsupported: :first-childx");
    CHECK_STR(matches(t, ":nth-of-type(2)", ""),
              "! of-type needs the element's name before it: :nth-of-type(");
    CHECK_STR(matches(t, "a:nth-child()", ""), "! a number is missing: )");
    CHECK_STR(matches(t, "a:nth-child(x)", ""), "! a number is missing: x");
    CHECK_STR(matches(t, "a:nth-child(2n+)", ""), "! a number is missing: 2n+");
    CHECK_STR(matches(t, "a:nth-child(2", ""), "! \")\" is missing: 2");
    CHECK_STR(matches(t, "a:nth-child(2 of b)", ""), "! \")\" is missing: 2 ");
    CHECK_STR(matches(t, "svg|a", ""), "! unsupported: svg|");
    CHECK_STR(matches(t, "[a", ""), "! unsupported operator: ");
    CHECK_STR(matches(t, "[a!=b]", ""), "! unsupported operator: !");
    CHECK_STR(matches(t, "[a=b", ""), "! unsupported flag: ");
    CHECK_STR(matches(t, "[a=b x]", ""), "! unsupported flag: x");
    CHECK_STR(matches(t, "[a='b]", ""), "! a quote is not closed: 'b]");
    CHECK_STR(matches(t, "[a=]", ""), "! a name is missing: ]");
    CHECK_STR(matches(t, "[]", ""), "! a name is missing: ]");
    CHECK_STR(matches(t, ".", ""), "! a name is missing: ");
    CHECK_STR(matches(t, "#1", ""), "! a name cannot begin with a digit: 1");
    CHECK_STR(matches(t, "a:not(:not(b))", ""),
              "! unsupported inside :not(): :not(");
    CHECK_STR(matches(t, "a:not(b c)", ""), "! unsupported inside :not(): c");
    CHECK_STR(matches(t, "a:not()", ""), "! unsupported: )");
    CHECK_STR(matches(t, "a:not(b", ""), "! unsupported inside :not(): ");
    CHECK_STR(matches(t, "a{}", ""), "! unsupported: {");
    CHECK_STR(matches(t, "a\\", ""), "! unsupported: \\");
}

static void program_is_bounded(wfp_test_t *t)
{
    char *s = apr_palloc(t->pool, 40000);
    apr_size_t n = 0;
    int i;

    for (i = 0; i < 256; i++) {
        n += (apr_size_t)apr_snprintf(s + n, 20, i ? ",a" : "a");
    }
    CHECK_STR(matches(t, s, "<a n=1>"), "1");
    apr_snprintf(s + n, 20, ",a");
    CHECK_STR(matches(t, s, "<a n=1>"), "! too many selectors: a");
    for (i = 0, n = 0; i < 65; i++) {
        n += (apr_size_t)apr_snprintf(s + n, 20, "[a%d]", i);
    }
    CHECK_STR(matches(t, s, ""), "! too many different names: ]");
    for (i = 0, n = 0; i < 17; i++) {
        n += (apr_size_t)apr_snprintf(s + n, 40, "%sa%d:first-of-type",
                                      i ? "," : "", i);
    }
    CHECK(strstr(matches(t, s, ""), "! too many different names"));
    for (i = 0, n = 1, s[0] = 'a'; i < 9000; i++) {
        n += (apr_size_t)apr_snprintf(s + n, 20, ".b");
    }
    CHECK_STR(matches(t, s, ""), "! too many selectors: .");
}

/* Deep, and many bits: words that are no first ones. */
static void many_compounds_on_deep_pages(wfp_test_t *t)
{
    char *s = apr_palloc(t->pool, 40000);
    char *text = apr_palloc(t->pool, 40000);
    apr_size_t n = 0, m = 0;
    int i;

    for (i = 0; i < 200; i++) {
        n += (apr_size_t)apr_snprintf(s + n, 20, "%sa%d", i ? " " : "", i);
        m += (apr_size_t)apr_snprintf(text + m, 20, "<a%d n=%d>", i, i % 10);
    }
    CHECK_STR(matches(t, s, text), "9");
    for (i = 0, n = 0; i < 200; i++) {
        n += (apr_size_t)apr_snprintf(s + n, 20, "%sa%d", i ? " > " : "", i);
    }
    CHECK_STR(matches(t, s, text), "9");
    CHECK_STR(matches(t, s, text + 8), "");
}

static void work_is_bounded(wfp_test_t *t)
{
    wfp_html_memory_t memory = { html_alloc, t->pool };
    wfp_html_program_t program;
    wfp_html_fault_t fault;
    wfp_html_page_t p;
    char *s = apr_palloc(t->pool, 4001), *value = apr_palloc(t->pool, 4001);
    const char *selector;
    int i;

    memset(value, 'a', 2000);
    value[2000] = '\0';
    memset(s, 'a', 1000);
    apr_snprintf(s + 1000, 10, "b");
    selector = apr_psprintf(t->pool, "[x*=%s]", s);
    wfp_html_selector_init(&program, &memory);
    CHECK_INT(wfp_html_selector_parse(&program, selector, strlen(selector), 0,
                                      &fault),
              APR_SUCCESS);
    wfp_html_page_init(&p, &program, &html_limits, &memory);
    for (i = 0; i < 3; i++) {
        wfp_html_page_feed(&p, "<a x=", 5);
        CHECK_INT(wfp_html_page_next(&p), WFP_HTML_PAGE_MORE);
        wfp_html_page_feed(&p, value, 2000);
        CHECK_INT(wfp_html_page_next(&p), WFP_HTML_PAGE_MORE);
        wfp_html_page_feed(&p, ">", 1);
        if (wfp_html_page_next(&p) == WFP_HTML_PAGE_FAILED) {
            break;
        }
        CHECK(i == 0);
    }
    CHECK_STR(p.fault, "too much work for its selectors");
    CHECK_INT(wfp_html_page_next(&p), WFP_HTML_PAGE_FAILED);
}

static const wfp_test_case_t cases[] = {
    { "types_ids_classes", types_ids_classes },
    { "attributes", attributes },
    { "combinators", combinators },
    { "counting", counting },
    { "negation", negation },
    { "lists", lists },
    { "escapes", escapes },
    { "refused", refused },
    { "program_is_bounded", program_is_bounded },
    { "many_compounds_on_deep_pages", many_compounds_on_deep_pages },
    { "work_is_bounded", work_is_bounded },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
