/*
 * Loads a daemon: many domains, many clients at once, many calls.
 *
 *   load --uri URI --pid DAEMON --clients N --domains N --calls N
 *
 * prints lines of a name and two numbers: for calls the median and the time that 99 of 100 keep to, in microseconds;
 * for memory the daemon's, in KiB, twice. Every call must succeed and answer what was asked.
 */
#include <pthread.h>
#include <string.h>

#include "common.h"

static const char *uri;
static int pid, clients = 200, domains = 10000, calls = 100000;
static pthread_barrier_t begin_line;

static void report_memory(const char *name)
{
    char path[64], line[256];
    FILE *file;
    long kib = 0;

    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    if (!(file = fopen(path, "r")))
        die("the daemon is gone");
    while (fgets(line, sizeof(line), file))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1)
            break;
    fclose(file);
    printf("%s %ld %ld\n", name, kib, kib);
    fflush(stdout);
}

static void name_of(char *name, size_t size, int number)
{
    snprintf(name, size, "load-%06d", number);
}

static void define(virConnectPtr conn, int from, int to, const char *report_name)
{
    double *times = calloc(to - from, sizeof(double));

    for (int i = from; i < to; i++) {
        char name[32], xml[2048];
        double begin;
        virDomainPtr dom;
        name_of(name, sizeof(name), i);
        snprintf(xml, sizeof(xml),
                 "<domain type='qemu'><name>%s</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>"
                 "<os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>"
                 "<devices><disk type='file' device='disk'><source file='/var/lib/%s.img'/><target dev='vda' "
                 "bus='virtio'/></disk><interface type='user'><model type='virtio'/></interface>"
                 "<serial type='pty'/></devices></domain>", name, name);
        begin = now_us();
        if (!(dom = virDomainDefineXML(conn, xml)))
            die("define");
        times[i - from] = now_us() - begin;
        virDomainFree(dom);
    }
    report_tail(report_name, times, to - from);
    free(times);
}

static void look_up(virConnectPtr conn, int count, const char *report_name)
{
    enum { LOOKS = 4000 };
    double *times = calloc(LOOKS, sizeof(double));

    for (int i = 0; i < LOOKS; i++) {
        char name[32];
        double begin;
        virDomainPtr dom;
        name_of(name, sizeof(name), (i * 7919) % count);
        begin = now_us();
        if (!(dom = virDomainLookupByName(conn, name)) || strcmp(virDomainGetName(dom), name))
            die("look-up");
        times[i] = now_us() - begin;
        virDomainFree(dom);
    }
    report_tail(report_name, times, LOOKS);
    free(times);
}

struct client {
    pthread_t thread;
    int number, count;
    double *times;
};

/* A mixture of what programs ask all day. */
static void one_call(virConnectPtr conn, virDomainPtr dom, const char *name, int kind)
{
    virDomainInfo info;
    virDomainPtr found;
    int state, reason;
    char *xml;

    switch (kind % 8) {
    case 0:
        if (!(found = virDomainLookupByName(conn, name)))
            die("look-up");
        virDomainFree(found);
        break;
    case 1:
        if (!(xml = virDomainGetXMLDesc(dom, 0)) || !strstr(xml, name))
            die("description");
        free(xml);
        break;
    case 2:
        if (virConnectNumOfDefinedDomains(conn) != domains)
            die("number");
        break;
    case 3:
        if (virDomainGetInfo(dom, &info) < 0 || info.state != VIR_DOMAIN_SHUTOFF)
            die("info");
        break;
    case 4:
        if (!(xml = virConnectGetHostname(conn)))
            die("host");
        free(xml);
        break;
    default:
        if (virDomainGetState(dom, &state, &reason, 0) < 0 || state != VIR_DOMAIN_SHUTOFF)
            die("state");
    }
}

static void *run_client(void *opaque)
{
    struct client *client = opaque;
    virConnectPtr conn = virConnectOpen(uri);
    char name[32];
    virDomainPtr dom;

    name_of(name, sizeof(name), (client->number * 7919) % domains);
    if (!conn || !(dom = virDomainLookupByName(conn, name)))
        die("client");
    pthread_barrier_wait(&begin_line);
    for (int i = 0; i < client->count; i++) {
        double begin = now_us();
        one_call(conn, dom, name, i + client->number);
        client->times[i] = now_us() - begin;
    }
    pthread_barrier_wait(&begin_line);
    virDomainFree(dom);
    virConnectClose(conn);
    return NULL;
}

static void run_clients(void)
{
    struct client *all = calloc(clients, sizeof(*all));
    int each = calls / clients;
    double *times = calloc((size_t)clients * each, sizeof(double)), begin, per_second;

    pthread_barrier_init(&begin_line, NULL, clients + 1);
    for (int i = 0; i < clients; i++) {
        all[i] = (struct client){.number = i, .count = each, .times = times + (size_t)i * each};
        if (pthread_create(&all[i].thread, NULL, run_client, &all[i]))
            die("thread");
    }
    pthread_barrier_wait(&begin_line);
    begin = now_us();
    pthread_barrier_wait(&begin_line);
    per_second = clients * each / ((now_us() - begin) / 1e6);
    report_memory("memory-clients");
    for (int i = 0; i < clients; i++)
        pthread_join(all[i].thread, NULL);
    report_tail("call", times, clients * each);
    printf("calls-a-second %.0f %.0f\n", per_second, per_second);
}

int main(int argc, char **argv)
{
    virConnectPtr conn;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--uri"))
            uri = argv[i + 1];
        else if (!strcmp(argv[i], "--pid"))
            pid = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--clients"))
            clients = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--domains"))
            domains = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--calls"))
            calls = atoi(argv[i + 1]);
    }
    if (!uri || !pid || clients < 1 || domains < 10 || calls < clients) {
        fprintf(stderr, "usage: load --uri URI --pid DAEMON [--clients N] [--domains N] [--calls N]\n");
        return 2;
    }
    virSetErrorFunc(NULL, on_error);
    if (!(conn = virConnectOpen(uri)))
        die("open");
    report_memory("memory-empty");
    define(conn, 0, domains / 10, "define-few");
    look_up(conn, domains / 10, "lookup-few");
    report_memory("memory-few");
    define(conn, domains / 10, domains, "define-many");
    look_up(conn, domains, "lookup-many");
    report_memory("memory-many");
    run_clients();
    report_memory("memory-after");
    virConnectClose(conn);
    return 0;
}
