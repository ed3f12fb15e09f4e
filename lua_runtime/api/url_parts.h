/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_URL_PARTS_H
#define WFP_API_URL_PARTS_H

#include <lua.h>
#include <stddef.h>

/**
 * @file
 * A URL's text taken apart by core/url.h, for scripts: works at top level too,
 * where there is no request's pool.
 */

/** The parts in the order of a URL. */
enum {
    WFP_URL_PROTOCOL = 1, /* "http:" */
    WFP_URL_USERNAME,
    WFP_URL_PASSWORD,
    WFP_URL_HOSTNAME,
    WFP_URL_PORT, /* "" when the scheme's */
    WFP_URL_PATHNAME,
    WFP_URL_SEARCH, /* "" or with "?" */
    WFP_URL_HASH,   /* "" or with "#" */
    WFP_URL_PARTS = WFP_URL_HASH
};

/** The parts, one after the other in data. */
typedef struct wfp_url_parts_t {
    char *data; /* small, or memory of the arena */
    size_t room;
    size_t used;
    size_t n[WFP_URL_PARTS + 1]; /* bytes of each */
    char small[1024];
} wfp_url_parts_t;

/** [-0, +1, m] Parse; what is pushed anchors the parts. base may be NULL.
 *  @return 0: data is the reason why it is no URL */
int wfp_url_parts_push(lua_State *L, wfp_url_parts_t *parts, const char *text,
                       size_t n, const char *base);

#endif
