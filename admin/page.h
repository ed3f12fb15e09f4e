/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_PAGE_H
#define WFP_PAGE_H

#include <httpd.h>

#include "admin/page_files.h"

/**
 * @file
 * The admin page (SetHandler wfp-admin): static files. All that they show comes
 * from the REST API.
 */

/**
 * Answer a request to the page. Request scope.
 *
 * @param path   below the Location, without the slash in front; NULL: the
 *               Location's own name without a slash, which leads there
 * @param base   the Location, without a slash at the end
 * @param files  those of wfp_page_files_read()
 * @return as a handler hook
 */
int wfp_page_handle(request_rec *r, const char *path, const char *base,
                    apr_hash_t *files);

#endif
