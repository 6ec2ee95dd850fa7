# SPDX-License-Identifier: GPL-3.0-or-later
"""What others say to our compression, and we to theirs.

usage: compress_judges.py PROGRAM tshark
       compress_judges.py PROGRAM samba

PROGRAM is compress_perf.  tshark gets a capture of WRITE requests that we have
compressed, chained and not, and must see what was in them; messages of one block of 64 KiB,
since Wireshark 4.0 stops behind the first.  samba, for its own
Python inside of the peer root, takes part in both directions.
"""
import random
import re
import struct
import subprocess
import sys

HEADER = 64
WRITE_BODY = 48
LEAD = HEADER + WRITE_BODY
ALGORITHMS = ('lz77', 'lz77+huffman', 'lznt1')


def call(*args, data=b''):
    return subprocess.run(args, input=data, stdout=subprocess.PIPE,
                          check=True).stdout


def texts(most=1 << 20):
    """Names and bytes, at most so many: what compresses in different ways."""
    for what, data in all_texts():
        yield what, data[:most]


def all_texts():
    r = random.Random(7)
    words = [bytes(r.choices(b'abcdefghijklmnop', k=r.randint(2, 9)))
             for _ in range(300)]
    text = b' '.join(r.choices(words, k=12000))
    yield 'text', text
    yield 'runs at both ends', bytes(300) + text[:9000] + b'x' * 200
    yield 'zeros', bytes(50000)
    yield 'some noise', b''.join(
        r.randbytes(r.randint(1, 900)) + bytes(r.randint(1, 3000))
        for _ in range(40))
    yield 'short period', b'abc' * 30000


# --- tshark ----------------------------------------------------------------

def write_request(number, data):
    header = struct.pack('<4sHHIHHIIQIIQ16s', b'\xfeSMB', 64, 1, 0, 9, 1, 0, 0,
                         number, 0, 1, 1, bytes(16))
    body = struct.pack('<HHIQQQIIHHI', 49, LEAD, len(data), 0, 2, 3, 0, 0, 0,
                       0, 0)
    return header + body + data


def capture(messages):
    """Each message in segments of TCP, as a client sends them."""
    out = [struct.pack('<IHHIIII', 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)]
    sequence = 1
    for number, message in enumerate(messages):
        stream = struct.pack('>I', len(message)) + message
        while stream:
            piece, stream = stream[:16000], stream[16000:]
            ip = struct.pack('>BBHIBBH4s4s', 0x45, 0, 40 + len(piece), 0, 64,
                             6, 0, bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2)))
            tcp = struct.pack('>HHIIBBHHH', 50000, 445, sequence, 1, 0x50, 0x18,
                              65535, 0, 0)
            packet = ip + tcp + piece
            out.append(struct.pack('<IIII', number, 0, len(packet),
                                   len(packet)) + packet)
            sequence += len(piece)
    return b''.join(out)


def hex_dumps(text):
    """The byte sources that tshark -x prints, by their titles."""
    found, title, data = [], None, bytearray()
    for line in text.splitlines():
        m = re.match(r'^([0-9a-f]{4,}) {2}((?:[0-9a-f]{2} ){1,16})', line)
        if m:
            data += bytes.fromhex(m.group(2))
            continue
        if title is not None and data:
            found.append((title, bytes(data)))
            title, data = None, bytearray()
        m = re.match(r'^(.*) \(\d+ bytes\):$', line)
        if m:
            title, data = m.group(1), bytearray()
    if title is not None and data:
        found.append((title, bytes(data)))
    return found


def judge_tshark(program):
    rows, packed = [], []
    for algorithm in ALGORITHMS:
        for how in ('alone', 'chained'):
            for what, data in texts(60000):
                plain = write_request(len(rows) + 1, data)
                rows.append((algorithm, how, what, plain))
                packed.append(call(program, 'wrap', algorithm, how, str(LEAD),
                                   data=plain))
    with open('judged.pcap', 'wb') as f:
        f.write(capture(packed))
    dumps = hex_dumps(call('tshark', '-r', 'judged.pcap', '-x').decode())
    seen = {data for _, data in dumps if data[:4] == b'\xfeSMB'}
    for algorithm, how, what, plain in rows:
        print('%s, %s, %s: %s' % (algorithm, how, what, 'as it was'
                                  if plain in seen else 'NOT SEEN'))


# --- Samba -----------------------------------------------------------------

def judge_samba(program):
    from samba import compression
    for algorithm, theirs_in, theirs_out in (
            ('lz77', compression.plain_decompress,
             compression.plain_compress),
            ('lz77+huffman', compression.huffman_decompress,
             compression.huffman_compress)):
        for what, data in texts():
            ours = call(program, 'pack', algorithm, data=data)
            good = theirs_in(ours, len(data)) == data
            theirs = theirs_out(data)
            back = call(program, 'unpack', algorithm, str(len(data)),
                        data=theirs)
            print('%s, %s: %s, %s, %s' % (
                algorithm, what, 'they open ours' if good else 'THEY DO NOT',
                'we open theirs' if back == data else 'WE DO NOT',
                'of a similar size' if len(ours) <= len(theirs) * 1.2 + 300
                else 'ours has %d bytes, theirs %d' % (len(ours),
                                                       len(theirs))))


if __name__ == '__main__':
    {'tshark': judge_tshark, 'samba': judge_samba}[sys.argv[2]](sys.argv[1])
