/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The open elements: a stack in one block of bytes, innermost last. Names hang
 * in buckets, so that an end tag finds its element without a walk through all.
 * Called by html_page.c. It knows neither selectors nor handlers.
 */
#include "core/html_open.h"

#include <string.h>

/* Where a start tag of an element with text content would be read one way by
 * some browsers and another way by others, since their trees differ. */
enum {
    ANYWHERE = 0,
    IN_SELECT,
    IN_TEMPLATE_IN_SELECT,
    IN_FRAMESET
};

/* Bytes of the block at most: offsets have 32 bits. */
#define BLOCK_MAX (1u << 30)

static wfp_html_element_t *at(const wfp_html_open_t *open, apr_uint32_t offset)
{
    return (wfp_html_element_t *)(void *)(open->block + offset);
}

/* Bytes of an element whose name has n bytes. */
static apr_size_t size_of(const wfp_html_open_t *open, apr_size_t n)
{
    apr_size_t bytes = sizeof(wfp_html_element_t) + 8 * open->extra + n;

    return (bytes + 7) / 8 * 8;
}

void wfp_html_open_init(wfp_html_open_t *open, apr_uint32_t extra,
                        apr_uint32_t depth_max, const wfp_html_memory_t *memory)
{
    memset(open, 0, sizeof(*open));
    open->memory = memory;
    open->extra = extra;
    open->depth_max = depth_max;
    open->room = (apr_uint32_t)(size_of(open, 16) * 16);
    open->block = memory->alloc(memory->baton, NULL, open->room);
    memset(open->block, 0, size_of(open, 0));
}

wfp_html_element_t *wfp_html_open_top(const wfp_html_open_t *open)
{
    return at(open, open->top);
}

wfp_html_element_t *wfp_html_open_outer(const wfp_html_open_t *open,
                                        const wfp_html_element_t *element)
{
    return at(open, element->below);
}

const char *wfp_html_open_name(const wfp_html_open_t *open,
                               const wfp_html_element_t *element)
{
    return (const char *)(element->extra + open->extra);
}

static apr_uint32_t bucket_of(const char *name, apr_size_t n)
{
    apr_uint32_t hash = 2166136261u;
    apr_size_t i;

    for (i = 0; i < n; i++) {
        char c = name[i];

        c = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        hash = (hash ^ (unsigned char)c) * 16777619u;
    }
    return (hash ^ (hash >> 16)) % WFP_HTML_BUCKETS;
}

static int is_named(const wfp_html_token_t *tag, const char *name)
{
    return tag->text_size == strlen(name)
           && wfp_html_attr_same(tag->text, name, tag->text_size);
}

/* ---- namespaces ------------------------------------------------------------- */

static int has_attribute(const wfp_html_token_t *tag, const char *name,
                         const char **pvalue, apr_size_t *pn)
{
    wfp_html_scan_t scan;

    wfp_html_attr_init(&scan, wfp_html_attr_name_end(tag->raw, tag->size));
    while (wfp_html_attr_scan(&scan, tag->raw, tag->size)
           == WFP_HTML_SCAN_ATTR) {
        const wfp_html_attr_t *attr = &scan.attr;

        if (attr->name_end - attr->name == strlen(name)
            && wfp_html_attr_same(tag->raw + attr->name, name, strlen(name))) {
            *pvalue = tag->raw + attr->value;
            *pn = attr->value_end - attr->value;
            return 1;
        }
    }
    return 0;
}

/* Is a start tag in this element one of HTML? */
static int is_html_inside(const wfp_html_element_t *in,
                          const wfp_html_token_t *tag,
                          const wfp_html_name_t *name)
{
    if (in->ns == WFP_HTML_NS_HTML || in->html_inside) {
        return 1;
    }
    if (in->math_text) {
        return !name || !(name->flags & WFP_HTML_MATH_GLYPH);
    }
    return 0;
}

static int breaks_out(const wfp_html_token_t *tag, const wfp_html_name_t *name)
{
    const char *value;
    apr_size_t n;

    if (name) {
        return name->flags & WFP_HTML_BREAKOUT;
    }
    return is_named(tag, "font")
           && (has_attribute(tag, "color", &value, &n)
               || has_attribute(tag, "face", &value, &n)
               || has_attribute(tag, "size", &value, &n));
}

/* svg may begin in annotation-xml, which is no integration point otherwise */
static int is_svg_in_annotation(const wfp_html_open_t *open,
                                const wfp_html_element_t *in,
                                const wfp_html_token_t *tag)
{
    return in->ns == WFP_HTML_NS_MATH && in->name_size == 14
           && wfp_html_attr_same(wfp_html_open_name(open, in), "annotation-xml",
                                 14)
           && is_named(tag, "svg");
}

static int is_html(const wfp_html_open_t *open, const wfp_html_element_t *in,
                   const wfp_html_token_t *tag, const wfp_html_name_t *name)
{
    return is_html_inside(in, tag, name) || is_svg_in_annotation(open, in, tag);
}

/* The innermost element that is no foreign content. */
static apr_uint32_t html_depth(const wfp_html_open_t *open)
{
    const wfp_html_element_t *in = wfp_html_open_top(open);

    while (in->ns != WFP_HTML_NS_HTML && !in->html_inside && !in->math_text) {
        in = wfp_html_open_outer(open, in);
    }
    return in->depth;
}

apr_uint32_t wfp_html_open_before(const wfp_html_open_t *open,
                                  const wfp_html_token_t *tag)
{
    const wfp_html_element_t *in = wfp_html_open_top(open);
    const wfp_html_name_t *name;

    if (in->ns == WFP_HTML_NS_HTML) {
        return in->depth;
    }
    if (tag->kind == WFP_HTML_END_TAG) {
        return is_named(tag, "p") || is_named(tag, "br") ? html_depth(open)
                                                         : in->depth;
    }
    name = wfp_html_name_find(tag->text, tag->text_size);
    if (is_html(open, in, tag, name) || !breaks_out(tag, name)) {
        return in->depth;
    }
    return html_depth(open);
}

/* ---- ambiguity -------------------------------------------------------------- */

/* A start tag of HTML: is it one whose content would be read in two ways? */
static wfp_html_open_e guard(wfp_html_open_t *open, const wfp_html_token_t *tag,
                             const wfp_html_name_t *name)
{
    int mode = name ? name->mode : WFP_HTML_DATA;
    int leaves = name && (name->flags & WFP_HTML_LEAVES_SELECT);

    switch (open->select) {
    case ANYWHERE:
        if (is_named(tag, "select")) {
            open->select = IN_SELECT;
        }
        else if (is_named(tag, "frameset")) {
            open->select = IN_FRAMESET;
        }
        return WFP_HTML_OPEN_OK;
    case IN_SELECT:
        if (leaves) {
            open->select = ANYWHERE;
            return WFP_HTML_OPEN_OK;
        }
        break;
    case IN_TEMPLATE_IN_SELECT:
        break;
    default:
        return mode != WFP_HTML_DATA && !is_named(tag, "noframes")
                   ? WFP_HTML_OPEN_AMBIGUOUS
                   : WFP_HTML_OPEN_OK;
    }
    if (is_named(tag, "template")) {
        open->select = IN_TEMPLATE_IN_SELECT;
        open->templates++;
    }
    return mode != WFP_HTML_DATA && mode != WFP_HTML_SCRIPT
               ? WFP_HTML_OPEN_AMBIGUOUS
               : WFP_HTML_OPEN_OK;
}

static void guard_end(wfp_html_open_t *open, const wfp_html_token_t *tag)
{
    if (open->select == IN_SELECT && is_named(tag, "select")) {
        open->select = ANYWHERE;
    }
    else if (open->select == IN_TEMPLATE_IN_SELECT
             && is_named(tag, "template")) {
        open->templates--;
        open->select = open->templates ? IN_TEMPLATE_IN_SELECT : IN_SELECT;
    }
}

/* ---- opening and closing ------------------------------------------------------ */

static void need_room(wfp_html_open_t *open, apr_size_t bytes)
{
    const wfp_html_element_t *in = wfp_html_open_top(open);
    apr_size_t used = open->top + size_of(open, in->name_size);
    apr_size_t room = open->room;
    char *block;

    if (used + bytes <= room) {
        return;
    }
    while (used + bytes > room) {
        room *= 2;
    }
    block = open->memory->alloc(open->memory->baton, open->block, room);
    memcpy(block, open->block, used);
    open->block = block;
    open->room = (apr_uint32_t)room;
}

static wfp_html_element_t *push(wfp_html_open_t *open,
                                const wfp_html_token_t *tag)
{
    const wfp_html_element_t *in;
    wfp_html_element_t *element;
    apr_uint32_t offset, *head;

    need_room(open, size_of(open, tag->text_size));
    in = wfp_html_open_top(open);
    offset = open->top + (apr_uint32_t)size_of(open, in->name_size);
    element = at(open, offset);
    memset(element, 0, size_of(open, tag->text_size));
    element->below = open->top;
    element->depth = in->depth + 1;
    element->barrier = in->barrier;
    element->special = in->special;
    element->alien = in->alien;
    element->name_size = (apr_uint32_t)tag->text_size;
    memcpy(element->extra + open->extra, tag->text, tag->text_size);
    element->bucket = bucket_of(tag->text, tag->text_size);
    head = &open->heads[element->bucket];
    element->same = *head;
    *head = offset;
    open->top = offset;
    return element;
}

/* What an element of SVG or MathML is for those inside it.
 * @return 0: it cannot be told */
static int mark_point(wfp_html_element_t *element, const wfp_html_token_t *tag,
                      const wfp_html_name_t *name)
{
    const char *value;
    apr_size_t n;
    int flags = name ? name->flags : 0;

    if (element->ns == WFP_HTML_NS_SVG) {
        element->html_inside = (flags & WFP_HTML_SVG_POINT) != 0;
    }
    else {
        element->math_text = (flags & WFP_HTML_MATH_POINT) != 0;
        if (is_named(tag, "annotation-xml")
            && has_attribute(tag, "encoding", &value, &n)) {
            if (memchr(value, '&', n)) {
                return 0; /* only a browser's decoder knows */
            }
            element->html_inside =
                (n == 9 && wfp_html_attr_same(value, "text/html", 9))
                || (n == 21
                    && wfp_html_attr_same(value, "application/xhtml+xml", 21));
        }
    }
    if (element->html_inside || element->math_text) {
        element->barrier = element->depth;
    }
    return 1;
}

wfp_html_open_e wfp_html_open_start(wfp_html_open_t *open,
                                    const wfp_html_token_t *tag,
                                    wfp_html_tokenizer_t *tok)
{
    const wfp_html_name_t *name = wfp_html_name_find(tag->text, tag->text_size);
    wfp_html_element_t *in = wfp_html_open_top(open), *element;
    wfp_html_ns_e ns = (wfp_html_ns_e)in->ns;
    wfp_html_open_e said = WFP_HTML_OPEN_OK;

    if (in->depth >= open->depth_max
        || open->top + size_of(open, in->name_size)
                   + size_of(open, tag->text_size)
               > BLOCK_MAX) {
        return WFP_HTML_OPEN_TOO_DEEP;
    }
    if (is_html(open, in, tag, name)) {
        ns = is_named(tag, "svg")    ? WFP_HTML_NS_SVG
             : is_named(tag, "math") ? WFP_HTML_NS_MATH
                                     : WFP_HTML_NS_HTML;
        said = guard(open, tag, name);
    }
    in->children++;
    element = push(open, tag);
    element->ns = (apr_byte_t)ns;
    if (ns == WFP_HTML_NS_HTML) {
        element->leaf = name && (name->flags & WFP_HTML_VOID);
        if (name && (name->flags & WFP_HTML_SPECIAL)) {
            element->special = element->depth;
        }
        if (name && name->mode != WFP_HTML_DATA) {
            wfp_html_token_mode(tok, (wfp_html_mode_e)name->mode, name->text);
        }
    }
    else {
        in = wfp_html_open_outer(open, element);
        element->alien = element->depth;
        element->foreign = in->ns == WFP_HTML_NS_HTML ? element->depth
                                                      : in->foreign;
        element->leaf = tag->self_closing;
        if (!mark_point(element, tag, name)) {
            said = WFP_HTML_OPEN_AMBIGUOUS;
        }
    }
    tok->foreign = ns != WFP_HTML_NS_HTML;
    return said;
}

/* Does a browser leave the element open, by its rules for end tags? Where that
 * does not change what is foreign content it counts as closed, since authors
 * mean it. row: of its name, in HTML. */
static int is_kept(const wfp_html_element_t *in,
                   const wfp_html_element_t *element,
                   const wfp_html_name_t *row)
{
    int flags = row ? row->flags : 0;

    if (element->ns != WFP_HTML_NS_HTML) {
        return in->ns == WFP_HTML_NS_HTML;
    }
    if (in->alien < element->depth) {
        return 0;
    }
    return (flags & WFP_HTML_STAYS)
           || (!(flags & WFP_HTML_SPECIAL) && in->special > element->depth);
}

apr_uint32_t wfp_html_open_find(const wfp_html_open_t *open,
                                const wfp_html_token_t *tag,
                                apr_uint64_t *steps)
{
    const wfp_html_name_t *row = wfp_html_name_find(tag->text, tag->text_size);
    const wfp_html_element_t *in = wfp_html_open_top(open);
    apr_uint32_t barrier = in->barrier;
    apr_uint32_t offset = open->heads[bucket_of(tag->text, tag->text_size)];

    if (row && (row->flags & WFP_HTML_TABLE)) {
        barrier = 0;
    }
    if (in->ns != WFP_HTML_NS_HTML && in->foreign < barrier) {
        barrier = in->foreign;
    }
    for (; offset; offset = at(open, offset)->same) {
        const wfp_html_element_t *element = at(open, offset);

        if (element->depth < barrier) {
            return 0;
        }
        if (element->name_size == tag->text_size) {
            *steps += tag->text_size / WFP_HTML_BYTES_PER_STEP;
            if (wfp_html_attr_same(wfp_html_open_name(open, element), tag->text,
                                   tag->text_size)) {
                return is_kept(in, element, row) ? 0 : element->depth;
            }
        }
        (*steps)++;
    }
    return 0;
}

void wfp_html_open_close(wfp_html_open_t *open)
{
    const wfp_html_element_t *element = wfp_html_open_top(open);

    open->heads[element->bucket] = element->same;
    open->top = element->below;
}

void wfp_html_open_ended(wfp_html_open_t *open, const wfp_html_token_t *tag,
                         wfp_html_tokenizer_t *tok)
{
    if (tag) {
        guard_end(open, tag);
    }
    tok->foreign = wfp_html_open_top(open)->ns != WFP_HTML_NS_HTML;
}
