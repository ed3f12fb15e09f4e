/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_FRAME_H
#define WFP_FRAME_H

#include <apr.h>
#include <apr_errno.h>
#include <setjmp.h>
#include <signal.h>

#include "core/result.h"
#include "core/wfp.h"
#include "lua_runtime/isolate.h"

/**
 * @file
 * Frames: one for each entry of C into an isolate, stacked on their thread
 * and in their isolate. Leaving an isolate is a jump to its newest frame. For
 * this room only; the design is told in meter.c.
 */

/** What one invocation may use and has used. Outlives its frames. */
typedef struct wfp_budget_t {
    apr_int64_t cpu_ns;  /* used by what ended or is paused */
    apr_int64_t host_ns; /* of host calls, charged beside cpu_ns */
    apr_int64_t cpu_max_ns;
    apr_int64_t count_at_ns;      /* CPU time when counting begins, -1: never */
    apr_int64_t again_ns;         /* CPU time when counting's hook is set once
                                   * more, 0: not */
    apr_int64_t late_ns;          /* how late that may be noticed */
    double rate;                  /* instructions a nanosecond at most */
    apr_int64_t instructions;     /* counted, or assumed when counting began */
    apr_int64_t instructions_max; /* 0: none */
    apr_int64_t wall_end_ns;      /* monotonic */
    apr_int64_t wall_max_ns;      /* for the record */
    apr_int64_t expired_ns;       /* CPU time when a limit expired */
    apr_size_t charged;           /* bytes outside the arena */
    wfp_code_e cpu_code;          /* what cpu_max_ns means */
    volatile wfp_code_e expired;  /* the hard limit that ends it, or WFP_OK */
    int line;                     /* of the tenant's source, 0: not known */
    volatile int stage2;          /* it took the handler to leave */
    volatile int counting;        /* a count hook is at work */
} wfp_budget_t;

typedef struct wfp_frame_t {
    sigjmp_buf jump;
    struct wfp_frame_t *below; /* on this thread */
    struct wfp_frame_t *outer; /* of the same isolate */
    wfp_isolate_t *iso;
    wfp_budget_t *budget;
    apr_int64_t resumed_ns; /* thread CPU time when its clock went on */
    apr_int64_t paused_ns;  /* and when it last stood still */
    volatile int critical;  /* depth of critical sections */
    volatile int pending;   /* a leave waits for their end */
} wfp_frame_t;

/** What runs in a frame; arg as given to wfp_frame_enter(). */
typedef void wfp_frame_fn(wfp_isolate_t *iso, void *arg);

/**
 * Run fn in a new frame of iso; the clock of the frame below must stand still
 * (wfp_meter_host_begin()).
 *
 * @return APR_SUCCESS: fn returned; APR_EINTR: the isolate was left,
 *         budget->expired says why and the isolate is dead; any other value:
 *         this thread cannot run invocations, nothing was done
 */
apr_status_t wfp_frame_enter(wfp_isolate_t *iso, wfp_budget_t *budget,
                             wfp_frame_fn *fn, void *arg) WFP_CHECK;

/** wfp_run_cut_all()'s. */
void wfp_frame_cut_all(void);

/** The frame whose clock runs on this thread, or NULL. */
wfp_frame_t *wfp_frame_running(void);

/** Stop and restart a frame's clock; resume says CLOCK_MONOTONIC. */
void wfp_frame_pause(wfp_frame_t *frame);
apr_int64_t wfp_frame_resume(wfp_frame_t *frame);

/** Leave: does not return. Nothing of the isolate is touched again. */
void wfp_frame_leave(wfp_frame_t *frame) __attribute__((noreturn));

/** CPU time of the budget now, for a frame whose clock runs. */
apr_int64_t wfp_frame_cpu_ns(const wfp_frame_t *frame);

/** CPU time of this thread. */
apr_int64_t wfp_frame_thread_ns(void);

/** CLOCK_MONOTONIC. */
apr_int64_t wfp_frame_wall_ns(void);

/** The scheduler's tick: CPU timers fire up to so much late. */
apr_int64_t wfp_frame_tick_ns(void);

/** Where this thread's C stack ends, and how far a fault may be from there to
 *  be taken for a hit of its guard page. */
int wfp_frame_is_stack_end(const void *address);

/** Bytes of this thread's C stack below the caller. */
apr_size_t wfp_frame_stack_left(void);

/** Bytes of stack of threads by default. */
apr_size_t wfp_frame_thread_stack(void);

/** Prepare this thread; once is enough. */
apr_status_t wfp_frame_thread_init(void) WFP_CHECK;

/** Install the timer's signal handler; child scope, once. */
apr_status_t wfp_frame_child_init(void) WFP_CHECK;

#endif
