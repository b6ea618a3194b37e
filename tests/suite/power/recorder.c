/* Records what a program does to the files below one folder.
 *
 * Loaded with LD_PRELOAD on Linux with glibc. The calls that Rust's standard library and sled use
 * to change files stand here under the same names: each does its work through the C library and
 * then appends one record to a log. One lock is held around work and record, so the log is the one
 * order in which everything happened, whichever thread did it.
 *
 *   YIZHAN_RECORD_BELOW   the folder, absolute, without symbolic links
 *   YIZHAN_RECORD_TO      the log, outside that folder; appended to
 *
 * A record:  u8 kind, u64 offset, u32 length of a, u32 length of b, a, b  (native byte order)
 *
 *   'C' a file a was made        'D' a folder a was made       'T' a was cut or grown to `offset`
 *   'W' b was written to a at `offset`                         'S' a (file or folder) was synced
 *   'R' a was renamed to b       'U' file or folder a was removed
 *   'A' b was written to standard output: what the person has been told
 *   'X' b names a call that changes files and that this recorder does not understand
 *
 * Files are named by the path, relative to the folder, that they have at that moment; /proc tells
 * it for an open one, so nothing need be known of how it was opened. A file removed while open has
 * no name and what is written to it is of no account.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static char below[PATH_MAX];
static size_t below_len;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void die(const char *what) {
    fprintf(stderr, "recorder: %s: %s\n", what, strerror(errno));
    _exit(97);
}

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("YIZHAN_RECORD_BELOW"), *to = getenv("YIZHAN_RECORD_TO");
    if (!folder || !to) return;
    snprintf(below, sizeof below, "%s/", folder);
    below_len = strlen(below);
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0) die(to);
}

/* The part of an absolute path below the folder, "" for the folder itself, NULL for any other. */
static const char *inside(const char *path) {
    if (!below_len) return NULL;
    if (!strncmp(path, below, below_len)) return path + below_len;
    return strlen(path) == below_len - 1 && !strncmp(path, below, below_len - 1) ? "" : NULL;
}

/* The name of an open file, if it lies below the folder and still has one. */
static const char *of_fd(int fd, char *out) {
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, out, PATH_MAX - 1);
    if (n < 0) return NULL;
    out[n] = 0;
    if (n > 10 && !strcmp(out + n - 10, " (deleted)")) return NULL;
    return inside(out);
}

/* The name a path has below the folder; its last part need not exist. */
static const char *of_path(int dirfd, const char *path, char *out) {
    char joined[2 * PATH_MAX], dir[PATH_MAX];
    if (path[0] == '/' || dirfd == AT_FDCWD) {
        snprintf(joined, sizeof joined, "%s%s", path[0] == '/' ? "" : "./", path);
    } else {
        snprintf(joined, sizeof joined, "/proc/self/fd/%d/%s", dirfd, path);
    }
    for (size_t n = strlen(joined); n > 1 && joined[n - 1] == '/'; n--) joined[n - 1] = 0;
    char *last = strrchr(joined, '/');
    *last = 0;
    if (!realpath(last == joined ? "/" : joined, dir)) return NULL;
    if (snprintf(out, PATH_MAX, "%s/%s", strcmp(dir, "/") ? dir : "", last + 1) >= PATH_MAX) return NULL;
    return inside(out);
}

static void record(char kind, uint64_t offset, const char *a, const void *b, size_t b_len) {
    int saved = errno;
    uint32_t lens[2] = {(uint32_t)strlen(a), (uint32_t)b_len};
    char head[17];
    head[0] = kind;
    memcpy(head + 1, &offset, 8);
    memcpy(head + 9, lens, 8);
    struct iovec parts[3] = {{head, sizeof head}, {(void *)a, lens[0]}, {(void *)b, b_len}};
    if (syscall(SYS_writev, log_fd, parts, 3) != (long)(sizeof head + lens[0] + b_len)) die("log");
    errno = saved;
}

#define LOCKED pthread_mutex_lock(&order)
#define DONE pthread_mutex_unlock(&order)
#define WATCHED (log_fd >= 0)

/* open: makes and cuts files */
static int opened(int dirfd, const char *path, int flags, mode_t mode) {
    char name[PATH_MAX];
    int (*real)(int, const char *, int, ...) = REAL(openat64);
    if (!WATCHED || !(flags & (O_CREAT | O_TRUNC))) return real(dirfd, path, flags, mode);
    LOCKED;
    struct stat st;
    int fresh = fstatat(dirfd, path, &st, 0) != 0;
    int fd = real(dirfd, path, flags, mode);
    const char *at = fd < 0 ? NULL : of_fd(fd, name);
    if (at && fresh) record('C', 0, at, "", 0);
    if (at && !fresh && (flags & O_TRUNC)) record('T', 0, at, "", 0);
    DONE;
    return fd;
}

#define MODE(flags, mode)                                                                          \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                       \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        mode = va_arg(more, mode_t);                                                               \
        va_end(more);                                                                              \
    }
int open(const char *path, int flags, ...) { MODE(flags, mode) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, mode) return opened(AT_FDCWD, path, flags, mode); }
int openat(int dir, const char *path, int flags, ...) { MODE(flags, mode) return opened(dir, path, flags, mode); }
int openat64(int dir, const char *path, int flags, ...) { MODE(flags, mode) return opened(dir, path, flags, mode); }

/* Where the next write of an open file goes. */
static off64_t place(int fd) {
    struct stat st;
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_APPEND) && !fstat(fd, &st)) return st.st_size;
    return lseek64(fd, 0, SEEK_CUR);
}

static void wrote(int fd, off64_t offset, const void *bytes, ssize_t n) {
    char name[PATH_MAX];
    if (n <= 0) return;
    const char *at = of_fd(fd, name);
    if (at) record('W', (uint64_t)offset, at, bytes, (size_t)n);
    else if (fd == STDOUT_FILENO) record('A', 0, "", bytes, (size_t)n);
}

ssize_t write(int fd, const void *bytes, size_t n) {
    if (!WATCHED) return REAL(write)(fd, bytes, n);
    LOCKED;
    off64_t offset = place(fd);
    ssize_t done = REAL(write)(fd, bytes, n);
    wrote(fd, offset, bytes, done);
    DONE;
    return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (!WATCHED) return REAL(writev)(fd, parts, count);
    LOCKED;
    off64_t offset = place(fd);
    ssize_t done = REAL(writev)(fd, parts, count), left = done;
    for (int i = 0; i < count && left > 0; i++) {
        ssize_t part = left < (ssize_t)parts[i].iov_len ? left : (ssize_t)parts[i].iov_len;
        wrote(fd, offset, parts[i].iov_base, part);
        offset += part;
        left -= part;
    }
    DONE;
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t offset) {
    if (!WATCHED) return REAL(pwrite64)(fd, bytes, n, offset);
    LOCKED;
    ssize_t done = REAL(pwrite64)(fd, bytes, n, offset);
    wrote(fd, offset, bytes, done);
    DONE;
    return done;
}
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset) { return pwrite64(fd, bytes, n, offset); }

/* A call on an open file that gives 0 when it has done its work. */
#define ON_FD(kind, offset, call)                                                                  \
    char name[PATH_MAX];                                                                           \
    if (!WATCHED) return call;                                                                     \
    LOCKED;                                                                                        \
    int done = call;                                                                               \
    const char *at = done ? NULL : of_fd(fd, name);                                                \
    if (at) record(kind, offset, at, "", 0);                                                       \
    DONE;                                                                                          \
    return done;
int ftruncate64(int fd, off64_t length) { ON_FD('T', (uint64_t)length, REAL(ftruncate64)(fd, length)) }
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }
int fsync(int fd) { ON_FD('S', 0, REAL(fsync)(fd)) }
int fdatasync(int fd) { ON_FD('S', 0, REAL(fdatasync)(fd)) }

/* A call on a path that gives 0; the name is looked up before a removed file has lost it. */
#define ON_PATH(kind, dir, path, call)                                                             \
    char name[PATH_MAX];                                                                           \
    if (!WATCHED) return call;                                                                     \
    LOCKED;                                                                                        \
    const char *at = of_path(dir, path, name);                                                     \
    int done = call;                                                                               \
    if (at && !done) record(kind, 0, at, "", 0);                                                   \
    DONE;                                                                                          \
    return done;
int mkdir(const char *path, mode_t mode) { ON_PATH('D', AT_FDCWD, path, REAL(mkdir)(path, mode)) }
int mkdirat(int dir, const char *path, mode_t mode) { ON_PATH('D', dir, path, REAL(mkdirat)(dir, path, mode)) }
int unlink(const char *path) { ON_PATH('U', AT_FDCWD, path, REAL(unlink)(path)) }
int unlinkat(int dir, const char *path, int flags) { ON_PATH('U', dir, path, REAL(unlinkat)(dir, path, flags)) }
int rmdir(const char *path) { ON_PATH('U', AT_FDCWD, path, REAL(rmdir)(path)) }

static int renamed(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    char a[PATH_MAX], b[PATH_MAX];
    if (!WATCHED) return REAL(renameat2)(from_dir, from, to_dir, to, flags);
    LOCKED;
    const char *out = of_path(from_dir, from, a), *in = of_path(to_dir, to, b);
    int done = REAL(renameat2)(from_dir, from, to_dir, to, flags);
    if (!done && out && in && !(flags & ~RENAME_NOREPLACE)) record('R', 0, out, in, strlen(in));
    else if (!done && (out || in)) record('X', 0, "", "rename", 6);
    DONE;
    return done;
}
int rename(const char *from, const char *to) { return renamed(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int a, const char *from, int b, const char *to) { return renamed(a, from, b, to, 0); }
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) { return renamed(a, from, b, to, flags); }

/* Copying inside the kernel is turned down; the standard library then copies by reading and
 * writing, which is seen above. */
ssize_t copy_file_range(int in, off64_t *at, int out, off64_t *to, size_t n, unsigned flags) {
    (void)in, (void)at, (void)out, (void)to, (void)n, (void)flags;
    errno = ENOSYS;
    return -1;
}
ssize_t sendfile64(int out, int in, off64_t *at, size_t n) {
    (void)out, (void)in, (void)at, (void)n;
    errno = ENOSYS;
    return -1;
}
/* sync_file_range, which is all that sled's flush does, promises nothing and is not recorded. */
