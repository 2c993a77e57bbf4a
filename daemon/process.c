/* Reading /proc/self and the limits. */
#include "daemon/process.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static void read_memory(struct cw_process *p)
{
    unsigned long long size, resident;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f)
        return;
    if (fscanf(f, "%llu %llu", &size, &resident) == 2) {
        double page = (double)sysconf(_SC_PAGESIZE);
        p->virtual_bytes = (double)size * page;
        p->resident_bytes = (double)resident * page;
    }
    (void)fclose(f);
}

static void read_fds(struct cw_process *p)
{
    DIR *dir = opendir("/proc/self/fd");
    struct rlimit most;
    if (dir) {
        p->open_fds = -3; /* ".", ".." and the folder itself */
        while (readdir(dir))
            p->open_fds++;
        (void)closedir(dir);
    }
    if (getrlimit(RLIMIT_NOFILE, &most) == 0)
        p->max_fds = (double)most.rlim_cur;
}

static double seconds(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

void cw_process_read(struct cw_process *ret)
{
    struct rusage used;
    *ret = (struct cw_process){-1, -1, -1, -1, -1};
    if (getrusage(RUSAGE_SELF, &used) == 0)
        ret->cpu_seconds = seconds(&used.ru_utime) + seconds(&used.ru_stime);
    read_memory(ret);
    read_fds(ret);
}
