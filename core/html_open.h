/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HTML_OPEN_H
#define WFP_HTML_OPEN_H

#include "core/html_token.h"
#include "core/wfp.h"

/**
 * @file
 * The elements that are open: as much of a tree as a stream needs. An element
 * is open from its start tag to the end tag of its name that closes it, or one
 * that closes an element around it, or the end. End tags that HTML lets
 * authors leave out are not made up: `<p>a<p>b</p>` is a p in a p. Namespaces
 * are followed by the rules for foreign content, so that the tokenizer knows
 * where `<title>` begins text and where it does not.
 */

typedef enum {
    WFP_HTML_NS_HTML = 0,
    WFP_HTML_NS_SVG,
    WFP_HTML_NS_MATH
} wfp_html_ns_e;

/** One of them; behind it: `extra` words of the user's, then its name. */
typedef struct wfp_html_element_t {
    apr_uint32_t below; /* offset of the one around it */
    apr_uint32_t same;  /* offset of the next with its bucket, 0: none */
    apr_uint32_t bucket;
    apr_uint32_t depth;   /* 0: the document, which is no element */
    apr_uint32_t barrier; /* depth of the innermost integration point */
    apr_uint32_t special; /* depth of the innermost special element of HTML */
    apr_uint32_t alien; /* depth of the innermost element that is not HTML's */
    apr_uint32_t foreign; /* depth of the outermost element of SVG or MathML
                             that has nothing of HTML inside down to this one */
    apr_uint32_t name_size;
    apr_uint32_t children; /* elements in it so far */
    apr_byte_t ns;         /* wfp_html_ns_e */
    apr_byte_t
        html_inside;      /* an integration point: start tags in it are HTML */
    apr_byte_t math_text; /* the MathML kind: but for mglyph and malignmark */
    apr_byte_t leaf;      /* has no content, is closed at once */
    apr_uint64_t extra[];
} wfp_html_element_t;

/** Where memory comes from: bytes for the caller's use from now on, instead of
 *  `old` (NULL: none), which is read once more right after. May not return. */
typedef void *(*wfp_html_alloc_fn)(void *baton, void *old, apr_size_t bytes);

typedef struct wfp_html_memory_t {
    wfp_html_alloc_fn alloc;
    void *baton;
} wfp_html_memory_t;

/** Buckets of names, a power of two. */
#define WFP_HTML_BUCKETS 256

typedef struct wfp_html_open_t {
    const wfp_html_memory_t *memory;
    char *block;
    apr_uint32_t room;
    apr_uint32_t top;   /* offset of the innermost */
    apr_uint32_t extra; /* words */
    apr_uint32_t depth_max;
    int select; /* html_open.c: where raw text would be ambiguous */
    int templates;
    apr_uint32_t heads[WFP_HTML_BUCKETS];
} wfp_html_open_t;

typedef enum {
    WFP_HTML_OPEN_OK = 0,
    WFP_HTML_OPEN_TOO_DEEP,
    WFP_HTML_OPEN_AMBIGUOUS /* browsers disagree how to read on */
} wfp_html_open_e;

/** extra: words kept zeroed for each element. */
void wfp_html_open_init(wfp_html_open_t *open, apr_uint32_t extra,
                        apr_uint32_t depth_max,
                        const wfp_html_memory_t *memory);

/** The innermost element; depth 0: none is open. Valid until the next start. */
wfp_html_element_t *wfp_html_open_top(const wfp_html_open_t *open);

/** The one around it. */
wfp_html_element_t *wfp_html_open_outer(const wfp_html_open_t *open,
                                        const wfp_html_element_t *element);

/** Its name as written. */
const char *wfp_html_open_name(const wfp_html_open_t *open,
                               const wfp_html_element_t *element);

/**
 * A tag comes: how many elements are still open by then? Fewer than before:
 * it is HTML's in foreign content, which ends that. The caller closes them.
 */
apr_uint32_t wfp_html_open_before(const wfp_html_open_t *open,
                                  const wfp_html_token_t *tag);

/** Open the element of a start tag; sets the tokenizer's mode. */
wfp_html_open_e wfp_html_open_start(wfp_html_open_t *open,
                                    const wfp_html_token_t *tag,
                                    wfp_html_tokenizer_t *tok) WFP_CHECK;

/** An end tag comes: depth of the element that it closes, 0: none.
 *  steps: what it cost is added. */
apr_uint32_t wfp_html_open_find(const wfp_html_open_t *open,
                                const wfp_html_token_t *tag,
                                apr_uint64_t *steps);

/** Close the innermost element. */
void wfp_html_open_close(wfp_html_open_t *open);

/** An end tag was read: what is open says how to read on. */
void wfp_html_open_ended(wfp_html_open_t *open, const wfp_html_token_t *tag,
                         wfp_html_tokenizer_t *tok);

#endif
