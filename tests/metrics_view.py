#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads metrics in Prometheus' text format from standard input as strictly as
promtool's `check metrics`, and prints the values of the samples named.

usage: metrics_view.py [SAMPLE...] <metrics
"""
import collections
import math
import re
import sys

NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(r'(%s)(?:\{(%s(?:,%s)*)\})? ([^ ]+)$' % (NAME, LABEL,
                                                            LABEL))
SUFFIXES = {'histogram': ('_bucket', '_sum', '_count')}


def fail(number, why, line):
    sys.exit('line %d: %s: %s' % (number, why, line))


class Reader:
    def __init__(self):
        self.types, self.helped, self.closed = {}, set(), set()
        self.family, self.values = None, collections.OrderedDict()

    def comment(self, n, line):
        m = re.match(r'# (HELP|TYPE) (%s) (\S.*)$' % NAME, line)
        if not m:
            fail(n, 'neither HELP nor TYPE', line)
        kind, name, text = m.groups()
        if kind == 'HELP':
            if name in self.helped:
                fail(n, 'a second HELP', line)
            self.helped.add(name)
            self.closed.add(self.family)
            self.family = name
            return
        if name != self.family or name in self.types:
            fail(n, 'TYPE does not follow its HELP', line)
        if text not in ('counter', 'gauge', 'histogram'):
            fail(n, 'no such type', line)
        if (text == 'counter') != name.endswith('_total'):
            fail(n, 'counters, and they alone, end in _total', line)
        self.types[name] = text

    def sample(self, n, line):
        m = SAMPLE.match(line)
        if not m:
            fail(n, 'not a sample', line)
        name, labels, value = m.group(1), m.group(2) or '', m.groups()[-1]
        kind = self.types.get(self.family)
        if name not in [self.family + s for s in SUFFIXES.get(kind, ('',))]:
            fail(n, 'not of the family %s' % self.family, line)
        pairs = re.findall(LABEL, labels)
        if len(set(p[0] for p in pairs)) != len(pairs):
            fail(n, 'a label twice', line)
        number = float(value)
        if math.isnan(number) or (kind != 'gauge' and number < 0):
            fail(n, 'such a value cannot be', line)
        key = (name, tuple(sorted(pairs)))
        if key in self.values:
            fail(n, 'the same sample again', line)
        self.values[key] = number

    def histograms(self):
        groups = collections.defaultdict(list)
        for (name, pairs), value in self.values.items():
            if name.endswith('_bucket'):
                rest = tuple(p for p in pairs if p[0] != 'le')
                le = dict(pairs)['le']
                groups[(name[:-7], rest)].append((float(le), value))
        for (name, rest), buckets in groups.items():
            if [b[0] for b in buckets] != sorted(b[0] for b in buckets) or \
                    [b[1] for b in buckets] != sorted(b[1] for b in buckets):
                sys.exit('%s%s: buckets are not in order' % (name, rest))
            if buckets[-1][0] != math.inf:
                sys.exit('%s%s: no bucket for the rest' % (name, rest))
            if buckets[-1][1] != self.values[(name + '_count', rest)] or \
                    (name + '_sum', rest) not in self.values:
                sys.exit('%s%s: count or sum does not fit' % (name, rest))

    def read(self, text):
        if not text.endswith('\n'):
            sys.exit('the last line is cut')
        for n, line in enumerate(text[:-1].split('\n'), 1):
            if line.startswith('#'):
                self.comment(n, line)
            else:
                self.sample(n, line)
        if set(self.types) != self.helped:
            sys.exit('a family without a type')
        self.histograms()


def main(names):
    reader = Reader()
    reader.read(sys.stdin.read())
    found = {}
    for (name, pairs), value in reader.values.items():
        labels = ','.join('%s="%s"' % p for p in pairs)
        found[name + ('{%s}' % labels if labels else '')] = value
    for name in names:
        print('%s %s' % (name, '%g' % found[name] if name in found else '-'))


if __name__ == '__main__':
    main(sys.argv[1:])
