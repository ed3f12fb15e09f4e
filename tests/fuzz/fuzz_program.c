/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole isolates under 20 ms: the input chooses among the productions of a
 * small grammar (program_rules.h), so that most programs compile and many do
 * something strange. A program has a module, calls other Workers that are made
 * of the same input, and runs twice, so that it meets its own dead requests.
 * Nothing may crash or outlive its limit.
 */
#include "core/clock.h"
#include "tests/fuzz/fuzz.h"

#include "tests/fuzz/program_rules.h"
#include "tests/unit/runtime_fixture.h"

const char *const fuzz_name = "program";

#define TEXT_MAX   32768
#define ENOUGH     6000 /* of text: from here on no new statement */
#define DEPTH_MAX  7
#define NESTED_MAX 64

typedef struct maker_t {
    const uint8_t *data;
    size_t left;
    size_t used;
    int depth;
    int sources; /* open [==[, so that each has a length of its own */
    char text[TEXT_MAX];
} maker_t;

/* Workers that the program called, ended after it. */
typedef struct nested_t {
    const char *text;
    apr_pool_t *pool;
    const wfp_runtime_t *runtime;
    wfp_invocation_t *open[NESTED_MAX];
    int n;
} nested_t;

static nested_t nested;

static unsigned choose(maker_t *m, unsigned n)
{
    unsigned byte = 0;

    if (m->left) {
        byte = *m->data++;
        m->left--;
    }
    return byte % n;
}

static void put_n(maker_t *m, const char *s, size_t n)
{
    if (m->used + n + 1 < sizeof(m->text)) {
        memcpy(m->text + m->used, s, n);
        m->used += n;
        m->text[m->used] = '\0';
    }
}

static void put(maker_t *m, const char *s)
{
    put_n(m, s, strlen(s));
}

typedef struct rule_t {
    char letter;
    const char *const *rows;
    unsigned n;
    const char *end; /* instead of a row, when deep enough */
} rule_t;

#define RULE(letter, rows, end)                                                \
    {                                                                          \
        letter, rows, sizeof(rows) / sizeof((rows)[0]), end                    \
    }

static const rule_t rules[] = {
    RULE('e', rule_expressions, "a"), RULE('f', rule_bodies, "print"),
    RULE('o', rule_objects, "c"),     RULE('C', rule_calls, "d"),
    RULE('A', rule_algorithms, "e"),  RULE('n', rule_names, NULL),
    RULE('c', rule_constants, NULL),  RULE('s', rule_texts, NULL),
    RULE('F', rule_functions, NULL),  RULE('L', rule_classes, NULL),
    RULE('m', rule_methods, NULL),    RULE('p', rule_fields, NULL),
    RULE('v', rule_events, NULL),     RULE('u', rule_unaries, NULL),
    RULE('x', rule_operators, NULL),  RULE('q', rule_selectors, NULL),
    RULE('i', rule_numbers, NULL),    RULE('t', rule_typed, "b"),
};

static void expand(maker_t *m, const char *row);

static int is_deep(const maker_t *m)
{
    return m->depth >= DEPTH_MAX || !m->left || m->used > TEXT_MAX / 2;
}

static void block(maker_t *m)
{
    unsigned n = choose(m, 4);

    while (n-- && !is_deep(m)) {
        m->depth++;
        expand(m, rule_statements[choose(m, sizeof(rule_statements)
                                                / sizeof(*rule_statements))]);
        put(m, "; ");
        m->depth--;
    }
}

static void arguments(maker_t *m)
{
    unsigned i, n = choose(m, 5);

    expand(m, "$e");
    for (i = 1; i < n; i++) {
        expand(m, ", $e");
    }
}

/* A long string with a program, which another one may be within. */
static void source(maker_t *m)
{
    static const char level[] = "================";
    size_t n = (size_t)(m->sources < 15 ? m->sources : 15);

    m->sources++;
    put(m, "[");
    put_n(m, level, n);
    put(m, "[ ");
    expand(m, "local a, b, c, d, e = ... $b return $e ");
    put(m, "]");
    put_n(m, level, n);
    put(m, "]");
}

static void symbol(maker_t *m, char letter)
{
    const rule_t *rule = rules;

    while (rule->letter != letter) {
        rule++;
        FUZZ_CHECK(rule < rules + sizeof(rules) / sizeof(rules[0]));
    }
    if (rule->end && is_deep(m)) {
        put(m, rule->end);
        return;
    }
    m->depth++;
    expand(m, rule->rows[choose(m, rule->n)]);
    m->depth--;
}

static void expand(maker_t *m, const char *row)
{
    const char *dollar;

    for (; (dollar = strchr(row, '$')) != NULL; row = dollar + 2) {
        put_n(m, row, (size_t)(dollar - row));
        switch (dollar[1]) {
        case 'b':
            block(m);
            break;
        case 'a':
            arguments(m);
            break;
        case 'l':
            source(m);
            break;
        default:
            symbol(m, dollar[1]);
            break;
        }
    }
    put(m, row);
}

static void statements(maker_t *m)
{
    while (m->left && m->used < ENOUGH) {
        put(m, "pcall(function() ");
        m->depth = 1;
        expand(m, rule_statements[choose(m, sizeof(rule_statements)
                                                / sizeof(*rule_statements))]);
        put(m, " end)\n");
        m->depth = 0;
    }
}

/* Each alone: a class that is not there leaves its global nil. */
static const char prelude[] =
    "local a, b, c, d, e = 1, 'text', { 1, 2 }, { }, print\n"
    "for k, f in pairs {\n"
    "  h = function() return Headers.new({ a = 'b' }) end,\n"
    "  r = function() return Response.new('<p class=a>x</p>') end,\n"
    "  u = function() return URL.new('http://a.example/x?y=1') end,\n"
    "  p = function() return URLSearchParams.new('a=1&b=2') end,\n"
    "  m = function() return FormData.new() end,\n"
    "  w = function() return HTMLRewriter.new() end,\n"
    "  x = function() return AbortController.new() end,\n"
    "} do\n"
    "  local ok, v = pcall(f)\n"
    "  _G[k] = ok and v or _G[k]\n"
    "end\n";

static const char *make_program(maker_t *m, const uint8_t *data, size_t n)
{
    const char *answer;
    static const char *const answers[] = { "Response.new(tostring(a))", "$o",
                                           "a", "r" };

    memset(m, 0, sizeof(*m));
    m->data = data;
    m->left = n < 1024 ? n : 1024;
    put(m, prelude);
    put(m, "local lib = require('lib')\npcall(function() ");
    block(m);
    put(m, "end)\nreturn { call = ");
    expand(m, "$f");
    put(m, ", fetch = function(request, env, ctx)\n"
           "q = request\n");
    answer = answers[choose(m, 4)];
    statements(m);
    put(m, "return ");
    expand(m, answer);
    put(m, " end }\n");
    return m->text;
}

static const char *make_module(maker_t *m, const uint8_t *data, size_t n)
{
    memset(m, 0, sizeof(*m));
    m->data = data;
    m->left = n < 64 ? n : 64;
    put(m, "local a, b, c, d, e = 1, 'text', { 1, 2 }, { }, print\n"
           "pcall(function() ");
    m->depth = 2;
    expand(m, "$b end) return $f");
    return m->text;
}

static wfp_limits_t limits_of_20_ms(void)
{
    wfp_limits_t limits = fixture_limits();

    limits.v[WFP_LIMIT_WALL_MS] = 1000;
    limits.v[WFP_LIMIT_MEMORY_MB] = 8;
    limits.v[WFP_LIMIT_STARTUP_MS] = 20;
    return limits;
}

static void add_binding(wfp_script_t *script, const char *name,
                        wfp_binding_e kind, const char *text)
{
    wfp_binding_t *b = apr_array_push(script->bindings);

    memset(b, 0, sizeof(*b));
    b->name = name;
    b->kind = kind;
    b->text = text;
    b->text_size = text ? strlen(text) : 0;
    b->target = "production";
}

static apr_status_t isolate_of(wfp_isolate_t **piso, const wfp_script_t *script,
                               apr_pool_t *p)
{
    wfp_limits_t limits = limits_of_20_ms();
    wfp_result_t res;

    wfp_result_init(&res, p);
    return wfp_isolate_create(piso, nested.runtime, script, &limits, 0, &res,
                              p);
}

/* A new isolate of the second program. */
static apr_status_t begin_nested(wfp_invocation_t **pinv)
{
    wfp_limits_t limits = limits_of_20_ms();
    wfp_isolate_t *iso;
    wfp_script_t *script;
    apr_status_t rv;

    if (nested.n == NESTED_MAX) {
        return APR_EGENERAL;
    }
    script = fixture_script(nested.text, nested.pool);
    (void)fixture_module(script, "lib.lua", "return print");
    rv = isolate_of(&iso, script, nested.pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_run_begin(pinv, iso, NULL, &limits,
                       wfp_clock_now() + apr_time_from_sec(1), NULL, NULL,
                       nested.pool);
    if (rv != APR_SUCCESS) {
        wfp_isolate_destroy(iso);
        return rv;
    }
    nested.open[nested.n++] = *pinv;
    return APR_SUCCESS;
}

static apr_status_t nested_fetch(wfp_response_t **presp, wfp_request_t *req,
                                 wfp_result_t *res)
{
    wfp_invocation_t *inv;

    if (begin_nested(&inv) != APR_SUCCESS) {
        return wfp_result_set(res, WFP_WORKER_NOT_FOUND, APR_EGENERAL, NULL);
    }
    return wfp_run_fetch(presp, inv, req, res);
}

static apr_status_t on_dispatch(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                                const wfp_dispatch_t *what, wfp_request_t *req,
                                wfp_result_t *res)
{
    return nested_fetch(presp, req, res);
}

static apr_status_t on_service(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                               const wfp_binding_t *binding, wfp_request_t *req,
                               wfp_result_t *res)
{
    return nested_fetch(presp, req, res);
}

static apr_status_t on_service_call(const char **presult, wfp_host_ctx_t *ctx,
                                    const wfp_binding_t *binding,
                                    const char *method, const char *args,
                                    wfp_result_t *res)
{
    wfp_invocation_t *inv;

    if (begin_nested(&inv) != APR_SUCCESS) {
        return wfp_result_set(res, WFP_WORKER_NOT_FOUND, APR_EGENERAL, NULL);
    }
    return wfp_run_call(presult, inv, method, args, res);
}

static void on_log(wfp_host_ctx_t *ctx, wfp_log_e level, const char *text,
                   apr_size_t n)
{
    volatile char last;

    if (n) {
        last = text[n - 1]; /* a sanitizer looks whether it is there */
        (void)last;
    }
}

static void on_pass_through(wfp_host_ctx_t *ctx)
{
}

static void end_nested(void)
{
    while (nested.n) {
        wfp_isolate_destroy(wfp_run_end(nested.open[--nested.n]));
    }
}

static void host_init(wfp_test_t *t)
{
    nested.runtime = fixture(t);
    nested.pool = t->pool;
    nested.n = 0;
    fixture_host.dispatch = on_dispatch;
    fixture_host.service = on_service;
    fixture_host.service_call = on_service_call;
    fixture_host.log = on_log;
    fixture_host.pass_through = on_pass_through;
}

static void run(wfp_test_t *t, const char *text, const char *lib)
{
    wfp_limits_t limits = limits_of_20_ms();
    wfp_script_t *script = fixture_script(text, t->pool);
    wfp_host_ctx_t ctx;
    wfp_isolate_t *iso;
    fixture_outcome_t out;
    int i;

    (void)fixture_module(script, "lib.lua", lib);
    add_binding(script, "GREETING", WFP_BINDING_PLAIN_TEXT, "hello");
    add_binding(script, "SETTINGS", WFP_BINDING_JSON,
                "{\"a\":[1,{\"b\":null}]}");
    add_binding(script, "DISPATCHER", WFP_BINDING_DISPATCH_NAMESPACE, NULL);
    add_binding(script, "SVC", WFP_BINDING_SERVICE, NULL);
    add_binding(script, "VERSION", WFP_BINDING_VERSION_METADATA, NULL);
    if (isolate_of(&iso, script, t->pool) != APR_SUCCESS) {
        return; /* does not compile */
    }
    for (i = 0; i < 2 && !wfp_isolate_is_dead(iso); i++) {
        double allowed = 2 * (20 + 50) + 500;

        memset(&ctx, 0, sizeof(ctx));
        ctx.pool = t->pool;
        fixture_run(&out, iso, &ctx, &limits, t->pool);
        /* twice: handler and waitUntil; what is nested has limits of its own;
         * sanitizers slow down what is critical */
        FUZZ_CHECK(out.cpu_ms < allowed + nested.n * (20 + 20 + 50));
        end_nested();
    }
    wfp_isolate_destroy(iso);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static apr_pool_t *root;
    static maker_t maker;
    const char *text, *lib;
    wfp_test_t t;

    if (!root) {
        apr_initialize();
        apr_pool_create(&root, NULL);
    }
    memset(&t, 0, sizeof(t));
    apr_pool_create(&t.pool, root);
    nested.text = apr_pstrdup(t.pool,
                              make_program(&maker, data + n - n / 4, n / 4));
    lib = apr_pstrdup(t.pool, make_module(&maker, data + n / 2, n / 8));
    text = make_program(&maker, data, n - n / 4);
    if (getenv("FUZZ_SHOW")) {
        fprintf(stderr, "%s-- lib.lua\n%s\n-- called\n%s", text, lib,
                nested.text);
    }
    if (setjmp(t.out) == 0) {
        host_init(&t);
        run(&t, text, lib);
    }
    apr_pool_destroy(t.pool);
    return 0;
}
