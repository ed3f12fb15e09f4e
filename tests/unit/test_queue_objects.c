/* SPDX-License-Identifier: Apache-2.0 */
/* Queues and their consumers as rows of the store. */
#include "tests/unit/queues_fixture.h"

static void objects(wfp_test_t *t)
{
    world_t w;
    fixture_t f;
    wfp_queue_t *one, *found, same = { .name = "one" };
    wfp_queue_consumer_t c = standard(), other = standard();
    const wfp_list_t rest = { "", 1, 10 };
    apr_array_header_t *list;
    apr_int64_t total;

    open_world(&w, t);
    f = w.f;
    one = make_queue(&w, "one");
    (void)make_queue(&w, "two");
    REFUSED(wfp_queues_create(f.store, &same, &me, &f.res, t->pool),
            WFP_CONFLICT);
    REFUSED(wfp_queues_get(&found, f.store, "none", &f.res, t->pool),
            WFP_NOT_FOUND);
    OK(wfp_queues_get_named(&found, f.store, "one", &f.res, t->pool));
    CHECK_STR(found->id, one->id);
    CHECK(!found->consumer);
    OK(wfp_queues_list(&list, &total, f.store, &rest, &f.res, t->pool));
    CHECK_INT(total, 2);
    CHECK_STR(APR_ARRAY_IDX(list, 0, wfp_queue_t *)->name, "two");
    OK(wfp_queue_consumers_put(f.store, one->id, &c, NULL, &me, &f.res,
                               t->pool));
    REFUSED(wfp_queue_consumers_put(f.store, one->id, &other, NULL, &me, &f.res,
                                    t->pool),
            WFP_CONFLICT);
    c.batch_size = 7;
    OK(wfp_queue_consumers_put(f.store, one->id, &c, NULL, &me, &f.res,
                               t->pool));
    found = again(&w, one->id);
    CHECK_STR(found->consumer->script, "w");
    CHECK_STR(found->consumer->ns, "demo");
    CHECK_INT(found->consumer->batch_size, 7);
    other.id = "0";
    REFUSED(wfp_queue_consumers_put(f.store, one->id, &other, NULL, &me, &f.res,
                                    t->pool),
            WFP_NOT_FOUND);
    REFUSED(wfp_queue_consumers_remove(f.store, one->id, "0", NULL, &me, &f.res,
                                       t->pool),
            WFP_NOT_FOUND);
    OK(wfp_queue_consumers_remove(f.store, one->id, c.id, NULL, &me, &f.res,
                                  t->pool));
    CHECK(!again(&w, one->id)->consumer);
    other.id = NULL;
    other.script = "nobody";
    REFUSED(wfp_queue_consumers_put(f.store, one->id, &other, NULL, &me, &f.res,
                                    t->pool),
            WFP_WORKER_NOT_FOUND);
    other.script = "w";
    other.dead_letter = "none";
    REFUSED(wfp_queue_consumers_put(f.store, one->id, &other, NULL, &me, &f.res,
                                    t->pool),
            WFP_NOT_FOUND);
    other.dead_letter = "one";
    REFUSED(wfp_queue_consumers_put(f.store, one->id, &other, NULL, &me, &f.res,
                                    t->pool),
            WFP_INVALID);
    OK(wfp_queues_delete(f.store, one->id, NULL, &me, &f.res, t->pool));
    REFUSED(wfp_queues_delete(f.store, one->id, NULL, &me, &f.res, t->pool),
            WFP_NOT_FOUND);
}

static void goes_with_its_worker(wfp_test_t *t)
{
    world_t w;
    fixture_t f;
    wfp_queue_t *q;
    apr_int64_t stamp;

    open_world(&w, t);
    f = w.f;
    q = consumed(&w, "q", standard());
    SEND(&w, "q", 1, "kept", -1);
    OK(drop_script(&stamp, &f, "demo", "w", NULL));
    q = again(&w, q->id);
    CHECK(!q->consumer);
    CHECK_INT(q->backlog_count, 1);
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        { "queues and consumers", objects },
        { "a consumer goes with its Worker", goes_with_its_worker },
        { NULL, NULL },
    };

    return wfp_test_run(cases);
}
