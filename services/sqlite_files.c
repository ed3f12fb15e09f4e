/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of SQLite: a VFS over the system's, under a name of its own, so that
 * other users of the library in this process keep theirs. Temporary files have
 * no name as soon as they are open, lie below WfpDataDir (where a child under
 * Landlock may write) and are counted against their connection. Reads look at
 * the bounds of the connection: some of SQLite's loops (dropping a table, an
 * integrity check) run no instruction of its machine for long.
 */
#include <apr_atomic.h>
#include <apr_strings.h>
#include <string.h>
#include <unistd.h>

#include "services/sqlite_inside.h"

/* Reads of a file between two looks at the bounds: 4 KB each. */
#define READS_A_LOOK 64

/* DIR/sqlite-PID-NUMBER */
#define NAME_MAX_BYTES 512

typedef struct file_t {
    sqlite3_file base; /* first: SQLite sees this */
    wfp_sqlite_t *db;
    int is_temp;
    sqlite3_int64 size;        /* of a temporary file */
    char name[NAME_MAX_BYTES]; /* of a temporary file */
    sqlite3_file *real;        /* behind this struct */
} file_t;

typedef struct vfs_t {
    sqlite3_vfs base; /* first */
    const char *dir;
    sqlite3_vfs *real;
} vfs_t;

static __thread wfp_sqlite_t *current;
static volatile apr_uint32_t next_number;

void wfp_sqlite_enter(wfp_sqlite_t *db)
{
    current = db;
}

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((file_t *)f)->real;
}

static int file_close(sqlite3_file *f)
{
    file_t *file = (file_t *)f;

    if (file->is_temp && file->db) {
        file->db->temp_bytes -= file->size;
    }
    return file->real->pMethods->xClose(file->real);
}

static int file_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    file_t *file = (file_t *)f;
    wfp_sqlite_t *db = file->db;

    /* what undoes a statement that was ended must be able to read */
    if (!file->is_temp && ++db->reads >= READS_A_LOOK && !db->is_ours) {
        int was_told = db->over != APR_SUCCESS;

        db->reads = 0;
        if (wfp_sqlite_is_over(db) && !was_told) {
            return SQLITE_INTERRUPT;
        }
    }
    return file->real->pMethods->xRead(file->real, to, n, at);
}

/* A temporary file is going to have size bytes: may it? */
static int file_grow(file_t *file, sqlite3_int64 size)
{
    wfp_sqlite_t *db = file->db;

    if (db->temp_bytes + size - file->size > db->temp_max) {
        return SQLITE_FULL;
    }
    db->temp_bytes += size - file->size;
    file->size = size;
    return SQLITE_OK;
}

static int file_write(sqlite3_file *f, const void *from, int n,
                      sqlite3_int64 at)
{
    file_t *file = (file_t *)f;

    if (file->is_temp && at + n > file->size) {
        int rc = file_grow(file, at + n);

        if (rc != SQLITE_OK) {
            return rc;
        }
    }
    return file->real->pMethods->xWrite(file->real, from, n, at);
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    file_t *file = (file_t *)f;
    int rc = file->real->pMethods->xTruncate(file->real, size);

    if (rc == SQLITE_OK && file->is_temp && size < file->size) {
        file->db->temp_bytes -= file->size - size;
        file->size = size;
    }
    return rc;
}

static int file_sync(sqlite3_file *f, int flags)
{
    return real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int file_size(sqlite3_file *f, sqlite3_int64 *psize)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), psize);
}

static int file_lock(sqlite3_file *f, int how)
{
    return real_of(f)->pMethods->xLock(real_of(f), how);
}

static int file_unlock(sqlite3_file *f, int how)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), how);
}

static int file_is_reserved(sqlite3_file *f, int *pis)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), pis);
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
    /* blocks of a size hint would not be counted */
    if (((file_t *)f)->is_temp
        && (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)) {
        return SQLITE_NOTFOUND;
    }
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int file_sector(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int file_device(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int file_shm_map(sqlite3_file *f, int page, int size, int extend,
                        void volatile **pp)
{
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, pp);
}

static int file_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), at, n, flags);
}

static void file_shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int file_shm_unmap(sqlite3_file *f, int remove)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

/* Version 2: nothing is mapped but the index of the WAL. */
static const sqlite3_io_methods methods = {
    2,
    file_close,
    file_read,
    file_write,
    file_truncate,
    file_sync,
    file_size,
    file_lock,
    file_unlock,
    file_is_reserved,
    file_control,
    file_sector,
    file_device,
    file_shm_map,
    file_shm_lock,
    file_shm_barrier,
    file_shm_unmap,
    NULL,
    NULL,
};

static int vfs_open(sqlite3_vfs *v, const char *name, sqlite3_file *f,
                    int flags, int *pflags)
{
    vfs_t *vfs = (vfs_t *)v;
    file_t *file = (file_t *)f;
    int rc;

    memset(file, 0, sizeof(*file));
    file->real = (sqlite3_file *)(file + 1);
    file->real->pMethods = NULL;
    file->db = current;
    file->is_temp = name == NULL;
    if (!current) {
        return SQLITE_CANTOPEN;
    }
    if (file->is_temp) {
        apr_snprintf(file->name, sizeof(file->name), "%s/sqlite-%ld-%u",
                     vfs->dir, (long)getpid(), apr_atomic_inc32(&next_number));
        name = file->name;
    }
    rc = vfs->real->xOpen(vfs->real, name, file->real, flags, pflags);
    if (file->real->pMethods) {
        file->base.pMethods = &methods;
    }
    return rc;
}

static apr_status_t vfs_end(void *data)
{
    (void)sqlite3_vfs_unregister(data); /* it is registered */
    return APR_SUCCESS;
}

apr_status_t wfp_sqlite_files_start(const char *dir, apr_pool_t *p)
{
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    vfs_t *vfs = apr_pcalloc(p, sizeof(*vfs));

    if (!real || strlen(dir) > NAME_MAX_BYTES - 64) {
        return APR_EGENERAL;
    }
    vfs->base = *real;
    vfs->base.iVersion = 2; /* no system calls to replace */
    vfs->base.zName = WFP_SQLITE_VFS;
    vfs->base.pNext = NULL;
    vfs->base.szOsFile = (int)sizeof(file_t) + real->szOsFile;
    vfs->base.xOpen = vfs_open;
    vfs->dir = apr_pstrdup(p, dir);
    vfs->real = real;
    if (sqlite3_vfs_register(&vfs->base, 0) != SQLITE_OK) {
        return APR_EGENERAL;
    }
    apr_pool_cleanup_register(p, &vfs->base, vfs_end, apr_pool_cleanup_null);
    return APR_SUCCESS;
}
