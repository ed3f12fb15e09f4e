/* SPDX-License-Identifier: Apache-2.0 */
/* Which names are legal: one rule for every door. */
#include "core/name.h"

#include <apr_lib.h>
#include <string.h>

#define MODULE_MAX 255

static int is_name_byte(char c)
{
    return apr_isascii(c) && (apr_isalnum(c) || c == '_' || c == '-');
}

int wfp_name_is_valid(const char *s, apr_size_t n)
{
    apr_size_t i;

    if (n < 1 || n > WFP_NAME_MAX) {
        return 0;
    }
    for (i = 0; i < n; i++) {
        if (!is_name_byte(s[i])) {
            return 0;
        }
    }
    return 1;
}

static int is_module_part(const char *s, apr_size_t n)
{
    if (n == 0 || (n == 1 && s[0] == '.')) {
        return 0;
    }
    return !(n == 2 && s[0] == '.' && s[1] == '.');
}

int wfp_name_is_module(const char *s, apr_size_t n)
{
    apr_size_t i, start = 0;

    if (n < 1 || n > MODULE_MAX) {
        return 0;
    }
    for (i = 0; i < n; i++) {
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f || s[i] == '\\') {
            return 0;
        }
        if (s[i] == '/') {
            if (!is_module_part(s + start, i - start)) {
                return 0;
            }
            start = i + 1;
        }
    }
    return is_module_part(s + start, n - start);
}

int wfp_name_is_binding(const char *s, apr_size_t n)
{
    apr_size_t i;

    if (n < 1 || n > WFP_NAME_MAX || apr_isdigit(s[0])) {
        return 0;
    }
    for (i = 0; i < n; i++) {
        if (!is_name_byte(s[i]) || s[i] == '-') {
            return 0;
        }
    }
    return 1;
}
