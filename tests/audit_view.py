# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests ask of audit records.

usage: audit_view.py journal SOCKET FILE     plays systemd's journal: every
                                             datagram becomes a JSON line
       audit_view.py show FILE MEMBER...     members of every record
       audit_view.py banned FILE FILTER      addresses that the filter of
                                             fail2ban finds
"""
import json
import re
import socket
import sys


def fields(datagram):
    """The native protocol: KEY=value, or KEY, length and value."""
    found = {}
    while datagram:
        line, datagram = datagram.split(b'\n', 1)
        if b'=' in line:
            key, value = line.split(b'=', 1)
        else:
            key, size = line, int.from_bytes(datagram[:8], 'little')
            value, end = datagram[8:8 + size], datagram[8 + size:9 + size]
            assert end == b'\n', datagram
            datagram = datagram[9 + size:]
        assert re.fullmatch(rb'[A-Z][A-Z0-9_]*', key), key
        found[key.decode()] = value.decode()
    return found


def journal(path, out):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        print('ready', flush=True)
        while True:
            datagram = s.recv(1 << 20)
            with open(out, 'a', encoding='utf-8') as f:
                f.write(json.dumps(fields(datagram)) + '\n')


def show(path, *members):
    with open(path, encoding='utf-8') as f:
        for line in f:
            record = json.loads(line)
            print(' '.join(str(record.get(m, '-')) for m in members))


def banned(path, conf):
    """As fail2ban reads it: the date is cut off, then the rest is matched."""
    with open(conf, encoding='utf-8') as f:
        settings = dict(re.findall(r'(?m)^(\w+) = ?(.*)$', f.read()))
    date = settings['datepattern']
    for code, digits in ('Y', 4), ('m', 2), ('d', 2), ('H', 2), ('M', 2), \
            ('S', 2), ('f', 6):
        date = date.replace('%%' + code, r'\d{%d}' % digits)
    address = r'(?P<host>[0-9a-f.:]+)'
    pattern = re.compile(settings['failregex'].replace('<HOST>', address))
    with open(path, encoding='utf-8') as f:
        for line in f:
            when = re.search(date, line)
            found = when and pattern.search(
                line[:when.start()] + line[when.end():])
            if found:
                print(found['host'])


if __name__ == '__main__':
    {'journal': journal, 'show': show,
     'banned': banned}[sys.argv[1]](*sys.argv[2:])
