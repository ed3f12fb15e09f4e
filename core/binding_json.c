/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrays of bindings to JSON and back. The store keeps them so, wfpctl and the
 * API are given them so.
 */
#include "core/binding_json.h"

#include <string.h>

#include "core/binding_members.h"
#include "core/name.h"

apr_status_t wfp_binding_json_write(wfp_json_t **parr,
                                    const apr_array_header_t *bindings,
                                    int secrets, wfp_result_t *res,
                                    apr_pool_t *p)
{
    wfp_json_t *arr = wfp_json_array(p);
    int i;

    for (i = 0; i < bindings->nelts; i++) {
        const wfp_binding_t *binding = &APR_ARRAY_IDX(bindings, i,
                                                      wfp_binding_t);
        wfp_binding_reader_t rd = { binding->name, res, p };
        wfp_json_t *v = wfp_json_object(p);

        wfp_json_set_str(v, "type", wfp_binding_kind_name(binding->kind));
        wfp_json_set_str(v, "name", binding->name);
        if (secrets || binding->kind != WFP_BINDING_SECRET_TEXT) {
            apr_status_t rv = wfp_binding_members_write(v, binding, &rd);

            if (rv != APR_SUCCESS) {
                return rv;
            }
        }
        wfp_json_add(arr, v);
    }
    *parr = arr;
    return APR_SUCCESS;
}

static int has_binding(const apr_array_header_t *bindings, const char *name)
{
    int i;

    for (i = 0; i < bindings->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(bindings, i, wfp_binding_t).name, name)) {
            return 1;
        }
    }
    return 0;
}

/* Name and type, which every binding has. */
static apr_status_t read_head(wfp_binding_t *binding, const wfp_json_t *v,
                              const apr_array_header_t *before,
                              wfp_binding_reader_t *rd)
{
    const char *name = wfp_json_str(wfp_json_get(v, "name", rd->p));
    const char *type;
    apr_status_t rv;

    if (!name) {
        return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL,
                              "binding number %d: \"name\" is missing or not "
                              "a string",
                              before->nelts + 1);
    }
    if (!wfp_name_is_binding(name, strlen(name))) {
        return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL,
                              "binding name \"%.80s\" is not an identifier of "
                              "at most 63 bytes",
                              name);
    }
    rd->where = binding->name = name;
    if (has_binding(before, name)) {
        return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL,
                              "binding \"%s\" is given twice", name);
    }
    rv = wfp_binding_string(&type, v, "type", "type", rd);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    binding->kind = wfp_binding_kind_by_name(type);
    if (binding->kind == WFP_BINDING_KIND_COUNT) {
        return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL,
                              "binding \"%s\": type \"%.80s\" is not supported",
                              name, type);
    }
    return APR_SUCCESS;
}

apr_status_t wfp_binding_json_read(apr_array_header_t **pbindings,
                                   const wfp_json_t *arr, wfp_result_t *res,
                                   apr_pool_t *p)
{
    apr_array_header_t *bindings = apr_array_make(p, 4, sizeof(wfp_binding_t));
    apr_size_t i;

    if (arr && !wfp_json_is_null(arr) && !wfp_json_is_array(arr)) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "\"bindings\" is not an array");
    }
    for (i = 0; i < wfp_json_size(arr); i++) {
        wfp_json_t *v = wfp_json_at(arr, i, p);
        wfp_binding_reader_t rd = { "", res, p };
        wfp_binding_t binding;
        apr_status_t rv;

        memset(&binding, 0, sizeof(binding));
        rv = read_head(&binding, v, bindings, &rd);
        if (rv == APR_SUCCESS) {
            rv = wfp_binding_members_read(&binding, v, &rd);
        }
        if (rv != APR_SUCCESS) {
            return rv;
        }
        APR_ARRAY_PUSH(bindings, wfp_binding_t) = binding;
    }
    *pbindings = bindings;
    return APR_SUCCESS;
}
