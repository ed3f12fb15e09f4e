/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LOG_KIND_H
#define WFP_LOG_KIND_H

#include <apr_pools.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * What a record is, in one number that the store can be asked for without its
 * text: a bit for its outcome and one for each level that a line of it has. An
 * error that nobody caught is of level "error".
 */

/** Levels of the console, in their order. */
#define WFP_LOG_KIND_LEVELS 5


apr_int64_t wfp_log_kind_outcome(wfp_outcome_e outcome);

/** @param level  0: debug, to 4: error */
apr_int64_t wfp_log_kind_level(int level);

/** "debug", "info", "log", "warn" or "error" */
const char *wfp_log_kind_level_name(int level);

/** Outcomes by name, with commas between: "exception,exceededCpu".
 *  @return 0: one of them is none */
int wfp_log_kind_read_outcomes(apr_int64_t *pkinds, const char *text);

/** The same of levels. */
int wfp_log_kind_read_levels(apr_int64_t *pkinds, const char *text);

#endif
