/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HEADERS_H
#define WFP_HEADERS_H

#include <apr_pools.h>
#include <strings.h>

#include "core/wfp.h"

/**
 * @file
 * Header fields of one message, in the order they were added. Names compare
 * without case. A message's fields are few, so the list is searched from the
 * front. Used by one thread at a time.
 */

/** Fields of a message that goes out or comes in from elsewhere. */
#define WFP_HEADERS_MAX 512

typedef struct wfp_header_t {
    const char *name; /* as given */
    const char *value;
} wfp_header_t;

typedef struct wfp_headers_t {
    apr_pool_t *pool;
    wfp_header_t *list; /* count fields, none NULL */
    int count;
    int room;
} wfp_headers_t;

/** Is this the name of that field? Most names differ in their first letter. */
static inline int wfp_headers_same(const char *name, const char *other)
{
    return ((name[0] ^ other[0]) & 0xdf) == 0 && !strcasecmp(name, other);
}

/** An empty list that grows in p. */
wfp_headers_t *wfp_headers_make(apr_pool_t *p);

/** A copy in p of the list; names and values are copied too. */
wfp_headers_t *wfp_headers_clone(const wfp_headers_t *h, apr_pool_t *p);

/** First value of this name, or NULL. */
const char *wfp_headers_get(const wfp_headers_t *h, const char *name);

/** Add a field; name and value are not copied: they must live as long. */
void wfp_headers_addn(wfp_headers_t *h, const char *name, const char *value);

/** Add a field, copying name and value into the list's pool. */
void wfp_headers_add(wfp_headers_t *h, const char *name, const char *value);

/** Replace all fields of this name by one; copies. */
void wfp_headers_set(wfp_headers_t *h, const char *name, const char *value);

/** Remove all fields of this name. @return how many there were */
int wfp_headers_unset(wfp_headers_t *h, const char *name);

/** A value without the blanks around it (RFC 9110, 5.5). @param pn  its bytes */
const char *wfp_headers_trim(const char *s, apr_size_t *pn);

/** Copy n bytes of a name in lower case; no NUL is added. They may stay where they
 *  are (to == name). */
void wfp_headers_lower(char *to, const char *name, apr_size_t n);

/** Is this an RFC 9110 token (5.6.2)? n bytes, at least one. */
int wfp_headers_is_name(const char *s, apr_size_t n);

/** May these bytes be a field value: no CR, LF, NUL (RFC 9110, 5.5)? */
int wfp_headers_is_value(const char *s, apr_size_t n);

#endif
