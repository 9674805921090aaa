/* Errors: the thread's own last one, the callbacks, copies. */
#include "check.h"

#include <pthread.h>

static int told;
static char message[1024];

static void on_error(void *opaque, virErrorPtr error)
{
    CHECK(opaque == &told);
    told++;
    snprintf(message, sizeof(message), "%s", error->message);
}

static void *other_thread(void *opaque)
{
    (void)opaque;
    CHECK(virGetLastError() == NULL);
    CHECK(virConnectOpen("nonsense") == NULL);
    CHECK(virGetLastErrorCode() == VIR_ERR_NO_CONNECT);
    return NULL;
}

int main(void)
{
    virErrorPtr last, saved;
    virError copy;
    pthread_t thread;

    CHECK(virGetLastError() == NULL);
    CHECK(virGetLastErrorCode() == VIR_ERR_OK);
    virSetErrorFunc(&told, on_error);

    CHECK_ERROR(virDomainCreate(NULL) == -1, VIR_ERR_INVALID_DOMAIN);
    last = virGetLastError();
    CHECK(last && last->domain == VIR_FROM_DOM && last->level == VIR_ERR_ERROR);
    CHECK(told == 1 && strstr(message, "virDomainCreate"));

    /* A thread's errors are its own. */
    CHECK(pthread_create(&thread, NULL, other_thread, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(virGetLastErrorCode() == VIR_ERR_INVALID_DOMAIN);

    /* Copies outlive what they were copied from. */
    memset(&copy, 0, sizeof(copy));
    CHECK(virCopyLastError(&copy) == VIR_ERR_INVALID_DOMAIN);
    saved = virSaveLastError();
    virResetLastError();
    CHECK(virGetLastError() == NULL);
    CHECK(!strcmp(copy.message, saved->message) && copy.code == saved->code);
    virFreeError(saved);
    virResetError(&copy);

    /* A call that succeeds clears what was before. */
    CHECK(virNetworkCreate(NULL) == -1);
    CHECK(virInitialize() == 0);
    CHECK(virGetLastErrorCode() == VIR_ERR_OK);
    virSetErrorFunc(NULL, NULL);
    return 0;
}
