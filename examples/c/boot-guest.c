/*
 * Boots a small Linux guest on a NAT network, through the public C API of libvirt alone.
 *
 *   boot-guest --root DIR --kernel FILE --initrd FILE [--uri URI] [--step]
 *
 * Everything lives below DIR: definitions, state, logs. With --uri a daemon does the work, and only the
 * guest's console is below DIR; the guest is looked at twice, since the daemon may be another one by then. With
 * --step the program waits for a line on its standard input after each step, so that one can look at the host in between.
 *
 * Build: cc boot-guest.c -o boot-guest $(pkg-config --cflags --libs libvirt)
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#define GUEST "demo-guest"
#define NETWORK "demo-net"
#define BRIDGE "fvdemo0"
#define MAC "52:54:00:fe:44:01"
#define ADDRESS "192.168.219.44"

struct demo {
    const char *root, *kernel, *initrd, *uri;
    char console[4096];
    int step;
    virConnectPtr conn;
    virNetworkPtr network;
    virDomainPtr domain;
    int lifecycle_callback;
    int started, stopped;
};

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

/* Ends a step: its name and facts in one line for whoever watches, who then answers with a line. */
static void step(struct demo *demo, const char *facts)
{
    char line[64];
    if (!demo->step)
        return;
    say("@%s", facts);
    if (!fgets(line, sizeof(line), stdin))
        demo->step = 0;
}

static int failed(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, virGetLastErrorMessage());
    return -1;
}

static int on_lifecycle(virConnectPtr conn, virDomainPtr domain, int event, int detail, void *opaque)
{
    struct demo *demo = opaque;
    (void)conn;
    say("  event: %s: lifecycle %d, detail %d", virDomainGetName(domain), event, detail);
    if (event == VIR_DOMAIN_EVENT_STARTED)
        demo->started = 1;
    if (event == VIR_DOMAIN_EVENT_STOPPED)
        demo->stopped = 1;
    return 0;
}

/* A timer that does nothing: it bounds how long one turn of the event loop waits. */
static void on_tick(int timer, void *opaque)
{
    (void)timer;
    (void)opaque;
}

/* Turns the event loop until the flag is set. */
static int wait_for(const int *flag, double seconds)
{
    double end = now() + seconds;
    while (!*flag && now() < end)
        if (virEventRunDefaultImpl() < 0)
            return failed("event loop");
    return *flag ? 0 : -1;
}

/* Turns the event loop until the guest has said the word on its console. */
static int wait_for_word(struct demo *demo, const char *word, double seconds)
{
    double end = now() + seconds;
    while (now() < end) {
        char text[65536];
        FILE *file = fopen(demo->console, "r");
        size_t length = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
        if (file)
            fclose(file);
        text[length] = '\0';
        if (strstr(text, word))
            return 0;
        if (demo->stopped || virEventRunDefaultImpl() < 0)
            break;
    }
    fprintf(stderr, "the guest did not say '%s' on %s\n", word, demo->console);
    return -1;
}

static int start_network(struct demo *demo)
{
    const char *xml =
        "<network>"
        "  <name>" NETWORK "</name>"
        "  <forward mode='nat'/>"
        "  <bridge name='" BRIDGE "' stp='on' delay='0' macTableManager='libvirt'/>"
        "  <ip address='192.168.219.1' netmask='255.255.255.0'>"
        "    <dhcp>"
        "      <range start='192.168.219.100' end='192.168.219.199'/>"
        "      <host mac='" MAC "' name='" GUEST "' ip='" ADDRESS "'/>"
        "    </dhcp>"
        "  </ip>"
        "</network>";

    if (!(demo->network = virNetworkDefineXML(demo->conn, xml)))
        return failed("cannot define the network");
    if (virNetworkCreate(demo->network) < 0)
        return failed("cannot start the network");
    say("network '" NETWORK "' runs on bridge " BRIDGE);
    step(demo, "network bridge=" BRIDGE);
    return 0;
}

static int start_guest(struct demo *demo)
{
    char xml[16384];
    double begin = now();

    snprintf(xml, sizeof(xml),
             "<domain type='qemu'>"
             "  <name>" GUEST "</name>"
             "  <memory unit='MiB'>256</memory>"
             "  <vcpu>1</vcpu>"
             "  <os>"
             "    <type arch='x86_64' machine='q35'>hvm</type>"
             "    <kernel>%s</kernel>"
             "    <initrd>%s</initrd>"
             "    <cmdline>console=ttyS0 quiet</cmdline>"
             "  </os>"
             "  <features><acpi/><apic/></features>"
             "  <devices>"
             "    <interface type='network'>"
             "      <source network='" NETWORK "'/>"
             "      <mac address='" MAC "'/>"
             "      <model type='virtio'/>"
             "    </interface>"
             "    <serial type='file'><source path='%s'/></serial>"
             "  </devices>"
             "</domain>",
             demo->kernel, demo->initrd, demo->console);

    if (!(demo->domain = virDomainDefineXML(demo->conn, xml)))
        return failed("cannot define the guest");
    if (virDomainCreate(demo->domain) < 0)
        return failed("cannot start the guest");
    say("guest '" GUEST "' started in %.0f ms", (now() - begin) * 1e3);
    if (wait_for(&demo->started, 60) < 0)
        return failed("no lifecycle event came for the start");
    if (wait_for_word(demo, "GUEST-READY", 600) < 0)
        return -1;
    say("the guest is up after %.1f s and has its address", now() - begin);
    return 0;
}

static int show_addresses(struct demo *demo)
{
    virDomainInterfacePtr *interfaces = NULL;
    int count = virDomainInterfaceAddresses(demo->domain, &interfaces, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE, 0);
    int found = 0;

    if (count < 0)
        return failed("cannot get the guest's addresses");
    for (int i = 0; i < count; i++) {
        for (unsigned int j = 0; j < interfaces[i]->naddrs; j++) {
            say("  %s (%s) has %s/%u", interfaces[i]->name, interfaces[i]->hwaddr,
                interfaces[i]->addrs[j].addr, interfaces[i]->addrs[j].prefix);
            found |= !strcmp(interfaces[i]->addrs[j].addr, ADDRESS);
        }
        virDomainInterfaceFree(interfaces[i]);
    }
    free(interfaces);
    if (!found)
        fprintf(stderr, "no interface has the address " ADDRESS "\n");
    return found ? 0 : -1;
}

static int show_leases(struct demo *demo)
{
    virNetworkDHCPLeasePtr *leases = NULL;
    int count = virNetworkGetDHCPLeases(demo->network, MAC, &leases, 0);

    if (count < 0)
        return failed("cannot get the leases");
    for (int i = 0; i < count; i++) {
        say("  lease: %s for %s (%s)", leases[i]->ipaddr, leases[i]->mac,
            leases[i]->hostname ? leases[i]->hostname : "no name");
        virNetworkDHCPLeaseFree(leases[i]);
    }
    free(leases);
    return count == 1 ? 0 : -1;
}

/* The name of the tap device, as the live description gives it. */
static int tap_name(const char *xml, char *name, size_t size)
{
    const char *start = strstr(xml, "<target dev='vnet");
    const char *end = start ? strchr(start += strlen("<target dev='"), '\'') : NULL;
    if (!end || (size_t)(end - start) >= size)
        return -1;
    memcpy(name, start, end - start);
    name[end - start] = '\0';
    return 0;
}

static int inspect_guest(struct demo *demo)
{
    virDomainInfo info;
    virDomainInterfaceStatsStruct traffic;
    char tap[64], facts[256];
    char *xml = virDomainGetXMLDesc(demo->domain, 0);
    int state, reason;

    if (!xml)
        return failed("cannot get the guest's description");
    if (tap_name(xml, tap, sizeof(tap)) < 0) {
        fprintf(stderr, "the live description names no tap device:\n%s\n", xml);
        free(xml);
        return -1;
    }
    say("  description: %zu bytes, tap device %s", strlen(xml), tap);
    free(xml);
    if (virDomainGetInfo(demo->domain, &info) < 0 || virDomainGetState(demo->domain, &state, &reason, 0) < 0)
        return failed("cannot get the guest's state");
    say("  state %d (reason %d), %lu KiB, %u vCPU, %.2f s of CPU time", state, reason, info.memory,
        (unsigned)info.nrVirtCpu, info.cpuTime / 1e9);
    if (virDomainInterfaceStats(demo->domain, tap, &traffic, sizeof(traffic)) < 0)
        return failed("cannot get the interface's statistics");
    say("  traffic on %s: %lld bytes in, %lld bytes out", tap, traffic.rx_bytes, traffic.tx_bytes);
    if (show_leases(demo) < 0 || show_addresses(demo) < 0)
        return -1;
    snprintf(facts, sizeof(facts), "guest tap=%s bridge=" BRIDGE " mac=" MAC " address=" ADDRESS, tap);
    step(demo, facts);
    return 0;
}

static int stop_guest(struct demo *demo)
{
    if (virDomainShutdown(demo->domain) < 0)
        return failed("cannot ask the guest to shut down");
    if (wait_for(&demo->stopped, 600) < 0) {
        fprintf(stderr, "the guest did not shut down\n");
        return -1;
    }
    say("the guest has shut down");
    return 0;
}

/* Takes away what is there, whether or not all went well before. */
static int clean_up(struct demo *demo)
{
    int result = 0;
    if (demo->domain) {
        if (virDomainIsActive(demo->domain) == 1 && virDomainDestroy(demo->domain) < 0)
            result = failed("cannot destroy the guest");
        if (virDomainUndefine(demo->domain) < 0)
            result = failed("cannot undefine the guest");
        virDomainFree(demo->domain);
    }
    if (demo->network) {
        if (virNetworkIsActive(demo->network) == 1 && virNetworkDestroy(demo->network) < 0)
            result = failed("cannot destroy the network");
        if (virNetworkUndefine(demo->network) < 0)
            result = failed("cannot undefine the network");
        virNetworkFree(demo->network);
    }
    if (demo->lifecycle_callback >= 0)
        virConnectDomainEventDeregisterAny(demo->conn, demo->lifecycle_callback);
    if (demo->conn)
        virConnectClose(demo->conn);
    if (!result)
        say("guest and network are gone");
    return result;
}

static int connect_to(struct demo *demo)
{
    char uri[4096];
    if (virEventRegisterDefaultImpl() < 0 || virEventAddTimeout(100, on_tick, NULL, NULL) < 0)
        return failed("cannot set up the event loop");
    if (demo->uri)
        snprintf(uri, sizeof(uri), "%s", demo->uri);
    else
        snprintf(uri, sizeof(uri), "qemu:///embed?root=%s", demo->root);
    if (!(demo->conn = virConnectOpen(uri)))
        return failed("cannot connect");
    demo->lifecycle_callback = virConnectDomainEventRegisterAny(
        demo->conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), demo, NULL);
    if (demo->lifecycle_callback < 0)
        return failed("cannot register for lifecycle events");
    say("connected to %s", uri);
    return 0;
}

static int parse_arguments(struct demo *demo, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char **value = !strcmp(argv[i], "--root")     ? &demo->root
                             : !strcmp(argv[i], "--kernel") ? &demo->kernel
                             : !strcmp(argv[i], "--initrd") ? &demo->initrd
                             : !strcmp(argv[i], "--uri")    ? &demo->uri
                                                            : NULL;
        if (!strcmp(argv[i], "--step"))
            demo->step = 1;
        else if (value && i + 1 < argc)
            *value = argv[++i];
        else
            return -1;
    }
    return demo->root && demo->kernel && demo->initrd ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct demo demo = {.lifecycle_callback = -1};
    int result;

    if (parse_arguments(&demo, argc, argv) < 0) {
        fprintf(stderr, "usage: %s --root DIR --kernel FILE --initrd FILE [--uri URI] [--step]\n", argv[0]);
        return 2;
    }
    snprintf(demo.console, sizeof(demo.console), "%s/console.log", demo.root);
    result = connect_to(&demo) < 0 || start_network(&demo) < 0 || start_guest(&demo) < 0 ||
             inspect_guest(&demo) < 0 || (demo.uri && inspect_guest(&demo) < 0) || stop_guest(&demo) < 0;
    return clean_up(&demo) < 0 || result ? 1 : 0;
}
