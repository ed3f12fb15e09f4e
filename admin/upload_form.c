/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of uploads. Called by the routes that take code or settings; fuzzed
 * as it is, so it must stay a function of its bytes. The parsing rule is that
 * of docs/api/uploads.md.
 */
#include "admin/upload_form.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "admin/bracket.h"
#include "core/multipart.h"

/* A part in full. */
typedef struct part_t {
    const char *name;
    const char *filename;
    const char *type;
    const char *data;
    apr_size_t size;
} part_t;

typedef struct reader_t {
    const wfp_upload_source_t *from;
    wfp_upload_form_t *form;
    apr_array_header_t *parts; /* part_t: those that may be modules */
    wfp_json_t *brackets;      /* of bracket fields; NULL: none yet */
    int has_field;
    char *copy; /* where the next part's bytes go */
    wfp_result_t *res;
    apr_pool_t *pool;
} reader_t;

static apr_status_t refuse(reader_t *rd, const char *what, const char *why)
{
    return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL, "\"%.200s\" %s",
                          what, why);
}

static apr_status_t refuse_body(reader_t *rd, const char *why)
{
    return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL,
                          "the upload's body: %s", why);
}

/* ---- what kind of body ------------------------------------------------- */

/* The boundary that the body itself shows, or NULL: "--B CRLF
 * Content-Disposition:". */
static const char *sniff_boundary(const wfp_upload_source_t *from,
                                  apr_pool_t *p)
{
    static const char head[] = "\r\nContent-Disposition:";
    const char *end;
    apr_size_t n;

    if (from->size < 2 || memcmp(from->body, "--", 2) != 0) {
        return NULL;
    }
    end = memchr(from->body, '\r', from->size);
    n = end ? (apr_size_t)(end - from->body) - 2 : 0;
    if (n < 1 || n > WFP_MULTIPART_BOUNDARY_MAX
        || memchr(from->body, '"', n + 2) || memchr(from->body, '\\', n + 2)
        || from->size - n - 2 < sizeof(head) - 1
        || strncasecmp(end, head, sizeof(head) - 1) != 0) {
        return NULL;
    }
    return apr_pstrmemdup(p, from->body + 2, n);
}

/* Does the header name one? */
static int has_boundary(const char *content_type)
{
    const char *semicolon = content_type ? strchr(content_type, ';') : NULL;

    for (; semicolon; semicolon = strchr(semicolon + 1, ';')) {
        const char *at = semicolon + 1;

        while (*at == ' ' || *at == '\t') {
            at++;
        }
        if (strncasecmp(at, "boundary", 8) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The Content-Type to read a multipart body by, or NULL: it is none. */
static const char *multipart_type(const wfp_upload_source_t *from,
                                  apr_pool_t *p)
{
    const char *type = from->content_type, *boundary;
    int is_multipart = wfp_multipart_is_type(type, "multipart/form-data");

    if (is_multipart && has_boundary(type)) {
        return type;
    }
    boundary = sniff_boundary(from, p);
    if (boundary) {
        return apr_pstrcat(p, "multipart/form-data; boundary=\"", boundary,
                           "\"", NULL);
    }
    return is_multipart ? type : NULL;
}

static int is_json(const wfp_upload_source_t *from)
{
    apr_size_t i = 0;

    while (i < from->size && apr_isspace(from->body[i])) {
        i++;
    }
    /* no Lua script begins so */
    return i < from->size && from->body[i] == '{';
}

/* ---- the field: metadata or settings ----------------------------------- */

static apr_status_t set_field(reader_t *rd, const char *text, apr_size_t n)
{
    const char *name = rd->from->field;
    apr_status_t rv;

    if (rd->has_field) {
        return refuse(rd, name, "is given twice");
    }
    rv = wfp_json_read(&rd->form->field, text, n, rd->res, rd->pool);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(rd->res, WFP_INVALID, rv, "\"%s\": %s", name,
                              rd->res ? rd->res->message : "");
    }
    if (!wfp_json_is_object(rd->form->field)) {
        return refuse(rd, name, "is not a JSON object");
    }
    rd->has_field = 1;
    return APR_SUCCESS;
}

static apr_status_t read_json(reader_t *rd)
{
    wfp_json_t *inner;
    apr_status_t rv = set_field(rd, rd->from->body, rd->from->size);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    inner = wfp_json_get(rd->form->field, rd->from->field, rd->pool);
    if (wfp_json_str(inner)) {
        rd->has_field = 0;
        return set_field(rd, wfp_json_str(inner), strlen(wfp_json_str(inner)));
    }
    if (inner && !wfp_json_is_object(inner)) {
        return refuse(rd, rd->from->field, "is not a JSON object");
    }
    if (inner) {
        rd->form->field = inner;
    }
    return APR_SUCCESS;
}

/* ---- modules ------------------------------------------------------------ */

static int is_number(const char *s)
{
    return *s && strspn(s, "0123456789") == strlen(s);
}

static const char *module_name(const part_t *part)
{
    const char *name = part->name;

    if (part->filename && *part->filename
        && (!strcmp(name, "files") || !strncmp(name, "files[", 6)
            || is_number(name))) {
        name = part->filename;
    }
    return strncmp(name, "./", 2) ? name : name + 2;
}

static int is_javascript(const part_t *part)
{
    const char *ending = strrchr(module_name(part), '.');

    if (ending && !strcmp(ending, ".lua")) {
        return 0; /* wrangler's rules may call any file a script */
    }
    return wfp_multipart_is_type(part->type, "application/javascript+module")
           || wfp_multipart_is_type(part->type, "application/javascript")
           || wfp_multipart_is_type(part->type, "text/javascript+module")
           || wfp_multipart_is_type(part->type, "application/source-map");
}

static wfp_module_e module_kind(const part_t *part)
{
    wfp_module_e kind = wfp_module_kind_by_name(module_name(part));

    if (kind != WFP_MODULE_DATA || !part->type) {
        return kind;
    }
    if (wfp_multipart_is_type(part->type, "text/x-lua")
        || wfp_multipart_is_type(part->type, "application/x-lua")) {
        return WFP_MODULE_LUA;
    }
    return strncasecmp(part->type, "text/", 5) ? WFP_MODULE_DATA
                                               : WFP_MODULE_TEXT;
}

static void add_module(reader_t *rd, const part_t *part, wfp_module_e kind)
{
    wfp_module_t *module = apr_array_push(rd->form->modules);

    memset(module, 0, sizeof(*module));
    module->name = module_name(part);
    module->data = part->data;
    module->size = part->size;
    module->kind = kind;
}

/* A form's file that wrangler had to be given: JavaScript, and not the Lua
 * that is comment to JavaScript, which begins with "--[[". */
static int is_stub(const part_t *part)
{
    const char *ending = strrchr(part->name, '.');

    return (is_javascript(part) || (ending && !strcmp(ending, ".js")))
           && strncmp(part->data, "--[[", 4) != 0;
}

/* Of a stub that is named as main module: the only .lua file on top, or
 * worker.lua. NULL: there is none */
static const part_t *behind_stub(const reader_t *rd)
{
    const part_t *found = NULL;
    int i, count = 0;

    for (i = 0; i < rd->parts->nelts; i++) {
        const part_t *part = &APR_ARRAY_IDX(rd->parts, i, part_t);
        const char *name = module_name(part), *ending = strrchr(name, '.');

        if (ending && !strcmp(ending, ".lua") && !strchr(name, '/')) {
            if (!strcmp(name, "worker.lua")) {
                return part;
            }
            found = part;
            count++;
        }
    }
    return count == 1 ? found : NULL;
}

static const part_t *find_part(const reader_t *rd, const char *name)
{
    int i;

    name = strncmp(name, "./", 2) ? name : name + 2;
    for (i = 0; i < rd->parts->nelts; i++) {
        const part_t *part = &APR_ARRAY_IDX(rd->parts, i, part_t);

        if (!strcmp(module_name(part), name)) {
            return part;
        }
    }
    return NULL;
}

/* The name of the main module that headers or metadata give; NULL: none. */
static apr_status_t named_main(const char **pname, reader_t *rd)
{
    static const char *const members[] = { "main_module", "body_part" };
    const char *headers[] = { rd->from->main_part, rd->from->body_part };
    int i;

    *pname = NULL;
    for (i = 0; i < 4 && !*pname; i++) {
        wfp_json_t *v = i < 2 ? NULL
                              : wfp_json_get(rd->form->field, members[i - 2],
                                             rd->pool);

        if (v && !wfp_json_is_null(v) && !wfp_json_str(v)) {
            return refuse(rd, members[i - 2], "is not a string");
        }
        *pname = i < 2 ? headers[i] : wfp_json_str(v);
        rd->form->has_modules = !*pname || i % 2 == 0;
    }
    return APR_SUCCESS;
}

/* Behind nothing but assets: what they have not is not there. */
#define STAND_IN                                                               \
    "return { fetch = function() return Response.new(nil, { status = 404 }) "  \
    "end }\n"

static void add_stand_in(reader_t *rd)
{
    wfp_module_t *module = apr_array_push(rd->form->modules);

    memset(module, 0, sizeof(*module));
    module->name = rd->form->main_module = "worker.lua";
    module->kind = WFP_MODULE_LUA;
    module->data = STAND_IN;
    module->size = sizeof(STAND_IN) - 1;
    rd->form->only_assets = 1;
}

static apr_status_t pick_main(const part_t **pmain, reader_t *rd)
{
    const part_t *lua;
    const char *name;
    apr_status_t rv = named_main(&name, rd);

    *pmain = NULL;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!name && !rd->from->needs_code) {
        return APR_SUCCESS;
    }
    if (!name && wfp_json_get(rd->form->field, "assets", rd->pool)) {
        add_stand_in(rd);
        return APR_SUCCESS;
    }
    if (!name) {
        return refuse(rd, rd->from->field,
                      "names neither a main_module nor a body_part");
    }
    *pmain = find_part(rd, name);
    if (!*pmain) {
        return refuse(rd, name,
                      "is named as main module, but is not among the files");
    }
    lua = is_stub(*pmain) ? behind_stub(rd) : NULL;
    if (lua) {
        *pmain = lua;
        rd->form->has_modules = 1;
    }
    return APR_SUCCESS;
}

static apr_status_t take_modules(reader_t *rd)
{
    const part_t *main_part;
    int i;
    apr_status_t rv = pick_main(&main_part, rd);

    for (i = 0; rv == APR_SUCCESS && i < rd->parts->nelts; i++) {
        const part_t *part = &APR_ARRAY_IDX(rd->parts, i, part_t);

        if (rd->form->only_assets) {
            break;
        }
        if (part == main_part) {
            add_module(rd, part, WFP_MODULE_LUA);
            rd->form->main_module = module_name(part);
        }
        else if (!is_javascript(part)) {
            add_module(rd, part, module_kind(part));
        }
    }
    return rv;
}

/* ---- multipart ---------------------------------------------------------- */

/* A part is whole: field, bracket field, or file. */
static apr_status_t take_part(reader_t *rd, const part_t *part)
{
    if (!strcmp(part->name, rd->from->field)) {
        return set_field(rd, part->data, part->size);
    }
    if (wfp_bracket_is(part->name, rd->from->field)) {
        if (!rd->brackets) {
            rd->brackets = wfp_json_object(rd->pool);
        }
        return wfp_bracket_set(rd->brackets, part->name, part->data, part->size,
                               rd->res, rd->pool);
    }
    if (!*module_name(part)) {
        return refuse_body(rd, "a file has no name");
    }
    APR_ARRAY_PUSH(rd->parts, part_t) = *part;
    return APR_SUCCESS;
}

static void begin_part(reader_t *rd, part_t *part,
                       const wfp_multipart_part_t *head)
{
    part->name = apr_pstrdup(rd->pool, head->name);
    part->filename = apr_pstrdup(rd->pool, head->filename);
    part->type = apr_pstrdup(rd->pool, head->type);
    part->data = rd->copy;
    part->size = 0;
}

static apr_status_t read_multipart(reader_t *rd, const char *type)
{
    wfp_multipart_t *m = apr_palloc(rd->pool, sizeof(*m));
    wfp_multipart_e event = WFP_MULTIPART_MORE;
    part_t part = { 0 };
    apr_status_t rv = wfp_multipart_init(m, type, WFP_UPLOAD_FORM_PARTS_MAX);

    if (rv != APR_SUCCESS) {
        return refuse_body(rd, m->wrong);
    }
    /* the delimiters leave room for a NUL behind each part */
    rd->copy = apr_palloc(rd->pool, rd->from->size + 1);
    wfp_multipart_feed(m, rd->from->body, rd->from->size);
    while (rv == APR_SUCCESS
           && (event = wfp_multipart_next(m)) != WFP_MULTIPART_MORE
           && event != WFP_MULTIPART_BAD) {
        if (event == WFP_MULTIPART_BEGIN) {
            begin_part(rd, &part, &m->part);
        }
        else if (event == WFP_MULTIPART_DATA) {
            memcpy(rd->copy, m->data, m->n);
            rd->copy += m->n;
            part.size += m->n;
        }
        else {
            *rd->copy++ = '\0';
            rv = take_part(rd, &part);
        }
    }
    if (rv == APR_SUCCESS
        && (event == WFP_MULTIPART_BAD
            || wfp_multipart_finish(m) != APR_SUCCESS)) {
        return refuse_body(rd, m->wrong);
    }
    if (rv == APR_SUCCESS && rd->brackets) {
        if (rd->has_field) {
            return refuse(rd, rd->from->field, "is given twice");
        }
        rd->form->field = rd->brackets;
    }
    return rv;
}

/* ---- all ---------------------------------------------------------------- */

static apr_status_t read_raw(reader_t *rd)
{
    part_t part = { "worker.lua", NULL, NULL, NULL, rd->from->size };

    if (!rd->from->size) {
        return refuse_body(rd, "it is empty");
    }
    part.data = apr_pstrmemdup(rd->pool, rd->from->body, rd->from->size);
    add_module(rd, &part, WFP_MODULE_LUA);
    rd->form->main_module = part.name;
    rd->form->has_modules = 0;
    return APR_SUCCESS;
}

apr_status_t wfp_upload_form_read(wfp_upload_form_t **pform,
                                  const wfp_upload_source_t *from,
                                  wfp_result_t *res, apr_pool_t *p)
{
    wfp_upload_form_t *form = apr_pcalloc(p, sizeof(*form));
    reader_t rd = { .from = from, .form = form, .res = res, .pool = p };
    const char *type = multipart_type(from, p);
    apr_status_t rv;

    rd.parts = apr_array_make(p, 4, sizeof(part_t));
    form->field = wfp_json_object(p);
    form->modules = apr_array_make(p, 4, sizeof(wfp_module_t));
    form->main_module = "";
    if (!type && !is_json(from)) {
        if (!from->needs_code) {
            return refuse(&rd, from->field,
                          "is missing: the body is neither JSON nor a form");
        }
        rv = read_raw(&rd);
    }
    else {
        rv = type ? read_multipart(&rd, type) : read_json(&rd);
        if (rv == APR_SUCCESS) {
            rv = take_modules(&rd);
        }
    }
    if (rv == APR_SUCCESS) {
        *pform = form;
    }
    return rv;
}
