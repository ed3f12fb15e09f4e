/* SPDX-License-Identifier: Apache-2.0 */
/* The doctype states of the HTML standard (13.2.5.53 to .68), on the text of a
 * whole doctype. Called when somebody asks. */
#include "core/html_doctype.h"

#include <string.h>

#include "core/html_attr.h"

static void skip_space(const char **ps, const char *end)
{
    while (*ps < end && wfp_html_attr_is_space(**ps)) {
        (*ps)++;
    }
}

/* A quoted identifier; without its closing quote it goes to the end. */
static int take_quoted(const char **pid, apr_size_t *psize, const char **ps,
                       const char *end)
{
    const char *stop;

    skip_space(ps, end);
    if (*ps == end || (**ps != '"' && **ps != '\'')) {
        return 0;
    }
    stop = memchr(*ps + 1, **ps, (apr_size_t)(end - *ps - 1));
    *pid = *ps + 1;
    *psize = (apr_size_t)((stop ? stop : end) - *pid);
    *ps = stop ? stop + 1 : end;
    return stop != NULL;
}

void wfp_html_doctype_parse(wfp_html_doctype_t *doctype, const char *s,
                            apr_size_t n)
{
    const char *end = s + n;

    memset(doctype, 0, sizeof(*doctype));
    skip_space(&s, end);
    if (s == end) {
        return;
    }
    doctype->name = s;
    while (s < end && !wfp_html_attr_is_space(*s)) {
        s++;
    }
    doctype->name_size = (apr_size_t)(s - doctype->name);
    skip_space(&s, end);
    if (end - s < 6) {
        return;
    }
    if (wfp_html_attr_same(s, "public", 6)) {
        s += 6;
        if (take_quoted(&doctype->public_id, &doctype->public_size, &s, end)) {
            (void)take_quoted(&doctype->system_id, &doctype->system_size, &s,
                              end);
        }
    }
    else if (wfp_html_attr_same(s, "system", 6)) {
        s += 6;
        (void)take_quoted(&doctype->system_id, &doctype->system_size, &s, end);
    }
}
