/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an isolate costs: making one, in parts; memory while idle; thousands of
 * them in one process. Run by bench/metering, which makes a table of the lines
 * "NAME<tab>VALUE" printed here. Times are nanoseconds of CPU, medians.
 *
 * The parts are the calls that isolate.c makes, one after the other in an arena
 * of their own, with the clock read in between; the whole is isolate.c's.
 *
 * usage: bench_isolate [ROUNDS [ISOLATES]]
 */
#include <lauxlib.h>
#include <stddef.h>
#include <unistd.h>

#include "bench/micro/micro.h"
#include "lua_runtime/api/api.h"
#include "lua_runtime/code.h"
#include "lua_runtime/inside.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/modules.h"
#include "lua_runtime/pool.h"
#include "lua_runtime/sandbox.h"
#include "lua_runtime/tick.h"

#define ROUNDS_MAX 2001

enum {
    PART_ARENA = 0, /* mapped, and a bare state in it */
    PART_LIBRARIES, /* the standard library */
    PART_API,       /* the Worker API, env, require */
    PART_CODE,      /* bytecode loaded, top level run */
    PART_SETTLE,    /* its garbage collected */
    PART_CALL,      /* the first invocation */
    PART_END,       /* given back */
    PARTS
};

static const char *const part_names[] = { "arena",  "libraries",  "api", "code",
                                          "settle", "first_call", "end" };

static double parts[PARTS][ROUNDS_MAX];
static double totals[ROUNDS_MAX];

/* One isolate made part by part; marks[i] is when part i began. */
typedef struct making_t {
    wfp_isolate_t *iso;
    const wfp_script_t *script;
    double *marks;
} making_t;

/* [-0, +0, e] */
static int l_parts(lua_State *L)
{
    making_t *making = lua_touserdata(L, 1);

    (void)lua_gc(L, LUA_GCSTOP);
    wfp_sandbox_open(L);
    making->marks[PART_API] = micro_ns();
    wfp_api_open(L);
    wfp_api_push_env(L);
    making->iso->env_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    wfp_modules_open(L, making->script);
    (void)lua_gc(L, LUA_GCRESTART);
    making->marks[PART_CODE] = micro_ns();
    wfp_code_push(L, wfp_script_module(making->script,
                                       making->script->main_module));
    lua_call(L, 0, 1);
    lua_getfield(L, -1, "fetch");
    making->iso->fetch_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    wfp_modules_set_main(L, &making->iso->script, -1);
    making->iso->table_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    making->marks[PART_SETTLE] = micro_ns();
    wfp_tick_collect(making->iso, L);
    return 0;
}

static void in_frame(wfp_isolate_t *iso, void *arg)
{
    lua_State *L = lua_newstate(wfp_arena_alloc, &iso->arena);
    making_t *making = arg;

    *(wfp_isolate_t **)lua_getextraspace(L) = iso;
    iso->L = L;
    iso->cur = L;
    iso->script = *making->script;
    making->marks[PART_LIBRARIES] = micro_ns();
    lua_pushcfunction(L, l_parts);
    lua_pushlightuserdata(L, making);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        fprintf(stderr, "failed: %s\n", lua_tostring(L, -1));
        _Exit(1);
    }
}

static void make_in_parts(int round, const wfp_runtime_t *runtime,
                          const wfp_script_t *script, wfp_host_ctx_t *ctx)
{
    double marks[PARTS + 1];
    making_t making = { NULL, script, marks };
    wfp_budget_t budget;
    void *owner;
    int i;

    memset(&budget, 0, sizeof(budget));
    budget.cpu_code = WFP_STARTUP_LIMIT;
    budget.cpu_max_ns = 1000000000;
    budget.count_at_ns = -1;
    budget.wall_end_ns = APR_INT64_MAX / 2;
    marks[PART_ARENA] = micro_ns();
    if (wfp_arena_create(&owner, sizeof(wfp_isolate_t),
                         offsetof(wfp_isolate_t, arena),
                         (apr_size_t)ctx->limits->v[WFP_LIMIT_MEMORY_MB] << 20,
                         &wfp_meter_arena_calls)
        != APR_SUCCESS) {
        _Exit(1);
    }
    making.iso = owner;
    making.iso->runtime = runtime;
    making.iso->steps_max = wfp_meter_steps_for(ctx->limits);
    if (wfp_frame_enter(making.iso, &budget, in_frame, &making)
        != APR_SUCCESS) {
        _Exit(1);
    }
    wfp_arena_trim(&making.iso->arena);
    marks[PART_CALL] = micro_ns();
    micro_invoke(making.iso, ctx);
    marks[PART_END] = micro_ns();
    wfp_isolate_destroy(making.iso);
    marks[PARTS] = micro_ns();
    for (i = 0; i < PARTS; i++) {
        parts[i][round] = marks[i + 1] - marks[i];
    }
}

/* Making and the first call, as in a server. */
static double make_whole(const wfp_runtime_t *runtime,
                         const wfp_script_t *script, wfp_host_ctx_t *ctx,
                         apr_pool_t *p)
{
    double start = micro_ns();
    wfp_isolate_t *iso;

    iso = micro_isolate(runtime, script, ctx->limits, p);
    micro_invoke(iso, ctx);
    start = micro_ns() - start;
    wfp_isolate_destroy(iso);
    return start;
}

static void bench_cold(const wfp_runtime_t *runtime, wfp_host_ctx_t *ctx,
                       int rounds, apr_pool_t *p)
{
    const wfp_script_t *text = micro_script(MICRO_HELLO, "hello", p);
    const wfp_script_t *code = micro_compiled(MICRO_HELLO, "hello", ctx->limits,
                                              p);
    static double from_text[ROUNDS_MAX];
    apr_pool_t *scratch;
    int i;

    apr_pool_create(&scratch, p);
    for (i = 0; i < rounds; i++) {
        apr_pool_clear(scratch);
        make_in_parts(i, runtime, code, ctx);
        totals[i] = make_whole(runtime, code, ctx, scratch);
        from_text[i] = make_whole(runtime, text, ctx, scratch);
    }
    for (i = 0; i < PARTS; i++) {
        printf("cold.%s\t%.0f\n", part_names[i],
               micro_median(parts[i], rounds));
    }
    printf("cold.bytecode\t%.0f\n", micro_median(totals, rounds));
    printf("cold.text\t%.0f\n", micro_median(from_text, rounds));
    apr_pool_destroy(scratch);
}

/* A line of /proc/self/status, in KB. */
static double status_kb(const char *name)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    double kb = 0;

    while (f && fgets(line, sizeof(line), f)) {
        if (!strncmp(line, name, strlen(name))) {
            kb = strtod(line + strlen(name) + 1, NULL);
        }
    }
    if (f) {
        fclose(f);
    }
    return kb;
}

static int mappings(void)
{
    FILE *f = fopen("/proc/self/maps", "r");
    int c, n = 0;

    while (f && (c = getc(f)) != EOF) {
        n += c == '\n';
    }
    if (f) {
        fclose(f);
    }
    return n;
}

/* So many Workers warm in one pool, as in a child; then each once more. */
static void bench_many(const wfp_runtime_t *runtime, wfp_host_ctx_t *ctx,
                       int count, apr_pool_t *p)
{
    const char **names = apr_pcalloc(p, sizeof(char *) * (size_t)count);
    double rss = status_kb("VmRSS"), pte = status_kb("VmPTE"), start;
    int before = mappings(), i, warm = 0;
    wfp_runtime_t pooled = *runtime;
    wfp_pool_stats_t stats;
    apr_pool_t *scratch;
    wfp_pool_t *pool;

    apr_pool_create(&scratch, p);
    if (wfp_pool_create(&pool, count, (apr_size_t)64 << 30, p) != APR_SUCCESS) {
        _Exit(1);
    }
    pooled.total = wfp_pool_total(pool);
    start = micro_ns();
    for (i = 0; i < count; i++) {
        wfp_isolate_t *iso;
        int k;

        apr_pool_clear(scratch);
        names[i] = apr_psprintf(p, "worker-%d", i);
        if (!wfp_pool_admit(pool, "bench", names[i], NULL)) {
            _Exit(1);
        }
        iso = micro_isolate(&pooled,
                            micro_compiled(MICRO_HELLO, names[i], ctx->limits,
                                           scratch),
                            ctx->limits, scratch);
        for (k = 0; k < 3; k++) {
            micro_invoke(iso, ctx);
        }
        wfp_pool_give(pool, iso);
    }
    printf("many.make\t%.0f\n", (micro_ns() - start) / count);
    printf("many.rss\t%.0f\n", (status_kb("VmRSS") - rss) * 1024);
    printf("many.pte\t%.0f\n", (status_kb("VmPTE") - pte) * 1024);
    printf("many.mappings\t%d\n", mappings() - before);
    start = micro_ns();
    for (i = 0; i < count; i++) {
        wfp_isolate_t *iso = wfp_pool_take(pool, "bench", names[i], 1, NULL);

        if (iso) {
            micro_invoke(iso, ctx);
            wfp_pool_give(pool, iso);
            warm++;
        }
    }
    printf("many.again\t%.0f\n", (micro_ns() - start) / count);
    wfp_pool_stats(&stats, pool);
    printf(
        "many.asked\t%d\nmany.idle\t%u\nmany.warm\t%d\nmany.counted\t%" APR_UINT64_T_FMT
        "\n",
        count, stats.idle, warm, stats.bytes);
}

static void bench_idle(const wfp_runtime_t *runtime, wfp_host_ctx_t *ctx,
                       apr_pool_t *p)
{
    wfp_isolate_t *iso = micro_isolate(runtime,
                                       micro_compiled(MICRO_HELLO, "hello",
                                                      ctx->limits, p),
                                       ctx->limits, p);
    int i;

    printf("idle.made\t%" APR_SIZE_T_FMT "\n", wfp_isolate_used(iso));
    for (i = 0; i < 1000; i++) {
        micro_invoke(iso, ctx);
    }
    printf("idle.used\t%" APR_SIZE_T_FMT "\n", wfp_isolate_used(iso));
    printf("idle.lua\t%d\n", lua_gc(iso->L, LUA_GCCOUNT) * 1024);
    wfp_isolate_destroy(iso);
}

int main(int argc, const char *const *argv)
{
    apr_int64_t rounds = argc > 1 ? apr_strtoi64(argv[1], NULL, 10) : 1001;
    apr_int64_t count = argc > 2 ? apr_strtoi64(argv[2], NULL, 10) : 10000;
    wfp_host_ctx_t ctx = { NULL };
    wfp_runtime_t runtime;
    wfp_limits_t limits;
    apr_pool_t *p;

    if (rounds < 1 || rounds > ROUNDS_MAX || count < 1 || count > 100000) {
        fprintf(stderr,
                "usage: bench_isolate [ROUNDS, at most %d [ISOLATES]]\n",
                ROUNDS_MAX);
        return 2;
    }
    apr_initialize();
    apr_pool_create(&p, NULL);
    apr_pool_create(&ctx.pool, p);
    micro_begin(&runtime, &limits, p);
    ctx.limits = &limits;
    bench_cold(&runtime, &ctx, (int)rounds, p);
    bench_idle(&runtime, &ctx, p);
    bench_many(&runtime, &ctx, (int)count, p);
    apr_terminate();
    return 0;
}
