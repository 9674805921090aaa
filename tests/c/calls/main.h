/* usage: calls PART OF [pairs] [leaks] [brief] [kept] [only NAME]: makes part PART OF of the calls, and tells each answer in a
 * line. With `kept` all calls of a function are made in one process, and nothing is told: for tools that watch memory.
 */
int
main(int argc, char **argv)
{
    int part = argc > 2 ? atoi(argv[1]) : 0, of = argc > 2 ? atoi(argv[2]) : 1, pairs = 0, kept = 0, failed = 0;
    const char *only = NULL;

    for (int at = 3; at < argc; at++) {
        pairs |= strcmp(argv[at], "pairs") == 0;
        brief |= strcmp(argv[at], "brief") == 0;
        kept |= strcmp(argv[at], "kept") == 0;
        leak_check |= strcmp(argv[at], "leaks") == 0;
        if (strcmp(argv[at], "only") == 0 && at + 1 < argc)
            only = argv[++at];
    }
    keeping = kept;
    prepare();
    for (int at = part; at < (int)COUNT(calls); at += of) {
        if (only && strcmp(calls[at].name, only) != 0)
            continue;
        if (kept)
            failed |= make_all_in_one_child(&calls[at]);
        else
            make_all(&calls[at], pairs);
    }
    return failed;
}
