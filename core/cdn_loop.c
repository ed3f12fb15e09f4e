/* SPDX-License-Identifier: Apache-2.0 */
/* One header field: a list of identifiers, each perhaps with parameters. */
#include "core/cdn_loop.h"

#include <apr_strings.h>
#include <string.h>
#include <strings.h>

/* The same of all servers: a loop over several of them is one, too. */
static const char mark[] = "mod-wfp";

int wfp_cdn_loop_count(const char *value)
{
    int n = 0;

    while (value && *value) {
        apr_size_t length;

        value += strspn(value, " \t,");
        length = strcspn(value, " \t,;");
        if (length == sizeof(mark) - 1 && !strncasecmp(value, mark, length)) {
            n++;
        }
        value += strcspn(value, ",");
    }
    return n;
}

const char *wfp_cdn_loop_add(const char *value, apr_pool_t *p)
{
    return value && *value ? apr_pstrcat(p, value, ", ", mark, NULL) : mark;
}
