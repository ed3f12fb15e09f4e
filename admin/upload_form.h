/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_UPLOAD_FORM_H
#define WFP_UPLOAD_FORM_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/json.h"
#include "core/result.h"
#include "core/script.h"
#include "core/wfp.h"

/**
 * @file
 * The body of an upload, of every generation of clients, as modules and
 * metadata. Nothing of httpd: bytes in, a form out. docs/api/uploads.md says
 * the same for users.
 *
 *  - multipart/form-data, its boundary from the header, or from the body's
 *    first line when the header (of SDK 7) has none;
 *  - a JSON object {"metadata":{...}}: no files;
 *  - anything else: one script.
 *
 * A module's name is its part's name, or its file name where the part's name
 * is "files", "files[...]" or a number; a "./" in front is dropped. Metadata
 * with assets and without a main module get one that answers 404. The main
 * module is Lua whatever its name and type. JavaScript (a stub) and source maps
 * are left out.
 */

/** Most parts of a body: fields and files. */
#define WFP_UPLOAD_FORM_PARTS_MAX 2000

/** What came. */
typedef struct wfp_upload_source_t {
    const char *content_type; /* header, or NULL */
    const char *main_part;    /* header CF-WORKER-MAIN-MODULE-PART, or NULL */
    const char *body_part;    /* header CF-WORKER-BODY-PART, or NULL */
    const char *field;        /* "metadata", or "settings" */
    int needs_code;           /* 1: a form without main module is refused */
    const char *body;
    apr_size_t size;
} wfp_upload_source_t;

/** What it says. */
typedef struct wfp_upload_form_t {
    wfp_json_t *field;           /* an object; empty when there was none */
    apr_array_header_t *modules; /* wfp_module_t, in order; data ends in NUL */
    const char *main_module;     /* one of them, or "" */
    int only_assets;             /* 1: no code came but assets, which this
                                  * server's own module stands behind */
    int has_modules;             /* 0: a single script, by "body_part" or raw */
} wfp_upload_form_t;

/**
 * Read it. All texts are copies in p.
 *
 * @return APR_SUCCESS; APR_EINVAL with WFP_INVALID and a text for the uploader
 * @note Whether names, sizes and code are sound is wfp_upload_check()'s.
 */
apr_status_t wfp_upload_form_read(wfp_upload_form_t **pform,
                                  const wfp_upload_source_t *from,
                                  wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
