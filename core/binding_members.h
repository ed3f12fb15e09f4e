/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_BINDING_MEMBERS_H
#define WFP_BINDING_MEMBERS_H

#include "core/binding_reader.h"
#include "core/script.h"

/** @file The members of a binding in JSON that its kind has. For
 *  binding_json.c; every refusal is APR_EINVAL with WFP_INVALID. */

/** Of a binding whose name and kind are set. */
apr_status_t wfp_binding_members_read(wfp_binding_t *binding,
                                      const wfp_json_t *v,
                                      wfp_binding_reader_t *rd) WFP_CHECK;

/** Into the object v. @return APR_EINVAL: the text of a json binding is none */
apr_status_t wfp_binding_members_write(wfp_json_t *v,
                                       const wfp_binding_t *binding,
                                       wfp_binding_reader_t *rd) WFP_CHECK;

#endif
