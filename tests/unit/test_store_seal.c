/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the store does with sealed secrets as a whole: a namespace's new name,
 * another key. On one database, see store_fixture.h.
 */
#include <unistd.h>

#include "store_fixture.h"

#include "admin/seal.h"
#include "core/keyring.h"
#include "store/hostnames.h"
#include "store/tokens.h"
#include "store/versions.h"

/* --- a namespace's new name --------------------------------------------------- */

/* Key files of a case: each a new key. */
static const wfp_audit_ask_t newest = { .limit = 1 };

static const char *make_key_file(fixture_t *f_, wfp_test_t *t)
{
    fixture_t f = *f_;
    char uuid[WFP_UUID_SIZE];
    const char *dir, *path;

    CHECK(apr_temp_dir_get(&dir, t->pool) == APR_SUCCESS);
    CHECK(wfp_crypto_uuid(uuid) == APR_SUCCESS);
    path = apr_pstrcat(t->pool, dir, "/wfp-key-", uuid, NULL);
    OK(wfp_keyring_make(path, &f.res, t->pool));
    return path;
}

static wfp_keyring_t *make_ring(fixture_t *f_, wfp_test_t *t)
{
    fixture_t f = *f_;
    const char *path = make_key_file(f_, t);
    wfp_keyring_t *ring;

    OK(wfp_keyring_load(&ring, path, &f.res, t->pool));
    CHECK(apr_file_remove(path, t->pool) == APR_SUCCESS);
    return ring;
}

/* More secrets than a page of them has, in two versions. */
#define SECRETS 120

static void put_secrets(fixture_t *f_, wfp_keyring_t *ring, wfp_test_t *t)
{
    fixture_t f = *f_;
    wfp_secret_t secret = { "demo", "a", NULL, NULL, NULL, 0, 0 };
    int version, i;

    for (version = 0; version < 2; version++) {
        wfp_put_t *put = make_put("demo", "a", "code", t->pool);

        for (i = 0; i < SECRETS; i++) {
            secret.key = apr_psprintf(t->pool, "S%d", i);
            OK(wfp_seal_text(&secret, ring, secret.key, strlen(secret.key),
                             &f.res, t->pool));
            add_binding(put->script, WFP_BINDING_SECRET_TEXT, secret.key,
                        secret.sealed, NULL);
        }
        OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    }
}

static void check_secrets(fixture_t *f_, wfp_keyring_t *ring,
                          const wfp_script_t *script, const char *ns,
                          wfp_test_t *t)
{
    fixture_t f = *f_;
    const char *text;
    apr_size_t n;
    int i;

    CHECK_INT(script->bindings->nelts, SECRETS);
    for (i = 0; i < SECRETS; i++) {
        const wfp_binding_t *b = &APR_ARRAY_IDX(script->bindings, i,
                                                wfp_binding_t);

        OK(wfp_keyring_open(&text, &n, ring,
                            apr_pstrcat(t->pool, ns, "/a/", b->name, NULL),
                            b->text, t->pool));
        CHECK_STR(text, b->name);
    }
}

static wfp_rename_t rename_of(fixture_t *f_, wfp_keyring_t *ring,
                              const char *to, wfp_test_t *t)
{
    fixture_t f = *f_;
    wfp_rename_t ask = { .to = to,
                         .reseal = { wfp_seal_again, ring },
                         .actor = &me };

    OK(wfp_namespaces_get(&ask.ns, f.store, "demo", &f.res, t->pool));
    return ask;
}

/* An account Worker that dispatches to demo. @return its stamp */
static apr_int64_t put_dispatcher(fixture_t *f_, wfp_test_t *t)
{
    fixture_t f = *f_;
    wfp_put_t *put = make_put(WFP_ACCOUNT_NS, "front", "code", t->pool);

    add_binding(put->script, WFP_BINDING_DISPATCH_NAMESPACE, "D", NULL, "demo");
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    return put->script->stamp;
}

static void a_namespace_takes_all_along_to_its_new_name(wfp_test_t *t)
{
    fixture_t f;
    wfp_keyring_t *ring;
    wfp_rename_t ask;
    wfp_token_t token = { .name = "t", .role = "deploy" }, *got_token;
    wfp_hostname_t host = { .hostname = "a.example.com",
                            .ns = "demo",
                            .script = "a",
                            .metadata = "{}" },
                   *got_host;
    const char *value;
    wfp_script_t *got;
    apr_array_header_t *list;
    apr_int64_t before;
    wfp_change_t *change;
    wfp_audit_t *row;
    int i, more, lost;

    open_store(&f, t);
    ring = make_ring(&f, t);
    put_secrets(&f, ring, t);
    before = put_dispatcher(&f, t);
    token.namespaces = apr_array_make(t->pool, 2, sizeof(const char *));
    APR_ARRAY_PUSH(token.namespaces, const char *) = "other";
    APR_ARRAY_PUSH(token.namespaces, const char *) = "demo";
    OK(wfp_tokens_create(&value, f.store, &token, &me, &f.res, t->pool));
    OK(wfp_hostnames_put(f.store, &host, NULL, &me, &f.res, t->pool));
    ask = rename_of(&f, ring, "shops", t);
    ask.ns->trusted_workers = 1;
    OK(wfp_namespaces_rename(f.store, &ask, &f.res, t->pool));

    REFUSED(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool),
            WFP_WORKER_NOT_FOUND);
    OK(wfp_scripts_get(&got, f.store, "shops", "a", &f.res, t->pool));
    CHECK_INT(got->stamp, ask.ns->stamp);
    check_secrets(&f, ring, got, "shops", t);
    OK(wfp_versions_list(&list, f.store, "shops", "a", &f.res, t->pool));
    CHECK_INT(list->nelts, 2);
    for (i = 0; i < 2; i++) {
        OK(wfp_versions_get(&got, NULL, f.store, "shops", "a",
                            APR_ARRAY_IDX(list, i, wfp_version_info_t *)->id,
                            &f.res, t->pool));
        check_secrets(&f, ring, got, "shops", t);
    }
    OK(wfp_scripts_get(&got, f.store, WFP_ACCOUNT_NS, "front", &f.res,
                       t->pool));
    CHECK_STR(APR_ARRAY_IDX(got->bindings, 0, wfp_binding_t).target, "shops");
    CHECK(got->stamp > before);
    OK(wfp_tokens_verify(&got_token, f.store, value, &f.res, t->pool));
    CHECK_STR(APR_ARRAY_IDX(got_token->namespaces, 0, const char *), "other");
    CHECK_STR(APR_ARRAY_IDX(got_token->namespaces, 1, const char *), "shops");
    OK(wfp_hostnames_get(&got_host, f.store, "a.example.com", &f.res, t->pool));
    CHECK_STR(got_host->ns, "shops");
    OK(wfp_namespaces_get(&ask.ns, f.store, "shops", &f.res, t->pool));
    CHECK_INT(ask.ns->trusted_workers, 1);

    /* what the log of changes says is what the caller was told */
    change = &APR_ARRAY_IDX(ask.changes, 0, wfp_change_t);
    OK(wfp_changes_since(&list, &before, &lost, f.store, change->stamp - 1, 100,
                         &f.res, t->pool));
    CHECK_INT(list->nelts, 7); /* two versions' numbers among them */
    CHECK_INT(ask.changes->nelts, 5);
    for (i = 0; i < 5; i++) {
        const wfp_change_t *told = &APR_ARRAY_IDX(list, i < 2 ? i : i + 2,
                                                  wfp_change_t);

        change = &APR_ARRAY_IDX(ask.changes, i, wfp_change_t);
        CHECK_INT(told->stamp, change->stamp);
        CHECK_INT(told->kind, change->kind);
        CHECK_STR(told->ns, change->ns);
        CHECK_STR(told->name, change->name);
        CHECK_INT(told->deleted, change->deleted);
        CHECK_INT(told->deleted, i < 2);
    }
    OK(wfp_audit_list(&list, &more, f.store, &newest, &f.res, t->pool));
    row = APR_ARRAY_IDX(list, 0, wfp_audit_t *);
    CHECK_STR(row->action, "rename");
    CHECK_STR(row->ns, "shops");
    CHECK_STR(row->details, "{\"from\":\"demo\"}");
}

static void a_rename_that_fails_changes_nothing(wfp_test_t *t)
{
    fixture_t f;
    wfp_namespace_t taken = { .name = "taken" };
    wfp_rename_t ask;
    wfp_script_t *got;
    wfp_keyring_t *ring;

    open_store(&f, t);
    ring = make_ring(&f, t);
    put_secrets(&f, ring, t);
    wfp_limits_clear(&taken.limits);
    OK(wfp_namespaces_create(f.store, &taken, &me, &f.res, t->pool));
    ask = rename_of(&f, ring, "taken", t);
    REFUSED(wfp_namespaces_rename(f.store, &ask, &f.res, t->pool),
            WFP_CONFLICT);
    ask = rename_of(&f, ring, "a/b", t);
    REFUSED(wfp_namespaces_rename(f.store, &ask, &f.res, t->pool), WFP_INVALID);
    ask = rename_of(&f, ring, "shops", t);
    ask.reseal.baton = make_ring(&f, t);
    REFUSED(wfp_namespaces_rename(f.store, &ask, &f.res, t->pool),
            WFP_CONFLICT);
    ask.ns->name = "missing";
    REFUSED(wfp_namespaces_rename(f.store, &ask, &f.res, t->pool),
            WFP_NOT_FOUND);
    OK(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool));
    check_secrets(&f, ring, got, "demo", t);
}

/* --- another key --------------------------------------------------------------- */

/* All steps of one pass; between two of them stop(), when there is one. */
static wfp_reseal_at_t pass(fixture_t *f_, wfp_seal_rotation_t *rotation,
                            void (*between)(fixture_t *f, wfp_test_t *t),
                            wfp_test_t *t)
{
    const wfp_reseal_t reseal = { wfp_seal_rotate, rotation };
    wfp_reseal_at_t at = WFP_RESEAL_BEGIN;
    fixture_t f = *f_;

    at.only_look = rotation->only_look;
    rotation->others = 0;
    while (at.more) {
        OK(wfp_secrets_reseal_step(&at, f.store, &reseal, &f.res, t->pool));
        if (between && at.more) {
            between(f_, t);
        }
    }
    return at;
}

/* The keys of two files, the first of which seals. */
static void two_keys(wfp_keys_t *keys, const char *a, const char *b,
                     fixture_t *f_, wfp_test_t *t)
{
    fixture_t f = *f_;
    wfp_keys_t other;

    OK(wfp_keyring_read(keys, a, &f.res, t->pool));
    OK(wfp_keyring_read(&other, b, &f.res, t->pool));
    memcpy(keys->key[1], other.key[0], WFP_KEY_SIZE);
    keys->count = 2;
}

static void all_are_sealed_with_another_key(wfp_test_t *t)
{
    fixture_t f;
    wfp_seal_rotation_t rotation = { .only_look = 1 };
    const char *old, *now;
    wfp_keyring_t *ring, *now_ring;
    apr_array_header_t *list;
    wfp_script_t *got;
    wfp_reseal_at_t at;
    wfp_change_t *change;
    wfp_audit_t *row;
    apr_int64_t latest;
    int more, lost;

    open_store(&f, t);
    old = make_key_file(&f, t);
    now = make_key_file(&f, t);
    OK(wfp_keyring_load(&ring, old, &f.res, t->pool));
    OK(wfp_keyring_load(&now_ring, now, &f.res, t->pool));
    put_secrets(&f, ring, t);
    two_keys(&rotation.keys, now, old, &f, t);
    at = pass(&f, &rotation, NULL, t);
    CHECK_INT(at.seen, 2 * SECRETS);
    CHECK_INT(at.changed, 0);
    CHECK_INT(rotation.others, 2 * SECRETS);
    OK(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool));
    check_secrets(&f, ring, got, "demo", t);

    rotation.only_look = 0;
    at = pass(&f, &rotation, NULL, t);
    CHECK_INT(at.changed, 2 * SECRETS);
    at = pass(&f, &rotation, NULL, t);
    CHECK_INT(at.seen, 2 * SECRETS);
    CHECK_INT(at.changed, 0);
    OK(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool));
    check_secrets(&f, now_ring, got, "demo", t);

    OK(wfp_secrets_resealed(f.store, &me, "rotate", 7, &f.res, t->pool));
    OK(wfp_changes_since(&list, &latest, &lost, f.store, 0, 100, &f.res,
                         t->pool));
    change = &APR_ARRAY_IDX(list, list->nelts - 1, wfp_change_t);
    CHECK_INT(change->kind, WFP_CHANGE_KEY);
    OK(wfp_audit_list(&list, &more, f.store, &newest, &f.res, t->pool));
    row = APR_ARRAY_IDX(list, 0, wfp_audit_t *);
    CHECK_STR(row->action, "rotate");
    CHECK_STR(row->kind, "key");
    CHECK_STR(row->details, "{\"secrets\":7}");
    CHECK(apr_file_remove(old, t->pool) == APR_SUCCESS);
    CHECK(apr_file_remove(now, t->pool) == APR_SUCCESS);
}

/* A new version copies its secrets as they are: behind the pass, or before. */
static void deploy_between(fixture_t *f_, wfp_test_t *t)
{
    fixture_t f = *f_;
    wfp_put_t *put = make_put("demo", "a", "more code", t->pool);

    put->keep = 1u << WFP_BINDING_SECRET_TEXT;
    put->versions_kept = 100;
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
}

static void what_is_written_meanwhile_is_found(wfp_test_t *t)
{
    fixture_t f;
    wfp_seal_rotation_t rotation = { 0 };
    const char *old, *now;
    wfp_keyring_t *ring, *now_ring;
    wfp_script_t *got;
    wfp_reseal_at_t at;
    int passes = 0;

    open_store(&f, t);
    old = make_key_file(&f, t);
    now = make_key_file(&f, t);
    OK(wfp_keyring_load(&ring, old, &f.res, t->pool));
    OK(wfp_keyring_load(&now_ring, now, &f.res, t->pool));
    put_secrets(&f, ring, t);
    two_keys(&rotation.keys, now, old, &f, t);
    do {
        at = pass(&f, &rotation, passes < 2 ? deploy_between : NULL, t);
        CHECK(++passes < 10);
    } while (at.changed > 0);
    OK(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool));
    CHECK(got->number > 3);
    check_secrets(&f, now_ring, got, "demo", t);
    rotation.keys.count = 1;
    rotation.only_look = 1;
    (void)pass(&f, &rotation, NULL, t); /* the new key opens all */
    CHECK(apr_file_remove(old, t->pool) == APR_SUCCESS);
    CHECK(apr_file_remove(now, t->pool) == APR_SUCCESS);
}

static void what_no_key_opens_stops_it(wfp_test_t *t)
{
    fixture_t f;
    wfp_seal_rotation_t rotation = { 0 };
    const wfp_reseal_t reseal = { wfp_seal_rotate, &rotation };
    wfp_reseal_at_t at = WFP_RESEAL_BEGIN;
    const char *a, *b;
    wfp_keyring_t *ring;
    wfp_script_t *got;

    open_store(&f, t);
    ring = make_ring(&f, t);
    put_secrets(&f, ring, t);
    a = make_key_file(&f, t);
    b = make_key_file(&f, t);
    two_keys(&rotation.keys, a, b, &f, t);
    REFUSED(wfp_secrets_reseal_step(&at, f.store, &reseal, &f.res, t->pool),
            WFP_CONFLICT);
    CHECK_INT(at.seen, 0);
    CHECK_INT(at.more, 1);
    OK(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool));
    check_secrets(&f, ring, got, "demo", t);
    CHECK(apr_file_remove(a, t->pool) == APR_SUCCESS);
    CHECK(apr_file_remove(b, t->pool) == APR_SUCCESS);
}

/* ---- S3 keys ---------------------------------------------------------------- */

static apr_status_t make_s3_key(const char **psecret, wfp_token_t *token,
                                wfp_keyring_t *ring, fixture_t *f,
                                apr_time_t expires, apr_pool_t *p)
{
    const char *api_secret;
    apr_status_t rv;

    memset(token, 0, sizeof(*token));
    token->name = "s3";
    token->role = "deploy";
    token->expires = expires;
    token->namespaces = apr_array_make(p, 1, sizeof(const char *));
    token->buckets = apr_array_make(p, 1, sizeof(const char *));
    APR_ARRAY_PUSH(token->buckets, const char *) = "photos";
    rv = wfp_seal_s3_key(psecret, token, ring, &f->res, p);
    return rv == APR_SUCCESS ? wfp_tokens_create(&api_secret, f->store, token,
                                                 &me, &f->res, p)
                             : rv;
}

static void a_token_is_an_s3_key(wfp_test_t *t)
{
    fixture_t f;
    wfp_token_t token, other = { .name = "api", .role = "read" }, *got;
    const char *secret, *again, *id;
    wfp_keyring_t *ring;

    open_store(&f, t);
    ring = make_ring(&f, t);
    OK(make_s3_key(&secret, &token, ring, &f, 0, t->pool));
    CHECK_INT(strlen(secret), 40);
    CHECK(!strstr(token.s3_sealed, secret));
    OK(wfp_tokens_s3(&got, f.store, token.id, &f.res, t->pool));
    CHECK_STR(got->id, token.id);
    CHECK_STR(APR_ARRAY_IDX(got->buckets, 0, const char *), "photos");
    OK(wfp_seal_open_s3(&again, got, ring, &f.res, t->pool));
    CHECK_STR(again, secret);
    got->id = "another's"; /* the sealed text is bound to its token */
    REFUSED(wfp_seal_open_s3(&again, got, ring, &f.res, t->pool), WFP_CONFLICT);

    other.namespaces = token.namespaces;
    OK(wfp_tokens_create(&again, f.store, &other, &me, &f.res, t->pool));
    REFUSED(wfp_tokens_s3(&got, f.store, other.id, &f.res, t->pool),
            WFP_NOT_FOUND);
    id = token.id;
    OK(wfp_tokens_revoke(f.store, id, &me, &f.res, t->pool));
    REFUSED(wfp_tokens_s3(&got, f.store, id, &f.res, t->pool), WFP_NOT_FOUND);
    OK(make_s3_key(&secret, &token, ring, &f, 1, t->pool));
    REFUSED(wfp_tokens_s3(&got, f.store, token.id, &f.res, t->pool),
            WFP_NOT_FOUND);
}

static void s3_keys_are_sealed_with_another_key(wfp_test_t *t)
{
    fixture_t f;
    wfp_seal_rotation_t rotation = { .only_look = 1 };
    const wfp_reseal_t reseal = { wfp_seal_rotate, &rotation };
    wfp_tokens_reseal_t done;
    wfp_token_t token, *got;
    const char *old, *now, *secret, *again;
    wfp_keyring_t *ring, *now_ring;

    open_store(&f, t);
    old = make_key_file(&f, t);
    now = make_key_file(&f, t);
    OK(wfp_keyring_load(&ring, old, &f.res, t->pool));
    OK(wfp_keyring_load(&now_ring, now, &f.res, t->pool));
    OK(make_s3_key(&secret, &token, ring, &f, 0, t->pool));
    two_keys(&rotation.keys, now, old, &f, t);
    OK(wfp_tokens_reseal(&done, f.store, &reseal, 1, &f.res, t->pool));
    CHECK_INT(done.seen, 1);
    CHECK_INT(done.changed, 0);
    CHECK_INT(rotation.others, 1);
    rotation.only_look = 0;
    OK(wfp_tokens_reseal(&done, f.store, &reseal, 0, &f.res, t->pool));
    CHECK_INT(done.changed, 1);
    OK(wfp_tokens_s3(&got, f.store, token.id, &f.res, t->pool));
    REFUSED(wfp_seal_open_s3(&again, got, ring, &f.res, t->pool), WFP_CONFLICT);
    OK(wfp_seal_open_s3(&again, got, now_ring, &f.res, t->pool));
    CHECK_STR(again, secret);
    OK(wfp_tokens_reseal(&done, f.store, &reseal, 0, &f.res, t->pool));
    CHECK_INT(done.seen, 1);
    CHECK_INT(done.changed, 0);
    CHECK(apr_file_remove(old, t->pool) == APR_SUCCESS);
    CHECK(apr_file_remove(now, t->pool) == APR_SUCCESS);
}

static const wfp_test_case_t cases[] = {
    { "a namespace takes all along to its new name",
      a_namespace_takes_all_along_to_its_new_name },
    { "a rename that fails changes nothing",
      a_rename_that_fails_changes_nothing },
    { "all are sealed with another key", all_are_sealed_with_another_key },
    { "what is written meanwhile is found",
      what_is_written_meanwhile_is_found },
    { "what no key opens stops it", what_no_key_opens_stops_it },
    { "a token is an S3 key", a_token_is_an_s3_key },
    { "S3 keys are sealed with another key",
      s3_keys_are_sealed_with_another_key },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
