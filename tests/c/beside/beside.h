/* What programs share whose output is compared: each line says what came back, never what the library says in words. */
#ifndef BESIDE_H
#define BESIDE_H

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "../test_uri.h"

static inline void quiet(void *opaque, virErrorPtr error)
{
    (void)opaque;
    (void)error;
}

/* The answer of a call, and the error that it left. */
#define TELL(call) \
    do { \
        long long told_ = (long long)(call); \
        printf("%d: %s = %lld, error %d/%d\n", __LINE__, #call, told_, virGetLastErrorCode(), virGetLastErrorDomain()); \
        fflush(stdout); \
    } while (0)

/* The same for a call that gives an object. */
#define TELL_OBJECT(call) \
    do { \
        const void *told_ = (const void *)(call); \
        printf("%d: %s = %s, error %d/%d\n", __LINE__, #call, told_ ? "object" : "NULL", virGetLastErrorCode(), \
               virGetLastErrorDomain()); \
        fflush(stdout); \
    } while (0)

/* The same for a text; it stays the callee's. */
#define TELL_TEXT(call) \
    do { \
        const char *told_ = (call); \
        printf("%d: %s = '%s', error %d/%d\n", __LINE__, #call, told_ ? told_ : "(none)", virGetLastErrorCode(), \
               virGetLastErrorDomain()); \
        fflush(stdout); \
    } while (0)

static inline virConnectPtr open_test(void)
{
    virConnectPtr conn;

    virSetErrorFunc(NULL, quiet);
    if (virEventRegisterDefaultImpl() < 0 || !(conn = virConnectOpen(test_uri()))) {
        printf("no connection\n");
        exit(1);
    }
    return conn;
}

#endif
