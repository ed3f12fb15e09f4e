/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_PROMETHEUS_H
#define WFP_PROMETHEUS_H

#include <apr_pools.h>

#include "core/wfp.h"

/** @file Words in Prometheus' text format (0.0.4). */

/**
 * A label's value as it stands between quotes: backslash, quote and newline are
 * escaped; other control characters and what is no UTF-8 become U+FFFD, since a
 * scrape fails as a whole. At most 128 bytes of the value are told.
 *
 * @return value itself when nothing is to be done, else a text in p
 */
const char *wfp_prometheus_label(const char *value, apr_pool_t *p);

#endif
