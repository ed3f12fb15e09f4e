/* SPDX-License-Identifier: Apache-2.0 */
/* Packed scripts and namespaces: what can be unpacked packs to what unpacks
 * again. */
#include "core/script.h"
#include "tests/fuzz/fuzz.h"

#include <apr_general.h>

const char *const fuzz_name = "script";

static void try_script(const char *blob, size_t n, apr_pool_t *p)
{
    wfp_script_t *script;
    const char *again;
    apr_size_t size;

    if (wfp_script_unpack(&script, blob, n, p) == APR_SUCCESS) {
        FUZZ_CHECK(script->ns && script->name && script->main_module);
        (void)wfp_script_module(script, script->main_module);
        wfp_script_pack(&again, &size, script, p);
        FUZZ_CHECK(wfp_script_unpack(&script, again, size, p) == APR_SUCCESS);
    }
}

static void try_namespace(const char *blob, size_t n, apr_pool_t *p)
{
    wfp_namespace_t *ns;
    const char *again;
    apr_size_t size;

    if (wfp_namespace_unpack(&ns, blob, n, p) == APR_SUCCESS) {
        wfp_namespace_pack(&again, &size, ns, p);
        FUZZ_CHECK(wfp_namespace_unpack(&ns, again, size, p) == APR_SUCCESS);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static apr_pool_t *root;
    apr_pool_t *p;

    if (!root) {
        apr_initialize();
        apr_pool_create(&root, NULL);
    }
    apr_pool_create(&p, root);
    try_script((const char *)data, n, p);
    try_namespace((const char *)data, n, p);
    apr_pool_destroy(p);
    return 0;
}
