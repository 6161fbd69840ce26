/* Claims that its arguments (or environment) take this many bytes (PR_SET_MM_MAP, PR_SET_MM(2const)): reserved memory,
 * which costs the process nothing and reads as zeros.
 *
 *   claim arguments|environment BYTES
 *
 * Prints "ready", or "unsupported" on a kernel without CONFIG_CHECKPOINT_RESTORE.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int count, char **args) {
    if (count < 3) return 2;
    unsigned long long size = strtoull(args[2], 0, 10), field[60] = {0};
    char *claimed = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (claimed == MAP_FAILED) return perror("mmap"), 1;
    strcpy(claimed, args[1][0] == 'a' ? "claimed-argument" : "CLAIMED=yes");
    char line[4096] = "";
    FILE *stat = fopen("/proc/self/stat", "r");
    if (!stat || !fgets(line, sizeof line, stat)) return perror("stat"), 1;
    int number = 3;
    for (char *word = strtok(strrchr(line, ')') + 1, " "); word && number < 60; word = strtok(0, " "))
        field[number++] = strtoull(word, 0, 10);
    struct prctl_mm_map map = {
        .start_code = field[26], .end_code = field[27], .start_stack = field[28], .start_data = field[45],
        .end_data = field[46], .start_brk = field[47], .brk = (unsigned long)sbrk(0), .arg_start = field[48],
        .arg_end = field[49], .env_start = field[50], .env_end = field[51], .exe_fd = -1,
    };
    if (args[1][0] == 'a') {
        map.arg_start = (unsigned long)claimed;
        map.arg_end = map.arg_start + size;
    } else {
        map.env_start = (unsigned long)claimed;
        map.env_end = map.env_start + size;
    }
    prctl(PR_SET_NAME, "claimant-of-much"); /* 15 bytes of it: then its full name is asked for */
    puts(prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0) ? "unsupported" : "ready");
    fflush(stdout);
    for (;;) pause();
}
