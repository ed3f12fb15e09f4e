#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every header compiles alone: it includes what it needs."""

import os
import pathlib
import shutil
import subprocess

import guardlib

PACKAGES = ("apr-1", "apr-util-1", "lua5.4", "libcurl", "jansson")


def include_flags():
    """-I of the libraries and of httpd, as configure finds them."""
    flags = subprocess.run(["pkg-config", "--cflags", *PACKAGES], text=True,
                           capture_output=True, check=True).stdout.split()
    apxs = shutil.which("apxs") or shutil.which("apxs2")
    for name, prefix in (("INCLUDEDIR", "-I"), ("EXTRA_CPPFLAGS", "")):
        out = subprocess.run([apxs, "-q", name], text=True,
                             capture_output=True, check=True).stdout
        flags += [prefix + word for word in out.split()]
    return flags


def check(root):
    root, bad = pathlib.Path(root), []
    headers = [p for p in guardlib.c_files(root, *guardlib.ROOMS,
                                           "tests/unit") if p.suffix == ".h"]
    if not headers:
        return ["headers: no header was checked"]
    flags = include_flags()
    for header in headers:
        rel = header.relative_to(root)
        # the header as an included file: a main file may leave statics unused
        done = subprocess.run(
            [os.environ.get("CC", "cc"), "-std=gnu11", "-fsyntax-only",
             "-Wall", "-Werror", "-I", str(root), *flags, "-x", "c", "-"],
            input=f'#include "{rel}"\n', text=True, capture_output=True,
            check=False)
        if done.returncode:
            bad.append(f"{rel}: does not compile alone\n{done.stderr}")
    return bad


if __name__ == "__main__":
    guardlib.run(check)
