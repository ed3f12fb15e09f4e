/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_D1_FILES_H
#define WFP_API_D1_FILES_H

#include "admin/api_route.h"

/** @file A D1 database from and to a file of SQL: import and export, and the
 *  files themselves, whose names are their secret. */

wfp_api_fn wfp_api_d1_files_import;
wfp_api_fn wfp_api_d1_files_export;
wfp_api_fn wfp_api_d1_files_put;
wfp_api_fn wfp_api_d1_files_get;

#endif
