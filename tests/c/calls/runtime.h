/* What the generated calls share: the objects they are made on, wrong values of every kind, and how an answer is told.
 *
 * Every call is made in a child of its own, so that it finds the state that all find, and may crash.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <libvirt/libvirt.h>
#include <libvirt/libvirt-admin.h>
#include <libvirt/libvirt-lxc.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>

#include "../test_uri.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct call {
    const char *name;
    void (*make)(const int *variants);
    int arguments;
    const struct argument {
        const char *name;
        /* Names of the values; the first is the right one. */
        const char *const *variants;
    } *argument;
};

/* The names of the values are also their order in the functions below. */
static const char *const HANDLE[] = {"right", "NULL", "foreign", "read-only", "freed", NULL};
static const char *const DOMAIN_HANDLE[] = {"right", "NULL", "foreign", "read-only", "freed", "shut-off", NULL};
static const char *const NO_HANDLE[] = {"NULL", "foreign", NULL};
static const char *const TEXT[] = {"right", "NULL", "empty", "nothing", "broken-xml", "other-xml", "long", NULL};
static const char *const FLAGS[] = {"0",  "b0",  "b1",  "b2",  "b3",  "b4",  "b5",  "b6",  "b7",  "b8",  "b9",
                                    "b10", "b11", "b12", "b13", "b14", "b15", "b16", "b17", "b18", "b19", "b20",
                                    "b21", "b22", "b23", "b24", "b25", "b26", "b27", "b28", "b29", "b30", "b31",
                                    "all", "b0+1", "b0+2", "b0+3", "b1+2", "b1+3", "b2+3", "b0+1+2", "b3+4",
                                    "b4+5", "b5+6", "b6+7", "b7+8", NULL};
static const char *const NUMBER[] = {"right", "0", "1", "2", "3", "100", "-1", "-2", "max", "min", NULL};
static const char *const AMOUNT[] = {"right", "0", "1", "2", "100", "2^31-1", "2^32-1", "2^63", "2^64-1", NULL};
static const char *const GIVEN[] = {"right", "0", "1", "-1", NULL};
static const char *const ROOM[] = {"right", "0", "1", "-1", "max", NULL};
static const char *const ROOM_AT[] = {"right", "NULL", "0", "1", "-1", NULL};
static const char *const POINTER[] = {"right", "NULL", NULL};
static const char *const PARAMS[] = {"right", "NULL", "unknown", "other-type", "twice", NULL};
static const char *const ALWAYS[] = {"right", NULL};

enum { RIGHT, IS_NULL, FOREIGN, READ_ONLY, FREED, SHUT_OFF };

static const char DOMAIN_XML[] =
    "<domain type='test'><name>web</name><uuid>11111111-2222-3333-4444-555555555555</uuid>"
    "<memory>65536</memory><vcpu>2</vcpu><os><type>hvm</type></os><devices>"
    "<disk type='file' device='disk'><source file='/tmp/web.img'/><target dev='vda' bus='virtio'/></disk>"
    "<interface type='network'><mac address='52:54:00:11:22:33'/><source network='default'/>"
    "<target dev='testnet9'/></interface><console type='pty'/></devices></domain>";
static const char NEW_DOMAIN_XML[] =
    "<domain type='test'><name>fresh</name><memory>65536</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>";
static const char NETWORK_XML[] =
    "<network><name>fresh</name><bridge name='virbr9'/><ip address='192.168.99.1' netmask='255.255.255.0'/></network>";
static const char INTERFACE_XML[] =
    "<interface type='ethernet' name='eth9'><start mode='onboot'/><mac address='aa:bb:cc:dd:ee:09'/></interface>";
static const char POOL_XML[] =
    "<pool type='dir'><name>fresh</name><target><path>/tmp/fresh</path></target></pool>";
static const char VOLUME_XML[] =
    "<volume><name>fresh.img</name><capacity>1048576</capacity><allocation>0</allocation></volume>";
static const char NODE_DEVICE_XML[] =
    "<device><parent>scsi_host1</parent><capability type='scsi_host'><capability type='fc_host'>"
    "<wwnn>2000000000000001</wwnn><wwpn>2000000000000002</wwpn></capability></capability></device>";
static const char SNAPSHOT_XML[] = "<domainsnapshot><name>later</name></domainsnapshot>";
static const char CHECKPOINT_XML[] = "<domaincheckpoint><name>later</name></domaincheckpoint>";
static const char SECRET_XML[] =
    "<secret ephemeral='no' private='no'><usage type='volume'><volume>/tmp/v</volume></usage></secret>";
static const char FILTER_XML[] = "<filter name='fresh' chain='root'/>";
static const char CPU_XML[] = "<cpu><arch>x86_64</arch><model>Nehalem</model></cpu>";
static const char DISK_XML[] =
    "<disk type='file' device='disk'><source file='/tmp/b.img'/><target dev='vdb' bus='virtio'/></disk>";

enum class {
    CONNECT, DOMAIN, NETWORK, INTERFACE, POOL, VOLUME, NODE_DEVICE, SNAPSHOT, CHECKPOINT, STREAM,
    CLASSES,
    /* Of these the test driver has none. */
    SECRET, FILTER, BINDING, PORT, ADMIN, SERVER, CLIENT,
};

static void *objects[CLASSES];
static void *read_only[CLASSES];
static void *spare[CLASSES];
static virDomainPtr shut_off;

static void
fail(const char *what)
{
    fprintf(stderr, "cannot prepare: %s: %s\n", what, virGetLastErrorMessage());
    exit(2);
}

static void *
need(void *object, const char *what)
{
    if (!object)
        fail(what);
    return object;
}

static void
lookup(void **to, virConnectPtr conn)
{
    virDomainPtr other;

    to[CONNECT] = conn;
    to[DOMAIN] = need(virDomainLookupByName(conn, "web"), "domain");
    to[NETWORK] = need(virNetworkLookupByName(conn, "default"), "network");
    to[INTERFACE] = need(virInterfaceLookupByName(conn, "eth1"), "interface");
    to[POOL] = need(virStoragePoolLookupByName(conn, "default-pool"), "pool");
    to[VOLUME] = need(virStorageVolLookupByName(to[POOL], "old.img"), "volume");
    to[NODE_DEVICE] = need(virNodeDeviceLookupByName(conn, "scsi_host1"), "device");
    to[SNAPSHOT] = need(virDomainSnapshotLookupByName(to[DOMAIN], "first", 0), "snapshot");
    /* A domain has either snapshots or checkpoints. */
    other = need(virDomainLookupByName(conn, "test"), "domain");
    to[CHECKPOINT] = need(virDomainCheckpointLookupByName(other, "first", 0), "checkpoint");
    virDomainFree(other);
    to[STREAM] = need(virStreamNew(conn, VIR_STREAM_NONBLOCK), "stream");
}

static int errors_told;

static void
quiet(void *opaque, virErrorPtr err)
{
    (void)opaque;
    (void)err;
    errors_told++;
}

static void
prepare(void)
{
    virStorageVolPtr volume;
    virConnectPtr conn;
    virDomainPtr dom;

    virSetErrorFunc(NULL, quiet);
    if (virEventRegisterDefaultImpl() < 0)
        fail("event loop");
    conn = need(virConnectOpen(test_uri()), "connection");
    dom = need(virDomainDefineXML(conn, DOMAIN_XML), "definition");
    if (virDomainCreate(dom) < 0)
        fail("start");
    virDomainSnapshotFree(need(
        virDomainSnapshotCreateXML(dom, "<domainsnapshot><name>first</name></domainsnapshot>", 0), "snapshot"));
    virDomainFree(dom);
    dom = need(virDomainLookupByName(conn, "test"), "domain");
    virDomainCheckpointFree(need(
        virDomainCheckpointCreateXML(dom, "<domaincheckpoint><name>first</name></domaincheckpoint>", 0),
        "checkpoint"));
    virDomainFree(dom);
    shut_off = need(virDomainDefineXML(conn, "<domain type='test'><name>off</name><uuid>11111111-2222-3333-4444-666666666666</uuid><memory>65536</memory>"
                                             "<vcpu>1</vcpu><os><type>hvm</type></os></domain>"), "definition");
    spare[POOL] = need(virStoragePoolLookupByName(conn, "default-pool"), "pool");
    volume = need(virStorageVolCreateXML(spare[POOL], "<volume><name>old.img</name><capacity>4096</capacity>"
                                                      "</volume>", 0), "volume");
    virStorageVolFree(volume);
    virStoragePoolFree(spare[POOL]);
    lookup(objects, conn);
    lookup(read_only, need(virConnectOpenReadOnly(test_uri()), "read-only connection"));
    lookup(spare, need(virConnectOpen(test_uri()), "second connection"));
    errors_told = 0;
}

static void
release(enum class class, void *object)
{
    switch (class) {
    case CONNECT: virConnectClose(object); break;
    case DOMAIN: virDomainFree(object); break;
    case NETWORK: virNetworkFree(object); break;
    case INTERFACE: virInterfaceFree(object); break;
    case POOL: virStoragePoolFree(object); break;
    case VOLUME: virStorageVolFree(object); break;
    case NODE_DEVICE: virNodeDeviceFree(object); break;
    case SNAPSHOT: virDomainSnapshotFree(object); break;
    case CHECKPOINT: virDomainCheckpointFree(object); break;
    case STREAM: virStreamFree(object); break;
    default: break;
    }
}

static void *
handle(enum class class, int variant)
{
    if (class > CLASSES)
        return variant == 0 ? NULL : objects[DOMAIN];
    switch (variant) {
    case RIGHT: return objects[class];
    case IS_NULL: return NULL;
    case FOREIGN: return objects[class == DOMAIN ? NETWORK : DOMAIN];
    case READ_ONLY: return read_only[class];
    case SHUT_OFF: return shut_off;
    default: break;
    }
    /* What depends on a connection holds it: they go first. */
    if (class == CONNECT)
        for (int other = CLASSES - 1; other > CONNECT; other--)
            release(other, spare[other]);
    release(class, spare[class]);
    return spare[class];
}

static const char *
text(const char *right, int variant)
{
    static char longer[70001];

    switch (variant) {
    case 0: return right;
    case 1: return NULL;
    case 2: return "";
    case 3: return "nothing";
    case 4: return "<domain";
    case 5: return "<something/>";
    default: return memset(longer, 'a', sizeof(longer) - 1);
    }
}

static unsigned long long
flags(unsigned long long right, int variant)
{
    static const unsigned several[] = {3, 5, 9, 6, 10, 12, 7, 24, 48, 96, 192, 384};

    if (variant == 0)
        return right;
    if (variant <= 32)
        return 1ULL << (variant - 1);
    return variant == 33 ? UINT_MAX : several[variant - 34];
}

static long long
number(long long right, int variant)
{
    const long long values[] = {right, 0, 1, 2, 3, 100, -1, -2, INT_MAX, INT_MIN};

    return values[variant];
}

static unsigned long long
amount(unsigned long long right, int variant)
{
    const unsigned long long values[] = {right, 0, 1, 2, 100, INT_MAX, UINT_MAX, 1ULL << 63, ULLONG_MAX};

    return values[variant];
}

static int
given(int right, int variant)
{
    const int values[] = {right, 0, 1, -1};

    return values[variant];
}

static int
room(int right, int variant)
{
    const int values[] = {right, 0, 1, -1, INT_MAX};

    return values[variant];
}

/* A number in memory: how much room there is, or how much there is of something. */
static int *
room_at(int right, int variant)
{
    static int places[4];
    static int next;
    int *place = &places[next++ % 4];
    const int values[] = {right, 0, 0, 1, -1};

    *place = values[variant];
    return variant == 1 ? NULL : place;
}

static _Alignas(16) char space[4][1 << 20];
static int space_is_used[4];

/* Room that is filled by the call: zeroes, more than any call needs. */
static void *
buffer(int variant)
{
    static int next;

    if (variant == 1)
        return NULL;
    next = (next + 1) % 4;
    space_is_used[next] = 1;
    return space[next];
}

/* With `kept`: what calls were given and what they gave stays reachable, so that only what the library loses is lost. */
static int keeping;

static const void *
keep(const void *address)
{
    static const void **list;
    static size_t count;

    if (!keeping || !address)
        return address;
    if (count % 1024 == 0)
        list = realloc(list, (count + 1024) * sizeof(*list));
    list[count++] = address;
    return address;
}

/* What a function may free. */
static void *
heap_object(int variant)
{
    return variant == 1 ? NULL : (void *)keep(calloc(1, 256));
}

static int param_count;

static virTypedParameterPtr
params(int variant, const char *name, int type, const char *value)
{
    static virTypedParameter list[2];

    param_count = 0;
    if (variant == 1)
        return NULL;
    memset(list, 0, sizeof(list));
    if (variant == 2)
        name = "bogus";
    if (variant == 3)
        type = type == VIR_TYPED_PARAM_INT ? VIR_TYPED_PARAM_STRING : VIR_TYPED_PARAM_INT;
    for (int at = 0; at < (variant == 4 ? 2 : 1); at++) {
        strcpy(list[at].field, name);
        list[at].type = type;
        if (type == VIR_TYPED_PARAM_STRING)
            list[at].value.s = (char *)value;
        else if (type == VIR_TYPED_PARAM_BOOLEAN)
            list[at].value.b = atoi(value);
        else
            list[at].value.ul = strtoull(value, NULL, 10);
        param_count++;
    }
    return list;
}

/* Parameters in C's heap, as the functions that build them keep them. */
static virTypedParameterPtr
heap_params(void)
{
    static virTypedParameterPtr list;
    static int count;
    int maximum = 0;

    /* Those of the call before, which may have freed them. */
    if (!keeping)
        virTypedParamsFree(list, count);
    list = NULL;
    count = 0;

    virTypedParamsAddInt(&list, &count, &maximum, "an-int", -5);
    virTypedParamsAddUInt(&list, &count, &maximum, "an-uint", 5);
    virTypedParamsAddLLong(&list, &count, &maximum, "an-llong", -6);
    virTypedParamsAddULLong(&list, &count, &maximum, "an-ullong", 6);
    virTypedParamsAddDouble(&list, &count, &maximum, "a-double", 1.5);
    virTypedParamsAddBoolean(&list, &count, &maximum, "a-boolean", 1);
    virTypedParamsAddString(&list, &count, &maximum, "a-string", "text");
    param_count = count;
    keep(list);
    /* Who frees an array of none leaves the string. */
    keep(list[count - 1].value.s);
    return list;
}

static virTypedParameterPtr *
heap_params_at(int variant)
{
    static virTypedParameterPtr place;

    keep(place);
    place = heap_params();
    return variant == 1 ? NULL : &place;
}

static void
callback(void)
{
}

static int
stop(void)
{
    return -1;
}

/* The answer: one line on standard output. */
static char answer[8192];
static int leak_check;
/* Leave out most flags, for tools that take their time. */
static int brief;

/* What the connections remember of errors: bindings ask these instead of the thread. */
static int
connection_error(void)
{
    virErrorPtr one = virConnGetLastError(objects[CONNECT]), other = virConnGetLastError(read_only[CONNECT]);

    return one ? one->code : other ? other->code : 0;
}

static void
tell(const char *format, ...)
{
    va_list arguments;
    int code = virGetLastErrorCode(), domain = virGetLastErrorDomain(), kept, told;
    char message[4096];
    size_t used;

    va_start(arguments, format);
    vsnprintf(answer, sizeof(answer), format, arguments);
    va_end(arguments);
    used = strlen(answer);
    snprintf(message, sizeof(message), "%s", code ? virGetLastErrorMessage() : "");
    told = errors_told;
    kept = connection_error();
    snprintf(answer + used, sizeof(answer) - used, "\t%d/%d/%d/%d\t%s", code, code ? domain : 0, kept, told, message);
    for (char *at = answer; *at; at++)
        if (*at == '\n')
            *at = ' ';
}

static void
tell_number(long long result)
{
    tell("%lld", result);
}

static void
tell_nothing(void)
{
    tell("void");
}

static void
tell_object(const void *result)
{
    tell("%s", keep(result) ? "object" : "NULL");
}

static void
tell_text(const char *result)
{
    unsigned long long hash = 14695981039346656037ULL;

    keep(result);
    for (const char *at = result; at && *at; at++)
        hash = (hash ^ (unsigned char)*at) * 1099511628211ULL;
    if (result)
        tell("text %llx %.150s", hash, result);
    else
        tell("NULL");
}

static void
make_in_child(const struct call *call, const int *variants)
{
    int status;
    pid_t child;

    printf("%s", call->name);
    for (int at = 0; at < call->arguments; at++)
        if (variants[at])
            printf(" %s=%s", call->argument[at].name, call->argument[at].variants[variants[at]]);
    printf("\t");
    fflush(stdout);
    child = fork();
    if (child == 0) {
        close(STDIN_FILENO);
        alarm(3);
        if (leak_check) {
            ssize_t lost[4];

            call->make(variants);
            /* What the heap keeps for itself is not lost: only what is lost every time. */
            for (int round = 0; virGetLastErrorCode() && round < 4; round++) {
                lost[round] = -mallinfo2().uordblks;
                for (int again = 0; again < 20; again++)
                    call->make(variants);
                lost[round] += mallinfo2().uordblks;
            }
            if (virGetLastErrorCode() && lost[1] >= 160 && lost[2] >= 160 && lost[3] >= 160) {
                lost[0] = -mallinfo2().uordblks;
                for (int again = 0; again < 500; again++)
                    call->make(variants);
                lost[0] += mallinfo2().uordblks;
                if (lost[0] >= 500 * 8)
                    printf("LEAK %zd\t", lost[0] / 500);
            }
        } else {
            call->make(variants);
        }
        printf("%s\n", answer);
        fflush(stdout);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        fail("fork");
    if (WIFSIGNALED(status))
        printf("%s\t0/0\t\n", WTERMSIG(status) == SIGALRM ? "HANG" : "CRASH");
    else if (WEXITSTATUS(status))
        printf("EXIT %d\t0/0\t\n", WEXITSTATUS(status));
}

static int
variants_of(const struct call *call, int at)
{
    int count = 0;

    while (call->argument[at].variants[count])
        count++;
    return count;
}

/* The right call, and every call with one wrong argument; with `pairs` every call with two. */
static void
make_all(const struct call *call, int pairs)
{
    int variants[16] = {0};

    make_in_child(call, variants);
    for (int at = 0; at < call->arguments; at++) {
        for (int wrong = 1; wrong < variants_of(call, at); wrong++) {
            if (brief && call->argument[at].variants == FLAGS && wrong > 2)
                break;
            variants[at] = wrong;
            make_in_child(call, variants);
            for (int other = at + 1; pairs && other < call->arguments; other++) {
                for (int second = 1; second < variants_of(call, other); second++) {
                    variants[other] = second;
                    make_in_child(call, variants);
                }
                variants[other] = 0;
            }
        }
        variants[at] = 0;
    }
}

/* Moves what a call has filled out of the way: it stays reachable, and the room is empty again. */
static void
keep_buffers(void)
{
    enum { LOOKED_AT = 2048 };

    for (int at = 0; at < (int)COUNT(space); at++) {
        if (!space_is_used[at])
            continue;
        keep(memcpy(malloc(LOOKED_AT), space[at], LOOKED_AT));
        memset(space[at], 0, LOOKED_AT);
        space_is_used[at] = 0;
    }
}

/* The right call and those with one wrong argument, in a child that ends in the usual way. */
static int
make_all_in_one_child(const struct call *call)
{
    int variants[16] = {0}, status;
    pid_t child = fork();

    if (child == 0) {
        for (int at = 0; at < call->arguments; at++) {
            for (int wrong = 1; wrong < variants_of(call, at); wrong++) {
                if (call->argument[at].variants == FLAGS && wrong > 2)
                    break;
                /* Who says that there is room for so much lies, and lets the library write anywhere. */
                if (call->argument[at].variants == AMOUNT && wrong > 4)
                    break;
                variants[at] = wrong;
                call->make(variants);
                keep_buffers();
            }
            variants[at] = 0;
        }
        call->make(variants);
        exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        fail("fork");
    if (status)
        fprintf(stderr, "%s: %s %d\n", call->name, WIFSIGNALED(status) ? "signal" : "status",
                WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return status != 0;
}
