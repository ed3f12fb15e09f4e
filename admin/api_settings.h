/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_SETTINGS_H
#define WFP_API_SETTINGS_H

#include "admin/api_call.h"

/** @file Settings, bindings and tags of a Worker. Handlers as in
 *  api_route.h. */

wfp_api_fn wfp_api_settings_get;
wfp_api_fn wfp_api_settings_patch;
wfp_api_fn wfp_api_settings_get_lasting;
wfp_api_fn wfp_api_settings_patch_lasting;
wfp_api_fn wfp_api_settings_bindings;

#endif
