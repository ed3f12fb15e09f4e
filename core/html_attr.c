/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attribute states of the HTML standard (13.2.5.32 to 13.2.5.40), which
 * begin anew behind each attribute: the state after a quoted value does the
 * same as the one before a name, for every byte that may come. Called by the
 * tokenizer and by those who read or change a tag.
 */
#include "core/html_attr.h"

#include <string.h>

enum {
    BEFORE_NAME,
    NAME,
    AFTER_NAME,
    BEFORE_VALUE,
    DOUBLE_QUOTED,
    SINGLE_QUOTED,
    UNQUOTED,
    SELF_CLOSING
};

/* What a state says when the scan goes on. */
#define GOES_ON (-1)

void wfp_html_attr_init(wfp_html_scan_t *scan, apr_size_t at)
{
    memset(scan, 0, sizeof(*scan));
    scan->at = at;
}

int wfp_html_attr_same(const char *a, const char *b, apr_size_t n)
{
    apr_size_t i;

    for (i = 0; i < n; i++) {
        unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];

        if (x != y
            && ((x ^ y) != 0x20 || (x | 0x20) < 'a' || (x | 0x20) > 'z')) {
            return 0;
        }
    }
    return 1;
}

/* Does a tag's or attribute's name end here? */
static int ends_name(char c)
{
    return c == '>' || c == '/' || wfp_html_attr_is_space(c);
}

apr_size_t wfp_html_attr_name_end(const char *s, apr_size_t n)
{
    apr_size_t i = n > 1 && s[1] == '/' ? 2 : 1;

    while (i < n && !ends_name(s[i])) {
        i++;
    }
    return i;
}

static void skip_space(wfp_html_scan_t *scan, const char *s, apr_size_t n)
{
    while (scan->at < n && wfp_html_attr_is_space(s[scan->at])) {
        scan->at++;
    }
}

static int before_name(wfp_html_scan_t *scan, const char *s, apr_size_t n)
{
    skip_space(scan, s, n);
    if (scan->at == n) {
        return WFP_HTML_SCAN_MORE;
    }
    switch (s[scan->at]) {
    case '/':
        scan->state = SELF_CLOSING;
        break;
    case '>':
        scan->at++;
        return WFP_HTML_SCAN_END;
    default:
        /* "=" may begin a name */
        scan->attr.name = scan->at;
        scan->state = NAME;
    }
    scan->at++;
    return GOES_ON;
}

static int name(wfp_html_scan_t *scan, const char *s, apr_size_t n)
{
    wfp_html_attr_t *attr = &scan->attr;

    while (scan->at < n && s[scan->at] != '=' && !ends_name(s[scan->at])) {
        scan->at++;
    }
    if (scan->at == n) {
        return WFP_HTML_SCAN_MORE;
    }
    attr->name_end = scan->at;
    attr->value = attr->value_end = attr->end = scan->at;
    scan->state = AFTER_NAME;
    return GOES_ON;
}

static int after_name(wfp_html_scan_t *scan, const char *s, apr_size_t n)
{
    skip_space(scan, s, n);
    if (scan->at == n) {
        return WFP_HTML_SCAN_MORE;
    }
    if (s[scan->at] == '=') {
        scan->at++;
        scan->attr.value = scan->attr.value_end = scan->attr.end = scan->at;
        scan->state = BEFORE_VALUE;
        return GOES_ON;
    }
    scan->state = BEFORE_NAME;
    return WFP_HTML_SCAN_ATTR;
}

static int before_value(wfp_html_scan_t *scan, const char *s, apr_size_t n)
{
    skip_space(scan, s, n);
    if (scan->at == n) {
        return WFP_HTML_SCAN_MORE;
    }
    switch (s[scan->at]) {
    case '>':
        scan->state = BEFORE_NAME;
        return WFP_HTML_SCAN_ATTR;
    case '"':
        scan->state = DOUBLE_QUOTED;
        scan->at++;
        break;
    case '\'':
        scan->state = SINGLE_QUOTED;
        scan->at++;
        break;
    default:
        scan->state = UNQUOTED;
    }
    scan->attr.value = scan->at;
    return GOES_ON;
}

static int quoted(wfp_html_scan_t *scan, const char *s, apr_size_t n, char q)
{
    const char *stop = memchr(s + scan->at, q, n - scan->at);

    if (!stop) {
        scan->at = n;
        return WFP_HTML_SCAN_MORE;
    }
    scan->attr.value_end = (apr_size_t)(stop - s);
    scan->at = scan->attr.end = scan->attr.value_end + 1;
    scan->state = BEFORE_NAME;
    return WFP_HTML_SCAN_ATTR;
}

static int unquoted(wfp_html_scan_t *scan, const char *s, apr_size_t n)
{
    while (scan->at < n && s[scan->at] != '>'
           && !wfp_html_attr_is_space(s[scan->at])) {
        scan->at++;
    }
    if (scan->at == n) {
        return WFP_HTML_SCAN_MORE;
    }
    scan->attr.value_end = scan->attr.end = scan->at;
    scan->state = BEFORE_NAME;
    return WFP_HTML_SCAN_ATTR;
}

static int self_closing(wfp_html_scan_t *scan, const char *s)
{
    scan->state = BEFORE_NAME;
    if (s[scan->at] != '>') {
        return GOES_ON;
    }
    scan->at++;
    scan->self_closing = 1;
    return WFP_HTML_SCAN_END;
}

wfp_html_scan_e wfp_html_attr_scan(wfp_html_scan_t *scan, const char *s,
                                   apr_size_t n)
{
    int said = GOES_ON;

    while (said == GOES_ON && scan->at < n) {
        switch (scan->state) {
        case BEFORE_NAME:
            said = before_name(scan, s, n);
            break;
        case NAME:
            said = name(scan, s, n);
            break;
        case AFTER_NAME:
            said = after_name(scan, s, n);
            break;
        case BEFORE_VALUE:
            said = before_value(scan, s, n);
            break;
        case DOUBLE_QUOTED:
            said = quoted(scan, s, n, '"');
            break;
        case SINGLE_QUOTED:
            said = quoted(scan, s, n, '\'');
            break;
        case UNQUOTED:
            said = unquoted(scan, s, n);
            break;
        default:
            said = self_closing(scan, s);
        }
    }
    return said == GOES_ON ? WFP_HTML_SCAN_MORE : (wfp_html_scan_e)said;
}
