/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metadata to a version and back. Called by the routes of the API; how single
 * bindings and limits look is core's (binding_json, settings_json).
 */
#include "admin/metadata.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/metadata_keys.h"
#include "admin/upload.h"
#include "core/binding_json.h"
#include "core/name.h"
#include "core/settings_json.h"

/* Most bytes of annotations. */
#define MESSAGE_MAX     1000
#define VERSION_TAG_MAX 100

typedef struct reader_t {
    wfp_metadata_t *meta;
    wfp_result_t *res;
    apr_pool_t *pool;
} reader_t;

static apr_status_t refuse(reader_t *rd, const char *what, const char *why)
{
    return wfp_result_set(rd->res, WFP_INVALID, APR_EINVAL, "%s %s", what, why);
}

/* ---- reading ------------------------------------------------------------ */

/* Is it a binding to be carried over? {"type":"inherit"}, and in a PATCH a bare
 * {"name","type"} of a kind that has more members. */
static int is_inherit(const wfp_json_t *v, wfp_metadata_mode_e mode,
                      apr_pool_t *p)
{
    const char *type = wfp_json_str(wfp_json_get(v, "type", p));

    if (!type) {
        return 0;
    }
    return !strcmp(type, "inherit")
           || (mode == WFP_METADATA_PATCH && wfp_json_size(v) == 2
               && strcmp(type, "version_metadata") && strcmp(type, "assets")
               && wfp_binding_kind_by_name(type) != WFP_BINDING_KIND_COUNT
               && wfp_json_get(v, "name", p));
}

static apr_status_t read_inherit(wfp_metadata_binding_t *to,
                                 const wfp_json_t *v, reader_t *rd)
{
    apr_pool_t *p = rd->pool;
    const char *type = wfp_json_str(wfp_json_get(v, "type", p));
    const char *name = wfp_json_str(wfp_json_get(v, "name", p));
    wfp_json_t *old_name = wfp_json_get(v, "old_name", p);
    wfp_json_t *version = wfp_json_get(v, "version_id", p);

    memset(to, 0, sizeof(*to));
    if (!name || !wfp_name_is_binding(name, strlen(name))) {
        return refuse(rd, "a binding to be inherited",
                      "has no \"name\" that is an identifier");
    }
    if (old_name && !wfp_json_is_null(old_name) && !wfp_json_str(old_name)) {
        return refuse(rd, apr_psprintf(p, "binding \"%s\": \"old_name\"", name),
                      "is not a string");
    }
    if (version && !wfp_json_is_null(version)
        && (!wfp_json_str(version)
            || strcmp(wfp_json_str(version), "latest"))) {
        return refuse(rd,
                      apr_psprintf(p, "binding \"%s\": \"version_id\"", name),
                      "is not supported");
    }
    to->any_kind = !strcmp(type, "inherit");
    to->binding.kind = wfp_binding_kind_by_name(type);
    to->binding.name = name;
    to->inherit = wfp_json_str(old_name) ? wfp_json_str(old_name) : name;
    return APR_SUCCESS;
}

static int has_name(const apr_array_header_t *bindings, const char *name)
{
    int i;

    for (i = 0; i < bindings->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(bindings, i, wfp_metadata_binding_t)
                        .binding.name,
                    name)) {
            return 1;
        }
    }
    return 0;
}

/* All in the order they came: first those that are given in full, together,
 * then each gets its place. */
static apr_status_t read_bindings(reader_t *rd, const wfp_json_t *arr)
{
    wfp_json_t *given = wfp_json_array(rd->pool);
    apr_array_header_t *read = NULL;
    apr_size_t i;
    int next = 0;
    apr_status_t rv;

    rd->meta->has_bindings = 1;
    if (wfp_json_size(arr) > WFP_UPLOAD_BINDINGS_MAX) {
        return refuse(rd, "\"bindings\"", "are more than 1000");
    }
    for (i = 0; i < wfp_json_size(arr); i++) {
        wfp_json_t *v = wfp_json_at(arr, i, rd->pool);

        if (!is_inherit(v, rd->meta->mode, rd->pool)) {
            wfp_json_add(given, v);
        }
    }
    rv = wfp_binding_json_read(&read, given, rd->res, rd->pool);
    for (i = 0; rv == APR_SUCCESS && i < wfp_json_size(arr); i++) {
        wfp_json_t *v = wfp_json_at(arr, i, rd->pool);
        wfp_metadata_binding_t one = { 0 };

        if (is_inherit(v, rd->meta->mode, rd->pool)) {
            rv = read_inherit(&one, v, rd);
        }
        else {
            one.binding = APR_ARRAY_IDX(read, next, wfp_binding_t);
            next++;
        }
        if (rv == APR_SUCCESS
            && has_name(rd->meta->bindings, one.binding.name)) {
            rv = refuse(rd,
                        apr_psprintf(rd->pool, "binding \"%s\"",
                                     one.binding.name),
                        "is given twice");
        }
        APR_ARRAY_PUSH(rd->meta->bindings, wfp_metadata_binding_t) = one;
    }
    return rv;
}

/* Types that no binding of this server can have keep nothing. */
static apr_status_t read_keep(reader_t *rd, const wfp_json_t *arr)
{
    apr_size_t i;

    if (arr && !wfp_json_is_null(arr) && !wfp_json_is_array(arr)) {
        return refuse(rd, "\"keep_bindings\"", "is not an array");
    }
    for (i = 0; i < wfp_json_size(arr); i++) {
        const char *type = wfp_json_str(wfp_json_at(arr, i, rd->pool));

        if (!type) {
            return refuse(rd, "\"keep_bindings\"",
                          "is not an array of strings");
        }
        if (wfp_binding_kind_by_name(type) != WFP_BINDING_KIND_COUNT) {
            rd->meta->keep |= 1u << wfp_binding_kind_by_name(type);
        }
    }
    return APR_SUCCESS;
}

static int has_text(const apr_array_header_t *texts, const char *text)
{
    int i;

    for (i = 0; i < texts->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(texts, i, const char *), text)) {
            return 1;
        }
    }
    return 0;
}

apr_status_t wfp_metadata_read_tags(apr_array_header_t **ptags,
                                    const wfp_json_t *arr, wfp_result_t *res,
                                    apr_pool_t *p)
{
    apr_array_header_t *tags = apr_array_make(p, 8, sizeof(const char *));
    apr_size_t i;

    if (arr && !wfp_json_is_null(arr) && !wfp_json_is_array(arr)) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "\"tags\" is not an array");
    }
    for (i = 0; i < wfp_json_size(arr); i++) {
        const char *tag = wfp_json_str(wfp_json_at(arr, i, p));

        if (!tag) {
            return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                                  "\"tags\" is not an array of strings");
        }
        /* one too many is enough to be told so */
        if (tags->nelts <= WFP_UPLOAD_TAGS_MAX && !has_text(tags, tag)) {
            APR_ARRAY_PUSH(tags, const char *) = tag;
        }
    }
    *ptags = tags;
    return APR_SUCCESS;
}

static apr_status_t read_annotation(const char **ptext, reader_t *rd,
                                    const wfp_json_t *obj, const char *key,
                                    apr_size_t max)
{
    wfp_json_t *v = wfp_json_get(obj, key, rd->pool);

    if (!v || wfp_json_is_null(v)) {
        return APR_SUCCESS;
    }
    if (!wfp_json_str(v) || strlen(wfp_json_str(v)) > max) {
        return refuse(rd, apr_psprintf(rd->pool, "annotation \"%s\"", key),
                      apr_psprintf(rd->pool,
                                   "is not a string of at most %d bytes",
                                   (int)max));
    }
    *ptext = wfp_json_str(v);
    return APR_SUCCESS;
}

static apr_status_t read_annotations(reader_t *rd, const wfp_json_t *obj)
{
    apr_status_t rv;

    if (obj && !wfp_json_is_null(obj) && !wfp_json_is_object(obj)) {
        return refuse(rd, "\"annotations\"", "is not an object");
    }
    rv = read_annotation(&rd->meta->message, rd, obj, "workers/message",
                         MESSAGE_MAX);
    return rv == APR_SUCCESS ? read_annotation(&rd->meta->version_tag, rd, obj,
                                               "workers/tag", VERSION_TAG_MAX)
                             : rv;
}

static apr_status_t check_assets_member(void *baton, const char *key,
                                        wfp_json_t *v)
{
    reader_t *rd = baton;

    if (!strcmp(key, "jwt")) {
        return wfp_json_str(v) || wfp_json_is_null(v)
                   ? APR_SUCCESS
                   : refuse(rd, "assets: \"jwt\"", "is not a string");
    }
    return strcmp(key, "config")
               ? refuse(rd, apr_psprintf(rd->pool, "assets: \"%.80s\"", key),
                        "is not supported")
               : APR_SUCCESS;
}

static apr_status_t read_assets(reader_t *rd, const wfp_json_t *obj)
{
    wfp_json_t *assets = wfp_json_get(obj, "assets", rd->pool);
    const wfp_json_t *keep = wfp_json_get(obj, "keep_assets", rd->pool);

    rd->meta->assets_ref = "";
    if (keep && !wfp_json_is_null(keep) && !wfp_json_is_bool(keep)) {
        return refuse(rd, "\"keep_assets\"", "is not true or false");
    }
    rd->meta->keep_assets = wfp_json_is_true(keep)
                            || rd->meta->mode == WFP_METADATA_PATCH;
    if (!assets || wfp_json_is_null(assets)) {
        return APR_SUCCESS;
    }
    if (!wfp_json_is_object(assets)) {
        return refuse(rd, "\"assets\"", "is not an object");
    }
    if (rd->meta->mode == WFP_METADATA_PATCH && wfp_json_size(assets)) {
        return refuse(rd, "\"assets\"", "change with an upload of code only");
    }
    rd->meta->assets = wfp_json_size(assets) ? assets : NULL;
    return wfp_json_each(assets, check_assets_member, rd, rd->pool);
}

apr_status_t wfp_metadata_read(wfp_metadata_t **pmeta, const wfp_json_t *obj,
                               wfp_metadata_mode_e mode,
                               const wfp_limit_policy_t *policy,
                               wfp_result_t *res, apr_pool_t *p)
{
    wfp_metadata_t *meta = apr_pcalloc(p, sizeof(*meta));
    reader_t rd = { meta, res, p };
    wfp_json_t *bindings = wfp_json_get(obj, "bindings", p);
    wfp_json_t *tags = wfp_json_get(obj, "tags", p);
    wfp_json_t *limits = wfp_json_get(obj, "limits", p);
    apr_status_t rv;

    meta->mode = mode;
    meta->message = meta->version_tag = "";
    meta->bindings = apr_array_make(p, 8, sizeof(wfp_metadata_binding_t));
    meta->notes = apr_array_make(p, 2, sizeof(const char *));
    meta->settings = wfp_json_object(p);
    meta->has_tags = tags != NULL;
    meta->has_limits = limits != NULL;
    rv = wfp_metadata_keys_read(meta->settings, meta->notes, obj, res, p);
    if (rv == APR_SUCCESS && bindings && !wfp_json_is_null(bindings)) {
        rv = wfp_json_is_array(bindings)
                 ? read_bindings(&rd, bindings)
                 : refuse(&rd, "\"bindings\"", "is not an array");
    }
    if (rv == APR_SUCCESS) {
        rv = read_keep(&rd, wfp_json_get(obj, "keep_bindings", p));
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_metadata_read_tags(&meta->tags, tags, res, p);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_settings_json_read_limits(&meta->limits, limits, policy, res,
                                           p);
    }
    if (rv == APR_SUCCESS) {
        rv = read_assets(&rd, obj);
    }
    if (rv == APR_SUCCESS) {
        rv = read_annotations(&rd, wfp_json_get(obj, "annotations", p));
    }
    if (rv == APR_SUCCESS) {
        *pmeta = meta;
    }
    return rv;
}

/* ---- applying ----------------------------------------------------------- */

static const wfp_binding_t *find_binding(const wfp_script_t *script,
                                         const char *name)
{
    int i;

    for (i = 0; script && i < script->bindings->nelts; i++) {
        const wfp_binding_t *b = &APR_ARRAY_IDX(script->bindings, i,
                                                wfp_binding_t);

        if (!strcmp(b->name, name)) {
            return b;
        }
    }
    return NULL;
}

static apr_status_t apply_one(wfp_script_t *next,
                              const wfp_metadata_binding_t *one, int strict,
                              const wfp_script_t *prev, wfp_result_t *res)
{
    const wfp_binding_t *before;
    wfp_binding_t *b;

    if (!one->inherit) {
        APR_ARRAY_PUSH(next->bindings, wfp_binding_t) = one->binding;
        return APR_SUCCESS;
    }
    before = find_binding(prev, one->inherit);
    if (before && (one->any_kind || before->kind == one->binding.kind)) {
        b = apr_array_push(next->bindings);
        *b = *before;
        b->name = one->binding.name;
        return APR_SUCCESS;
    }
    if (!strict) {
        return APR_SUCCESS;
    }
    return wfp_result_about(
        res, WFP_ABOUT_INHERIT,
        wfp_result_set(res, WFP_NOT_FOUND, APR_NOTFOUND,
                       "binding \"%s\" cannot be inherited: the version before "
                       "has no \"%.80s\" of that type",
                       one->binding.name, one->inherit));
}

static apr_status_t apply_bindings(wfp_script_t *next,
                                   const wfp_metadata_t *meta,
                                   const wfp_script_t *prev, wfp_result_t *res,
                                   apr_pool_t *p)
{
    int strict = meta->strict || meta->mode == WFP_METADATA_PATCH;
    int i;
    apr_status_t rv = APR_SUCCESS;

    if (meta->mode == WFP_METADATA_PATCH && !meta->has_bindings) {
        next->bindings = prev ? apr_array_copy(p, prev->bindings)
                              : apr_array_make(p, 1, sizeof(wfp_binding_t));
        return APR_SUCCESS;
    }
    next->bindings = apr_array_make(p, 8, sizeof(wfp_binding_t));
    for (i = 0; rv == APR_SUCCESS && i < meta->bindings->nelts; i++) {
        rv = apply_one(next,
                       &APR_ARRAY_IDX(meta->bindings, i,
                                      wfp_metadata_binding_t),
                       strict, prev, res);
    }
    for (i = 0; rv == APR_SUCCESS && prev && i < prev->bindings->nelts; i++) {
        const wfp_binding_t *b = &APR_ARRAY_IDX(prev->bindings, i,
                                                wfp_binding_t);

        if ((meta->keep & 1u << b->kind) && !find_binding(next, b->name)) {
            APR_ARRAY_PUSH(next->bindings, wfp_binding_t) = *b;
        }
    }
    return rv;
}

/* Settings on their way into `to`. */
typedef struct carry_t {
    wfp_json_t *to;
    const wfp_metadata_t *meta;
    apr_pool_t *pool;
} carry_t;

/* A setting of the version before: does it stay? */
static apr_status_t carry_member(void *baton, const char *key, wfp_json_t *v)
{
    carry_t *carry = baton;
    const wfp_metadata_t *meta = carry->meta;

    if ((meta->mode == WFP_METADATA_PATCH || wfp_metadata_keys_is_lasting(key))
        && !wfp_json_get(meta->settings, key, carry->pool)) {
        wfp_json_set(carry->to, key, v);
    }
    return APR_SUCCESS;
}

static apr_status_t set_member(void *baton, const char *key, wfp_json_t *v)
{
    carry_t *carry = baton;

    if (!wfp_json_is_null(v)) {
        wfp_json_set(carry->to, key, v);
    }
    return APR_SUCCESS;
}

static apr_status_t parse_settings(wfp_json_t **pobj, const wfp_script_t *from,
                                   wfp_result_t *res, apr_pool_t *p)
{
    *pobj = NULL;
    return from && *from->settings
               ? wfp_json_parse(pobj, from->settings, strlen(from->settings),
                                res, p)
               : APR_SUCCESS;
}

static apr_status_t apply_settings(wfp_script_t *next,
                                   const wfp_metadata_t *meta,
                                   const wfp_script_t *prev, wfp_result_t *res,
                                   apr_pool_t *p)
{
    carry_t carry = { wfp_json_object(p), meta, p };
    wfp_json_t *before = NULL;
    apr_status_t rv = APR_SUCCESS;

    if (meta->mode != WFP_METADATA_UPLOAD) {
        rv = parse_settings(&before, prev, res, p);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_json_each(before, carry_member, &carry, p);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_json_each(meta->settings, set_member, &carry, p);
    }
    next->settings = wfp_json_size(carry.to) ? wfp_json_text(carry.to, p) : "";
    return rv;
}

apr_status_t wfp_metadata_apply(wfp_script_t *next, const wfp_metadata_t *meta,
                                const wfp_script_t *prev, wfp_result_t *res,
                                apr_pool_t *p)
{
    int is_patch = meta->mode == WFP_METADATA_PATCH;
    apr_status_t rv = apply_bindings(next, meta, prev, res, p);

    next->version_tag = meta->version_tag;
    next->tags = prev && !meta->has_tags && meta->mode != WFP_METADATA_UPLOAD
                     ? prev->tags
                     : meta->tags;
    next->limits = prev && is_patch && !meta->has_limits ? prev->limits
                                                         : meta->limits;
    return rv == APR_SUCCESS ? apply_settings(next, meta, prev, res, p) : rv;
}

/* ---- writing ------------------------------------------------------------ */

/* What a main module is, is shown by who shows modules. */
static apr_status_t show_member(void *baton, const char *key, wfp_json_t *v)
{
    return strcmp(key, "body_part") ? set_member(baton, key, v) : APR_SUCCESS;
}

apr_status_t wfp_metadata_write(wfp_json_t **pobj, const wfp_script_t *script,
                                wfp_result_t *res, apr_pool_t *p)
{
    carry_t shown = { wfp_json_object(p), NULL, p };
    wfp_json_t *settings, *bindings, *tags = wfp_json_array(p);
    int i;
    apr_status_t rv = wfp_binding_json_write(&bindings, script->bindings, 0,
                                             res, p);

    if (rv == APR_SUCCESS) {
        rv = parse_settings(&settings, script, res, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (i = 0; i < script->tags->nelts; i++) {
        wfp_json_add_str(tags, APR_ARRAY_IDX(script->tags, i, const char *));
    }
    wfp_json_set(shown.to, "bindings", bindings);
    wfp_json_set(shown.to, "tags", tags);
    wfp_json_set(shown.to, "limits",
                 wfp_settings_json_write_limits(&script->limits, p));
    rv = wfp_json_each(settings, show_member, &shown, p);
    wfp_metadata_keys_defaults(shown.to, p);
    *pobj = shown.to;
    return rv;
}
