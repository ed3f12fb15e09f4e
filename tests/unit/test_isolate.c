/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime_fixture.h"

static apr_status_t create(wfp_isolate_t **piso, wfp_test_t *t,
                           const wfp_script_t *script, wfp_result_t *res)
{
    wfp_limits_t limits = fixture_limits();

    wfp_result_init(res, t->pool);
    return wfp_isolate_create(piso, fixture(t), script, &limits, 0, res,
                              t->pool);
}

/* The text must be refused with this code and message. */
static void refused(wfp_test_t *t, const char *text, wfp_code_e code,
                    const char *message)
{
    wfp_isolate_t *iso = NULL;
    wfp_result_t res;

    CHECK(create(&iso, t, fixture_script(text, t->pool), &res) != APR_SUCCESS);
    CHECK(iso == NULL);
    if (res.code != code || !strstr(res.message, message)) {
        printf("# %s: %s\n", wfp_code_row(res.code)->code, res.message);
    }
    CHECK_INT(res.code, code);
    CHECK(strstr(res.message, message) != NULL);
}

static void a_good_one_is_made(wfp_test_t *t)
{
    wfp_isolate_t *iso = NULL;
    wfp_result_t res;

    CHECK_INT(create(&iso, t,
                     fixture_script("return { fetch = function() end, "
                                    "queue = function() end, tail = 3 }",
                                    t->pool),
                     &res),
              APR_SUCCESS);
    CHECK(wfp_isolate_handles(iso, "fetch"));
    CHECK(wfp_isolate_handles(iso, "queue"));
    CHECK(!wfp_isolate_handles(iso, "scheduled"));
    CHECK(!wfp_isolate_handles(iso, "tail"));
    CHECK(!wfp_isolate_handles(iso, "other"));
    CHECK(!wfp_isolate_is_dead(iso));
    CHECK_STR(wfp_isolate_ns(iso), "production");
    CHECK_STR(wfp_isolate_name(iso), "customer-a");
    CHECK_INT(wfp_isolate_stamp(iso), 7);
    CHECK_INT(wfp_isolate_limit(iso), 32 * 1024 * 1024);
    wfp_isolate_destroy(iso);
}

/* docs/architecture: idle warm Worker <= 64 KB. */
static void an_idle_one_is_small(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso = fixture_isolate(
        t, "return { fetch = function() return Response.new('hello') end }",
        &limits);
    fixture_outcome_t out;
    wfp_host_ctx_t ctx;
    int i;

    memset(&ctx, 0, sizeof(ctx));
    printf("# made: %d bytes\n", (int)wfp_isolate_used(iso));
    CHECK(wfp_isolate_used(iso) <= 64 * 1024);
    for (i = 0; i < 300; i++) {
        fixture_run(&out, iso, &ctx, &limits, t->pool);
        CHECK_STR(out.body, "hello");
    }
    printf("# used: %d bytes\n", (int)wfp_isolate_used(iso));
    CHECK(wfp_isolate_used(iso) <= 64 * 1024);
    wfp_isolate_destroy(iso);
}

static void bad_texts_are_refused(wfp_test_t *t)
{
    refused(t, "return {\n\nfetch = = 1 }", WFP_EXCEPTION, "worker.lua:3:");
    refused(t, "local a\nerror('boom')", WFP_EXCEPTION, "worker.lua:2: boom");
    refused(t, "error({})", WFP_EXCEPTION, "table");
    refused(t, "error()", WFP_EXCEPTION, "nil");
    refused(t, "return 42", WFP_EXCEPTION, "worker.lua");
    refused(t, "", WFP_EXCEPTION, "worker.lua");
    refused(t, "\033Lua", WFP_EXCEPTION, "binary");
    refused(t, "coroutine.yield() return {}", WFP_EXCEPTION, "yield");
    refused(t, "fetch('http://a.example/') return {}", WFP_EXCEPTION,
            "Disallowed operation called within global scope");
}

static void an_endless_top_level_is_refused(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso = NULL;
    wfp_result_t res;
    double before;

    limits.v[WFP_LIMIT_STARTUP_MS] = 10;
    wfp_result_init(&res, t->pool);
    (void)fixture(t);
    before = fixture_cpu_ms();
    CHECK(
        wfp_isolate_create(
            &iso, fixture(t),
            fixture_script("pcall(function() while true do end end)", t->pool),
            &limits, 0, &res, t->pool)
        != APR_SUCCESS);
    CHECK(fixture_cpu_ms() - before < 60);
    CHECK_INT(res.code, WFP_STARTUP_LIMIT);
    CHECK_STR(res.limit, "startup_ms");
    CHECK_INT(res.allowed, 10);
    CHECK_INT(res.line, 1);
    refused(t,
            "local t = {} while true do t[#t + 1] = ('x'):rep(1e6) .. #t end",
            WFP_MEMORY_LIMIT, "Memory limit exceeded");
}

static void a_missing_main_module_is_refused(wfp_test_t *t)
{
    wfp_script_t *script = fixture_script("return {}", t->pool);
    wfp_isolate_t *iso = NULL;
    wfp_result_t res;

    script->main_module = "other.lua";
    CHECK(create(&iso, t, script, &res) != APR_SUCCESS);
    CHECK_INT(res.code, WFP_EXCEPTION);
    CHECK(strstr(res.message, "other.lua") != NULL);
}

/* The body that a script of several modules answers. */
static const char *answer(wfp_test_t *t, const wfp_script_t *script)
{
    wfp_limits_t limits = fixture_limits();
    fixture_outcome_t out;
    wfp_isolate_t *iso = NULL;
    wfp_host_ctx_t ctx;
    wfp_result_t res;

    memset(&ctx, 0, sizeof(ctx));
    if (create(&iso, t, script, &res) != APR_SUCCESS) {
        return res.message;
    }
    fixture_run(&out, iso, &ctx, &limits, t->pool);
    wfp_isolate_destroy(iso);
    return out.body ? out.body : out.res.message;
}

#define ANSWER(expr)                                                           \
    "return { fetch = function() return Response.new(" expr ") end }"

static void modules_of_all_kinds_load(wfp_test_t *t)
{
    wfp_script_t *script = fixture_script(
        "local u = require('lib/util')\n"
        "local again = require('./lib/util.lua')\n"
        "local c = require('config.json')\n" ANSWER(
            "u.greet .. ' ' .. tostring(u == again) .. ' ' .. loads .. ' ' "
            ".. c.list[2] .. ' ' .. require('page.html') .. ' ' "
            ".. #require('blob.bin') .. ' ' .. require('late').x"),
        t->pool);

    (void)fixture_module(script, "lib/util.lua",
                         "loads = (loads or 0) + 1 return { greet = 'hi' }");
    (void)fixture_module(script, "config.json", "{\"list\": [1, \"two\"]}");
    (void)fixture_module(script, "page.html", "<p>");
    (void)fixture_module(script, "blob.bin", "1234");
    (void)fixture_module(script, "late.lua", "return { x = ... }");
    CHECK_STR(answer(t, script), "hi true 1 two <p> 4 late.lua");
}

/* A require of this, seen through pcall. */
static const char *require_error(wfp_test_t *t, const char *name)
{
    wfp_script_t *script = fixture_script(
        apr_psprintf(t->pool,
                     ANSWER("tostring(select(2, pcall(require, '%s')))"), name),
        t->pool);

    (void)fixture_module(script, "a.lua", "return require('b')");
    (void)fixture_module(script, "b.lua", "return require('a')");
    (void)fixture_module(script, "bad.lua", "\nerror('in bad')");
    (void)fixture_module(script, "bad.json", "{");
    (void)fixture_module(script, "none.lua", "");
    return answer(t, script);
}

static void bad_requires_name_the_module(wfp_test_t *t)
{
    CHECK(strstr(require_error(t, "nothing"), "'nothing' not found") != NULL);
    CHECK(strstr(require_error(t, "../x"), "'../x' not found") != NULL);
    CHECK(strstr(require_error(t, "string"), "'string' not found") != NULL);
    CHECK(strstr(require_error(t, "a"), "'a.lua'") != NULL);
    CHECK(strstr(require_error(t, "worker.lua"), "table") != NULL);
    CHECK_STR(require_error(t, "bad"), "bad.lua:2: in bad");
    CHECK_STR(require_error(t, "bad.json"),
              "SyntaxError: module 'bad.json': Unexpected end in JSON at "
              "offset 1");
    CHECK_STR(require_error(t, "none"), "true");
}

static void a_module_with_a_syntax_error_is_refused(wfp_test_t *t)
{
    wfp_script_t *script = fixture_script("return {}", t->pool);
    wfp_isolate_t *iso = NULL;
    wfp_result_t res;

    (void)fixture_module(script, "lib.lua", "\n\nx = = 2");
    CHECK(create(&iso, t, script, &res) != APR_SUCCESS);
    CHECK(strstr(res.message, "lib.lua:3:") != NULL);
}

static void bytecode_runs_like_text(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_script_t *script = fixture_script(
        "local u = require('u') " ANSWER("u .. select(2, pcall(error, 'e'))"),
        t->pool);
    wfp_module_t *m;
    wfp_result_t res;

    (void)fixture_module(script, "u.lua", "return 'util '");
    (void)fixture_module(script, "t.txt", "text");
    wfp_result_init(&res, t->pool);
    (void)fixture(t);
    CHECK_INT(wfp_isolate_compile(script, &limits, &res, t->pool), APR_SUCCESS);
    m = &APR_ARRAY_IDX(script->modules, 0, wfp_module_t);
    CHECK(m->bytecode && m->bytecode_size > 50);
    CHECK(!memcmp(m->bytecode, "\033Lua", 4));
    /* the text is not looked at any more */
    m->data = "= = =";
    m->size = 5;
    CHECK(APR_ARRAY_IDX(script->modules, 1, wfp_module_t).bytecode != NULL);
    CHECK(APR_ARRAY_IDX(script->modules, 2, wfp_module_t).bytecode == NULL);
    CHECK_STR(answer(t, script), "util e");
}

static void compile_names_the_line(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_script_t *script = fixture_script("return {}", t->pool);
    wfp_result_t res;

    (void)fixture_module(script, "u.lua", "\nreturn (");
    wfp_result_init(&res, t->pool);
    (void)fixture(t);
    CHECK(wfp_isolate_compile(script, &limits, &res, t->pool) != APR_SUCCESS);
    CHECK_INT(res.code, WFP_EXCEPTION);
    CHECK(strstr(res.message, "u.lua:2:") != NULL);
}

static void bindings_are_env(wfp_test_t *t)
{
    wfp_script_t *script =
        fixture_script("return { fetch = function(request, env) "
                       "return Response.new(env.GREETING .. env.KEY) end }",
                       t->pool);
    wfp_binding_t *b = apr_array_push(script->bindings);

    memset(b, 0, sizeof(*b));
    b->name = "GREETING";
    b->kind = WFP_BINDING_PLAIN_TEXT;
    b->text = "hello ";
    b->text_size = 6;
    b = apr_array_push(script->bindings);
    memset(b, 0, sizeof(*b));
    b->name = "KEY";
    b->kind = WFP_BINDING_SECRET_TEXT;
    b->text = "sealed";
    b->text_size = 6;
    CHECK_STR(answer(t, script), "hello opened sealed");
}

static const wfp_test_case_t cases[] = {
    { "a_good_one_is_made", a_good_one_is_made },
    { "an_idle_one_is_small", an_idle_one_is_small },
    { "bad_texts_are_refused", bad_texts_are_refused },
    { "an_endless_top_level_is_refused", an_endless_top_level_is_refused },
    { "a_missing_main_module_is_refused", a_missing_main_module_is_refused },
    { "modules_of_all_kinds_load", modules_of_all_kinds_load },
    { "bad_requires_name_the_module", bad_requires_name_the_module },
    { "a_module_with_a_syntax_error_is_refused",
      a_module_with_a_syntax_error_is_refused },
    { "bytecode_runs_like_text", bytecode_runs_like_text },
    { "compile_names_the_line", compile_names_the_line },
    { "bindings_are_env", bindings_are_env },
    { NULL },
};

int main(void)
{
    return fixture_main(cases);
}
