/* SPDX-License-Identifier: Apache-2.0 */
/* A short list of header fields, in their order. */
#include "core/headers.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define ROOM_AT_FIRST 12

static wfp_headers_t *make_with_room(int room, apr_pool_t *p)
{
    wfp_headers_t *h = apr_palloc(p, sizeof(*h));

    h->pool = p;
    h->count = 0;
    h->room = room;
    h->list = apr_palloc(p, sizeof(wfp_header_t) * (apr_size_t)room);
    return h;
}

wfp_headers_t *wfp_headers_make(apr_pool_t *p)
{
    return make_with_room(ROOM_AT_FIRST, p);
}

wfp_headers_t *wfp_headers_clone(const wfp_headers_t *h, apr_pool_t *p)
{
    wfp_headers_t *copy = make_with_room(h->count + 4, p);
    int i;

    for (i = 0; i < h->count; i++) {
        wfp_headers_add(copy, h->list[i].name, h->list[i].value);
    }
    return copy;
}

const char *wfp_headers_get(const wfp_headers_t *h, const char *name)
{
    int i;

    for (i = 0; i < h->count; i++) {
        if (wfp_headers_same(h->list[i].name, name)) {
            return h->list[i].value;
        }
    }
    return NULL;
}

void wfp_headers_addn(wfp_headers_t *h, const char *name, const char *value)
{
    if (h->count == h->room) {
        wfp_header_t *list;

        h->room *= 2;
        list = apr_palloc(h->pool, sizeof(*list) * (apr_size_t)h->room);
        memcpy(list, h->list, sizeof(*list) * (apr_size_t)h->count);
        h->list = list;
    }
    h->list[h->count].name = name;
    h->list[h->count].value = value;
    h->count++;
}

void wfp_headers_add(wfp_headers_t *h, const char *name, const char *value)
{
    wfp_headers_addn(h, apr_pstrdup(h->pool, name),
                     apr_pstrdup(h->pool, value));
}

void wfp_headers_set(wfp_headers_t *h, const char *name, const char *value)
{
    (void)wfp_headers_unset(h, name); /* how many there were does not matter */
    wfp_headers_add(h, name, value);
}

int wfp_headers_unset(wfp_headers_t *h, const char *name)
{
    int i, kept = 0, gone;

    for (i = 0; i < h->count; i++) {
        if (!wfp_headers_same(h->list[i].name, name)) {
            h->list[kept++] = h->list[i];
        }
    }
    gone = h->count - kept;
    h->count = kept;
    return gone;
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

const char *wfp_headers_trim(const char *s, apr_size_t *pn)
{
    apr_size_t n = *pn;

    while (n && is_blank(s[n - 1])) {
        n--;
    }
    while (n && is_blank(*s)) {
        s++;
        n--;
    }
    *pn = n;
    return s;
}

/* Eight bytes in lower case: sums of seven bits each say in their eighth whether
 * a byte is at least 'A', and whether it is above 'Z'. */
static apr_uint64_t lower_of(apr_uint64_t bytes)
{
    static const apr_uint64_t ones = 0x0101010101010101;
    apr_uint64_t low = bytes & ones * 0x7f;
    apr_uint64_t from_a = low + ones * (0x80 - 'A');
    apr_uint64_t above_z = low + ones * (0x7f - 'Z');

    return bytes | ((from_a ^ above_z) & ~bytes & ones * 0x80) >> 2;
}

void wfp_headers_lower(char *to, const char *name, apr_size_t n)
{
    apr_uint64_t bytes;

    for (; n >= sizeof(bytes); n -= sizeof(bytes)) {
        memcpy(&bytes, name, sizeof(bytes));
        bytes = lower_of(bytes);
        memcpy(to, &bytes, sizeof(bytes));
        name += sizeof(bytes);
        to += sizeof(bytes);
    }
    for (; n > 0; n--, name++) {
        *to++ = *name >= 'A' && *name <= 'Z' ? (char)(*name + 32) : *name;
    }
}

int wfp_headers_is_name(const char *s, apr_size_t n)
{
    apr_size_t i;

    for (i = 0; i < n; i++) {
        if (!apr_isascii(s[i])
            || (!apr_isalnum(s[i])
                && (s[i] == 0 || !strchr("!#$%&'*+-.^_`|~", s[i])))) {
            return 0;
        }
    }
    return n > 0;
}

int wfp_headers_is_value(const char *s, apr_size_t n)
{
    apr_size_t i;

    for (i = 0; i < n; i++) {
        if (s[i] == '\r' || s[i] == '\n' || s[i] == '\0') {
            return 0;
        }
    }
    return 1;
}
