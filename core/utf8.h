/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_UTF8_H
#define WFP_UTF8_H

#include <apr.h>

/**
 * @file
 * What is well-formed UTF-8 (RFC 3629, 4).
 */

/** What stands for bytes that are none: U+FFFD. */
#define WFP_UTF8_REPLACEMENT "\xef\xbf\xbd"

/**
 * Bytes of the character that begins at s; 0: none does. Reads no further than
 * the first byte that cannot belong to it, so a NUL behind the text is enough.
 */
apr_size_t wfp_utf8_size(const unsigned char *s);

#endif
