/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C stack's end: recursion that Lua does not bound (200 C levels can be
 * deep) must end the tenant's invocation, not the child. Runs on the thread's
 * signal stack that frame.c made. Everything else that faults is a bug and
 * must crash as before.
 */
#include "lua_runtime/guard.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "lua_runtime/frame.h"
#include "lua_runtime/tick.h"

static struct sigaction before;

static void on_fault(int sig, siginfo_t *info, void *context)
{
    wfp_frame_t *frame = wfp_frame_running();

    if (frame && !frame->critical && wfp_frame_is_stack_end(info->si_addr)) {
        wfp_tick_expire(frame, WFP_EXCEPTION, frame->budget->cpu_ns);
        frame->budget->stage2 = 1;
        wfp_frame_leave(frame);
    }
    /* back to who was there: the instruction faults again, this time there */
    (void)sigaction(SIGSEGV, &before, NULL);
}

apr_status_t wfp_guard_child_init(void)
{
    struct sigaction action, now;

    if (sigaction(SIGSEGV, NULL, &now)) {
        return errno;
    }
    if ((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_fault) {
        return APR_SUCCESS;
    }
    before = now;
    memset(&action, 0, sizeof(action));
    action.sa_sigaction = on_fault;
    /* NODEFER: it is left by a jump that restores no mask */
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    (void)sigemptyset(&action.sa_mask);
    return sigaction(SIGSEGV, &action, NULL) ? errno : APR_SUCCESS;
}
