/*
 * Times the public C API, the same program on whichever libvirt.so.0 it finds.
 *
 *   bench --uri URI --work NAME --count N [--emulator FILE]
 *
 * prints one line: NAME, the number of calls, and the median and the minimum of a call in microseconds.
 */
#include <pthread.h>
#include <string.h>

#include "common.h"

static virConnectPtr conn;
static const char *emulator = "/usr/bin/qemu-system-x86_64";

static void on_tick(int timer, void *opaque)
{
    (void)timer;
    (void)opaque;
}

static void *turn_loop(void *opaque)
{
    (void)opaque;
    while (virEventRunDefaultImpl() == 0)
        ;
    return NULL;
}

/* A guest that a user would have: q35, a NIC without a network, a console. */
static char *domain_xml(int number)
{
    char *xml = malloc(4096);
    snprintf(xml, 4096,
             "<domain type='%s'><name>bench-%05d</name><uuid>00000000-0000-4000-8000-%012d</uuid>"
             "<memory unit='MiB'>64</memory><vcpu>1</vcpu>"
             "<os><type arch='x86_64'%s>hvm</type></os><features><acpi/></features>"
             "<devices>%s%s%s"
             "<disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>"
             "<serial type='null'/><memballoon model='virtio'/></devices></domain>",
             getenv("BENCH_TYPE") ? getenv("BENCH_TYPE") : "qemu", number, number,
             getenv("BENCH_TYPE") ? "" : " machine='q35'", getenv("BENCH_TYPE") ? "" : "<emulator>",
             getenv("BENCH_TYPE") ? "" : emulator, getenv("BENCH_TYPE") ? "" : "</emulator>");
    return xml;
}

static void report(const char *work, double *times, int count)
{
    qsort(times, count, sizeof(*times), compare);
    printf("%s %d %.2f %.2f\n", work, count, times[count / 2], times[0]);
}

static virDomainPtr define(int number)
{
    char *xml = domain_xml(number);
    virDomainPtr domain = virDomainDefineXML(conn, xml);
    if (!domain)
        die("define");
    free(xml);
    return domain;
}

/* Starts paused guests one after the other and destroys each. */
static void bench_start(int count)
{
    double *start = calloc(count, sizeof(double)), *stop = calloc(count, sizeof(double));
    for (int i = -1; i < count; i++) {
        char *xml = domain_xml(i + 1);
        double begin = now_us(), middle, end;
        virDomainPtr domain = virDomainCreateXML(conn, xml, VIR_DOMAIN_START_PAUSED);
        if (!domain)
            die("start");
        middle = now_us();
        if (virDomainDestroy(domain) < 0)
            die("destroy");
        end = now_us();
        virDomainFree(domain);
        free(xml);
        if (i < 0)
            continue; /* the first one probes the emulator */
        start[i] = middle - begin;
        stop[i] = end - middle;
    }
    report("start", start, count);
    report("destroy", stop, count);
}

enum { LOOKED_UP = 50 };

static void bench_defined(int count)
{
    double *times = calloc(count, sizeof(double));
    virDomainPtr *domains = calloc(count, sizeof(*domains)), *list;
    char name[64];

    virDomainFree(define(0)); /* probes the emulator */
    for (int i = 0; i < count; i++) {
        double begin = now_us();
        domains[i] = define(i);
        times[i] = now_us() - begin;
    }
    report("define", times, count);
    /* The same few guests again and again: what a look-up costs among many, not what memory costs that is cold. */
    for (int i = 0; i < count; i++) {
        double begin;
        virDomainPtr found;
        snprintf(name, sizeof(name), "bench-%05d", i % (count < LOOKED_UP ? count : LOOKED_UP));
        begin = now_us();
        found = virDomainLookupByName(conn, name);
        times[i] = now_us() - begin;
        if (!found)
            die("lookup");
        virDomainFree(found);
    }
    report("lookup", times, count);
    for (int i = 0; i < count; i++) {
        virDomainInfo info;
        double begin = now_us();
        if (virDomainGetInfo(domains[i], &info) < 0)
            die("info");
        times[i] = now_us() - begin;
    }
    report("info", times, count);
    for (int i = 0; i < count; i++) {
        double begin = now_us();
        char *xml = virDomainGetXMLDesc(domains[i], 0);
        times[i] = now_us() - begin;
        if (!xml)
            die("xml");
        free(xml);
    }
    report("xml", times, count);
    for (int i = 0; i < 20; i++) {
        double begin = now_us();
        int found = virConnectListAllDomains(conn, &list, 0);
        times[i] = now_us() - begin;
        if (found < count)
            die("list");
        for (int j = 0; j < found; j++)
            virDomainFree(list[j]);
        free(list);
    }
    report("list", times, 20);
    for (int i = 0; i < count; i++) {
        if (virDomainUndefine(domains[i]) < 0)
            die("undefine");
        virDomainFree(domains[i]);
    }
}

/* Reads a typical definition and writes it again, by a driver that does nothing else. */
static void bench_model(int count, const char *path)
{
    double *times = calloc(count, sizeof(double));
    static char xml[65536];
    FILE *file = fopen(path, "r");
    if (!file || !fread(xml, 1, sizeof(xml) - 1, file))
        die("file");
    fclose(file);
    for (int i = 0; i < count; i++) {
        double begin = now_us();
        virDomainPtr domain = virDomainDefineXML(conn, xml);
        char *text = domain ? virDomainGetXMLDesc(domain, 0) : NULL;
        times[i] = now_us() - begin;
        if (!text || virDomainUndefine(domain) < 0)
            die("model");
        free(text);
        virDomainFree(domain);
    }
    report("model", times, count);
}

/* What goes over a socket: round trips, lists and statistics of guests that stay defined. */
static void bench_served(int count)
{
    double *times = calloc(count > 2000 ? count : 2000, sizeof(double));
    virDomainPtr first = NULL, *list;
    virDomainStatsRecordPtr *records;

    for (int i = 0; i < count; i++) {
        double begin = now_us();
        virDomainPtr domain = define(i);
        times[i] = now_us() - begin;
        if (i)
            virDomainFree(domain);
        else
            first = domain;
    }
    report("define", times, count);
    for (int i = 0; i < 2000; i++) {
        double begin = now_us();
        if (virDomainIsActive(first) < 0)
            die("ping");
        times[i] = now_us() - begin;
    }
    report("ping", times, 2000);
    for (int i = 0; i < 20; i++) {
        double begin = now_us();
        int found = virConnectListAllDomains(conn, &list, 0);
        times[i] = now_us() - begin;
        if (found != count)
            die("list");
        for (int j = 0; j < found; j++)
            virDomainFree(list[j]);
        free(list);
    }
    report("list", times, 20);
    for (int i = 0; i < 10; i++) {
        double begin = now_us();
        int found = virConnectGetAllDomainStats(conn, 0, &records, 0);
        times[i] = now_us() - begin;
        if (found != count)
            die("stats");
        virDomainStatsRecordListFree(records);
    }
    report("stats", times, 10);
    virDomainFree(first);
}

/* From the start of this program, which is that of the daemon, to the first full list. */
static void bench_first(const char *uri, int count, double begin)
{
    virDomainPtr *list;
    double time;

    for (;;) {
        if ((conn = virConnectOpen(uri))) {
            if (virConnectListAllDomains(conn, &list, 0) == count)
                break;
            virConnectClose(conn);
        }
        if (now_us() - begin > 60e6)
            die("first list");
    }
    time = now_us() - begin;
    report("restart", &time, 1);
    virConnectClose(conn);
}

int main(int argc, char **argv)
{
    double begin = now_us();
    const char *uri = NULL, *work = NULL, *path = "";
    int count = 10;
    pthread_t thread;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--uri"))
            uri = argv[i + 1];
        else if (!strcmp(argv[i], "--work"))
            work = argv[i + 1];
        else if (!strcmp(argv[i], "--count"))
            count = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--emulator"))
            emulator = argv[i + 1];
        else if (!strcmp(argv[i], "--file"))
            path = argv[i + 1];
    }
    if (!uri || !work || count < 1) {
        fprintf(stderr, "usage: bench --uri URI --work start|defined|served|first|model --count N [--emulator FILE] "
                        "[--file XML]\n");
        return 2;
    }
    virSetErrorFunc(NULL, on_error);
    if (virEventRegisterDefaultImpl() < 0 || virEventAddTimeout(1000, on_tick, NULL, NULL) < 0)
        die("event loop");
    if (!strcmp(work, "first")) {
        bench_first(uri, count, begin);
        return 0;
    }
    if (pthread_create(&thread, NULL, turn_loop, NULL))
        die("thread");
    if (!(conn = virConnectOpen(uri)))
        die("open");
    if (!strcmp(work, "start"))
        bench_start(count);
    else if (!strcmp(work, "model"))
        bench_model(count, path);
    else if (!strcmp(work, "served"))
        bench_served(count);
    else
        bench_defined(count);
    virConnectClose(conn);
    return 0;
}
