/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Used by claim.c. The two modules are asked by their own functions: a hook of ours
 * behind mod_alias's would come too late for what has an Alias, and to demand
 * another order would change it for all URIs that are not ours.
 */
#include "mod_wfp/rewrite.h"

#include <http_request.h>
#include <string.h>

static int ask_alias(request_rec *r, ap_HOOK_translate_name_t *ask)
{
    char *filename = r->filename;
    const char *handler = r->handler;
    int rc = ask(r);

    if (rc != OK) {
        return rc;
    }
    r->filename = filename;
    r->handler = handler;
    return DECLINED;
}

int wfp_rewrite_ask(request_rec *r)
{
    const apr_array_header_t *hooks = ap_hook_get_translate_name();
    int i, rc = DECLINED;

    for (i = 0; rc == DECLINED && i < hooks->nelts; i++) {
        const ap_LINK_translate_name_t
            *hook = &APR_ARRAY_IDX(hooks, i, ap_LINK_translate_name_t);

        if (!strcmp(hook->szName, "mod_rewrite.c")) {
            rc = hook->pFunc(r);
        }
        else if (!strcmp(hook->szName, "mod_alias.c")) {
            rc = ask_alias(r, hook->pFunc);
        }
    }
    return rc;
}
