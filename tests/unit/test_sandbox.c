/* SPDX-License-Identifier: Apache-2.0 */
/* What a tenant sees, and what it must never see. */
#include "tests/unit/wfp_test.h"

#include <apr_strings.h>

#include "tests/unit/lib_state.h"

#define RUN(chunk, want) CHECK_STR(lib_state_run(L, chunk), want)

/* Is this name (with a dot: in a library) on the list? */
static int is_listed(const char *name)
{
    const char *const *g;

    for (g = wfp_sandbox_globals(); *g; g++) {
        if (strcmp(*g, name) == 0) {
            return 1;
        }
    }
    return 0;
}

static void sandbox_holds_the_list_and_nothing_else(wfp_test_t *t)
{
    lua_State *L = lib_state_new();
    const char *const *g;
    int listed = 0, found = 0;

    for (g = wfp_sandbox_globals(); *g; g++) {
        const char *chunk = lua_pushfstring(L, "return type(%s)", *g);

        CHECK(strcmp(lib_state_run(L, chunk), "nil") != 0);
        listed++;
    }
    lua_pushglobaltable(L);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        const char *name = lua_tostring(L, -2);

        if (!lua_istable(L, -1) || strcmp(name, "_G") == 0) {
            CHECK(is_listed(name));
            found++;
            continue;
        }
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
            const char *full = lua_pushfstring(L, "%s.%s", name,
                                               lua_tostring(L, -2));

            CHECK(is_listed(full));
            lua_pop(L, 1);
            found++;
        }
    }
    CHECK_INT(found, listed);
    lua_close(L);
}

static void sandbox_shows_no_address(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    RUN("return tostring({}):match('^table: #%d+$') and 'ok'", "ok");
    RUN("local t = {} return tostring(t) == tostring(t)", "true");
    RUN("return tostring({}) == tostring({})", "false");
    RUN("return tostring(print or type):match('^function: #%d+$') and 'ok'",
        "ok");
    RUN("return tostring(setmetatable({}, {__name='N'})):match('^N: #%d+$') "
        "and 'ok'",
        "ok");
    RUN("return tostring(setmetatable({}, {__tostring=function() return 'x' "
        "end}))",
        "x");
    RUN("return select(2, pcall(tostring, setmetatable({}, "
        "{__tostring=function() return {} end})))",
        "'__tostring' must return a string");
    RUN("return tostring(1) .. tostring(1.5) .. tostring(nil) .. "
        "tostring(true) .. tostring(2^53)",
        "11.5niltrue9.007199254741e+15");
    lua_close(L);
}

/* The scan's word on n times `part` between `before` and `after`. */
static const char *scan_repeated(wfp_test_t *t, const char *before,
                                 const char *part, int n, const char *after)
{
    apr_size_t len = strlen(before) + strlen(after) + strlen(part) * n;
    char *text = apr_palloc(t->pool, len + 1), *at = text;

    at = apr_cpystrn(at, before, len + 1);
    while (n-- > 0) {
        at = apr_cpystrn(at, part, len + 1 - (at - text));
    }
    apr_cpystrn(at, after, len + 1 - (at - text));
    return wfp_sandbox_scan(text, len, 1 << 20);
}

static void scan_refuses_long_ways(wfp_test_t *t)
{
    static const char too_long[] = "field chain too long";

    CHECK_STR(scan_repeated(t, "return a", ".b", 4001, ".c"), too_long);
    CHECK_STR(scan_repeated(t, "return a", " . --x\n b", 4001, ""), too_long);
    CHECK_STR(scan_repeated(t, "return a", "['b']", 4001, ""), too_long);
    CHECK_STR(scan_repeated(t, "return a", "[1].b", 2001, ""), too_long);
    CHECK_STR(scan_repeated(t, "return (a", ".b", 4001, ").c"), too_long);
    CHECK_STR(scan_repeated(t, "return ((a)", ".b", 4001, ")"), too_long);
    CHECK_STR(scan_repeated(t, "return x[a", ".b", 4001, "]"), too_long);
    CHECK_STR(scan_repeated(t, "local x = a ", "x = x.b ", 4001, ""), too_long);
    CHECK_STR(scan_repeated(t, "local x, y = a ", "y = x.b;x = y[1];", 2001,
                            ""),
              too_long);
    CHECK_STR(scan_repeated(t, "local x = a ", "x = (x).b f = function() end ",
                            4001, ""),
              too_long);
    CHECK_STR(scan_repeated(t, "local x ", "do x = x.b end ", 4001, ""),
              too_long);
}

static void scan_lets_the_rest_pass(wfp_test_t *t)
{
    CHECK(!scan_repeated(t, "return a", ".b", 3999, ""));
    CHECK(!scan_repeated(t, "return '", ".b", 9000, "'"));
    CHECK(!scan_repeated(t, "return [==[", ".b", 9000, "]==]"));
    CHECK(!scan_repeated(t, "--[[", ".b", 9000, "]]"));
    CHECK(!scan_repeated(t, "-- ", ".b", 9000, "\nreturn 1"));
    CHECK(!scan_repeated(t, "return { ", "a.b, ", 9000, "}"));
    CHECK(!scan_repeated(t, "x = { ", "a = b.c; ", 9000, "}"));
    CHECK(!scan_repeated(t, "x = f(", "a.b, ", 9000, "1)"));
    CHECK(!scan_repeated(t, "x = 'a'", " .. a.b", 3000, ""));
    CHECK(!scan_repeated(t, "", "do local x = a.b end ", 9000, ""));
    CHECK(!scan_repeated(t, "", "function f() x = a.b end ", 9000, ""));
    CHECK(!scan_repeated(t, "", "t.x = a.b ", 9000, ""));
    CHECK(!scan_repeated(t, "x = a", ":b()", 9000, ""));
    CHECK(!scan_repeated(t, "return ", "(", 9000, "1"));
    CHECK(!scan_repeated(t, "", "end ] } ", 9000, ""));
    CHECK(!scan_repeated(t, "", "'", 1, ""));
    CHECK(!scan_repeated(t, "--[==[", "]", 1, ""));
    CHECK(!wfp_sandbox_scan("", 0, 0));
}

static void scan_refuses_what_is_no_text(wfp_test_t *t)
{
    CHECK_STR(wfp_sandbox_scan("\33Lua", 4, 100),
              "attempt to load a binary chunk");
    CHECK_STR(wfp_sandbox_scan("return 1", 8, 7), "source text too large");
}

static void load_takes_text_only(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    RUN("return select(2, load('\\27Lua'))", "attempt to load a binary chunk");
    RUN("return select(2, load('\\27Lua', 'x', 'b'))",
        "attempt to load a binary chunk");
    RUN("return select(2, load(('x'):rep(262145)))", "source text too large");
    RUN("return load('return ' .. ('1'):rep(10))()", "1111111111");
    RUN("return select(2, pcall(load, function() end))",
        "bad argument #1 to 'load' (string expected, got function)");
    RUN("return select(2, load('return a' .. ('.b'):rep(5000)))",
        "field chain too long");
    RUN("return tostring(string.dump) .. tostring(dofile) .. "
        "tostring(loadfile) .. tostring(debug.getregistry)",
        "nilnilnilnil");
    lua_close(L);
}

static void host_classes_are_protected(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    lua_newtable(L);
    lua_newtable(L);
    lua_pushliteral(L, "secret");
    lua_setfield(L, -2, "__index");
    wfp_sandbox_protect(L, -2);
    lua_setglobal(L, "host");
    lua_newuserdatauv(L, 1, 0);
    lua_newtable(L);
    wfp_sandbox_protect(L, -2);
    lua_setglobal(L, "handle");
    RUN("return tostring(getmetatable(host)) .. tostring(getmetatable(handle))",
        "falsenil");
    RUN("return select(2, pcall(setmetatable, host, {}))",
        "cannot change a protected metatable");
    RUN("return select(2, pcall(setmetatable, handle, {}))",
        "bad argument #1 to 'setmetatable' (table expected, got userdata)");
    /* as a metatable itself it keeps its own */
    RUN("local o = setmetatable({}, host) return tostring(getmetatable(host))",
        "false");
    lua_close(L);
}

static const wfp_test_case_t cases[] = {
    { "sandbox_holds_the_list_and_nothing_else",
      sandbox_holds_the_list_and_nothing_else },
    { "sandbox_shows_no_address", sandbox_shows_no_address },
    { "scan_refuses_long_ways", scan_refuses_long_ways },
    { "scan_lets_the_rest_pass", scan_lets_the_rest_pass },
    { "scan_refuses_what_is_no_text", scan_refuses_what_is_no_text },
    { "load_takes_text_only", load_takes_text_only },
    { "host_classes_are_protected", host_classes_are_protected },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
