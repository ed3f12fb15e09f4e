/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_PATTERN_H
#define WFP_PATTERN_H

#include <lua.h>
#include <stddef.h>

#include "lua_runtime/lib.h"

/**
 * @file
 * Lua's patterns, metered: the one matcher behind find, match, gmatch and
 * gsub. Every step costs from a budget; a set costs its bytes. When the budget
 * is gone "too much work" is raised. Errors and results are the manual's.
 */

/** Captures of one pattern. */
#define WFP_PATTERN_CAPTURES 32

/** Lengths of captures that are none. */
#define WFP_CAPTURE_OPEN     (-1) /* no ')' yet */
#define WFP_CAPTURE_POSITION (-2) /* "()" */

typedef struct wfp_capture_t {
    const char *start;
    ptrdiff_t len;
} wfp_capture_t;

/** A match under way. Subject and pattern are anchored on the Lua stack by the
 *  caller. */
typedef struct wfp_pattern_t {
    lua_State *L;
    const char *subject;
    const char *subject_end;
    const char *pattern_end;
    wfp_steps_t steps; /* left */
    int depth;         /* of recursion, left */
    int level;         /* captures, open ones included */
    wfp_capture_t captures[WFP_PATTERN_CAPTURES];
} wfp_pattern_t;

/** Prepare; the budget is that of one library call. */
void wfp_pattern_init(wfp_pattern_t *m, lua_State *L, const char *subject,
                      size_t subject_len, const char *pattern,
                      size_t pattern_len);

/**
 * [-0, +0, v] Match the pattern at p (behind an anchor, if it has one) with
 * the subject exactly at s.
 *
 * @return the end of the match, or NULL
 */
const char *wfp_pattern_match(wfp_pattern_t *m, const char *s, const char *p);

/**
 * [-0, +0, v] Capture number i (from 0); a pattern without captures has its
 * whole match (s to e) as number 0.
 *
 * @return the capture; its len may be WFP_CAPTURE_POSITION
 */
wfp_capture_t wfp_pattern_capture(wfp_pattern_t *m, int i, const char *s,
                                  const char *e);

/** [-0, +1, v] Push capture number i. */
void wfp_pattern_push_capture(wfp_pattern_t *m, int i, const char *s,
                              const char *e);

/** [-0, +n, v] Push all captures; none: the whole match, unless s is NULL.
 *  @return n */
int wfp_pattern_push_captures(wfp_pattern_t *m, const char *s, const char *e);

/** Has the text no character that is special in a pattern? */
int wfp_pattern_is_plain(const char *p, size_t n);

/** Bits of a byte in the C locale. */
enum {
    WFP_BYTE_ALPHA = 1,
    WFP_BYTE_CNTRL = 2,
    WFP_BYTE_DIGIT = 4,
    WFP_BYTE_GRAPH = 8,
    WFP_BYTE_LOWER = 16,
    WFP_BYTE_PUNCT = 32,
    WFP_BYTE_SPACE = 64,
    WFP_BYTE_UPPER = 128,
    WFP_BYTE_XDIGIT = 256,
    WFP_BYTE_ZERO = 512 /* %z, not in the manual any more */
};

/** The bits of each byte. */
extern const unsigned short wfp_pattern_bytes[256];

#endif
