/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LINKED_H
#define WFP_LINKED_H

#include "core/wfp.h"

/**
 * @file
 * Which liblua this process runs. Another module may bring a Lua of its own, whose
 * functions then stand before those that ours was built for.
 */

/**
 * Look where functions of Lua come from that every version has, and one that only
 * 5.4 has.
 *
 * @param pfile   of the first; "?" when not known; static, or the linker's
 * @param pother  another file that the other comes from; NULL: it is one Lua 5.4
 */
void wfp_linked_look(const char **pfile, const char **pother);

#endif
