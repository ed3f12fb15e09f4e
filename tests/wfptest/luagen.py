# SPDX-License-Identifier: Apache-2.0
"""Seeded random calls of the standard library, as Lua source.

The same file runs in a stock interpreter and in the sandbox; emit(text) is
given by whoever runs it. Every call becomes one line: what it returned, or
the error's text, and the tables it changed."""

import random

PRELUDE = r'''
local format, concat, type, tostring = string.format, table.concat, type,
  tostring
local mtype, pairs, sort = math.type, pairs, table.sort
local function show(v, depth)
  local t = type(v)
  if t == "string" then
    return format("%q", v):gsub("\n", "n")
  elseif t == "number" then
    return mtype(v) == "float" and format("f:%a", v) or "i:" .. tostring(v)
  elseif t == "table" then
    if (depth or 0) > 2 then return "{...}" end
    local keys, out = {}, {}
    for k, x in next, v do
      out[#out + 1] = show(k, 9) .. "=" .. show(x, (depth or 0) + 1)
    end
    sort(out)
    return "{" .. concat(out, ",") .. "}"
  elseif t == "nil" or t == "boolean" then
    return tostring(v)
  end
  return t
end
local function line(n, ...)
  local out = {}
  for i = 1, select("#", ...) do
    out[i] = show((select(i, ...)))
  end
  emit(n .. ": " .. concat(out, " "))
end
local function T(n, f, ...) line(n, pcall(f, ...)) end
local LOG = {}
local function noted(n, f)
  LOG = {}
  T(n, f)
  if #LOG > 0 then emit("0 accesses: " .. concat(LOG, " ", 1, #LOG)) end
end
-- a table whose accesses are seen, or whose events are odd
local function P(kind, t)
  local mt = { __index = t }
  if kind == 1 then
    mt.__index = function(_, k) LOG[#LOG + 1] = "r" .. tostring(k) return t[k] end
    mt.__newindex = function(_, k, v)
      LOG[#LOG + 1] = "w" .. tostring(k) t[k] = v
    end
    mt.__len = function() LOG[#LOG + 1] = "#" return #t end
  elseif kind == 2 then mt.__len = function() return 3 end
  elseif kind == 4 then mt.__len = function() return 2.0 end
  elseif kind == 5 then mt.__len = function() return "2" end
  elseif kind == 6 then mt.__len = function() return {} end
  elseif kind == 7 then mt.__index = function() error("no reading") end
    mt.__len = function() return 2 end
  elseif kind == 8 then mt.__newindex = function() error("no writing", 0) end
    mt.__len = function() return #t end
  end
  return setmetatable({}, mt)
end
-- an object with a name or a text
local names = {
  { __tostring = function() return "an object" end }, { __name = "My.Type" },
  { __tostring = function() return 5 end }, { __name = 5 },
  { __tostring = function() error("no text") end },
  { __name = "Both", __tostring = function() return "both" end },
}
local function N(kind) return setmetatable({}, names[kind]) end
-- objects with an order
local order = {
  __lt = function(a, b) return a.v < b.v end,
  __le = function(a, b) return a.v <= b.v end,
  __eq = function(a, b) return a.v == b.v end,
}
local function O(n) return setmetatable({ v = n }, order) end
local function K(f)
  return setmetatable({}, { __call = function(_, ...) return f(...) end })
end
local function each(f, s, c, x)
  local out = {}
  for a, b, d in f, s, c, x do
    out[#out + 1] = { a, b, d }
    if #out > 50 then break end
  end
  return out
end
'''

INTEGERS = ["0", "1", "-1", "2", "3", "-2", "5", "10", "-10", "100", "255",
            "256", "-128", "127", "65535", "2^31|0", "-(2^31)|0", "2^53|0",
            "math.maxinteger", "math.mininteger", "math.maxinteger-1"]
NUMBERS = ["0.0", "-0.0", "1.5", "-1.5", "1e15", "1e16", "1e100", "-1e308",
           "1/0", "-1/0", "0/0", "3.0", "2^53", "0.1", "123456.789", "1e-5",
           "5e-324", "2^63", "-2^63"]
ODD = ["nil", "true", "false", "{}", "type", "'x'", "'10'", "' 0x10 '",
       "'1e1'", "1.5", "'abc'", "''", "N(1)", "N(2)", "N(6)", "K(type)",
       "coroutine.create(type)", "O(1)", "P(1,{1})", "3.0", "2^63", "-0.0"]
ALPHABETS = ["ab", "abc12 ", "aAzZ09_.-", "()[]%+-*?.^$", "a\\0b\\255\\n",
             "\\195\\169x\\226\\130\\172", "hello world", "key=value;"]
PIECES = ["a", "b", ".", "%a", "%d", "%s", "%w", "%x", "%p", "%l", "%u", "%c",
          "%z", "%g", "%A", "%D", "%S", "%W", "[abc]", "[^a]", "[a-z]", "[%w_]",
          "[^%s]", "[%d.]", "[]]", "[^]]", "[a-]", "%.", "%%", "x", " ", "1",
          "%-", "=", ";", "e", "l", "o"]
ODD_PIECES = ["[", "]", "(", ")", "%", "[a", "[^", "%b", "%bx", "%f", "%fa",
              "$", "^", "*", "-", "%1", "%2", "%9", "%0", "[a-%]", "\\0",
              "[%a-z]", "[z-a]", "()", "%z", "[[]", "%bab", "-", "+", "?"]


class Generator:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def integer(self):
        return self.r.choice(INTEGERS) if self.r.random() < .4 else \
            str(self.r.randint(-8, 20))

    def small(self):
        return str(self.r.randint(-6, 12))

    def number(self):
        r = self.r.random()
        if r < .4:
            return self.r.choice(NUMBERS)
        return self.integer() if r < .7 else repr(self.r.uniform(-1e3, 1e3))

    def odd(self, normal):
        """Now and then an argument of the wrong kind."""
        return self.r.choice(ODD) if self.r.random() < .05 else normal

    def chars(self, alphabet, n):
        out, symbols, i = [], [], 0
        while i < len(alphabet):
            if alphabet[i] == "\\" and alphabet[i + 1].isdigit():
                j = i + 1
                while j < len(alphabet) and alphabet[j].isdigit():
                    j += 1
                symbols.append("\\%03d" % int(alphabet[i + 1:j]))
                i = j
            elif alphabet[i] == "\\":
                symbols.append(alphabet[i:i + 2])
                i += 2
            else:
                symbols.append(alphabet[i])
                i += 1
        for _ in range(n):
            out.append(self.r.choice(symbols))
        return "".join(out)

    def string(self, longest=14):
        n = self.r.choice([0, 1, 2, 3, 5, 8, longest])
        if self.r.random() < .04:
            n = 120
        return '"' + self.chars(self.r.choice(ALPHABETS), n) + '"'

    def pattern(self):
        r, out, opened = self.r, [], 0
        if r.random() < .15:
            out.append("^")
        for _ in range(r.choice([0, 1, 1, 2, 2, 3, 4, 6])):
            roll = r.random()
            if roll < .12:
                out.append("(")
                opened += 1
            elif roll < .16:
                out.append("()")
            elif roll < .19:
                out.append(r.choice(["%b()", "%bab", "%f[%w]", "%f[%a]",
                                     "%f[^%w]"]))
            elif roll < .24:
                out.append(r.choice(ODD_PIECES))
            else:
                out.append(r.choice(PIECES))
                if r.random() < .45:
                    out.append(r.choice("*+-?"))
            if opened and r.random() < .4:
                out.append(")")
                opened -= 1
        if r.random() < .93:
            out.append(")" * opened)
        if r.random() < .1:
            out.append("%1")
        if r.random() < .15:
            out.append("$")
        return '"' + "".join(out) + '"'

    def spec(self):
        r = self.r
        if r.random() < .06:
            return "%" + "".join(r.choice("-+ #0.123456789dlxsqz%")
                                 for _ in range(r.choice([1, 2, 5, 24])))
        flags = "".join(r.choice("-+ #0")
                        for _ in range(r.choice([0, 0, 0, 1, 2])))
        width = r.choice(["", "", "", "3", "10", "99", "100"])
        precision = r.choice(["", "", "", ".", ".0", ".3", ".20", ".99",
                              ".100"])
        return "%" + flags + width + precision + r.choice(
            "ddiuoxXcaAeEfgGqsssp")

    def format_call(self):
        specs = [self.spec() for _ in range(self.r.choice([1, 1, 2, 3]))]
        fmt = self.r.choice(["", "a", "%%", " "]).join(specs)
        args = [self.argument(s) for s in specs]
        if self.r.random() < .05:
            args.pop()
        return ["'" + fmt + "'"] + args

    def argument(self, spec):
        kind = spec[-1]
        if kind in "diuoxX" and self.r.random() < .9:
            return self.integer()
        if kind == "c":
            return str(self.r.randint(-1, 260))
        if kind == "p":
            return self.r.choice(["nil", "1", "true"])
        if kind in "aAeEfgG" and self.r.random() < .9:
            return self.number()
        return self.r.choice([self.string(), self.number(), "nil", "true",
                              "{}" if kind == "q" else "'x'"])

    def pack_format(self):
        r, out = self.r, []
        for _ in range(r.choice([1, 1, 2, 3, 5])):
            out.append(r.choice(
                ["b", "B", "h", "H", "i", "I", "l", "L", "j", "J", "T", "f",
                 "d", "n", "z", "x", " ", "<", ">", "=", "!", "!4", "!8",
                 "!3", "s", "s1", "s2", "c3", "c0", "c", "X", "Xi4", "Xh",
                 "Xz", "i3", "i16", "i17", "I9", "I1", "i7", "s0", "q", "i0",
                 "!16", "c99999999999", "i8", "I16", "s16", "s9"]))
        return "'" + "".join(out) + "'"

    def table(self):
        """A table, now and then behind events."""
        if self.r.random() < .12:
            return f"P({self.r.randint(1, 8)},{self.plain_table()})"
        return self.plain_table()

    def plain_table(self):
        r = self.r
        kind = r.random()
        if kind < .5:
            items = [self.small() for _ in range(r.choice([0, 1, 2, 3, 6]))]
        elif kind < .8:
            items = [self.string(4) for _ in range(r.choice([0, 1, 3]))]
        else:
            items = [r.choice([self.number(), self.string(3), "nil"])
                     for _ in range(r.choice([1, 3, 5]))]
        return "{" + ",".join(items) + "}"

    def optional(self, args, *more):
        for one in more:
            if self.r.random() < .5:
                break
            args.append(one())
        return args

    def code_points(self):
        codes = [self.r.choice(["0", "65", "127", "128", "233", "2047", "2048",
                                "8364", "55296", "57343", "65535", "65536",
                                "128512", "1114111", "1114112", "67108863",
                                "2147483647", "2147483648", "-1"])
                 for _ in range(self.r.choice([0, 1, 2, 4]))]
        return codes

    def utf8_string(self):
        r = self.r
        good = ["a", "\\195\\169", "\\226\\130\\172", "\\240\\159\\152\\128"]
        bad = ["\\128", "\\195", "\\226\\130", "\\237\\160\\128", "\\255",
               "\\192\\128", "\\224\\128\\128", "\\244\\144\\128\\128",
               "\\248\\136\\128\\128\\128", "\\252\\132\\128\\128\\128\\128",
               "\\254\\128", "\\253\\191\\191\\191\\191\\191"]
        parts = [r.choice(good if r.random() < .85 else bad)
                 for _ in range(r.choice([0, 1, 3, 6]))]
        return '"' + "".join(parts) + '"'

    def value(self):
        return self.r.choice([self.integer, self.number, self.string,
                              self.plain_table, lambda: "nil",
                              lambda: "true"])()

    def steps(self, depth, may_close):
        """Statements inside a coroutine."""
        r, out = self.r, []
        for _ in range(r.randint(1, 4)):
            kind = r.randint(0, 11 if depth else 5)
            inner = self.steps(depth - 1, may_close) if kind > 5 else ""
            out.append({
                0: lambda: f"add(coroutine.yield({self.value()}))",
                1: lambda: f"add(coroutine.yield({self.value()},"
                           f"{self.value()}))",
                2: lambda: "add(coroutine.isyieldable(), "
                           "select(2, coroutine.running()))",
                3: lambda: f"add({self.value()})",
                4: lambda: f"if #out > {r.randint(0, 9)} then "
                           f"error({self.value()}) end",
                5: lambda: f"if #out > {r.randint(0, 9)} then "
                           f"return {self.value()} end",
                6: lambda: f"add(pcall(function() {inner} end))",
                7: lambda: f"for i = 1, {r.randint(0, 3)} do {inner} end",
                8: lambda: "add(pcall(coroutine.wrap(function() "
                           f"{self.steps(depth - 1, False)} end)))",
                9: lambda: "do local f = coroutine.wrap(function() "
                           f"{self.steps(depth - 1, False)} end) "
                           "add(pcall(f)) add(pcall(f, 1)) end",
                10: lambda: "do local x <close> = closing() "
                            f"{inner} end" if may_close else
                            "add(pcall(table.sort, { 3, 1, 2 }, "
                            f"function(a, b) {inner} return a < b end))",
                11: lambda: "add(xpcall(function() "
                            f"{self.steps(depth - 1, False)} end, "
                            "function(e) return type(e) end))",
            }[kind]())
        return " ".join(out)

    def coroutine_program(self):
        """A function that runs a coroutine and returns what was seen."""
        drive = []
        for _ in range(self.r.randint(2, 7)):
            drive.append(self.r.choice([
                f"add(coroutine.resume(co, {self.value()}))",
                f"add(coroutine.resume(co, {self.value()}, {self.value()}))",
                "add(coroutine.status(co))", "add(coroutine.resume(co))"]))
        return ("function() local out, co = {} "
                "local function add(...) out[#out + 1] = { ... } end "
                "local function closing() return setmetatable({}, { __close ="
                " function(_, e) add('close', type(e)) end }) end "
                f"co = coroutine.create(function(a, b) {self.steps(2, True)} "
                f"return a, b end) {' '.join(drive)} return out end")
