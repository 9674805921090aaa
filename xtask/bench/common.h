/*
 * What all programs that measure have in common.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

static inline double now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

static inline void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, virGetLastErrorMessage());
    exit(1);
}

/* Errors are told by who meets them. */
static inline void on_error(void *opaque, virErrorPtr error)
{
    (void)opaque;
    (void)error;
}

static inline int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A name, the median, and the time that 99 of 100 keep to. */
static inline void report_tail(const char *name, double *times, int count)
{
    qsort(times, count, sizeof(*times), compare);
    printf("%s %.1f %.1f\n", name, times[count / 2], times[count - 1 - count / 100]);
    fflush(stdout);
}
