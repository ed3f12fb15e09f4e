/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_MULTIPART_HEAD_H
#define WFP_MULTIPART_HEAD_H

#include "core/multipart.h"

/**
 * @file
 * The texts around a multipart body: Content-Type with its boundary, and the
 * heads of parts. For multipart.c alone. Texts are decoded where they stand.
 */

/**
 * Read the head of a part.
 *
 * @param part  filled in; points into text
 * @param text  lines that end in CR LF, then NUL; holds no other NUL, CR or LF
 * @return NULL, or what is wrong with it
 */
const char *wfp_multipart_head_read(wfp_multipart_part_t *part, char *text);

/**
 * Find the boundary in a Content-Type.
 *
 * @param pboundary  in text
 * @return NULL, or what is wrong with it
 */
const char *wfp_multipart_head_boundary(const char **pboundary, char *text);

#endif
