/* Handles: counts, stale ones, ones of another class. */
#include "check.h"

static const char *xml = "<network><name>handles</name><forward mode='none'/></network>";

int main(int argc, char **argv)
{
    virConnectPtr conn, same;
    virNetworkPtr network;

    CHECK(argc == 2);
    conn = open_embedded(argv[1]);
    network = virNetworkDefineXML(conn, "<network><name>handles</name></network>");
    CHECK(network);
    CHECK(!strcmp(virNetworkGetName(network), "handles"));
    CHECK(virNetworkGetConnect(network) == conn);

    /* A foreign pointer is told from a right one without being looked into. */
    CHECK_ERROR(virDomainCreate((virDomainPtr)network) == -1, VIR_ERR_INVALID_DOMAIN);
    CHECK_ERROR(virNetworkIsActive((virNetworkPtr)conn) == -1, VIR_ERR_INVALID_NETWORK);
    CHECK_ERROR(virNetworkIsActive((virNetworkPtr)(void *)xml) == -1, VIR_ERR_INVALID_NETWORK);

    /* Counts: a network keeps its connection open. */
    CHECK(virNetworkRef(network) == 0);
    CHECK(virNetworkFree(network) == 0);
    same = conn;
    CHECK(virConnectClose(conn) == 1);
    CHECK(virNetworkIsPersistent(network) == 1);
    CHECK(virNetworkUndefine(network) == 0);
    CHECK(virNetworkFree(network) == 0);
    CHECK_ERROR(virNetworkFree(network) == -1, VIR_ERR_INVALID_NETWORK);
    CHECK_ERROR(virConnectClose(same) == -1, VIR_ERR_INVALID_CONN);
    return 0;
}
