/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LANE_H
#define WFP_LANE_H

#include <apr.h>
#include <stdint.h>

/**
 * @file
 * Counters of shared memory come in lanes, a cache line or more each, so that
 * processors that count the same do not wait for each other.
 */

#define WFP_LANES 4

/** Which one this thread takes, 0 to WFP_LANES - 1: threads have stacks of their
 *  own, so where this one is says which it is. */
static inline unsigned wfp_lane(void)
{
    apr_uint64_t at = (uintptr_t)__builtin_frame_address(0) >> 16;

    return (unsigned)((at * 0x9e3779b97f4a7c15ULL) >> 62) % WFP_LANES;
}

#endif
