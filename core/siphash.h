/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SIPHASH_H
#define WFP_SIPHASH_H

#include <apr.h>

/**
 * @file
 * SipHash-2-4: a keyed 64-bit hash whose collisions nobody can construct who
 * does not know the key.
 */

/**
 * Hash n bytes.
 *
 * @param key  the two halves of the key, each read little-endian
 */
apr_uint64_t wfp_siphash(const apr_uint64_t key[2], const void *data,
                         apr_size_t n);

#endif
