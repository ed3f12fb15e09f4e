/* SPDX-License-Identifier: Apache-2.0 */
/* Called by record_packed's readers and by mod_wfp/record.c. */
#include "core/record_plain.h"

int wfp_record_plain_event(wfp_json_out_t *out, const wfp_record_plain_t *plain,
                           apr_pool_t *p)
{
    int whole;

    WFP_JSON_OUT(out, ",\"event\":{\"request\":");
    whole = wfp_record_request_tell(out, &plain->request, 0, p);
    if (plain->numbers[WFP_RECORD_STATUS]) {
        WFP_JSON_OUT(out, ",\"response\":{\"status\":");
        wfp_json_out_int(out, plain->numbers[WFP_RECORD_STATUS]);
        WFP_JSON_OUT(out, "}");
    }
    WFP_JSON_OUT(out, "}");
    return whole;
}

void wfp_record_plain_time(wfp_json_out_t *out, const wfp_record_plain_t *plain)
{
    WFP_JSON_OUT(out, ",\"eventTimestamp\":");
    wfp_json_out_int(out, plain->numbers[WFP_RECORD_STARTED_MS]);
}

void wfp_record_plain_silence(wfp_json_out_t *out)
{
    WFP_JSON_OUT(out, ",\"logs\":[],\"exceptions\":[]"
                      ",\"diagnosticsChannelEvents\":[],\"outcome\":");
}

void wfp_record_plain_usage(wfp_json_out_t *out,
                            const wfp_record_plain_t *plain)
{
    static const wfp_json_key_t keys[] = {
        WFP_JSON_KEY(",\"cpuTimeUs\":"),  WFP_JSON_KEY(",\"cpuTime\":"),
        WFP_JSON_KEY(",\"wallTime\":"),   WFP_JSON_KEY(",\"instructions\":"),
        WFP_JSON_KEY(",\"memoryPeak\":"), WFP_JSON_KEY(",\"subrequests\":"),
    };
    const apr_int64_t *n = plain->numbers;
    apr_int64_t numbers[] = {
        n[WFP_RECORD_CPU_US],      n[WFP_RECORD_CPU_US] / 1000,
        n[WFP_RECORD_WALL_MS],     n[WFP_RECORD_INSTRUCTIONS],
        n[WFP_RECORD_MEMORY_PEAK], n[WFP_RECORD_SUBREQUESTS]
    };

    wfp_json_out_numbers(out, keys, sizeof(keys) / sizeof(*keys), numbers);
    if (n[WFP_RECORD_COLD]) {
        WFP_JSON_OUT(out, ",\"coldStart\":true");
    }
    else {
        WFP_JSON_OUT(out, ",\"coldStart\":false");
    }
}

void wfp_record_plain_end(wfp_json_out_t *out, int is_whole)
{
    if (is_whole) {
        WFP_JSON_OUT(out, ",\"truncated\":false}\n");
    }
    else {
        WFP_JSON_OUT(out, ",\"truncated\":true}\n");
    }
}

void wfp_record_plain_tell(wfp_json_out_t *out, const wfp_record_plain_t *plain,
                           apr_pool_t *p)
{
    int whole;

    wfp_json_out_raw(out, plain->head, plain->head_n);
    wfp_json_out_plain(out, plain->id);
    whole = wfp_record_plain_event(out, plain, p);
    wfp_record_plain_time(out, plain);
    wfp_record_plain_silence(out);
    WFP_JSON_OUT(out, "\"ok\"");
    wfp_record_plain_usage(out, plain);
    wfp_record_plain_end(out, whole);
}
