/* SPDX-License-Identifier: Apache-2.0 */
/* The admin page's door: its files, and the headers that keep it alone. */
#include "admin/page.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>
#include <string.h>

/* Nothing inline, nothing evaluated, nothing from elsewhere, in no frame. */
#define POLICY                                                                 \
    "default-src 'none'; script-src 'self'; style-src 'self'; "                \
    "img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; "        \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "            \
    "require-trusted-types-for 'script'; trusted-types 'none'"

static void protect(request_rec *r)
{
    apr_table_t *out = r->err_headers_out; /* with errors, too */

    apr_table_setn(out, "Content-Security-Policy", POLICY);
    apr_table_setn(out, "X-Frame-Options", "DENY");
    apr_table_setn(out, "X-Content-Type-Options", "nosniff");
    apr_table_setn(out, "Referrer-Policy", "no-referrer");
    apr_table_setn(out, "Cross-Origin-Opener-Policy", "same-origin");
    apr_table_setn(out, "Cross-Origin-Resource-Policy", "same-origin");
}

/* Is gzip among what the browser takes, and not as "q=0"? */
static int takes_gzip(request_rec *r)
{
    const char *at = apr_table_get(r->headers_in, "Accept-Encoding"), *word;

    while (at && (word = ap_get_list_item(r->pool, &at))) {
        if (!strcmp(word, "gzip")) {
            return 1;
        }
        if (!strncmp(word, "gzip;q=", 7)) {
            return strspn(word + 7, ".0") != strlen(word + 7);
        }
    }
    return 0;
}

static int send_bytes(request_rec *r, const char *data, apr_size_t n)
{
    ap_set_content_length(r, (apr_off_t)n);
    if (!r->header_only) {
        (void)ap_rwrite(data, (int)n, r); /* gone: no matter */
    }
    return OK;
}

/* A browser asks each time whether its copy is still right: the files of one
 * version of the page belong together. */
static int send_file(request_rec *r, const wfp_page_file_t *file)
{
    int rc, packed = takes_gzip(r);

    apr_table_setn(r->headers_out, "ETag",
                   packed ? file->packed_etag : file->etag);
    apr_table_mergen(r->headers_out, "Vary", "Accept-Encoding");
    apr_table_setn(r->headers_out, "Cache-Control", "no-cache");
    rc = ap_meets_conditions(r);
    if (rc != OK) {
        return rc;
    }
    ap_set_content_type(r, file->type);
    if (packed) {
        apr_table_setn(r->headers_out, "Content-Encoding", "gzip");
        return send_bytes(r, file->packed, file->packed_size);
    }
    return send_bytes(r, file->data, file->size);
}

int wfp_page_handle(request_rec *r, const char *path, const char *base,
                    apr_hash_t *files)
{
    const wfp_page_file_t *file;

    protect(r);
    if (!path) {
        apr_table_setn(r->headers_out, "Location",
                       apr_pstrcat(r->pool, base, "/", NULL));
        return HTTP_MOVED_PERMANENTLY;
    }
    file = apr_hash_get(files, *path ? path : "index.html",
                        APR_HASH_KEY_STRING);
    if (!file) {
        return HTTP_NOT_FOUND;
    }
    if (r->method_number != M_GET) { /* HEAD, too */
        ap_allow_methods(r, REPLACE_ALLOW, "GET", NULL);
        return HTTP_METHOD_NOT_ALLOWED;
    }
    return send_file(r, file);
}
