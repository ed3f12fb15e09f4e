/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the metered standard library costs beside the stock one: the same
 * chunks in both, interleaved, best of several rounds. Prints a table; the
 * goal is a ratio of 1.3 at most. bench/metering reads the table.
 *
 * usage: bench_lib [ROUNDS]
 */
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/lib_state.h"

#define ROUNDS 15

/* Each runs its loop when called. */
static const struct {
    const char *name;
    const char *chunk;
} cases[] = {
    { "setmetatable", "local mt, set = {__index = {}}, setmetatable "
                      "for i = 1, 200000 do set({}, mt) end" },
    { "setmetatable new mt", "local set = setmetatable "
                             "for i = 1, 50000 do set({}, {__index = i}) end" },
    { "getmetatable", "local t, get = setmetatable({}, {}), getmetatable "
                      "for i = 1, 300000 do get(t) end" },
    { "rawset", "local t, set = {}, rawset "
                "for i = 1, 300000 do set(t, 'key', i) end" },
    { "tostring int", "local f = tostring for i = 1, 200000 do f(i) end" },
    { "tostring table", "local f, t = tostring, {} "
                        "for i = 1, 200000 do f(t) end" },
    { "tonumber", "local f = tonumber for i = 1, 300000 do f('123') end" },
    { "pcall", "local f, g = pcall, type for i = 1, 300000 do f(g, 1) end" },
    { "xpcall", "local f, g = xpcall, type "
                "for i = 1, 300000 do f(g, g, 1) end" },
    { "coroutine", "local y = coroutine.yield local f = coroutine.wrap("
                   "function() while true do y() end end) "
                   "for i = 1, 200000 do f() end" },
    { "find plain", "local s = ('x'):rep(200) .. 'needle' "
                    "for i = 1, 200000 do s:find('needle', 1, true) end" },
    { "find pattern", "local s = ('x'):rep(50) .. '123' "
                      "for i = 1, 50000 do s:find('%d+') end" },
    { "match captures", "local s = 'key = value' for i = 1, 100000 do "
                        "s:match('^(%w+)%s*=%s*(%w+)$') end" },
    { "match set", "local s = 'some_identifier_here+' "
                   "for i = 1, 100000 do s:match('^[%w_]+') end" },
    { "match lazy", "local s = '<b>bold text here</b>' "
                    "for i = 1, 100000 do s:match('<b>(.-)</b>') end" },
    { "gmatch words", "local s = ('word '):rep(20) for i = 1, 10000 do "
                      "for w in s:gmatch('%a+') do end end" },
    { "gsub text", "local s = ('a b '):rep(20) "
                   "for i = 1, 10000 do s:gsub(' ', '+') end" },
    { "gsub function", "local s = ('a b '):rep(20) local f = string.upper "
                       "for i = 1, 10000 do s:gsub('%a', f) end" },
    { "gsub none", "local s = ('abcd'):rep(50) "
                   "for i = 1, 10000 do s:gsub('%d', '') end" },
    { "format %d %s", "local f = string.format for i = 1, 100000 do "
                      "f('%d: %s', i, 'text') end" },
    { "format %5.2f", "local f = string.format for i = 1, 100000 do "
                      "f('%5.2f', i / 3) end" },
    { "format %q", "local f = string.format for i = 1, 50000 do "
                   "f('%q', 'some text\\nwith \"quotes\"') end" },
    { "sub", "local s = 'hello world' for i = 1, 300000 do s:sub(2, 5) end" },
    { "byte", "local s = 'hello world' for i = 1, 300000 do s:byte(3) end" },
    { "char", "local f = string.char for i = 1, 200000 do f(72, 105) end" },
    { "upper", "local s = ('hello '):rep(10) "
               "for i = 1, 100000 do s:upper() end" },
    { "rep", "for i = 1, 100000 do ('ab'):rep(50) end" },
    { "rep sep", "for i = 1, 100000 do ('ab'):rep(50, ',') end" },
    { "reverse", "local s = ('hello '):rep(10) "
                 "for i = 1, 100000 do s:reverse() end" },
    { "pack", "local f = string.pack for i = 1, 100000 do "
              "f('<i4s2z', i, 'abc', 'def') end" },
    { "unpack", "local f, s = string.unpack, string.pack('<i4i8d', 1, 2, 3) "
                "for i = 1, 100000 do f('<i4i8d', s) end" },
    { "insert", "local f = table.insert for k = 1, 100 do local t = {} "
                "for i = 1, 2000 do f(t, i) end end" },
    { "insert front", "local f, t = table.insert, {} "
                      "for i = 1, 1500 do f(t, 1, i) end" },
    { "remove", "local f = table.remove for k = 1, 100 do local t = {} "
                "for i = 1, 1000 do t[i] = i end "
                "for i = 1, 1000 do f(t) end end" },
    { "concat", "local t = {} for i = 1, 100 do t[i] = 'item' end "
                "for i = 1, 10000 do table.concat(t, ', ') end" },
    { "move", "local t = {} for i = 1, 100 do t[i] = i end "
              "for i = 1, 10000 do table.move(t, 1, 100, 1, {}) end" },
    { "unpack table", "local t = {1, 2, 3, 4, 5} local f = table.unpack "
                      "for i = 1, 300000 do f(t) end" },
    { "pack table", "local f = table.pack "
                    "for i = 1, 200000 do f(1, 2, 3) end" },
    { "sort numbers", "for k = 1, 10 do local t = {} for i = 1, 3000 do "
                      "t[i] = i * 7919 % 3001 end table.sort(t) end" },
    { "sort function", "local less = function(a, b) return a > b end "
                       "for k = 1, 5 do local t = {} for i = 1, 2000 do "
                       "t[i] = i * 7919 % 2003 end table.sort(t, less) end" },
    { "random", "local f = math.random for i = 1, 300000 do f(100) end" },
    { "utf8.len", "local s = ('h\\u{e9}llo '):rep(20) "
                  "for i = 1, 20000 do utf8.len(s) end" },
    { "utf8.codes", "local s = ('h\\u{e9}llo '):rep(20) for i = 1, 3000 do "
                    "for p, c in utf8.codes(s) do end end" },
    { "tonumber base", "local f = tonumber "
                       "for i = 1, 200000 do f('ff0e', 16) end" },
    { "coroutine wrap", "local wrap, y = coroutine.wrap, coroutine.yield "
                        "for i = 1, 20000 do local f = wrap(function() y() "
                        "end) f() f() end" },
    { "concat numbers", "local t = {} for i = 1, 1000 do t[i] = i end "
                        "for i = 1, 100 do table.concat(t, ',') end" },
    { "bytes", "local s, f = ('x'):rep(100), string.byte "
               "for i = 1, 20000 do f(s, 1, 100) end" },
    { "format %s", "local f = string.format "
                   "for i = 1, 100000 do f('<%s>', 'text') end" },
    { "utf8.codepoint", "local s, f = ('\xe2\x82\xac'):rep(30), utf8.codepoint "
                        "for i = 1, 30000 do f(s, 1, -1) end" },
    { "utf8.offset", "local s, f = ('\xe2\x82\xac'):rep(100), utf8.offset "
                     "for i = 1, 50000 do f(s, 90) end" },
    { "utf8.char", "local f = utf8.char "
                   "for i = 1, 100000 do f(233, 8364) end" },
    { "os.date", "for i = 1, 30000 do "
                 "os.date('!%Y-%m-%dT%H:%M:%SZ', i * 1000) end" },
    { "load", "local f = load for i = 1, 5000 do "
              "f('local a, b = ... return a.x + b.y.z') end" },
};

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double run(lua_State *L, const char *chunk)
{
    double before;

    lua_settop(L, 0);
    lua_gc(L, LUA_GCCOLLECT);
    if (luaL_loadstring(L, chunk) != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        return 0;
    }
    before = now_ms();
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
    }
    return now_ms() - before;
}

int main(int argc, const char *const *argv)
{
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : ROUNDS;
    lua_State *stock = luaL_newstate();
    lua_State *ours;
    size_t i;

    luaL_openlibs(stock);
    lib_state_limit(5000000, 16 << 20);
    ours = lib_state_new();
    printf("%-20s %10s %10s %6s\n", "what", "stock ms", "ours ms", "ratio");
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double best_stock = 1e9, best_ours = 1e9;
        int round;

        for (round = 0; round < rounds; round++) {
            double a = run(stock, cases[i].chunk);
            double b = run(ours, cases[i].chunk);

            best_stock = a < best_stock ? a : best_stock;
            best_ours = b < best_ours ? b : best_ours;
        }
        printf("%-20s %10.2f %10.2f %6.2f%s\n", cases[i].name, best_stock,
               best_ours, best_ours / best_stock,
               best_ours > best_stock * 1.3 ? "  *" : "");
    }
    lua_close(stock);
    lua_close(ours);
    return 0;
}
