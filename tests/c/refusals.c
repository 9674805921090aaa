/* Bad input, and a host that does not play along: each gets its error, and nothing is left. */
#include "check.h"

static virConnectPtr conn;

static void no_domains(void)
{
    CHECK(virConnectListAllDomains(conn, NULL, 0) == 0);
}

/* The definition is refused with this code and, where it is not NULL, this word in the message. */
static void refused_saying(const char *xml, int code, const char *word)
{
    CHECK_ERROR(virDomainDefineXML(conn, xml) == NULL, code);
    CHECK(!word || strstr(virGetLastErrorMessage(), word));
    no_domains();
}

static void refused(const char *xml, int code)
{
    refused_saying(xml, code, NULL);
}

#define DOMAIN(devices) \
    "<domain type='qemu'><name>bad</name><memory>65536</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>" \
    "<devices>" devices "</devices></domain>"

static void malformed(void)
{
    refused("", VIR_ERR_XML_DETAIL);
    refused("<domain", VIR_ERR_XML_DETAIL);
    refused("<network/>", VIR_ERR_XML_ERROR);
    refused("<domain type='qemu'><name>bad</name></domain>", VIR_ERR_XML_ERROR);
    refused(DOMAIN("<interface type='network'/>"), VIR_ERR_XML_ERROR);
    refused_saying(DOMAIN("<disk type='file'><target dev='vda' bus='nonsense'/></disk>"), VIR_ERR_XML_ERROR, "line 1");
    CHECK_ERROR(virDomainDefineXMLFlags(conn, DOMAIN("<gadget/>"), VIR_DOMAIN_DEFINE_VALIDATE) == NULL,
                VIR_ERR_XML_INVALID_SCHEMA);
    CHECK(strstr(virGetLastErrorMessage(), "gadget"));
    no_domains();
}

/* The guest can't be started: it stays defined, shut off, and a second try gives the same. */
static void cannot_start(const char *devices, int code)
{
    char xml[4096];
    virDomainPtr domain;
    snprintf(xml, sizeof(xml), DOMAIN("%s"), devices);
    CHECK((domain = virDomainDefineXML(conn, xml)));
    CHECK_ERROR(virDomainCreate(domain) == -1, code);
    CHECK(virDomainIsActive(domain) == 0);
    CHECK_ERROR(virDomainCreate(domain) == -1, code);
    CHECK(virDomainUndefine(domain) == 0);
    virDomainFree(domain);
    no_domains();
    CHECK(system("test -z \"$(ip -o link show | grep vnet)\"") == 0);
}

static void hosts(void)
{
    cannot_start("<interface type='network'><source network='none'/></interface>", VIR_ERR_NO_NETWORK);
    cannot_start("<interface type='bridge'><source bridge='nobridge0'/></interface>", VIR_ERR_SYSTEM_ERROR);
    cannot_start("<disk type='file'><source file='/nowhere/disk.img'/><target dev='vda' bus='virtio'/></disk>",
                 VIR_ERR_SYSTEM_ERROR);
    refused("<domain type='qemu'><name>bad</name><memory>65536</memory><os><type arch='x86_64'>hvm</type></os>"
            "<devices><emulator>/nowhere/qemu</emulator></devices></domain>", VIR_ERR_SYSTEM_ERROR);
}

static void networks(void)
{
    virNetworkPtr network;
    CHECK(system("ip link add taken0 type bridge && ip addr add 10.77.5.9/24 dev taken0 && ip link set taken0 up") == 0);
    CHECK((network = virNetworkDefineXML(conn, "<network><name>a</name><bridge name='taken0'/>"
                                               "<ip address='10.78.0.1' netmask='255.255.255.0'/></network>")) == NULL ||
          virNetworkCreate(network) == -1);
    if (network) {
        CHECK(virNetworkUndefine(network) == 0);
        virNetworkFree(network);
    }
    CHECK((network = virNetworkDefineXML(conn, "<network><name>b</name><bridge name='clash0'/>"
                                               "<ip address='10.77.5.1' netmask='255.255.255.0'/></network>")));
    CHECK_ERROR(virNetworkCreate(network) == -1, VIR_ERR_INTERNAL_ERROR);
    CHECK(virNetworkIsActive(network) == 0);
    CHECK(system("test -z \"$(ip -o link show | grep clash0)\"") == 0);
    CHECK(virNetworkUndefine(network) == 0);
    virNetworkFree(network);
    CHECK_ERROR(virNetworkDefineXML(conn, "<network><name>c</name><ip address='300.1.1.1'/></network>") == NULL,
                VIR_ERR_XML_ERROR);
}

/* A read-only connection looks, but does not touch. */
static void read_only(const char *root)
{
    char uri[4096];
    virConnectPtr other;
    snprintf(uri, sizeof(uri), "qemu:///embed?root=%s", root);
    CHECK((other = virConnectOpenReadOnly(uri)));
    CHECK(virConnectNumOfDomains(other) == 0);
    CHECK_ERROR(virDomainDefineXML(other, DOMAIN("")) == NULL, VIR_ERR_OPERATION_DENIED);
    CHECK(virConnectClose(other) == 0);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    conn = open_embedded(argv[1]);
    malformed();
    hosts();
    networks();
    read_only(argv[1]);
    CHECK(virConnectClose(conn) == 0);
    return 0;
}
