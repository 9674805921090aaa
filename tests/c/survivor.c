/*
 * survivor start ROOT: starts a network and a guest on it, and kills itself.
 * survivor check ROOT: finds both again, as they were, and takes them away.
 */
#include "check.h"

#include <signal.h>
#include <unistd.h>

static const char *network_xml =
    "<network><name>lasting</name><bridge name='fvlast0' macTableManager='libvirt'/>"
    "<ip address='192.168.77.1' netmask='255.255.255.0'><dhcp><range start='192.168.77.2' end='192.168.77.9'/></dhcp></ip>"
    "</network>";

static const char *domain_xml =
    "<domain type='qemu'><name>lasting</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>"
    "<os><type arch='x86_64' machine='q35'>hvm</type></os>"
    "<devices><interface type='network'><source network='lasting'/><mac address='52:54:00:77:00:02'/>"
    "<model type='virtio'/></interface></devices></domain>";

static int start(virConnectPtr conn)
{
    virNetworkPtr network;
    virDomainPtr domain;
    CHECK((network = virNetworkDefineXML(conn, network_xml)));
    CHECK(virNetworkCreate(network) == 0);
    CHECK((domain = virDomainDefineXML(conn, domain_xml)));
    CHECK(virDomainCreateWithFlags(domain, VIR_DOMAIN_START_PAUSED) == 0);
    kill(getpid(), SIGKILL);
    return 1;
}

static int check(virConnectPtr conn)
{
    virNetworkPtr network;
    virDomainPtr domain;
    virDomainInterfaceStatsStruct traffic;
    char *xml;
    int state, reason;

    CHECK((network = virNetworkLookupByName(conn, "lasting")));
    CHECK(virNetworkIsActive(network) == 1);
    CHECK((domain = virDomainLookupByName(conn, "lasting")));
    CHECK(virDomainIsActive(domain) == 1);
    CHECK(virDomainGetState(domain, &state, &reason, 0) == 0);
    CHECK(state == VIR_DOMAIN_PAUSED && reason == VIR_DOMAIN_PAUSED_USER);
    CHECK((xml = virDomainGetXMLDesc(domain, 0)));
    CHECK(strstr(xml, "<target dev='vnet"));
    free(xml);
    CHECK(virDomainInterfaceStats(domain, "52:54:00:77:00:02", &traffic, sizeof(traffic)) == 0);
    CHECK(virDomainResume(domain) == 0);
    CHECK(virDomainDestroy(domain) == 0);
    CHECK(virDomainUndefine(domain) == 0);
    CHECK(virNetworkDestroy(network) == 0);
    CHECK(virNetworkUndefine(network) == 0);
    /* Nothing of either is left: neither link nor process. */
    CHECK(system("test -z \"$(ip -o link show | grep -E 'fvlast0|vnet')\"") == 0);
    virDomainFree(domain);
    virNetworkFree(network);
    return virConnectClose(conn) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    return !strcmp(argv[1], "start") ? start(open_embedded(argv[2])) : check(open_embedded(argv[2]));
}
