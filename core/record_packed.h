/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RECORD_PACKED_H
#define WFP_RECORD_PACKED_H

#include "core/record_plain.h"

/**
 * @file
 * A plain record on its way: its parts side by side, so that whoever serves a
 * request only copies them, and whoever writes the log makes its line. All of it
 * lies in those bytes, as the one may be gone when the other reads. Any thread.
 */

/** The longest, in bytes, and the most headers; what has more is not packed, since
 *  whoever reads it shall not have much work with one. */
#define WFP_RECORD_PACKED_MAX     ((apr_size_t)4 * 1024)
#define WFP_RECORD_PACKED_HEADERS 32

/** Texts of the request, its id and those of headers. */
#define WFP_RECORD_PACKED_TEXTS (4 + 2 * WFP_RECORD_PACKED_HEADERS)

/** How it is packed. */
typedef struct wfp_record_packing_t {
    apr_size_t bytes;
    apr_size_t sizes[WFP_RECORD_PACKED_TEXTS]; /* of texts, as they come */
} wfp_record_packing_t;

/** @return the bytes that it takes; 0: it cannot be packed, as it is too long, has
 *  too many headers, or a number is out of range */
apr_size_t wfp_record_packed_plan(wfp_record_packing_t *packing,
                                  const wfp_record_plain_t *plain);

/** Pack it as planned. No word of eight bytes in it that begins at a multiple of 8
 *  is below 2^48 but for its highest bit, as stamps of a ring are (logring.c).
 *  @param to  a multiple of 8 */
void wfp_record_packed_put(char *to, const wfp_record_packing_t *packing,
                           const wfp_record_plain_t *plain);

/** Where it is unpacked. */
typedef struct wfp_record_unpacked_t {
    wfp_record_plain_t plain;
    wfp_headers_t headers;
    wfp_header_t list[WFP_RECORD_PACKED_HEADERS];
} wfp_record_unpacked_t;

/** Read it where it lies, as long as that stays. @return 0: it is none */
int wfp_record_packed_get(wfp_record_unpacked_t *unpacked, const char *data,
                          apr_size_t n);

#endif
