/* References in any order, from any thread, after the connection is closed; events while callbacks come and go. */
#include "beside.h"

static virConnectPtr conn;
static int calls, frees;

static int on_event(virConnectPtr c, virDomainPtr d, int event, int detail, void *opaque)
{
    int *id = opaque;

    (void)c;
    (void)detail;
    calls++;
    printf("event %d of %s\n", event, virDomainGetName(d));
    if (id && *id >= 0) {
        TELL(virConnectDomainEventDeregisterAny(c, *id));
        *id = -1;
    }
    return 0;
}

static void on_free(void *opaque)
{
    (void)opaque;
    frees++;
}

static void on_timer(int timer, void *opaque)
{
    (void)timer;
    (void)opaque;
}

static void *use(void *opaque)
{
    for (int at = 0; at < 200; at++) {
        virDomainPtr d = virDomainLookupByName(opaque, "test");
        virDomainRef(d);
        virDomainFree(d);
        free(virDomainGetXMLDesc(d, 0));
        virDomainFree(d);
        virConnectRef(opaque);
        virConnectClose(opaque);
    }
    return NULL;
}

static void turn(void)
{
    int timer = virEventAddTimeout(0, on_timer, NULL, NULL);

    for (int at = 0; at < 5; at++)
        virEventRunDefaultImpl();
    virEventRemoveTimeout(timer);
}

int main(void)
{
    virDomainPtr dom;
    virDomainSnapshotPtr snap;
    virNetworkPtr net;
    virStoragePoolPtr pool;
    virStorageVolPtr vol;
    pthread_t threads[4];
    int first = -1, second = -1, third;

    conn = open_test();
    TELL(virConnectRef(conn));
    TELL(virConnectClose(conn));
    dom = virDomainLookupByName(conn, "test");
    TELL_OBJECT(snap = virDomainSnapshotCreateXML(dom, "<domainsnapshot><name>s</name></domainsnapshot>", 0));
    net = virNetworkLookupByName(conn, "default");
    pool = virStoragePoolLookupByName(conn, "default-pool");
    TELL_OBJECT(vol = virStorageVolCreateXML(pool, "<volume><name>v</name><capacity>1</capacity></volume>", 0));

    for (int at = 0; at < 4; at++)
        pthread_create(&threads[at], NULL, use, conn);
    for (int at = 0; at < 4; at++)
        pthread_join(threads[at], NULL);

    /* Callbacks that end themselves, and each other, while events wait. */
    TELL(first = virConnectDomainEventRegisterAny(conn, dom, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                                  VIR_DOMAIN_EVENT_CALLBACK(on_event), &first, on_free) >= 0 ? 0 : -1);
    TELL((second = virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                                    VIR_DOMAIN_EVENT_CALLBACK(on_event), NULL, on_free)) >= 0);
    TELL(virDomainSuspend(dom));
    TELL(virDomainResume(dom));
    turn();
    printf("calls %d frees %d\n", calls, frees > 0);
    TELL(virDomainSuspend(dom));
    TELL(virConnectDomainEventDeregisterAny(conn, second));
    calls = 0;
    turn();
    printf("calls after the end %d\n", calls);
    TELL((third = virConnectDomainEventRegisterAny(conn, dom, VIR_DOMAIN_EVENT_ID_REBOOT,
                                                   VIR_DOMAIN_EVENT_CALLBACK(on_event), NULL, NULL)) >= 0);
    TELL(virConnectDomainEventDeregisterAny(conn, third));
    TELL(virConnectDomainEventDeregisterAny(conn, third));
    TELL(virDomainResume(dom));

    /* Children outlive the connection's own reference. */
    TELL(virConnectClose(conn));
    TELL(virDomainIsActive(dom));
    TELL_TEXT(virDomainGetName(dom));
    TELL(virDomainSnapshotFree(snap));
    TELL(virDomainFree(dom));
    TELL(virStoragePoolFree(pool));
    TELL_TEXT(virStorageVolGetName(vol));
    TELL(virStorageVolFree(vol));
    TELL_TEXT(virNetworkGetName(net));
    TELL(virNetworkFree(net));

    /* A fork after use: the child has the library for itself. */
    conn = virConnectOpen(test_uri());
    fflush(stdout);
    if (fork() == 0) {
        virConnectPtr own = virConnectOpen(test_uri());
        TELL(virConnectNumOfDomains(own));
        TELL(virConnectNumOfDomains(conn));
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    TELL(virConnectNumOfDomains(conn));
    TELL(virConnectClose(conn));
    return 0;
}
