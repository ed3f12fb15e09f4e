/* SPDX-License-Identifier: Apache-2.0 */
/* One namespace: its Workers. */
import { workersPage } from '../worker/list.js';

export default (ctx) => workersPage(ctx, ctx.params.ns);
