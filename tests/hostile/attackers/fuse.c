/* A file system in user space (FUSE) that stops answering, and processes that use it.
 *
 *   fuse MOUNTPOINT lock NUMBER       NUMBER processes named "stuck" whose memory maps stay locked
 *   fuse MOUNTPOINT exe FILE SECONDS  a process that executes "FILE (deleted)" from there
 *   fuse MOUNTPOINT cwd SECONDS       a process that works in "directory (deleted)" there
 *
 * SECONDS is how long names are cached. The processes run as user nobody. Each prints its PID when it is ready. The end
 * of standard input terminates all of them, and so does a minute: what waits for the file system is then freed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOBODY = 65534, MOST = 200, DIRECTORY = 2, FILES = 10 };

static int device;
static int answers = 1;      /* 0: it reads requests and never answers */
static int withholds = 0;    /* it does not answer reads of files */
static unsigned long cached; /* how long names and attributes are cached */
static const char *content;  /* of each file */
static size_t size = 1 << 16;
static int asked[MOST][2];   /* written to at the first read of a file */

static void die(const char *what) { perror(what); exit(1); }

static void attributes(struct fuse_attr *attr, uint64_t node) {
    attr->ino = node;
    attr->mode = node < FILES ? S_IFDIR | 0755 : S_IFREG | 0755;
    attr->nlink = node < FILES ? 2 : 1;
    attr->size = node < FILES ? 4096 : size;
    attr->blksize = 4096;
}

static void serve(void) {
    static char request[1 << 18];
    static struct {
        struct fuse_out_header head;
        char body[1 << 18];
    } reply;
    ssize_t got = read(device, request, sizeof request);
    if (got < 0) {
        if (errno == EINTR || errno == ENOENT || errno == EAGAIN) return;
        exit(0);
    }
    struct fuse_in_header *head = (void *)request;
    void *in = head + 1;
    memset(&reply.head, 0, sizeof reply.head);
    memset(reply.body, 0, 512);
    reply.head.unique = head->unique;
    size_t length = 0;
    if (!answers) return;
    switch (head->opcode) {
    case FUSE_FORGET: case FUSE_BATCH_FORGET: case FUSE_INTERRUPT:
        return;
    case FUSE_INIT: {
        struct fuse_init_out *out = (void *)reply.body;
        out->major = 7;
        out->minor = 31;
        out->max_write = 4096;
        out->max_readahead = 0;
        length = sizeof *out;
        break;
    }
    case FUSE_LOOKUP: {
        struct fuse_entry_out *out = (void *)reply.body;
        const char *name = in;
        out->nodeid = strncmp(name, "directory", 9) == 0 ? DIRECTORY : FILES + strtoul(name, 0, 10);
        out->entry_valid = out->attr_valid = cached;
        attributes(&out->attr, out->nodeid);
        length = sizeof *out;
        break;
    }
    case FUSE_GETATTR: {
        struct fuse_attr_out *out = (void *)reply.body;
        out->attr_valid = cached;
        attributes(&out->attr, head->nodeid);
        length = sizeof *out;
        break;
    }
    case FUSE_OPEN: case FUSE_OPENDIR:
        length = sizeof(struct fuse_open_out);
        break;
    case FUSE_READ: {
        struct fuse_read_in *ask = in;
        if (withholds) {
            if (write(asked[head->nodeid - FILES][1], "r", 1) != 1) die("write");
            return;
        }
        length = ask->offset >= size ? 0 : size - ask->offset;
        if (length > ask->size) length = ask->size;
        if (length) memcpy(reply.body, content + ask->offset, length);
        break;
    }
    case FUSE_ACCESS: case FUSE_FLUSH: case FUSE_RELEASE: case FUSE_RELEASEDIR:
        break;
    default:
        reply.head.error = -ENOSYS;
    }
    reply.head.len = sizeof reply.head + length;
    if (write(device, &reply, reply.head.len) < 0 && errno != ENOENT) die("answer");
}

/* In a child: as an ordinary user; PR_SET_PDEATHSIG kills it with the server. */
static void become_nobody(void) {
    close(device);
    if (setgroups(0, 0) || setgid(NOBODY) || setuid(NOBODY)) die("setuid");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 1);
}

static char *page;
static int number;

/* /proc/self/mem reads with the memory map locked, and waits for the page (access_remote_vm, mm/memory.c). */
static void *read_page(void *unused) {
    char byte;
    int mem = open("/proc/self/mem", O_RDONLY);
    if (mem < 0 || pread(mem, &byte, 1, (off_t)page) < 0) die("/proc/self/mem");
    return unused;
}

/* Waits for the same lock to write, and with it every reader that comes later. */
static void *wait_for_lock(void *unused) {
    char byte;
    if (read(asked[number][0], &byte, 1) != 1) die("read");
    mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return unused;
}

static void lock_map(const char *mountpoint) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%d", mountpoint, number);
    prctl(PR_SET_NAME, "stuck");
    int file = open(path, O_RDONLY);
    if (file < 0) die(path);
    page = mmap(0, 4096, PROT_READ, MAP_SHARED, file, 0);
    if (page == MAP_FAILED) die("mmap");
    pthread_t threads[2];
    pthread_create(&threads[0], 0, wait_for_lock, 0);
    pthread_create(&threads[1], 0, read_page, 0);
    char line[32];
    int length = snprintf(line, sizeof line, "%d\n", getpid());
    if (write(1, line, length) != length) die("write");
    for (;;) pause();
}

int main(int count, char **args) {
    if (count < 4) return 2;
    const char *mountpoint = args[1], *what = args[2];
    int children = 1, locks = strcmp(what, "lock") == 0, executes = strcmp(what, "exe") == 0;
    signal(SIGPIPE, SIG_IGN);
    device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (device < 0) die("/dev/fuse");
    char options[128];
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", device);
    if (mount("hostile", mountpoint, "fuse", 0, options)) die("mount");
    if (locks) {
        children = atoi(args[3]);
        cached = 1000;
    } else {
        cached = atoi(args[count - 1]);
    }
    if (executes) {
        int file = open(args[3], O_RDONLY);
        struct stat stat;
        if (file < 0 || fstat(file, &stat)) die(args[3]);
        size = stat.st_size;
        content = mmap(0, size, PROT_READ, MAP_PRIVATE, file, 0);
    }
    /* Closed by an exec, or written to: pipe(7). */
    int ready[2];
    if (pipe2(ready, O_CLOEXEC)) die("pipe");
    pid_t child = 0;
    for (number = 0; number < children; number++) {
        if (pipe(asked[number])) die("pipe");
        child = fork();
        if (child) continue;
        become_nobody();
        char path[4096];
        if (locks) lock_map(mountpoint);
        if (executes) {
            snprintf(path, sizeof path, "%s/0-sleeper (deleted)", mountpoint);
            execl(path, "sleeper", "1000", (char *)0);
            die(path);
        }
        snprintf(path, sizeof path, "%s/directory (deleted)", mountpoint);
        if (chdir(path)) die(path);
        prctl(PR_SET_NAME, "sleeper");
        close(ready[1]);
        for (;;) pause();
    }
    close(ready[1]);
    withholds = locks;
    alarm(60);
    for (;;) {
        struct pollfd files[3] = {{device, POLLIN, 0}, {0, POLLIN, 0}, {ready[0], POLLIN, 0}};
        poll(files, answers && !locks ? 3 : 2, -1);
        if (files[1].revents) return 0;
        if (files[0].revents & (POLLERR | POLLHUP)) return 0;
        if (files[0].revents) {
            serve();
        } else if (answers && !locks && files[2].revents) {
            answers = 0;
            printf("%d\n", child);
            fflush(stdout);
        }
    }
}
