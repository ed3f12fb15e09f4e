/* SPDX-License-Identifier: Apache-2.0 */
/* Metatables: the VM reads the tenant's own tables, and none of them ever has an
 * event that is refused; what a script sees is what the stock library shows. */
#include "tests/unit/wfp_test.h"

#include <lualib.h>

#include "tests/unit/lib_state.h"

#define RUN(chunk, want) CHECK_STR(lib_state_run(L, chunk), want)

/* Random programs over a few tables: each line is what an operation gave. Those
 * on refused events are tried, too, and must do nothing at all: `try` makes no
 * call of them in the stock library. */
static const char programs[] =
    "local seed, steps, try, look = ...\n"
    "local x = seed\n"
    "local function random(n)\n"
    "  x = (x * 1103515245 + 12345) & 0x7fffffff return (x >> 8) % n + 1\n"
    "end\n"
    "local tables, names, log = {}, {}, {}\n"
    "for i = 1, 5 do tables[i] = {} names[tables[i]] = 't' .. i end\n"
    "local function say(v) return names[v] or tostring(v) end\n"
    "local keys = { '__index', '__newindex', '__len', '__call', '__metatable',\n"
    "  '__eq', '__add', 'a', 'b', 1 }\n"
    "local bad = { '__gc', '__mode', '__concat' }\n"
    "local fs = { function(t) return 'f:' .. say(t) end,\n"
    "  function(t, k, v) if type(t) == 'table' then rawset(t, k, v) end\n"
    "    return 7 end }\n"
    "for i, f in ipairs(fs) do names[f] = 'f' .. i end\n"
    "local function value(key)\n"
    "  local n = random(9)\n"
    "  if key == '__metatable' then return n == 1 and 'no' or nil end\n"
    /* a table there would be called, and called, for minutes */
    "  if n <= 2 or key == '__call' then return fs[n % 2 + 1] end\n"
    "  if n <= 5 then return tables[random(5)] end\n"
    "  if n == 6 then return nil end\n"
    "  return n\n"
    "end\n"
    "local ops = {\n"
    "  function(t, u) return setmetatable(t, u) end,\n"
    "  function(t, u) return setmetatable(t, u) end,\n"
    "  function(t) return setmetatable(t, nil) end,\n"
    "  function(t) return getmetatable(t) end,\n"
    "  function(t) return getmetatable(t) end,\n"
    "  function(t) local k = keys[random(#keys)] local v = value(k)\n"
    /* one that replaces another does not reach every copy: new ones only */
    "    if v ~= nil and rawget(t, k) ~= nil then return 'is' end\n"
    "    if v == nil then return 'none' end\n"
    "    t[k] = v return k end,\n"
    "  function(t) local k = keys[random(#keys)] local v = value(k)\n"
    "    rawset(t, k, v) return k end,\n"
    "  function(t) return t[keys[random(#keys)]] end,\n"
    "  function(t) return t.a end,\n"
    "  function(t) return #t end,\n"
    "  function(t, u) return t == u end,\n"
    "  function(t, u) return t + u end,\n"
    "  function(t) return t(1) end,\n"
    "  function(t, u) local n, s = 0, 0 for k in next, t do n = n + 1 end\n"
    "    return n end,\n"
    "}\n"
    "for step = 1, steps do\n"
    "  local t, u, op = tables[random(5)], tables[random(5)], random(#ops)\n"
    "  local ok, v = pcall(ops[op], t, u)\n"
    "  log[#log + 1] = op .. (ok and '+' or '-') .. (ok and say(v) or '')\n"
    "  local event, how = bad[random(3)], random(4)\n"
    "  if try then\n"
    "    if how == 1 then pcall(rawset, t, event, fs[1])\n"
    "    elseif how == 2 then pcall(function() t[event] = 'k' end)\n"
    "    elseif how == 3 then pcall(load('_ENV[...] = 1', '=e', 't', t), event)\n"
    "    else pcall(setmetatable, u, { [event] = 'k' }) end\n"
    "    for _, t in ipairs(tables) do look(t) end\n"
    "    for _, t in ipairs(tables) do rawset(t, event, nil) end\n"
    "  end\n"
    "end\n"
    "return table.concat(log, ' ')\n";

/* [-0, +0, v] look(t): does the VM read a refused event, or is t, or its
 * metatable, one that could get one? */
static int l_look(lua_State *L)
{
    static const char *const refused[] = { "__gc", "__mode", "__concat" };
    size_t i;

    for (lua_settop(L, 1); lua_getmetatable(L, -1);) {
        for (i = 0; i < 3; i++) {
            lua_pushstring(L, refused[i]);
            if (lua_rawget(L, -2) != LUA_TNIL) {
                return luaL_error(L, "%s in a metatable", refused[i]);
            }
            lua_pop(L, 1);
        }
        if (lua_gettop(L) > 8) {
            break;
        }
    }
    return 0;
}

/* What a program does, in either library. */
static const char *run_program(lua_State *L, int seed, int is_ours)
{
    lua_settop(L, 0);
    if (luaL_loadbufferx(L, programs, strlen(programs), "=p", "t") == LUA_OK) {
        lua_pushinteger(L, seed);
        lua_pushinteger(L, 60);
        lua_pushboolean(L, is_ours);
        lua_pushcfunction(L, l_look);
        (void)lua_pcall(L, 4, 1, 0);
    }
    return lua_tostring(L, -1);
}

static void metatable_random_programs_end_as_in_stock(wfp_test_t *t)
{
    int seed;

    for (seed = 1; seed <= 1000; seed++) {
        lua_State *L = lib_state_new(), *stock = luaL_newstate();

        luaL_openlibs(stock);
        CHECK_STR(run_program(L, seed, 1), run_program(stock, seed, 0));
        lua_close(stock);
        lua_close(L);
    }
}

static void metatable_refuses_events(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    RUN("return select(2, pcall(setmetatable, {}, {__gc = true}))",
        "metamethod '__gc' is not available");
    RUN("return select(2, pcall(setmetatable, {}, {__mode = 'k'}))",
        "metamethod '__mode' is not available");
    RUN("return select(2, pcall(setmetatable, {}, {__concat = 'k'}))",
        "metamethod '__concat' is not available");
    RUN("local m = {} for i = 1, 100 do m['k' .. i] = i end m.__gc = 1 "
        "return select(2, pcall(setmetatable, {}, m))",
        "metamethod '__gc' is not available");
    RUN("local m = {__gc = false} return tostring(pcall(setmetatable, {}, m))",
        "false");
    /* not to a table that has a metatable, nor to a class */
    RUN("local m = setmetatable({__mode = 'v'}, {}) "
        "return select(2, pcall(setmetatable, {}, m))",
        "metamethod '__mode' is not available");
    RUN("local m = {__mode = 'v'} setmetatable(m, {__index = {}}) "
        "return select(2, pcall(setmetatable, m, m))",
        "metamethod '__mode' is not available");
    lua_close(L);
}

static void metatable_refuses_late_events(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    RUN("local m = {} setmetatable({}, m) "
        "return select(2, pcall(function() m.__concat = 1 end))",
        "t:1: metamethod '__concat' is not available");
    RUN("local m = {} setmetatable({}, m) "
        "return select(2, pcall(rawset, m, '__gc', print or type))",
        "metamethod '__gc' is not available");
    /* a place that was there before, and is empty */
    RUN("local m = {__mode = 'k', 1} m.__mode = nil setmetatable({}, m) "
        "return select(2, pcall(function() m.__mode = 'k' end))",
        "t:1: metamethod '__mode' is not available");
    /* by a chunk whose globals are the metatable */
    RUN("local m = {} setmetatable({}, m) "
        "return select(2, pcall(load('__mode = 1', '=e', 't', m)))",
        "e:1: metamethod '__mode' is not available");
    /* through another table's __newindex */
    RUN("local m = {} setmetatable({}, m) "
        "local p = setmetatable({}, {__newindex = m}) "
        "return select(2, pcall(function() p.__mode = 'k' end))",
        "t:1: metamethod '__mode' is not available");
    /* its metatable comes, changes and goes */
    RUN("local m = {} setmetatable({}, m) setmetatable(m, {__len = type}) "
        "return select(2, pcall(function() m.__mode = 'k' end))",
        "t:1: metamethod '__mode' is not available");
    RUN("local m = {} setmetatable({}, m) setmetatable(m, {}) "
        "setmetatable(m, nil) "
        "return select(2, pcall(function() m.__mode = 'k' end))",
        "t:1: metamethod '__mode' is not available");
    RUN("local m, mm = {}, {__newindex = function() end} "
        "setmetatable(m, mm) setmetatable({}, m) mm.__newindex = nil "
        "m.__mode = 'k' rawset(mm, '__newindex', nil) "
        "return tostring(rawget(m, '__mode')) "
        ".. select(2, pcall(function() m.__mode = 'k' end))",
        "nilt:1: metamethod '__mode' is not available");
    RUN("local m = {} setmetatable(m, m) "
        "return select(2, pcall(function() m.__mode = 'k' end))",
        "t:1: metamethod '__mode' is not available");
    RUN("local m = {} setmetatable({}, m) local ok = pcall(table.move, "
        "{'k'}, 1, 1, 1, m) return m[1]",
        "k");
    lua_close(L);
}

static void metatable_shows_later_events(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    RUN("local m = {__index = function() return 1 end} "
        "local t = setmetatable({}, m) "
        "m.__index = function() return 2 end "
        "m.__len = function() return 5 end return t.x .. '/' .. #t",
        "2/5");
    RUN("local m = {__len = function() return 1 end} local t = "
        "setmetatable({}, m) m.__len = nil return #t",
        "0");
    /* a metatable that is itself used as one: new ones reach its copy */
    RUN("local mm = {} local m = setmetatable({}, mm) "
        "local t = setmetatable({}, m) "
        "mm.__len = function() return 5 end return #m .. '/' .. #t",
        "5/0");
    RUN("local mm = {} local m = setmetatable({}, mm) setmetatable({}, m) "
        "mm.__newindex = function(t, k, v) rawset(t, k, v * 2) end "
        "m.x = 2 return m.x",
        "4");
    RUN("local base = {__index = {a = 1}} base.__index.__index = base.__index "
        "local class = setmetatable({b = 2}, base) class.__index = class "
        "local o = setmetatable({}, class) class.c = 3 "
        "return o.a .. o.b .. o.c .. tostring(getmetatable(o) == class) "
        ".. tostring(getmetatable(class) == base)",
        "123truetrue");
    lua_close(L);
}

static void metatable_ours_are_hidden(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    RUN("return tostring(getmetatable('x')) .. tostring(getmetatable(1))",
        "nilnil");
    RUN("return tostring((next(getmetatable(setmetatable({}, {})))))", "nil");
    RUN("local t = setmetatable({}, string) "
        "return tostring(getmetatable(string)) .. ('x'):rep(2)",
        "nilxx");
    RUN("local m = {} setmetatable({}, m) local seen = 0 "
        "for k in pairs(m) do seen = seen + 1 end "
        "return seen .. tostring(getmetatable(m)) .. tostring(m[1])",
        "0nilnil");
    RUN("local mm = {} local m = setmetatable({}, mm) setmetatable({}, m) "
        "return tostring(getmetatable(m) == mm) .. tostring(m[1])",
        "truenil");
    lua_close(L);
}

static void metatable_class_stays_what_it_is(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    lua_newtable(L);
    lua_newtable(L);
    wfp_sandbox_protect(L, -2);
    lua_setglobal(L, "host");
    RUN("host.__index = {x = 1} local o = setmetatable({}, host) "
        "host.__mode = 'k' "
        "return tostring(getmetatable(host)) .. o.x "
        ".. tostring(getmetatable(o) == host)",
        "false1true");
    RUN("return select(2, pcall(setmetatable, {}, host))",
        "metamethod '__mode' is not available");
    /* such an object as a metatable: guarded from the start */
    RUN("host.__mode = nil local o = setmetatable({}, host) "
        "local p = setmetatable({}, o) "
        "return select(2, pcall(function() o.__mode = 'k' end)) "
        ".. tostring(getmetatable(p) == o)",
        "t:1: metamethod '__mode' is not availabletrue");
    lua_close(L);
}

static const wfp_test_case_t cases[] = {
    { "metatable_random_programs_end_as_in_stock",
      metatable_random_programs_end_as_in_stock },
    { "metatable_refuses_events", metatable_refuses_events },
    { "metatable_refuses_late_events", metatable_refuses_late_events },
    { "metatable_shows_later_events", metatable_shows_later_events },
    { "metatable_ours_are_hidden", metatable_ours_are_hidden },
    { "metatable_class_stays_what_it_is", metatable_class_stays_what_it_is },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
