/* SPDX-License-Identifier: Apache-2.0 */
/* Where the admin page's files are, and which of them a request names. */
#include "mod_wfp/pages.h"

#include <apr_env.h>
#include <string.h>

#include "admin/page.h"
#include "mod_wfp/log.h"

/* A module that was built and not installed is told where the sources are. */
static const char *dir_of(apr_pool_t *p)
{
    char *dir;

    return apr_env_get(&dir, "WFP_WEB_DIR", p) == APR_SUCCESS ? dir
                                                              : WFP_WEB_DIR;
}

void wfp_pages_read(wfp_server_t *server, apr_pool_t *pconf)
{
    wfp_result_t res;
    apr_status_t rv;

    wfp_result_init(&res, pconf);
    rv = wfp_page_files_read(&server->pages, dir_of(pconf), &res, pconf);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_INFO, rv, server->main,
                     WFPLOGNO(3501) "%s", res.message);
    }
}

int wfp_pages_handle(request_rec *r, const char *base,
                     const wfp_server_t *server)
{
    const char *path = r->uri + strlen(base);

    return wfp_page_handle(r, *path == '/' ? path + 1 : NULL, base,
                           server->pages);
}
