/* SPDX-License-Identifier: Apache-2.0 */
/* Files and indexes of assets with a store: what stays, what goes, what another
 * host has. */
#include "services/assets.h"

#include <apr_file_info.h>
#include <apr_thread_proc.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/crypto.h"
#include "services/assets_inside.h"
#include "store/asset_uploads.h"
#include "tests/unit/store_fixture.h"

typedef struct place_t {
    wfp_test_t *t;
    fixture_t f;
    wfp_assets_t *assets;
    const char *root;
    wfp_asset_session_t session;
    apr_hash_t *files;
} place_t;

static apr_status_t remove_root(void *data)
{
    const char *root = data, *dir;
    apr_pool_t *p;
    apr_dir_t *outer, *inner;
    apr_finfo_t info;

    apr_pool_create(&p, NULL);
    dir = apr_pstrcat(p, root, "/assets", NULL);
    if (apr_dir_open(&outer, dir, p) == APR_SUCCESS) {
        while (apr_dir_read(&info, APR_FINFO_NAME, outer) == APR_SUCCESS) {
            const char *group = apr_pstrcat(p, dir, "/", info.name, NULL);

            if (*info.name == '.'
                || apr_dir_open(&inner, group, p) != APR_SUCCESS) {
                continue;
            }
            while (apr_dir_read(&info, APR_FINFO_NAME, inner) == APR_SUCCESS) {
                (void)apr_file_remove(apr_pstrcat(p, group, "/", info.name,
                                                  NULL),
                                      p);
            }
            (void)apr_dir_close(inner);
            (void)apr_dir_remove(group, p);
        }
        (void)apr_dir_close(outer);
    }
    (void)apr_dir_remove(dir, p);
    (void)apr_dir_remove(root, p);
    apr_pool_destroy(p);
    return APR_SUCCESS;
}

static void open_host(place_t *at, int in_store)
{
    wfp_test_t *t = at->t;
    fixture_t f = at->f;
    char *root = apr_pstrdup(t->pool, "/tmp/wfp-assets-XXXXXX");

    CHECK(mkdtemp(root));
    apr_pool_cleanup_register(t->pool, root, remove_root,
                              apr_pool_cleanup_null);
    at->root = root;
    OK(wfp_assets_create(&at->assets, f.store, in_store, root, t->pool));
}

static void begin(place_t *at, wfp_test_t *t, int in_store)
{
    char *id = apr_palloc(t->pool, WFP_UUID_SIZE);
    fixture_t f;

    memset(at, 0, sizeof(*at));
    at->t = t;
    open_store(&at->f, t);
    f = at->f;
    open_host(at, in_store);
    OK(wfp_crypto_uuid(id));
    at->session.id = id;
    at->session.ns = "demo";
    at->session.script = "w";
    at->session.secret = "s";
    at->session.manifest = "{}";
    at->session.expires = apr_time_now() + apr_time_from_sec(60);
    OK(wfp_asset_uploads_begin(&at->session, &at->files, f.store, &me, &f.res,
                               t->pool));
}

static wfp_asset_t asset_of(place_t *at, const char *path, const char *data)
{
    wfp_test_t *t = at->t;
    fixture_t f = at->f;
    wfp_asset_t asset = { .path = path, .size = (apr_int64_t)strlen(data) };
    const char *digest;
    unsigned i, byte;

    OK(wfp_assets_keep(&digest, at->assets, at->session.owner, data,
                       strlen(data), &f.res, t->pool));
    for (i = 0; i < sizeof(asset.digest); i++) {
        CHECK(sscanf(digest + 2 * i, "%2x", &byte) == 1);
        asset.digest[i] = (unsigned char)byte;
    }
    return asset;
}

static const char *seal(place_t *at, const char *path, const char *data)
{
    wfp_test_t *t = at->t;
    fixture_t f = at->f;
    apr_array_header_t *list = apr_array_make(t->pool, 1, sizeof(wfp_asset_t));
    const char *reference;

    APR_ARRAY_PUSH(list, wfp_asset_t) = asset_of(at, path, data);
    OK(wfp_assets_seal(&reference, at->assets, at->session.owner, list, "{}", 0,
                       &f.res, t->pool));
    return reference;
}

static void deploy(place_t *at, const char *reference)
{
    wfp_test_t *t = at->t;
    fixture_t f = at->f;
    wfp_put_t *put = make_put("demo", "w", "return {}", t->pool);

    put->script->assets = reference;
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
}

/* @return NULL: it cannot be read */
static const char *read_asset(place_t *at, const char *reference,
                              const char *version, const char *path)
{
    wfp_test_t *t = at->t;
    char *data = apr_pcalloc(t->pool, 100);
    apr_size_t n = 99;
    wfp_asset_set_t *set;
    wfp_asset_t asset;
    wfp_result_t res;
    apr_file_t *file;
    apr_status_t rv;

    wfp_result_init(&res, t->pool);
    set = wfp_assets_take(at->assets, version);
    if (!set
        && wfp_assets_open(&set, at->assets, version, reference, &res)
               != APR_SUCCESS) {
        return NULL;
    }
    CHECK(wfp_asset_index_find(&asset, wfp_assets_index(set), path,
                               strlen(path)));
    rv = wfp_assets_file(&file, at->assets, set, &asset, 0, t->pool);
    wfp_assets_give(at->assets, set);
    if (rv != APR_SUCCESS) {
        return NULL;
    }
    CHECK(apr_file_read(file, data, &n) == APR_SUCCESS);
    CHECK(apr_file_close(file) == APR_SUCCESS);
    return data;
}

/* All files of the owner were written two hours ago. */
static void make_old(place_t *at)
{
    wfp_test_t *t = at->t;
    const char *dir = apr_pstrcat(t->pool, at->root, "/assets/",
                                  at->session.owner, NULL);
    apr_finfo_t info;
    apr_dir_t *d;

    CHECK(apr_dir_open(&d, dir, t->pool) == APR_SUCCESS);
    while (apr_dir_read(&info, APR_FINFO_NAME, d) == APR_SUCCESS) {
        if (*info.name != '.') {
            CHECK(apr_file_mtime_set(apr_pstrcat(t->pool, dir, "/", info.name,
                                                 NULL),
                                     apr_time_now() - apr_time_from_sec(7200),
                                     t->pool)
                  == APR_SUCCESS);
        }
    }
    CHECK(apr_dir_close(d) == APR_SUCCESS);
}

static apr_status_t end_sessions(wfp_dbd_t *db, void *baton)
{
    (void)baton;
    return wfp_dbd_direct(db, "UPDATE asset_sessions SET expires = 1");
}

static void sweep(place_t *at)
{
    wfp_test_t *t = at->t;
    fixture_t f = at->f;

    OK(wfp_assets_sweep(at->assets, &f.res, t->pool));
}

static void assets_are_kept_and_read(wfp_test_t *t)
{
    const char *reference;
    place_t at;

    begin(&at, t, 0);
    reference = seal(&at, "/a", "the text");
    CHECK_STR(read_asset(&at, reference, "v1", "/a"), "the text");
    CHECK_STR(read_asset(&at, reference, "v1", "/a"), "the text");
    CHECK(!read_asset(&at, "nothing", "v2", "/a"));
    CHECK(!read_asset(&at, "../../etc/passwd", "v2", "/a"));
    CHECK(!read_asset(&at, apr_pstrcat(t->pool, at.session.owner, "/00", NULL),
                      "v2", "/a"));
}

static void a_sweep_waits_for_sessions(wfp_test_t *t)
{
    const char *used, *unused;
    place_t at;

    begin(&at, t, 0);
    used = seal(&at, "/a", "used");
    unused = seal(&at, "/a", "unused");
    deploy(&at, used);
    make_old(&at);
    sweep(&at); /* a session is open */
    CHECK_STR(read_asset(&at, unused, "v1", "/a"), "unused");
}

static apr_status_t age_files(wfp_dbd_t *db, void *baton)
{
    (void)baton;
    return wfp_dbd_direct(db, "UPDATE asset_files SET uploaded = 1");
}

static void a_sweep_takes_what_no_version_has(wfp_test_t *t)
{
    const char *used, *unused;
    fixture_t f;
    place_t at;

    begin(&at, t, 0);
    f = at.f;
    used = seal(&at, "/a", "used");
    unused = seal(&at, "/a", "unused");
    deploy(&at, used);
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, end_sessions, NULL, &f.res,
                   t->pool));
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, age_files, NULL, &f.res, t->pool));
    make_old(&at);
    (void)asset_of(&at, "/x", "young");
    sweep(&at);
    CHECK_STR(read_asset(&at, used, "v1", "/a"), "used");
    CHECK(!read_asset(&at, unused, "v2", "/a"));
    OK(wfp_asset_uploads_files(&at.files, f.store, at.session.owner, &f.res,
                               t->pool));
    CHECK(apr_hash_count(at.files) == 1); /* its index */
}

static apr_status_t age_bodies(wfp_dbd_t *db, void *baton)
{
    (void)baton;
    return wfp_dbd_direct(db, "UPDATE asset_bodies SET stored = 1");
}

/* The version that will have them may be on its way. */
static void a_sweep_leaves_young_bytes_in_the_store(wfp_test_t *t)
{
    const char *used, *unused;
    fixture_t f;
    place_t at;

    begin(&at, t, 1);
    f = at.f;
    used = seal(&at, "/a", "used");
    unused = seal(&at, "/a", "unused");
    deploy(&at, used);
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, end_sessions, NULL, &f.res,
                   t->pool));
    open_host(&at, 1);
    sweep(&at);
    CHECK_STR(read_asset(&at, unused, "v1", "/a"), "unused");
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, age_bodies, NULL, &f.res, t->pool));
    open_host(&at, 1);
    sweep(&at);
    CHECK_STR(read_asset(&at, used, "v2", "/a"), "used");
    CHECK(!read_asset(&at, unused, "v3", "/a"));
}

static void another_host_takes_bytes_from_the_store(wfp_test_t *t)
{
    const char *reference;
    place_t at;

    begin(&at, t, 1);
    reference = seal(&at, "/a", "the text");
    open_host(&at, 1);
    CHECK_STR(read_asset(&at, reference, "v1", "/a"), "the text");
    CHECK_STR(read_asset(&at, reference, "v1", "/a"), "the text");
    open_host(&at, 0);
    CHECK(!read_asset(&at, reference, "v1", "/a"));
}

static void a_store_that_was_moved_takes_bytes_in(wfp_test_t *t)
{
    apr_array_header_t *list = apr_array_make(t->pool, 1, sizeof(wfp_asset_t));
    const char *reference;
    fixture_t f;
    place_t at;

    begin(&at, t, 0);
    f = at.f;
    APR_ARRAY_PUSH(list, wfp_asset_t) = asset_of(&at, "/a", "the text");
    OK(wfp_assets_create(&at.assets, f.store, 1, at.root, t->pool));
    OK(wfp_assets_seal(&reference, at.assets, at.session.owner, list, "{}", 0,
                       &f.res, t->pool));
    open_host(&at, 1);
    CHECK_STR(read_asset(&at, reference, "v1", "/a"), "the text");
}

static void a_version_without_its_files_is_not_made(wfp_test_t *t)
{
    apr_array_header_t *list = apr_array_make(t->pool, 1, sizeof(wfp_asset_t));
    const char *reference;
    int in_store;

    for (in_store = 0; in_store < 2; in_store++) {
        fixture_t f;
        place_t at;

        begin(&at, t, in_store);
        f = at.f;
        memset(apr_array_push(list), 0, sizeof(wfp_asset_t));
        APR_ARRAY_IDX(list, 0, wfp_asset_t).path = "/a";
        REFUSED(wfp_assets_seal(&reference, at.assets, at.session.owner, list,
                                "{}", 0, &f.res, t->pool),
                WFP_NOT_FOUND);
    }
}

static void many_sets_are_open_in_turn(wfp_test_t *t)
{
    const char *reference;
    place_t at;
    int i;

    begin(&at, t, 0);
    reference = seal(&at, "/a", "x");
    for (i = 0; i < 1500; i++) {
        CHECK_STR(read_asset(&at, reference, apr_itoa(t->pool, i % 700), "/a"),
                  "x");
    }
}

static void bytes_are_bounded_and_told(wfp_test_t *t)
{
    apr_array_header_t *files = apr_array_make(t->pool, 2,
                                               sizeof(wfp_asset_file_t));
    wfp_asset_file_t one = { "h1", "d1", 60, "" }, two = { "h2", "d2", 41, "" };
    apr_hash_t *all;
    apr_int64_t bytes;
    place_t at;
    fixture_t f;

    begin(&at, t, 0);
    f = at.f;
    APR_ARRAY_PUSH(files, wfp_asset_file_t) = one;
    OK(wfp_asset_uploads_add(&all, f.store, &at.session, files, 100,
                             at.session.expires, &f.res, t->pool));
    files->nelts = 0;
    APR_ARRAY_PUSH(files, wfp_asset_file_t) = two;
    REFUSED(wfp_asset_uploads_add(&all, f.store, &at.session, files, 100,
                                  at.session.expires, &f.res, t->pool),
            WFP_QUOTA_EXCEEDED);
    OK(wfp_asset_uploads_bytes(&bytes, f.store, "demo", "w", &f.res, t->pool));
    CHECK_INT(bytes, 60);
    OK(wfp_asset_uploads_add(&all, f.store, &at.session, files, 101,
                             at.session.expires, &f.res, t->pool));
    OK(wfp_asset_uploads_bytes(&bytes, f.store, "demo", "", &f.res, t->pool));
    CHECK_INT(bytes, 101);
    OK(wfp_asset_uploads_bytes(&bytes, f.store, "demo", "x", &f.res, t->pool));
    CHECK_INT(bytes, 0);
}

static apr_status_t forget_files(wfp_dbd_t *db, void *baton)
{
    (void)baton;
    return wfp_dbd_direct(db, "DELETE FROM asset_files");
}

static apr_int64_t bytes_of(place_t *at)
{
    wfp_test_t *t = at->t;
    fixture_t f = at->f;
    apr_int64_t bytes;

    OK(wfp_asset_uploads_bytes(&bytes, f.store, "demo", "w", &f.res, t->pool));
    return bytes;
}

/* Bytes of the file that a reference names; -1: there is none. */
static apr_int64_t size_of(place_t *at, const char *reference)
{
    apr_finfo_t info;

    return apr_stat(&info,
                    apr_pstrcat(at->t->pool, at->root, "/assets/", reference,
                                NULL),
                    APR_FINFO_SIZE, at->t->pool)
                   == APR_SUCCESS
               ? info.size
               : -1;
}

static apr_status_t seal_within(place_t *at, const char **preference,
                                const char *config, apr_int64_t max)
{
    wfp_test_t *t = at->t;
    apr_array_header_t *list = apr_array_make(t->pool, 1, sizeof(wfp_asset_t));

    APR_ARRAY_PUSH(list, wfp_asset_t) = asset_of(at, "/a", "the text");
    wfp_result_init(&at->f.res, t->pool);
    return wfp_assets_seal(preference, at->assets, at->session.owner, list,
                           config, max, &at->f.res, t->pool);
}

static void indexes_are_counted(wfp_test_t *t)
{
    const char *one, *two;
    apr_int64_t size;
    place_t at;
    int in_store;

    for (in_store = 0; in_store < 2; in_store++) {
        begin(&at, t, in_store);
        one = seal(&at, "/a", "the text");
        size = size_of(&at, one);
        CHECK(size > 64);
        CHECK_INT(bytes_of(&at), size);
        /* it is there, whatever the bound is by now */
        CHECK_INT(seal_within(&at, &two, "{}", 1), APR_SUCCESS);
        CHECK_STR(two, one);
        CHECK_INT(bytes_of(&at), size);
        CHECK(seal_within(&at, &two, "{\"a\":1}", 2 * size) != APR_SUCCESS);
        CHECK_INT(at.f.res.code, WFP_QUOTA_EXCEEDED);
        CHECK_INT(bytes_of(&at), size);
        CHECK_INT(seal_within(&at, &two, "{\"a\":1}", 3 * size), APR_SUCCESS);
        CHECK_INT(bytes_of(&at), size + size_of(&at, two));
    }
}

/* Of versions of a time when they were not counted, and no longer than they are
 * on the disk. */
static void a_sweep_counts_indexes(wfp_test_t *t)
{
    const char *used, *unused;
    apr_int64_t size;
    fixture_t f;
    place_t at;

    begin(&at, t, 0);
    f = at.f;
    used = seal(&at, "/a", "used");
    unused = seal(&at, "/longer", "unused");
    size = size_of(&at, used);
    deploy(&at, used);
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, end_sessions, NULL, &f.res,
                   t->pool));
    sweep(&at);
    CHECK(size_of(&at, unused) > size);
    CHECK_INT(bytes_of(&at), size + size_of(&at, unused));
    make_old(&at);
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, age_files, NULL, &f.res, t->pool));
    at.assets->next = 0;
    *at.assets->swept = '\0';
    sweep(&at);
    CHECK_INT(size_of(&at, unused), -1);
    CHECK_INT(bytes_of(&at), size);
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, forget_files, NULL, &f.res,
                   t->pool));
    CHECK_INT(bytes_of(&at), 0);
    at.assets->next = 0;
    *at.assets->swept = '\0';
    sweep(&at);
    CHECK_INT(bytes_of(&at), size);
}

/* An upload to another host. */
typedef struct upload_t {
    fixture_t f;
    const wfp_asset_session_t *session;
    wfp_asset_file_t file;
    apr_status_t rv;
} upload_t;

static void *APR_THREAD_FUNC add_one(apr_thread_t *thread, void *data)
{
    upload_t *up = data;
    apr_array_header_t *files;
    apr_hash_t *all;
    apr_pool_t *p;

    (void)thread;
    apr_pool_create(&p, NULL);
    wfp_result_init(&up->f.res, p);
    files = apr_array_make(p, 1, sizeof(wfp_asset_file_t));
    APR_ARRAY_PUSH(files, wfp_asset_file_t) = up->file;
    up->rv = wfp_asset_uploads_add(&all, up->f.store, up->session, files, 100,
                                   up->session->expires, &up->f.res, p);
    up->rv = up->rv != APR_SUCCESS && up->f.res.code == WFP_QUOTA_EXCEEDED
                 ? APR_ENOSPC
                 : up->rv;
    apr_pool_destroy(p);
    return NULL;
}

/* Each fits alone. They are of two sessions: nothing else holds them. */
static void two_uploads_do_not_both_fit(wfp_test_t *t)
{
    wfp_asset_session_t second;
    upload_t ups[2];
    apr_thread_t *threads[2];
    apr_status_t rv;
    place_t at;
    fixture_t f;
    int i, round;

    begin(&at, t, 0);
    f = at.f;
    second = at.session;
    second.id = "00000000-0000-4000-8000-000000000002";
    OK(wfp_asset_uploads_begin(&second, &at.files, f.store, &me, &f.res,
                               t->pool));
    memset(ups, 0, sizeof(ups));
    for (i = 0; i < 2; i++) {
        ups[i].f = f;
        ups[i].session = i ? &second : &at.session;
        ups[i].file = (wfp_asset_file_t){ i ? "h2" : "h1", i ? "d2" : "d1", 60,
                                          "" };
        open_again(&ups[i].f, t);
    }
    for (round = 0; round < 20; round++) {
        for (i = 0; i < 2; i++) {
            CHECK(
                apr_thread_create(&threads[i], NULL, add_one, &ups[i], t->pool)
                == APR_SUCCESS);
        }
        for (i = 0; i < 2; i++) {
            CHECK(apr_thread_join(&rv, threads[i]) == APR_SUCCESS);
        }
        CHECK(ups[0].rv == APR_SUCCESS
                  ? ups[1].rv == APR_ENOSPC
                  : ups[0].rv == APR_ENOSPC && ups[1].rv == APR_SUCCESS);
        CHECK_INT(bytes_of(&at), 60);
        OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, forget_files, NULL, &f.res,
                       t->pool));
    }
}

static const wfp_test_case_t cases[] = {
    { "assets are kept and read", assets_are_kept_and_read },
    { "a sweep waits for sessions", a_sweep_waits_for_sessions },
    { "a sweep takes what no version has", a_sweep_takes_what_no_version_has },
    { "a sweep leaves young bytes in the store",
      a_sweep_leaves_young_bytes_in_the_store },
    { "another host takes bytes from the store",
      another_host_takes_bytes_from_the_store },
    { "a store that was moved takes bytes in",
      a_store_that_was_moved_takes_bytes_in },
    { "bytes are bounded and told", bytes_are_bounded_and_told },
    { "indexes are counted", indexes_are_counted },
    { "a sweep counts indexes", a_sweep_counts_indexes },
    { "two uploads do not both fit", two_uploads_do_not_both_fit },
    { "a version without its files is not made",
      a_version_without_its_files_is_not_made },
    { "many sets are open in turn", many_sets_are_open_in_turn },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
