/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a binding in JSON as texts and names, and what is wrong with them.
 * Called by binding_json.c and binding_members.c. */
#include "core/binding_reader.h"

#include <string.h>

#include "core/name.h"

apr_status_t wfp_binding_missing(wfp_binding_reader_t *rd, const char *member)
{
    return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL,
                          "binding \"%s\": \"%s\" is missing", rd->where,
                          member);
}

apr_status_t wfp_binding_not_a(wfp_binding_reader_t *rd, const char *member,
                               const char *what)
{
    return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL,
                          "binding \"%s\": \"%s\" is not %s", rd->where, member,
                          what);
}

apr_status_t wfp_binding_string(const char **ptext, const wfp_json_t *v,
                                const char *member, const char *shown,
                                wfp_binding_reader_t *rd)
{
    wfp_json_t *text = wfp_json_get(v, member, rd->p);

    if (!text || wfp_json_is_null(text)) {
        return wfp_binding_missing(rd, shown);
    }
    *ptext = wfp_json_str(text);
    return *ptext ? APR_SUCCESS : wfp_binding_not_a(rd, shown, "a string");
}

apr_status_t wfp_binding_target(const char **pname, const wfp_json_t *v,
                                const char *member, const char *shown,
                                wfp_binding_reader_t *rd)
{
    apr_status_t rv = wfp_binding_string(pname, v, member, shown, rd);

    if (rv == APR_SUCCESS && !wfp_name_is_valid(*pname, strlen(*pname))) {
        rv = wfp_binding_not_a(rd, shown, "a valid name");
    }
    return rv;
}

apr_status_t wfp_binding_unsupported(wfp_binding_reader_t *rd,
                                     const char *member)
{
    return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL,
                          "binding \"%s\": \"%s\" is not supported", rd->where,
                          member);
}
