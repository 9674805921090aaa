/* A guest without an operating system goes through all its states; events tell of each. */
#include "check.h"

#include <libvirt/libvirt-qemu.h>

static const char *xml =
    "<domain type='qemu'><name>life</name><memory unit='MiB'>64</memory><vcpu>2</vcpu>"
    "<os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>"
    "<devices>"
    "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='%s/disk.img'/><target dev='vda' bus='virtio'/></disk>"
    "<interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>"
    "<serial type='pty'/><console type='pty'/>"
    "<video><model type='vga'/></video><graphics type='vnc' port='-1'/>"
    "<memballoon model='virtio'/>"
    "</devices></domain>";

struct seen {
    int event, detail;
};

static struct seen seen[64];
static int count, reboots, freed;

static int on_lifecycle(virConnectPtr conn, virDomainPtr domain, int event, int detail, void *opaque)
{
    (void)conn;
    CHECK(opaque == seen && !strcmp(virDomainGetName(domain), "life") && count < 64);
    seen[count].event = event;
    seen[count++].detail = detail;
    return 0;
}

static void on_reboot(virConnectPtr conn, virDomainPtr domain, void *opaque)
{
    (void)conn;
    (void)domain;
    (void)opaque;
    reboots++;
}

static void on_free(void *opaque)
{
    (void)opaque;
    freed++;
}

/* Turns the loop until the event has come. */
static void expect_event(int event, int detail)
{
    for (int turn = 0; turn < 6000; turn++) {
        for (int i = 0; i < count; i++) {
            if (seen[i].event == event && seen[i].detail == detail) {
                seen[i].event = -1;
                return;
            }
        }
        CHECK(virEventRunDefaultImpl() == 0);
    }
    fprintf(stderr, "event %d, detail %d has not come\n", event, detail);
    exit(1);
}

static void expect_state(virDomainPtr domain, int state, int reason)
{
    int now, why;
    CHECK(virDomainGetState(domain, &now, &why, 0) == 0);
    if (now != state || why != reason) {
        fprintf(stderr, "state %d/%d, not %d/%d\n", now, why, state, reason);
        exit(1);
    }
}

static void check_lists(virConnectPtr conn, int active)
{
    virDomainPtr *list;
    int ids[4];
    int found = virConnectListAllDomains(conn, &list, active ? VIR_CONNECT_LIST_DOMAINS_ACTIVE : VIR_CONNECT_LIST_DOMAINS_INACTIVE);
    CHECK(found == 1 && list[1] == NULL);
    CHECK((virDomainGetID(list[0]) != (unsigned int)-1) == active);
    virDomainFree(list[0]);
    free(list);
    CHECK(virConnectNumOfDomains(conn) == active && virConnectListDomains(conn, ids, 4) == active);
    CHECK(virConnectNumOfDefinedDomains(conn) == !active);
}

static void check_while_running(virConnectPtr conn, virDomainPtr domain)
{
    virDomainInfo info;
    virDomainBlockStatsStruct block;
    virStreamPtr stream;
    char *text, buffer[64];
    int got, is_png;

    CHECK(virDomainGetInfo(domain, &info) == 0);
    CHECK(info.state == VIR_DOMAIN_PAUSED && info.maxMem == 65536 && info.nrVirtCpu == 2);
    CHECK((text = virDomainGetXMLDesc(domain, 0)));
    CHECK(strstr(text, "<alias name='virtio-disk0'/>") && strstr(text, " id='") && strstr(text, "tty='/dev/pts/"));
    free(text);
    CHECK((text = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE)));
    CHECK(!strstr(text, "<alias") && strstr(text, "<domain type='qemu'>"));
    free(text);
    CHECK(virDomainBlockStats(domain, "vda", &block, sizeof(block)) == 0 && block.rd_bytes >= 0);
    CHECK_ERROR(virDomainBlockStats(domain, "vdz", &block, sizeof(block)) == -1, VIR_ERR_INVALID_ARG);
    CHECK(virDomainQemuMonitorCommand(domain, "{\"execute\":\"query-status\"}", &text, 0) == 0);
    CHECK(strstr(text, "\"return\""));
    free(text);
    CHECK(virDomainQemuMonitorCommand(domain, "info version", &text, VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP) == 0);
    free(text);
    CHECK((stream = virStreamNew(conn, 0)));
    CHECK((text = virDomainScreenshot(domain, stream, 0, 0)));
    /* Older emulators make no PNGs. */
    is_png = !strcmp(text, "image/png");
    CHECK(is_png || !strcmp(text, "image/x-portable-pixmap"));
    free(text);
    CHECK((got = virStreamRecv(stream, buffer, sizeof(buffer))) > 4);
    CHECK(!memcmp(buffer, is_png ? "\x89PNG" : "P6", is_png ? 4 : 2));
    CHECK(virStreamFinish(stream) == 0);
    virStreamFree(stream);
    CHECK((stream = virStreamNew(conn, 0)));
    CHECK(virDomainOpenConsole(domain, NULL, stream, 0) == 0);
    CHECK(virStreamFinish(stream) == 0);
    virStreamFree(stream);
}

int main(int argc, char **argv)
{
    virConnectPtr conn;
    virDomainPtr domain, same;
    char path[4096], full[16384];
    FILE *disk;
    int legacy, reboot_id;

    CHECK(argc == 2);
    snprintf(path, sizeof(path), "%s/disk.img", argv[1]);
    CHECK((disk = fopen(path, "w")) && fseek(disk, (1 << 20) - 1, SEEK_SET) == 0 && fputc(0, disk) == 0 && fclose(disk) == 0);
    snprintf(full, sizeof(full), xml, argv[1]);
    conn = open_embedded(argv[1]);
    CHECK((legacy = virConnectDomainEventRegister(conn, on_lifecycle, seen, on_free)) == 0);
    CHECK((reboot_id = virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_REBOOT,
                                                        VIR_DOMAIN_EVENT_CALLBACK(on_reboot), NULL, on_free)) >= 0);

    CHECK((domain = virDomainDefineXML(conn, full)));
    expect_event(VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_ADDED);
    CHECK(virDomainIsActive(domain) == 0 && virDomainIsPersistent(domain) == 1);
    expect_state(domain, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_UNKNOWN);
    check_lists(conn, 0);
    CHECK(virDomainSetAutostart(domain, 1) == 0);
    CHECK_ERROR(virDomainSuspend(domain) == -1, VIR_ERR_OPERATION_INVALID);

    CHECK(virDomainCreateWithFlags(domain, VIR_DOMAIN_START_PAUSED) == 0);
    CHECK(virDomainGetID(domain) > 0);
    expect_event(VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
    expect_event(VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
    expect_state(domain, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER);
    CHECK_ERROR(virDomainCreate(domain) == -1, VIR_ERR_OPERATION_INVALID);
    check_lists(conn, 1);
    check_while_running(conn, domain);

    CHECK((same = virDomainLookupByID(conn, virDomainGetID(domain))));
    CHECK(virDomainResume(same) == 0);
    expect_event(VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
    expect_state(same, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_UNPAUSED);
    virDomainFree(same);
    CHECK(virDomainSuspend(domain) == 0);
    expect_event(VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
    expect_state(domain, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER);
    CHECK(virDomainReset(domain, 0) == 0);
    for (int turn = 0; turn < 6000 && !reboots; turn++)
        CHECK(virEventRunDefaultImpl() == 0);
    CHECK(reboots >= 1);

    CHECK(virDomainDestroyFlags(domain, VIR_DOMAIN_DESTROY_GRACEFUL) == 0);
    expect_event(VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
    expect_state(domain, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DESTROYED);
    check_lists(conn, 0);
    CHECK(virDomainUndefine(domain) == 0);
    expect_event(VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_REMOVED);
    CHECK_ERROR(virDomainGetState(domain, &count, NULL, 0) == -1, VIR_ERR_NO_DOMAIN);
    virDomainFree(domain);

    /* A transient guest is gone when it has ended. */
    CHECK((domain = virDomainCreateXML(conn, full, VIR_DOMAIN_START_PAUSED)));
    CHECK(virDomainIsPersistent(domain) == 0);
    CHECK(virDomainDestroy(domain) == 0);
    CHECK_ERROR(virDomainIsActive(domain) == -1, VIR_ERR_NO_DOMAIN);
    virDomainFree(domain);

    CHECK(virConnectDomainEventDeregister(conn, on_lifecycle) == 0);
    CHECK(virConnectDomainEventDeregisterAny(conn, reboot_id) == 0);
    CHECK(freed == 2);
    CHECK(virConnectClose(conn) == 0);
    return 0;
}
