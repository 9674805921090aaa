/* What the test programs share: checks that say where they failed. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "test_uri.h"

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s does not hold; last error: %s\n", __FILE__, __LINE__, #condition, \
                    virGetLastErrorMessage()); \
            exit(1); \
        } \
    } while (0)

/* The call has failed with this code. */
#define CHECK_ERROR(call, expected) \
    do { \
        CHECK(call); \
        if (virGetLastErrorCode() != (expected)) { \
            fprintf(stderr, "%s:%d: error code %d, not %d: %s\n", __FILE__, __LINE__, virGetLastErrorCode(), \
                    (expected), virGetLastErrorMessage()); \
            exit(1); \
        } \
    } while (0)

static inline void quiet(void *opaque, virErrorPtr error)
{
    (void)opaque;
    (void)error;
}

static inline void on_tick(int timer, void *opaque)
{
    (void)timer;
    (void)opaque;
}

static inline virConnectPtr open_embedded(const char *root)
{
    char uri[4096];
    virConnectPtr conn;
    CHECK(virEventRegisterDefaultImpl() == 0);
    CHECK(virEventAddTimeout(50, on_tick, NULL, NULL) >= 0);
    virSetErrorFunc(NULL, quiet);
    snprintf(uri, sizeof(uri), "qemu:///embed?root=%s", root);
    conn = virConnectOpen(uri);
    CHECK(conn);
    return conn;
}

#endif
