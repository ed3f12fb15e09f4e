/* SPDX-License-Identifier: Apache-2.0 */
#include "mod_wfp/logger.h"

#include <apr_file_io.h>
#include <apr_portable.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <http_core.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/json_out.h"
#include "core/logring.h"
#include "core/record_packed.h"
#include "mod_wfp/archive.h"
#include "mod_wfp/log.h"
#include "mod_wfp/threads.h"

/* Between two looks at the ring. One child does it when little happens; another
 * one takes its place when that has not looked for so long. */
#define TICK    apr_time_from_msec(200)
#define STANDBY apr_time_from_msec(600)
#define SEAT    apr_time_from_msec(500)

/* A command that does not read is waited for that long, once. */
#define PATIENCE apr_time_from_sec(1)

/* All of them together, when the child ends. */
#define LAST_WORDS apr_time_from_msec(300)

/* What lines that are written at once have room in, mostly, and when there are
 * enough of them. */
#define LINES_ROOM   ((apr_size_t)256 * 1024)
#define LINES_ENOUGH (LINES_ROOM - 32 * 1024)

/* What a record in the ring is; nobody follows a log's. */
enum {
    LINE = 0,
    PACKED
};

/* A WfpLog. */
typedef struct log_t {
    const char *name;
    apr_os_file_t fd;
    apr_time_t told; /* of a failure, as core/clock.h tells it; 0: never */
    int is_stuck;    /* it was waited for in vain */
} log_t;

typedef struct logger_t {
    wfp_server_t *server;
    apr_pool_t *pool; /* for what is written, and cleared then */
    char *scratch;    /* for records, as they lie in the ring */
    char *lines;
    apr_time_t ends; /* no log is waited for any longer; 0: not yet known */
    apr_uint64_t me;
    apr_uint64_t end; /* of the ring at the last look */
} logger_t;

/* ---- files ------------------------------------------------------------------ */

/* A command may stop reading: a thread that waits for it would never end. */
static int do_not_block(apr_file_t *file)
{
    apr_os_file_t fd;

    return apr_os_file_get(&fd, file) == APR_SUCCESS
           && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0;
}

/* Programs of this generation, and of the one before, whose children may still
 * write to them. Kept with the process. */
typedef struct programs_t {
    apr_pool_t *now;
    apr_pool_t *before;
} programs_t;

/* A pool for this generation's programs: httpd ends them with their pool. pconf's
 * end is too early, as children of before have requests to end then. */
static apr_pool_t *programs_pool(apr_pool_t *process)
{
    static const char key[] = "wfp-log-programs";
    programs_t *programs;
    void *found = NULL;

    (void)apr_pool_userdata_get(&found, key, process); /* none: NULL */
    programs = found;
    if (!programs) {
        programs = apr_pcalloc(process, sizeof(*programs));
        (void)apr_pool_userdata_set(programs, key, NULL, process);
    }
    if (programs->before) {
        apr_pool_destroy(programs->before);
    }
    programs->before = programs->now;
    apr_pool_create(&programs->now, process);
    /* copied: it outlives this module's memory */
    apr_pool_tag(programs->now, apr_pstrdup(programs->now, "wfp_log_programs"));
    return programs->now;
}

static int open_one(server_rec *s, wfp_server_conf_t *conf, apr_pool_t *pconf,
                    apr_pool_t *programs)
{
    const char *name = conf->log_name;
    apr_status_t rv;

    if (*name == '|') {
        piped_log *pl = ap_open_piped_log(programs, name + 1);

        if (!pl || !do_not_block(ap_piped_log_write_fd(pl))) {
            ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                         WFPLOGNO(0501) "WfpLog: cannot start %s", name + 1);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        conf->log_file = ap_piped_log_write_fd(pl);
        return OK;
    }
    name = ap_server_root_relative(pconf, name);
    rv = apr_file_open(&conf->log_file, name,
                       APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_CREATE
                           | APR_FOPEN_APPEND | APR_FOPEN_LARGEFILE,
                       APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_GREAD,
                       pconf);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s,
                     WFPLOGNO(0502) "WfpLog: cannot open %s", name);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

/* Servers that have the main one's line have its file. */
int wfp_logger_open(wfp_server_t *server, apr_pool_t *pconf)
{
    wfp_server_conf_t *main_conf = wfp_config_server(server->main);
    apr_pool_t *programs;
    server_rec *s;
    int rc = OK;

    programs = programs_pool(server->main->process->pool);
    server->logs = apr_array_make(pconf, 2, sizeof(log_t));
    for (s = server->main; s && rc == OK; s = s->next) {
        wfp_server_conf_t *conf = wfp_config_server(s);

        if (!conf->log_name) {
            continue;
        }
        if (conf != main_conf && conf->log_name == main_conf->log_name) {
            conf->log_file = main_conf->log_file;
            conf->log_number = main_conf->log_number;
            continue;
        }
        rc = open_one(s, conf, pconf, programs);
        if (rc == OK) {
            log_t *log = apr_array_push(server->logs);

            memset(log, 0, sizeof(*log));
            log->name = conf->log_name;
            conf->log_number = server->logs->nelts - 1;
            rc = apr_os_file_get(&log->fd, conf->log_file) == APR_SUCCESS
                     ? OK
                     : HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    return rc;
}

/* ---- the thread ------------------------------------------------------------- */

/* Is there room in the pipe now, or soon? */
static int await_room(int fd, apr_time_t until)
{
    struct pollfd pfd = { fd, POLLOUT, 0 };
    apr_interval_time_t left = until - wfp_clock_now();

    return left > 0 && poll(&pfd, 1, (int)apr_time_as_msec(left) + 1) > 0
           && !(pfd.revents & (POLLERR | POLLNVAL));
}

/* Until when a log may be waited for. */
static apr_time_t patience(const logger_t *logger, const log_t *log)
{
    apr_time_t until = wfp_clock_now() + (log->is_stuck ? 0 : PATIENCE);

    return logger->ends && logger->ends < until ? logger->ends : until;
}

/* @return APR_SUCCESS, or why not all of it was written */
static apr_status_t write_bytes(log_t *log, const char *data, apr_size_t n,
                                apr_time_t until)
{
    while (n > 0) {
        ssize_t done = write(log->fd, data, n);

        if (done > 0) {
            data += done;
            n -= (apr_size_t)done;
        }
        else if (done < 0 && errno == EAGAIN) {
            if (!await_room(log->fd, until)) {
                log->is_stuck = 1;
                return APR_TIMEUP;
            }
        }
        else if (done == 0 || errno != EINTR) {
            return done == 0 ? APR_EGENERAL : errno;
        }
    }
    log->is_stuck = 0;
    return APR_SUCCESS;
}

/* The operator is told once a minute at most. */
static void complain(wfp_server_t *server, log_t *log, apr_status_t rv)
{
    apr_time_t now = wfp_clock_now();

    if (!log->told || now - log->told > apr_time_from_sec(60)) {
        log->told = now;
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, server->main,
                     WFPLOGNO(0503) "WfpLog %s: records were lost", log->name);
    }
}

/* A full disk may have cut a line, of this process or another one's. */
static int is_torn(const log_t *log)
{
    struct stat st;
    char last;

    return fstat(log->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0
           && pread(log->fd, &last, 1, st.st_size - 1) == 1 && last != '\n';
}

/* Its line. @return 0: it was damaged, and has none */
static int tell(wfp_json_out_t *out, const wfp_logring_record_t *record,
                apr_pool_t *p)
{
    wfp_record_unpacked_t unpacked;

    if (record->whose == LINE) {
        wfp_json_out_raw(out, record->data, record->n);
        return 1;
    }
    if (!wfp_record_packed_get(&unpacked, record->data, record->n)) {
        return 0;
    }
    wfp_record_plain_tell(out, &unpacked.plain, p);
    return 1;
}

static void count_unwritten(logger_t *logger, int n)
{
    while (n-- > 0) {
        wfp_stats_count(logger->server->stats, WFP_STAT_UNWRITTEN);
    }
}

/* As many as have room. A newline before them ends a line that was torn.
 * @return how many */
static int write_some(logger_t *logger, log_t *log,
                      const wfp_logring_record_t *records, int n)
{
    wfp_json_out_t out;
    apr_size_t from;
    apr_status_t rv;
    int i, told = 0;

    wfp_json_out_begin(&out, logger->lines, LINES_ROOM, logger->pool);
    WFP_JSON_OUT(&out, "\n");
    for (i = 0; i < n && out.n < LINES_ENOUGH; i++) {
        told += tell(&out, &records[i], logger->pool);
    }
    from = is_torn(log) ? 0 : 1;
    rv = write_bytes(log, out.data + from, out.n - from, patience(logger, log));
    wfp_json_out_end(&out);
    apr_pool_clear(logger->pool);
    count_unwritten(logger, i - (rv == APR_SUCCESS ? told : 0));
    if (rv != APR_SUCCESS) {
        complain(logger->server, log, rv);
    }
    return i;
}

static void write_lines(logger_t *logger, log_t *log,
                        const wfp_logring_record_t *records, int n)
{
    while (n > 0) {
        int done = write_some(logger, log, records, n);

        records += done;
        n -= done;
    }
}

/* Records of one log that follow each other are one write. */
static int write_all(void *data, const wfp_logring_record_t *records, int n)
{
    logger_t *logger = data;
    apr_array_header_t *logs = logger->server->logs;
    int i = 0, from;

    while (i < n) {
        from = i;
        while (i < n && records[i].kind == records[from].kind) {
            i++;
        }
        if (records[from].kind < (apr_uint32_t)logs->nelts) {
            write_lines(logger, &APR_ARRAY_IDX(logs, records[from].kind, log_t),
                        records + from, i - from);
        }
    }
    return 1;
}

static void take_all(logger_t *logger)
{
    (void)wfp_logring_take(logger->server->ring, write_all, logger,
                           logger->scratch, WFP_LOGRING_RECORD_MAX,
                           WFP_LOGRING_BATCH_MAX);
}

/* Did anybody put one since the last look? */
static int is_busy(logger_t *logger)
{
    apr_uint64_t before = logger->end;

    logger->end = wfp_logring_end(logger->server->ring);
    return logger->end != before;
}

static apr_interval_time_t look(void *data)
{
    logger_t *logger = data;
    wfp_server_t *server = logger->server;
    wfp_archiver_t *archiver = __atomic_load_n(&server->archiver,
                                               __ATOMIC_ACQUIRE);
    int is_mine = wfp_seat_take(server->watch, logger->me, SEAT);
    int busy = is_busy(logger);

    if (is_mine || busy) {
        take_all(logger);
    }
    if (archiver) {
        wfp_archive_wake(archiver);
    }
    return is_mine || busy ? TICK : STANDBY;
}

static apr_status_t last_look(void *data)
{
    logger_t *logger = data;

    wfp_seat_leave(logger->server->watch, logger->me);
    logger->ends = wfp_clock_now() + LAST_WORDS;
    take_all(logger);
    return APR_SUCCESS;
}

apr_status_t wfp_logger_start(wfp_server_t *server, apr_pool_t *p)
{
    logger_t *logger = apr_pcalloc(p, sizeof(*logger));
    wfp_ticker_t *ticker;

    logger->server = server;
    logger->me = (apr_uint64_t)getpid();
    logger->scratch = apr_palloc(p, WFP_LOGRING_RECORD_MAX);
    logger->lines = apr_palloc(p, LINES_ROOM);
    apr_pool_create(&logger->pool, p);
    apr_pool_tag(logger->pool, "wfp_logger");
    /* registered first, so it comes when the thread is gone */
    apr_pool_pre_cleanup_register(p, logger, last_look);
    return wfp_threads_paced(&ticker, look, logger, p);
}

void wfp_logger_expect(const wfp_server_t *server)
{
    wfp_logring_expect(server->ring);
}

int wfp_logger_put_plain(wfp_server_t *server, const wfp_server_conf_t *conf,
                         const wfp_record_plain_t *plain)
{
    wfp_record_packing_t packing;
    wfp_logring_run_t run;
    apr_size_t n = wfp_record_packed_plan(&packing, plain);
    char *at = n > 0 ? wfp_logring_open(&run, server->ring, n) : NULL;

    if (!at) {
        return 0;
    }
    wfp_record_packed_put(at, &packing, plain);
    wfp_logring_close(server->ring, &run, (apr_uint32_t)conf->log_number,
                      PACKED, n);
    return 1;
}

void wfp_logger_put(wfp_server_t *server, const wfp_server_conf_t *conf,
                    const char *line, apr_size_t n)
{
    /* a full one counts */
    (void)wfp_logring_put(server->ring, (apr_uint32_t)conf->log_number, LINE,
                          line, n);
}
