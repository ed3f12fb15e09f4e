/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_D1_JSON_H
#define WFP_D1_JSON_H

#include "core/sql.h"

/**
 * @file
 * Results of SQL as the API's JSON text, written directly: jansson would need
 * several times the memory of the rows.
 */

/** The whole envelope of an answer. raw: rows as arrays, with their columns.
 *  @return text in the answer's pool */
const char *wfp_d1_json_answer(apr_size_t *pn, const wfp_sql_answer_t *answer,
                               int raw);

#endif
