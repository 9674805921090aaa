/* Events of test:///default: in order, to all connections of the process, and while callbacks come and go. */
#include "check.h"

#include <pthread.h>

struct told {
    int events[32];
    int count;
    int freed;
    int id;
    virConnectPtr conn;
};

static int on_lifecycle(virConnectPtr conn, virDomainPtr domain, int event, int detail, void *opaque)
{
    struct told *told = opaque;

    (void)conn;
    (void)detail;
    CHECK(!strcmp(virDomainGetName(domain), "guest"));
    CHECK(told->freed == 0 && told->count < 32);
    told->events[told->count++] = event;
    return 0;
}

/* One function is registered once for the same events of a connection; this is another one. */
static int on_lifecycle_too(virConnectPtr conn, virDomainPtr domain, int event, int detail, void *opaque)
{
    return on_lifecycle(conn, domain, event, detail, opaque);
}

/* Takes itself away while more events wait for it. */
static int on_lifecycle_once(virConnectPtr conn, virDomainPtr domain, int event, int detail, void *opaque)
{
    struct told *told = opaque;

    on_lifecycle(conn, domain, event, detail, opaque);
    CHECK(virConnectDomainEventDeregisterAny(told->conn, told->id) == 0);
    return 0;
}

static void on_free(void *opaque)
{
    ((struct told *)opaque)->freed++;
}

static void wake(int timer, void *opaque)
{
    (void)timer;
    *(int *)opaque = 1;
}

/* Lets the loop run until all that waited has been told. */
static void drain(void)
{
    int round, over, timer;

    for (round = 0; round < 3; round++) {
        over = 0;
        timer = virEventAddTimeout(0, wake, &over, NULL);
        CHECK(timer >= 0);
        while (!over) {
            CHECK(virEventRunDefaultImpl() == 0);
        }
        CHECK(virEventRemoveTimeout(timer) == 0);
    }
}

static int listen_to(virConnectPtr conn, virConnectDomainEventCallback callback, struct told *told)
{
    memset(told, 0, sizeof(*told));
    told->conn = conn;
    told->id = virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                                VIR_DOMAIN_EVENT_CALLBACK(callback), told, on_free);
    CHECK(told->id >= 0);
    return told->id;
}

static virDomainPtr create(virConnectPtr conn)
{
    virDomainPtr domain = virDomainCreateXML(
        conn, "<domain type='test'><name>guest</name><memory>1024</memory><os><type>hvm</type></os></domain>", 0);
    CHECK(domain);
    return domain;
}

static void all_are_told_in_order(virConnectPtr conn)
{
    struct told here, there;
    virConnectPtr other = virConnectOpen(test_uri());
    virDomainPtr domain;

    CHECK(other);
    listen_to(conn, on_lifecycle, &here);
    listen_to(other, on_lifecycle, &there);
    domain = create(conn);
    CHECK(virDomainSuspend(domain) == 0 && virDomainResume(domain) == 0 && virDomainDestroy(domain) == 0);
    CHECK(virDomainFree(domain) == 0);
    drain();
    CHECK(here.count == 4 && there.count == 4);
    CHECK(here.events[0] == VIR_DOMAIN_EVENT_STARTED && here.events[1] == VIR_DOMAIN_EVENT_SUSPENDED);
    CHECK(here.events[2] == VIR_DOMAIN_EVENT_RESUMED && here.events[3] == VIR_DOMAIN_EVENT_STOPPED);
    CHECK(!memcmp(here.events, there.events, sizeof(here.events)));
    CHECK(virConnectDomainEventDeregisterAny(conn, here.id) == 0);
    CHECK(virConnectDomainEventDeregisterAny(other, there.id) == 0);
    drain();
    CHECK(here.freed == 1 && there.freed == 1);
    CHECK(virConnectClose(other) == 0);
}

static void what_is_in_flight_is_not_told_to_who_left(virConnectPtr conn)
{
    struct told gone, stays, once;
    virDomainPtr domain;

    listen_to(conn, on_lifecycle, &gone);
    listen_to(conn, on_lifecycle_too, &stays);
    listen_to(conn, on_lifecycle_once, &once);
    domain = create(conn);
    CHECK(virDomainSuspend(domain) == 0);
    CHECK(virConnectDomainEventDeregisterAny(conn, gone.id) == 0);
    CHECK_ERROR(virConnectDomainEventDeregisterAny(conn, gone.id) == -1, VIR_ERR_INVALID_ARG);
    drain();
    CHECK(gone.count == 0 && gone.freed == 1);
    CHECK(stays.count == 2 && stays.freed == 0);
    CHECK(once.count == 1 && once.freed == 1);
    CHECK(virDomainDestroy(domain) == 0 && virDomainFree(domain) == 0);
    CHECK(virConnectDomainEventDeregisterAny(conn, stays.id) == 0);
    drain();
    CHECK(stays.freed == 1);
}

static void objects_outlive_the_close(void)
{
    struct told told;
    virConnectPtr conn = virConnectOpen(test_uri());
    virDomainPtr domain;

    CHECK(conn);
    listen_to(conn, on_lifecycle, &told);
    domain = create(conn);
    /* The domain and the registration keep it open. */
    CHECK(virConnectClose(conn) > 0);
    CHECK(virDomainIsActive(domain) == 1 && virDomainGetConnect(domain) == conn);
    CHECK(virDomainRef(domain) == 0 && virDomainFree(domain) == 0);
    CHECK(virDomainDestroy(domain) == 0);
    CHECK(virConnectDomainEventDeregisterAny(virDomainGetConnect(domain), told.id) == 0);
    drain();
    CHECK(told.freed == 1);
    CHECK(virDomainFree(domain) == 0);
    CHECK_ERROR(virDomainFree(domain) == -1, VIR_ERR_INVALID_DOMAIN);
}

struct worker {
    pthread_t thread;
    virConnectPtr conn;
    int number;
};

/* Defines, starts, asks and undefines guests of its own on a connection that others use, too. */
static void *work(void *opaque)
{
    struct worker *worker = opaque;
    char xml[256], name[64];
    int round;

    for (round = 0; round < 50; round++) {
        virDomainPtr domain, found;
        char *text;
        int wrong;

        snprintf(name, sizeof(name), "worker%d-%d", worker->number, round);
        snprintf(xml, sizeof(xml),
                 "<domain type='test'><name>%s</name><memory>1024</memory><os><type>hvm</type></os></domain>", name);
        CHECK((domain = virDomainDefineXML(worker->conn, xml)));
        CHECK(virDomainCreate(domain) == 0 && virDomainGetID(domain) > 0);
        CHECK((found = virDomainLookupByID(worker->conn, virDomainGetID(domain))));
        CHECK(!strcmp(virDomainGetName(found), name));
        CHECK((text = virDomainGetXMLDesc(found, 0)) && strstr(text, name));
        free(text);
        CHECK_ERROR(virDomainCreate(domain) == -1, VIR_ERR_INTERNAL_ERROR);
        /* The error is this thread's own, whatever the others do. */
        wrong = virDomainLookupByName(worker->conn, "nobody") == NULL;
        CHECK(wrong && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN);
        CHECK(virDomainDestroy(found) == 0 && virDomainUndefine(domain) == 0);
        CHECK(virDomainFree(found) == 0 && virDomainFree(domain) == 0);
    }
    return NULL;
}

static int told_of_many;

static int on_many(virConnectPtr conn, virDomainPtr domain, int event, int detail, void *opaque)
{
    (void)conn;
    (void)domain;
    (void)event;
    (void)detail;
    (void)opaque;
    told_of_many++;
    return 0;
}

static void threads_share_a_connection(virConnectPtr conn)
{
    struct worker workers[4];
    int i, id;

    id = virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                          VIR_DOMAIN_EVENT_CALLBACK(on_many), NULL, NULL);
    CHECK(id >= 0);
    for (i = 0; i < 4; i++) {
        workers[i] = (struct worker){.conn = conn, .number = i};
        CHECK(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
    for (i = 0; i < 4; i++) {
        CHECK(pthread_join(workers[i].thread, NULL) == 0);
    }
    drain();
    /* Defined, started, stopped, undefined. */
    CHECK(told_of_many == 4 * 50 * 4);
    CHECK(virConnectDomainEventDeregisterAny(conn, id) == 0);
    CHECK(virConnectNumOfDomains(conn) == 1 && virConnectNumOfDefinedDomains(conn) == 0);
}

static char told_names[128];

static int on_name(virConnectPtr conn, virDomainPtr domain, int event, int detail, void *opaque)
{
    size_t used = strlen(told_names);

    (void)conn;
    (void)detail;
    (void)opaque;
    snprintf(told_names + used, sizeof(told_names) - used, "%s %d ", virDomainGetName(domain), event);
    return 0;
}

/* Who goes back to a snapshot that has another name is told of by that name, if it is off there. */
static void names_come_with_snapshots(virConnectPtr conn)
{
    static const char former[] =
        "<domainsnapshot><name>%s</name><state>%s</state><creationTime>1</creationTime><domain type='test'>"
        "<name>former</name><uuid>11111111-2222-3333-4444-555555555555</uuid><memory>1024</memory>"
        "<os><type>hvm</type></os></domain></domainsnapshot>";
    static const char *const states[] = {"shutoff", "running"}, *const told[] = {"former 5 ", "former 2 "};
    virDomainPtr domain = virDomainDefineXML(
        conn, "<domain type='test'><name>now</name><uuid>11111111-2222-3333-4444-555555555555</uuid>"
              "<memory>1024</memory><os><type>hvm</type></os></domain>");
    int id;

    CHECK(domain && virDomainCreate(domain) == 0);
    id = virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                          VIR_DOMAIN_EVENT_CALLBACK(on_name), NULL, NULL);
    CHECK(id >= 0);
    for (int at = 0; at < 2; at++) {
        virDomainSnapshotPtr snapshot;
        char xml[512];

        snprintf(xml, sizeof(xml), former, states[at], states[at]);
        CHECK((snapshot = virDomainSnapshotCreateXML(domain, xml, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE)));
        told_names[0] = '\0';
        CHECK(virDomainRevertToSnapshot(snapshot, 0) == 0);
        drain();
        CHECK(!strcmp(told_names, told[at]));
        CHECK(virDomainSnapshotDelete(snapshot, 0) == 0 && virDomainSnapshotFree(snapshot) == 0);
    }
    CHECK(virConnectDomainEventDeregisterAny(conn, id) == 0);
    CHECK(virDomainDestroy(domain) == 0 && virDomainUndefine(domain) == 0 && virDomainFree(domain) == 0);
}

int main(void)
{
    virConnectPtr conn;

    virSetErrorFunc(NULL, quiet);
    CHECK(virEventRegisterDefaultImpl() == 0);
    conn = virConnectOpen(test_uri());
    CHECK(conn);
    all_are_told_in_order(conn);
    what_is_in_flight_is_not_told_to_who_left(conn);
    objects_outlive_the_close();
    threads_share_a_connection(conn);
    names_come_with_snapshots(conn);
    drain();
    CHECK(virConnectClose(conn) == 0);
    return 0;
}
