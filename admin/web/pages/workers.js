/* SPDX-License-Identifier: Apache-2.0 */
/* The account's own Workers: dispatchers, outbound Workers, services. */
import { workersPage } from '../worker/list.js';

export default (ctx) => workersPage(ctx, '');
