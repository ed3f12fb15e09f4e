/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole isolates under 20 ms: the input chooses among the productions of a
 * small grammar, so that most programs compile and many do something strange.
 * Nothing may crash or outlive its limit.
 */
#include "tests/fuzz/fuzz.h"

#include "tests/unit/runtime_fixture.h"

const char *const fuzz_name = "program";

#define TEXT_MAX  8192
#define DEPTH_MAX 7

typedef struct maker_t {
    const uint8_t *data;
    size_t left;
    size_t used;
    int depth;
    char text[TEXT_MAX];
} maker_t;

static unsigned choose(maker_t *m, unsigned n)
{
    unsigned byte = 0;

    if (m->left) {
        byte = *m->data++;
        m->left--;
    }
    return byte % n;
}

static void put(maker_t *m, const char *s)
{
    size_t n = strlen(s);

    if (m->used + n + 1 < sizeof(m->text)) {
        memcpy(m->text + m->used, s, n + 1);
        m->used += n;
    }
}

#define COUNT(rows)   (sizeof(rows) / sizeof(rows[0]))
#define PICK(m, rows) rows[choose(m, COUNT(rows))]

static const char *const names[] = { "a", "b", "c", "d", "e" };

static const char *const constants[] = {
    "nil",
    "true",
    "0",
    "1",
    "-1",
    "3",
    "0.5",
    "1e308",
    "0/0",
    "1/0",
    "math.maxinteger",
    "math.mininteger",
    "''",
    "'a'",
    "'%d+'",
    "'(a-)%1'",
    "'%s%q'",
    "'<i8z'",
    "('x'):rep(300)",
    "('ab'):rep(20000)",
    "{}",
    "{ 1, 2, 3, n = 4 }",
    "print",
    "string.rep",
    "function(...) return ... end",
    "function(x) return coroutine.yield(x) end",
    "request",
    "env",
    "ctx",
    "json.null",
    "request.headers",
    "'http://a.example/x?y#z'",
    "'\\0\\255'",
    "'{\"a\":[1,2,{\"b\":null}]}'",
    "100000",
};

static const char *const functions[] = {
    "string.find",
    "string.match",
    "string.gsub",
    "string.gmatch",
    "string.format",
    "string.pack",
    "string.unpack",
    "string.packsize",
    "string.rep",
    "string.byte",
    "string.char",
    "string.sub",
    "string.reverse",
    "string.upper",
    "string.len",
    "table.concat",
    "table.insert",
    "table.remove",
    "table.move",
    "table.sort",
    "table.unpack",
    "table.pack",
    "utf8.char",
    "utf8.codepoint",
    "utf8.len",
    "utf8.offset",
    "utf8.codes",
    "math.floor",
    "math.random",
    "math.tointeger",
    "math.fmod",
    "math.ult",
    "tostring",
    "tonumber",
    "select",
    "next",
    "pairs",
    "ipairs",
    "rawget",
    "rawset",
    "rawlen",
    "rawequal",
    "type",
    "setmetatable",
    "getmetatable",
    "pcall",
    "xpcall",
    "error",
    "assert",
    "load",
    "coroutine.create",
    "coroutine.resume",
    "coroutine.wrap",
    "coroutine.yield",
    "coroutine.status",
    "coroutine.isyieldable",
    "coroutine.running",
    "os.date",
    "os.time",
    "os.clock",
    "json.encode",
    "json.decode",
    "URL.new",
    "Headers.new",
    "Request.new",
    "Response.new",
    "ctx.waitUntil",
    "fetch",
    "console.log",
    "print",
    "request.text",
    "request.headers.get",
};

static const char *const operators[] = {
    " + ",  " - ",  " * ", " // ", " % ",  " / ", " ^ ",  " & ",   " | ",
    " << ", " >> ", " ~ ", " .. ", " == ", " < ", " <= ", " and ", " or ",
};

static const char *const unaries[] = { "-", "#", "not ", "~" };

static const char *const events[] = {
    "__index", "__newindex", "__call", "__len",    "__eq",        "__lt",
    "__le",    "__add",      "__unm",  "__close",  "__pairs",     "__tostring",
    "__name",  "__gc",       "__mode", "__concat", "__metatable", "__idiv",
};

static void block(maker_t *m);

static void expression(maker_t *m);

static void call(maker_t *m)
{
    unsigned i, n = choose(m, 5);

    put(m, choose(m, 6) ? PICK(m, functions) : PICK(m, names));
    put(m, "(");
    for (i = 0; i < n; i++) {
        put(m, i ? ", " : "");
        expression(m);
    }
    put(m, ")");
}

static void table(maker_t *m)
{
    unsigned i, n = choose(m, 4);

    put(m, "{ ");
    for (i = 0; i < n; i++) {
        if (choose(m, 2)) {
            put(m, PICK(m, events));
            put(m, " = ");
        }
        expression(m);
        put(m, ", ");
    }
    put(m, "}");
}

static void function(maker_t *m)
{
    put(m, "function(a, b, ...) ");
    block(m);
    put(m, " return a end");
}

static void expression(maker_t *m)
{
    if (m->depth >= DEPTH_MAX || !m->left) {
        put(m, PICK(m, names));
        return;
    }
    m->depth++;
    switch (choose(m, 10)) {
    case 0:
    case 1:
        put(m, PICK(m, names));
        break;
    case 2:
    case 3:
        put(m, PICK(m, constants));
        break;
    case 4:
        put(m, "(");
        expression(m);
        put(m, PICK(m, operators));
        expression(m);
        put(m, ")");
        break;
    case 5:
        put(m, "(");
        put(m, PICK(m, unaries));
        expression(m);
        put(m, ")");
        break;
    case 6:
        table(m);
        break;
    case 7:
        function(m);
        break;
    case 8:
        put(m, PICK(m, names));
        put(m, "[");
        expression(m);
        put(m, "]");
        break;
    default:
        call(m);
        break;
    }
    m->depth--;
}

/* "HEAD expression MIDDLE block TAIL" */
static void compound(maker_t *m, const char *head, const char *middle,
                     const char *tail)
{
    put(m, head);
    expression(m);
    put(m, middle);
    block(m);
    put(m, tail);
}

static void assign(maker_t *m)
{
    put(m, PICK(m, names));
    if (choose(m, 2)) {
        put(m, " = ");
    }
    else {
        put(m, "[");
        expression(m);
        put(m, "] = ");
    }
    expression(m);
    put(m, "; ");
}

static void statement(maker_t *m)
{
    switch (choose(m, 11)) {
    case 0:
        compound(m, "if ", " then ", "end; ");
        break;
    case 1:
        compound(m, "while ", " do ", "end; ");
        break;
    case 2:
        compound(m, "for i = 1, ", " do a = i; ", "end; ");
        break;
    case 3:
        compound(m, "for k, v in ", " do b = v; ", "end; ");
        break;
    case 4:
        compound(m, "do local x <close> = ", "; ", "end; ");
        break;
    case 5:
        compound(m, "c = setmetatable(", ", d); ", "");
        break;
    case 6:
        put(m, "d = coroutine.wrap(");
        function(m);
        put(m, "); ");
        break;
    case 7:
        put(m, "e = ");
        call(m);
        put(m, "; ");
        break;
    case 8:
        put(m, "pcall(");
        function(m);
        put(m, "); ");
        break;
    default:
        assign(m);
        break;
    }
}

static void block(maker_t *m)
{
    unsigned n = choose(m, 4);

    if (m->depth >= DEPTH_MAX) {
        return;
    }
    m->depth++;
    while (n-- && m->left) {
        statement(m);
    }
    m->depth--;
}

static const char *make_program(maker_t *m, const uint8_t *data, size_t n)
{
    memset(m, 0, sizeof(*m));
    m->data = data;
    m->left = n < 1024 ? n : 1024;
    put(m, "local a, b, c, d, e = 1, 'text', { 1, 2 }, { }, print\n"
           "return { fetch = function(request, env, ctx)\n");
    while (m->left && m->used < TEXT_MAX - 256) {
        put(m, "pcall(function() ");
        statement(m);
        put(m, "end)\n");
    }
    put(m, "return Response.new(tostring(a)) end }\n");
    return m->text;
}

static void run(wfp_test_t *t, const char *text)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso;
    wfp_result_t res;
    wfp_host_ctx_t ctx;
    fixture_outcome_t out;

    limits.v[WFP_LIMIT_WALL_MS] = 1000;
    limits.v[WFP_LIMIT_MEMORY_MB] = 8;
    limits.v[WFP_LIMIT_STARTUP_MS] = 20;
    wfp_result_init(&res, t->pool);
    if (wfp_isolate_create(&iso, fixture(t), fixture_script(text, t->pool),
                           &limits, 0, &res, t->pool)
        != APR_SUCCESS) {
        return; /* does not compile */
    }
    memset(&ctx, 0, sizeof(ctx));
    ctx.pool = t->pool;
    fixture_run(&out, iso, &ctx, &limits, t->pool);
    /* twice: handler and waitUntil; sanitizers slow down what is critical */
    FUZZ_CHECK(out.cpu_ms < 2 * (20 + 50) + 500);
    wfp_isolate_destroy(iso);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static apr_pool_t *root;
    static maker_t maker;
    wfp_test_t t;

    if (!root) {
        apr_initialize();
        apr_pool_create(&root, NULL);
    }
    memset(&t, 0, sizeof(t));
    apr_pool_create(&t.pool, root);
    make_program(&maker, data, n);
    if (getenv("FUZZ_SHOW")) {
        fputs(maker.text, stderr);
    }
    if (setjmp(t.out) == 0) {
        run(&t, maker.text);
    }
    apr_pool_destroy(t.pool);
    return 0;
}
