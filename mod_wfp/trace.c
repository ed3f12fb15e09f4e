/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of a request's way in the error log. */
#include "mod_wfp/trace.h"

#include <apr_strings.h>
#include <stdarg.h>

#include "mod_wfp/log.h"

void wfp_trace_step(const wfp_work_t *work, const char *fmt, ...)
{
    const char *text;
    va_list ap;

    if (work->r ? !APLOGrtrace2(work->r) : !APLOGtrace2(work->vhost)) {
        return;
    }
    va_start(ap, fmt);
    text = apr_pvsprintf(work->pool, fmt, ap);
    va_end(ap);
    if (work->r) {
        ap_log_rerror(APLOG_MARK, APLOG_TRACE2, 0, work->r, "request %s: %s",
                      work->request_id, text);
        return;
    }
    ap_log_error(APLOG_MARK, APLOG_TRACE2, 0, work->vhost, "request %s: %s",
                 work->request_id, text);
}
