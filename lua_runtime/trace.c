/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where errors were raised. Not luaL_traceback(): an error that a Worker made at
 * its memory limit stays that error, so the text is written to the request's
 * pool; and the end of a stack that has overflowed is not looked for, since that
 * takes longer than a Worker may run. One text a call, however often a script
 * raises and catches.
 *
 * parallel(), require() and coroutine.wrap() catch errors and raise them again.
 * They say so (wfp_trace_again()), and what was noted stays above what comes.
 */
#include "lua_runtime/trace.h"

#include <apr_strings.h>
#include <string.h>

#include "lua_runtime/inside.h"
#include "lua_runtime/meter.h"

#define TRACE_MAX  4096
#define ROW_MAX    256 /* one level, cut names included */
#define WORD_MAX   64  /* of a function: any text may be one */
#define LEVELS_MAX 32  /* of one stack, innermost first */

static const char head[] = "stack traceback:";

/* @return 0: there is no room for more */
static int put(wfp_trace_t *trace, const char *row)
{
    apr_size_t n = strlen(row);

    if (trace->n + n >= TRACE_MAX) {
        return 0;
    }
    memcpy(trace->text + trace->n, row, n + 1);
    trace->n += n;
    return 1;
}

/* A name that keeps to its line. */
static const char *plain(char *to, const char *name)
{
    apr_size_t i;

    for (i = 0; i < WORD_MAX - 1 && name[i]; i++) {
        to[i] = (unsigned char)name[i] < ' ' || name[i] == 127 ? '?' : name[i];
    }
    to[i] = '\0';
    return to;
}

static void write_row(char row[ROW_MAX], const lua_Debug *ar)
{
    char *end = row + ROW_MAX, src[WORD_MAX], name[WORD_MAX];

    row += apr_snprintf(row, ROW_MAX, "\n\t%s:", plain(src, ar->short_src));
    if (ar->currentline > 0) {
        row += apr_snprintf(row, (apr_size_t)(end - row),
                            "%d:", ar->currentline);
    }
    row += apr_snprintf(row, (apr_size_t)(end - row), " in ");
    if (*ar->namewhat) {
        row += apr_snprintf(row, (apr_size_t)(end - row), "%s '%s'",
                            strcmp(ar->namewhat, "global") ? ar->namewhat
                                                           : "function",
                            plain(name, ar->name));
    }
    else if (*ar->what == 'm') {
        row += apr_snprintf(row, (apr_size_t)(end - row), "main chunk");
    }
    else if (*ar->what == 'C') {
        row += apr_snprintf(row, (apr_size_t)(end - row), "?");
    }
    else {
        row += apr_snprintf(row, (apr_size_t)(end - row), "function <%s:%d>",
                            src, ar->linedefined);
    }
    if (ar->istailcall) {
        (void)apr_snprintf(row, (apr_size_t)(end - row),
                           "\n\t(...tail calls...)");
    }
}

/* Whoever called the first function is the server. */
static int is_host(lua_State *of, int level, const lua_Debug *ar)
{
    lua_Debug next;

    return *ar->what == 'C' && !*ar->namewhat
           && !lua_getstack(of, level + 1, &next);
}

static void write_levels(wfp_trace_t *trace, lua_State *of, int first)
{
    char row[ROW_MAX];
    lua_Debug ar;
    int level;

    for (level = first; lua_getstack(of, level, &ar); level++) {
        (void)lua_getinfo(of, "Slnt", &ar); /* valid: cannot fail */
        if (is_host(of, level, &ar)) {
            return;
        }
        write_row(row, &ar);
        if (level == first + LEVELS_MAX || !put(trace, row)) {
            (void)put(trace, "\n\t...");
            return;
        }
    }
}

/* [-0, +0, -] The C function at a level of the stack, or NULL. */
static lua_CFunction function_at(lua_State *of, int level)
{
    lua_CFunction fn = NULL;
    lua_Debug ar;

    if (lua_getstack(of, level, &ar) && lua_checkstack(of, 1)
        && lua_getinfo(of, "f", &ar)) {
        fn = lua_tocfunction(of, -1);
        lua_pop(of, 1);
    }
    return fn;
}

/* Is there a text to write to? */
static int is_open(wfp_isolate_t *iso)
{
    wfp_trace_t *trace = iso->trace;

    if (trace && !trace->text) {
        wfp_meter_critical_begin(iso);
        trace->text = apr_palloc(trace->pool, TRACE_MAX);
        wfp_meter_critical_end(iso);
    }
    return trace != NULL;
}

/* [-0, +0, -] Note the stack `of` from its level first on, for a value. */
static void note(wfp_isolate_t *iso, const void *value, lua_State *of,
                 int first)
{
    wfp_trace_t *trace = iso->trace;

    int is_again = trace->n && trace->again && value == trace->value
                   && function_at(of, first) == trace->again;

    if (is_again && trace->of == of) {
        return; /* it went to the end of that stack then */
    }
    if (!is_again) {
        trace->n = 0;
        (void)put(trace, head);
    }
    trace->value = value;
    trace->of = of;
    trace->again = NULL;
    write_levels(trace, of, first);
}

int wfp_trace_handler(lua_State *L)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);

    lua_settop(L, 1);
    if (is_open(iso)) {
        note(iso, lua_topointer(L, 1), L, 1);
    }
    return 1;
}

void wfp_trace_coroutine(lua_State *L, lua_State *co, const void *before)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);

    if (is_open(iso)) {
        note(iso, before, co, 0);
        iso->trace->value = lua_topointer(L, -1);
        iso->trace->again = function_at(L, 0);
    }
}

void wfp_trace_again(lua_State *L)
{
    wfp_trace_t *trace = wfp_isolate_of(L)->trace;

    if (trace) {
        trace->again = function_at(L, 0);
    }
}

const char *wfp_trace_text(lua_State *L, const wfp_trace_t *trace)
{
    int is_known = trace->text && trace->n > sizeof(head) - 1
                   && trace->value == lua_topointer(L, -1);

    return is_known ? trace->text : NULL;
}
