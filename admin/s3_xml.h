/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_S3_XML_H
#define WFP_S3_XML_H

#include <apr_buckets.h>
#include <apr_pools.h>
#include <apr_time.h>

#include "core/wfp.h"

/** @file XML as S3 answers it, written into a brigade; nothing is kept twice. */

typedef struct wfp_s3_xml_t {
    apr_bucket_brigade *bb;
    apr_pool_t *pool;
    int url; /* 1: encoding-type=url */
} wfp_s3_xml_t;

/** Begin a document with its root element, in S3's namespace; "Error" is in
 *  none. */
void wfp_s3_xml_begin(wfp_s3_xml_t *xml, const char *root,
                      apr_bucket_alloc_t *alloc, apr_pool_t *p);

void wfp_s3_xml_open(wfp_s3_xml_t *xml, const char *name);
void wfp_s3_xml_close(wfp_s3_xml_t *xml, const char *name);

/** An element with a text, any bytes that are UTF-8; NULL: nothing. */
void wfp_s3_xml_text(wfp_s3_xml_t *xml, const char *name, const char *text);

/** The same with a key, prefix or delimiter: as the client asked for it. */
void wfp_s3_xml_key(wfp_s3_xml_t *xml, const char *name, const char *key);

void wfp_s3_xml_number(wfp_s3_xml_t *xml, const char *name, apr_int64_t n);
void wfp_s3_xml_bool(wfp_s3_xml_t *xml, const char *name, int is);
void wfp_s3_xml_time(wfp_s3_xml_t *xml, const char *name, apr_time_t t);

/** An etag: with quotes around it. */
void wfp_s3_xml_etag(wfp_s3_xml_t *xml, const char *etag);

#endif
