/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_XML_H
#define WFP_XML_H

#include <apr.h>
#include <apr_errno.h>

#include "core/wfp.h"

/**
 * @file
 * Reading XML: a text becomes a row of events in memory of the caller's. What
 * is well-formed is libxml2's word; there is no DTD, so no entity but the five
 * and no way to a file or the network, and only UTF-8.
 */

/** An event is its byte and what follows, each text ended by NUL. Elements nest;
 *  text stands in an element; two texts never follow one another. */
typedef enum wfp_xml_event_e {
    WFP_XML_START = 'S',     /* name */
    WFP_XML_ATTRIBUTE = 'A', /* name, value: of the element just started */
    WFP_XML_TEXT = 'T',      /* text, not empty */
    WFP_XML_END = 'E'
} wfp_xml_event_e;

/** Bounds: elements in one another, attributes of one, bytes of a name, of a
 *  tag with its attributes. */
#define WFP_XML_DEPTH_MAX      200
#define WFP_XML_ATTRIBUTES_MAX 256
#define WFP_XML_NAME_MAX       1000
#define WFP_XML_TAG_MAX        (256 * 1024)

/** Why a text was refused, and where: line from 1, column in bytes from 1. */
typedef struct wfp_xml_fault_t {
    char message[160];
    apr_size_t line;
    apr_size_t column;
} wfp_xml_fault_t;

/** Set libxml2 up for threads; child scope, once. */
void wfp_xml_child_init(void);

/** Bytes of events that n bytes of text may become. */
apr_size_t wfp_xml_room(apr_size_t n);

/** Bytes that libxml2 may take from malloc while it reads n bytes. */
apr_size_t wfp_xml_memory(apr_size_t n);

/**
 * Read a document. Any thread; nothing is kept.
 *
 * @param events  wfp_xml_room(n) bytes
 * @param pn      bytes of the events
 * @param fault   why, for APR_EINVAL
 * @return APR_SUCCESS; APR_EINVAL: refused; APR_EINTR: stop said so;
 *         APR_ENOMEM
 */
apr_status_t wfp_xml_read(char *events, apr_size_t *pn, const char *text,
                          apr_size_t n, wfp_xml_fault_t *fault,
                          const wfp_stop_t *stop) WFP_CHECK;

#endif
