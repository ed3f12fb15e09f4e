/* SPDX-License-Identifier: Apache-2.0 */
/* Where errors that nobody caught were raised. */
#include <string.h>

#include "core/script.h"
#include "runtime_fixture.h"

#define WORKER(text)                                                           \
    "return { fetch = function(request, env, ctx) " text " end }"

static fixture_outcome_t once(wfp_test_t *t, const char *text)
{
    wfp_limits_t limits = fixture_limits();

    limits.v[WFP_LIMIT_CPU_MS] = 2000;
    return fixture_once(t, text, &limits);
}

static fixture_outcome_t large(wfp_test_t *t, const char *text)
{
    wfp_limits_t limits = fixture_limits();

    limits.v[WFP_LIMIT_CPU_MS] = 2000;
    limits.v[WFP_LIMIT_MEMORY_MB] = 256;
    return fixture_once(t, text, &limits);
}

static const char *stack_of(wfp_test_t *t, const char *text)
{
    return once(t, text).res.stack;
}

static int count_of(const char *text, const char *what)
{
    int n = 0;

    for (text = strstr(text, what); text; text = strstr(text + 1, what)) {
        n++;
    }
    return n;
}

static void errors_tell_where(wfp_test_t *t)
{
    fixture_outcome_t out = once(t, "local function inner()\n"
                                    "  error('boom')\n"
                                    "end\n" WORKER("\n  inner()\n"));

    CHECK_STR(out.res.message, "worker.lua:2: boom");
    CHECK_STR(out.res.stack, "stack traceback:\n"
                             "\t[C]: in function 'error'\n"
                             "\tworker.lua:2: in upvalue 'inner'\n"
                             "\tworker.lua:5: in function <worker.lua:4>");
    CHECK_STR(stack_of(t, WORKER("local x = nil .. 'a'")),
              "stack traceback:\n"
              "\tworker.lua:1: in function <worker.lua:1>");
    CHECK_STR(stack_of(t, WORKER("error(42)")),
              "stack traceback:\n"
              "\t[C]: in function 'error'\n"
              "\tworker.lua:1: in function <worker.lua:1>");
    CHECK_STR(once(t, WORKER("ctx:waitUntil(function() error('late') end)"
                             "return Response.new('x')"))
                  .res.stack,
              "stack traceback:\n"
              "\t[C]: in function 'error'\n"
              "\tworker.lua:1: in function <worker.lua:1>");
}

static void tables_keep_theirs(wfp_test_t *t)
{
    CHECK_STR(stack_of(t, WORKER("error({ stack = 'mine' })")), "mine");
    CHECK(strstr(stack_of(t, WORKER("error({ stack = 7 })")), "worker.lua:1:"));
    /* never by way of a metamethod */
    CHECK(strstr(stack_of(t, WORKER("error(setmetatable({}, { __index = "
                                    "function() while true do end end }))")),
                 "worker.lua:1:"));
    CHECK(strstr(stack_of(t, WORKER("\nResponse.new('x', { status = 1 })")),
                 "worker.lua:2:"));
}

static void top_levels_tell(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso = NULL;
    wfp_script_t *script = fixture_script("\nrequire('part')", t->pool);
    wfp_result_t res;

    (void)fixture_module(script, "part.lua", "\n\nerror('bad part')");
    wfp_result_init(&res, t->pool);
    CHECK(
        wfp_isolate_create(&iso, fixture(t), script, &limits, 0, &res, t->pool)
        != APR_SUCCESS);
    CHECK_STR(res.message, "part.lua:3: bad part");
    CHECK_STR(res.stack, "stack traceback:\n"
                         "\t[C]: in function 'error'\n"
                         "\tpart.lua:3: in main chunk\n"
                         "\t[C]: in function 'require'\n"
                         "\tworker.lua:2: in main chunk");
}

static void other_stacks_come_first(wfp_test_t *t)
{
    const char *stack;

    stack = stack_of(t, WORKER("\nparallel(function()\nerror('a') end,\n"
                               "function() error('b') end)"));
    CHECK_STR(stack, "stack traceback:\n"
                     "\t[C]: in function 'error'\n"
                     "\tworker.lua:3: in function <worker.lua:2>\n"
                     "\t[C]: in function 'parallel'\n"
                     "\tworker.lua:2: in function <worker.lua:1>");
    /* one in another, after a wait */
    stack = stack_of(t, WORKER("\nparallel(function()\nparallel(function()\n"
                               "fetch('http://a.example/') error('a') end)\n"
                               "end)"));
    CHECK(strstr(stack, "worker.lua:4: in function <worker.lua:3>"));
    CHECK(strstr(stack, "worker.lua:3: in function <worker.lua:2>"));
    CHECK_INT(count_of(stack, "'parallel'"), 2);
    stack = stack_of(t, WORKER("\nlocal f = coroutine.wrap(function()\n"
                               "local g = coroutine.wrap(function()\n"
                               "error('a') end)\n g() end)\n f()"));
    CHECK_INT(count_of(stack, "stack traceback:"), 1);
    CHECK(strstr(stack, "worker.lua:4: in function <worker.lua:3>"));
    CHECK(strstr(stack, "worker.lua:5: in function <worker.lua:2>"));
    CHECK(strstr(stack, "worker.lua:6: in function <worker.lua:1>"));
    CHECK_INT(count_of(stack, "worker.lua:"), 6);
}

static void what_was_caught_is_not_told(wfp_test_t *t)
{
    CHECK_STR(stack_of(t, WORKER("pcall(parallel, function()\n"
                                 "error('a', 0) end)\n error('a', 0)")),
              "stack traceback:\n"
              "\t[C]: in function 'error'\n"
              "\tworker.lua:3: in function <worker.lua:1>");
    CHECK_STR(stack_of(t, WORKER("local f <close> = setmetatable({}, { "
                                 "__close = function()\nerror('b') end })\n"
                                 "error('a')")),
              "stack traceback:\n"
              "\t[C]: in function 'error'\n"
              "\tworker.lua:2: in function <worker.lua:1>");
    /* protected calls of scripts are as they were */
    CHECK_STR(once(t, WORKER("local ok, e = pcall(error, 'a', 0) "
                             "local no, h = xpcall(error, function(e) return "
                             "'h' .. e end, 'b', 0) "
                             "return Response.new(e .. h)"))
                  .body,
              "ahb");
}

static void it_is_bounded(wfp_test_t *t)
{
    fixture_outcome_t out;
    const char *stack;

    out = large(t, "local function deep(n) return 1 + deep(n + 1) end " WORKER(
                       "return deep(0)"));
    CHECK_INT(out.res.code, WFP_EXCEPTION);
    CHECK(strstr(out.res.message, "stack overflow"));
    CHECK_INT(count_of(out.res.stack, "\n"), 33);
    CHECK_STR(out.res.stack + strlen(out.res.stack) - 4, "\t...");
    /* through C, too */
    out = once(t, "local function deep() return (string.gsub('a', 'a', deep)) "
                  "end " WORKER("return deep()"));
    CHECK_INT(out.res.code, WFP_EXCEPTION);
    CHECK(strstr(out.res.stack, "worker.lua:1:"));
    /* names are any text */
    stack = stack_of(t, WORKER("local t = { ['a\\nb\\0c'] = function() "
                               "error('x') end, [('y'):rep(500)] = 1 } "
                               "t['a\\nb\\0c']()"));
    CHECK(strstr(stack, "'a?b'"));
    stack = stack_of(t, WORKER("assert(load('error(1)', "
                               "'@/etc/' .. ('\\n'):rep(9)))()"));
    CHECK_INT(count_of(stack, "\n"), 3);
    /* many are one text */
    out = once(t, WORKER("for i = 1, 20000 do pcall(coroutine.wrap(error), i) "
                         "end error('last')"));
    CHECK(strstr(out.res.stack, "'error'"));
    CHECK(strlen(out.res.stack) < 4096);
}

static void limits_hold(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    fixture_outcome_t out;

    /* deep stacks are not walked to their end: what ends here is a loop that
     * raises where nobody catches but the host */
    out = fixture_once(t,
                       "local function deep(n) if n > 0 then return 1 + "
                       "deep(n - 1) end error(coroutine.wrap(function() while "
                       "true do pcall(coroutine.wrap(function() error('x') "
                       "end)) end end)()) end " WORKER("deep(1000)"),
                       &limits);
    CHECK_INT(out.res.code, WFP_CPU_LIMIT);
    CHECK(out.res.stack == NULL);
    CHECK(out.cpu_ms < 20 + 50);
    /* an error at the memory limit stays one */
    limits.v[WFP_LIMIT_CPU_MS] = 2000;
    out = fixture_once(t,
                       WORKER("local t = {} for i = 1, 1e9 do "
                              "if collectgarbage('count') > 29000 then "
                              "error('full') end t[i] = ('x'):rep(10000) "
                              ".. i end"),
                       &limits);
    CHECK_INT(out.res.code, WFP_EXCEPTION);
    CHECK(strstr(out.res.stack, "worker.lua:1:"));
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        { "errors_tell_where", errors_tell_where },
        { "tables_keep_theirs", tables_keep_theirs },
        { "top_levels_tell", top_levels_tell },
        { "other_stacks_come_first", other_stacks_come_first },
        { "what_was_caught_is_not_told", what_was_caught_is_not_told },
        { "it_is_bounded", it_is_bounded },
        { "limits_hold", limits_hold },
        { NULL, NULL },
    };

    return fixture_main(cases);
}
