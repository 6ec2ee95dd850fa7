#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the interface of libsmbquic-client.so.0 what programs were built with?

usage: tests/client_abi.py [--record] [BUILD]

client/libsmbquic-client.abi has its symbols and, for machines with 64 bits,
the size and every member's place of the structures in its public headers. What
it says stays true as long as the library has that name: members that are new
take the place of reserved ones.  --record adds what is new to it.
"""
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RECORD = os.path.join(TOP, 'client/libsmbquic-client.abi')
HEADERS = ['client/cache.h', 'client/client.h', 'client/contexts.h',
           'client/dir_cache.h', 'client/properties.h', 'client/target.h',
           'client/upload.h']
LIBRARIES = [('libsmbquic-client.so', 'SMBQUIC_CLIENT_0'),
             ('libsmbquic.so', 'SMBQUIC_0')]


def structures():
    """Name and members of every structure that the headers define."""
    for header in HEADERS:
        with open(os.path.join(TOP, header)) as f:
            text = re.sub(r'/\*.*?\*/', ' ', f.read(), flags=re.S)
        for name, body in re.findall(r'^struct (\w+) \{\n(.*?)^\};', text,
                                     re.S | re.M):
            yield name, [m for line in body.split(';') for m in members(line)]


def members(declaration):
    pointer = re.search(r'\(\*(\w+)\)\s*\(', declaration)
    if pointer:
        return [pointer.group(1)]
    return [re.search(r'(\w+)\s*(?:\[[^]]*\]\s*)*$', part).group(1)
            for part in declaration.split(',') if part.strip()]


def layout():
    """"struct client_open 64", "struct client_open.access 0 4"..."""
    lines = ['#include <stddef.h>', '#include <stdio.h>']
    lines += ['#include "%s"' % header for header in HEADERS]
    lines.append('int main(void)\n{')
    for name, names in structures():
        lines.append('printf("struct %s %%zu\\n", sizeof(struct %s));'
                     % (name, name))
        for member in names:
            if member == 'reserved':  # what may come takes its place
                continue
            lines.append(
                'printf("struct %s.%s %%zu %%zu\\n", offsetof(struct %s, %s), '
                'sizeof(((struct %s *)0)->%s));'
                % (name, member, name, member, name, member))
    lines.append('return 0;\n}\n')
    flags = subprocess.run(['pkg-config', '--cflags', 'talloc', 'tevent',
                            'gnutls'], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.split()
    with tempfile.TemporaryDirectory() as folder:
        source, program = folder + '/layout.c', folder + '/layout'
        with open(source, 'w') as f:
            f.write('\n'.join(lines))
        subprocess.run(['cc', '-std=gnu11', '-D_GNU_SOURCE', '-o', program,
                        '-I', TOP] + flags + [source], check=True)
        return subprocess.run([program], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.splitlines()


def symbols(build):
    for library, version in LIBRARIES:
        out = subprocess.run(
            ['nm', '-D', '--defined-only', '--with-symbol-versions',
             os.path.join(build, 'lib', library)], check=True, text=True,
            stdout=subprocess.PIPE).stdout
        for line in out.splitlines():
            name, _, where = line.split()[-1].partition('@@')
            if where == version:
                yield 'symbol %s %s' % (name, version)


def main(args):
    record = '--record' in args
    build = ([a for a in args if a != '--record']
             or [os.path.join(TOP, 'build')])[0]
    there = sorted(symbols(build)) + layout()
    with open(RECORD, 'a+') as f:
        f.seek(0)
        promised = [line for line in f.read().splitlines()
                    if line and not line.startswith('#')]
    gone = [line for line in promised if line not in set(there)]
    new = [line for line in there if line not in set(promised)]
    for line in gone:
        print('programs rely on this: %s' % line)
    if record and not gone:
        with open(RECORD, 'w') as f:
            f.write('# SPDX-License-Identifier: GPL-3.0-or-later\n'
                    '# What programs may rely on: see tests/client_abi.py\n'
                    + ''.join(line + '\n' for line in there))
        new = []
    for line in new:
        print('not recorded (tests/client_abi.py --record): %s' % line)
    print('libsmbquic-client.so.0: %s' % ('changed' if gone
                                          else 'as recorded'))
    return 1 if gone else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
