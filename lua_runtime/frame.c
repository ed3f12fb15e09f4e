/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads, their timer, and the frames on them. Used by run.c and isolate.c
 * (wfp_frame_enter()) and by meter.c, which decides when a frame is left; see
 * there for the design. Knows nothing of Lua.
 *
 * Order matters wherever a signal may come in between: `running` is set before
 * the timer is armed and cleared before anything else is looked at.
 */
#include "lua_runtime/frame.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "lua_runtime/inside.h"
#include "lua_runtime/tick.h"

/* The one signal: not used by httpd, its modules or the C library. */
#define TIMER_SIGNAL (SIGRTMIN + 6)

/* A signal stack has room for the largest register set and our handlers. */
#define SIGNAL_STACK (64 * 1024)

/* A reading of the CPU clock (a system call) serves for so long: what came
 * after it is taken from the wall clock, which CPU time cannot outrun. */
#define STAMP_NS 20000

/* No timer is armed closer than this. */
#define TIMER_MIN_NS 50000

/* Linux keeps this much free below a main thread's stack. */
#define STACK_GAP (1024 * 1024)

/* The signal's value: which of the timers, or wfp_frame_cut_all(). */
enum {
    FROM_TIMER = 0,
    FROM_EXACT,
    FROM_CUT
};

typedef struct wfp_thread_t {
    wfp_frame_t *volatile running; /* whose clock runs */
    wfp_frame_t *top;              /* atomic: others look whether it is NULL */
    volatile apr_int64_t armed_ns; /* CPU time `timer` fires at, 0: never */
    volatile apr_int64_t exact_ns; /* wall time `exact` fires at, 0: never */
    volatile int blocked;          /* the signal is */
    apr_int64_t stamp_wall_ns;     /* the last reading of both clocks */
    apr_int64_t stamp_cpu_ns;
    apr_int64_t tick_ns; /* of the scheduler */
    timer_t timer;       /* on the thread's CPU clock */
    timer_t exact;       /* on the wall clock, for the last tick */
    char *stack_end;     /* lowest address of the C stack */
    apr_size_t guard;    /* bytes below it */
    stack_t before;      /* the signal stack that was there */
    pthread_t id;
    struct wfp_thread_t *next; /* in all */
} wfp_thread_t;

/* Static TLS: the handlers read it, and a first touch must not allocate. */
static __thread __attribute__((tls_model("initial-exec"))) wfp_thread_t *self;

/* The threads of this process that are prepared. */
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static wfp_thread_t *all; /* under all_lock */

static pthread_key_t self_key;
static pthread_once_t self_once = PTHREAD_ONCE_INIT;
static int self_key_status;

static apr_int64_t clock_ns(clockid_t id)
{
    struct timespec now;

    (void)clock_gettime(id, &now); /* these two clocks always exist */
    return (apr_int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

apr_int64_t wfp_frame_wall_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

apr_int64_t wfp_frame_thread_ns(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* CPU time of this thread at the wall time given, which is now. */
static apr_int64_t stamp(wfp_thread_t *t, apr_int64_t wall)
{
    if (wall - t->stamp_wall_ns >= STAMP_NS) {
        t->stamp_cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        t->stamp_wall_ns = wall;
    }
    return t->stamp_cpu_ns + (wall - t->stamp_wall_ns);
}

static void block_signal(wfp_thread_t *t, int how)
{
    sigset_t set;

    t->blocked = how == SIG_BLOCK;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, TIMER_SIGNAL);
    (void)pthread_sigmask(how, &set, NULL); /* valid arguments: cannot fail */
}

static void set_timer(timer_t timer, apr_int64_t ns)
{
    struct itimerspec when;

    memset(&when, 0, sizeof(when));
    when.it_value.tv_sec = ns / 1000000000;
    when.it_value.tv_nsec = ns % 1000000000;
    /* valid arguments: cannot fail */
    (void)timer_settime(timer, TIMER_ABSTIME, &when, NULL);
}

/* See to it that a handler looks before the thread's CPU time has gone on from
 * now (at wall) by left and late; it may look earlier. */
static void arm(wfp_thread_t *t, apr_int64_t now, apr_int64_t wall,
                apr_int64_t left, apr_int64_t late)
{
    apr_int64_t latest = now + left + late - t->tick_ns, event;

    if (t->armed_ns && t->armed_ns <= latest) {
        return;
    }
    event = now + left - t->tick_ns;
    if (event < now + TIMER_MIN_NS) {
        event = now + TIMER_MIN_NS;
    }
    if (event <= latest) {
        t->armed_ns = event;
        set_timer(t->timer, event);
        return;
    }
    event = wall + (left > TIMER_MIN_NS ? left : TIMER_MIN_NS);
    if (!t->exact_ns || t->exact_ns > event) {
        t->exact_ns = event;
        set_timer(t->exact, event);
    }
}

void wfp_frame_pause(wfp_frame_t *frame)
{
    wfp_thread_t *t = self;
    apr_int64_t used;

    t->running = NULL;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    frame->paused_ns = stamp(t, wfp_frame_wall_ns());
    used = frame->paused_ns - frame->resumed_ns;
    if (used > 0) {
        frame->budget->cpu_ns += used;
    }
}

/* Both timers may have fired while the clock stood still, at every time: who
 * runs for microseconds between two waits would never be looked at. */
static apr_int64_t left_of(wfp_frame_t *frame, apr_int64_t wall)
{
    wfp_budget_t *budget = frame->budget;
    apr_int64_t left = wfp_tick_next(budget, budget->cpu_ns, wall);

    if (left <= 0) {
        wfp_tick(frame, budget->cpu_ns, wall);
        left = wfp_tick_next(budget, budget->cpu_ns, wall);
    }
    return left;
}

apr_int64_t wfp_frame_resume(wfp_frame_t *frame)
{
    wfp_thread_t *t = self;
    apr_int64_t wall = wfp_frame_wall_ns(), left = left_of(frame, wall);

    frame->resumed_ns = stamp(t, wall);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    t->running = frame;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (t->blocked) {
        block_signal(t, SIG_UNBLOCK);
    }
    arm(t, frame->resumed_ns, wall, left, frame->budget->late_ns);
    return wall;
}

apr_int64_t wfp_frame_cpu_ns(const wfp_frame_t *frame)
{
    return frame->budget->cpu_ns + clock_ns(CLOCK_THREAD_CPUTIME_ID)
           - frame->resumed_ns;
}

wfp_frame_t *wfp_frame_running(void)
{
    return self ? self->running : NULL;
}

void wfp_frame_leave(wfp_frame_t *frame)
{
    self->running = NULL;
    siglongjmp(frame->jump, 1);
}

static void set_top(wfp_thread_t *t, wfp_frame_t *frame)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* a handler walks from there */
    __atomic_store_n(&t->top, frame, __ATOMIC_RELAXED);
}

static void push(wfp_thread_t *t, wfp_frame_t *frame)
{
    wfp_isolate_t *iso = frame->iso;

    frame->below = t->top;
    frame->outer = iso->frame;
    frame->critical = 0;
    frame->pending = 0;
    iso->frame = frame;
    set_top(t, frame);
    (void)wfp_frame_resume(frame); /* nobody asks what time it is */
}

static void pop(wfp_thread_t *t, wfp_frame_t *frame)
{
    frame->iso->frame = frame->outer;
    set_top(t, frame->below);
    /* blocking costs a system call a request, so only what goes by the wall
     * clock is kept from what the thread does next (meter.c) */
    if (!t->top && t->exact_ns) {
        block_signal(t, SIG_BLOCK);
    }
}

/* The other end of wfp_frame_leave(), maybe out of a signal handler: then the
 * signal is blocked; later frames expect to be told. */
static void land(wfp_thread_t *t, wfp_frame_t *frame)
{
    apr_int64_t used;

    block_signal(t, SIG_BLOCK);
    t->stamp_wall_ns = 0;
    used = stamp(t, wfp_frame_wall_ns()) - frame->resumed_ns;
    if (used > 0) {
        frame->budget->cpu_ns += used;
    }
    frame->iso->dead = 1;
    frame->iso->frame = frame->outer;
    set_top(t, frame->below);
}

apr_status_t wfp_frame_enter(wfp_isolate_t *iso, wfp_budget_t *budget,
                             wfp_frame_fn *fn, void *arg)
{
    wfp_frame_t frame;
    apr_status_t rv = wfp_frame_thread_init();

    if (rv != APR_SUCCESS) {
        return rv;
    }
    frame.iso = iso;
    frame.budget = budget;
    if (sigsetjmp(frame.jump, 0)) {
        land(self, &frame);
        return APR_EINTR;
    }
    push(self, &frame);
    fn(iso, arg);
    wfp_frame_pause(&frame);
    pop(self, &frame);
    return APR_SUCCESS;
}

apr_int64_t wfp_frame_tick_ns(void)
{
    struct timespec tick;

    (void)clock_getres(CLOCK_MONOTONIC_COARSE, &tick); /* always exists */
    return (apr_int64_t)tick.tv_sec * 1000000000 + tick.tv_nsec;
}

/* No wall time is left to anything on this thread. */
static void cut(wfp_thread_t *t)
{
    apr_int64_t now = wfp_frame_wall_ns();
    wfp_frame_t *frame;

    for (frame = t->top; frame; frame = frame->below) {
        if (frame->budget->wall_end_ns > now) {
            frame->budget->wall_end_ns = now;
        }
    }
}

void wfp_frame_cut_all(void)
{
    const union sigval what = { .sival_int = FROM_CUT };
    const wfp_thread_t *t;

    (void)pthread_mutex_lock(&all_lock); /* cannot fail: our own */
    for (t = all; t; t = t->next) {
        if (__atomic_load_n(&t->top, __ATOMIC_RELAXED)) {
            /* a full queue is tried again by the caller */
            (void)pthread_sigqueue(t->id, TIMER_SIGNAL, what);
        }
    }
    (void)pthread_mutex_unlock(&all_lock);
}

static void on_timer(int sig, siginfo_t *info, void *context)
{
    wfp_thread_t *t = self;
    wfp_frame_t *frame;
    int saved = errno;

    if (!t) {
        return;
    }
    switch (info->si_value.sival_int) {
    case FROM_TIMER:
        t->armed_ns = 0;
        break;
    case FROM_EXACT:
        t->exact_ns = 0;
        break;
    case FROM_CUT:
        cut(t);
        break;
    default: /* another process's, which may not matter */
        break;
    }
    frame = t->running;
    if (frame) { /* else: in a host call; wfp_frame_resume() arms again */
        apr_int64_t wall = wfp_frame_wall_ns();
        apr_int64_t now = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        apr_int64_t cpu = frame->budget->cpu_ns + now - frame->resumed_ns;

        wfp_tick(frame, cpu, wall);
        arm(t, now, wall, wfp_tick_next(frame->budget, cpu, wall), 0);
        /* last: it may leave */
        wfp_tick_stage2(frame, cpu);
    }
    else if (!t->top) {
        /* between invocations: not again before the next one */
        (void)sigaddset(&((ucontext_t *)context)->uc_sigmask, TIMER_SIGNAL);
        t->blocked = 1;
    }
    errno = saved;
}

int wfp_frame_is_stack_end(const void *address)
{
    wfp_thread_t *t = self;
    const char *a = address;

    return t && a >= t->stack_end - t->guard && a < t->stack_end + 4096;
}

apr_size_t wfp_frame_stack_left(void)
{
    const char *here = __builtin_frame_address(0);

    return here > self->stack_end ? (apr_size_t)(here - self->stack_end) : 0;
}

static void enlist(wfp_thread_t *t)
{
    t->id = pthread_self();
    (void)pthread_mutex_lock(&all_lock);
    t->next = all;
    all = t;
    (void)pthread_mutex_unlock(&all_lock);
}

static void strike_off(const wfp_thread_t *t)
{
    wfp_thread_t **link = &all;

    (void)pthread_mutex_lock(&all_lock);
    while (*link && *link != t) {
        link = &(*link)->next;
    }
    if (*link) { /* else: a parent process's */
        *link = t->next;
    }
    (void)pthread_mutex_unlock(&all_lock);
}

static void thread_free(void *data)
{
    wfp_thread_t *t = data;

    block_signal(t, SIG_BLOCK);
    strike_off(t);
    (void)timer_delete(t->timer); /* the thread ends: nobody to tell */
    (void)timer_delete(t->exact);
    (void)sigaltstack(&t->before, NULL);
    self = NULL;
    (void)munmap((char *)t - SIGNAL_STACK, SIGNAL_STACK + sizeof(*t));
}

static void make_key(void)
{
    self_key_status = pthread_key_create(&self_key, thread_free);
}

static apr_status_t find_stack(wfp_thread_t *t)
{
    pthread_attr_t attr;
    void *address = NULL;
    size_t size = 0, guard = 0;
    int rv = pthread_getattr_np(pthread_self(), &attr);

    if (rv) {
        return rv;
    }
    (void)pthread_attr_getstack(&attr, &address, &size);
    (void)pthread_attr_getguardsize(&attr, &guard);
    (void)pthread_attr_destroy(&attr);
    t->stack_end = address;
    t->guard = guard + STACK_GAP;
    return APR_SUCCESS;
}

apr_size_t wfp_frame_thread_stack(void)
{
    pthread_attr_t attr;
    size_t size = 0;

    if (pthread_attr_init(&attr) == 0) {
        (void)pthread_attr_getstacksize(&attr, &size); /* a valid attr */
        (void)pthread_attr_destroy(&attr);
    }
    return size;
}

static apr_status_t make_timer(timer_t *ptimer, clockid_t id, int value)
{
    struct sigevent event;

    memset(&event, 0, sizeof(event));
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = TIMER_SIGNAL;
    event.sigev_value.sival_int = value;
    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    return timer_create(id, &event, ptimer) ? errno : APR_SUCCESS;
}

static apr_status_t make_timers(wfp_thread_t *t)
{
    apr_status_t rv = make_timer(&t->timer, CLOCK_THREAD_CPUTIME_ID,
                                 FROM_TIMER);

    if (rv == APR_SUCCESS) {
        rv = make_timer(&t->exact, CLOCK_MONOTONIC, FROM_EXACT);
        if (rv != APR_SUCCESS) {
            (void)timer_delete(t->timer);
        }
    }
    return rv;
}

static apr_status_t thread_make(void)
{
    wfp_thread_t *t;
    stack_t stack;
    char *block;
    apr_status_t rv;

    block = mmap(NULL, SIGNAL_STACK + sizeof(*t), PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) {
        return errno;
    }
    t = (wfp_thread_t *)(block + SIGNAL_STACK);
    t->tick_ns = wfp_frame_tick_ns();
    block_signal(t, SIG_BLOCK);
    memset(&stack, 0, sizeof(stack));
    stack.ss_sp = block;
    stack.ss_size = SIGNAL_STACK;
    rv = find_stack(t);
    if (rv == APR_SUCCESS) {
        rv = make_timers(t);
    }
    if (rv == APR_SUCCESS) {
        rv = pthread_setspecific(self_key, t);
        if (rv == APR_SUCCESS && sigaltstack(&stack, &t->before)) {
            rv = errno;
            (void)pthread_setspecific(self_key, NULL);
        }
        if (rv != APR_SUCCESS) {
            (void)timer_delete(t->timer);
            (void)timer_delete(t->exact);
        }
    }
    if (rv != APR_SUCCESS) {
        (void)munmap(block, SIGNAL_STACK + sizeof(*t));
        return rv;
    }
    self = t;
    enlist(t);
    return APR_SUCCESS;
}

apr_status_t wfp_frame_thread_init(void)
{
    if (self) {
        return APR_SUCCESS;
    }
    (void)pthread_once(&self_once, make_key);
    return self_key_status ? self_key_status : thread_make();
}

apr_status_t wfp_frame_child_init(void)
{
    struct sigaction action;

    /* what a parent process left here has no timer in this one */
    self = NULL;
    all = NULL;
    memset(&action, 0, sizeof(action));
    action.sa_sigaction = on_timer;
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    (void)sigemptyset(&action.sa_mask);
    return sigaction(TIMER_SIGNAL, &action, NULL) ? errno : APR_SUCCESS;
}
