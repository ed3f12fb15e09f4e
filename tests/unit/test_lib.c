/* SPDX-License-Identifier: Apache-2.0 */
/* What the metered library does that the stock one does not: budgets, and the
   documented differences. The rest is compared in test_430_stdlib.py. */
#include "tests/unit/wfp_test.h"

#include "tests/unit/lib_state.h"

#define RUN(chunk, want) CHECK_STR(lib_state_run(L, chunk), want)

/* The error of the expression, without its position. */
#define ERROR(expression)                                                      \
    "local ok, e = pcall(function() return " expression " end) "               \
    "return ok and 'no error' or (tostring(e):gsub('^t:%d+: ', ''))"

static void lib_raises_too_much_work(wfp_test_t *t)
{
    static const char *const chunks[] = {
        ERROR("(('a?'):rep(30) .. ('a'):rep(30)) and "
              "('a'):rep(30):find(('a?'):rep(30) .. ('a'):rep(30))"),
        ERROR("('a'):rep(20000):find('.-b')"),
        ERROR("('a'):rep(20000):match('[^b]*b')"),
        ERROR("('a'):rep(20000):gsub('a-b', '')"),
        ERROR("('a'):rep(20000):gmatch('a*b')()"),
        ERROR("('('):rep(20000):find('%b()x')"),
        ERROR("table.move({}, 1, 1 << 40, 2)"),
        ERROR("table.move({}, 1, 1 << 40, 2, {})"),
        ERROR("table.insert(setmetatable({}, {__len = function() "
              "return 1 << 40 end}), 1, 1)"),
        ERROR("table.remove(setmetatable({}, {__len = function() "
              "return 1 << 40 end}), 1)"),
        ERROR("table.concat(setmetatable({}, {__len = function() "
              "return 1 << 40 end, __index = function() return '' end}))"),
        ERROR("table.sort(setmetatable({}, {__len = function() "
              "return 1 << 30 end, __index = function() return 1 end}))"),
        ERROR("string.packsize(('b'):rep(1000001))"),
        ERROR("string.pack((' '):rep(1000001))"),
        ERROR("string.unpack((' '):rep(1000001), '')"),
        NULL,
    };
    lua_State *L = lib_state_new();
    int i;

    for (i = 0; chunks[i]; i++) {
        CHECK_STR(lib_state_run(L, chunks[i]), "too much work");
    }
    lib_state_limit(1000, 16 << 20);
    RUN(ERROR("('a'):rep(10000):upper()"), "too much work");
    RUN(ERROR("('a'):rep(10000):lower()"), "too much work");
    RUN(ERROR("('a'):rep(10000):reverse()"), "too much work");
    RUN(ERROR("('a'):rep(10000):find('b', 1, true)"), "too much work");
    RUN(ERROR("utf8.len(('a'):rep(10000))"), "too much work");
    RUN(ERROR("utf8.offset(('a'):rep(10000), 5)"), "too much work");
    RUN(ERROR("tonumber(('1'):rep(10000))"), "too much work");
    RUN(ERROR("tonumber(('1'):rep(10000), 10)"), "too much work");
    RUN(ERROR("('%q'):format(('a'):rep(10000))"), "too much work");
    lib_state_limit(1000000, 16 << 20);
    lua_close(L);
}

/* Repetitions that are made in one piece and in many. */
static void rep_is_its_pieces(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    lib_state_limit(100000000, 64 << 20);
    RUN("for _, s in ipairs {'a', 'bcd', ('e'):rep(700), ('f'):rep(70000)} do"
        "  for _, sep in ipairs {'', ',', (';'):rep(900)} do"
        "   for _, n in ipairs {1, 2, 3, 93, 127, 128, 129, 130, 255, 256, 257,"
        "     1000, 22000, 65535, 65536, 65537} do"
        "    if n * (#s + #sep) < 8000000 then"
        "     local t = {}"
        "     for i = 1, n do t[i] = s end"
        "     if s:rep(n, sep) ~= table.concat(t, sep) then"
        "      return #s .. ' ' .. #sep .. ' ' .. n"
        "     end"
        "    end"
        "   end"
        "  end"
        " end return string.rep(7, 70000) == ('7'):rep(70000) and 'same'",
        "same");
    lua_close(L);
}

/* Large strings in the other case, whatever is left over of a block. */
static void case_of_every_byte(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    RUN("local every = {} for i = 0, 255 do every[#every + 1] = string.char(i) end"
        " every = table.concat(every)"
        " for n = 0, 300 do"
        "  local s = every:rep(2):sub(n, 2 * n)"
        "  local up = s:gsub('%l', function(c) return string.char(c:byte() - 32)"
        "   end)"
        "  local low = s:gsub('%u', function(c) return string.char(c:byte() + 32)"
        "   end)"
        "  if s:upper() ~= up or s:lower() ~= low then return n end"
        " end return 'same'",
        "same");
    lua_close(L);
}

/* Each item, whatever room the result's buffer has left before it. */
static void format_grows_at_any_item(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    lib_state_limit(100000000, 64 << 20);
    RUN("local items = {{'%s', 'abc'}, {'%5.2s', 'abc'}, {'%7s', true},"
        " {'%.1s', nil}, {'%d', 7}, {'%5i', -7}, {'%g', 0.1}, {'%a', 1.5},"
        " {'%99.99f', 1e308}, {'%c', 65}, {'%q', 'a\\n'}, {'%q', 1.5},"
        " {'%q', false}, {'%p', 1}, {'%%', 1}, {'%#x', 255}}"
        " for _, item in ipairs(items) do"
        "  local spec, v = item[1], item[2]"
        "  local alone = spec:format(v)"
        "  for n = 300, 2200 do"
        "   local front = ('x'):rep(n)"
        "   if ('%s' .. spec):format(front, v) ~= front .. alone or"
        "    (front .. spec):format(v) ~= front .. alone then"
        "    return spec .. ' after ' .. n"
        "   end"
        "  end"
        " end return 'same'",
        "same");
    lua_close(L);
}

static void lib_raises_result_too_large(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    lib_state_limit(1000000, 100000);
    RUN(ERROR("('a'):rep(100001)"), "result too large");
    RUN(ERROR("('a'):rep(50001, ',')"), "result too large");
    RUN(ERROR("('a'):rep(1 << 40)"), "resulting string too large");
    RUN(ERROR("#(''):rep(math.maxinteger, '')"), "no error");
    RUN(ERROR("('a'):rep(1000):gsub('a', ('b'):rep(1000))"),
        "result too large");
    RUN(ERROR("('a'):rep(1000):gsub('a', '%0' .. ('b'):rep(1000))"),
        "result too large");
    RUN(ERROR("('a'):rep(1000):gsub('a', function() return "
              "('b'):rep(1000) end)"),
        "result too large");
    RUN(ERROR("('%s'):rep(200):format(table.unpack((function() local r = {} "
              "for i = 1, 200 do r[i] = ('a'):rep(1000) end return r end)()))"),
        "result too large");
    RUN(ERROR("table.concat({('a'):rep(60000), ('a'):rep(60000)})"),
        "result too large");
    RUN(ERROR("table.concat({1, 2, 3}, ('a'):rep(60000))"), "result too large");
    RUN(ERROR("string.pack('c200000', '')"), "result too large");
    RUN(ERROR("string.pack(('s'):rep(2), ('a'):rep(60000), "
              "('a'):rep(60000))"),
        "result too large");
    RUN(ERROR("('a'):rep(90000):upper()"), "no error");
    lib_state_limit(1000000, 16 << 20);
    lua_close(L);
}

static void lib_rep_fills_every_length(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    RUN("for n = 0, 70 do for _, sep in ipairs {'', ',', '<=>'} do "
        "local parts = {} for i = 1, n do parts[i] = 'abc' end "
        "assert(('abc'):rep(n, sep) == table.concat(parts, sep)) end end "
        "return 'ok'",
        "ok");
    lua_close(L);
}

static void lib_gsub_is_safe_from_its_callback(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    RUN("return (('abc'):rep(1000):gsub('.', function(c) "
        "collectgarbage('count') return (c:rep(20):gsub('.', '%0%0')) "
        "end)):len()",
        "120000");
    RUN(ERROR("('abc'):gsub('.', function() error('stop', 0) end)"), "stop");
    RUN(ERROR("('abc'):gsub('.', {a = {}})"),
        "invalid replacement value (a table)");
    lua_close(L);
}

static void lib_sort_survives_any_comparator(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    RUN("local r = 1 for n = 0, 300, 7 do for mode = 1, 4 do "
        "local a = {} for i = 1, n do r = (r * 16807) % 2147483647 "
        "a[i] = r % 50 end "
        "pcall(table.sort, a, function(x, y) "
        "if mode == 1 then return true elseif mode == 2 then return false "
        "elseif mode == 3 then r = (r * 16807) % 2147483647 "
        "return r % 2 == 0 else for i = 1, n do a[i] = nil end "
        "return (x or 0) < (y or 0) end end) end end return 'ok'",
        "ok");
    lua_close(L);
}

static void lib_documented_differences(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    RUN(ERROR("collectgarbage()"), "bad argument #1 to 'collectgarbage' (only "
                                   "\"count\" is available)");
    RUN(ERROR("collectgarbage('collect')"),
        "bad argument #1 to 'collectgarbage' (only \"count\" is available)");
    RUN("return math.type(collectgarbage('count'))", "float");
    RUN("return select('#', math.randomseed(5))", "0");
    RUN("return select('#', math.randomseed())", "0");
    RUN("return tostring(coroutine.close) .. tostring(warn)", "nilnil");
    RUN("local t = {} return ('%p'):format(t) == tostring(t):match('#%d+') "
        "and ('%10p'):format(t):len()",
        "10");
    RUN("return ('%p'):format('x') .. ('%-8p|'):format(1)", "(null)(null)  |");
    RUN("return ('%s'):format(setmetatable({}, {__name = 'Thing'}))"
        ":match('^Thing: #%d+$') and 'ok'",
        "ok");
    /* the handler of xpcall runs after unwinding */
    RUN("local _, e = xpcall(function() local function f() error('x') end f() "
        "end, debug.traceback) return e:find(\"in upvalue 'f'\") and 'deep' "
        "or 'flat'",
        "flat");
    lua_close(L);
}

static void lib_clock_is_the_isolates(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    RUN("return os.time()", "1700000000");
    RUN("return os.date('%c')", "Tue Nov 14 22:13:20 2023");
    RUN("return os.date()", "Tue Nov 14 22:13:20 2023");
    RUN("return os.date('!*t').hour", "22");
    RUN("return os.time(os.date('*t'))", "1700000000");
    lua_close(L);
}

static void lib_random_is_seeded(wfp_test_t *t)
{
    lua_State *a = lib_state_new(), *b = lib_state_new();
    const char *one = lib_state_run(a, "return math.random(0)");
    const char *two = lib_state_run(b, "return math.random(0)");

    CHECK(strcmp(one, two) != 0);
    lua_close(a);
    lua_close(b);
}

static const wfp_test_case_t cases[] = {
    { "lib_raises_too_much_work", lib_raises_too_much_work },
    { "rep_is_its_pieces", rep_is_its_pieces },
    { "case_of_every_byte", case_of_every_byte },
    { "format_grows_at_any_item", format_grows_at_any_item },
    { "lib_raises_result_too_large", lib_raises_result_too_large },
    { "lib_rep_fills_every_length", lib_rep_fills_every_length },
    { "lib_gsub_is_safe_from_its_callback",
      lib_gsub_is_safe_from_its_callback },
    { "lib_sort_survives_any_comparator", lib_sort_survives_any_comparator },
    { "lib_documented_differences", lib_documented_differences },
    { "lib_clock_is_the_isolates", lib_clock_is_the_isolates },
    { "lib_random_is_seeded", lib_random_is_seeded },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
