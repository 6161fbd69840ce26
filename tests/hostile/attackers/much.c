/* As many descriptors, threads or generations as the limits allow.
 *
 *   much descriptors|threads|generations NUMBER
 *
 * Prints the number that it has reached.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static void *sleep_on(void *unused) {
    for (;;) pause();
    return unused;
}

/* Each on a stack of its own in shared memory: forks of forks get slower with each generation (anon_vma chains). */
static long most;
enum { STACK = 1 << 14 };
static char *stacks;

static int generation(void *unused) {
    static long number;
    (void)unused;
    number++;
    if (number < most && clone(generation, stacks + (number + 1) * STACK, CLONE_VM | SIGCHLD, 0) > 0)
        for (;;) pause();
    char line[32];
    int length = snprintf(line, sizeof line, "%ld\n", number);
    if (write(1, line, length) != length) _exit(1);
    for (;;) pause();
}

int main(int count, char **args) {
    if (count < 3) return 2;
    long number = 0;
    most = atol(args[2]);
    stacks = malloc((most + 2) * STACK);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    prctl(PR_SET_NAME, "much-of-it");
    switch (args[1][0]) {
    case 'd':
        while (number < most && open("/dev/null", O_RDONLY) >= 0) number++;
        break;
    case 't': {
        pthread_attr_t attr;
        pthread_t thread;
        pthread_attr_init(&attr);
        pthread_attr_setstacksize(&attr, 1 << 14);
        for (number = 1; number < most && pthread_create(&thread, &attr, sleep_on, 0) == 0;) number++;
        break;
    }
    default:
        generation(0);
    }
    printf("%ld\n", number);
    fflush(stdout);
    for (;;) pause();
}
