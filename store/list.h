/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LIST_H
#define WFP_LIST_H

#include <apr.h>

/** @file What is asked of a list of a noun's objects. */

/** A page of those whose names contain a text. */
typedef struct wfp_list_t {
    const char *contains; /* small letters are as good as large ones; NULL or
                           * "": whatever they are called */
    apr_int64_t skip;     /* those before the page */
    apr_int64_t limit;    /* most of them */
} wfp_list_t;

#endif
