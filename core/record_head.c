/* SPDX-License-Identifier: Apache-2.0 */
/* Field names are those of a TraceItem. */
#include "core/record_head.h"

void wfp_record_head_key(wfp_json_out_t *out, const char *ns, const char *name)
{
    WFP_JSON_OUT(out, "{\"scriptName\":");
    wfp_json_out_str(out, name);
    WFP_JSON_OUT(out, ",\"dispatchNamespace\":");
    wfp_json_out_str(out, *ns ? ns : NULL);
    WFP_JSON_OUT(out, ",");
}

static void tell_tags(wfp_json_out_t *out, const apr_array_header_t *tags)
{
    int i;

    WFP_JSON_OUT(out, ",\"scriptTags\":[");
    for (i = 0; tags && i < tags->nelts; i++) {
        if (i > 0) {
            WFP_JSON_OUT(out, ",");
        }
        wfp_json_out_str(out, APR_ARRAY_IDX(tags, i, const char *));
    }
    WFP_JSON_OUT(out, "]");
}

void wfp_record_head_tell(wfp_json_out_t *out, const char *ns, const char *name,
                          const char *version_id, const char *tag,
                          const char *message, const apr_array_header_t *tags)
{
    wfp_record_head_key(out, ns, name);
    WFP_JSON_OUT(out, "\"entrypoint\":null,\"executionModel\":\"stateless\","
                      "\"scriptVersion\":{\"id\":");
    wfp_json_out_str(out, version_id);
    if (tag && *tag) {
        WFP_JSON_OUT(out, ",\"tag\":");
        wfp_json_out_str(out, tag);
    }
    if (message && *message) {
        WFP_JSON_OUT(out, ",\"message\":");
        wfp_json_out_str(out, message);
    }
    WFP_JSON_OUT(out, "}");
    tell_tags(out, tags);
    WFP_JSON_OUT(out, ",\"requestId\":");
}
