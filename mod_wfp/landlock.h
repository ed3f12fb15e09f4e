/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LANDLOCK_H
#define WFP_LANDLOCK_H

#include <apr_errno.h>
#include <apr_tables.h>

#include "core/wfp.h"

/**
 * @file
 * The files that a child keeps: what is not named is out of its reach.
 */

/** A file, or a folder with all below it. */
typedef struct wfp_landlock_path_t {
    const char *path;
    int is_writable; /* files there may be made, changed, removed */
} wfp_landlock_path_t;

/** Has the kernel Landlock, and may it be used here? */
int wfp_landlock_is_available(void);

/**
 * Keep these paths only, in this thread and those it starts; it cannot be
 * undone. What is open stays open. Nothing can be executed. Implies that no new
 * privileges are gained.
 *
 * @param paths  of wfp_landlock_path_t; those that cannot be opened are left out
 */
WFP_CHECK apr_status_t wfp_landlock_apply(const apr_array_header_t *paths);

#endif
