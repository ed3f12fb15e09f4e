/* SPDX-License-Identifier: Apache-2.0 */
/* core/script.c: names of kinds, packing and unpacking. Hostile blocks end at
 * a page that may not be read, so that one byte too far is a crash in every
 * build. */
#include "core/script.h"

#include <apr_strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wfp_test.h"

#define UUID "0b3f6c1e-9a63-4c0e-8a0b-0f7d3f3f9a10"

static void add_param(wfp_outbound_t *outbound, const char *name,
                      const char *value)
{
    wfp_param_t *param = apr_array_push(outbound->params);

    param->name = name;
    param->value = value;
}

static wfp_binding_t *add_binding(wfp_script_t *script, const char *name,
                                  wfp_binding_e kind)
{
    wfp_binding_t *binding = apr_array_push(script->bindings);

    memset(binding, 0, sizeof(*binding));
    binding->name = name;
    binding->kind = kind;
    return binding;
}

static void add_module(wfp_script_t *script, const char *name, const char *data,
                       apr_size_t size)
{
    wfp_module_t *module = apr_array_push(script->modules);

    memset(module, 0, sizeof(*module));
    module->name = name;
    module->data = data;
    module->size = size;
    module->kind = wfp_module_kind_by_name(name);
}

static wfp_script_t *sample(apr_pool_t *p)
{
    wfp_script_t *script = wfp_script_make(p);
    wfp_binding_t *binding;

    script->id = UUID;
    script->ns = "production";
    script->name = "customer-a";
    script->version_id = UUID;
    script->number = 7;
    script->stamp = 1234567890123;
    script->created = 1700000000000000;
    script->version_tag = "v7";
    script->version_message = "seven";
    script->main_module = "worker.lua";
    script->limits.v[WFP_LIMIT_CPU_MS] = 20;
    APR_ARRAY_PUSH(script->tags, const char *) = "pro";
    APR_ARRAY_PUSH(script->tags, const char *) = "";
    binding = add_binding(script, "GREETING", WFP_BINDING_PLAIN_TEXT);
    binding->text = "a\0b";
    binding->text_size = 3;
    binding = add_binding(script, "DISPATCHER", WFP_BINDING_DISPATCH_NAMESPACE);
    binding->target = "production";
    binding->outbound.service = "outbound";
    binding->outbound.params = apr_array_make(p, 2, sizeof(wfp_param_t));
    add_param(&binding->outbound, "customer", NULL);
    add_param(&binding->outbound, "plan", "free");
    add_module(script, "worker.lua", "return {}", 9);
    add_module(script, "empty.txt", "", 0);
    add_module(script, "data.bin", "\0\1\2\0", 4);
    APR_ARRAY_IDX(script->modules, 0, wfp_module_t).bytecode = "\x1bLua";
    APR_ARRAY_IDX(script->modules, 0, wfp_module_t).bytecode_size = 4;
    return script;
}

static wfp_namespace_t *sample_namespace(apr_pool_t *p)
{
    wfp_namespace_t *ns = apr_pcalloc(p, sizeof(*ns));

    ns->name = "production";
    ns->id = UUID;
    ns->stamp = 9;
    ns->created = 10;
    ns->modified = 11;
    ns->trusted_workers = 1;
    ns->script_count = 12;
    ns->egress = WFP_EGRESS_OUTBOUND;
    wfp_limits_clear(&ns->limits);
    ns->limits.v[WFP_LIMIT_SUBREQUESTS] = 0;
    ns->egress_allow = apr_array_make(p, 1, sizeof(const char *));
    APR_ARRAY_PUSH(ns->egress_allow, const char *) = "10.0.0.0/8:8080";
    ns->egress_deny = apr_array_make(p, 2, sizeof(const char *));
    APR_ARRAY_PUSH(ns->egress_deny, const char *) = "*.bad.example";
    APR_ARRAY_PUSH(ns->egress_deny, const char *) = ":22";
    ns->outbound.service = "outbound";
    ns->outbound.params = apr_array_make(p, 1, sizeof(wfp_param_t));
    add_param(&ns->outbound, "plan", "free");
    return ns;
}

/* n bytes whose last one lies before a page that may not be read */
typedef struct fence_t {
    char *map;
    apr_size_t room; /* readable bytes */
} fence_t;

static void fence_make(fence_t *fence, apr_size_t n)
{
    apr_size_t page = (apr_size_t)sysconf(_SC_PAGESIZE);

    fence->room = (n + page) / page * page;
    fence->map = mmap(NULL, fence->room + page, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(fence->map + fence->room, page, PROT_NONE);
}

static char *fence_put(fence_t *fence, const char *data, apr_size_t n)
{
    return memcpy(fence->map + fence->room - n, data, n);
}

static void fence_drop(fence_t *fence)
{
    munmap(fence->map, fence->room + (apr_size_t)sysconf(_SC_PAGESIZE));
}

static apr_size_t touch(const char *data, apr_size_t n)
{
    apr_size_t i, sum = 0;

    for (i = 0; i < n; i++) {
        sum += (unsigned char)data[i];
    }
    return sum;
}

static apr_size_t touch_text(const char *text)
{
    return text ? touch(text, strlen(text)) : 0;
}

static apr_size_t touch_outbound(const wfp_outbound_t *outbound)
{
    apr_size_t sum = touch_text(outbound->service);
    int i;

    for (i = 0; i < outbound->params->nelts; i++) {
        const wfp_param_t *param = &APR_ARRAY_IDX(outbound->params, i,
                                                  wfp_param_t);

        sum += touch_text(param->name) + touch_text(param->value);
    }
    return sum;
}

/* Read everything that an unpacked script says it has. */
static apr_size_t touch_script(const wfp_script_t *script)
{
    apr_size_t sum = 0;
    int i;

    sum += touch_text(script->ns) + touch_text(script->name)
           + touch_text(script->version_id) + touch_text(script->version_tag)
           + touch_text(script->version_message)
           + touch_text(script->main_module);
    for (i = 0; i < script->tags->nelts; i++) {
        sum += touch_text(APR_ARRAY_IDX(script->tags, i, const char *));
    }
    for (i = 0; i < script->bindings->nelts; i++) {
        const wfp_binding_t *binding = &APR_ARRAY_IDX(script->bindings, i,
                                                      wfp_binding_t);

        sum += touch_text(binding->name) + touch_text(binding->target)
               + touch(binding->text, binding->text_size)
               + touch_outbound(&binding->outbound);
        sum += wfp_binding_kind_name(binding->kind) != NULL;
    }
    for (i = 0; i < script->modules->nelts; i++) {
        const wfp_module_t *module = &APR_ARRAY_IDX(script->modules, i,
                                                    wfp_module_t);

        sum += touch_text(module->name) + touch(module->data, module->size)
               + touch(module->bytecode, module->bytecode_size);
    }
    return sum;
}

/* Unpack a block that may be anything; every answer but a crash is good. */
static apr_status_t try_script(const char *blob, apr_size_t size,
                               apr_pool_t *parent)
{
    wfp_script_t *script = NULL;
    wfp_namespace_t *ns = NULL;
    apr_status_t rv;
    apr_pool_t *p;

    apr_pool_create(&p, parent);
    rv = wfp_script_unpack(&script, blob, size, p);
    if (rv == APR_SUCCESS) {
        touch_script(script);
    }
    else if (wfp_namespace_unpack(&ns, blob, size, p) == APR_SUCCESS) {
        touch_text(ns->name);
        touch_text(ns->id);
        touch_outbound(&ns->outbound);
    }
    apr_pool_destroy(p);
    return rv;
}

static void make_gives_an_empty_script(wfp_test_t *t)
{
    wfp_script_t *script = wfp_script_make(t->pool);

    CHECK_STR(script->ns, "");
    CHECK_STR(script->name, "");
    CHECK_STR(script->version_id, "");
    CHECK_STR(script->version_tag, "");
    CHECK_STR(script->main_module, "");
    CHECK_INT(script->modules->nelts, 0);
    CHECK_INT(script->bindings->nelts, 0);
    CHECK_INT(script->tags->nelts, 0);
    CHECK_INT(script->limits.v[WFP_LIMIT_DEPTH], WFP_LIMIT_UNSET);
    CHECK(wfp_script_module(script, "worker.lua") == NULL);
}

static void module_is_found_by_name(wfp_test_t *t)
{
    wfp_script_t *script = sample(t->pool);

    CHECK(wfp_script_module(script, "empty.txt")
          == &APR_ARRAY_IDX(script->modules, 1, wfp_module_t));
    CHECK(wfp_script_module(script, "worker") == NULL);
}

static void kinds_have_names(wfp_test_t *t)
{
    int kind;

    for (kind = 0; kind < WFP_BINDING_KIND_COUNT; kind++) {
        const char *name = wfp_binding_kind_name((wfp_binding_e)kind);

        CHECK(name != NULL);
        CHECK_INT(wfp_binding_kind_by_name(name), kind);
    }
    CHECK_STR(wfp_binding_kind_name(WFP_BINDING_SERVICE), "service");
    CHECK(wfp_binding_kind_name(WFP_BINDING_KIND_COUNT) == NULL);
    CHECK(wfp_binding_kind_name((wfp_binding_e)-1) == NULL);
    CHECK_INT(wfp_binding_kind_by_name("ai"), WFP_BINDING_KIND_COUNT);
    CHECK_INT(wfp_binding_kind_by_name(""), WFP_BINDING_KIND_COUNT);
}

static void module_kind_is_that_of_the_ending(wfp_test_t *t)
{
    CHECK_INT(wfp_module_kind_by_name("worker.lua"), WFP_MODULE_LUA);
    CHECK_INT(wfp_module_kind_by_name("a.b/c.lua"), WFP_MODULE_LUA);
    CHECK_INT(wfp_module_kind_by_name("conf.json"), WFP_MODULE_JSON);
    CHECK_INT(wfp_module_kind_by_name("page.html"), WFP_MODULE_TEXT);
    CHECK_INT(wfp_module_kind_by_name("x.txt"), WFP_MODULE_TEXT);
    CHECK_INT(wfp_module_kind_by_name("x.csv"), WFP_MODULE_TEXT);
    CHECK_INT(wfp_module_kind_by_name("stub.js"), WFP_MODULE_TEXT);
    CHECK_INT(wfp_module_kind_by_name("x.png"), WFP_MODULE_DATA);
    CHECK_INT(wfp_module_kind_by_name("lua"), WFP_MODULE_DATA);
    CHECK_INT(wfp_module_kind_by_name("x."), WFP_MODULE_DATA);
    CHECK_INT(wfp_module_kind_by_name(""), WFP_MODULE_DATA);
}

static void script_comes_out_as_it_went_in(wfp_test_t *t)
{
    wfp_script_t *script;
    const wfp_binding_t *binding;
    const wfp_module_t *module;
    const char *blob;
    apr_size_t size;

    wfp_script_pack(&blob, &size, sample(t->pool), t->pool);
    CHECK_INT(wfp_script_unpack(&script, blob, size, t->pool), APR_SUCCESS);
    CHECK_STR(script->id, UUID);
    CHECK_STR(script->ns, "production");
    CHECK_STR(script->name, "customer-a");
    CHECK_STR(script->version_id, UUID);
    CHECK_INT(script->number, 7);
    CHECK_INT(script->stamp, 1234567890123);
    CHECK_INT(script->created, 1700000000000000);
    CHECK_STR(script->version_tag, "v7");
    CHECK_STR(script->version_message, "seven");
    CHECK_STR(script->main_module, "worker.lua");
    CHECK_INT(script->limits.v[WFP_LIMIT_CPU_MS], 20);
    CHECK_INT(script->limits.v[WFP_LIMIT_WALL_MS], WFP_LIMIT_UNSET);
    CHECK_INT(script->tags->nelts, 2);
    CHECK_STR(APR_ARRAY_IDX(script->tags, 0, const char *), "pro");
    CHECK_INT(script->bindings->nelts, 2);
    binding = &APR_ARRAY_IDX(script->bindings, 0, wfp_binding_t);
    CHECK_INT(binding->text_size, 3);
    CHECK(!memcmp(binding->text, "a\0b", 4));
    CHECK(binding->target == NULL && binding->outbound.service == NULL);
    binding++;
    CHECK_INT(binding->kind, WFP_BINDING_DISPATCH_NAMESPACE);
    CHECK(binding->text == NULL);
    CHECK_STR(binding->target, "production");
    CHECK_STR(binding->outbound.service, "outbound");
    CHECK_INT(binding->outbound.params->nelts, 2);
    CHECK(APR_ARRAY_IDX(binding->outbound.params, 0, wfp_param_t).value
          == NULL);
    CHECK_STR(APR_ARRAY_IDX(binding->outbound.params, 1, wfp_param_t).value,
              "free");
    CHECK_INT(script->modules->nelts, 3);
    module = wfp_script_module(script, "worker.lua");
    CHECK_INT(module->kind, WFP_MODULE_LUA);
    CHECK_STR(module->data, "return {}");
    CHECK(module->data > blob && module->data < blob + size);
    CHECK_INT(module->bytecode_size, 4);
    CHECK_STR(module->bytecode, "\x1bLua");
    module = wfp_script_module(script, "empty.txt");
    CHECK_STR(module->data, "");
    CHECK(module->bytecode == NULL);
    module = wfp_script_module(script, "data.bin");
    CHECK_INT(module->size, 4);
    CHECK(!memcmp(module->data, "\0\1\2\0", 5));
}

static void namespace_comes_out_as_it_went_in(wfp_test_t *t)
{
    wfp_namespace_t *ns;
    const char *blob;
    apr_size_t size;

    wfp_namespace_pack(&blob, &size, sample_namespace(t->pool), t->pool);
    CHECK_INT(wfp_namespace_unpack(&ns, blob, size, t->pool), APR_SUCCESS);
    CHECK_STR(ns->name, "production");
    CHECK_STR(ns->id, UUID);
    CHECK_INT(ns->stamp, 9);
    CHECK_INT(ns->created, 10);
    CHECK_INT(ns->modified, 11);
    CHECK_INT(ns->trusted_workers, 1);
    CHECK_INT(ns->script_count, 12);
    CHECK_INT(ns->egress, WFP_EGRESS_OUTBOUND);
    CHECK_INT(ns->limits.v[WFP_LIMIT_SUBREQUESTS], 0);
    CHECK_INT(ns->egress_allow->nelts, 1);
    CHECK_STR(APR_ARRAY_IDX(ns->egress_allow, 0, const char *),
              "10.0.0.0/8:8080");
    CHECK_INT(ns->egress_deny->nelts, 2);
    CHECK_STR(APR_ARRAY_IDX(ns->egress_deny, 1, const char *), ":22");
    CHECK_STR(ns->outbound.service, "outbound");
    CHECK_STR(APR_ARRAY_IDX(ns->outbound.params, 0, wfp_param_t).name, "plan");
}

static void empty_things_can_be_packed(wfp_test_t *t)
{
    wfp_namespace_t none, *ns;
    wfp_script_t *script;
    const char *blob;
    apr_size_t size;

    wfp_script_pack(&blob, &size, wfp_script_make(t->pool), t->pool);
    CHECK_INT(wfp_script_unpack(&script, blob, size, t->pool), APR_SUCCESS);
    CHECK_INT(script->modules->nelts, 0);
    memset(&none, 0, sizeof(none));
    wfp_namespace_pack(&blob, &size, &none, t->pool);
    CHECK_INT(wfp_namespace_unpack(&ns, blob, size, t->pool), APR_SUCCESS);
    CHECK_STR(ns->name, "");
    CHECK(ns->outbound.service == NULL);
    CHECK_INT(ns->outbound.params->nelts, 0);
    CHECK_INT(ns->egress_allow->nelts, 0);
    CHECK_INT(ns->egress_deny->nelts, 0);
}

static void one_kind_of_block_is_not_the_other(wfp_test_t *t)
{
    wfp_namespace_t *ns = NULL;
    wfp_script_t *script = NULL;
    const char *blob;
    apr_size_t size;

    wfp_script_pack(&blob, &size, sample(t->pool), t->pool);
    CHECK_INT(wfp_namespace_unpack(&ns, blob, size, t->pool), APR_EINVAL);
    wfp_namespace_pack(&blob, &size, sample_namespace(t->pool), t->pool);
    CHECK_INT(wfp_script_unpack(&script, blob, size, t->pool), APR_EINVAL);
    CHECK(ns == NULL && script == NULL);
}

static void longer_names_than_legal_are_refused(wfp_test_t *t)
{
    static char longest[WFP_NAME_MAX + 2];
    wfp_script_t *script = sample(t->pool), *out;
    const char *blob;
    apr_size_t size;

    memset(longest, 'a', WFP_NAME_MAX);
    script->name = longest;
    wfp_script_pack(&blob, &size, script, t->pool);
    CHECK_INT(wfp_script_unpack(&out, blob, size, t->pool), APR_SUCCESS);
    longest[WFP_NAME_MAX] = 'a';
    wfp_script_pack(&blob, &size, script, t->pool);
    CHECK_INT(wfp_script_unpack(&out, blob, size, t->pool), APR_EINVAL);
    script->name = "a";
    script->version_id = UUID "0";
    wfp_script_pack(&blob, &size, script, t->pool);
    CHECK_INT(wfp_script_unpack(&out, blob, size, t->pool), APR_EINVAL);
}

static void truncated_blocks_are_refused(wfp_test_t *t)
{
    apr_size_t size, n;
    const char *blob;
    fence_t fence;

    wfp_script_pack(&blob, &size, sample(t->pool), t->pool);
    fence_make(&fence, size + 1);
    for (n = 0; n < size; n++) {
        CHECK_INT(try_script(fence_put(&fence, blob, n), n, t->pool),
                  APR_EINVAL);
    }
    /* the true size, one byte more behind it */
    CHECK_INT(try_script(fence_put(&fence, blob, size), size, t->pool),
              APR_SUCCESS);
    memcpy(fence.map + fence.room - size - 1, blob, size);
    CHECK_INT(try_script(fence.map + fence.room - size - 1, size + 1, t->pool),
              APR_EINVAL);
    wfp_namespace_pack(&blob, &size, sample_namespace(t->pool), t->pool);
    for (n = 0; n < size; n++) {
        wfp_namespace_t *ns;

        CHECK_INT(wfp_namespace_unpack(&ns, fence_put(&fence, blob, n), n,
                                       t->pool),
                  APR_EINVAL);
    }
    fence_drop(&fence);
}

/* The head says the size it has now, so that the fields are looked at. */
static void cut_blocks_that_say_so_are_refused(wfp_test_t *t)
{
    apr_size_t size;
    apr_uint64_t n;
    const char *blob;
    fence_t fence;

    wfp_script_pack(&blob, &size, sample(t->pool), t->pool);
    fence_make(&fence, size);
    for (n = 16; n < size; n++) {
        char *at = fence_put(&fence, blob, n);

        memcpy(at + 8, &n, sizeof(n));
        CHECK_INT(try_script(at, n, t->pool), APR_EINVAL);
    }
    fence_drop(&fence);
}

static void flipped_bits_never_read_out_of_bounds(wfp_test_t *t)
{
    apr_size_t size, bit;
    const char *blob;
    int which;

    for (which = 0; which < 2; which++) {
        fence_t fence;
        char *at;

        if (which) {
            wfp_namespace_pack(&blob, &size, sample_namespace(t->pool),
                               t->pool);
        }
        else {
            wfp_script_pack(&blob, &size, sample(t->pool), t->pool);
        }
        fence_make(&fence, size);
        at = fence_put(&fence, blob, size);
        for (bit = 0; bit < size * 8; bit++) {
            at[bit / 8] ^= (char)(1 << (bit % 8));
            (void)try_script(at, size, t->pool); /* either answer is good */
            at[bit / 8] ^= (char)(1 << (bit % 8));
        }
        fence_drop(&fence);
    }
}

/* every u32 that a length or count could be, at every place */
static void extreme_lengths_never_read_out_of_bounds(wfp_test_t *t)
{
    static const apr_uint32_t values[] = { 0,          1,          0x7fffffff,
                                           0x80000000, 0xfffffffe, 0xffffffff,
                                           0x10000,    255 };
    apr_size_t size, i, v;
    const char *blob;
    fence_t fence;
    char *at;

    wfp_script_pack(&blob, &size, sample(t->pool), t->pool);
    fence_make(&fence, size);
    at = fence_put(&fence, blob, size);
    for (i = 0; i + 4 <= size; i++) {
        for (v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
            memcpy(at + i, &values[v], 4);
            (void)try_script(at, size, t->pool); /* either answer is good */
            memcpy(at + i, blob + i, 4);
        }
    }
    fence_drop(&fence);
}

static const wfp_test_case_t cases[] = {
    { "make_gives_an_empty_script", make_gives_an_empty_script },
    { "module_is_found_by_name", module_is_found_by_name },
    { "kinds_have_names", kinds_have_names },
    { "module_kind_is_that_of_the_ending", module_kind_is_that_of_the_ending },
    { "script_comes_out_as_it_went_in", script_comes_out_as_it_went_in },
    { "namespace_comes_out_as_it_went_in", namespace_comes_out_as_it_went_in },
    { "empty_things_can_be_packed", empty_things_can_be_packed },
    { "one_kind_of_block_is_not_the_other",
      one_kind_of_block_is_not_the_other },
    { "longer_names_than_legal_are_refused",
      longer_names_than_legal_are_refused },
    { "truncated_blocks_are_refused", truncated_blocks_are_refused },
    { "cut_blocks_that_say_so_are_refused",
      cut_blocks_that_say_so_are_refused },
    { "flipped_bits_never_read_out_of_bounds",
      flipped_bits_never_read_out_of_bounds },
    { "extreme_lengths_never_read_out_of_bounds",
      extreme_lengths_never_read_out_of_bounds },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
