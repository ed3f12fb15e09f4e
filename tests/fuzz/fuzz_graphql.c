/* SPDX-License-Identifier: Apache-2.0 */
/* A question in GraphQL, read with variables: it is refused with a reason, or has
 * fields with names. */
#include "admin/graphql.h"
#include "tests/fuzz/fuzz.h"

#include <apr_general.h>

const char *const fuzz_name = "graphql";

static void check_fields(const apr_array_header_t *fields, int depth)
{
    int i;

    FUZZ_CHECK(fields->nelts > 0 && depth <= WFP_GRAPHQL_DEPTH_MAX);
    for (i = 0; i < fields->nelts; i++) {
        const wfp_graphql_field_t *field = &APR_ARRAY_IDX(fields, i,
                                                          wfp_graphql_field_t);

        FUZZ_CHECK(*field->name && *field->label);
        if (field->fields) {
            check_fields(field->fields, depth + 1);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static apr_pool_t *root;
    char *text = fuzz_text(data, n);
    const apr_array_header_t *fields;
    wfp_json_t *variables;
    wfp_result_t res;
    apr_pool_t *p;

    if (!root) {
        apr_initialize();
        apr_pool_create(&root, NULL);
    }
    apr_pool_create(&p, root);
    wfp_result_init(&res, p);
    variables = wfp_json_object(p);
    wfp_json_set_str(variables, "a", "text");
    wfp_json_set(variables, "f", wfp_json_object(p));
    if (wfp_graphql_read(&fields, text, variables, &res, p) == APR_SUCCESS) {
        check_fields(fields, 1);
    }
    else {
        FUZZ_CHECK(res.code == WFP_INVALID && *res.message);
    }
    apr_pool_destroy(p);
    free(text);
    return 0;
}
