/* Threads that end inside a callback, as Python's daemon threads do while the program ends: the thread is gone in good
 * order, and the library serves the others. */
#include "check.h"

#include <pthread.h>

static virConnectPtr conn;
static pthread_key_t key;
static int ended, told;

static void on_end(void *value)
{
    (void)value;
    __atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
}

static void end_on_timer(int timer, void *opaque)
{
    (void)opaque;
    virEventRemoveTimeout(timer);
    pthread_exit("timer");
}

static int end_on_event(virConnectPtr from, virDomainPtr domain, int event, int detail, void *opaque)
{
    (void)from;
    (void)domain;
    (void)detail;
    (void)opaque;
    if (event == VIR_DOMAIN_EVENT_DEFINED)
        pthread_exit("event");
    return 0;
}

static void end_on_error(void *opaque, virErrorPtr error)
{
    (void)opaque;
    (void)error;
    pthread_exit("error");
}

static int on_event(virConnectPtr from, virDomainPtr domain, int event, int detail, void *opaque)
{
    (void)from;
    (void)domain;
    (void)event;
    (void)detail;
    (void)opaque;
    told++;
    return 0;
}

static void *run_loop(void *opaque)
{
    (void)opaque;
    CHECK(pthread_setspecific(key, &key) == 0);
    for (;;)
        CHECK(virEventRunDefaultImpl() == 0);
}

static void *fail(void *opaque)
{
    (void)opaque;
    CHECK(pthread_setspecific(key, &key) == 0);
    virDomainLookupByName(conn, "nobody");
    return "no error";
}

static void ends(pthread_t thread, const char *where)
{
    void *result;

    CHECK(pthread_join(thread, &result) == 0);
    CHECK(strcmp(result, where) == 0);
}

int main(void)
{
    const char *xml = "<domain type='test'><name>one</name><memory>1024</memory><os><type>hvm</type></os></domain>";
    virDomainPtr domain;
    pthread_t thread;
    int id, turns;

    CHECK(pthread_key_create(&key, on_end) == 0);
    CHECK(virEventRegisterDefaultImpl() == 0);
    CHECK(conn = virConnectOpen("test:///default"));

    CHECK(virEventAddTimeout(0, end_on_timer, NULL, NULL) >= 0);
    CHECK(pthread_create(&thread, NULL, run_loop, NULL) == 0);
    ends(thread, "timer");

    id = virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                          VIR_DOMAIN_EVENT_CALLBACK(end_on_event), NULL, NULL);
    CHECK(id >= 0);
    CHECK(pthread_create(&thread, NULL, run_loop, NULL) == 0);
    CHECK(domain = virDomainDefineXML(conn, xml));
    ends(thread, "event");
    CHECK(virConnectDomainEventDeregisterAny(conn, id) == 0);

    virSetErrorFunc(NULL, end_on_error);
    CHECK(pthread_create(&thread, NULL, fail, NULL) == 0);
    ends(thread, "error");
    virSetErrorFunc(NULL, quiet);
    CHECK(ended == 3);

    /* The loop and the events go on for who is still there. */
    CHECK(virConnectDomainEventRegisterAny(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                           VIR_DOMAIN_EVENT_CALLBACK(on_event), NULL, NULL) >= 0);
    CHECK(virEventAddTimeout(20, on_tick, NULL, NULL) >= 0);
    CHECK(virDomainCreate(domain) == 0);
    for (turns = 0; turns < 500 && told == 0; turns++)
        CHECK(virEventRunDefaultImpl() == 0);
    CHECK(told > 0);
    virDomainFree(domain);
    virConnectClose(conn);
    return 0;
}
