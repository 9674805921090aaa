/* Lists the guests of a host. */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    virConnectPtr conn = virConnectOpen(argc > 1 ? argv[1] : NULL);
    virDomainPtr *domains = NULL;
    int count = conn ? virConnectListAllDomains(conn, &domains, 0) : -1;
    if (count < 0)
        fprintf(stderr, "error: %s\n", virGetLastErrorMessage());
    for (int i = 0; i < count; i++) {
        printf("%-20s %s\n", virDomainGetName(domains[i]), virDomainIsActive(domains[i]) == 1 ? "running" : "off");
        virDomainFree(domains[i]);
    }
    free(domains);
    if (conn)
        virConnectClose(conn);
    return count < 0;
}
