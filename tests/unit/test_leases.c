/* SPDX-License-Identifier: Apache-2.0 */
/* Who does what only one may do: leases in the store, and their fences. */
#include "store/leases.h"

#include <apr_time.h>

#include "store/lease_check.h"
#include "tests/unit/store_fixture.h"

static apr_int64_t take(fixture_t *f, wfp_test_t *t, const char *holder,
                        apr_int64_t ms)
{
    apr_int64_t fence = -1;

    CHECK_INT(wfp_leases_take(&fence, f->store, "one", holder, ms, &f->res,
                              t->pool),
              APR_SUCCESS);
    return fence;
}

static apr_status_t check_fence(wfp_dbd_t *db, void *baton)
{
    return wfp_leases_check(db, "one", *(apr_int64_t *)baton);
}

static apr_status_t check(fixture_t *f, wfp_test_t *t, apr_int64_t fence)
{
    return wfp_dbd_run(f->store, WFP_DBD_WRITE, check_fence, &fence, &f->res,
                       t->pool);
}

static apr_status_t renew(fixture_t *f, wfp_test_t *t, apr_int64_t fence)
{
    return wfp_leases_renew(f->store, "one", fence, 60000, &f->res, t->pool);
}

static void one_has_it(wfp_test_t *t)
{
    fixture_t f;
    apr_int64_t fence;

    open_store(&f, t);
    fence = take(&f, t, "a", 60000);
    CHECK(fence > 0);
    CHECK_INT(take(&f, t, "b", 60000), 0);
    OK(check(&f, t, fence));
    OK(renew(&f, t, fence));
    REFUSED(check(&f, t, fence + 1), WFP_CONFLICT);
    REFUSED(renew(&f, t, fence + 1), WFP_CONFLICT);
    /* other names are other leases */
    OK(wfp_leases_take(&fence, f.store, "two", "b", 60000, &f.res, t->pool));
    CHECK(fence > 0);
}

static void who_takes_it_over_shuts_the_other_out(wfp_test_t *t)
{
    fixture_t f;
    apr_int64_t first, second;

    open_store(&f, t);
    first = take(&f, t, "a", 1);
    apr_sleep(apr_time_from_msec(20));
    second = take(&f, t, "b", 60000);
    CHECK(second > first);
    REFUSED(check(&f, t, first), WFP_CONFLICT);
    REFUSED(renew(&f, t, first), WFP_CONFLICT);
    OK(wfp_leases_release(f.store, "one", first, &f.res, t->pool));
    OK(check(&f, t, second));
    CHECK_INT(take(&f, t, "a", 60000), 0);
}

static void a_process_of_the_same_holder_does(wfp_test_t *t)
{
    fixture_t f;
    apr_int64_t first, second;

    open_store(&f, t);
    first = take(&f, t, "a", 60000);
    second = take(&f, t, "a", 60000);
    CHECK_INT(second, first + 1);
    REFUSED(check(&f, t, first), WFP_CONFLICT);
    OK(check(&f, t, second));
}

static void one_that_is_over_is_kept_while_nobody_wants_it(wfp_test_t *t)
{
    fixture_t f;
    apr_int64_t fence;

    open_store(&f, t);
    fence = take(&f, t, "a", 1);
    apr_sleep(apr_time_from_msec(20));
    OK(check(&f, t, fence));
    OK(renew(&f, t, fence));
    CHECK_INT(take(&f, t, "b", 60000), 0);
}

static void given_back_it_is_free(wfp_test_t *t)
{
    fixture_t f;
    apr_int64_t first, second;

    open_store(&f, t);
    first = take(&f, t, "a", 60000);
    OK(wfp_leases_release(f.store, "one", first, &f.res, t->pool));
    REFUSED(check(&f, t, first), WFP_CONFLICT);
    REFUSED(renew(&f, t, first), WFP_CONFLICT);
    second = take(&f, t, "b", 60000);
    CHECK(second > first);
}

static const wfp_test_case_t cases[] = {
    { "one has it", one_has_it },
    { "who takes it over shuts the other out",
      who_takes_it_over_shuts_the_other_out },
    { "a process of the same holder does", a_process_of_the_same_holder_does },
    { "one that is over is kept while nobody wants it",
      one_that_is_over_is_kept_while_nobody_wants_it },
    { "given back it is free", given_back_it_is_free },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
