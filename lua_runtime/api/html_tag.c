/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a tag, and new ones made of it: an attribute set or removed, the
 * name changed. The text is all that is kept, so that what is asked for later,
 * and what goes out, is read by the one scanner of core/html_attr. Called by
 * html_element.c and html_stream.c.
 */
#include <string.h>

#include "lua_runtime/api/html.h"

const char *wfp_html_tag_text(lua_State *L, wfp_html_stream_t *st, int refs,
                              size_t *n)
{
    if (lua_rawgeti(L, refs, WFP_HTML_EDITED) == LUA_TSTRING) {
        return lua_tolstring(L, -1, n);
    }
    *n = st->page.token.size;
    return st->page.token.raw;
}

/* The attribute that scan found: is it this one? */
static int is_named(const wfp_html_scan_t *scan, const char *s,
                    const char *name, size_t n)
{
    return scan->attr.name_end - scan->attr.name == n
           && wfp_html_attr_same(s + scan->attr.name, name, n);
}

int wfp_html_tag_find(wfp_html_attr_t *attr, const char *s, size_t n,
                      const char *name, size_t name_n)
{
    wfp_html_scan_t scan;

    wfp_html_attr_init(&scan, wfp_html_attr_name_end(s, n));
    while (wfp_html_attr_scan(&scan, s, n) == WFP_HTML_SCAN_ATTR) {
        if (is_named(&scan, s, name, name_n)) {
            *attr = scan.attr;
            return 1;
        }
    }
    return 0;
}

/* name="value" */
static void add_attribute(wfp_buffer_t *b, const wfp_html_text_t *name,
                          const wfp_html_text_t *value)
{
    size_t i, from = 0;

    wfp_buffer_add(b, name->s, name->n);
    wfp_buffer_add(b, "=\"", 2);
    for (i = 0; i < value->n; i++) {
        if (value->s[i] == '"') {
            wfp_buffer_add(b, value->s + from, i - from);
            wfp_buffer_add(b, "&quot;", 6);
            from = i + 1;
        }
    }
    wfp_buffer_add(b, value->s + from, value->n - from);
    wfp_buffer_byte(b, '"');
}

/* Where the last attribute ends, or the name. *popen: it is a "b=" without
 * value, which would take what is put there for one. */
static size_t last_end(int *popen, const char *s, size_t n)
{
    wfp_html_scan_t scan;
    size_t end = wfp_html_attr_name_end(s, n);

    *popen = 0;
    wfp_html_attr_init(&scan, end);
    while (wfp_html_attr_scan(&scan, s, n) == WFP_HTML_SCAN_ATTR) {
        const wfp_html_attr_t *attr = &scan.attr;

        end = attr->end;
        *popen = end > attr->name_end && attr->value == end;
    }
    return end;
}

/* [-0, +1, m] */
static void push_done(wfp_buffer_t *b)
{
    wfp_buffer_push(b);
    lua_remove(b->L, b->idx);
}

void wfp_html_tag_push_lower(lua_State *L, const char *s, size_t n)
{
    wfp_buffer_t b;
    size_t i;
    char *to;

    wfp_buffer_init(&b, L);
    to = wfp_buffer_reserve(&b, n);
    for (i = 0; i < n; i++) {
        to[i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] | 0x20) : s[i];
    }
    b.n = n;
    push_done(&b);
}

void wfp_html_tag_push_set(lua_State *L, const char *s, size_t n,
                           const wfp_html_text_t *name,
                           const wfp_html_text_t *value)
{
    wfp_html_attr_t attr;
    wfp_buffer_t b;
    size_t end;
    int open;

    wfp_buffer_init(&b, L);
    if (wfp_html_tag_find(&attr, s, n, name->s, name->n)) {
        wfp_buffer_add(&b, s, attr.name);
        end = attr.end;
    }
    else {
        end = last_end(&open, s, n);
        wfp_buffer_add(&b, s, end);
        wfp_buffer_add(&b, "\"\"", open ? 2 : 0);
        wfp_buffer_byte(&b, ' ');
    }
    add_attribute(&b, name, value);
    wfp_buffer_add(&b, s + end, n - end);
    push_done(&b);
}

/* [-0, +0, m] What follows an attribute that goes must not grow together with
 * what stood before it: "/" with a value, "=" with a name. */
static void separate(wfp_buffer_t *b, const char *rest)
{
    if (*rest != '>' && !wfp_html_attr_is_space(*rest)) {
        wfp_buffer_byte(b, ' ');
    }
    while (wfp_html_attr_is_space(*rest)) {
        rest++;
    }
    if (*rest == '=') {
        wfp_buffer_add(b, " /", 2);
    }
}

void wfp_html_tag_push_without(lua_State *L, const char *s, size_t n,
                               const wfp_html_text_t *name)
{
    wfp_html_scan_t scan;
    wfp_buffer_t b;
    size_t kept = 0, end = wfp_html_attr_name_end(s, n);

    wfp_buffer_init(&b, L);
    wfp_html_attr_init(&scan, end);
    while (wfp_html_attr_scan(&scan, s, n) == WFP_HTML_SCAN_ATTR) {
        if (is_named(&scan, s, name->s, name->n)) {
            /* with the space before it */
            wfp_buffer_add(&b, s + kept, end - kept);
            kept = scan.attr.end;
            separate(&b, s + kept);
        }
        end = scan.attr.end;
    }
    wfp_buffer_add(&b, s + kept, n - kept);
    push_done(&b);
}

void wfp_html_tag_push_renamed(lua_State *L, const char *s, size_t n,
                               const char *name, size_t name_n)
{
    size_t begin = s[1] == '/' ? 2 : 1, end = wfp_html_attr_name_end(s, n);
    wfp_buffer_t b;

    wfp_buffer_init(&b, L);
    wfp_buffer_add(&b, s, begin);
    wfp_buffer_add(&b, name, name_n);
    wfp_buffer_add(&b, s + end, n - end);
    push_done(&b);
}
