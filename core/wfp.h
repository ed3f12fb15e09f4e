/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_WFP_H
#define WFP_WFP_H

/**
 * @file
 * Words and constants that every room shares. See docs/architecture.md 1.
 */

/** The caller must look at the status (docs/style: one way to fail). */
#define WFP_CHECK __attribute__((warn_unused_result))

/** printf-like: argument f is the format, argument v the first value. */
#define WFP_PRINTF(f, v) __attribute__((format(printf, f, v)))

/** Longest Worker or namespace name in bytes, without the NUL. */
#define WFP_NAME_MAX 63

/** A version id in text: a UUID of 36 bytes and its NUL. */
#define WFP_UUID_SIZE 37

/** A request id in text: 32 hex digits and the NUL. */
#define WFP_REQUEST_ID_SIZE 33

/** The namespace part of the key of an account script. */
#define WFP_ACCOUNT_NS ""

/** How a long call learns that it must end: it asks about every millisecond,
 *  and gives up with APR_EINTR when the answer is 1. */
typedef struct wfp_stop_t {
    int (*is_over)(void *baton);
    void *baton;
} wfp_stop_t;

#endif
