/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SLEEPERS_H
#define WFP_SLEEPERS_H

#include "lua_runtime/tasks.h"

/**
 * @file
 * The tasks of a driver that sleep, as a heap: the next to wake is at its root.
 * Linked through the tasks themselves. For this room.
 */

/** Adds a task whose wake_at is set. Of those with the same time the first to
 *  come is the first to wake. */
void wfp_sleepers_add(wfp_driver_t *driver, wfp_task_t *task);

/** Takes the next one to wake out; there is one. */
wfp_task_t *wfp_sleepers_take(wfp_driver_t *driver);

#endif
