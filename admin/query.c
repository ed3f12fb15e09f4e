/* SPDX-License-Identifier: Apache-2.0 */
/* Queries, pair by pair. Who asks says what may be in one, and how often. */
#include "admin/query.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/api_route.h"

/* So many digits always fit. */
#define DIGITS_MAX 18

int wfp_query_next(wfp_query_pair_t *pair, const char **pat, apr_pool_t *p)
{
    const char *at = *pat + strspn(*pat, "&"), *value;
    apr_size_t n = strcspn(at, "&"), name_size = strcspn(at, "=&");

    if (!n) {
        return 0;
    }
    value = at + name_size + (name_size < n);
    pair->raw = at;
    pair->raw_size = name_size;
    pair->name = wfp_api_route_decode(at, name_size, 1, p);
    pair->value = wfp_api_route_decode(value, (apr_size_t)(at + n - value), 1,
                                       p);
    if (!pair->value) {
        pair->name = NULL;
    }
    *pat = at + n;
    return 1;
}

apr_int64_t wfp_query_number(const char *text)
{
    apr_size_t n = strspn(text, "0123456789");

    return n && n <= DIGITS_MAX && !text[n] ? apr_strtoi64(text, NULL, 10) : -1;
}
