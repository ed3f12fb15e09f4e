/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What metering costs: hello, 1 ms and 50 ms of Lua, in bare liblua, metered
 * lazily and exactly. Run by bench/metering, which makes a table of the lines
 * "NAME<tab>VALUE" printed here. Times are nanoseconds of CPU, medians; ratios
 * are medians of the rounds' ratios, every round measuring each way once.
 *
 * Bare: for pure Lua a state of luaL_newstate(), its allocator and libraries
 * stock. For hello, which there is only with the Worker API, the same handler
 * with the same request, entered by lua_pcall() without frame, timers, clocks
 * and budget.
 *
 * usage: bench_metering [ROUNDS]
 */
#include <lauxlib.h>
#include <lualib.h>

#include "bench/micro/micro.h"
#include "lua_runtime/api/api.h"
#include "lua_runtime/inside.h"
#include "lua_runtime/meter.h"

#define ROUNDS_MAX 101

/* Invocations of hello a round. */
#define HELLOS 5000

/* What a tenant's code does: arithmetic, calls, tables, strings. Takes how often
 * as its argument. */
#define WORK                                                                   \
    "local function step(t, i) t[i % 64 + 1] = i * 3 % 1009 "                  \
    "return t[(i + 7) % 64 + 1] end "                                          \
    "local x, t, byte = 0, {}, string.byte for i = 1, 64 do t[i] = i end "     \
    "for i = 1, n do x = x + step(t, i) if x > 1e6 then x = x % 1000 end "     \
    "if i % 100 == 0 then x = x + byte('k' .. i, 2) end end return x "

enum {
    BARE = 0,
    LAZY,
    EXACT,
    WAYS
};

static const char *const way_names[] = { "bare", "lazy", "exact" };

typedef struct bench_t {
    wfp_runtime_t lazy, exact;
    wfp_limits_t limits;
    wfp_host_ctx_t ctx;
    apr_pool_t *pool;
    int rounds;
} bench_t;

/* ---- hello ---- */

/* [-0, +0, e] What run.c does for fetch, less metering. */
static int l_hello(lua_State *L)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_response_t *resp;

    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, iso->fetch_ref);
    wfp_api_push_request(L, lua_touserdata(L, 1));
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, iso->env_ref);
    wfp_api_push_ctx(L);
    lua_call(L, 3, 1);
    (void)wfp_api_to_response(&resp, L, lua_gettop(L));
    return 0;
}

static void hello_bare(bench_t *b, wfp_isolate_t *iso)
{
    wfp_invocation_t *inv;
    wfp_frame_t frame;
    lua_State *L = iso->L;

    apr_pool_clear(b->ctx.pool);
    inv = apr_pcalloc(b->ctx.pool, sizeof(*inv));
    inv->iso = iso;
    inv->host_ctx = &b->ctx;
    inv->pool = b->ctx.pool;
    inv->queue_ref = LUA_NOREF;
    /* the objects of the API ask for these two */
    frame.budget = &inv->budget;
    frame.critical = frame.pending = 0;
    iso->frame = &frame;
    iso->inv = inv;
    iso->generation++;
    lua_pushcfunction(L, l_hello);
    lua_pushlightuserdata(L, wfp_request_make("GET", "http://a.localhost/",
                                              b->ctx.pool));
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        fprintf(stderr, "failed: %s\n", lua_tostring(L, -1));
        _Exit(1);
    }
    wfp_arena_discharge(&iso->arena, inv->budget.charged);
    iso->frame = NULL;
    iso->inv = NULL;
}

static double hello(bench_t *b, int way, wfp_isolate_t *const *isolates)
{
    double start = micro_ns();
    int i;

    for (i = 0; i < HELLOS; i++) {
        if (way == BARE) {
            hello_bare(b, isolates[way]);
        }
        else {
            micro_invoke(isolates[way], &b->ctx);
        }
    }
    return (micro_ns() - start) / HELLOS;
}

/* ---- pure Lua ---- */

/* A bare state with a function of n on its stack. */
static lua_State *bare_state(void)
{
    lua_State *L = luaL_newstate();

    if (!L) {
        _Exit(1);
    }
    luaL_openlibs(L);
    if (luaL_loadstring(L, "local n = ... " WORK) != LUA_OK) {
        fprintf(stderr, "failed: %s\n", lua_tostring(L, -1));
        _Exit(1);
    }
    return L;
}

static double work_bare(lua_State *L, lua_Integer n)
{
    double start = micro_ns();

    lua_pushvalue(L, 1);
    lua_pushinteger(L, n);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        fprintf(stderr, "failed: %s\n", lua_tostring(L, -1));
        _Exit(1);
    }
    return micro_ns() - start;
}

static void on_count(lua_State *L, lua_Debug *ar)
{
    (**(lua_Integer **)lua_getextraspace(L))++;
}

/* How many instructions the work has, to a thousand. */
static lua_Integer instructions(lua_State *L, lua_Integer n)
{
    lua_Integer counted = 0;

    *(lua_Integer **)lua_getextraspace(L) = &counted;
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1000);
    (void)work_bare(L, n);
    lua_sethook(L, NULL, 0, 0);
    return counted * 1000;
}

static wfp_isolate_t *worker(bench_t *b, const wfp_runtime_t *runtime,
                             lua_Integer n)
{
    const char *text = apr_pstrcat(b->pool,
                                   "local n = ", apr_ltoa(b->pool, (long)n),
                                   " local function work(n) " WORK
                                   " end return { fetch = function() "
                                   "work(n) return Response.new('') end }",
                                   NULL);

    return micro_isolate(runtime, micro_script(text, "worker", b->pool),
                         &b->limits, b->pool);
}

/* ---- tables ---- */

static void print_ways(const char *what, double (*values)[ROUNDS_MAX],
                       int rounds)
{
    double ratios[ROUNDS_MAX];
    int way, i;

    for (way = LAZY; way < WAYS; way++) {
        for (i = 0; i < rounds; i++) {
            ratios[i] = values[way][i] / values[BARE][i];
        }
        printf("%s.%s.ratio\t%.4f\n", what, way_names[way],
               micro_median(ratios, rounds));
    }
    for (way = BARE; way < WAYS; way++) {
        printf("%s.%s\t%.1f\n", what, way_names[way],
               micro_median(values[way], rounds));
    }
}

static void bench_hello(bench_t *b)
{
    static double values[WAYS][ROUNDS_MAX];
    const wfp_script_t *script = micro_script(MICRO_HELLO, "hello", b->pool);
    wfp_isolate_t *isolates[WAYS], *outer;
    double nested[ROUNDS_MAX];
    int round, way, i;

    for (way = BARE; way < WAYS; way++) {
        isolates[way] = micro_isolate(way == EXACT ? &b->exact : &b->lazy,
                                      script, &b->limits, b->pool);
        micro_invoke(isolates[way], &b->ctx);
    }
    outer = micro_isolate(
        &b->lazy,
        micro_script("return { fetch = function(request, env, ctx) "
                     "return env.DISPATCHER:get('user')"
                     ":fetch(request) end }",
                     "outer", b->pool),
        &b->limits, b->pool);
    b->ctx.callee = isolates[LAZY];
    for (round = 0; round < b->rounds; round++) {
        for (i = 0; i < WAYS; i++) {
            way = (round + i) % WAYS;
            values[way][round] = hello(b, way, isolates);
        }
        nested[round] = micro_ns();
        for (i = 0; i < HELLOS; i++) {
            micro_invoke(outer, &b->ctx);
        }
        nested[round] = (micro_ns() - nested[round]) / HELLOS;
    }
    print_ways("hello", values, b->rounds);
    printf("hello.nested\t%.1f\n", micro_median(nested, b->rounds));
    for (way = BARE; way < WAYS; way++) {
        wfp_isolate_destroy(isolates[way]);
    }
    wfp_isolate_destroy(outer);
}

/* Times of work that takes the bare state so many milliseconds. times: so often
 * a round. headroom: instructions allowed, in parts of those used (lazy metering
 * may end a run from half of the limit on: 2 is the least that surely fits); 0:
 * the standard limits. */
static void bench_work(bench_t *b, const char *what, double ms, int times,
                       double headroom)
{
    static double values[WAYS][ROUNDS_MAX];
    wfp_limits_t standard = b->limits;
    wfp_isolate_t *isolates[WAYS];
    lua_State *L = bare_state();
    double probe = 1e18;
    lua_Integer n;
    int round, way, i, k;

    for (i = 0; i < 20; i++) {
        double took = work_bare(L, 10000);

        probe = took < probe ? took : probe;
    }
    n = (lua_Integer)(ms * 1e6 / (probe / 10000));
    if (headroom > 0) {
        b->limits.v[WFP_LIMIT_CPU_MS] = 10000;
        b->limits.v[WFP_LIMIT_INSTRUCTIONS] =
            (apr_int64_t)(headroom * (double)instructions(L, n));
    }
    isolates[LAZY] = worker(b, &b->lazy, n);
    isolates[EXACT] = worker(b, &b->exact, n);
    for (round = 0; round < b->rounds; round++) {
        for (i = 0; i < WAYS; i++) {
            double start;

            way = (round + i) % WAYS;
            start = micro_ns();
            for (k = 0; k < times; k++) {
                if (way == BARE) {
                    (void)work_bare(L, n);
                }
                else {
                    micro_invoke(isolates[way], &b->ctx);
                }
            }
            values[way][round] = (micro_ns() - start) / times;
        }
    }
    print_ways(what, values, b->rounds);
    wfp_isolate_destroy(isolates[LAZY]);
    wfp_isolate_destroy(isolates[EXACT]);
    lua_close(L);
    b->limits = standard;
}

int main(int argc, const char *const *argv)
{
    bench_t b;
    apr_int64_t rounds = argc > 1 ? apr_strtoi64(argv[1], NULL, 10) : 21;

    if (rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_metering [ROUNDS, at most %d]\n",
                ROUNDS_MAX);
        return 2;
    }
    memset(&b, 0, sizeof(b));
    b.rounds = (int)rounds;
    apr_initialize();
    apr_pool_create(&b.pool, NULL);
    apr_pool_create(&b.ctx.pool, b.pool);
    micro_begin(&b.lazy, &b.limits, b.pool);
    b.exact = b.lazy;
    b.exact.exact_metering = 1;
    b.ctx.limits = &b.limits;
    printf("vm_rate\t%.0f\n", b.lazy.vm_rate);
    bench_hello(&b);
    bench_work(&b, "work1", 1, 20, 0);
    bench_work(&b, "work50", 50, 1, 2);
    apr_pool_destroy(b.pool);
    apr_terminate();
    return 0;
}
