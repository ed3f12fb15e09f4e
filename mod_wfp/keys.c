/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The master keys, over restarts. What is kept is plain data: this code may lie
 * elsewhere after a restart, so nothing of it can be called when the process's
 * pool goes.
 */
#include "mod_wfp/keys.h"

#include <apr_strings.h>
#include <http_log.h>
#include <string.h>

#include "core/keyring.h"
#include "mod_wfp/config.h"
#include "mod_wfp/log.h"

/* Kept with the process; the name changes with what is in it. */
#define KEPT "wfp-keys-1"

typedef struct kept_t {
    const char *file; /* NULL: none yet */
    wfp_keys_t keys;
} kept_t;

static kept_t *find_kept(apr_pool_t *process)
{
    void *found = NULL;

    (void)apr_pool_userdata_get(&found, KEPT, process); /* none: NULL */
    if (!found) {
        found = apr_pcalloc(process, sizeof(kept_t));
        (void)apr_pool_userdata_set(found, KEPT, NULL, process);
    }
    return found;
}

static void keep(kept_t *kept, const char *file, const wfp_keyring_t *ring,
                 apr_pool_t *process)
{
    wfp_keyring_copy(&kept->keys, ring);
    if (!kept->file || strcmp(kept->file, file) != 0) {
        kept->file = apr_pstrdup(process, file);
    }
}

int wfp_keys_read(wfp_server_t *server, apr_pool_t *pconf, apr_pool_t *ptemp)
{
    const char *file = wfp_config_key_file(server->main, ptemp);
    apr_pool_t *process = server->main->process->pool;
    kept_t *kept = find_kept(process);
    apr_status_t rv;
    wfp_result_t res;

    wfp_result_init(&res, ptemp);
    rv = wfp_keyring_load(&server->keys, file, &res, pconf);
    if (rv == APR_SUCCESS) {
        keep(kept, file, server->keys, process);
        return OK;
    }
    if (kept->file && !strcmp(kept->file, file)
        && wfp_keyring_resume(&server->keys, file, &kept->keys, pconf)
               == APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_ERR, rv, server->main,
                     WFPLOGNO(0316) "key file: %s; going on with the keys of "
                                    "before, a start anew will not",
                     res.message);
        return OK;
    }
    ap_log_error(APLOG_MARK, APLOG_CRIT, rv, server->main,
                 WFPLOGNO(0301) "key file: %s (`wfpctl init` makes one)",
                 res.message);
    return HTTP_INTERNAL_SERVER_ERROR;
}
