/* A program on a daemon: threads that share a connection, events of one domain, a stream, and the daemon's end. */
#include "../../../../tests/c/check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/types.h>

enum { THREADS = 8, CALLS = 200 };

static virConnectPtr conn;
static virDomainPtr test, web;
static int suspended, others, closed = -1, done;
static pthread_t loop_thread;

static int on_lifecycle(virConnectPtr from, virDomainPtr domain, int event, int detail, void *opaque)
{
    (void)detail;
    CHECK(from == conn && opaque == &suspended && pthread_equal(pthread_self(), loop_thread));
    if (strcmp(virDomainGetName(domain), "test") != 0)
        others++;
    else if (event == VIR_DOMAIN_EVENT_SUSPENDED)
        suspended++;
    return 0;
}

static void on_close(virConnectPtr from, int reason, void *opaque)
{
    CHECK(from == conn && opaque == &closed && pthread_equal(pthread_self(), loop_thread));
    closed = reason;
}

static void *calls(void *opaque)
{
    (void)opaque;
    for (int i = 0; i < CALLS; i++) {
        virDomainPtr found = virDomainLookupByName(conn, "test");
        CHECK(found && strcmp(virDomainGetName(found), "test") == 0);
        CHECK(virDomainIsActive(found) == 1 && virDomainGetMaxMemory(found) > 0);
        virDomainFree(found);
    }
    return NULL;
}

static void *changes(void *opaque)
{
    (void)opaque;
    CHECK(virDomainSuspend(web) == 0 && virDomainResume(web) == 0);
    CHECK(virDomainSuspend(test) == 0 && virDomainResume(test) == 0);
    __atomic_store_n(&done, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

int main(int argc, char **argv)
{
    const char *xml = "<domain type='test'><name>web</name><memory>1024</memory><os><type>hvm</type></os></domain>";
    pthread_t threads[THREADS + 1];
    int callback;

    CHECK(argc == 3 && virEventRegisterDefaultImpl() == 0);
    virSetErrorFunc(NULL, quiet);
    loop_thread = pthread_self();
    /* Without a timer nobody would wake the loop for what other threads have read. */
    CHECK(virEventAddTimeout(10, on_tick, NULL, NULL) >= 0);
    CHECK(conn = virConnectOpen(argv[1]));
    char *uri = virConnectGetURI(conn);
    CHECK(uri && strcmp(uri, argv[1]) == 0);
    free(uri);
    CHECK(strcmp(virConnectGetType(conn), "TEST") == 0);
    CHECK(virConnectIsAlive(conn) == 1 && virConnectIsSecure(conn) == 1 && virConnectIsEncrypted(conn) == 0);
    CHECK(virConnectSetKeepAlive(conn, 5, 3) == 0);
    CHECK(test = virDomainLookupByName(conn, "test"));
    CHECK(web = virDomainCreateXML(conn, xml, 0));
    CHECK(virConnectRegisterCloseCallback(conn, on_close, &closed, NULL) == 0);
    callback = virConnectDomainEventRegisterAny(conn, test, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                                VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), &suspended, NULL);
    CHECK(callback >= 0);

    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, calls, NULL) == 0);
    CHECK(pthread_create(&threads[THREADS], NULL, changes, NULL) == 0);
    while (suspended == 0 || !__atomic_load_n(&done, __ATOMIC_SEQ_CST))
        CHECK(virEventRunDefaultImpl() == 0);
    for (int i = 0; i <= THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(suspended == 1 && others == 0);
    CHECK(virConnectDomainEventDeregisterAny(conn, callback) == 0);

    CHECK_ERROR(virDomainLookupByName(conn, "nobody") == NULL, VIR_ERR_NO_DOMAIN);
    CHECK_ERROR(virConnectOpen("test+unix:///default?socket=/nowhere") == NULL, VIR_ERR_SYSTEM_ERROR);
    CHECK(virGetLastError()->domain == VIR_FROM_RPC);

    CHECK(kill((pid_t)atoi(argv[2]), SIGKILL) == 0);
    while (closed < 0)
        CHECK(virEventRunDefaultImpl() == 0);
    CHECK(closed == VIR_CONNECT_CLOSE_REASON_EOF);
    CHECK(virConnectIsAlive(conn) == 0);
    CHECK(virDomainIsActive(test) == -1);
    CHECK(virConnectUnregisterCloseCallback(conn, on_close) == 0);
    virDomainFree(web);
    virDomainFree(test);
    CHECK(virConnectClose(conn) == 0);
    return 0;
}
