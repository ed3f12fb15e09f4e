/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_POINT_H
#define WFP_POINT_H

#include <apr_pools.h>

#include "core/wfp.h"

/** @file A data point of Analytics Engine, and how large it may be. */

#define WFP_POINT_BLOBS_MAX      20
#define WFP_POINT_DOUBLES_MAX    20
#define WFP_POINT_INDEX_MAX      96
#define WFP_POINT_BLOB_BYTES_MAX (16 * 1024)

/** Points of one invocation. */
#define WFP_POINTS_MAX 25

/** Longest name of a dataset. */
#define WFP_POINT_DATASET_MAX 100

typedef struct wfp_point_t {
    const char *index; /* "": none */
    int blobs;
    int doubles;
    const char *blob[WFP_POINT_BLOBS_MAX]; /* UTF-8 without NUL */
    double number[WFP_POINT_DOUBLES_MAX];  /* finite */
} wfp_point_t;

/** @return 1: letters, digits, "_" and "-", 1 to 100 of them */
int wfp_point_is_dataset(const char *name);

/** As text, in p: a JSON array [index, [blobs], [doubles]]. */
const char *wfp_point_write(const wfp_point_t *point, apr_pool_t *p);

/** What such a text says, in p. @return 0: it is none */
int wfp_point_read(wfp_point_t *point, const char *text, apr_pool_t *p);

#endif
