# SPDX-License-Identifier: Apache-2.0
"""Prometheus' text format 0.0.4, read as strictly as its checker does."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? "
                    r"([+-]?[0-9]+(?:\.[0-9]+)?)\Z")
META = re.compile(rf"# (HELP|TYPE) ({NAME}) (.*)\Z")
PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


def meta(line, families):
    """HELP, then TYPE, once each and before the samples. -> the name"""
    what, name, rest = META.match(line).groups()
    if what == "HELP":
        assert name not in families, f"{name}: described twice"
        assert rest and not re.search(r"\\[^\\n]", rest), line
        families[name] = None
    else:
        assert families.get(name, "?") is None, f"{name}: TYPE without HELP"
        assert rest in ("counter", "gauge", "histogram"), line
        assert (rest == "counter") == name.endswith("_total"), line
        families[name] = rest
    return name


def read(answer):
    """{(name, (label, value), ...): number} of an answer's text."""
    assert answer.status == 200
    assert answer.get("content-type") == \
        "text/plain; version=0.0.4; charset=utf-8"
    assert answer.text.endswith("\n")
    families, samples, current = {}, {}, None
    for line in answer.text.split("\n")[:-1]:
        if line.startswith("#"):
            current = meta(line, families)
            continue
        match = SAMPLE.match(line)
        assert match, f"no sample: {line!r}"
        name, labels, value = match.groups()
        family = re.sub("_(bucket|sum|count)$", "", name) \
            if families.get(current) == "histogram" else name
        assert family == current and families[family], \
            f"{name}: not in its place"
        pairs = tuple(sorted(PAIR.findall(labels or "")))
        assert len({key for key, _ in pairs}) == len(pairs), line
        assert (name, *pairs) not in samples, f"{line!r} is there twice"
        assert float(value) >= 0, line
        samples[(name, *pairs)] = float(value)
    return samples
