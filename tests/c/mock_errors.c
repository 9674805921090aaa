/* What is told of errors, and to whom; lengths that nobody can mean; what keeps a connection open. */
#include "check.h"

#include <libvirt/libvirt-lxc.h>

static virConnectPtr conn;
static int told;

static void on_error(void *opaque, virErrorPtr error)
{
    (void)opaque;
    (void)error;
    told++;
}

/* What the connection remembers since it was last asked. */
static int remembered(void)
{
    virErrorPtr error = virConnGetLastError(conn);
    int code = error ? error->code : 0;

    virConnResetLastError(conn);
    return code;
}

static void a_device_on_no_other_is_told_to_nobody(void)
{
    virNodeDevicePtr root = virNodeDeviceLookupByName(conn, "computer");

    CHECK(root);
    told = 0;
    CHECK_ERROR(virNodeDeviceGetParent(root) == NULL, VIR_ERR_INTERNAL_ERROR);
    CHECK(told == 0 && remembered() == 0);
    CHECK_ERROR(virNodeDeviceGetParent((virNodeDevicePtr)conn) == NULL, VIR_ERR_INVALID_NODE_DEVICE);
    CHECK(told == 1);
    virNodeDeviceFree(root);
}

/* Calls without a handle of their own remember their errors at the connection of what they are given. */
static void the_connection_remembers(virDomainPtr domain)
{
    virDomainPtr domains[] = {domain, NULL};
    virDomainStatsRecordPtr *records;
    int fds[] = {1 << 20};

    CHECK_ERROR(virDomainListGetStats(domains, 0, &records, 1 << 20) == -1, VIR_ERR_INVALID_ARG);
    CHECK(remembered() == VIR_ERR_INVALID_ARG);
    CHECK_ERROR(virDomainLxcEnterNamespace(domain, 0, fds, NULL, NULL, 0) == -1, VIR_ERR_INVALID_ARG);
    CHECK(remembered() == VIR_ERR_INVALID_ARG);
    CHECK_ERROR(virDomainLxcEnterNamespace(domain, 1, fds, NULL, NULL, 0) == -1, VIR_ERR_SYSTEM_ERROR);
    CHECK(remembered() == VIR_ERR_SYSTEM_ERROR);
}

static void a_negative_length_moves_nothing(virDomainPtr domain)
{
    struct { char data[16], behind[16]; } room;
    virStreamPtr stream = virStreamNew(conn, 0);
    char *type;

    memset(&room, 'x', sizeof(room));
    CHECK_ERROR(virStreamRecv(stream, room.data, (size_t)-1) == -1, VIR_ERR_NO_SUPPORT);
    CHECK((type = virDomainScreenshot(domain, stream, 0, 0)));
    free(type);
    CHECK_ERROR(virStreamRecv(stream, room.data, (size_t)-1) == -1, VIR_ERR_SYSTEM_ERROR);
    CHECK_ERROR(virStreamSend(stream, room.data, (size_t)-1) == -1, VIR_ERR_SYSTEM_ERROR);
    for (size_t at = 0; at < sizeof(room); at++) {
        CHECK(((char *)&room)[at] == 'x');
    }
    CHECK(virStreamRecv(stream, room.data, 4) == 4 && !memcmp(room.data, "\x89PNG", 4));
    CHECK(virStreamFinish(stream) == 0);
    CHECK_ERROR(virStreamRecv(stream, room.data, (size_t)-1) == -1, VIR_ERR_SYSTEM_ERROR);
    CHECK(virStreamFree(stream) == 0);
}

static void on_close(virConnectPtr gone, int reason, void *opaque)
{
    (void)gone;
    (void)reason;
    (void)opaque;
}

/* The mock never goes away by itself: it takes any number of such functions, and is not kept open by them. */
static void close_callbacks_do_not_keep_it_open(void)
{
    virConnectPtr other = virConnectOpen(test_uri());

    CHECK(other);
    CHECK(virConnectRegisterCloseCallback(other, on_close, NULL, NULL) == 0);
    CHECK(virConnectRegisterCloseCallback(other, on_close, NULL, NULL) == 0);
    CHECK(virConnectUnregisterCloseCallback(other, on_close) == 0);
    CHECK(virConnectClose(other) == 0);
}

int main(void)
{
    virDomainPtr domain;

    virSetErrorFunc(NULL, on_error);
    conn = virConnectOpen(test_uri());
    CHECK(conn && (domain = virDomainLookupByName(conn, "test")));
    a_device_on_no_other_is_told_to_nobody();
    the_connection_remembers(domain);
    a_negative_length_moves_nothing(domain);
    close_callbacks_do_not_keep_it_open();
    CHECK(virDomainFree(domain) == 0 && virConnectClose(conn) == 0);
    return 0;
}
