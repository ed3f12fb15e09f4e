/* SPDX-License-Identifier: Apache-2.0 */
/* Records through shared memory: order, fullness, killed putters and takers. */
#include "core/logring.h"

#include <apr_shm.h>
#include <apr_strings.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/wfp_test.h"

#define SMALL ((apr_size_t)2 * WFP_LOGRING_RECORD_MAX)

static wfp_logring_t *make(wfp_test_t *t)
{
    wfp_logring_t *ring = NULL;

    CHECK_INT(wfp_logring_create(&ring, SMALL, NULL, t->pool), APR_SUCCESS);
    return ring;
}

/* What was taken. */
typedef struct taken_t {
    wfp_test_t *t;
    apr_array_header_t *texts;
    int calls;
} taken_t;

static int keep(void *baton, const wfp_logring_record_t *records, int n)
{
    taken_t *taken = baton;
    int i;

    taken->calls++;
    for (i = 0; i < n; i++) {
        APR_ARRAY_PUSH(taken->texts,
                       const char *) = apr_psprintf(taken->t->pool, "%u:%.*s",
                                                    records[i].kind,
                                                    (int)records[i].n,
                                                    records[i].data);
    }
    return 1;
}

static apr_int64_t take(wfp_test_t *t, wfp_logring_t *ring, taken_t *taken)
{
    taken->t = t;
    taken->calls = 0;
    taken->texts = apr_array_make(t->pool, 8, sizeof(const char *));
    return wfp_logring_take(ring, keep, taken,
                            apr_palloc(t->pool, WFP_LOGRING_RECORD_MAX),
                            WFP_LOGRING_RECORD_MAX, 64);
}

#define TEXT(taken, i) APR_ARRAY_IDX((taken).texts, i, const char *)

static int put(wfp_logring_t *ring, apr_uint32_t kind, const char *text)
{
    return wfp_logring_put(ring, kind, 0, text, strlen(text));
}

static void records_come_out_as_they_went_in(wfp_test_t *t)
{
    wfp_logring_t *ring = make(t);
    taken_t taken;

    CHECK_INT(take(t, ring, &taken), 0);
    CHECK(put(ring, 1, "one"));
    CHECK(put(ring, 2, ""));
    CHECK(put(ring, 3,
              apr_pstrcat(t->pool,
                          "a text that is longer than a cell "
                          "of the ring, which has sixty-four",
                          NULL)));
    CHECK_INT(take(t, ring, &taken), 3);
    CHECK_STR(TEXT(taken, 0), "1:one");
    CHECK_STR(TEXT(taken, 1), "2:");
    CHECK(strlen(TEXT(taken, 2)) == 69);
    CHECK_INT(take(t, ring, &taken), 0);
    CHECK_INT(taken.calls, 0);
}

static void it_goes_round(wfp_test_t *t)
{
    wfp_logring_t *ring = make(t);
    apr_size_t n = 0, sum = 0;
    char *text = apr_palloc(t->pool, WFP_LOGRING_RECORD_MAX + 1);
    taken_t taken;
    int i;

    for (i = 0; sum < 5 * SMALL; i++) {
        n = (n * 7 + 977) % WFP_LOGRING_RECORD_MAX;
        memset(text, 'a' + i % 26, n);
        text[n] = '\0';
        CHECK(put(ring, (apr_uint32_t)i, text));
        CHECK_INT(take(t, ring, &taken), 1);
        CHECK(!strcmp(TEXT(taken, 0), apr_psprintf(t->pool, "%d:%s", i, text)));
        sum += n;
    }
}

static void a_full_one_drops_and_counts(wfp_test_t *t)
{
    wfp_logring_t *ring = make(t);
    wfp_logring_stats_t stats;
    char *text = apr_pcalloc(t->pool, WFP_LOGRING_RECORD_MAX + 2);
    taken_t taken;
    int n = 0;

    memset(text, 'x', WFP_LOGRING_RECORD_MAX + 1);
    CHECK(!put(ring, 0, text)); /* too long, always */
    text[992] = '\0';
    while (put(ring, 0, text)) {
        n++;
    }
    CHECK_INT(n, SMALL / 1024);
    CHECK(!put(ring, 0, text));
    wfp_logring_stats(&stats, ring);
    CHECK_INT(stats.taken, 0);
    CHECK_INT(stats.dropped, 3);
    CHECK_INT(stats.lost, 0);
    CHECK_INT(take(t, ring, &taken), n);
    CHECK(taken.calls > 1); /* a few at a time */
    wfp_logring_stats(&stats, ring);
    CHECK_INT(stats.taken, n);
    CHECK(put(ring, 0, text));
    CHECK_INT(take(t, ring, &taken), 1);
}

/* For each batch another record comes, for a while. */
typedef struct busy_t {
    wfp_logring_t *ring;
    int left;
} busy_t;

static int put_another(void *baton, const wfp_logring_record_t *records, int n)
{
    busy_t *busy = baton;

    (void)records;
    return n <= 64 && busy->left-- > 0 && put(busy->ring, 1, "another");
}

static void taking_ends_while_others_put(wfp_test_t *t)
{
    busy_t busy = { make(t), 1000 };
    char *scratch = apr_palloc(t->pool, WFP_LOGRING_RECORD_MAX);
    int i;

    for (i = 0; i < 100; i++) {
        CHECK(put(busy.ring, 1, "one"));
    }
    CHECK_INT(wfp_logring_take(busy.ring, put_another, &busy, scratch,
                               WFP_LOGRING_RECORD_MAX, 64),
              101); /* 64, then those that were there, and one of the new */
    CHECK_INT(wfp_logring_take(busy.ring, put_another, &busy, scratch,
                               WFP_LOGRING_RECORD_MAX, 64),
              1);
    CHECK(!wfp_logring_is_empty(busy.ring));
}

static void a_follower_sees_what_others_take(wfp_test_t *t)
{
    wfp_logring_t *ring = make(t);
    char *scratch = apr_palloc(t->pool, WFP_LOGRING_RECORD_MAX);
    wfp_logring_place_t early, late;
    wfp_logring_record_t record;
    apr_uint64_t missed = 0;
    wfp_logring_stats_t stats;
    int i, n;
    taken_t taken;

    wfp_logring_follow(&early, ring);
    CHECK(put(ring, 7, "first"));
    wfp_logring_follow(&late, ring);
    CHECK(put(ring, 8, "second"));
    CHECK_INT(take(t, ring, &taken), 2);
    CHECK_INT(wfp_logring_next(&record, &early, &missed, ring, NULL, NULL,
                               scratch, WFP_LOGRING_RECORD_MAX),
              1);
    CHECK(record.kind == 7 && record.n == 5
          && !memcmp(record.data, "first", 5));
    CHECK_INT(wfp_logring_next(&record, &late, &missed, ring, NULL, NULL,
                               scratch, WFP_LOGRING_RECORD_MAX),
              1);
    CHECK(record.kind == 8 && record.n == 6);
    CHECK_INT(wfp_logring_next(&record, &late, &missed, ring, NULL, NULL,
                               scratch, WFP_LOGRING_RECORD_MAX),
              0);
    CHECK_INT(missed, 0);
    for (i = 0; i < 3; i++) { /* late falls behind by more than the ring */
        while (put(ring, 9, "many")) {
        }
        CHECK(take(t, ring, &taken) > 0);
    }
    CHECK(put(ring, 10, "last"));
    for (n = 0; wfp_logring_next(&record, &late, &missed, ring, NULL, NULL,
                                 scratch, WFP_LOGRING_RECORD_MAX);) {
        n++;
    }
    CHECK(n > 0 && record.kind == 10);
    wfp_logring_stats(&stats, ring);
    /* two were seen, the last one is still there */
    CHECK_INT(missed + (apr_uint64_t)n, stats.taken - 2 + 1);
}

static int is_it(void *whose, apr_uint32_t it)
{
    return it == *(apr_uint32_t *)whose;
}

static void a_follower_is_given_what_it_wants(wfp_test_t *t)
{
    wfp_logring_t *ring = make(t);
    char *scratch = apr_palloc(t->pool, WFP_LOGRING_RECORD_MAX);
    apr_uint32_t mine = 7, i;
    wfp_logring_place_t place;
    wfp_logring_record_t record;
    apr_uint64_t missed = 0;

    wfp_logring_follow(&place, ring);
    for (i = 0; i < 10; i++) {
        CHECK(wfp_logring_put(ring, i, i, "text", i % 4));
    }
    CHECK_INT(wfp_logring_next(&record, &place, &missed, ring, is_it, &mine,
                               scratch, WFP_LOGRING_RECORD_MAX),
              1);
    CHECK(record.kind == 7 && record.whose == 7 && record.n == 3);
    CHECK_INT(wfp_logring_next(&record, &place, &missed, ring, is_it, &mine,
                               scratch, WFP_LOGRING_RECORD_MAX),
              0);
    CHECK(wfp_logring_put(ring, 11, 7, "text", 4));
    CHECK_INT(wfp_logring_next(&record, &place, &missed, ring, is_it, &mine,
                               scratch, WFP_LOGRING_RECORD_MAX),
              1);
    CHECK(record.kind == 11 && missed == 0);
}

static void records_are_made_in_place(wfp_test_t *t)
{
    wfp_logring_t *ring = make(t);
    wfp_logring_run_t run;
    wfp_logring_stats_t stats;
    taken_t taken;
    int i, refused = 0, made = 0;
    char *at;

    for (i = 0; i < 3000; i++) {
        at = wfp_logring_open(&run, ring, 1000);
        if (!at) {
            refused++; /* the ring's end is in the middle of it */
            CHECK_INT(take(t, ring, &taken), 0);
            continue;
        }
        memset(at, 'x', 1000); /* more than there will be */
        (void)apr_snprintf(at, 1000, "%d", i);
        CHECK_INT(take(t, ring, &taken), 0); /* it is being made */
        made++;
        wfp_logring_close(ring, &run, 5, 0, strlen(at));
        CHECK(put(ring, 6, "next"));
        CHECK_INT(take(t, ring, &taken), 2);
        CHECK_STR(TEXT(taken, 0), apr_psprintf(t->pool, "5:%d", i));
        CHECK_STR(TEXT(taken, 1), "6:next");
    }
    CHECK(refused > 0 && refused < 10);
    wfp_logring_stats(&stats, ring);
    CHECK(stats.dropped == 0 && stats.lost == 0);
    CHECK_INT(stats.taken, 2 * made);
    while (wfp_logring_open(&run, ring, 1000)) {
        wfp_logring_close(ring, &run, 5, 0, 1000);
    }
    CHECK(put(ring, 6, "there is half of it"));
    while (put(ring, 6, "filled up")) {
    }
    CHECK(!wfp_logring_open(&run, ring, 1)); /* who puts counts, alone */
    wfp_logring_stats(&stats, ring);
    CHECK_INT(stats.dropped, 1);
}

/* ---- several processes ------------------------------------------------------ */

#define PUTTERS 4
#define ROUNDS  300

/* How far each putter is; in shared memory. */
typedef struct progress_t {
    volatile apr_uint32_t done[PUTTERS][ROUNDS];
} progress_t;

static progress_t *share(wfp_test_t *t)
{
    apr_shm_t *shm;

    CHECK_INT(apr_shm_create(&shm, sizeof(progress_t), NULL, t->pool),
              APR_SUCCESS);
    return apr_shm_baseaddr_get(shm);
}

/* The same record, made in the ring. */
static int make_in_place(wfp_logring_t *ring, int who, const char *text, int n)
{
    wfp_logring_run_t run;
    char *at = wfp_logring_open(&run, ring, (apr_size_t)n + 100);

    if (!at) {
        return 0;
    }
    memcpy(at, text, (apr_size_t)n);
    wfp_logring_close(ring, &run, (apr_uint32_t)who, 0, (apr_size_t)n);
    return 1;
}

/* Put "k.i" without end, with a tail of any length. */
static void put_for_ever(wfp_logring_t *ring, progress_t *progress, int who,
                         int round)
{
    char text[1200];
    unsigned i;

    memset(text, '.', sizeof(text));
    for (i = 0;; i++) {
        int n = apr_snprintf(text, sizeof(text), "%d %d %u ", who, round, i);

        text[n] = '.';
        n += (int)(i * 31 % 1100);
        if (i % 2 ? make_in_place(ring, who, text, n)
                  : wfp_logring_put(ring, (apr_uint32_t)who, 0, text,
                                    (apr_size_t)n)) {
            progress->done[who][round]++;
        }
    }
}

/* The kind of a record that nobody counts. */
#define MARK 99

/* What has been seen of each putter's every round. */
typedef struct seen_t {
    int marks;
    apr_uint32_t count[PUTTERS][ROUNDS];
    apr_uint64_t last[PUTTERS][ROUNDS];
    int wrong;
} seen_t;

static int look(void *baton, const wfp_logring_record_t *records, int n)
{
    seen_t *seen = baton;
    int i;

    for (i = 0; i < n; i++) {
        char text[64];
        unsigned number;
        int who, round;

        if (records[i].kind == MARK) {
            seen->marks++;
            continue;
        }
        (void)apr_cpystrn(text, records[i].data,
                          records[i].n < 63 ? records[i].n + 1 : 64);
        if (sscanf(text, "%d %d %u ", &who, &round, &number) != 3 || who < 0
            || who >= PUTTERS || round < 0 || round >= ROUNDS
            || records[i].kind != (apr_uint32_t)who
            || (apr_uint64_t)number + 1 <= seen->last[who][round]) {
            seen->wrong++;
            continue;
        }
        seen->last[who][round] = (apr_uint64_t)number
                                 + 1; /* each putter's own order */
        seen->count[who][round]++;
    }
    return 1;
}

static void killed_putters_lose_one_each(wfp_test_t *t)
{
    wfp_logring_t *ring = make(t);
    progress_t *progress = share(t);
    seen_t *seen = apr_pcalloc(t->pool, sizeof(*seen));
    char *scratch = apr_palloc(t->pool, WFP_LOGRING_RECORD_MAX);
    apr_uint64_t put_all = 0, seen_all = 0;
    wfp_logring_stats_t stats;
    int round, who;

    fflush(stdout);
    for (round = 0; round < ROUNDS; round++) {
        pid_t pids[PUTTERS];

        for (who = 0; who < PUTTERS; who++) {
            pids[who] = fork();
            if (pids[who] == 0) {
                put_for_ever(ring, progress, who, round);
            }
        }
        (void)wfp_logring_take(ring, look, seen, scratch,
                               WFP_LOGRING_RECORD_MAX, 64);
        usleep((useconds_t)(rand() % 3000));
        for (who = 0; who < PUTTERS; who++) {
            kill(pids[who], SIGKILL);
            CHECK(waitpid(pids[who], NULL, 0) == pids[who]);
        }
    }
    do { /* a killed one's run is waited for */
        (void)wfp_logring_take(ring, look, seen, scratch,
                               WFP_LOGRING_RECORD_MAX, 64);
        usleep(10000);
        (void)put(ring, MARK, "");
    } while (seen->marks == 0);
    CHECK_INT(seen->wrong, 0);
    wfp_logring_stats(&stats, ring);
    for (round = 0; round < ROUNDS; round++) {
        for (who = 0; who < PUTTERS; who++) {
            apr_uint32_t is = seen->count[who][round],
                         was = progress->done[who][round];

            /* one more was put than it could say, or none */
            CHECK(is == was || is == was + 1);
            put_all += was;
            seen_all += is;
        }
    }
    CHECK(put_all > 1000 && seen_all >= put_all);
    CHECK(stats.lost <= PUTTERS * ROUNDS);
}

static void a_killed_taker_is_followed_by_another(wfp_test_t *t)
{
    wfp_logring_t *ring = make(t);
    seen_t *seen = apr_pcalloc(t->pool, sizeof(*seen));
    char *scratch = apr_palloc(t->pool, WFP_LOGRING_RECORD_MAX);
    int i;

    fflush(stdout);
    for (i = 0; i < 200; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            for (;;) {
                (void)wfp_logring_take(ring, look, seen, scratch,
                                       WFP_LOGRING_RECORD_MAX, 64);
            }
        }
        (void)wfp_logring_put(ring, 0, 0, "0 0 1 ", 6);
        usleep((useconds_t)(rand() % 2000));
        kill(pid, SIGKILL);
        CHECK(waitpid(pid, NULL, 0) == pid);
    }
    CHECK(
        wfp_logring_take(ring, look, seen, scratch, WFP_LOGRING_RECORD_MAX, 64)
        >= 0);
    CHECK(put(ring, 1, "1 1 1 "));
    CHECK_INT(wfp_logring_take(ring, look, seen, scratch,
                               WFP_LOGRING_RECORD_MAX, 64),
              1);
    CHECK_INT(seen->count[1][1], 1);
}

/* Takes until whoever does not close its run is passed over. */
static void take_past(wfp_test_t *t, wfp_logring_t *ring, taken_t *taken,
                      apr_uint64_t lost)
{
    wfp_logring_stats_t stats;

    for (;;) {
        (void)take(t, ring, taken);
        wfp_logring_stats(&stats, ring);
        if (stats.lost >= lost) {
            return;
        }
        usleep(50000);
    }
}

/* Stopped for so long that it was passed over, and then it goes on: what it writes
 * over is lost, and never told as it is. */
static void one_that_goes_on_harms_no_text(wfp_test_t *t)
{
    enum {
        N = 12000,
        STALE = 1000
    };
    wfp_logring_t *ring = make(t);
    char *text = apr_pcalloc(t->pool, N + 1), *stale;
    wfp_logring_stats_t stats;
    wfp_logring_run_t run;
    taken_t taken;
    apr_size_t all;

    stale = wfp_logring_open(&run, ring, STALE);
    CHECK(stale != NULL);
    memset(text, 'v', N);
    CHECK(put(ring, 1, "after"));
    take_past(t, ring, &taken, 1);
    CHECK_STR(TEXT(taken, 0), "1:after");
    for (all = 0; all < SMALL + N; all += N) {
        CHECK(put(ring, 1, text));
        memset(stale, 'x', STALE);
        if (take(t, ring, &taken) == 0) {
            break;
        }
        CHECK_STR(TEXT(taken, 0) + 2, text);
    }
    CHECK(all > SMALL - 2 * N && all < SMALL + N);
    wfp_logring_close(ring, &run, 1, 0, STALE);
    CHECK(put(ring, 1, "after"));
    take_past(t, ring, &taken, 2);
    CHECK_STR(TEXT(taken, 0), "1:after");
    wfp_logring_stats(&stats, ring);
    CHECK_INT(stats.lost, 2);
}

static const wfp_test_case_t cases[] = {
    { "records come out as they went in", records_come_out_as_they_went_in },
    { "it goes round", it_goes_round },
    { "a full one drops and counts", a_full_one_drops_and_counts },
    { "taking ends while others put", taking_ends_while_others_put },
    { "a follower sees what others take", a_follower_sees_what_others_take },
    { "a follower is given what it wants", a_follower_is_given_what_it_wants },
    { "records are made in place", records_are_made_in_place },
    { "killed putters lose one each", killed_putters_lose_one_each },
    { "one that goes on harms no text", one_that_goes_on_harms_no_text },
    { "a killed taker is followed by another",
      a_killed_taker_is_followed_by_another },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
