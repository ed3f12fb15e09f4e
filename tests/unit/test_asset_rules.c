/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns, rules, paths and indexes of assets. */
#include "services/asset_rules.h"

#include <apr_strings.h>

#include "services/asset_config.h"
#include "services/asset_index.h"
#include "services/asset_path.h"
#include "services/asset_pattern.h"
#include "tests/unit/wfp_test.h"

/* ---- patterns ---------------------------------------------------------------- */

static int matches(wfp_test_t *t, wfp_asset_match_t *match,
                   wfp_asset_pattern_t **ppattern, const char *pattern,
                   int globs, const char *path)
{
    int budget = WFP_ASSET_BUDGET;

    *ppattern = wfp_asset_pattern_read(pattern, globs, t->pool);
    CHECK(*ppattern != NULL);
    return wfp_asset_pattern_match(match, *ppattern, path, strlen(path),
                                   &budget);
}

static void patterns_match_as_they_say(wfp_test_t *t)
{
    static const struct {
        const char *pattern;
        int globs;
        const char *path;
        const char *filled; /* "[:splat|:a|:b]"; NULL: it does not match */
    } rows[] = {
        { "/a", 0, "/a", "[:splat|:a|:b]" },
        { "/a", 0, "/a/", NULL },
        { "/a", 0, "/", NULL },
        { "/*", 0, "/", "[|:a|:b]" },
        { "/*", 0, "/x/y", "[x/y|:a|:b]" },
        { "/x/*/y", 0, "/x/1/2/y", "[1/2|:a|:b]" },
        { "/x/*/y", 0, "/x/y", NULL },
        { "*.png", 0, "/x/y.png", "[/x/y|:a|:b]" },
        { "/:a", 0, "/", NULL },
        { "/:a", 0, "/one", "[:splat|one|:b]" },
        { "/:a", 0, "/one/two", NULL },
        { "/:a/:b", 0, "/one/two", "[:splat|one|two]" },
        { "/:a-:b", 0, "/1-2-3", "[:splat|1-2|3]" },
        { "/:a/*", 0, "/1/2/3", "[2/3|1|:b]" },
        { "/a:", 0, "/a:", "[:splat|:a|:b]" },
        { "/:1", 0, "/:1", "[:splat|:a|:b]" },
        { "https://:a.example/*", 0, "https://x.example/y", "[y|x|:b]" },
        { "https://:a.example/*", 0, "https://x.y.example/", NULL },
        { "/*a*b", 1, "/xaxab", "" },
        { "/*a*b", 1, "/xaxa", NULL },
        { "/:a", 1, "/:a", "" },
        { "/:a", 1, "/x", NULL },
    };
    wfp_asset_pattern_t *pattern;
    wfp_asset_match_t match;
    int budget = WFP_ASSET_BUDGET;
    unsigned i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int yes = matches(t, &match, &pattern, rows[i].pattern, rows[i].globs,
                          rows[i].path);

        if (yes != (rows[i].filled != NULL)) {
            printf("# %s %s\n", rows[i].pattern, rows[i].path);
        }
        CHECK(yes == (rows[i].filled != NULL));
        if (yes && *rows[i].filled) {
            CHECK_STR(wfp_asset_pattern_fill("[:splat|:a|:b]", pattern, &match,
                                             &budget, t->pool),
                      rows[i].filled);
        }
    }
}

static void patterns_that_are_none_are_refused(wfp_test_t *t)
{
    CHECK(!wfp_asset_pattern_read("/*/*", 0, t->pool));
    CHECK(!wfp_asset_pattern_read("/:a/:a", 0, t->pool));
    CHECK(!wfp_asset_pattern_read("/:splat/*", 0, t->pool));
    CHECK(!wfp_asset_pattern_read("/*****************", 1, t->pool));
    CHECK(wfp_asset_pattern_read("/****************", 1, t->pool) != NULL);
}

static void patterns_end_when_their_steps_do(wfp_test_t *t)
{
    wfp_asset_pattern_t *pattern;
    wfp_asset_match_t match;
    char *path = apr_palloc(t->pool, 8001);
    int budget = 10000;

    memset(path, 'a', 8000);
    path[8000] = '\0';
    pattern = wfp_asset_pattern_read("/*a*a*a*a*a*a*a*a*b", 1, t->pool);
    path[0] = '/';
    CHECK(!wfp_asset_pattern_match(&match, pattern, path, 8000, &budget));
    CHECK(budget <= 0 && budget > -10000);
    CHECK(!wfp_asset_pattern_match(&match, pattern, "/ab", 3, &budget));
}

static void what_is_filled_in_is_bounded(wfp_test_t *t)
{
    wfp_asset_pattern_t *pattern;
    wfp_asset_match_t match;
    int budget = 10;

    CHECK(matches(t, &match, &pattern, "/*", 0, "/12345678"));
    CHECK_STR(wfp_asset_pattern_fill(":splat:splat", pattern, &match, &budget,
                                     t->pool),
              "12345678:splat");
}

/* ---- rules ------------------------------------------------------------------- */

static void rules_tell_what_they_pass_over(wfp_test_t *t)
{
    static const char *const bad[] = {
        "/a",
        "/a /b 200 x",
        "/a b",
        "a /b",
        "/a /b 404",
        "/a /b 3.2",
        "/a https://x 200",
        "/* /index.html",
        "/x/ /index",
        "/:a/:a /b",
        "https://x/a /b",
        "/a http://x",
    };
    apr_array_header_t *notes;
    unsigned i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        notes = apr_array_make(t->pool, 1, sizeof(const char *));
        (void)wfp_asset_rules_read(NULL, bad[i], 1, notes, t->pool);
        if (notes->nelts != 1) {
            printf("# %s\n", bad[i]);
        }
        CHECK(notes->nelts == 1);
    }
    notes = apr_array_make(t->pool, 1, sizeof(const char *));
    (void)wfp_asset_rules_read("/a\n  b: c\n# d\n\n/e\n  ! f\n",
                               "/a /b\r\n# c\n/d /e 301 # f\n", 1, notes,
                               t->pool);
    CHECK(notes->nelts == 0);
    (void)wfp_asset_rules_read(NULL, "/x/ /index", 0, notes, t->pool);
    CHECK(notes->nelts == 0); /* nothing redirects it back */
}

static void the_first_rule_of_a_path_holds(wfp_test_t *t)
{
    wfp_asset_rules_t *rules = wfp_asset_rules_read(
        NULL, "/a/b /1\n/a/* /2/:splat\n/a/c /3\n/:x/d /4/:x 301\n", 1, NULL,
        t->pool);
    wfp_asset_place_t place = { "h", "/a/b" };
    wfp_asset_redirect_t to;
    int budget = WFP_ASSET_BUDGET;

    CHECK(wfp_asset_rules_redirect(&to, rules, &place, &budget, t->pool));
    CHECK_STR(to.to, "/1");
    place.path = "/a/c";
    CHECK(wfp_asset_rules_redirect(&to, rules, &place, &budget, t->pool));
    CHECK_STR(to.to, "/2/c");
    place.path = "/b/d";
    CHECK(wfp_asset_rules_redirect(&to, rules, &place, &budget, t->pool));
    CHECK_STR(to.to, "/4/b");
    CHECK(to.status == 301);
    place.path = "/b";
    CHECK(!wfp_asset_rules_redirect(&to, rules, &place, &budget, t->pool));
    place.path = "/a//evil";
    CHECK(wfp_asset_rules_redirect(&to, rules, &place, &budget, t->pool));
    CHECK_STR(to.to, "/2/evil");
}

/* What is taken out costs steps, too: what is left over is not looked at. */
static void taking_out_has_a_budget(wfp_test_t *t)
{
    const wfp_asset_place_t place = { .host = "h", .path = "/" };
    wfp_headers_t *headers = wfp_headers_make(t->pool);
    const char *text = "/*\n  ! Before\n";
    const wfp_asset_rules_t *rules;
    int budget = 10000, i;

    for (i = 0; i < 300; i++) {
        wfp_headers_add(headers, apr_psprintf(t->pool, "X-%d", i), "1");
    }
    wfp_headers_add(headers, "Before", "1");
    wfp_headers_add(headers, "After", "1");
    for (i = 0; i < 90; i++) {
        text = apr_psprintf(t->pool, "%s  ! Y-%d\n", text, i);
    }
    text = apr_pstrcat(t->pool, text, "/*\n  ! After\n", NULL);
    rules = wfp_asset_rules_read(text, NULL, 0, NULL, t->pool);
    wfp_asset_rules_headers(headers, rules, &place, &budget, t->pool);
    CHECK(budget <= 0 && budget > -1000);
    CHECK(!wfp_headers_get(headers, "Before"));
    CHECK(wfp_headers_get(headers, "After") != NULL);
}

/* ---- the index ----------------------------------------------------------------- */

static const char *make_index(wfp_asset_index_t *index, wfp_test_t *t,
                              const char *const *paths)
{
    apr_array_header_t *list = apr_array_make(t->pool, 8, sizeof(wfp_asset_t));
    const char *block;
    apr_size_t size;
    int i;

    for (i = 0; paths[i]; i++) {
        wfp_asset_t *asset = apr_array_push(list);

        memset(asset, 0, sizeof(*asset));
        asset->path = paths[i];
        asset->type = i % 2 ? "text/plain" : NULL;
        asset->size = i;
        memset(asset->digest, i, sizeof(asset->digest));
    }
    CHECK(wfp_asset_index_make(&block, &size, list, "{\"a\":1}", t->pool) == 0);
    CHECK(wfp_asset_index_read(index, block, size) == APR_SUCCESS);
    return block;
}

static const char *const some[] = { "/c", "/a", "/a/b", "/", "/ab", NULL };

static void an_index_finds_its_paths(wfp_test_t *t)
{
    static const char *const others[] = { "", "/aa", "/b", "/abc", "/c/", "c" };
    wfp_asset_index_t index;
    wfp_asset_t asset;
    int i;

    (void)make_index(&index, t, some);
    CHECK(index.count == 5);
    CHECK_STR(index.config, "{\"a\":1}");
    for (i = 0; some[i]; i++) {
        CHECK(wfp_asset_index_find(&asset, &index, some[i], strlen(some[i])));
        CHECK_STR(asset.path, some[i]);
        CHECK(asset.size == i && asset.digest[31] == i);
        CHECK((asset.type != NULL) == (i % 2));
    }
    for (i = 0; i < 6; i++) {
        CHECK(!wfp_asset_index_find(&asset, &index, others[i],
                                    strlen(others[i])));
    }
}

static void an_index_that_is_damaged_is_none(wfp_test_t *t)
{
    wfp_asset_index_t index, other;
    const char *block = make_index(&index, t, some);
    char *copy = apr_palloc(t->pool, index.size);
    apr_size_t i;
    wfp_asset_t asset;

    for (i = 0; i < index.size; i++) {
        CHECK(wfp_asset_index_read(&other, block, i) == APR_EINVAL);
    }
    /* whatever byte is another one: nothing outside is read */
    for (i = 0; i < index.size; i++) {
        memcpy(copy, block, index.size);
        copy[i] = (char)(copy[i] ^ 0xff);
        if (wfp_asset_index_read(&other, copy, index.size) == APR_SUCCESS) {
            (void)wfp_asset_index_find(&asset, &other, "/a/b", 4);
            wfp_asset_index_at(&asset, &other, other.count - 1);
        }
    }
}

static void an_index_may_be_empty(wfp_test_t *t)
{
    static const char *const none[] = { NULL };
    wfp_asset_index_t index;
    wfp_asset_t asset;

    (void)make_index(&index, t, none);
    CHECK(!wfp_asset_index_find(&asset, &index, "/", 1));
}

/* ---- paths ------------------------------------------------------------------- */

static void paths_are_decoded_and_encoded(wfp_test_t *t)
{
    static const char *const rows[][3] = {
        { "/a", "/a", "/a" },
        { "/a%20b", "/a b", "/a%20b" },
        { "/%c3%bc", "/\xc3\xbc", "/%C3%BC" },
        { "/a%2Fb", "/a/b", "/a/b" },
        { "/a%252Fb", "/a%2Fb", "/a%252Fb" },
        { "//a///b/", "/a/b/", "/a/b/" },
        { "/%2F%2Fa", "/a", "/a" },
        { "/%", "/%", "/%25" },
        { "/%4", "/%4", "/%254" },
        { "/%4g%41", "/%4g%41", "/%254g%2541" },
        { "/%ff", "/%ff", "/%25ff" },
        { "/a@b[c]", "/a@b[c]", "/a%40b%5Bc%5D" },
        { "/-_.!~*'()", "/-_.!~*'()", "/-_.!~*'()" },
        { "/\\x", "/\\x", "/%5Cx" },
    };
    unsigned i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_STR(wfp_asset_path_decode(rows[i][0], t->pool), rows[i][1]);
        CHECK_STR(wfp_asset_path_encode(rows[i][1], t->pool), rows[i][2]);
    }
    CHECK(!wfp_asset_path_decode("/%00", t->pool));
    CHECK(!wfp_asset_path_decode("/a%00b/c", t->pool));
}

/* Wherever a path is redirected to serves in the end. */
static void paths_are_not_redirected_in_circles(wfp_test_t *t)
{
    static const char *const files[] = {
        "/index.html", "/a.html", "/a/index.html", "/b.html",  "/c/index.html",
        "/d",          "/d.html", "/index",        "/e/index", "/404.html",
        NULL
    };
    static const char *const stems[] = { "",   "/a", "/b", "/c",
                                         "/d", "/e", "/f", "/a/a" };
    static const char *const ends[] = { "",       "/",           "/index",
                                        ".html",  "/index.html", "//",
                                        "/index/" };
    wfp_asset_index_t index;
    wfp_asset_way_t way, next;
    unsigned i, j;
    int html, miss, hops;

    (void)make_index(&index, t, files);
    for (i = 0; i < 8 * 7; i++) {
        const char *path = apr_pstrcat(t->pool, stems[i / 7], ends[i % 7],
                                       NULL);

        for (j = 0; j < 4 * 3; j++) {
            html = (int)j / 3;
            miss = (int)j % 3;
            wfp_asset_path_find(&way, &index, path, (wfp_html_e)html,
                                (wfp_miss_e)miss, t->pool);
            if (way.status != 307) {
                continue;
            }
            next = way;
            for (hops = 0; next.status == 307 && hops < 3; hops++) {
                wfp_asset_path_find(&next, &index, next.location,
                                    (wfp_html_e)html, (wfp_miss_e)miss,
                                    t->pool);
            }
            CHECK(next.status == 200 || next.status == 404);
        }
    }
}

static const wfp_test_case_t cases[] = {
    { "patterns match as they say", patterns_match_as_they_say },
    { "patterns that are none are refused",
      patterns_that_are_none_are_refused },
    { "patterns end when their steps do", patterns_end_when_their_steps_do },
    { "what is filled in is bounded", what_is_filled_in_is_bounded },
    { "rules tell what they pass over", rules_tell_what_they_pass_over },
    { "the first rule of a path holds", the_first_rule_of_a_path_holds },
    { "taking out has a budget", taking_out_has_a_budget },
    { "an index finds its paths", an_index_finds_its_paths },
    { "an index that is damaged is none", an_index_that_is_damaged_is_none },
    { "an index may be empty", an_index_may_be_empty },
    { "paths are decoded and encoded", paths_are_decoded_and_encoded },
    { "paths are not redirected in circles",
      paths_are_not_redirected_in_circles },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
