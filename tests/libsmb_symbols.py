#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does our libsmbclient.so.0 export what it should?

usage: tests/libsmb_symbols.py LIBRARY MAP [SAMBAS-LIBRARY...]

Every name and version of the linker's map, and nothing else; and every name and
version that Samba's libraries have, where there are any.
"""
import re
import subprocess
import sys


def exported(path):
    """name@version of functions and of versions themselves"""
    out = subprocess.run(['nm', '-D', '--defined-only', path], text=True,
                         check=True, stdout=subprocess.PIPE).stdout
    return {line.split()[-1].replace('@@', '@') for line in out.splitlines()}


def wanted(path):
    with open(path) as f:
        text = re.sub(r'/\*.*?\*/', '', f.read(), flags=re.S)
    names = set()
    for version, body in re.findall(r'(\w+\.\d+\.\d+) \{(.*?)\}', text, re.S):
        names.add(version)
        names.update('%s@%s' % (name, version)
                     for name in re.findall(r'^\s+(\w+);', body, re.M))
    return names


def bare(names):
    # nm prints a version itself with or without another behind it
    return {n.split('@')[0] if n.startswith('SMBCLIENT_') else n
            for n in names}


def main(library, script, *sambas):
    have, want = bare(exported(library)), bare(wanted(script))
    print('functions %d' % sum('@' in name for name in have))
    for name in sorted(want - have):
        print('missing: ' + name)
    for name in sorted(have - want):
        print('too much: ' + name)
    for samba in sambas:
        for name in sorted(bare(exported(samba)) - have):
            print('in Samba\'s, and not here: ' + name)


if __name__ == '__main__':
    main(*sys.argv[1:])
