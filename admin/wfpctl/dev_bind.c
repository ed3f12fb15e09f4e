/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is around the Worker of `wfpctl dev`: the namespace, a dispatcher, and what
 * its bindings name. Called by cmd_dev.c.
 */
#include <apr_strings.h>
#include <string.h>

#include "admin/wfpctl/args.h"
#include "admin/wfpctl/dev.h"
#include "admin/wfpctl/remote.h"

static const char dispatcher[] = "return { fetch = function(request, env)\n"
                                 "  return env.DEV:get('" WFP_DEV_NAME
                                 "'):fetch(request)\n"
                                 "end }\n";

/* How the API calls what a binding names. */
typedef struct resource_t {
    const char *type; /* of the binding */
    const char *path;
    const char *list; /* member of a list's answer; NULL: it is the list */
    const char *name; /* key of its name */
    const char *id;   /* key of what the binding has */
} resource_t;

static const resource_t resources[] = {
    { "kv_namespace", "/storage/kv/namespaces", NULL, "title", "id" },
    { "d1", "/d1/database", NULL, "name", "uuid" },
    { "r2_bucket", "/r2/buckets", "buckets", "name", "name" },
    { "queue", "/queues", NULL, "queue_name", "queue_name" },
};
#define RESOURCE_COUNT (sizeof(resources) / sizeof(resources[0]))

typedef struct search_t {
    const resource_t *kind;
    const char *name;
    const char *id;
} search_t;

static apr_status_t find(wfp_cmd_t *cmd, void *searchv, const wfp_json_t *list)
{
    search_t *search = searchv;
    apr_size_t i;

    for (i = 0; i < wfp_json_size(list); i++) {
        const wfp_json_t *one = wfp_json_at(list, i, cmd->pool);
        const char *name = wfp_json_str(
            wfp_json_get(one, search->kind->name, cmd->pool));

        if (name && !strcmp(name, search->name)) {
            search->id = wfp_json_str(
                wfp_json_get(one, search->kind->id, cmd->pool));
        }
    }
    return APR_SUCCESS;
}

/* *pid: in the pool of cmd */
static apr_status_t make_one(const char **pid, wfp_cmd_t *cmd,
                             const resource_t *kind, const char *name)
{
    search_t search = { kind, name, NULL };
    wfp_json_t *ask = wfp_json_object(cmd->pool), *made;
    apr_status_t rv = wfp_remote_pages(cmd, kind->path, kind->list, find,
                                       &search);

    if (rv == APR_SUCCESS && !search.id) {
        wfp_json_set_str(ask, kind->name, name);
        rv = wfp_remote_call(&made, cmd, "POST", kind->path, ask);
        search.id = rv == APR_SUCCESS
                        ? wfp_json_str(wfp_json_get(made, kind->id, cmd->pool))
                        : NULL;
    }
    *pid = search.id;
    return rv;
}

/* TYPE:NAME=VALUE, VALUE a name of one's choice, becomes TYPE:NAME=ID */
static apr_status_t make_target(wfp_dev_t *dev, wfp_param_t *option)
{
    const char *colon = strchr(option->value, ':');
    const char *value = colon ? strchr(colon, '=') : NULL;
    const resource_t *kind = NULL;
    const char *id = NULL;
    wfp_cmd_t *cmd;
    apr_size_t i;
    apr_status_t rv;

    for (i = 0; value && i < RESOURCE_COUNT; i++) {
        if (!strncmp(option->value, resources[i].type,
                     (apr_size_t)(colon - option->value))
            && !resources[i].type[colon - option->value]) {
            kind = &resources[i];
        }
    }
    if (!kind) {
        return APR_SUCCESS;
    }
    cmd = wfp_dev_ask(dev, NULL);
    rv = make_one(&id, cmd, kind, value + 1);
    if (rv == APR_SUCCESS) {
        option->value =
            apr_pstrcat(dev->cmd->pool,
                        apr_pstrmemdup(cmd->pool, option->value,
                                       (apr_size_t)(value + 1 - option->value)),
                        id ? id : "", NULL);
    }
    else {
        rv = wfp_result_set(&dev->cmd->res, cmd->res.code, rv,
                            "--binding %s: %s", option->value,
                            cmd->res.message);
    }
    apr_pool_destroy(cmd->pool);
    return rv;
}

/* A refusal of cmd's becomes that of the command; the end of cmd. */
static apr_status_t done(wfp_dev_t *dev, wfp_cmd_t *cmd, apr_status_t rv)
{
    if (rv != APR_SUCCESS) {
        rv = wfp_result_set(&dev->cmd->res, cmd->res.code, rv, "%s",
                            cmd->res.message ? cmd->res.message : "refused");
        dev->cmd->usage = cmd->usage;
    }
    apr_pool_destroy(cmd->pool);
    return rv;
}

static apr_status_t make_namespace(wfp_dev_t *dev)
{
    wfp_cmd_t *cmd = wfp_dev_ask(dev, WFP_DEV_NS, NULL);
    apr_status_t rv = wfp_remote_call(
        NULL, cmd, "GET", "/workers/dispatch/namespaces/" WFP_DEV_NS, NULL);

    if (rv != APR_SUCCESS && cmd->res.code == WFP_NOT_FOUND) {
        wfp_result_init(&cmd->res, cmd->pool);
        cmd->options = apr_array_make(cmd->pool, 1, sizeof(wfp_param_t));
        rv = wfp_remote_namespace_create(cmd);
    }
    return done(dev, cmd, rv);
}

static apr_status_t make_dispatcher(wfp_dev_t *dev)
{
    wfp_cmd_t *cmd = wfp_dev_ask(dev, "dispatcher", NULL);
    wfp_param_t *option;
    wfp_module_t *module;

    cmd->options = apr_array_make(cmd->pool, 1, sizeof(*option));
    option = apr_array_push(cmd->options);
    option->name = "binding";
    option->value = "dispatch_namespace:DEV=" WFP_DEV_NS;
    cmd->script = wfp_script_make(cmd->pool);
    module = apr_array_push(cmd->script->modules);
    memset(module, 0, sizeof(*module));
    module->name = "worker.lua";
    module->data = dispatcher;
    module->size = sizeof(dispatcher) - 1;
    cmd->script->main_module = module->name;
    return done(dev, cmd, wfp_remote_worker_deploy(cmd));
}

apr_status_t wfp_dev_bind_make(wfp_dev_t *dev)
{
    apr_array_header_t *options = dev->cmd->options;
    int i;
    apr_status_t rv = make_namespace(dev);

    if (rv == APR_SUCCESS) {
        rv = make_dispatcher(dev);
    }
    for (i = 0; rv == APR_SUCCESS && i < options->nelts; i++) {
        wfp_param_t *option = &APR_ARRAY_IDX(options, i, wfp_param_t);

        if (!strcmp(option->name, "binding")) {
            rv = make_target(dev, option);
        }
    }
    return rv;
}

static apr_status_t consume(wfp_dev_t *dev, const char *queue)
{
    wfp_cmd_t *cmd = wfp_dev_ask(dev, NULL);
    const char *unused;
    apr_status_t rv = make_one(&unused, cmd, &resources[3], queue);

    if (rv != APR_SUCCESS) {
        return done(dev, cmd, rv);
    }
    apr_pool_destroy(cmd->pool);
    cmd = wfp_dev_ask(dev, queue, WFP_DEV_WORKER, NULL);
    cmd->options = apr_array_make(cmd->pool, 1, sizeof(wfp_param_t));
    return done(dev, cmd, wfp_remote_queues_consume(cmd));
}

apr_status_t wfp_dev_bind_events(wfp_dev_t *dev)
{
    const apr_array_header_t *crons = wfp_args_all(dev->cmd, "schedule");
    const apr_array_header_t *queues = wfp_args_all(dev->cmd, "consume");
    wfp_cmd_t *cmd = wfp_dev_ask(dev, WFP_DEV_WORKER, NULL);
    int i;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; crons && i < crons->nelts; i++) {
        APR_ARRAY_PUSH(cmd->args, const char *) = APR_ARRAY_IDX(crons, i,
                                                                const char *);
    }
    rv = done(dev, cmd, crons ? wfp_remote_schedules_put(cmd) : APR_SUCCESS);
    for (i = 0; rv == APR_SUCCESS && queues && i < queues->nelts; i++) {
        rv = consume(dev, APR_ARRAY_IDX(queues, i, const char *));
    }
    return rv;
}
