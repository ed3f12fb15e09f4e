/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL functions in place of SQLite's own, on guarded connections: nothing stops
 * a function while it runs, and the time of these grows with the product of two
 * of their arguments, 2 MB each. Ours are as SQLite documents them; their time
 * grows with the sum.
 */
#include <string.h>

#include "services/sqlite_guard.h"
#include "services/sqlite_inside.h"

static const void *bytes_of(sqlite3_value *value, int as_blob, size_t *pn)
{
    const void *s = as_blob ? sqlite3_value_blob(value)
                            : sqlite3_value_text(value);

    *pn = (size_t)sqlite3_value_bytes(value);
    return s ? s : "";
}

/* Characters in n bytes of UTF-8. */
static sqlite3_int64 characters(const unsigned char *s, size_t n)
{
    sqlite3_int64 count = 0;
    size_t i;

    for (i = 0; i < n; i++) {
        count += (s[i] & 0xc0) != 0x80;
    }
    return count;
}

/* instr(x, y): where y begins in x, in characters, of blobs in bytes; from 1 */
static void f_instr(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    const unsigned char *x, *y, *at;
    size_t nx, ny;
    int as_blob;

    (void)argc;
    if (sqlite3_value_type(argv[0]) == SQLITE_NULL
        || sqlite3_value_type(argv[1]) == SQLITE_NULL) {
        return;
    }
    as_blob = sqlite3_value_type(argv[0]) == SQLITE_BLOB
              && sqlite3_value_type(argv[1]) == SQLITE_BLOB;
    x = bytes_of(argv[0], as_blob, &nx);
    y = bytes_of(argv[1], as_blob, &ny);
    at = ny == 0 ? x : memmem(x, nx, y, ny);
    sqlite3_result_int64(context, !at ? 0
                                  : as_blob
                                      ? at - x + 1
                                      : characters(x, (size_t)(at - x)) + 1);
}

/* How often y is in x. */
static size_t occurrences(const char *x, size_t nx, const char *y, size_t ny)
{
    const char *at = x, *end = x + nx;
    size_t count = 0;

    while ((at = memmem(at, (size_t)(end - at), y, ny)) != NULL) {
        count++;
        at += ny;
    }
    return count;
}

/* replace(x, y, z): x with z for every y */
static void f_replace(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    const char *x, *y, *z, *at, *end;
    size_t nx, ny, nz, count;
    sqlite3_uint64 n;
    char *to, *made;

    (void)argc;
    if (sqlite3_value_type(argv[0]) == SQLITE_NULL
        || sqlite3_value_type(argv[1]) == SQLITE_NULL
        || sqlite3_value_type(argv[2]) == SQLITE_NULL) {
        return;
    }
    x = bytes_of(argv[0], 0, &nx);
    y = bytes_of(argv[1], 0, &ny);
    z = bytes_of(argv[2], 0, &nz);
    count = ny ? occurrences(x, nx, y, ny) : 0;
    if (count == 0) {
        sqlite3_result_value(context, argv[0]);
        return;
    }
    n = nx - count * ny + (sqlite3_uint64)count * nz;
    if (n > (sqlite3_uint64)sqlite3_limit(sqlite3_context_db_handle(context),
                                          SQLITE_LIMIT_LENGTH, -1)) {
        sqlite3_result_error_toobig(context);
        return;
    }
    made = to = sqlite3_malloc64(n + 1);
    if (!made) {
        sqlite3_result_error_nomem(context);
        return;
    }
    end = x + nx;
    while ((at = memmem(x, (size_t)(end - x), y, ny)) != NULL) {
        memcpy(to, x, (size_t)(at - x));
        to += at - x;
        memcpy(to, z, nz);
        to += nz;
        x = at + ny;
    }
    memcpy(to, x, (size_t)(end - x));
    made[n] = '\0';
    sqlite3_result_text64(context, made, n, sqlite3_free, SQLITE_UTF8);
}

/* trim() takes away any of at most so many bytes of characters. */
#define TRIM_SET_MAX 100

enum {
    TRIM_LEFT = 1,
    TRIM_RIGHT = 2
};

/* Bytes of the first character of s. */
static size_t step(const char *s, size_t n)
{
    size_t i = 1;

    while (i < n && ((unsigned char)s[i] & 0xc0) == 0x80) {
        i++;
    }
    return i;
}

/* Is the character of n bytes at s one of the set's? */
static int is_in(const char *s, size_t n, const char *set, size_t nset)
{
    size_t i, k;

    for (i = 0; i < nset; i += k) {
        k = step(set + i, nset - i);
        if (k == n && memcmp(set + i, s, n) == 0) {
            return 1;
        }
    }
    return 0;
}

/* trim(x), trim(x, set) and those of one side */
static void f_trim(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    unsigned sides = (unsigned)(apr_uintptr_t)sqlite3_user_data(context);
    const char *x, *set = " ";
    size_t n, nset = 1, k;

    if (sqlite3_value_type(argv[0]) == SQLITE_NULL) {
        return;
    }
    x = bytes_of(argv[0], 0, &n);
    if (argc == 2) {
        if (sqlite3_value_type(argv[1]) == SQLITE_NULL) {
            return;
        }
        set = bytes_of(argv[1], 0, &nset);
        if (nset > TRIM_SET_MAX) {
            sqlite3_result_error(context, "trim: too many characters", -1);
            return;
        }
    }
    while (sides & TRIM_LEFT && n > 0) {
        k = step(x, n);
        if (!is_in(x, k, set, nset)) {
            break;
        }
        x += k;
        n -= k;
    }
    while (sides & TRIM_RIGHT && n > 0) {
        k = 1;
        while (k < n && ((unsigned char)x[n - k] & 0xc0) == 0x80) {
            k++;
        }
        if (!is_in(x + n - k, k, set, nset)) {
            break;
        }
        n -= k;
    }
    sqlite3_result_text(context, x, (int)n, SQLITE_TRANSIENT);
}

/* like(pattern, x), like(pattern, x, escape) and glob(pattern, x): SQLite's own
 * matching, which takes 0.2 s for 2 MB, but not one after the other for ever:
 * SQLite looks at the bounds where a statement loops. */
static void match(sqlite3_context *context, int argc, sqlite3_value **argv,
                  int is_glob)
{
    wfp_sqlite_t *db = sqlite3_user_data(context);
    const char *pattern, *text, *escape = NULL;
    size_t n, nescape = 0;
    int i;

    if (!db->is_ours && wfp_sqlite_is_over(db)) {
        sqlite3_result_error_code(context, SQLITE_INTERRUPT);
        return;
    }
    for (i = 0; i < argc; i++) {
        if (sqlite3_value_type(argv[i]) == SQLITE_NULL) {
            return;
        }
        if (sqlite3_value_type(argv[i]) == SQLITE_BLOB) {
            sqlite3_result_int(context, 0);
            return;
        }
    }
    pattern = bytes_of(argv[0], 0, &n);
    if (n > (size_t)sqlite3_limit(db->handle, SQLITE_LIMIT_LIKE_PATTERN_LENGTH,
                                  -1)) {
        sqlite3_result_error(context, "LIKE or GLOB pattern too complex", -1);
        return;
    }
    text = bytes_of(argv[1], 0, &n);
    if (argc == 3) {
        escape = bytes_of(argv[2], 0, &nescape);
        if (nescape != 1 || (unsigned char)*escape >= 0x80) {
            sqlite3_result_error(context,
                                 "ESCAPE expression must be a single character",
                                 -1);
            return;
        }
    }
    sqlite3_result_int(context,
                       is_glob ? sqlite3_strglob(pattern, text) == 0
                               : sqlite3_strlike(pattern, text,
                                                 escape ? (unsigned)*escape : 0)
                                     == 0);
}

static void f_like(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    match(context, argc, argv, 0);
}

static void f_glob(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    match(context, argc, argv, 1);
}

apr_status_t wfp_sqlite_functions(wfp_sqlite_t *db, wfp_result_t *res)
{
    static const struct {
        const char *name;
        int args;
        unsigned sides;
        void (*call)(sqlite3_context *, int, sqlite3_value **);
    } rows[] = {
        { "instr", 2, 0, f_instr },
        { "replace", 3, 0, f_replace },
        { "ltrim", 1, TRIM_LEFT, f_trim },
        { "ltrim", 2, TRIM_LEFT, f_trim },
        { "rtrim", 1, TRIM_RIGHT, f_trim },
        { "rtrim", 2, TRIM_RIGHT, f_trim },
        { "trim", 1, TRIM_LEFT | TRIM_RIGHT, f_trim },
        { "trim", 2, TRIM_LEFT | TRIM_RIGHT, f_trim },
        { "like", 2, 0, f_like },
        { "like", 3, 0, f_like },
        { "glob", 2, 0, f_glob },
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int rc = sqlite3_create_function_v2(
            db->handle, rows[i].name, rows[i].args,
            SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
            rows[i].sides ? (void *)(apr_uintptr_t)rows[i].sides : db,
            rows[i].call, NULL, NULL, NULL);

        if (rc != SQLITE_OK) {
            return wfp_result_set(res, WFP_INTERNAL, APR_EGENERAL,
                                  "SQLite: %s cannot be replaced",
                                  rows[i].name);
        }
    }
    return APR_SUCCESS;
}
