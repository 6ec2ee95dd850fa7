#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is every function of libsmbclient called by some test of ours?

usage: tests/libsmb_tested.py BUILD MAP

A test calls what its object file leaves to the linker; programs of others do
not count, as what they call is not known.
"""
import glob
import os
import re
import subprocess
import sys


def exported(path):
    with open(path) as f:
        text = re.sub(r'/\*.*?\*/', '', f.read(), flags=re.S)
    return set(re.findall(r'^\s+(\w+);', text, re.M))


def objects(build):
    """The newest of each source: there may be some of other flags."""
    newest = {}
    for path in sorted(glob.glob(os.path.join(build, 'tests',
                                              '*libsmb_*.c.*.o')),
                       key=os.path.getmtime):
        newest[os.path.basename(path).split('.c.')[0]] = path
    return list(newest.values())


def wanted(paths):
    out = subprocess.run(['nm', '-u', *paths], text=True, check=True,
                         stdout=subprocess.PIPE).stdout
    return {line.split()[-1] for line in out.splitlines() if ' U ' in line}


def main(build, script):
    tests = objects(build)
    if not tests:
        print('no tests are built')
        return 1
    names = exported(script)
    for name in sorted(names - wanted(tests)):
        print('no test calls ' + name)
    print('functions tested %d' % len(names & wanted(tests)))
    return 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
