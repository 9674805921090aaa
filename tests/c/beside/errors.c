/* The last error: of the thread, of the connection; functions that are told; copies; what later calls do to it. */
#include "beside.h"

static void told(void *opaque, virErrorPtr error)
{
    printf("told %s: code %d domain %d level %d str1 %d\n", (const char *)opaque, error->code, error->domain,
           error->level, error->str1 != NULL);
}

static void *other(void *opaque)
{
    printf("thread: last %d, code %d\n", virGetLastError() != NULL, virGetLastErrorCode());
    TELL_OBJECT(virDomainLookupByName(opaque, "none"));
    return NULL;
}

static void show(const char *what, virErrorPtr error)
{
    if (!error) {
        printf("%s: none\n", what);
        return;
    }
    printf("%s: code %d domain %d level %d message %d str1 %d int1 %d int2 %d\n", what, error->code, error->domain,
           error->level, error->message != NULL, error->str1 != NULL, error->int1, error->int2);
}

int main(void)
{
    virConnectPtr conn, second;
    virErrorPtr saved;
    virError copy, later;
    pthread_t thread;
    virDomainPtr dom;

    memset(&copy, 0x5a, sizeof(copy));
    virInitialize();
    show("at first", virGetLastError());
    TELL(virGetLastErrorCode());
    TELL(virGetLastErrorDomain());
    TELL_TEXT(virGetLastErrorMessage());
    TELL(virCopyLastError(&copy));
    show("copy of none", &copy);
    TELL_OBJECT(saved = virSaveLastError());
    show("saved none", saved);
    virFreeError(saved);
    TELL(virCopyLastError(NULL));
    virResetError(NULL);
    virResetLastError();

    virSetErrorFunc((void *)"global", told);
    conn = virConnectOpen(test_uri());
    second = virConnectOpen(test_uri());
    show("after open", virGetLastError());
    show("connection at first", virConnGetLastError(conn));
    TELL(virConnCopyLastError(conn, &copy));
    TELL(virConnCopyLastError(NULL, &copy));
    show("no connection", virConnGetLastError(NULL));

    TELL_OBJECT(virDomainLookupByName(conn, "none"));
    show("thread's", virGetLastError());
    show("connection's", virConnGetLastError(conn));
    show("second's", virConnGetLastError(second));
    TELL(virConnCopyLastError(conn, &copy));
    show("copied", &copy);
    virResetError(&copy);
    show("reset", &copy);

    /* The thread's is forgotten by the next call, the connection's not. */
    TELL(virConnectNumOfDomains(conn));
    show("thread's later", virGetLastError());
    show("connection's later", virConnGetLastError(conn));
    virConnResetLastError(conn);
    show("connection's reset", virConnGetLastError(conn));
    virConnResetLastError(NULL);

    virConnSetErrorFunc(conn, (void *)"connection", told);
    TELL_OBJECT(virDomainLookupByName(conn, "none"));
    TELL_OBJECT(virDomainLookupByName(second, "none"));
    TELL_OBJECT(virDomainLookupByName(NULL, "none"));
    TELL_OBJECT(virConnectOpen("test:///none/here.xml"));
    virConnSetErrorFunc(conn, NULL, NULL);
    TELL_OBJECT(virDomainLookupByUUIDString(conn, "xyz"));
    virConnSetErrorFunc(NULL, NULL, told);

    virSetErrorFunc((void *)"other", told);
    TELL_OBJECT(virDomainLookupByID(conn, 4711));
    TELL_OBJECT(saved = virSaveLastError());
    show("saved", saved);
    TELL(virConnectNumOfDomains(conn));
    show("saved still", saved);
    virFreeError(saved);

    TELL_OBJECT(virDomainLookupByName(conn, "none"));
    pthread_create(&thread, NULL, other, conn);
    pthread_join(thread, NULL);
    show("this thread's", virGetLastError());
    TELL(virCopyLastError(&later));
    virResetError(&later);
    TELL(virCopyLastError(&later) == virGetLastErrorCode());
    virResetError(&later);

    /* Calls that do not touch the error. */
    TELL_OBJECT(virDomainLookupByName(conn, "none"));
    dom = virDomainLookupByName(second, "test");
    show("after success", virGetLastError());
    TELL_OBJECT(virDomainLookupByName(conn, "none"));
    virDomainGetName(dom);
    show("after a name", virGetLastError());
    TELL_OBJECT(virDomainLookupByName(conn, "none"));
    virDomainGetConnect(dom);
    show("after its connection", virGetLastError());
    TELL_OBJECT(virDomainLookupByName(conn, "none"));
    virDomainFree(dom);
    show("after a free", virGetLastError());
    TELL_OBJECT(virDomainLookupByName(conn, "none"));
    virResetLastError();
    show("after a reset", virGetLastError());
    TELL(virConnectClose(second));
    TELL(virConnectClose(conn));
    TELL(virConnectClose(conn));
    show("after a close too many", virGetLastError());
    return 0;
}
