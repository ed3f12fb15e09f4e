/* SPDX-License-Identifier: Apache-2.0 */
/* Which handler an event is for, and what it gets. */
#include "lua_runtime/api/classes.h"

const char *wfp_api_handler_name(const wfp_event_t *event)
{
    switch (event->kind) {
    case WFP_EVENT_QUEUE:
        return "queue";
    case WFP_EVENT_TAIL:
        return "tail";
    case WFP_EVENT_SCHEDULED:
    default:
        return "scheduled";
    }
}

void wfp_api_push_event(lua_State *L, const wfp_event_t *event)
{
    switch (event->kind) {
    case WFP_EVENT_QUEUE:
        wfp_api_push_queue_batch(L, event->batch);
        break;
    case WFP_EVENT_TAIL:
        wfp_api_push_plain_json(L, event->tail->text, event->tail->n);
        break;
    case WFP_EVENT_SCHEDULED:
    default:
        wfp_api_push_scheduled(L, event->scheduled);
    }
}
