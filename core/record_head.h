/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RECORD_HEAD_H
#define WFP_RECORD_HEAD_H

#include <apr_tables.h>

#include "core/json_out.h"

/**
 * @file
 * How the records of a Worker begin: what is the same in all of a version's, so
 * that it is made once an isolate; and with what tells whose they are, so that
 * those who look for a Worker's need not read JSON. Any thread.
 */

/** {"scriptName":NAME,"dispatchNamespace":NS, and nothing behind the comma.
 *  @param ns  "": null, an account Worker */
void wfp_record_head_key(wfp_json_out_t *out, const char *ns, const char *name);

/** All up to the value of "requestId", the key with it.
 *  @param tag  of the version, as its message; NULL or "": none
 *  @param tags  const char *; NULL: none */
void wfp_record_head_tell(wfp_json_out_t *out, const char *ns, const char *name,
                          const char *version_id, const char *tag,
                          const char *message, const apr_array_header_t *tags);

#endif
