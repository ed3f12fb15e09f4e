/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_S3_LIST_H
#define WFP_S3_LIST_H

#include "admin/s3_call.h"

/** @file Lists of a bucket's objects, and what lists share. */

/** GET of a bucket; ?list-type=2 for the newer form. */
apr_status_t wfp_s3_list_objects(wfp_s3_call_t *call) WFP_CHECK;
apr_status_t wfp_s3_list_objects_v2(wfp_s3_call_t *call) WFP_CHECK;

/** Write keys as encoding-type asks for, and say so. */
void wfp_s3_list_encoding(wfp_s3_xml_t *xml, const wfp_s3_call_t *call);

/** CommonPrefixes. */
void wfp_s3_list_prefixes(wfp_s3_xml_t *xml, const wfp_r2_call_t *r2);

/** Whose it is: the account's. @param name "Owner", "Initiator" */
void wfp_s3_list_owner(wfp_s3_xml_t *xml, const char *name);

#endif
