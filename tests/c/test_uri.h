/* Where the programs find a host that is only in memory: in their own process, or in a daemon. */
#ifndef TEST_URI_H
#define TEST_URI_H

#include <stdlib.h>

static inline const char *test_uri(void)
{
    const char *chosen = getenv("TEST_URI");
    return chosen ? chosen : "test:///default";
}

#endif
