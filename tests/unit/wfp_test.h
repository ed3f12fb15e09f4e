/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TEST_H
#define WFP_TEST_H

/**
 * @file
 * A unit test in TAP: a table of named functions; a failed check ends its
 * function and says where. No stubs, no server.
 *
 *     static void name_refuses_dots(wfp_test_t *t) { CHECK(...); }
 *     int main(void) { return wfp_test_run(cases); }
 */

#include <apr_general.h>
#include <apr_pools.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

typedef struct wfp_test_t {
    apr_pool_t *pool; /* cleared after every case */
    jmp_buf out;
    const char *skip; /* why this case could not run here */
} wfp_test_t;

typedef struct wfp_test_case_t {
    const char *name;
    void (*fn)(wfp_test_t *t);
} wfp_test_case_t;

#define CHECK(expr)                                                            \
    do {                                                                       \
        if (!(expr)) {                                                         \
            printf("# %s:%d: %s\n", __FILE__, __LINE__, #expr);                \
            longjmp(t->out, 1);                                                \
        }                                                                      \
    } while (0)

#define CHECK_STR(got, want)                                                   \
    do {                                                                       \
        const char *got_ = (got), *want_ = (want);                             \
        if (!got_ || strcmp(got_, want_)) {                                    \
            printf("# %s:%d: got \"%s\", want \"%s\"\n", __FILE__, __LINE__,   \
                   got_ ? got_ : "(null)", want_);                             \
            longjmp(t->out, 1);                                                \
        }                                                                      \
    } while (0)

#define CHECK_INT(got, want)                                                   \
    do {                                                                       \
        long long got_ = (long long)(got), want_ = (long long)(want);          \
        if (got_ != want_) {                                                   \
            printf("# %s:%d: %s is %lld, want %lld\n", __FILE__, __LINE__,     \
                   #got, got_, want_);                                         \
            longjmp(t->out, 1);                                                \
        }                                                                      \
    } while (0)

static inline int wfp_test_run(const wfp_test_case_t *cases)
{
    volatile int n = 0;
    volatile int failed = 0;
    const wfp_test_case_t *volatile c;

    apr_initialize();
    for (c = cases; c->name; c++) {
        n++;
    }
    printf("1..%d\n", n);
    n = 0;
    for (c = cases; c->name; c++) {
        static wfp_test_t t;

        memset(&t, 0, sizeof(t));
        apr_pool_create(&t.pool, NULL);
        if (setjmp(t.out) == 0) {
            c->fn(&t);
            printf("ok %d - %s%s%s\n", ++n, c->name, t.skip ? " # SKIP " : "",
                   t.skip ? t.skip : "");
        }
        else {
            failed++;
            printf("not ok %d - %s\n", ++n, c->name);
        }
        fflush(stdout);
        apr_pool_destroy(t.pool);
    }
    apr_terminate();
    return failed != 0;
}

#endif
