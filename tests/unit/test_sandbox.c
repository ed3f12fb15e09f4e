/* SPDX-License-Identifier: Apache-2.0 */
/* What a tenant sees, and what it must never see. */
#include "tests/unit/wfp_test.h"

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

static const wfp_test_case_t cases[] = {
    { "sandbox_holds_the_list_and_nothing_else",
      sandbox_holds_the_list_and_nothing_else },
    { "sandbox_shows_no_address", sandbox_shows_no_address },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
