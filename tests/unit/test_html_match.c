/* SPDX-License-Identifier: Apache-2.0 */
/* What selectors cost, and that nothing matches when the steps run out. */
#include "tests/unit/html_fixture.h"

typedef struct read_t {
    wfp_html_page_t page;
    wfp_html_program_t program;
    wfp_html_memory_t memory;
} read_t;

/* A page read to its end or failure with so many steps for each tag. */
static const read_t *read_with(wfp_test_t *t, const char *selector,
                               const char *text, apr_uint64_t steps_max)
{
    wfp_html_page_limits_t limits = html_limits;
    read_t *r = apr_pcalloc(t->pool, sizeof(*r));
    wfp_html_memory_t memory = { html_alloc, t->pool };
    wfp_html_fault_t fault;

    r->memory = memory;
    limits.steps_max = steps_max;
    wfp_html_selector_init(&r->program, &r->memory);
    CHECK_INT(wfp_html_selector_parse(&r->program, selector, strlen(selector),
                                      0, &fault),
              APR_SUCCESS);
    wfp_html_page_init(&r->page, &r->program, &limits, &r->memory);
    wfp_html_page_feed(&r->page, text, strlen(text));
    while (wfp_html_page_next(&r->page) == WFP_HTML_PAGE_TOKEN) {
    }
    return r;
}

/* Does the innermost element match? */
static int matches(const read_t *r)
{
    return wfp_html_match_has(&r->page.match, wfp_html_open_top(&r->page.open),
                              0);
}

/* Whatever step is the last: an element that does not match with all of them
   does not with fewer, and the page fails. */
static void nothing_matches_without_steps(wfp_test_t *t)
{
    static const char *const selectors[] = {
        "b:not([x*=aab])",       "b:not([x*=aaaaab])",        "b[y]:not(b)",
        "b:not([y=''][x*=aab])", "c:not(a), b:not([x*=aab])",
    };
    const char *text = "<b x=aaaaaaaaaaaaaaaaaaaaaaaaaab>";
    apr_size_t i;

    for (i = 0; i < sizeof(selectors) / sizeof(selectors[0]); i++) {
        apr_uint64_t steps, all;
        int is_match;
        const read_t *r = read_with(t, selectors[i], text, 100000);

        CHECK(!r->page.fault);
        is_match = matches(r);
        all = r->page.match.steps;
        CHECK(all > 3);
        for (steps = 1; steps <= all; steps++) {
            r = read_with(t, selectors[i], text, steps);
            CHECK_STR(r->page.fault, "too much work for its selectors");
            CHECK(!matches(r) || is_match);
            CHECK_INT(r->page.match.active[0], matches(r));
        }
        CHECK(!read_with(t, selectors[i], text, all + 1)->page.fault);
    }
}

/* The rules behind the bound are not run. */
static void the_bound_is_kept(wfp_test_t *t)
{
    char *s = apr_palloc(t->pool, 40000);
    apr_size_t n = 0;
    int i;

    for (i = 0; i < 200; i++) {
        n += (apr_size_t)apr_snprintf(s + n, 20, "%s[x=a%d]", i ? "," : "", i);
    }
    CHECK(read_with(t, s, "<b x=1>", 100000)->page.match.steps > 300);
    CHECK(read_with(t, s, "<b x=1>", 20)->page.match.steps < 30);
}

/* The text with the name for each '#'. */
static const char *named(wfp_test_t *t, const char *text, const char *name)
{
    const char *out = "";

    for (; *text; text++) {
        out = *text == '#' ? apr_pstrcat(t->pool, out, name, NULL)
                           : apr_psprintf(t->pool, "%s%c", out, *text);
    }
    return out;
}

/* Steps of a page; # in both texts is a name of n bytes. */
static apr_uint64_t cost(wfp_test_t *t, const char *selector, const char *page,
                         apr_size_t n)
{
    char *name = apr_pcalloc(t->pool, n + 1);
    const read_t *r;

    memset(name, 'n', n);
    r = read_with(t, named(t, selector, name), named(t, page, name), 100000);
    CHECK(!r->page.fault);
    return r->page.match.steps;
}

/* Comparing long names costs what it takes. */
static void long_names_cost_more(wfp_test_t *t)
{
    static const struct {
        const char *what;
        const char *selector;
        const char *page;
    } rows[] = {
        { "type", "#", "<#>" },
        { "nth-of-type", "b:not(#:first-of-type)", "<#>" },
        { "attribute", "[#]", "<b #=1>" },
        { "end tag", "b", "<#></#>" },
    };
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        apr_uint64_t small = cost(t, rows[i].selector, rows[i].page, 8);
        apr_uint64_t large = cost(t, rows[i].selector, rows[i].page, 808);

        if (large < small + 100) {
            printf("# %s: %d, %d\n", rows[i].what, (int)small, (int)large);
        }
        CHECK(large >= small + 100);
    }
}

static const wfp_test_case_t cases[] = {
    { "nothing_matches_without_steps", nothing_matches_without_steps },
    { "the_bound_is_kept", the_bound_is_kept },
    { "long_names_cost_more", long_names_cost_more },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
