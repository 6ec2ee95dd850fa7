#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do the libraries export just what their public headers declare?

usage: tests/exports.py [BUILD]

A name that is declared and not there is a promise that nobody keeps; one that
is there and not declared has escaped the version script.
"""
import glob
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# folder, library
LIBRARIES = [
    ('smbquic', 'libsmbquic.so'),
    ('negotiate', 'libsmbquic-negotiate.so'),
    ('client', 'libsmbquic-client.so'),
]


def main(build):
    bad = 0
    for folder, library in LIBRARIES:
        scripts = glob.glob(os.path.join(build, folder, 'exports-*.map'))
        path = os.path.join(build, 'lib', library)
        if not scripts or not os.path.exists(path):
            print('%s: not built' % library)
            continue
        with open(scripts[0]) as f:
            declared = set(re.findall(r'^\t\t(\w+);$', f.read(), re.M))
        out = subprocess.run(['nm', '-D', '--defined-only', path], text=True,
                             check=True, stdout=subprocess.PIPE).stdout
        # versions are symbols, too, of the kind A
        there = {line.split()[-1].partition('@')[0]
                 for line in out.splitlines() if line.split()[-2] != 'A'}
        for name in sorted(declared - there):
            print('%s: %s/ declares %s, and nothing defines it'
                  % (library, folder, name))
        for name in sorted(there - declared):
            print('%s: exports %s, which no header declares'
                  % (library, name))
        print('%s: %d names' % (library, len(declared & there)))
        bad += len(declared ^ there)
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main((sys.argv[1:] or [os.path.join(TOP, 'build')])[0]))
