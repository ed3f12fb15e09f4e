/* SPDX-License-Identifier: Apache-2.0 */
/* An account Worker that others use does not go by itself. */
#include <apr_thread_proc.h>

#include "store/queue_consumers.h"
#include "store/references.h"
#include "tests/unit/store_fixture.h"

static apr_status_t put_bound(const fixture_t *f, const char *ns,
                              const char *name, const char *service,
                              wfp_result_t *res)
{
    wfp_put_t *put = make_put(ns, name, "x", res->pool);

    if (service) {
        add_binding(put->script, WFP_BINDING_SERVICE, "SVC", NULL, service);
    }
    return wfp_scripts_put(f->store, put, res, res->pool);
}

static apr_status_t put_dispatcher(const fixture_t *f, const char *name,
                                   const char *outbound, wfp_result_t *res)
{
    wfp_put_t *put = make_put("", name, "x", res->pool);
    wfp_binding_t *b = add_binding(put->script, WFP_BINDING_DISPATCH_NAMESPACE,
                                   "D", NULL, "demo");

    b->outbound.service = outbound;
    return wfp_scripts_put(f->store, put, res, res->pool);
}

static apr_status_t drop(const fixture_t *f, const char *ns, const char *name,
                         wfp_result_t *res)
{
    wfp_script_delete_t what = { ns, name, NULL, 0, &me };
    apr_int64_t stamp;

    wfp_result_init(res, res->pool);
    return wfp_scripts_delete(&stamp, f->store, &what, res, res->pool);
}

/* Who is said to use it: "" nobody, it went. */
static const char *users(fixture_t *f, const char *name)
{
    apr_status_t rv = drop(f, "", name, &f->res);
    const char *message = f->res.message;

    if (rv == APR_SUCCESS) {
        return "";
    }
    return f->res.about == WFP_ABOUT_USERS && f->res.code == WFP_CONFLICT
               ? message
               : apr_pstrcat(f->res.pool, "another refusal: ", message, NULL);
}

#define IN_USE(text)                                                           \
    "Worker svc is still in use by " text ": to delete it nevertheless "       \
    "needs force"

static void each_kind_of_use(wfp_test_t *t)
{
    fixture_t f;
    wfp_put_t *put;
    wfp_namespace_t *ns;
    apr_int64_t stamp;

    open_store(&f, t);
    OK(put_bound(&f, "", "svc", NULL, &f.res));
    OK(put_bound(&f, "demo", "a", "svc", &f.res));
    CHECK_STR(users(&f, "svc"), IN_USE("demo/a (binding SVC)"));
    OK(put_bound(&f, "demo", "a", NULL, &f.res));
    OK(put_bound(&f, "", "b", "svc", &f.res));
    CHECK_STR(users(&f, "svc"), IN_USE("b (binding SVC)"));
    OK(drop_script(&stamp, &f, "", "b", NULL));
    OK(put_dispatcher(&f, "front", "svc", &f.res));
    CHECK_STR(users(&f, "svc"), IN_USE("front (its outbound Worker for demo)"));
    OK(drop_script(&stamp, &f, "", "front", NULL));
    OK(wfp_namespaces_get(&ns, f.store, "demo", &f.res, t->pool));
    ns->outbound.service = "svc";
    OK(wfp_namespaces_update(f.store, ns, NULL, &me, &f.res, t->pool));
    CHECK_STR(users(&f, "svc"), IN_USE("namespace demo (its outbound Worker)"));
    OK(wfp_namespaces_get(&ns, f.store, "demo", &f.res, t->pool));
    ns->outbound.service = NULL;
    ns->has_new_tails = 1;
    ns->tail_consumers = "[{\"service\":\"svc\"}]";
    OK(wfp_namespaces_update(f.store, ns, NULL, &me, &f.res, t->pool));
    CHECK_STR(users(&f, "svc"), IN_USE("namespace demo (its tail consumer)"));
    ns->tail_consumers = "[]";
    OK(wfp_namespaces_update(f.store, ns, NULL, &me, &f.res, t->pool));
    put = make_put("demo", "a", "x", t->pool);
    put->script->settings = "{\"tail_consumers\":[{\"service\":\"svc\"}]}";
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    CHECK_STR(users(&f, "svc"), IN_USE("demo/a (its tail consumer)"));
    OK(drop_script(&stamp, &f, "demo", "a", NULL));
    CHECK_STR(users(&f, "svc"), "");
}

static void consumers_of_queues(wfp_test_t *t)
{
    fixture_t f;
    wfp_queue_t queue = { .name = "q", .retention_s = 345600 };
    wfp_queue_consumer_t c = { .ns = "",
                               .script = "svc",
                               .batch_size = 1,
                               .max_wait_ms = 1000,
                               .dead_letter = "" };

    open_store(&f, t);
    OK(put_bound(&f, "", "svc", NULL, &f.res));
    OK(wfp_queues_create(f.store, &queue, &me, &f.res, t->pool));
    OK(wfp_queue_consumers_put(f.store, queue.id, &c, NULL, &me, &f.res,
                               t->pool));
    CHECK_STR(users(&f, "svc"), IN_USE("queue q (its consumer)"));
    OK(wfp_queue_consumers_remove(f.store, queue.id, c.id, NULL, &me, &f.res,
                                  t->pool));
    CHECK_STR(users(&f, "svc"), "");
}

static void who_uses_itself_goes(wfp_test_t *t)
{
    fixture_t f;
    apr_array_header_t *list;

    open_store(&f, t);
    OK(put_bound(&f, "", "svc", "svc", &f.res));
    CHECK_STR(users(&f, "svc"), "");
    OK(put_dispatcher(&f, "front", "front", &f.res));
    OK(wfp_references_list(&list, f.store, "front", &f.res, t->pool));
    CHECK_INT(list->nelts, 0);
    CHECK_STR(users(&f, "front"), "");
    /* one that is called the same is another one */
    OK(put_bound(&f, "", "svc", NULL, &f.res));
    OK(put_bound(&f, "demo", "svc", "svc", &f.res));
    CHECK_STR(users(&f, "svc"), IN_USE("demo/svc (binding SVC)"));
    CHECK(drop(&f, "demo", "svc", &f.res) == APR_SUCCESS);
    CHECK_STR(users(&f, "svc"), "");
}

static void some_are_named(wfp_test_t *t)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g" };
    fixture_t f;
    apr_int64_t stamp;
    int i;

    open_store(&f, t);
    OK(put_bound(&f, "", "svc", NULL, &f.res));
    for (i = 0; i < 7; i++) {
        OK(put_bound(&f, "demo", names[i], "svc", &f.res));
    }
    CHECK_STR(users(&f, "svc"),
              IN_USE("demo/a (binding SVC), demo/b (binding SVC), "
                     "demo/c (binding SVC), demo/d (binding SVC), "
                     "demo/e (binding SVC) and others"));
    OK(drop_script(&stamp, &f, "", "svc", NULL));
    REFUSED(drop(&f, "", "svc", &f.res), WFP_WORKER_NOT_FOUND);
}

static void what_does_not_run_does_not_count(wfp_test_t *t)
{
    fixture_t f;
    wfp_put_t *put;

    open_store(&f, t);
    OK(put_bound(&f, "", "svc", NULL, &f.res));
    OK(put_bound(&f, "demo", "a", "svc", &f.res));
    OK(put_bound(&f, "demo", "a", NULL, &f.res));
    put = make_put("demo", "a", "x", t->pool);
    put->no_traffic = 1;
    add_binding(put->script, WFP_BINDING_SERVICE, "SVC", NULL, "svc");
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    CHECK_STR(users(&f, "svc"), "");
}

/* ---- at the same time ------------------------------------------------------------ */

typedef struct racer_t {
    const fixture_t *f;
    apr_pool_t *pool;
    apr_status_t rv;
    wfp_result_t res;
} racer_t;

static void *APR_THREAD_FUNC bind_it(apr_thread_t *thread, void *data)
{
    racer_t *me_ = data;

    (void)thread;
    me_->rv = put_bound(me_->f, "demo", "a", "svc", &me_->res);
    return NULL;
}

static void *APR_THREAD_FUNC drop_it(apr_thread_t *thread, void *data)
{
    racer_t *me_ = data;

    (void)thread;
    me_->rv = drop(me_->f, "", "svc", &me_->res);
    return NULL;
}

/* Who is first wins, and the other one is told. */
static void one_of_two_is_refused(wfp_test_t *t)
{
    fixture_t f;
    int round;

    open_store(&f, t);
    for (round = 0; round < 40; round++) {
        racer_t binder = { .f = &f }, dropper = { .f = &f };
        racer_t *racers[2] = { &binder, &dropper };
        apr_thread_t *threads[2];
        apr_status_t rv;
        int i;

        OK(put_bound(&f, "", "svc", NULL, &f.res));
        OK(put_bound(&f, "demo", "a", NULL, &f.res));
        for (i = 0; i < 2; i++) {
            apr_pool_create_unmanaged_ex(&racers[i]->pool, NULL, NULL);
            wfp_result_init(&racers[i]->res, racers[i]->pool);
        }
        for (i = 0; i < 2; i++) {
            int drops = (i ^ round) & 1;

            OK(apr_thread_create(&threads[i], NULL, drops ? drop_it : bind_it,
                                 racers[drops], t->pool));
        }
        for (i = 0; i < 2; i++) {
            OK(apr_thread_join(&rv, threads[i]));
        }
        CHECK((binder.rv == APR_SUCCESS) != (dropper.rv == APR_SUCCESS));
        CHECK(binder.rv == APR_SUCCESS
              || (binder.res.code == WFP_NOT_FOUND
                  && binder.res.about == WFP_ABOUT_SERVICE));
        CHECK(dropper.rv == APR_SUCCESS
              || dropper.res.about == WFP_ABOUT_USERS);
        apr_pool_destroy(binder.pool);
        apr_pool_destroy(dropper.pool);
    }
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        { "each kind of use", each_kind_of_use },
        { "consumers of queues", consumers_of_queues },
        { "who uses itself goes", who_uses_itself_goes },
        { "some are named", some_are_named },
        { "what does not run does not count",
          what_does_not_run_does_not_count },
        { "one of two is refused", one_of_two_is_refused },
        { NULL, NULL },
    };

    return wfp_test_run(cases);
}
