/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XML over libxml2's SAX parser, for xml.decode(): one call that allocates
 * nothing that outlives it, so that its caller can be in a critical section
 * meanwhile. The text is handed over in small pieces, and the caller asked
 * between them whether to go on.
 *
 * A first pass of our own refuses what libxml2 would take too long or too much
 * memory for, or what nobody shall reach: anything but UTF-8, declarations of a
 * document type, tags that are huge (attributes are compared each with each).
 * Where this pass and libxml2 see different tags the text is not well-formed,
 * and libxml2 ends there. Options are this parser's own: other modules of the
 * process use the library, too.
 */
#include "core/xml.h"

#include <apr_strings.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <string.h>
#include <strings.h>

/* how much libxml2 gets at a time */
#define PIECE 4096

/* how much is looked at between two questions whether to go on: less than a
 * millisecond's work */
#define SCAN_PIECE (256 * 1024)

/* bytes of all different names together */
#define NAMES_MAX (128 * 1024)

#if LIBXML_VERSION >= 21200
typedef const xmlError fault_t;
#else
typedef xmlError fault_t;
#endif

typedef struct reader_t {
    const char *text;
    apr_size_t n;
    apr_size_t given; /* bytes that libxml2 has */
    char *events;
    apr_size_t room, used;
    int depth;
    int open_text; /* the last event is a text */
    int over;
    xmlParserCtxtPtr parser;
    wfp_xml_fault_t *fault;
    const wfp_stop_t *stop;
} reader_t;

void wfp_xml_child_init(void)
{
    xmlInitParser();
}

apr_size_t wfp_xml_room(apr_size_t n)
{
    /* a text of one byte becomes three, but not without a tag before it */
    return 2 * n + 16;
}

apr_size_t wfp_xml_memory(apr_size_t n)
{
    /* a section of n bytes in a buffer that doubles, and the input's; names */
    apr_size_t names = 8 * n, most = 4 * NAMES_MAX;

    return 64 * 1024 + 3 * n + (names < most ? names : most)
           + (n < 4 * WFP_XML_TAG_MAX ? n : 4 * WFP_XML_TAG_MAX);
}

static int is_over(const reader_t *r)
{
    return r->stop->is_over(r->stop->baton);
}

/* ---- faults ------------------------------------------------------------- */

/* Keep the first fault: what, at an offset of the text. */
static void set_fault(reader_t *r, const char *what, apr_size_t at)
{
    wfp_xml_fault_t *fault = r->fault;
    const char *p = r->text, *end = p + (at < r->n ? at : r->n), *line;
    apr_size_t n;

    if (fault->line) {
        return;
    }
    for (n = 0; n < sizeof(fault->message) - 1 && what[n] && what[n] != '\n';
         n++) {
        fault->message[n] = what[n];
    }
    fault->message[n] = '\0';
    fault->line = 1;
    for (line = p; p < end; p++) {
        if ((p - r->text) % SCAN_PIECE == 0 && is_over(r)) {
            return; /* nobody will be told where */
        }
        if (*p == '\n') {
            fault->line++;
            line = p + 1;
        }
    }
    fault->column = (apr_size_t)(end - line) + 1;
}

/* The same from inside libxml2, which then stops. */
static void stop_here(reader_t *r, const char *what)
{
    long at = xmlByteConsumed(r->parser);

    set_fault(r, what, at > 0 ? (apr_size_t)at : 0);
    xmlStopParser(r->parser);
}

/* ---- the first pass ------------------------------------------------------ */

/* Does the text at an offset begin so? */
static int begins(const reader_t *r, apr_size_t at, const char *with)
{
    apr_size_t n = strlen(with);

    return r->n - at >= n && memcmp(r->text + at, with, n) == 0;
}

/* Behind the next `end` from an offset on, the text's end when there is none,
 * or when it is over meanwhile. */
static apr_size_t behind(const reader_t *r, apr_size_t at, const char *end)
{
    apr_size_t n = strlen(end);

    while (r->n - at >= n && !is_over(r)) {
        apr_size_t left = r->n - at;
        apr_size_t piece = left < SCAN_PIECE ? left : SCAN_PIECE;
        const char *p = memmem(r->text + at, piece, end, n);

        if (p) {
            return (apr_size_t)(p - r->text) + n;
        }
        /* it may begin at this piece's end */
        at += piece - (n - 1);
    }
    return r->n;
}

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Does the declaration at an offset name UTF-8, or no encoding at all? */
static int names_utf8(const reader_t *r, apr_size_t at)
{
    static const char *const names[] = { "utf-8", "us-ascii", "ascii" };
    apr_size_t end = behind(r, at, "?>"), i;

    at = behind(r, at, "encoding");
    while (at < end && (is_space(r->text[at]) || r->text[at] == '=')) {
        at++;
    }
    if (at >= end || (r->text[at] != '"' && r->text[at] != '\'')) {
        return 1; /* none, or malformed */
    }
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        apr_size_t n = strlen(names[i]);

        if (end - at > n + 1 && r->text[at + n + 1] == r->text[at]
            && strncasecmp(r->text + at + 1, names[i], n) == 0) {
            return 1;
        }
    }
    return 0;
}

/* A start tag from its "<" on. @return behind it; *what: why it is refused */
static apr_size_t scan_tag(const char **what, const reader_t *r, apr_size_t at)
{
    apr_size_t i, attributes = 0;

    for (i = at + 1; i < r->n && r->text[i] != '>' && r->text[i] != '<'; i++) {
        if (r->text[i] == '=' && ++attributes > WFP_XML_ATTRIBUTES_MAX) {
            *what = "more than 256 attributes";
            return at;
        }
        if (r->text[i] == '"' || r->text[i] == '\'') {
            const char *p = memchr(r->text + i + 1, r->text[i], r->n - i - 1);

            i = p ? (apr_size_t)(p - r->text) : r->n - 1;
        }
        if (i - at > WFP_XML_TAG_MAX) {
            *what = "a tag of more than 256 KB";
            return at;
        }
    }
    return i;
}

/* Look at every tag. @return 0: refused */
static int scan(reader_t *r)
{
    apr_size_t at = begins(r, 0, "\xef\xbb\xbf") ? 3 : 0, next;
    const char *what = NULL, *p;

    p = memchr(r->text, '\0', r->n);
    if (p) {
        set_fault(r, "a NUL byte", (apr_size_t)(p - r->text));
        return 0;
    }
    if (at < r->n && r->text[at] != '<' && !is_space(r->text[at])) {
        what = "text before the first element";
    }
    else if (begins(r, at, "<?xml") && !names_utf8(r, at)) {
        what = "an encoding other than UTF-8";
    }
    while (!what && at < r->n) {
        p = memchr(r->text + at, '<', r->n - at);
        if (!p) {
            break;
        }
        at = (apr_size_t)(p - r->text);
        if (begins(r, at, "<!--")) {
            next = behind(r, at + 4, "-->");
        }
        else if (begins(r, at, "<![CDATA[")) {
            next = behind(r, at + 9, "]]>");
        }
        else if (begins(r, at, "<?")) {
            next = behind(r, at + 2, "?>");
        }
        else if (begins(r, at, "<!")) {
            what = "a document type declaration is not allowed";
            next = at;
        }
        else {
            next = scan_tag(&what, r, at);
        }
        at = next;
        if (is_over(r)) {
            r->over = 1;
            return 0;
        }
    }
    if (what) {
        set_fault(r, what, at);
    }
    return what == NULL;
}

/* ---- events -------------------------------------------------------------- */

static void put(reader_t *r, const char *data, apr_size_t n)
{
    if (n > r->room - r->used) {
        stop_here(r, "document too large");
        return;
    }
    memcpy(r->events + r->used, data, n);
    r->used += n;
}

static void put_event(reader_t *r, wfp_xml_event_e event)
{
    char c = (char)event;

    r->open_text = 0;
    put(r, &c, 1);
}

/* A name with its prefix, and a NUL. */
static void put_name(reader_t *r, const xmlChar *prefix, const xmlChar *name)
{
    apr_size_t n = strlen((const char *)name);
    apr_size_t before = prefix ? strlen((const char *)prefix) + 1 : 0;

    if (before + n > WFP_XML_NAME_MAX) {
        stop_here(r, "a name of more than 1000 bytes");
        return;
    }
    if (prefix) {
        put(r, (const char *)prefix, before - 1);
        put(r, ":", 1);
    }
    put(r, (const char *)name, n + 1);
}

/* xmlns="uri", or xmlns:prefix="uri" */
static void put_namespace(reader_t *r, const xmlChar *prefix,
                          const xmlChar *uri)
{
    const char *value = uri ? (const char *)uri : "";

    put_event(r, WFP_XML_ATTRIBUTE);
    if (prefix) {
        put_name(r, (const xmlChar *)"xmlns", prefix);
    }
    else {
        put_name(r, NULL, (const xmlChar *)"xmlns");
    }
    put(r, value, strlen(value) + 1);
}

static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix,
                     const xmlChar *uri, int namespace_count,
                     const xmlChar **namespaces, int attribute_count,
                     int default_count, const xmlChar **attributes)
{
    reader_t *r = ctx;
    int i;

    if (++r->depth > WFP_XML_DEPTH_MAX) {
        stop_here(r, "nesting deeper than 200");
        return;
    }
    put_event(r, WFP_XML_START);
    put_name(r, prefix, name);
    for (i = 0; i < namespace_count; i++) {
        put_namespace(r, namespaces[2 * i], namespaces[2 * i + 1]);
    }
    /* each: name, prefix, uri, begin and end of the value */
    for (i = 0; i < attribute_count; i++) {
        const xmlChar **attribute = attributes + 5 * i;

        put_event(r, WFP_XML_ATTRIBUTE);
        put_name(r, attribute[1], attribute[0]);
        put(r, (const char *)attribute[3],
            (apr_size_t)(attribute[4] - attribute[3]));
        put(r, "", 1);
    }
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix,
                   const xmlChar *uri)
{
    reader_t *r = ctx;

    r->depth--;
    put_event(r, WFP_XML_END);
}

static void on_text(void *ctx, const xmlChar *text, int n)
{
    reader_t *r = ctx;

    if (n <= 0 || r->depth == 0) {
        return;
    }
    if (r->open_text) {
        r->used--; /* its NUL */
    }
    else {
        put_event(r, WFP_XML_TEXT);
        r->open_text = 1;
    }
    put(r, (const char *)text, (apr_size_t)n);
    put(r, "", 1);
}

/* Prefixes are part of a name here, bound or not. */
static int is_about_prefixes(int code)
{
    return code == XML_NS_ERR_UNDEFINED_NAMESPACE || code == XML_NS_ERR_QNAME
           || code == XML_NS_ERR_ATTRIBUTE_REDEFINED || code == XML_WAR_NS_URI;
}

static void on_error(void *ctx, fault_t *fault)
{
    reader_t *r = ctx;

    if (fault->level != XML_ERR_WARNING && !is_about_prefixes(fault->code)
        && !r->over) {
        stop_here(r, fault->message ? fault->message : "not well-formed");
    }
}

/* ---- the parser ----------------------------------------------------------- */

static int on_read(void *ctx, char *buffer, int len)
{
    reader_t *r = ctx;
    apr_size_t n = r->n - r->given;

    if (is_over(r)) {
        r->over = 1;
        return -1;
    }
    n = n < PIECE ? n : PIECE;
    n = n < (apr_size_t)len ? n : (apr_size_t)len;
    memcpy(buffer, r->text + r->given, n);
    r->given += n;
    return (int)n;
}

static apr_status_t parse(reader_t *r)
{
    apr_status_t rv = APR_SUCCESS;
    xmlSAXHandler sax;

    memset(&sax, 0, sizeof(sax));
    sax.initialized = XML_SAX2_MAGIC; /* serror is looked at */
    sax.startElementNs = on_start;
    sax.endElementNs = on_end;
    sax.characters = on_text;
    sax.ignorableWhitespace = on_text;
    sax.cdataBlock = on_text;
    sax.serror = on_error;
    r->parser = xmlCreateIOParserCtxt(&sax, r, on_read, NULL, r,
                                      XML_CHAR_ENCODING_UTF8);
    if (!r->parser) {
        return r->over ? APR_EINTR : APR_ENOMEM;
    }
    /* NOENT: "&amp;" in an attribute is one byte; there are no others */
    (void)xmlCtxtUseOptions(r->parser, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC
                                           | XML_PARSE_NOENT);
    xmlDictSetLimit(r->parser->dict, NAMES_MAX);
    if (xmlParseDocument(r->parser) != 0 || !r->parser->wellFormed) {
        set_fault(r, "not well-formed", r->given);
    }
    if (r->over) {
        rv = APR_EINTR;
    }
    else if (r->fault->line) {
        rv = APR_EINVAL;
    }
    xmlFreeParserCtxt(r->parser);
    xmlResetLastError(); /* the thread keeps a copy of a tenant's text */
    return rv;
}

apr_status_t wfp_xml_read(char *events, apr_size_t *pn, const char *text,
                          apr_size_t n, wfp_xml_fault_t *fault,
                          const wfp_stop_t *stop)
{
    apr_status_t rv;
    reader_t r;

    memset(&r, 0, sizeof(r));
    memset(fault, 0, sizeof(*fault));
    r.text = text;
    r.n = n;
    r.events = events;
    r.room = wfp_xml_room(n);
    r.fault = fault;
    r.stop = stop;
    if (!scan(&r)) {
        return r.over ? APR_EINTR : APR_EINVAL;
    }
    rv = parse(&r);
    *pn = r.used;
    return rv;
}
