# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for secrets in the memory of a process, or in a core dump.

usage: image_view.py PID|FILE NAME=HEX...   says which are there, and where
       image_view.py needles PASSWORD       prints NAME=HEX for the forms of a
                                            password and of its NT hash
What other processes cannot read, this one cannot either, and that is the point
of it.  It says `read N MiB` to standard error, so that a look at nothing can
be told from a look that found nothing."""
import os
import struct
import sys


def md4(data):
    """RFC 1320, as OpenSSL may not have it any more."""
    def rot(x, n):
        x &= 0xffffffff
        return (x << n | x >> (32 - n)) & 0xffffffff
    a, b, c, d = 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476
    length = len(data) * 8
    data += b'\x80' + b'\0' * (-(len(data) + 9) % 64)
    data += struct.pack('<Q', length)
    orders = (range(16), [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
              [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15])
    shifts = ((3, 7, 11, 19), (3, 5, 9, 13), (3, 9, 11, 15))
    functions = (lambda x, y, z: x & y | ~x & z,
                 lambda x, y, z: x & y | x & z | y & z,
                 lambda x, y, z: x ^ y ^ z)
    adds = (0, 0x5a827999, 0x6ed9eba1)
    for at in range(0, len(data), 64):
        x = struct.unpack_from('<16I', data, at)
        v = [a, b, c, d]
        for f, order, shift, add in zip(functions, orders, shifts, adds):
            for i, k in enumerate(order):
                new = rot(v[0] + f(v[1], v[2], v[3]) + x[k] + add,
                          shift[i % 4])
                v = [v[3], new, v[1], v[2]]
        a, b, c, d = [(p + q) & 0xffffffff
                      for p, q in zip((a, b, c, d), v)]
    return struct.pack('<4I', a, b, c, d)


def needles(password):
    digest = md4(password.encode('utf-16-le'))
    forms = {'password': password.encode(),
             'password-16': password.encode('utf-16-le'),
             'hash': digest,
             'hash-hex': digest.hex().encode(),
             'hash-HEX': digest.hex().upper().encode()}
    return ['%s=%s' % (name, form.hex()) for name, form in forms.items()]


def mappings(pid):
    """(name, bytes) of all that can be written."""
    with open('/proc/%s/maps' % pid, encoding='utf-8') as maps, \
            open('/proc/%s/mem' % pid, 'rb', 0) as mem:
        for line in maps:
            words = line.split(None, 5)
            if 'r' not in words[1] or 'w' not in words[1]:
                continue
            start, end = (int(x, 16) for x in words[0].split('-'))
            name = words[5].strip() if len(words) > 5 else 'anonymous'
            try:
                mem.seek(start)
                yield name, mem.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue


def main():
    if sys.argv[1] == 'needles':
        print('\n'.join(needles(sys.argv[2])))
        return
    wanted = [(word.split('=')[0], bytes.fromhex(word.split('=')[1]))
              for word in sys.argv[2:]]
    if os.path.isfile(sys.argv[1]):
        with open(sys.argv[1], 'rb') as f:
            parts = [('core', f.read())]
    else:
        parts = mappings(sys.argv[1])
    total = 0
    found = set()
    for where, data in parts:
        total += len(data)
        for name, needle in wanted:
            if needle in data:
                found.add('%s in %s' % (name, os.path.basename(where)))
    print('read %d MiB' % (total >> 20), file=sys.stderr)
    if total == 0:
        print('nothing could be read')
    for line in sorted(found):
        print(line)


if __name__ == '__main__':
    main()
