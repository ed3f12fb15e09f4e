/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main() of a fuzz target without libFuzzer: runs every seed of its corpus, or
 * the files given, and says so in TAP. A fault ends it half-way.
 */
#include <dirent.h>
#include <stdio.h>

#include "tests/fuzz/fuzz.h"

#define PATH_MAX_HERE 4096

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(1 << 20);
    size_t n;

    if (!file || !data) {
        return 0;
    }
    n = fread(data, 1, 1 << 20, file);
    fclose(file);
    /* the size as it is, for a sanitizer */
    data = realloc(data, n ? n : 1);
    (void)LLVMFuzzerTestOneInput(data, n);
    free(data);
    return 1;
}

static int say(int number, const char *name, int good)
{
    printf("%sok %d - %s %s\n", good ? "" : "not ", number, fuzz_name, name);
    fflush(stdout);
    return good;
}

static int run_corpus(void)
{
    const char *srcdir = getenv("srcdir");
    char folder[PATH_MAX_HERE], path[PATH_MAX_HERE * 2];
    struct dirent *entry;
    int count = 0, failed = 0;
    DIR *dir;

    snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s",
             srcdir ? srcdir : ".", fuzz_name);
    dir = opendir(folder);
    while (dir && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
            failed += !say(++count, entry->d_name, run_file(path));
        }
    }
    if (dir) {
        closedir(dir);
    }
    printf("1..%d\n", count ? count : 1);
    return count == 0 || failed;
}

int main(int argc, char **argv)
{
    int i, failed = 0;

    if (argc < 2) {
        return run_corpus();
    }
    for (i = 1; i < argc; i++) {
        failed += !say(i, argv[i], run_file(argv[i]));
    }
    return failed != 0;
}
