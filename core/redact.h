/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_REDACT_H
#define WFP_REDACT_H

#include <apr_pools.h>

/**
 * @file
 * What records do not tell: values of headers that are secrets by their names,
 * and parts of addresses that look like ids. Whoever reads records is not always
 * who may use what a client sent.
 */

/** What stands there instead. */
#define WFP_REDACTED "REDACTED"

/** Is the value of such a header a secret: `cookie`, `set-cookie`, or "auth",
 *  "key", "secret", "token" or "jwt" in its name, in either case? */
int wfp_redact_is_secret(const char *name);

/**
 * An address without its ids: runs of letters, digits, `+`, `-` and `_` that have
 * 32 hex digits or more and no other letters, or 21 bytes or more with two capital
 * letters, two small ones and two digits among them.
 *
 * @return url itself, or a copy in p
 */
const char *wfp_redact_url(const char *url, apr_pool_t *p);

#endif
