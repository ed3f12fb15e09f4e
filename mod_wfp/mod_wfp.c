/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module record and its hooks; each hook's work is in the file named after
 * it.
 */
#include <httpd.h>
#include <http_config.h>

static void register_hooks(apr_pool_t *p)
{
}

AP_DECLARE_MODULE(wfp)
= {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
};
