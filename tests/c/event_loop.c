/* The default event loop: descriptors, timers, and what is freed when. */
#include "check.h"

#include <pthread.h>
#include <unistd.h>

static int fired, readable, freed, timer_id, watch_id;

static void on_timer(int timer, void *opaque)
{
    CHECK(timer == timer_id && opaque == &fired);
    if (++fired == 3)
        virEventUpdateTimeout(timer, -1);
}

static void on_readable(int watch, int fd, int events, void *opaque)
{
    char byte;
    CHECK(watch == watch_id && opaque == &readable && (events & VIR_EVENT_HANDLE_READABLE));
    CHECK(read(fd, &byte, 1) == 1);
    readable++;
}

static void on_free(void *opaque)
{
    (void)opaque;
    freed++;
}

static void *write_later(void *opaque)
{
    CHECK(write(*(int *)opaque, "x", 1) == 1);
    return NULL;
}

int main(void)
{
    int fds[2];
    pthread_t thread;

    CHECK(virEventRegisterDefaultImpl() == 0);
    CHECK(virEventRegisterDefaultImpl() == 0);
    CHECK((timer_id = virEventAddTimeout(1, on_timer, &fired, on_free)) > 0);
    while (fired < 3)
        CHECK(virEventRunDefaultImpl() == 0);

    CHECK(pipe(fds) == 0);
    CHECK((watch_id = virEventAddHandle(fds[0], VIR_EVENT_HANDLE_READABLE, on_readable, &readable, on_free)) > 0);
    CHECK(pthread_create(&thread, NULL, write_later, &fds[1]) == 0);
    while (!readable)
        CHECK(virEventRunDefaultImpl() == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(fired == 3);

    /* What is removed is freed by the loop, not by the call. */
    CHECK(virEventRemoveHandle(watch_id) == 0);
    CHECK(virEventRemoveTimeout(timer_id) == 0);
    CHECK(freed == 0);
    virEventAddTimeout(1, on_tick, NULL, NULL);
    CHECK(virEventRunDefaultImpl() == 0);
    CHECK(virEventRunDefaultImpl() == 0);
    CHECK(freed == 2);
    CHECK(virEventRemoveTimeout(timer_id) == -1);
    return 0;
}
