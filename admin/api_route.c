/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a path finds its row of the table. Paths are split while they are still
 * encoded: "%2F" in a name is no separator.
 */
#include "admin/api_route.h"

#include <apr_strings.h>
#include <string.h>

#define BASE "/client/v4"

/* Takes the value of "{name}" from the segment; pattern behind it. NULL: no. */
static const char *take_value(apr_table_t *params, const char *pattern,
                              const char **ppath, apr_pool_t *p)
{
    const char *end = strchr(pattern, '}');
    int is_raw = end[-1] == '*', rest = is_raw || end[-1] == '+';
    apr_size_t n = rest ? strlen(*ppath) : strcspn(*ppath, "/");
    const char *value = is_raw ? *ppath
                        : n    ? wfp_api_route_decode(*ppath, n, 0, p)
                               : NULL;

    if (!value) {
        return NULL;
    }
    apr_table_setn(params,
                   apr_pstrmemdup(p, pattern + 1,
                                  (apr_size_t)(end - pattern) - 1
                                      - (apr_size_t)rest),
                   value);
    *ppath += n;
    return end + 1;
}

/* Has a path the form of a pattern? Most have not, so values are not looked at
 * before. */
static int fits(const char *pattern, const char *path)
{
    while (*pattern) {
        if (*pattern == '{') {
            const char *end = strchr(pattern, '}');
            int rest = end[-1] == '+' || end[-1] == '*';
            apr_size_t n = rest ? strlen(path) : strcspn(path, "/");

            if (!n) {
                return 0;
            }
            path += n;
            pattern = end + 1;
        }
        else if (*pattern++ != *path++) {
            return 0;
        }
    }
    return !*path;
}

static int matches(apr_table_t *params, const char *pattern, const char *path,
                   apr_pool_t *p)
{
    apr_table_clear(params);
    if (!fits(pattern, path)) {
        return 0;
    }
    while (*pattern) {
        if (*pattern == '{') {
            pattern = take_value(params, pattern, &path, p);
            if (!pattern) {
                return 0;
            }
        }
        else if (*pattern++ != *path++) {
            return 0;
        }
    }
    return !*path;
}

/* Does a path begin with these segments? */
static int begins(const char *path, const char *root)
{
    apr_size_t n = strlen(root);

    return !strncmp(path, root, n) && (path[n] == '/' || !path[n]);
}

/* What is behind the prefix, which is free: it ends at the base path that
 * clients have, or before the first segment that the API has. */
const char *wfp_api_route_path(const char *path)
{
    static const char *const roots[] = { "/accounts", "/user", "/memberships",
                                         "/openapi.json" };
    const char *at;
    apr_size_t i;

    for (at = strchr(path, '/'); at; at = strchr(at + 1, '/')) {
        if (begins(at, BASE)) {
            return at + sizeof(BASE) - 1;
        }
        for (i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
            if (begins(at, roots[i])) {
                return at;
            }
        }
    }
    return path;
}

void wfp_api_route_find(const wfp_api_route_t **proute, const char **pallow,
                        apr_table_t *params, const char *method,
                        const char *path, apr_pool_t *p)
{
    const wfp_api_route_t *route;
    const char *bare = path;
    apr_size_t n = strlen(path);

    *proute = NULL;
    *pallow = NULL;
    if (n > 1 && path[n - 1] == '/') {
        bare = apr_pstrmemdup(p, path, n - 1);
    }
    for (route = wfp_api_routes; route->method; route++) {
        /* a key may end with a slash */
        if (!matches(params, route->pattern,
                     strstr(route->pattern, "*}") ? path : bare, p)) {
            continue;
        }
        if (!strcmp(route->method, method)) {
            *proute = route;
            *pallow = NULL;
            return;
        }
        *pallow = apr_pstrcat(p, *pallow ? *pallow : "", *pallow ? ", " : "",
                              route->method,
                              strcmp(route->method, "GET") ? NULL : ", HEAD",
                              NULL);
    }
}
