/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers are kept in the store: bits are added, never moved. */
#include "core/log_kind.h"

#include <string.h>

/* Levels are behind the outcomes, of which there may be more some day. */
#define LEVEL_BIT 32

_Static_assert(WFP_OUTCOME_COUNT <= LEVEL_BIT, "bits of outcomes");

static const char *const levels[WFP_LOG_KIND_LEVELS] = { "debug", "info", "log",
                                                         "warn", "error" };

apr_int64_t wfp_log_kind_outcome(wfp_outcome_e outcome)
{
    return (apr_int64_t)1 << outcome;
}

apr_int64_t wfp_log_kind_level(int level)
{
    return (apr_int64_t)1 << (LEVEL_BIT + level);
}

const char *wfp_log_kind_level_name(int level)
{
    return levels[level];
}

static const char *outcome_name(int i)
{
    return wfp_code_outcome_name((wfp_outcome_e)i);
}

/* Which of the names is this? n when none. */
static int index_of(const char *text, apr_size_t size,
                    const char *(*name)(int i), int n)
{
    int i;

    for (i = 0; i < n; i++) {
        if (strlen(name(i)) == size && !memcmp(name(i), text, size)) {
            break;
        }
    }
    return i;
}

static int read_names(apr_int64_t *pkinds, const char *text,
                      const char *(*name)(int i), int n, int first_bit)
{
    *pkinds = 0;
    for (;;) {
        apr_size_t size = strcspn(text, ",");
        int i = index_of(text, size, name, n);

        if (i == n) {
            return 0;
        }
        *pkinds |= (apr_int64_t)1 << (first_bit + i);
        if (!text[size]) {
            return 1;
        }
        text += size + 1;
    }
}

int wfp_log_kind_read_outcomes(apr_int64_t *pkinds, const char *text)
{
    return read_names(pkinds, text, outcome_name, WFP_OUTCOME_COUNT, 0);
}

int wfp_log_kind_read_levels(apr_int64_t *pkinds, const char *text)
{
    return read_names(pkinds, text, wfp_log_kind_level_name,
                      WFP_LOG_KIND_LEVELS, LEVEL_BIT);
}
