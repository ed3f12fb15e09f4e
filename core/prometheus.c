/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes of Prometheus' text. Called by mod_wfp/status*.c. */
#include "core/prometheus.h"

#include <string.h>

#include "core/utf8.h"

/* Of a value, as it is told. */
#define LABEL_MAX 128

static int is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* One character or one wrong byte. @return bytes of `from` that it was */
static apr_size_t put_one(char **pto, const unsigned char *from)
{
    apr_size_t n = from[0] < 0x80 ? 1 : wfp_utf8_size(from);
    const char *text = (const char *)from;
    apr_size_t bytes = n;

    if (from[0] == '"' || from[0] == '\\' || from[0] == '\n') {
        text = from[0] == '"' ? "\\\"" : from[0] == '\\' ? "\\\\" : "\\n";
        bytes = 2;
    }
    else if (!n || from[0] < 0x20 || from[0] == 0x7f) {
        text = WFP_UTF8_REPLACEMENT;
        bytes = sizeof(WFP_UTF8_REPLACEMENT) - 1;
        n = 1;
    }
    memcpy(*pto, text, bytes);
    *pto += bytes;
    return n;
}

const char *wfp_prometheus_label(const char *value, apr_pool_t *p)
{
    const unsigned char *from = (const unsigned char *)value, *end;
    char *out, *to;

    while (is_plain(*from)) {
        from++;
    }
    if (!*from && from - (const unsigned char *)value <= LABEL_MAX) {
        return value;
    }
    from = (const unsigned char *)value;
    end = from + LABEL_MAX;
    /* the longest that one byte becomes, and a character that begins at the end */
    out = to = apr_palloc(p,
                          LABEL_MAX * (sizeof(WFP_UTF8_REPLACEMENT) - 1) + 8);
    while (*from && from < end) {
        from += put_one(&to, from);
    }
    *to = '\0';
    return out;
}
