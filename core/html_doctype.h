/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HTML_DOCTYPE_H
#define WFP_HTML_DOCTYPE_H

#include <apr.h>

/**
 * @file
 * What a doctype says.
 */

/** Pointers into the text that was parsed; NULL: it has none. */
typedef struct wfp_html_doctype_t {
    const char *name;
    apr_size_t name_size;
    const char *public_id;
    apr_size_t public_size;
    const char *system_id;
    apr_size_t system_size;
} wfp_html_doctype_t;

/** Parse what is between "<!doctype" and ">" by the HTML standard's doctype
 *  states; what they call an error ends the parsing. */
void wfp_html_doctype_parse(wfp_html_doctype_t *doctype, const char *s,
                            apr_size_t n);

#endif
