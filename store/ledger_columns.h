/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LEDGER_COLUMNS_H
#define WFP_LEDGER_COLUMNS_H

#include "core/ledger.h"

/**
 * @file
 * Columns of the table ledger in the order of wfp_ledger_e, as statements need
 * them: names, sums of rows, the new ones instead of the old or added to them.
 * For ledger_rows.c.
 */

#define WFP_LEDGER_NAMES                                                       \
    "requests, exceptions, exceeded_cpu, exceeded_memory, "                    \
    "exceeded_wall, not_found, shed, canceled, internal, cpu_us, "             \
    "wall_us, instructions, subrequests, bytes_in, bytes_out, "                \
    "cold_starts, cpu_step_0, cpu_step_1, cpu_step_2, "                        \
    "cpu_step_3, cpu_step_4, cpu_step_5, cpu_step_6, cpu_step_7, "             \
    "cpu_step_8, cpu_step_9, cpu_step_10, cpu_step_11, "                       \
    "cpu_step_12, cpu_step_13, lost, "                                         \
    "kills_cpu_ms, kills_instructions, kills_wall_ms, "                        \
    "kills_memory_mb, kills_subrequests, kills_connections, "                  \
    "kills_startup_ms, kills_log_kb, kills_response_mb, "                      \
    "kills_depth "
#define WFP_LEDGER_SUMS                                                        \
    "sum(requests), sum(exceptions), sum(exceeded_cpu), "                      \
    "sum(exceeded_memory), sum(exceeded_wall), sum(not_found), "               \
    "sum(shed), sum(canceled), sum(internal), sum(cpu_us), "                   \
    "sum(wall_us), sum(instructions), sum(subrequests), "                      \
    "sum(bytes_in), sum(bytes_out), sum(cold_starts), "                        \
    "sum(cpu_step_0), sum(cpu_step_1), sum(cpu_step_2), "                      \
    "sum(cpu_step_3), sum(cpu_step_4), sum(cpu_step_5), "                      \
    "sum(cpu_step_6), sum(cpu_step_7), sum(cpu_step_8), "                      \
    "sum(cpu_step_9), sum(cpu_step_10), sum(cpu_step_11), "                    \
    "sum(cpu_step_12), sum(cpu_step_13), sum(lost), "                          \
    "sum(kills_cpu_ms), sum(kills_instructions), "                             \
    "sum(kills_wall_ms), sum(kills_memory_mb), "                               \
    "sum(kills_subrequests), sum(kills_connections), "                         \
    "sum(kills_startup_ms), sum(kills_log_kb), "                               \
    "sum(kills_response_mb), sum(kills_depth) "
#define WFP_LEDGER_SETS                                                        \
    "requests = excluded.requests, "                                           \
    "exceptions = excluded.exceptions, "                                       \
    "exceeded_cpu = excluded.exceeded_cpu, "                                   \
    "exceeded_memory = excluded.exceeded_memory, "                             \
    "exceeded_wall = excluded.exceeded_wall, "                                 \
    "not_found = excluded.not_found, shed = excluded.shed, "                   \
    "canceled = excluded.canceled, internal = excluded.internal, "             \
    "cpu_us = excluded.cpu_us, wall_us = excluded.wall_us, "                   \
    "instructions = excluded.instructions, "                                   \
    "subrequests = excluded.subrequests, "                                     \
    "bytes_in = excluded.bytes_in, "                                           \
    "bytes_out = excluded.bytes_out, "                                         \
    "cold_starts = excluded.cold_starts, "                                     \
    "cpu_step_0 = excluded.cpu_step_0, "                                       \
    "cpu_step_1 = excluded.cpu_step_1, "                                       \
    "cpu_step_2 = excluded.cpu_step_2, "                                       \
    "cpu_step_3 = excluded.cpu_step_3, "                                       \
    "cpu_step_4 = excluded.cpu_step_4, "                                       \
    "cpu_step_5 = excluded.cpu_step_5, "                                       \
    "cpu_step_6 = excluded.cpu_step_6, "                                       \
    "cpu_step_7 = excluded.cpu_step_7, "                                       \
    "cpu_step_8 = excluded.cpu_step_8, "                                       \
    "cpu_step_9 = excluded.cpu_step_9, "                                       \
    "cpu_step_10 = excluded.cpu_step_10, "                                     \
    "cpu_step_11 = excluded.cpu_step_11, "                                     \
    "cpu_step_12 = excluded.cpu_step_12, "                                     \
    "cpu_step_13 = excluded.cpu_step_13, "                                     \
    "lost = excluded.lost, "                                                   \
    "kills_cpu_ms = excluded.kills_cpu_ms, "                                   \
    "kills_instructions = excluded.kills_instructions, "                       \
    "kills_wall_ms = excluded.kills_wall_ms, "                                 \
    "kills_memory_mb = excluded.kills_memory_mb, "                             \
    "kills_subrequests = excluded.kills_subrequests, "                         \
    "kills_connections = excluded.kills_connections, "                         \
    "kills_startup_ms = excluded.kills_startup_ms, "                           \
    "kills_log_kb = excluded.kills_log_kb, "                                   \
    "kills_response_mb = excluded.kills_response_mb, "                         \
    "kills_depth = excluded.kills_depth "
#define WFP_LEDGER_ADDS                                                              \
    "requests = ledger.requests + excluded.requests, "                               \
    "exceptions = ledger.exceptions + excluded.exceptions, "                         \
    "exceeded_cpu = ledger.exceeded_cpu + excluded.exceeded_cpu, "                   \
    "exceeded_memory = ledger.exceeded_memory + excluded.exceeded_memory, "          \
    "exceeded_wall = ledger.exceeded_wall + excluded.exceeded_wall, "                \
    "not_found = ledger.not_found + excluded.not_found, "                            \
    "shed = ledger.shed + excluded.shed, "                                           \
    "canceled = ledger.canceled + excluded.canceled, "                               \
    "internal = ledger.internal + excluded.internal, "                               \
    "cpu_us = ledger.cpu_us + excluded.cpu_us, "                                     \
    "wall_us = ledger.wall_us + excluded.wall_us, "                                  \
    "instructions = ledger.instructions + excluded.instructions, "                   \
    "subrequests = ledger.subrequests + excluded.subrequests, "                      \
    "bytes_in = ledger.bytes_in + excluded.bytes_in, "                               \
    "bytes_out = ledger.bytes_out + excluded.bytes_out, "                            \
    "cold_starts = ledger.cold_starts + excluded.cold_starts, "                      \
    "cpu_step_0 = ledger.cpu_step_0 + excluded.cpu_step_0, "                         \
    "cpu_step_1 = ledger.cpu_step_1 + excluded.cpu_step_1, "                         \
    "cpu_step_2 = ledger.cpu_step_2 + excluded.cpu_step_2, "                         \
    "cpu_step_3 = ledger.cpu_step_3 + excluded.cpu_step_3, "                         \
    "cpu_step_4 = ledger.cpu_step_4 + excluded.cpu_step_4, "                         \
    "cpu_step_5 = ledger.cpu_step_5 + excluded.cpu_step_5, "                         \
    "cpu_step_6 = ledger.cpu_step_6 + excluded.cpu_step_6, "                         \
    "cpu_step_7 = ledger.cpu_step_7 + excluded.cpu_step_7, "                         \
    "cpu_step_8 = ledger.cpu_step_8 + excluded.cpu_step_8, "                         \
    "cpu_step_9 = ledger.cpu_step_9 + excluded.cpu_step_9, "                         \
    "cpu_step_10 = ledger.cpu_step_10 + excluded.cpu_step_10, "                      \
    "cpu_step_11 = ledger.cpu_step_11 + excluded.cpu_step_11, "                      \
    "cpu_step_12 = ledger.cpu_step_12 + excluded.cpu_step_12, "                      \
    "cpu_step_13 = ledger.cpu_step_13 + excluded.cpu_step_13, "                      \
    "lost = ledger.lost + excluded.lost, "                                           \
    "kills_cpu_ms = ledger.kills_cpu_ms + excluded.kills_cpu_ms, "                   \
    "kills_instructions = ledger.kills_instructions + excluded.kills_instructions, " \
    "kills_wall_ms = ledger.kills_wall_ms + excluded.kills_wall_ms, "                \
    "kills_memory_mb = ledger.kills_memory_mb + excluded.kills_memory_mb, "          \
    "kills_subrequests = ledger.kills_subrequests + excluded.kills_subrequests, "    \
    "kills_connections = ledger.kills_connections + excluded.kills_connections, "    \
    "kills_startup_ms = ledger.kills_startup_ms + excluded.kills_startup_ms, "       \
    "kills_log_kb = ledger.kills_log_kb + excluded.kills_log_kb, "                   \
    "kills_response_mb = ledger.kills_response_mb + excluded.kills_response_mb, "    \
    "kills_depth = ledger.kills_depth + excluded.kills_depth "
#define WFP_LEDGER_VALUES                                                      \
    "%lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, "             \
    "%lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, "             \
    "%lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, "             \
    "%lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, %lld, "             \
    "%lld "

_Static_assert(WFP_LEDGER_TOLD == 41, "columns of the table");

#endif
