/* SPDX-License-Identifier: Apache-2.0 */
/* A seat that one process has. */
#include "core/seat.h"

#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/wfp_test.h"

#define LONG apr_time_from_sec(60)

static wfp_seat_t *make(wfp_test_t *t)
{
    wfp_seat_t *seat = NULL;

    CHECK_INT(wfp_seat_create(&seat, NULL, t->pool), APR_SUCCESS);
    return seat;
}

static void one_has_it(wfp_test_t *t)
{
    wfp_seat_t *seat = make(t);

    CHECK(wfp_seat_take(seat, 1, LONG));
    CHECK(!wfp_seat_take(seat, 2, LONG));
    CHECK(wfp_seat_take(seat, 1, LONG));
    wfp_seat_leave(seat, 2); /* not theirs */
    CHECK(!wfp_seat_take(seat, 2, LONG));
    wfp_seat_leave(seat, 1);
    CHECK(wfp_seat_take(seat, 2, LONG));
    CHECK(!wfp_seat_take(seat, 1, LONG));
}

static void who_does_not_ask_loses_it(wfp_test_t *t)
{
    wfp_seat_t *seat = make(t);

    CHECK(wfp_seat_take(seat, 1, 1000));
    apr_sleep(5000);
    CHECK(wfp_seat_take(seat, 2, LONG));
    CHECK(!wfp_seat_take(seat, 1, LONG));
}

/* Children compete for a free seat: one gets it. */
static void one_of_many_gets_it(wfp_test_t *t)
{
    wfp_seat_t *seat = make(t);
    int i, status, won = 0;

    for (i = 1; i <= 8; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            _exit(wfp_seat_take(seat, (apr_uint64_t)i, LONG));
        }
        CHECK(pid > 0);
    }
    for (i = 1; i <= 8; i++) {
        CHECK(wait(&status) > 0);
        won += WIFEXITED(status) ? WEXITSTATUS(status) : 100;
    }
    CHECK_INT(won, 1);
}

static const wfp_test_case_t cases[] = {
    { "one has it", one_has_it },
    { "who does not ask loses it", who_does_not_ask_loses_it },
    { "one of many gets it", one_of_many_gets_it },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
