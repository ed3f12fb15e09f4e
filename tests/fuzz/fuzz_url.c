/* SPDX-License-Identifier: Apache-2.0 */
/* A URL, and after a newline perhaps a base: the text of what was parsed means
 * the same again. */
#include "core/url.h"
#include "tests/fuzz/fuzz.h"

#include <apr_general.h>

const char *const fuzz_name = "url";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static apr_pool_t *root;
    apr_pool_t *p;
    char *text = fuzz_text(data, n), *base;
    wfp_result_t res;
    wfp_url_t url, again;

    if (!root) {
        apr_initialize();
        apr_pool_create(&root, NULL);
    }
    apr_pool_create(&p, root);
    wfp_result_init(&res, p);
    base = strchr(text, '\n');
    if (base) {
        *base++ = '\0';
    }
    if (wfp_url_parse(&url, text, base, &res, p) == APR_SUCCESS) {
        const char *whole = wfp_url_text(&url, 1, p);

        FUZZ_CHECK(url.scheme[0] && url.path[0] == '/');
        /* the only ones that are fetched; curl 7.88 drops or refuses what is
         * behind "file:///" when there is an escape in it */
        if (!strncmp(url.scheme, "http", 4)) {
            FUZZ_CHECK(wfp_url_parse(&again, whole, NULL, &res, p)
                       == APR_SUCCESS);
            FUZZ_CHECK(strcmp(wfp_url_text(&again, 1, p), whole) == 0);
            FUZZ_CHECK(wfp_url_same_origin(&url, &again));
        }
    }
    apr_pool_destroy(p);
    free(text);
    return 0;
}
