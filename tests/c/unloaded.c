/* The library is taken out of the process while a thread of the program is inside its event loop: it stays until the end,
 * so that threads, exit handlers and callbacks still find their code.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

/* A function of the library by its name, which this program is not linked with. */
#define FIND(name) ((__typeof__(&name))find(#name))

static void *library;
static atomic_int rounds, events, over;
static int (*run_loop)(void);

static void *find(const char *name)
{
    void *found = dlsym(library, name);

    CHECK(found);
    return found;
}

static void on_timer(int timer, void *opaque)
{
    (void)timer;
    (void)opaque;
    rounds++;
}

static int on_event(virConnectPtr conn, virDomainPtr domain, int event, int detail, void *opaque)
{
    (void)conn;
    (void)domain;
    (void)event;
    (void)detail;
    (void)opaque;
    events++;
    return 0;
}

static void *loop(void *opaque)
{
    (void)opaque;
    while (!over) {
        CHECK(run_loop() == 0);
    }
    return NULL;
}

static void wait_for(atomic_int *count, int least)
{
    while (*count < least) {
        usleep(1000);
    }
}

int main(void)
{
    pthread_t thread;
    virConnectPtr conn;
    virDomainPtr domain;
    int (*suspend)(virDomainPtr);
    int (*close_connection)(virConnectPtr);
    int (*free_domain)(virDomainPtr);

    CHECK((library = dlopen("libvirt.so.0", RTLD_NOW | RTLD_LOCAL)));
    CHECK(FIND(virEventRegisterDefaultImpl)() == 0);
    CHECK(FIND(virEventAddTimeout)(5, on_timer, NULL, NULL) >= 0);
    CHECK((conn = FIND(virConnectOpen)("test:///default")));
    CHECK((domain = FIND(virDomainLookupByName)(conn, "test")));
    CHECK(FIND(virConnectDomainEventRegisterAny)(conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                                 VIR_DOMAIN_EVENT_CALLBACK(on_event), NULL, NULL) >= 0);
    run_loop = FIND(virEventRunDefaultImpl);
    suspend = FIND(virDomainSuspend);
    free_domain = FIND(virDomainFree);
    close_connection = FIND(virConnectClose);
    CHECK(pthread_create(&thread, NULL, loop, NULL) == 0);
    wait_for(&rounds, 1);

    CHECK(dlclose(library) == 0);

    wait_for(&rounds, rounds + 3);
    CHECK(suspend(domain) == 0);
    wait_for(&events, 1);
    /* It is the same library, not a second one, if it is loaded again. */
    CHECK((library = dlopen("libvirt.so.0", RTLD_NOW | RTLD_LOCAL)));
    CHECK(FIND(virDomainSuspend) == suspend);
    CHECK(dlclose(library) == 0);
    over = 1;
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(free_domain(domain) == 0);
    CHECK(close_connection(conn) >= 0);
    return 0;
}
