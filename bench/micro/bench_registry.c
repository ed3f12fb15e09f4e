/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a look-up costs with few and with many Workers known. Prints
 * nanoseconds a get for 1,000 and for 1,000,000 entries (or the number given
 * as the first argument), interleaved, the median of several rounds, and
 * their ratio. `any` asks for every name equally often, in an order that no
 * cache can foresee; `few` gives nine of ten requests to 1,000 of the names,
 * as traffic does.
 */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/registry.h"

#define GETS   1000000
#define ROUNDS 7
#define FEW    1000

typedef struct bench_t {
    wfp_registry_t *reg;
    char (*names)[24]; /* in the order they are asked for */
    apr_uint32_t count;
} bench_t;

static apr_uint64_t seed = 88172645463325252ULL;

static apr_uint32_t any(apr_uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (apr_uint32_t)(seed >> 20) % below;
}

static double now_ns(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void name_make(char name[24], apr_uint32_t n)
{
    apr_snprintf(name, 24, "customer-%u", n);
}

/* A segment that holds this many entries with 300 bytes of body each. */
static apr_status_t make(bench_t *b, apr_uint32_t count, apr_pool_t *p)
{
    apr_size_t size = (apr_size_t)count * 700 + 4 * 1024 * 1024;
    wfp_entry_t entry;
    char body[300];
    apr_status_t rv;
    apr_uint32_t i;

    b->count = count;
    b->names = apr_palloc(p, sizeof(*b->names) * GETS);
    memset(body, 'x', sizeof(body));
    memset(&entry, 0, sizeof(entry));
    apr_cpystrn(entry.ns, "production", sizeof(entry.ns));
    apr_cpystrn(entry.version_id, "00000000-0000-4000-8000-000000000000",
                sizeof(entry.version_id));
    wfp_limits_clear(&entry.limits);
    rv = wfp_registry_create(&b->reg, size, NULL, p);
    for (i = 0; i < count && rv == APR_SUCCESS; i++) {
        name_make(entry.name, i);
        entry.stamp = i + 1;
        rv = wfp_registry_put(b->reg, &entry, body, sizeof(body), NULL);
    }
    return rv;
}

static void ask_for(bench_t *b, int few)
{
    apr_uint32_t i;

    for (i = 0; i < GETS; i++) {
        name_make(b->names[i],
                  any(few && any(10) && b->count > FEW ? FEW : b->count));
    }
}

static double run(const bench_t *b)
{
    apr_uint32_t i, missed = 0;
    double start = now_ns();
    wfp_entry_t entry;

    for (i = 0; i < GETS; i++) {
        missed += wfp_registry_get(&entry, b->reg, "production", b->names[i])
                  != APR_SUCCESS;
    }
    if (missed) {
        printf("%u names were not found\n", missed);
    }
    return (now_ns() - start) / GETS;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static void compare(bench_t *small, bench_t *large, int few)
{
    double a[ROUNDS], b[ROUNDS];
    int i;

    ask_for(small, few);
    ask_for(large, few);
    (void)run(small);
    (void)run(large);
    for (i = 0; i < ROUNDS; i++) {
        a[i] = run(small);
        b[i] = run(large);
    }
    qsort(a, ROUNDS, sizeof(*a), by_value);
    qsort(b, ROUNDS, sizeof(*b), by_value);
    printf("%s: %u entries %.0f ns (least %.0f), %u entries %.0f ns (least "
           "%.0f), ratio %.2f\n",
           few ? "few" : "any", small->count, a[ROUNDS / 2], a[0], large->count,
           b[ROUNDS / 2], b[0], b[ROUNDS / 2] / a[ROUNDS / 2]);
}

int main(int argc, const char *const *argv)
{
    apr_int64_t many = argc > 1 ? apr_strtoi64(argv[1], NULL, 10) : 1000000;
    bench_t small, large;
    apr_pool_t *p;
    int rc = 1;

    apr_initialize();
    apr_pool_create(&p, NULL);
    if (many < 1 || many > 4000000) {
        printf("usage: bench_registry [ENTRIES, at most 4000000]\n");
    }
    else if (make(&small, 1000, p) == APR_SUCCESS
             && make(&large, (apr_uint32_t)many, p) == APR_SUCCESS) {
        compare(&small, &large, 0);
        compare(&small, &large, 1);
        rc = 0;
    }
    apr_pool_destroy(p);
    apr_terminate();
    return rc;
}
