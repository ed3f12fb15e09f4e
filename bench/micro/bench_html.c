/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MB/s of pages through core/html: tokens only, and with selectors; and through
 * an HTMLRewriter without handlers, and with one. Best of several rounds.
 */
#include "tests/unit/html_fixture.h"
#include "tests/unit/runtime_fixture.h"

#define ROUNDS     5
#define PAGE_BYTES (4 * 1000 * 1000)

static const char row[] =
    "<li class=\"item wide\"><a href=\"/x?a=1&amp;b=2\" title='t'>row</a> some "
    "more text, as pages have it between their tags<br><b>12</b></li>\n";

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *make_page(apr_pool_t *p)
{
    char *s = apr_palloc(p, PAGE_BYTES + 1);
    apr_size_t n;

    for (n = 0; n + sizeof(row) < PAGE_BYTES; n += sizeof(row) - 1) {
        memcpy(s + n, row, sizeof(row) - 1);
    }
    s[n] = '\0';
    return s;
}

static void read_all(const char *s, const char *selector, apr_pool_t *p)
{
    wfp_html_memory_t memory = { html_alloc, p };
    wfp_html_page_limits_t limits = { 65536, 1000, APR_UINT64_MAX };
    wfp_html_program_t program;
    wfp_html_fault_t fault;
    wfp_html_page_t page;
    apr_size_t n = strlen(s), at = 0;

    wfp_html_selector_init(&program, &memory);
    if (selector
        && wfp_html_selector_parse(&program, selector, strlen(selector), 0,
                                   &fault)
               != APR_SUCCESS) {
        printf("%s?\n", fault.what);
        return;
    }
    wfp_html_page_init(&page, &program, &limits, &memory);
    while (at < n) {
        apr_size_t size = n - at < 16384 ? n - at : 16384;

        wfp_html_page_feed(&page, s + at, size);
        at += size;
        while (wfp_html_page_next(&page) == WFP_HTML_PAGE_TOKEN) {
        }
    }
}

static void core(wfp_test_t *t, const char *what, const char *selector)
{
    const char *s = make_page(t->pool);
    double best = 1e9;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        double begin = now(), took;

        read_all(s, selector, t->pool);
        took = now() - begin;
        best = took < best ? took : best;
    }
    printf("# %-40s %6.0f MB/s\n", what, (double)strlen(s) / 1e6 / best);
}

/* A Worker that rewrites 4 MB. */
static void rewriter(wfp_test_t *t, const char *what, const char *handlers)
{
    wfp_limits_t limits = fixture_limits();
    double best = 1e9;
    const char *text;
    int i;

    limits.v[WFP_LIMIT_CPU_MS] = 30000;
    text = apr_psprintf(t->pool,
                        "local row = [[%s]]\nlocal chunk = row:rep(100)\n"
                        "local R = HTMLRewriter.new()%s\n"
                        "return { fetch = function() local n = 0\n"
                        "return R:transform(Response.new(function()\n"
                        "n = n + #chunk if n < %d then return chunk end end))\n"
                        "end }",
                        row, handlers, PAGE_BYTES);
    for (i = 0; i < ROUNDS; i++) {
        fixture_outcome_t out = fixture_once(t, text, &limits);

        CHECK(out.body != NULL);
        best = out.cpu_ms < best ? out.cpu_ms : best;
    }
    printf("# %-40s %6.0f MB/s\n", what, PAGE_BYTES / 1e3 / best);
}

static void run(wfp_test_t *t)
{
    core(t, "tokens and open elements", NULL);
    core(t, "a selector of one element", "b");
    core(t, "a selector of class and attribute", "li.item > a[href^='/x']");
    rewriter(t, "HTMLRewriter without handlers", "");
    rewriter(t, "an element handler that does nothing",
             ":on('b', {element=function() end})");
    rewriter(t, "an element handler that sets an attribute",
             ":on('a', {element=function(e) e:setAttribute('rel', 'x') end})");
    rewriter(t, "a text handler of the whole page",
             ":onDocument{text=function(c) end}");
}

static const wfp_test_case_t cases[] = { { "run", run }, { NULL, NULL } };

int main(void)
{
    return wfp_test_run(cases);
}
