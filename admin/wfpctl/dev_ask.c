/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that `wfpctl dev` gives its own server. Called by the files of dev.h.
 */
#include <apr_strings.h>
#include <stdarg.h>

#include "admin/wfpctl/dev.h"

wfp_cmd_t *wfp_dev_ask(wfp_dev_t *dev, ...)
{
    wfp_cmd_t *cmd;
    apr_pool_t *p;
    const char *arg;
    va_list ap;

    apr_pool_create(&p, dev->cmd->pool);
    cmd = apr_pmemdup(p, dev->cmd, sizeof(*cmd));
    cmd->pool = p;
    cmd->json = 1;
    cmd->is_quiet = 1;
    cmd->remote = dev->remote;
    cmd->args = apr_array_make(p, 4, sizeof(const char *));
    wfp_result_init(&cmd->res, p);
    va_start(ap, dev);
    while ((arg = va_arg(ap, const char *)) != NULL) {
        APR_ARRAY_PUSH(cmd->args, const char *) = arg;
    }
    va_end(ap);
    return cmd;
}
