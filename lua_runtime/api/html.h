/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_HTML_H
#define WFP_API_HTML_H

#include "core/html_page.h"
#include "lua_runtime/api/classes.h"

/**
 * @file
 * What the files of HTMLRewriter know of each other. A stream is one
 * transformed body: it pulls the source, hands tokens to handlers, puts together
 * what goes out. While handlers run for a token it is their turn; the objects
 * that they get (nodes) are good for that turn only, and what they ask for is
 * noted in the stream until the turn ends.
 *
 * All memory is the isolate's. The stream (a userdata) has one user value, a
 * table: its values below, and the blocks that the page asked for, by address.
 */

/** Keys of a stream's table. The first ones are a turn's. */
enum {
    WFP_HTML_BEFORE = 1, /* texts that go out before and behind the token */
    WFP_HTML_AFTER,
    WFP_HTML_INSTEAD, /* replaces it */
    WFP_HTML_EDITED,  /* the tag's new text; the comment's */
    WFP_HTML_INNER,   /* element: behind the start tag, before the end tag */
    WFP_HTML_APPENDED,
    WFP_HTML_END_HANDLERS, /* element: array of functions */
    WFP_HTML_NAME,         /* element: its new name */
    WFP_HTML_TURN_VALUES = WFP_HTML_NAME,
    WFP_HTML_HANDLERS, /* three an owner: element, text, comments, or false */
    WFP_HTML_DOCUMENT, /* four an onDocument: doctype, comments, text, end */
    WFP_HTML_SOURCE,   /* the Body */
    WFP_HTML_LATER,    /* depth -> array of what the end of an element takes */
    WFP_HTML_TAIL      /* unfinished markup at the page's end */
};

enum {
    WFP_HTML_ON_ELEMENT = 1,
    WFP_HTML_ON_TEXT,
    WFP_HTML_ON_COMMENTS
};
enum {
    WFP_HTML_ON_DOCTYPE = 1,
    WFP_HTML_ON_DOCUMENT_COMMENTS,
    WFP_HTML_ON_DOCUMENT_TEXT,
    WFP_HTML_ON_END
};
#define WFP_HTML_ON_COUNT          3
#define WFP_HTML_ON_DOCUMENT_COUNT 4

typedef struct wfp_html_stream_t {
    wfp_html_program_t program;
    wfp_html_page_t page;
    wfp_html_memory_t memory;
    lua_State *L;      /* while memory may be asked for */
    int refs;          /* slot of the table on its stack */
    wfp_buffer_t *out; /* while a chunk is made: its text */
    apr_uint64_t turn; /* odd: handlers run */
    apr_uint32_t owners;
    apr_uint32_t documents; /* onDocument calls */
    apr_uint32_t removed;   /* depth of the outermost element whose content does
                               not go out, 0: none */
    apr_uint32_t later;     /* elements in WFP_HTML_LATER */
    apr_byte_t wants[WFP_HTML_OWNERS_MAX]; /* bit n: has a handler n */
    apr_byte_t document_wants;
    const char *tail_end;    /* closes WFP_HTML_TAIL when something follows it;
                             NULL: it is dropped then */
    apr_uint64_t angle_end;  /* where in the page open_angle ended */
    const char *partial_end; /* the same of a comment that comes in pieces */
    unsigned busy : 1;       /* a chunk is being made, or making it failed */
    unsigned ended : 1;
    unsigned has_tail : 1;
    unsigned open_angle : 2; /* bytes of "<" or "</" that ended a text and are
                                not out yet */
    /* of this turn: */
    unsigned drop_token : 1;
    unsigned drop_content : 1;
    unsigned drop_end : 1;
    unsigned gone : 1;    /* the element, with all that is inside */
    unsigned touched : 1; /* there are values */
} wfp_html_stream_t;

/** What a handler gets; user value 1 is the stream. */
typedef struct wfp_html_node_t {
    wfp_html_stream_t *stream;
    apr_uint64_t turn;
} wfp_html_node_t;

extern const wfp_class_t wfp_html_element_class;
extern const wfp_class_t wfp_html_end_tag_class;
extern const wfp_class_t wfp_html_text_class;
extern const wfp_class_t wfp_html_comment_class;
extern const wfp_class_t wfp_html_doctype_class;
extern const wfp_class_t wfp_html_document_end_class;

/** Slots of Lua's stack while a chunk is made; the third is the output's. What
 *  is called for it finds the stack so and leaves it so. */
enum {
    WFP_HTML_SLOT_STREAM = 1,
    WFP_HTML_SLOT_REFS,
    WFP_HTML_SLOT_TOP
};

/* ---- html_node.c ---- */

/** [-0, +1, m] Push a node for the current turn of the stream at idx. */
void wfp_html_node_push(lua_State *L, int idx, const wfp_class_t *cls);

/** [-0, +1, v] The stream of the node at 1, whose turn it must be; pushes the
 *  stream's table. cls NULL: any node. */
wfp_html_stream_t *wfp_html_node_check(lua_State *L, const wfp_class_t *cls);

/** [-0, +1, v] Push the text at 2 as it goes out: escaped, unless the options
 *  at 3 say html. method: for the error. */
void wfp_html_node_push_content(lua_State *L, const char *method);

/** [-1, +0, m] The text on the top joins the value at key of the table at
 *  `refs`, in front of it or behind. */
void wfp_html_node_join(lua_State *L, wfp_html_stream_t *st, int refs, int key,
                        int in_front);

/** [-0, +0, e] node:before(content, options), after, replace; node:remove() */
int wfp_html_node_before(lua_State *L);
int wfp_html_node_after(lua_State *L);
int wfp_html_node_replace(lua_State *L);
int wfp_html_node_remove(lua_State *L);

/* ---- html_tag.c: the text of a start tag, changed ---- */

/** [-0, +1, m] The tag's text as it is now. Pushes what anchors it. */
const char *wfp_html_tag_text(lua_State *L, wfp_html_stream_t *st, int refs,
                              size_t *n);

/** Find an attribute; the first of its name. @return 0: there is none */
int wfp_html_tag_find(wfp_html_attr_t *attr, const char *s, size_t n,
                      const char *name, size_t name_n);

/** [-0, +1, m] Push the text s with an attribute set, or without all of its
 *  name. Value: as given, quotes are escaped. */
void wfp_html_tag_push_set(lua_State *L, const char *s, size_t n,
                           const wfp_html_text_t *name,
                           const wfp_html_text_t *value);
void wfp_html_tag_push_without(lua_State *L, const char *s, size_t n,
                               const wfp_html_text_t *name);

/** [-0, +1, m] Push the text with its ASCII letters in lower case. */
void wfp_html_tag_push_lower(lua_State *L, const char *s, size_t n);

/** [-0, +1, m] Push the text s of a start or end tag with another name. */
void wfp_html_tag_push_renamed(lua_State *L, const char *s, size_t n,
                               const char *name, size_t name_n);

/* ---- html_output.c ---- */

/** [-0, +0, m] Put bytes out; the string at idx, if it is one; a value of the
 *  turn; the token as it came. */
void wfp_html_output_put(wfp_html_stream_t *st, const char *s, size_t n);
void wfp_html_output_string(wfp_html_stream_t *st, int idx);
void wfp_html_output_value(wfp_html_stream_t *st, int key);
void wfp_html_output_token(wfp_html_stream_t *st);

/** [-0, +0, m] The page has ended, and all else is out. */
void wfp_html_output_end(wfp_html_stream_t *st);

/* ---- html_turn.c ---- */

/** Is there a handler for this token? Kind 0: none of a selector;
 *  document_kind 0: none of onDocument. */
int wfp_html_turn_is_wanted(const wfp_html_stream_t *st, int kind,
                            int document_kind);

/** Begin a turn by hand; it ends with turn++. */
void wfp_html_turn_begin(wfp_html_stream_t *st);

/** [-0, +0, e] Call the function at index of the array on the top, if it is
 *  one, with the node at slot node. */
void wfp_html_turn_call(lua_State *L, int node, lua_Integer index);

/** [-0, +0, e] A turn with a node of this class: handlers of onDocument first,
 *  then those of selectors, each in the order they were given. */
void wfp_html_turn_run(wfp_html_stream_t *st, const wfp_class_t *cls, int kind,
                       int document_kind);

/** [-0, +0, m] The values of the turn that has ended are not needed more. */
void wfp_html_turn_forget(wfp_html_stream_t *st);

/* ---- html_stream.c ---- */

/** [-0, +1, m] Push a stream over the Body at slot body for the rewriter's
 *  arrays of handlers, documents and selectors (slots). */
void wfp_html_stream_push(lua_State *L, int body, int handlers, int documents,
                          int selectors);

/** [-1, +1, m] Replace the stream on the top by the function that gives its
 *  chunks. */
void wfp_html_stream_function(lua_State *L);

#endif
