/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lua_runtime/inside.h"
#include "runtime_fixture.h"

/* The promise: this much CPU time after the limit at most. */
#define LATE_MS 50.0

/* A handler whose body is the text. */
#define WORKER(text)                                                           \
    "return { fetch = function(request, env, ctx) " text " end }"

typedef struct attack_t {
    const char *name;
    wfp_code_e code;
    const char *text;
} attack_t;

/* Each ends by a hard limit, whatever it tries. */
static const attack_t attacks[] = {
    { "while", WFP_CPU_LIMIT, WORKER("while true do end") },
    { "goto", WFP_CPU_LIMIT, WORKER("::a:: goto a") },
    { "for", WFP_CPU_LIMIT, WORKER("for i = 1, math.huge do end") },
    { "recursion in pcall", WFP_CPU_LIMIT,
      WORKER("local function f() pcall(f) return f() end f()") },
    { "pcall swallows", WFP_CPU_LIMIT,
      WORKER("while true do pcall(function() while true do end end) end") },
    { "pcall returns", WFP_CPU_LIMIT,
      WORKER("pcall(function() while true do end end) "
             "return Response.new('survived')") },
    { "xpcall handler", WFP_CPU_LIMIT,
      WORKER("xpcall(function() while true do end end, "
             "function() while true do end end)") },
    { "error storm", WFP_CPU_LIMIT, WORKER("while true do pcall(error) end") },
    { "coroutine", WFP_CPU_LIMIT,
      WORKER("while true do coroutine.resume(coroutine.create(function() "
             "while true do end end)) end") },
    { "short coroutines", WFP_CPU_LIMIT,
      WORKER("while true do coroutine.wrap(function() for i = 1, 50 do end "
             "end)() end") },
    { "coroutine ping-pong", WFP_CPU_LIMIT,
      WORKER("local co = coroutine.wrap(function() while true do "
             "coroutine.yield() end end) while true do co() end") },
    { "coroutine of load time", WFP_CPU_LIMIT,
      "local co = coroutine.wrap(function() coroutine.yield() "
      "while true do end end) co() "
      "return { fetch = function() co() end }" },
    { "close swallows", WFP_CPU_LIMIT,
      WORKER("local mt = { __close = function() while true do end end } "
             "while true do pcall(function() local x <close> = "
             "setmetatable({}, mt) while true do end end) end") },
    { "metamethod", WFP_CPU_LIMIT,
      WORKER("local t = setmetatable({}, { __index = function(t, k) "
             "return t[k + 1] end }) while true do pcall(function() "
             "return t[1] end) end") },
    { "tostring of an error", WFP_CPU_LIMIT,
      WORKER("error(setmetatable({}, { __tostring = function() "
             "while true do end end }))") },
    { "call chain in C", WFP_CPU_LIMIT,
      "local t = {} "
      "for i = 1, 30000 do t = setmetatable({}, { __call = t }) end "
      "return { fetch = function() while true do pcall(t) end end }" },
    { "concatenation", WFP_CPU_LIMIT,
      WORKER("local s = ('x'):rep(1e6) while true do "
             "local a = s .. s .. s end") },
    { "sort", WFP_CPU_LIMIT,
      WORKER("while true do pcall(table.sort, { 3, 1, 2 }, "
             "function() while true do end end) end") },
    { "gsub callback", WFP_CPU_LIMIT,
      WORKER("string.gsub(('a'):rep(1e5), 'a', function() "
             "while true do end end)") },
    { "patterns", WFP_CPU_LIMIT,
      WORKER("local s = ('a'):rep(60) while true do "
             "pcall(string.find, s, ('a?'):rep(30) .. ('a'):rep(61)) end") },
    { "rep", WFP_CPU_LIMIT,
      WORKER("while true do pcall(string.rep, 'x', 1e6) end") },
    { "load", WFP_CPU_LIMIT,
      WORKER("local s = 'local a ' .. ('a = 1 '):rep(20000) "
             "while true do load(s) end") },
    { "tables", WFP_MEMORY_LIMIT,
      WORKER("local t = {} for i = 1, math.huge do t[i] = i end") },
    { "strings in pcall", WFP_MEMORY_LIMIT,
      WORKER("local t = {} while true do pcall(function() t[#t + 1] = "
             "('x'):rep(1e6) .. #t end) end") },
    { "doubling", WFP_MEMORY_LIMIT,
      WORKER("local s = ('x'):rep(1024) while true do s = s .. s end") },
    { NULL },
};

static void attack_ends(wfp_test_t *t, const attack_t *attack,
                        const wfp_limits_t *limits)
{
    fixture_outcome_t out = fixture_once(t, attack->text, limits);

    if (out.res.code != attack->code) {
        printf("# %s: %s (%s), body %s\n", attack->name,
               wfp_code_row(out.res.code)->code,
               out.res.message ? out.res.message : "",
               out.body ? out.body : "none");
    }
    CHECK_INT(out.res.code, attack->code);
    if (out.cpu_ms > (double)limits->v[WFP_LIMIT_CPU_MS] + LATE_MS) {
        printf("# %s: %.1f ms\n", attack->name, out.cpu_ms);
    }
    CHECK(out.cpu_ms <= (double)limits->v[WFP_LIMIT_CPU_MS] + LATE_MS);
}

static void no_attack_survives(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    int i;

    for (i = 0; attacks[i].name; i++) {
        limits.v[WFP_LIMIT_CPU_MS] = attacks[i].code == WFP_MEMORY_LIMIT ? 2000
                                                                         : 10;
        limits.v[WFP_LIMIT_MEMORY_MB] = 16;
        attack_ends(t, &attacks[i], &limits);
    }
}

static void no_attack_survives_exact(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    int i;

    (void)fixture(t);
    fixture_runtime.exact_metering = 1;
    limits.v[WFP_LIMIT_INSTRUCTIONS] = 1000000000000;
    limits.v[WFP_LIMIT_CPU_MS] = 5;
    for (i = 0; attacks[i].code == WFP_CPU_LIMIT; i++) {
        attack_ends(t, &attacks[i], &limits);
    }
    fixture_runtime.exact_metering = 0;
}

/* What a limit tells. */
static void the_limit_is_told(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    fixture_outcome_t out;

    out = fixture_once(t,
                       "return { fetch = function()\nwhile true do end end }",
                       &limits);
    CHECK_INT(out.res.code, WFP_CPU_LIMIT);
    CHECK_STR(out.res.name, "LimitError");
    CHECK_STR(out.res.limit, "cpu_ms");
    CHECK_INT(out.res.allowed, 20);
    CHECK(out.res.used >= 20 && out.res.used <= 70);
    CHECK_STR(out.res.worker, "customer-a");
    CHECK_STR(out.res.ns, "production");
    CHECK_STR(out.res.version, "8f9dbb2c-0f3c-4c5e-9e5d-000000000001");
    CHECK_INT(out.res.line, 2);
    CHECK(!strncmp(out.res.message, "CPU time limit exceeded", 23));
}

/* What the meter counted when the limit came. */
static apr_int64_t loop_instructions(wfp_test_t *t, apr_int64_t limit,
                                     int exact)
{
    wfp_limits_t limits = fixture_limits();
    fixture_outcome_t out;
    wfp_isolate_t *iso;
    wfp_host_ctx_t ctx;

    memset(&ctx, 0, sizeof(ctx));
    ctx.pool = t->pool;
    (void)fixture(t);
    fixture_runtime.exact_metering = exact;
    limits.v[WFP_LIMIT_INSTRUCTIONS] = limit;
    limits.v[WFP_LIMIT_CPU_MS] = 5000;
    iso = fixture_isolate(t,
                          WORKER("while true do console.log('') "
                                 "for i = 1, 23 do end end"),
                          &limits);
    fixture_run(&out, iso, &ctx, &limits, t->pool);
    fixture_runtime.exact_metering = 0;
    wfp_isolate_destroy(iso);
    CHECK_INT(out.res.code, WFP_INSTRUCTION_LIMIT);
    CHECK_STR(out.res.limit, "instructions");
    CHECK_INT(out.res.allowed, limit);
    CHECK(out.usage.instructions <= limit);
    return out.usage.instructions;
}

static void exact_ends_within_the_last_hundred(wfp_test_t *t)
{
    static const apr_int64_t limits[] = { 1000, 1001, 1099, 5050, 123456, 0 };
    int i;

    for (i = 0; limits[i]; i++) {
        apr_int64_t used = loop_instructions(t, limits[i], 1);

        CHECK(used > limits[i] - 100);
    }
}

/* The script itself counts: rounds that ran, seen from outside. */
static double rounds_ran(wfp_test_t *t, apr_int64_t limit, int exact)
{
    wfp_limits_t limits = fixture_limits();
    fixture_outcome_t out;
    wfp_isolate_t *iso;
    wfp_host_ctx_t ctx;

    memset(&ctx, 0, sizeof(ctx));
    ctx.pool = t->pool;
    (void)fixture(t);
    fixture_runtime.exact_metering = exact;
    limits.v[WFP_LIMIT_INSTRUCTIONS] = limit;
    limits.v[WFP_LIMIT_CPU_MS] = 5000;
    limits.v[WFP_LIMIT_LOG_KB] = 1024;
    /* 100,000 instructions and a line a round */
    iso = fixture_isolate(t,
                          WORKER("while true do for i = 1, 99990 do end "
                                 "console.log('x') end"),
                          &limits);
    fixture_run(&out, iso, &ctx, &limits, t->pool);
    fixture_runtime.exact_metering = 0;
    wfp_isolate_destroy(iso);
    CHECK_INT(out.res.code, WFP_INSTRUCTION_LIMIT);
    printf("# %.0f of %.0f at %.0f M/s\n", ctx.logged * 1e5, (double)limit,
           fixture_runtime.vm_rate / 1e6);
    return ctx.logged * 100000.0;
}

/* Never more than the limit; not less than half, unless the machine took time
 * away between a tick and its handler (that counts as run): not 20 times. */
static void ends_in_the_upper_half(wfp_test_t *t, apr_int64_t limit)
{
    double ran = 0;
    int i;

    for (i = 0; i < 20 && ran < (double)limit * 0.49; i++) {
        ran = rounds_ran(t, limit, 0);
        CHECK(ran <= (double)limit);
    }
    CHECK(ran >= (double)limit * 0.49);
}

static void lazy_ends_in_the_upper_half(wfp_test_t *t)
{
    ends_in_the_upper_half(t, 10000000);
    ends_in_the_upper_half(t, 20000000);
    ends_in_the_upper_half(t, 50000000);
}

static void exact_lets_honest_work_end(wfp_test_t *t)
{
    double ran = rounds_ran(t, 5000000, 1);

    CHECK(ran <= 5000000);
    CHECK(ran >= 4800000);
}

/* Many short coroutines cannot hide from the count. */
static void coroutines_are_counted(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    fixture_outcome_t out;

    limits.v[WFP_LIMIT_INSTRUCTIONS] = 100000;
    limits.v[WFP_LIMIT_CPU_MS] = 5000;
    out = fixture_once(t,
                       WORKER("for k = 1, 5000 do coroutine.wrap(function() "
                              "for i = 1, 60 do end end)() end "
                              "return Response.new('survived')"),
                       &limits);
    CHECK_INT(out.res.code, WFP_INSTRUCTION_LIMIT);
}

static void waiting_is_no_cpu_time(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    fixture_outcome_t out;

    limits.v[WFP_LIMIT_CPU_MS] = 10;
    out = fixture_once(t,
                       WORKER("for i = 1, 5 do scheduler.wait(20) end "
                              "return Response.new('waited')"),
                       &limits);
    CHECK_STR(out.body, "waited");
    CHECK(out.usage.cpu_us < 10000);
}

/* What goes on outside is free, what host calls themselves take is not. */
static void a_loop_of_host_calls_is_work(wfp_test_t *t)
{
    static const attack_t loops[] = {
        { "waits", WFP_CPU_LIMIT,
          WORKER("while true do scheduler.wait(0) end") },
        { "logs", WFP_CPU_LIMIT, WORKER("while true do console.log('x') end") },
        { NULL },
    };
    wfp_limits_t limits = fixture_limits();
    int i;

    limits.v[WFP_LIMIT_CPU_MS] = 300;
    limits.v[WFP_LIMIT_INSTRUCTIONS] = 0;
    for (i = 0; loops[i].name; i++) {
        attack_ends(t, &loops[i], &limits);
    }
}

static void the_wall_limit_ends_loops_and_waits(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    fixture_outcome_t out;

    limits.v[WFP_LIMIT_CPU_MS] = 30000;
    limits.v[WFP_LIMIT_WALL_MS] = 30;
    out = fixture_once(t, WORKER("while true do end"), &limits);
    CHECK_INT(out.res.code, WFP_WALL_LIMIT);
    CHECK_STR(out.res.limit, "wall_ms");
    CHECK_INT(out.res.allowed, 30);
    out = fixture_once(t,
                       WORKER("scheduler.wait(50) "
                              "return Response.new('survived')"),
                       &limits);
    CHECK_INT(out.res.code, WFP_WALL_LIMIT);
}

static void memory_is_told(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    fixture_outcome_t out;

    limits.v[WFP_LIMIT_MEMORY_MB] = 4;
    limits.v[WFP_LIMIT_CPU_MS] = 2000;
    out = fixture_once(t,
                       WORKER("local t = {} while true do t[#t + 1] = {} end"),
                       &limits);
    CHECK_INT(out.res.code, WFP_MEMORY_LIMIT);
    CHECK_STR(out.res.limit, "memory_mb");
    CHECK_INT(out.res.allowed, 4);
    CHECK(out.usage.memory_peak <= 4 * 1024 * 1024 + 65536);
}

/* However little is free, the next collection is a sixteenth away. */
static void collections_keep_apart(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    fixture_outcome_t out;
    wfp_isolate_t *iso;

    limits.v[WFP_LIMIT_MEMORY_MB] = 8;
    limits.v[WFP_LIMIT_CPU_MS] = 5000;
    iso = fixture_isolate(t,
                          WORKER("local t = {} for i = 1, 15 do "
                                 "t[i] = ('x'):rep(500000) .. i end "
                                 "for i = 1, 1e6 do local u = {} end"),
                          &limits);
    fixture_run(&out, iso, NULL, &limits, t->pool);
    CHECK(iso->base_used > 7 * 1024 * 1024);
    CHECK(iso->arena.soft - iso->base_used >= iso->base_used / 16);
    wfp_isolate_destroy(iso);
}

/* Garbage near the limit is collected at a safe point. */
static void garbage_does_not_kill(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    fixture_outcome_t out;

    limits.v[WFP_LIMIT_MEMORY_MB] = 8;
    limits.v[WFP_LIMIT_CPU_MS] = 5000;
    out = fixture_once(t,
                       WORKER("for i = 1, 200 do local s = ('x'):rep(1e6 + i) "
                              "local u = {} for k = 1, 1000 do u[k] = {} end "
                              "end return Response.new('done')"),
                       &limits);
    CHECK_STR(out.body, "done");
}

static void deep_c_recursion_is_an_error(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    fixture_outcome_t out;

    limits.v[WFP_LIMIT_CPU_MS] = 2000;
    out = fixture_once(t,
                       WORKER("local function f() return (string.gsub('a', 'a',"
                              " f)) end f()"),
                       &limits);
    CHECK_INT(out.res.code, WFP_EXCEPTION);
}

/* A text that must end so on this thread. */
typedef struct deep_t {
    wfp_test_t test;
    const char *text;
    wfp_code_e code;
    const char *message;
} deep_t;

static void *run_deep(void *data)
{
    deep_t *deep = data;
    wfp_limits_t limits = fixture_limits();
    wfp_test_t *t = &deep->test;
    int i;

    if (setjmp(t->out)) {
        return NULL;
    }
    limits.v[WFP_LIMIT_CPU_MS] = 2000;
    for (i = 0; i < 3; i++) {
        fixture_outcome_t out = fixture_once(t, deep->text, &limits);

        deep->code = out.res.code;
        deep->message = out.res.message;
        out = fixture_once(t, WORKER("return Response.new('good')"), &limits);
        CHECK_STR(out.body, "good");
    }
    return NULL;
}

/* On a thread whose stack is smaller than any of httpd's. */
static void overflows(wfp_test_t *t, size_t stack, const char *text)
{
    pthread_attr_t attr;
    pthread_t thread;
    deep_t deep = { .test = *t, .text = text };

    CHECK(pthread_attr_init(&attr) == 0);
    CHECK(pthread_attr_setstacksize(&attr, stack) == 0);
    CHECK(pthread_create(&thread, &attr, run_deep, &deep) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    (void)pthread_attr_destroy(&attr);
    CHECK_INT(deep.code, WFP_EXCEPTION);
    CHECK_STR(deep.message, "C stack overflow");
}

static apr_status_t fall(wfp_host_ctx_t *ctx, apr_interval_time_t time,
                         wfp_result_t *res)
{
    static char *volatile nowhere;

    *nowhere = 1;
    return APR_SUCCESS;
}

/* A fault that is not the stack's end is nobody's limit: the process dies. */
static void other_faults_end_the_process(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    int status = 0;
    pid_t pid;

    (void)fixture(t);
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        (void)freopen("/dev/null", "w", stderr);
        fixture_host.wait = fall;
        (void)fixture_once(t, WORKER("pcall(scheduler.wait, 1)"), &limits);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
}

static void the_c_stacks_end_is_survived(wfp_test_t *t)
{
    (void)fixture(t);
    overflows(t, 80 * 1024,
              WORKER("local function f() return (string.gsub('a', 'a', f)) end "
                     "pcall(f) return Response.new('survived')"));
    /* a host call is not begun when it would meet the stack's end */
    overflows(t, 320 * 1024,
              WORKER("local n = 0 local function f() n = n + 1 "
                     "if n == 150 then fetch('http://o.example/') end "
                     "return (string.gsub('a', 'a', f)) end "
                     "pcall(f) return Response.new('survived')"));
    /* nor is another critical section, at whatever depth */
    overflows(t, 320 * 1024,
              WORKER("local function f() URL.new('http://o.example/') "
                     "return (string.gsub('a', 'a', f)) end "
                     "pcall(f) return Response.new('survived')"));
}

/* Two threads at once, each with killed and good isolates. */
static void *run_both(void *data)
{
    wfp_test_t own = *(wfp_test_t *)data, *t = &own;
    apr_pool_t *pool;
    wfp_limits_t limits = fixture_limits();
    const char *volatile failure = NULL;
    int i;

    limits.v[WFP_LIMIT_CPU_MS] = 5;
    if (apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return (void *)"no pool";
    }
    own.pool = pool;
    if (setjmp(own.out)) {
        return (void *)"a check failed";
    }
    for (i = 0; i < 8 && !failure; i++) {
        fixture_outcome_t out = fixture_once(
            t, WORKER("pcall(function() while true do end end)"), &limits);

        if (out.res.code != WFP_CPU_LIMIT) {
            failure = "a loop survived";
        }
        out = fixture_once(t, WORKER("return Response.new('good')"), &limits);
        if (!out.body || strcmp(out.body, "good")) {
            failure = "a good one failed";
        }
    }
    apr_pool_destroy(pool);
    return (void *)failure;
}

static void threads_do_not_meet(wfp_test_t *t)
{
    pthread_t threads[4];
    int i, bad = 0;

    (void)fixture(t);
    for (i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, run_both, t) == 0);
    }
    for (i = 0; i < 4; i++) {
        void *failure;

        CHECK(pthread_join(threads[i], &failure) == 0);
        if (failure) {
            printf("# %s\n", (const char *)failure);
            bad++;
        }
    }
    CHECK_INT(bad, 0);
}

static const wfp_test_case_t cases[] = {
    { "no_attack_survives", no_attack_survives },
    { "no_attack_survives_exact", no_attack_survives_exact },
    { "the_limit_is_told", the_limit_is_told },
    { "exact_ends_within_the_last_hundred",
      exact_ends_within_the_last_hundred },
    { "lazy_ends_in_the_upper_half", lazy_ends_in_the_upper_half },
    { "exact_lets_honest_work_end", exact_lets_honest_work_end },
    { "coroutines_are_counted", coroutines_are_counted },
    { "waiting_is_no_cpu_time", waiting_is_no_cpu_time },
    { "a_loop_of_host_calls_is_work", a_loop_of_host_calls_is_work },
    { "the_wall_limit_ends_loops_and_waits",
      the_wall_limit_ends_loops_and_waits },
    { "memory_is_told", memory_is_told },
    { "collections_keep_apart", collections_keep_apart },
    { "garbage_does_not_kill", garbage_does_not_kill },
    { "deep_c_recursion_is_an_error", deep_c_recursion_is_an_error },
    { "other_faults_end_the_process", other_faults_end_the_process },
    { "the_c_stacks_end_is_survived", the_c_stacks_end_is_survived },
    { "threads_do_not_meet", threads_do_not_meet },
    { NULL },
};

int main(void)
{
    return fixture_main(cases);
}
