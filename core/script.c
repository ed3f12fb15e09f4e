/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts and namespaces in memory, and packed into one block for the
 * registry (core/block.h says how fields lie in it). The store makes scripts,
 * mod_wfp packs them into the registry, an isolate is made from what comes out
 * again. This file knows neither where blocks are kept nor what the texts
 * mean to others.
 */
#include "core/script.h"

#include <string.h>

#include "core/block.h"

#define SCRIPT_MAGIC    0x53504657u
#define NAMESPACE_MAGIC 0x4e504658u

/* least bytes that one element of a list takes in a block */
#define TEXT_MIN    5
#define MODULE_MIN  18
#define BINDING_MIN 25
#define PARAM_MIN   9

/* longest texts that are no names; more than any upload is allowed */
#define TEXT_MAX (1 << 20)

static const char *const egress_words[] = { "direct", "outbound", "none" };

static const struct {
    const char *name;
    wfp_target_e target;
} binding_kinds[WFP_BINDING_KIND_COUNT] = {
    [WFP_BINDING_PLAIN_TEXT] = { "plain_text", WFP_TARGET_NONE },
    [WFP_BINDING_SECRET_TEXT] = { "secret_text", WFP_TARGET_NONE },
    [WFP_BINDING_JSON] = { "json", WFP_TARGET_NONE },
    [WFP_BINDING_SERVICE] = { "service", WFP_TARGET_WORKERS },
    [WFP_BINDING_DISPATCH_NAMESPACE] = { "dispatch_namespace",
                                         WFP_TARGET_WORKERS },
    [WFP_BINDING_VERSION_METADATA] = { "version_metadata", WFP_TARGET_NONE },
    [WFP_BINDING_KV_NAMESPACE] = { "kv_namespace", WFP_TARGET_RESOURCE },
    [WFP_BINDING_D1] = { "d1", WFP_TARGET_RESOURCE },
    [WFP_BINDING_QUEUE] = { "queue", WFP_TARGET_RESOURCE },
    [WFP_BINDING_R2_BUCKET] = { "r2_bucket", WFP_TARGET_RESOURCE },
    [WFP_BINDING_RATELIMIT] = { "ratelimit", WFP_TARGET_NONE },
    [WFP_BINDING_ANALYTICS] = { "analytics_engine", WFP_TARGET_NONE },
    [WFP_BINDING_ASSETS] = { "assets", WFP_TARGET_NONE },
};

static const struct {
    const char *ending;
    wfp_module_e kind;
} module_endings[] = {
    { ".lua", WFP_MODULE_LUA },  { ".json", WFP_MODULE_JSON },
    { ".txt", WFP_MODULE_TEXT }, { ".html", WFP_MODULE_TEXT },
    { ".css", WFP_MODULE_TEXT }, { ".js", WFP_MODULE_TEXT },
    { ".md", WFP_MODULE_TEXT },  { ".sql", WFP_MODULE_TEXT },
    { ".xml", WFP_MODULE_TEXT }, { ".csv", WFP_MODULE_TEXT },
    { NULL, WFP_MODULE_DATA },
};

wfp_script_t *wfp_script_make(apr_pool_t *p)
{
    wfp_script_t *script = apr_pcalloc(p, sizeof(*script));

    script->id = "";
    script->ns = WFP_ACCOUNT_NS;
    script->name = "";
    script->version_id = "";
    script->version_tag = "";
    script->version_message = "";
    script->main_module = "";
    script->settings = "";
    script->assets = "";
    script->modules = apr_array_make(p, 1, sizeof(wfp_module_t));
    script->bindings = apr_array_make(p, 1, sizeof(wfp_binding_t));
    script->tags = apr_array_make(p, 1, sizeof(const char *));
    script->tails = apr_array_make(p, 1, sizeof(const char *));
    wfp_limits_clear(&script->limits);
    return script;
}

const wfp_module_t *wfp_script_module(const wfp_script_t *script,
                                      const char *name)
{
    int i;

    for (i = 0; i < script->modules->nelts; i++) {
        const wfp_module_t *module = &APR_ARRAY_IDX(script->modules, i,
                                                    wfp_module_t);

        if (!strcmp(module->name, name)) {
            return module;
        }
    }
    return NULL;
}

const char *wfp_binding_kind_name(wfp_binding_e kind)
{
    return (unsigned)kind < WFP_BINDING_KIND_COUNT ? binding_kinds[kind].name
                                                   : NULL;
}

wfp_target_e wfp_binding_kind_target(wfp_binding_e kind)
{
    return (unsigned)kind < WFP_BINDING_KIND_COUNT ? binding_kinds[kind].target
                                                   : WFP_TARGET_NONE;
}

wfp_binding_e wfp_binding_kind_by_name(const char *name)
{
    int kind;

    for (kind = 0; kind < WFP_BINDING_KIND_COUNT; kind++) {
        if (!strcmp(binding_kinds[kind].name, name)) {
            break;
        }
    }
    return (wfp_binding_e)kind;
}

const char *wfp_script_egress_word(wfp_egress_e egress)
{
    return egress_words[egress];
}

int wfp_script_egress_by_word(wfp_egress_e *pegress, const char *word)
{
    int i;

    *pegress = WFP_EGRESS_NONE;
    for (i = 0; word && i <= WFP_EGRESS_NONE; i++) {
        if (!strcmp(word, egress_words[i])) {
            *pegress = (wfp_egress_e)i;
            return 1;
        }
    }
    return 0;
}

wfp_module_e wfp_module_kind_by_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    int i = 0;

    while (dot && module_endings[i].ending
           && strcmp(dot, module_endings[i].ending)) {
        i++;
    }
    return dot ? module_endings[i].kind : WFP_MODULE_DATA;
}

/* ---- packing ---------------------------------------------------------- */

static void put_limits(wfp_block_out_t *to, const wfp_limits_t *limits)
{
    wfp_block_put_bytes(to, limits->v, sizeof(limits->v));
}

static void put_outbound(wfp_block_out_t *to, const wfp_outbound_t *outbound)
{
    int i, n = outbound->params ? outbound->params->nelts : 0;

    wfp_block_put_optional(to, outbound->service);
    wfp_block_put_u32(to, (apr_uint32_t)n);
    for (i = 0; i < n; i++) {
        const wfp_param_t *param = &APR_ARRAY_IDX(outbound->params, i,
                                                  wfp_param_t);

        wfp_block_put_text(to, param->name);
        wfp_block_put_optional(to, param->value);
    }
}

static void put_module(wfp_block_out_t *to, const wfp_module_t *module)
{
    wfp_block_put_u32(to, module->kind);
    wfp_block_put_text(to, module->name);
    wfp_block_put_data(to, module->data ? module->data : "", module->size);
    wfp_block_put_data(to, module->bytecode, module->bytecode_size);
}

static void put_binding(wfp_block_out_t *to, const wfp_binding_t *binding)
{
    wfp_block_put_u32(to, binding->kind);
    wfp_block_put_text(to, binding->name);
    wfp_block_put_data(to, binding->text, binding->text_size);
    wfp_block_put_optional(to, binding->target);
    put_outbound(to, &binding->outbound);
}

static void put_texts(wfp_block_out_t *to, const apr_array_header_t *list)
{
    int i, n = list ? list->nelts : 0;

    wfp_block_put_u32(to, (apr_uint32_t)n);
    for (i = 0; i < n; i++) {
        wfp_block_put_text(to, APR_ARRAY_IDX(list, i, const char *));
    }
}

static void write_script(wfp_block_out_t *to, const void *what)
{
    const wfp_script_t *script = what;
    int i;

    wfp_block_put_text(to, script->id);
    wfp_block_put_text(to, script->ns);
    wfp_block_put_text(to, script->name);
    wfp_block_put_text(to, script->version_id);
    wfp_block_put_i64(to, script->number);
    wfp_block_put_i64(to, script->stamp);
    wfp_block_put_i64(to, script->created);
    wfp_block_put_text(to, script->version_tag);
    wfp_block_put_text(to, script->version_message);
    wfp_block_put_text(to, script->main_module);
    wfp_block_put_text(to, script->assets);
    put_limits(to, &script->limits);
    put_texts(to, script->tags);
    put_texts(to, script->tails);
    wfp_block_put_u32(to, (apr_uint32_t)script->bindings->nelts);
    for (i = 0; i < script->bindings->nelts; i++) {
        put_binding(to, &APR_ARRAY_IDX(script->bindings, i, wfp_binding_t));
    }
    wfp_block_put_u32(to, (apr_uint32_t)script->modules->nelts);
    for (i = 0; i < script->modules->nelts; i++) {
        put_module(to, &APR_ARRAY_IDX(script->modules, i, wfp_module_t));
    }
}

static void write_namespace(wfp_block_out_t *to, const void *what)
{
    const wfp_namespace_t *ns = what;

    wfp_block_put_text(to, ns->name);
    wfp_block_put_text(to, ns->id);
    wfp_block_put_i64(to, ns->stamp);
    wfp_block_put_i64(to, ns->created);
    wfp_block_put_i64(to, ns->modified);
    wfp_block_put_u32(to, ns->trusted_workers != 0);
    wfp_block_put_i64(to, ns->script_count);
    wfp_block_put_u32(to, ns->egress);
    put_limits(to, &ns->limits);
    put_outbound(to, &ns->outbound);
    put_texts(to, ns->egress_allow);
    put_texts(to, ns->egress_deny);
    put_texts(to, ns->tails);
}

void wfp_script_pack(const char **pblob, apr_size_t *psize,
                     const wfp_script_t *script, apr_pool_t *p)
{
    wfp_block_make(pblob, psize, SCRIPT_MAGIC, write_script, script, p);
}

void wfp_namespace_pack(const char **pblob, apr_size_t *psize,
                        const wfp_namespace_t *ns, apr_pool_t *p)
{
    wfp_block_make(pblob, psize, NAMESPACE_MAGIC, write_namespace, ns, p);
}

/* ---- unpacking -------------------------------------------------------- */

static void take_limits(wfp_block_in_t *in, wfp_limits_t *limits)
{
    const char *at = wfp_block_take_bytes(in, sizeof(limits->v));
    int i;

    wfp_limits_clear(limits);
    if (!at) {
        return;
    }
    memcpy(limits->v, at, sizeof(limits->v));
    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        if (limits->v[i] < WFP_LIMIT_UNSET) {
            in->bad = 1;
        }
    }
}

static void take_outbound(wfp_block_in_t *in, wfp_outbound_t *outbound,
                          apr_pool_t *p)
{
    int i, n;

    outbound->service = wfp_block_take_optional(in);
    n = wfp_block_take_count(in, PARAM_MIN);
    outbound->params = apr_array_make(p, n, sizeof(wfp_param_t));
    for (i = 0; i < n && !in->bad; i++) {
        wfp_param_t *param = apr_array_push(outbound->params);

        param->name = wfp_block_take_text(in, TEXT_MAX);
        param->value = wfp_block_take_optional(in);
    }
}

static void take_module(wfp_block_in_t *in, wfp_module_t *module)
{
    module->kind = wfp_block_take_enum(in, WFP_MODULE_DATA + 1);
    module->name = wfp_block_take_text(in, TEXT_MAX);
    module->data = wfp_block_take_data(in, &module->size);
    module->bytecode = wfp_block_take_data(in, &module->bytecode_size);
    if (!module->data) {
        in->bad = 1;
    }
}

static void take_binding(wfp_block_in_t *in, wfp_binding_t *binding,
                         apr_pool_t *p)
{
    binding->kind = wfp_block_take_enum(in, WFP_BINDING_KIND_COUNT);
    binding->name = wfp_block_take_text(in, TEXT_MAX);
    binding->text = wfp_block_take_data(in, &binding->text_size);
    binding->target = wfp_block_take_optional(in);
    take_outbound(in, &binding->outbound, p);
}

static apr_array_header_t *take_texts(wfp_block_in_t *in, apr_pool_t *p)
{
    int i, n = wfp_block_take_count(in, TEXT_MIN);
    apr_array_header_t *list = apr_array_make(p, n, sizeof(const char *));

    for (i = 0; i < n && !in->bad; i++) {
        APR_ARRAY_PUSH(list, const char *) = wfp_block_take_text(in, TEXT_MAX);
    }
    return list;
}

static void take_lists(wfp_block_in_t *in, wfp_script_t *script, apr_pool_t *p)
{
    int i, n;

    script->tags = take_texts(in, p);
    script->tails = take_texts(in, p);
    n = wfp_block_take_count(in, BINDING_MIN);
    for (i = 0; i < n && !in->bad; i++) {
        take_binding(in, apr_array_push(script->bindings), p);
    }
    n = wfp_block_take_count(in, MODULE_MIN);
    for (i = 0; i < n && !in->bad; i++) {
        take_module(in, apr_array_push(script->modules));
    }
}

apr_status_t wfp_script_unpack(wfp_script_t **pscript, const char *blob,
                               apr_size_t size, apr_pool_t *p)
{
    wfp_script_t *script = wfp_script_make(p);
    wfp_block_in_t in;

    wfp_block_begin(&in, SCRIPT_MAGIC, blob, size);
    script->id = wfp_block_take_text(&in, WFP_UUID_SIZE - 1);
    script->ns = wfp_block_take_text(&in, WFP_NAME_MAX);
    script->name = wfp_block_take_text(&in, WFP_NAME_MAX);
    script->version_id = wfp_block_take_text(&in, WFP_UUID_SIZE - 1);
    script->number = wfp_block_take_i64(&in);
    script->stamp = wfp_block_take_i64(&in);
    script->created = wfp_block_take_i64(&in);
    script->version_tag = wfp_block_take_text(&in, TEXT_MAX);
    script->version_message = wfp_block_take_text(&in, TEXT_MAX);
    script->main_module = wfp_block_take_text(&in, TEXT_MAX);
    script->assets = wfp_block_take_text(&in, TEXT_MAX);
    take_limits(&in, &script->limits);
    take_lists(&in, script, p);
    if (!wfp_block_is_whole(&in)) {
        return APR_EINVAL;
    }
    *pscript = script;
    return APR_SUCCESS;
}

apr_status_t wfp_namespace_unpack(wfp_namespace_t **pns, const char *blob,
                                  apr_size_t size, apr_pool_t *p)
{
    wfp_namespace_t *ns = apr_pcalloc(p, sizeof(*ns));
    apr_int64_t count;
    wfp_block_in_t in;

    wfp_block_begin(&in, NAMESPACE_MAGIC, blob, size);
    ns->name = wfp_block_take_text(&in, WFP_NAME_MAX);
    ns->id = wfp_block_take_text(&in, WFP_UUID_SIZE - 1);
    ns->stamp = wfp_block_take_i64(&in);
    ns->created = wfp_block_take_i64(&in);
    ns->modified = wfp_block_take_i64(&in);
    ns->trusted_workers = (int)wfp_block_take_enum(&in, 2);
    count = wfp_block_take_i64(&in);
    ns->egress = wfp_block_take_enum(&in, WFP_EGRESS_NONE + 1);
    take_limits(&in, &ns->limits);
    take_outbound(&in, &ns->outbound, p);
    ns->egress_allow = take_texts(&in, p);
    ns->egress_deny = take_texts(&in, p);
    ns->tails = take_texts(&in, p);
    if (!wfp_block_is_whole(&in) || count < 0 || count > APR_INT32_MAX) {
        return APR_EINVAL;
    }
    ns->script_count = (int)count;
    *pns = ns;
    return APR_SUCCESS;
}
