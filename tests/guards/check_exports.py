#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mod_wfp.so shows httpd one symbol."""

import os
import pathlib
import subprocess

import guardlib


def library(root):
    """The module as built, in the build folder that WFP_BUILD names."""
    return (pathlib.Path(os.environ.get("WFP_BUILD", root / "build"))
            / ".libs/mod_wfp.so")


def check_library(path):
    if not path.is_file():
        return [f"exports: {path.name} is not built"]
    out = subprocess.run(["nm", "-D", "--defined-only", str(path)], text=True,
                         capture_output=True, check=True).stdout
    names = [line.split()[-1] for line in out.splitlines()]
    return ([f"exports {name}" for name in names if name != "wfp_module"]
            + ([] if "wfp_module" in names else ["wfp_module is missing"]))


def check(root):
    return check_library(library(pathlib.Path(root)))


if __name__ == "__main__":
    guardlib.run(check)
