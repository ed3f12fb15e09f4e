/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ceiling of bench/run: the least that a module can do for a request that
 * it claims as mod_wfp does, before any directory walk. Answers /null with a
 * constant, /null/later after 100 ms. Built by bench/run and bench/waiting,
 * loaded by nobody else.
 */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>
#include <apr_strings.h>

#include <string.h>

#define NULL_FILE "null:"

static int hook_pre_translate_name(request_rec *r)
{
    return r->uri && strncmp(r->uri, "/null", 5) == 0 ? DONE : DECLINED;
}

static int hook_translate_name(request_rec *r)
{
    if (!r->uri || strncmp(r->uri, "/null", 5)) {
        return DECLINED;
    }
    r->filename = apr_pstrdup(r->pool, NULL_FILE);
    r->handler = "null";
    return OK;
}

static int hook_map_to_storage(request_rec *r)
{
    return r->filename && !strcmp(r->filename, NULL_FILE) ? OK : DECLINED;
}

static int hook_handler(request_rec *r)
{
    if (!r->handler || strcmp(r->handler, "null")) {
        return DECLINED;
    }
    if (!strcmp(r->uri, "/null/later")) {
        apr_sleep(apr_time_from_msec(100));
    }
    ap_set_content_type(r, "text/plain");
    ap_set_content_length(r, 6);
    return ap_rwrite("hello\n", 6, r) < 0 ? HTTP_INTERNAL_SERVER_ERROR : OK;
}

static void register_hooks(apr_pool_t *p)
{
    ap_hook_pre_translate_name(hook_pre_translate_name, NULL, NULL,
                               APR_HOOK_FIRST);
    ap_hook_translate_name(hook_translate_name, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_map_to_storage(hook_map_to_storage, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(hook_handler, NULL, NULL, APR_HOOK_FIRST);
}

AP_DECLARE_MODULE(null)
= {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
};
