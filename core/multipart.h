/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_MULTIPART_H
#define WFP_MULTIPART_H

#include <apr.h>
#include <apr_errno.h>

#include "core/headers.h"
#include "core/wfp.h"

/**
 * @file
 * Reads a multipart/form-data body (RFC 7578, RFC 2046) piece by piece: forms
 * and uploads of any size in the memory of one wfp_multipart_t. Nothing is
 * allocated and nothing is called back, so a reader may be left at any time.
 * One thread at a time.
 *
 *     wfp_multipart_init(), then for each piece of the body:
 *         wfp_multipart_feed()
 *         until wfp_multipart_next() says MORE (or BAD): act on the event
 *     at the body's end: wfp_multipart_finish()
 *
 * Events come as BEGIN, DATA (any number of times), END for each part, in
 * order. Where a piece ends makes no difference but to how DATA is cut.
 *
 * What is taken, decided once for all who use it:
 *  - lines of boundaries and heads end in CR LF; a bare CR or LF there is an
 *    error, in a part's data it is data;
 *  - behind a boundary only blanks and CR LF, or "--", may follow: a line that
 *    merely begins with the boundary is an error, not data;
 *  - a preamble and an epilogue are skipped, whatever their length; a body
 *    whose closing boundary is missing is an error;
 *  - each part has one Content-Disposition: form-data with a name; folded
 *    lines, NULs, doubled parameters and a Content-Transfer-Encoding that
 *    would have to be decoded are errors;
 *  - in a quoted text "\"" and "\\" are escapes, every other backslash is
 *    itself; in names and file names the %22 %0D %0A of browsers are undone;
 *    filename* (RFC 8187, UTF-8) wins over filename.
 */

/** Most bytes of a part's head, and most fields in it. */
#define WFP_MULTIPART_HEAD_MAX   8192
#define WFP_MULTIPART_FIELDS_MAX 16

/** Longest boundary (RFC 2046, 5.1.1). */
#define WFP_MULTIPART_BOUNDARY_MAX 70

typedef enum {
    WFP_MULTIPART_MORE = 0, /* the piece is used up */
    WFP_MULTIPART_BEGIN,    /* a part begins: `part` tells which */
    WFP_MULTIPART_DATA,     /* `n` bytes of it at `data` */
    WFP_MULTIPART_END,      /* it is whole */
    WFP_MULTIPART_BAD       /* no such body: `wrong` tells why; it stays so */
} wfp_multipart_e;

/** A part's head; bytes as they came, UTF-8 by custom only. */
typedef struct wfp_multipart_part_t {
    const char *name;     /* never NULL, may be "" */
    const char *filename; /* NULL: a field, no file; may be "" */
    const char *type;     /* its Content-Type, or NULL */
    wfp_header_t fields[WFP_MULTIPART_FIELDS_MAX]; /* all but
                                                    * Content-Disposition */
    int count;
} wfp_multipart_part_t;

typedef struct wfp_multipart_t {
    wfp_multipart_part_t part; /* until the next BEGIN */
    const char *data;          /* until the next call */
    apr_size_t n;
    const char *wrong; /* static text, begins in lower case */

    /* from here on for multipart.c alone */
    const char *at, *end; /* what is left of the piece */
    int state;
    int in_part;
    unsigned parts, parts_max;
    apr_size_t matched; /* bytes of the delimiter seen */
    apr_size_t held;    /* the first of them that is not data already */
    apr_size_t delimiter_size;
    apr_size_t head_size;
    char delimiter[4 + WFP_MULTIPART_BOUNDARY_MAX + 1];
    char head[WFP_MULTIPART_HEAD_MAX + 1];
} wfp_multipart_t;

/**
 * Begin with a body of this Content-Type.
 *
 * @param content_type  the header's value, or NULL
 * @param parts_max     most parts; 0: as many as come
 * @return APR_SUCCESS; APR_EINVAL: another type, or its boundary is none of
 *         RFC 2046; m->wrong tells why, m must not be fed
 */
apr_status_t wfp_multipart_init(wfp_multipart_t *m, const char *content_type,
                                unsigned parts_max) WFP_CHECK;

/** The next n bytes of the body, once the last were used up; they stay where
 *  they are until the event MORE. */
void wfp_multipart_feed(wfp_multipart_t *m, const char *data, apr_size_t n);

/** The next event. */
wfp_multipart_e wfp_multipart_next(wfp_multipart_t *m);

/** The body has ended: was it whole? @return APR_SUCCESS, or APR_EINVAL with
 *  m->wrong */
apr_status_t wfp_multipart_finish(wfp_multipart_t *m) WFP_CHECK;

/** Is this Content-Type (or NULL) that media type, whatever its parameters? */
int wfp_multipart_is_type(const char *content_type, const char *type);

#endif
