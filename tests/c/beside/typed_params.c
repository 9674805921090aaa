/* Typed parameters: building, reading, wrong types, long names, text. */
#include "beside.h"

static virTypedParameterPtr list;
static int count, maximum;

static void dump(void)
{
    printf("  %d parameters:", count);
    for (int at = 0; at < count; at++) {
        printf(" %s/%d", list[at].field, list[at].type);
        switch (list[at].type) {
        case VIR_TYPED_PARAM_INT: printf("=%d", list[at].value.i); break;
        case VIR_TYPED_PARAM_UINT: printf("=%u", list[at].value.ui); break;
        case VIR_TYPED_PARAM_LLONG: printf("=%lld", list[at].value.l); break;
        case VIR_TYPED_PARAM_ULLONG: printf("=%llu", list[at].value.ul); break;
        case VIR_TYPED_PARAM_DOUBLE: printf("=%.3f", list[at].value.d); break;
        case VIR_TYPED_PARAM_BOOLEAN: printf("=%d", list[at].value.b); break;
        case VIR_TYPED_PARAM_STRING: printf("='%s'", list[at].value.s ? list[at].value.s : "(none)"); break;
        default: printf("=?");
        }
    }
    printf("\n");
}

int main(void)
{
    const char *texts[] = {"1", "-1", "0", "", " 7", "7 ", "1.5", "true", "TRUE", "false", "yes", "2147483647",
                           "2147483648", "4294967295", "4294967296", "-2147483648", "9223372036854775807",
                           "9223372036854775808", "18446744073709551615", "18446744073709551616", "1e3", "abc", "+5", "-0"};
    const char *strings[] = {"a", "b", "", NULL};
    char name[128];
    const char *text;
    int i, b;
    unsigned ui;
    long long l;
    unsigned long long ul;
    double d;

    virInitialize();
    virSetErrorFunc(NULL, quiet);
    TELL(virTypedParamsAddInt(&list, &count, &maximum, "int", -5));
    TELL(virTypedParamsAddUInt(&list, &count, &maximum, "uint", 5));
    TELL(virTypedParamsAddLLong(&list, &count, &maximum, "llong", -6));
    TELL(virTypedParamsAddULLong(&list, &count, &maximum, "ullong", 6));
    TELL(virTypedParamsAddDouble(&list, &count, &maximum, "double", 1.5));
    TELL(virTypedParamsAddBoolean(&list, &count, &maximum, "boolean", 7));
    TELL(virTypedParamsAddString(&list, &count, &maximum, "string", "text"));
    TELL(virTypedParamsAddString(&list, &count, &maximum, "no-string", NULL));
    TELL(virTypedParamsAddStringList(&list, &count, &maximum, "many", strings));
    TELL(virTypedParamsAddStringList(&list, &count, &maximum, "many", NULL));
    TELL(virTypedParamsAddInt(&list, &count, &maximum, "int", 6));
    TELL(virTypedParamsAddInt(&list, &count, &maximum, "", 8));
    dump();

    for (int length = 78; length <= 81; length++) {
        memset(name, 'x', sizeof(name));
        name[length] = 0;
        TELL(virTypedParamsAddInt(&list, &count, &maximum, name, length));
    }
    dump();
    for (int type = 0; type <= 8; type++)
        for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++) {
            int before = count;

            printf("type %d text '%s': ", type, texts[at]);
            printf("%d, error %d/%d\n", virTypedParamsAddFromString(&list, &count, &maximum, "t", type, texts[at]),
                   virGetLastErrorCode(), virGetLastErrorDomain());
            if (count > before) {
                virTypedParameter last = list[count - 1];
                printf("   type %d value %llx\n", last.type,
                       last.type == VIR_TYPED_PARAM_STRING ? strlen(last.value.s)
                       : last.type == VIR_TYPED_PARAM_INT || last.type == VIR_TYPED_PARAM_UINT ? last.value.ui
                       : last.type == VIR_TYPED_PARAM_BOOLEAN ? (unsigned)last.value.b : last.value.ul);
            }
        }
    TELL(virTypedParamsAddFromString(&list, &count, &maximum, "t", VIR_TYPED_PARAM_STRING, NULL));
    TELL(virTypedParamsAddFromString(&list, &count, &maximum, "t", VIR_TYPED_PARAM_INT, NULL));

    for (int at = 0; at < 7; at++) {
        const char *names[] = {"int", "uint", "llong", "ullong", "double", "boolean", "string"};
        printf("reading %s\n", names[at]);
        i = b = 77; ui = 77; l = 77; ul = 77; d = 77; text = "before";
        TELL(virTypedParamsGetInt(list, count, names[at], &i));
        TELL(virTypedParamsGetUInt(list, count, names[at], &ui));
        TELL(virTypedParamsGetLLong(list, count, names[at], &l));
        TELL(virTypedParamsGetULLong(list, count, names[at], &ul));
        TELL(virTypedParamsGetDouble(list, count, names[at], &d));
        TELL(virTypedParamsGetBoolean(list, count, names[at], &b));
        TELL(virTypedParamsGetString(list, count, names[at], &text));
        printf("   %d %u %lld %llu %.2f %d '%s'\n", i, ui, l, ul, d, b, text);
        TELL(virTypedParamsGetInt(list, count, names[at], NULL));
        TELL_OBJECT(virTypedParamsGet(list, count, names[at]));
    }
    TELL(virTypedParamsGetInt(list, count, "nothing", &i));
    TELL(virTypedParamsGetInt(NULL, 0, "int", &i));
    TELL(virTypedParamsGetInt(list, 0, "int", &i));
    TELL(virTypedParamsGetInt(list, count, "in", &i));
    TELL(virTypedParamsGetInt(list, count, "inta", &i));
    TELL(virTypedParamsGetInt(list, count, NULL, &i));
    TELL_OBJECT(virTypedParamsGet(NULL, 0, "int"));
    TELL(virTypedParamsGetString(list, count, "no-string", &text));
    printf("   '%s'\n", text ? text : "(none)");
    virTypedParamsClear(list, count);
    printf("cleared: %s\n", list[0].field);
    virTypedParamsClear(NULL, 0);
    virTypedParamsFree(list, 0);
    virTypedParamsFree(NULL, 0);
    virTypedParamsFree(NULL, 3);
    return 0;
}
