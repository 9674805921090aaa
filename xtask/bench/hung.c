/*
 * What others wait for while the monitor of one guest does not answer.
 *
 *   hung --uri URI --rounds N
 *
 * prints lines of a name, the median and the time that 99 of 100 keep to, in microseconds: first while all is well, then,
 * with "hung-" before the name, while QEMU of a guest is stopped and several clients ask for it.
 */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

enum { ASKING = 4, STARTS = 20 };

static const char *uri;
static int rounds = 500;

static virDomainPtr start(virConnectPtr conn, const char *name)
{
    char xml[1024];
    virDomainPtr dom;
    snprintf(xml, sizeof(xml),
             "<domain type='qemu'><name>%s</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>"
             "<os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>"
             "<devices><serial type='null'/><memballoon model='virtio'/></devices></domain>", name);
    if (!(dom = virDomainCreateXML(conn, xml, VIR_DOMAIN_START_PAUSED)))
        die("start");
    return dom;
}

static pid_t process_of(const char *name)
{
    char path[256];
    int pid = 0;
    FILE *file;
    snprintf(path, sizeof(path), "/run/libvirt/qemu/%s.pid", name);
    if (!(file = fopen(path, "r")) || fscanf(file, "%d", &pid) != 1)
        die("the guest has no pid file");
    fclose(file);
    return pid;
}

/* Asks the guest's monitor, on a connection of its own. */
static void *ask(void *opaque)
{
    virConnectPtr conn = virConnectOpen(uri);
    virDomainPtr dom = conn ? virDomainLookupByName(conn, opaque) : NULL;
    virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
    if (!dom)
        die("look-up");
    virDomainMemoryStats(dom, stats, VIR_DOMAIN_MEMORY_STAT_NR, 0);
    virDomainFree(dom);
    virConnectClose(conn);
    return NULL;
}

static void name_report(const char *before, const char *what, double *times, int count)
{
    char name[64];
    snprintf(name, sizeof(name), "%s%s", before, what);
    report_tail(name, times, count);
}

static void measure(virConnectPtr conn, virDomainPtr guest, const char *before)
{
    double *list = calloc(rounds, sizeof(double)), *state = calloc(rounds, sizeof(double));
    double *text = calloc(rounds, sizeof(double)), cycles[STARTS];
    virDomainPtr *all;
    int value, reason, told = 0, fails = 0;

    for (int i = 0; i < rounds; i++) {
        double begin = now_us(), listed, asked;
        int count = virConnectListAllDomains(conn, &all, 0);
        char *xml;
        listed = now_us();
        if (count < 1 || virDomainGetState(guest, &value, &reason, 0) < 0)
            die("query");
        asked = now_us();
        /* Whoever waits for the guest here waits long, and once is enough. */
        if (!fails) {
            xml = virDomainGetXMLDesc(guest, 0);
            text[told++] = now_us() - asked;
            fails = !xml;
            free(xml);
        }
        list[i] = listed - begin;
        state[i] = asked - listed;
        for (int j = 0; j < count; j++)
            virDomainFree(all[j]);
        free(all);
    }
    name_report(before, "list", list, rounds);
    name_report(before, "state", state, rounds);
    name_report(before, fails ? "description-fails" : "description", text, told);
    for (int i = 0; i < STARTS; i++) {
        double begin = now_us();
        virDomainPtr other = start(conn, "other");
        cycles[i] = now_us() - begin;
        if (virDomainDestroy(other) < 0)
            die("destroy");
        virDomainFree(other);
    }
    name_report(before, "start", cycles, STARTS);
    free(list);
    free(state);
    free(text);
}

int main(int argc, char **argv)
{
    pthread_t threads[ASKING];
    virConnectPtr conn;
    virDomainPtr guest;
    pid_t pid;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--uri"))
            uri = argv[i + 1];
        else if (!strcmp(argv[i], "--rounds"))
            rounds = atoi(argv[i + 1]);
    }
    if (!uri || rounds < 1) {
        fprintf(stderr, "usage: hung --uri URI [--rounds N]\n");
        return 2;
    }
    virSetErrorFunc(NULL, on_error);
    if (!(conn = virConnectOpen(uri)))
        die("open");
    guest = start(conn, "guest");
    pid = process_of("guest");
    measure(conn, guest, "");
    kill(pid, SIGSTOP);
    for (int i = 0; i < ASKING; i++)
        pthread_create(&threads[i], NULL, ask, "guest");
    sleep(1); /* they have asked by now */
    measure(conn, guest, "hung-");
    kill(pid, SIGCONT);
    for (int i = 0; i < ASKING; i++)
        pthread_join(threads[i], NULL);
    if (virDomainDestroy(guest) < 0)
        die("destroy");
    virDomainFree(guest);
    virConnectClose(conn);
    return 0;
}
