/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_POINTS_ASK_H
#define WFP_POINTS_ASK_H

#include "admin/api_call.h"
#include "core/point.h"
#include "store/data_points.h"

/** @file A question to a dataset: what is wanted of which points. */

#define WFP_POINTS_FIELDS_MAX  8
#define WFP_POINTS_SELECTS_MAX 16

/** What can be asked of a point as text. */
typedef enum {
    WFP_POINTS_NS = 0,
    WFP_POINTS_WORKER,
    WFP_POINTS_INDEX,
    WFP_POINTS_BLOB,
    WFP_POINTS_DAY,
    WFP_POINTS_HOUR
} wfp_points_field_e;

typedef struct wfp_points_field_t {
    wfp_points_field_e kind;
    int number; /* of a blob, from 0 */
    const char *name;
    const char *value; /* of a condition */
} wfp_points_field_t;

typedef enum {
    WFP_POINTS_COUNT = 0,
    WFP_POINTS_SUM,
    WFP_POINTS_AVG,
    WFP_POINTS_LEAST,
    WFP_POINTS_GREATEST
} wfp_points_select_e;

typedef struct wfp_points_select_t {
    const char *name; /* "sum:double1" */
    wfp_points_select_e what;
    int number; /* of the double, from 0 */
} wfp_points_select_t;

typedef struct wfp_points_ask_t {
    apr_time_t since;
    apr_time_t until;
    wfp_points_field_t by[WFP_POINTS_FIELDS_MAX];
    int bys;
    wfp_points_field_t where[WFP_POINTS_FIELDS_MAX];
    int wheres;
    wfp_points_select_t selects[WFP_POINTS_SELECTS_MAX];
    int count;
} wfp_points_ask_t;

/** Read the body of a call. @return on failure the error is in the answer */
apr_status_t wfp_points_ask_read(wfp_points_ask_t *ask,
                                 wfp_api_call_t *call) WFP_CHECK;

/** What a point has in a field. */
const char *wfp_points_ask_value(const wfp_points_field_t *field,
                                 const wfp_data_point_t *row,
                                 const wfp_point_t *point, apr_pool_t *p);

/** Does a point meet all conditions? */
int wfp_points_ask_passes(const wfp_points_ask_t *ask,
                          const wfp_data_point_t *row, const wfp_point_t *point,
                          apr_pool_t *p);

#endif
