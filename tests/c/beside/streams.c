/* Streams: a picture by every way of receiving, wrong orders, events, the end. */
#include "beside.h"

static virConnectPtr conn;
static virDomainPtr dom;
static long long total;

static int sink(virStreamPtr st, const char *data, size_t count, void *opaque)
{
    (void)st;
    (void)data;
    total += count;
    return opaque && total > *(long long *)opaque ? -1 : (int)count;
}

static int hole(virStreamPtr st, long long length, void *opaque)
{
    (void)st;
    (void)opaque;
    printf("hole of %lld\n", length);
    return 0;
}

static int source(virStreamPtr st, char *data, size_t count, void *opaque)
{
    (void)st;
    (void)data;
    (void)count;
    (void)opaque;
    return 0;
}

static int in_data(virStreamPtr st, int *in, long long *length, void *opaque)
{
    (void)st;
    (void)opaque;
    *in = 1;
    *length = 0;
    return 0;
}

static int skip(virStreamPtr st, long long length, void *opaque)
{
    (void)st;
    (void)length;
    (void)opaque;
    return 0;
}

static void freed(void *opaque)
{
    printf("freed %s\n", (const char *)opaque);
}

static int events_left = 3;

static void ready(virStreamPtr st, int events, void *opaque)
{
    char data[100];
    int got;

    printf("ready: events %d opaque %s\n", events & ~VIR_STREAM_EVENT_HANGUP, (const char *)opaque);
    got = virStreamRecv(st, data, sizeof(data));
    printf("  got %d\n", got);
    if (--events_left == 0)
        TELL(virStreamEventRemoveCallback(st));
}

/* Aborts the stream that is being aborted. */
static void told(virStreamPtr st, int events, void *opaque)
{
    printf("told of events %d with %s\n", events, (const char *)opaque);
    TELL(virStreamAbort(st));
}

static virStreamPtr opened(unsigned flags)
{
    virStreamPtr st = virStreamNew(conn, flags);
    char *mime;

    TELL_TEXT(mime = virDomainScreenshot(dom, st, 0, 0));
    free(mime);
    return st;
}

int main(void)
{
    char data[4096];
    virStreamPtr st;
    long long most = 100, length = 0;
    int got;

    conn = open_test();
    dom = virDomainLookupByName(conn, "test");
    TELL_OBJECT(virStreamNew(conn, 77));
    TELL_OBJECT(virStreamNew(NULL, 0));

    /* Nothing is open on it. */
    TELL_OBJECT(st = virStreamNew(conn, 0));
    TELL(virStreamRecv(st, data, 10));
    TELL(virStreamSend(st, data, 10));
    TELL(virStreamSendHole(st, 10, 0));
    TELL(virStreamRecvHole(st, &length, 0));
    TELL(virStreamRecvFlags(st, data, 10, VIR_STREAM_RECV_STOP_AT_HOLE));
    TELL(virStreamRecvAll(st, sink, NULL));
    TELL(virStreamSendAll(st, source, NULL));
    TELL(virStreamSparseRecvAll(st, sink, hole, NULL));
    TELL(virStreamSparseSendAll(st, source, in_data, skip, NULL));
    TELL(virStreamEventAddCallback(st, VIR_STREAM_EVENT_READABLE, ready, NULL, NULL));
    TELL(virStreamEventUpdateCallback(st, 0));
    TELL(virStreamEventRemoveCallback(st));
    TELL(virStreamFinish(st));
    TELL(virStreamAbort(st));
    TELL(virStreamRef(st));
    TELL(virStreamFree(st));
    TELL(virStreamFree(st));

    /* Blocking, piece by piece, then all at once. */
    st = opened(0);
    TELL(virStreamRecv(st, data, 10));
    TELL(virStreamRecv(st, data, 0));
    TELL(virStreamRecv(st, NULL, 10));
    TELL(virStreamRecvHole(st, &length, 0));
    TELL(virStreamRecvHole(st, NULL, 0));
    TELL(virStreamRecvHole(st, &length, 7));
    TELL(virStreamSend(st, data, 10));
    total = 20;
    while ((got = virStreamRecv(st, data, sizeof(data))) > 0)
        total += got;
    printf("end %d after something: %d\n", got, total > 1000);
    TELL(virStreamRecv(st, data, 10));
    TELL(virStreamFinish(st));
    TELL(virStreamRecv(st, data, 10));
    TELL(virStreamFinish(st));
    TELL(virStreamAbort(st));
    TELL(virStreamFree(st));

    st = opened(0);
    total = 0;
    TELL(virStreamRecvAll(st, sink, NULL));
    printf("all: %d\n", total > 1000);
    TELL(virStreamFinish(st));
    TELL(virStreamFree(st));

    st = opened(0);
    total = 0;
    TELL(virStreamRecvAll(st, sink, &most));
    TELL(virStreamFinish(st));
    TELL(virStreamFree(st));

    st = opened(0);
    TELL(virStreamRecvAll(st, NULL, NULL));
    TELL(virStreamFree(st));
    st = opened(0);
    TELL(virStreamSparseRecvAll(st, sink, NULL, NULL));
    TELL(virStreamFree(st));
    st = opened(0);
    TELL(virStreamSendAll(st, source, NULL));
    TELL(virStreamFree(st));

    /* Calls that would wait abort a stream that must not. */
    st = opened(VIR_STREAM_NONBLOCK);
    TELL(virStreamRecvAll(st, sink, NULL));
    TELL(virStreamSendAll(st, source, NULL));
    /* libvirt's client of a daemon calls it even after the stream was freed. */
    if (!getenv("TEST_URI"))
        TELL(virStreamEventAddCallback(st, VIR_STREAM_EVENT_READABLE, ready, (void *)"late", freed));
    TELL(virStreamFree(st));

    st = opened(VIR_STREAM_NONBLOCK);
    TELL(virStreamEventUpdateCallback(st, 0));
    TELL(virStreamEventRemoveCallback(st));
    TELL(virStreamEventAddCallback(st, VIR_STREAM_EVENT_READABLE, ready, (void *)"first", freed));
    TELL(virStreamEventAddCallback(st, VIR_STREAM_EVENT_READABLE, ready, (void *)"second", freed));
    TELL(virStreamEventUpdateCallback(st, VIR_STREAM_EVENT_READABLE));
    for (int turn = 0; turn < 20 && events_left > 0; turn++)
        virEventRunDefaultImpl();
    TELL(virStreamEventRemoveCallback(st));
    TELL(virStreamEventUpdateCallback(st, 0));
    TELL(virStreamAbort(st));
    TELL(virStreamFree(st));

    /* Who waits for data is told of an abort, who waits for errors only is not. */
    st = opened(VIR_STREAM_NONBLOCK);
    TELL(virStreamEventAddCallback(st, VIR_STREAM_EVENT_READABLE, told, (void *)"data", freed));
    TELL(virStreamAbort(st));
    TELL(virStreamAbort(st));
    TELL(virStreamFree(st));
    st = opened(VIR_STREAM_NONBLOCK);
    TELL(virStreamEventAddCallback(st, VIR_STREAM_EVENT_ERROR, told, (void *)"errors", freed));
    TELL(virStreamAbort(st));
    TELL(virStreamFree(st));
    st = opened(VIR_STREAM_NONBLOCK);
    TELL(virStreamEventAddCallback(st, VIR_STREAM_EVENT_READABLE, told, (void *)"finish", freed));
    TELL(virStreamFinish(st));
    TELL(virStreamFree(st));
    TELL(virDomainFree(dom));
    TELL(virConnectClose(conn));
    return 0;
}
