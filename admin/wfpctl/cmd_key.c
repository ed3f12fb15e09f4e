/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl key rotate|prune. The key file has the new key before anything is
 * sealed with it, and the old one until `key prune`: whatever ends this in the
 * middle, all that was ever sealed opens, and the next run goes on.
 */
#include <apr_file_io.h>
#include <apr_strings.h>
#include <string.h>

#include "admin/seal.h"
#include "admin/wfpctl/args.h"
#include "admin/wfpctl/cmd.h"
#include "admin/wfpctl/print.h"
#include "core/keyring.h"

/* Servers write while we go through the secrets: what they copy from a version
 * that was not reached yet is found by the next pass. */
#define PASSES_MAX 20

/* One of these commands at a time: held until wfpctl ends. */
static apr_status_t lock_file(wfp_cmd_t *cmd)
{
    const char *path = apr_pstrcat(cmd->pool, cmd->config.keyfile, "-lock",
                                   NULL);
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, path,
                                    APR_FOPEN_WRITE | APR_FOPEN_CREATE,
                                    APR_FPROT_UREAD | APR_FPROT_UWRITE,
                                    cmd->pool);

    if (rv == APR_SUCCESS) {
        rv = apr_file_lock(file, APR_FLOCK_EXCLUSIVE | APR_FLOCK_NONBLOCK);
    }
    if (APR_STATUS_IS_EAGAIN(rv) || APR_STATUS_IS_EACCES(rv)) {
        return wfp_result_set(&cmd->res, WFP_CONFLICT, rv,
                              "%s is locked: another `wfpctl key` command "
                              "runs, or it may not be written",
                              path);
    }
    return rv == APR_SUCCESS ? rv
                             : wfp_result_set(&cmd->res, WFP_INTERNAL, rv,
                                              "%s: %pm", path, &rv);
}

/* All secrets once, Workers' and S3 keys'. at->seen, at->changed and
 * rotation->others count. */
static apr_status_t pass(wfp_reseal_at_t *at, wfp_cmd_t *cmd,
                         wfp_seal_rotation_t *rotation)
{
    const wfp_reseal_t reseal = { wfp_seal_rotate, rotation };
    const wfp_reseal_at_t begin = WFP_RESEAL_BEGIN;
    wfp_tokens_reseal_t tokens = { 0, 0 };
    apr_pool_t *step;
    apr_status_t rv;

    *at = begin;
    at->only_look = rotation->only_look;
    rotation->others = 0;
    apr_pool_create(&step, cmd->pool);
    do {
        apr_pool_clear(step);
        rv = wfp_secrets_reseal_step(at, cmd->store, &reseal, &cmd->res, step);
    } while (rv == APR_SUCCESS && at->more);
    if (rv == APR_SUCCESS) {
        apr_pool_clear(step);
        rv = wfp_tokens_reseal(&tokens, cmd->store, &reseal, at->only_look,
                               &cmd->res, step);
        at->seen += tokens.seen;
        at->changed += tokens.changed;
    }
    apr_pool_destroy(step);
    return rv;
}

static apr_status_t look(wfp_reseal_at_t *at, wfp_cmd_t *cmd,
                         wfp_seal_rotation_t *rotation)
{
    apr_status_t rv;

    rotation->only_look = 1;
    rv = pass(at, cmd, rotation);
    rotation->only_look = 0;
    return rv;
}

/* Until a whole pass finds nothing that another key has sealed. */
static apr_status_t reseal_all(apr_int64_t *pcount, wfp_cmd_t *cmd,
                               wfp_seal_rotation_t *rotation)
{
    wfp_reseal_at_t at;
    int passes = 0;
    apr_status_t rv;

    *pcount = 0;
    do {
        rv = pass(&at, cmd, rotation);
        *pcount += at.changed;
    } while (rv == APR_SUCCESS && at.changed > 0 && ++passes < PASSES_MAX);
    if (rv == APR_SUCCESS && at.changed > 0) {
        return wfp_result_set(&cmd->res, WFP_CONFLICT, APR_EBUSY,
                              "secrets are still written with an old key: does "
                              "every host have this key file? Run it again");
    }
    return rv;
}

static apr_status_t replace(wfp_cmd_t *cmd, const wfp_keys_t *keys)
{
    return wfp_keyring_replace(cmd->config.keyfile, keys, &cmd->res, cmd->pool);
}

static apr_status_t need_room(wfp_cmd_t *cmd, const wfp_keys_t *keys)
{
    if (keys->count < WFP_KEYRING_MAX) {
        return APR_SUCCESS;
    }
    return wfp_result_set(&cmd->res, WFP_CONFLICT, APR_ENOSPC,
                          "key file %s has %d keys: remove those that seal "
                          "nothing any more with `wfpctl key prune`",
                          cmd->config.keyfile, keys->count);
}

/* A new key at a place of the file. */
static apr_status_t add_key(wfp_cmd_t *cmd, wfp_keys_t *keys, int at)
{
    apr_status_t rv = need_room(cmd, keys);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    memmove(keys->key[at + 1], keys->key[at],
            (apr_size_t)(keys->count - at) * WFP_KEY_SIZE);
    rv = wfp_crypto_random(keys->key[at], WFP_KEY_SIZE);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(&cmd->res, WFP_INTERNAL, rv, "no random bytes");
    }
    keys->count++;
    return replace(cmd, keys);
}

/* The prepared key, which is the last, becomes the first. */
static apr_status_t use_next(wfp_cmd_t *cmd, wfp_keys_t *keys)
{
    unsigned char next[WFP_KEY_SIZE];
    int last = keys->count - 1;

    memcpy(next, keys->key[last], WFP_KEY_SIZE);
    memmove(keys->key[1], keys->key[0], (apr_size_t)last * WFP_KEY_SIZE);
    memcpy(keys->key[0], next, WFP_KEY_SIZE);
    wfp_crypto_wipe(next, sizeof(next));
    keys->has_next = 0;
    return replace(cmd, keys);
}

static void print_done(const wfp_cmd_t *cmd, const char *what,
                       const wfp_keys_t *keys, apr_int64_t secrets)
{
    wfp_json_t *doc = wfp_json_object(cmd->pool);

    wfp_print_line(cmd, "%s", what);
    wfp_json_set_str(doc, "keyfile", cmd->config.keyfile);
    wfp_json_set_int(doc, "keys", keys->count);
    wfp_json_set_bool(doc, "prepared", keys->has_next);
    wfp_json_set_int(doc, "secrets", secrets);
    wfp_print_json(cmd, doc);
}

static apr_status_t tell_servers(wfp_cmd_t *cmd, const char *action,
                                 apr_int64_t count)
{
    return wfp_secrets_resealed(cmd->store, wfp_cmd_actor(), action, count,
                                &cmd->res, cmd->pool);
}

static apr_status_t prepare(wfp_cmd_t *cmd, wfp_seal_rotation_t *rotation)
{
    wfp_keys_t *keys = &rotation->keys;
    apr_status_t rv;

    if (keys->has_next) {
        return wfp_result_set(&cmd->res, WFP_CONFLICT, APR_EEXIST,
                              "key file %s has a prepared key already: copy it "
                              "to every host, then run `wfpctl key rotate`",
                              cmd->config.keyfile);
    }
    rv = need_room(cmd, keys);
    if (rv == APR_SUCCESS) {
        keys->has_next = 1;
        rv = add_key(cmd, keys, keys->count);
    }
    if (rv == APR_SUCCESS) {
        print_done(cmd,
                   apr_pstrcat(cmd->pool, "Prepared a key in ",
                               cmd->config.keyfile,
                               ": copy it to every host, then run `wfpctl key "
                               "rotate`",
                               NULL),
                   keys, 0);
    }
    return rv;
}

static apr_status_t rotate(wfp_cmd_t *cmd, wfp_seal_rotation_t *rotation)
{
    wfp_keys_t *keys = &rotation->keys;
    int goes_on = !keys->has_next && rotation->others > 0;
    apr_int64_t count;
    apr_status_t rv = keys->has_next ? use_next(cmd, keys)
                      : goes_on      ? APR_SUCCESS
                                     : add_key(cmd, keys, 0);

    if (rv == APR_SUCCESS) {
        rv = reseal_all(&count, cmd, rotation);
    }
    if (rv == APR_SUCCESS) {
        rv = tell_servers(cmd, "rotate", count);
    }
    if (rv == APR_SUCCESS) {
        print_done(cmd,
                   apr_psprintf(cmd->pool,
                                "%s: %" APR_INT64_T_FMT " secrets sealed with "
                                "the first key of %s, which has %d",
                                goes_on ? "Went on with a rotation that was "
                                          "not finished"
                                        : "Rotated",
                                count, cmd->config.keyfile, keys->count),
                   keys, count);
    }
    return rv;
}

/* Lock, file, and what its keys have sealed: nothing is changed yet. */
static apr_status_t begin(wfp_seal_rotation_t *rotation, wfp_cmd_t *cmd)
{
    wfp_reseal_at_t at;
    apr_status_t rv = lock_file(cmd);

    memset(rotation, 0, sizeof(*rotation));
    if (rv == APR_SUCCESS) {
        rv = wfp_keyring_read(&rotation->keys, cmd->config.keyfile, &cmd->res,
                              cmd->pool);
    }
    return rv == APR_SUCCESS ? look(&at, cmd, rotation) : rv;
}

apr_status_t wfp_cmd_key_rotate(wfp_cmd_t *cmd)
{
    wfp_seal_rotation_t rotation;
    apr_status_t rv = begin(&rotation, cmd);

    if (rv == APR_SUCCESS) {
        rv = wfp_args_option(cmd, "prepare") ? prepare(cmd, &rotation)
                                             : rotate(cmd, &rotation);
    }
    wfp_crypto_wipe(&rotation, sizeof(rotation));
    return rv;
}

static apr_status_t still_used(wfp_cmd_t *cmd, apr_int64_t n)
{
    return wfp_result_set(&cmd->res, WFP_CONFLICT, APR_EBUSY,
                          "%" APR_INT64_T_FMT " secrets are sealed with an old "
                          "key: run `wfpctl key rotate` first; no key was "
                          "removed",
                          n);
}

/* The first key, and the prepared one. */
static void keep_used(wfp_keys_t *keys)
{
    if (keys->has_next) {
        memcpy(keys->key[1], keys->key[keys->count - 1], WFP_KEY_SIZE);
    }
    keys->count = keys->has_next ? 2 : 1;
}

/* A rotation may have been ended before it told the servers: said again. A
 * server that sealed with an old key just now: its key comes back. */
static apr_status_t prune(wfp_cmd_t *cmd, wfp_seal_rotation_t *rotation)
{
    wfp_keys_t kept = rotation->keys;
    wfp_reseal_at_t at;
    apr_status_t rv;

    keep_used(&kept);
    rv = tell_servers(cmd, "prune", 0);
    if (rv == APR_SUCCESS) {
        rv = replace(cmd, &kept);
    }
    if (rv == APR_SUCCESS) {
        rv = look(&at, cmd, rotation);
        if (rv != APR_SUCCESS || rotation->others > 0) {
            apr_status_t rv2 = replace(cmd, &rotation->keys);

            rv = rv2 != APR_SUCCESS  ? rv2
                 : rv != APR_SUCCESS ? rv
                                     : still_used(cmd, rotation->others);
        }
    }
    if (rv == APR_SUCCESS) {
        print_done(cmd,
                   apr_psprintf(cmd->pool, "Removed %d keys from %s",
                                rotation->keys.count - kept.count,
                                cmd->config.keyfile),
                   &kept, at.seen);
    }
    wfp_crypto_wipe(&kept, sizeof(kept));
    return rv;
}

apr_status_t wfp_cmd_key_prune(wfp_cmd_t *cmd)
{
    wfp_seal_rotation_t rotation;
    apr_status_t rv = begin(&rotation, cmd);

    if (rv == APR_SUCCESS) {
        rv = rotation.others > 0 ? still_used(cmd, rotation.others)
                                 : prune(cmd, &rotation);
    }
    wfp_crypto_wipe(&rotation, sizeof(rotation));
    return rv;
}
