#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of scripts/lint: every rule catches its violation, and nothing else
is complained of."""
import os
import shutil
import subprocess
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
C = '/* SPDX-License-Identifier: GPL-3.0-or-later */\n'
S = '#!/bin/sh\n# SPDX-License-Identifier: GPL-3.0-or-later\n'
P = '#!/usr/bin/env python3\n# SPDX-License-Identifier: GPL-3.0-or-later\n'
BODY = C + 'int f(int a)\n{\n\t%s\n\treturn a;\n}\n'

# rule, file, its text, the line that is complained of
VIOLATIONS = [
    ('ngtcp2-only-in-quic', 'smbquic/tcp.c',
     C + '#include <ngtcp2/ngtcp2.h>\n', 2),
    ('codec-no-io', 'smbquic/smb2_open.c', C + '#include <tevent.h>\n', 2),
    ('codec-no-io', 'smbquic/wire.h',
     C + '#ifndef W_H\n#define W_H\n#include <sys/socket.h>\n#endif\n', 4),
    ('codec-no-io', 'smbquic/crypto.c',
     C + '#include "smbquic/transport.h"\n', 2),
    ('transport-no-smb2', 'smbquic/quic_conn.c',
     C + '#include "smbquic/smb2.h"\n', 2),
    ('transport-no-smb2', 'smbquic/tcp.c',
     C + '#include "smbquic/message.h"\n', 2),
    ('negotiate-no-io', 'negotiate/auth.c', C + '#include <tevent.h>\n', 2),
    ('negotiate-no-io', 'negotiate/auth.c',
     C + '#include "smbquic/transport.h"\n', 2),
    ('smbquic-below-all', 'smbquic/message.c',
     C + '#include "negotiate/keys.h"\n', 2),
    ('negotiate-below', 'negotiate/keys.c',
     C + '#include "server/server.h"\n', 2),
    ('certs-below', 'certs/cert.c', C + '#include "client/client.h"\n', 2),
    ('client-not-server', 'client/conn.c',
     C + '#include "server/server.h"\n', 2),
    ('server-not-client', 'server/conn.c',
     C + '#include "client/client.h"\n', 2),
    ('tests-not-included', 'server/conn.c',
     C + '#include "tests/testlib.h"\n', 2),
    ('include-from-top', 'server/conn.c', C + '#include "server.h"\n', 2),
    ('unbounded-string', 'server/conn.c', BODY % 'strcpy(b, a);', 4),
    ('unbounded-string', 'server/conn.c', BODY % 'sprintf (b, "x");', 4),
    ('unchecked-number', 'server/conn.c', BODY % 'a = atoi("1");', 4),
    ('static-buffer', 'server/conn.c', BODY % 'a = strtok(b, c);', 4),
    ('packed-struct', 'smbquic/smb2.h',
     C + '#ifndef A\n#define A\nstruct a {\n\tint a;\n'
     '} __attribute__((packed));\n#endif\n', 6),
    ('assignment-in-condition', 'server/conn.c',
     BODY % 'if ((a = 1) != 2) {\n\t}', 4),
    ('time-limits', 'server/conn.c',
     BODY % 'a = tevent_timeval_current_ofs(1, 0);', 4),
    ('unfinished', 'server/conn.c', C + '/* TO' 'DO later */\n', 2),
    ('unfinished', 'README.md', 'FIX' 'ME\n', 1),
    ('merge-conflict', 'server/conn.c', C + '<<<<<<< HEAD\n', 2),
    ('trailing-space', 'server/conn.c', C + 'int a; \n', 2),
    ('spdx', 'server/conn.c', 'int a;\n', 1),
    ('spdx', 'tests/001', '#!/bin/bash\necho\n', 2),
    ('spdx', 'server/wscript', 'def build(bld):\n    pass\n', 1),
    ('length', 'server/conn.c', C + 'int a;\n' * 1000, 1000),
    ('if-in-function', 'server/conn.c',
     C + 'int f(int a)\n{\n#ifdef B\n\treturn 1;\n#endif\n}\n', 4),
    ('header-guard', 'server/conn.h', C + 'int a(void);\n', 1),
    ('python-syntax', 'tests/x.py', P + 'def f(:\n', 3),
    ('shell-syntax', 'scripts/x', S + 'if true; then\n', 1),
    ('format', 'server/conn.c', C + 'int  a;\n', 2),
]

# nothing of this is a violation
GOOD = {
    'smbquic/quic_conn.c': C + '#include <ngtcp2/ngtcp2.h>\n'
                               '#include "smbquic/quic.h"\n',
    'smbquic/smb2_open.c': C + '#include "smbquic/wire.h"\n',
    'smbquic/message.c': C + '#include "smbquic/transport.h"\n'
                             '#include "smbquic/smb2.h"\n',
    'negotiate/keys.c': C + '#include "smbquic/crypto.h"\n',
    'server/conn.c': C + '#include "negotiate/keys.h"\n#include "config.h"\n'
                         '#ifdef A\nint a;\n#endif\n\n'
                         '/* strcpy(a, b); atoi(c) */\n'
                         'int f(int b)\n{\n'
                         '\tconst char *p = "strcpy(a, b)";\n\n'
                         '\tif (b == 1 || b <= 2 || p[0] != 3) {\n'
                         '\t\tsnprintf_like(b);\n\t}\n'
                         '\treturn b;\n}\n',
    'smbquic/status_list.h': C + 'STATUS(OK, 0)\n',
    'tests/test_a.c': C + '#include "tests/testlib.h"\n'
                          '#include <ngtcp2/ngtcp2.h>\n',
    'scripts/x': S + 'echo hello\n',
    'tests/y.py': P + 'print(1)\n',
    'README.md': 'two spaces  \nend a line\n',
}


class LintTest(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix='test_lint.')
        self.addCleanup(shutil.rmtree, self.top)
        self.write('scripts/lint', '')
        shutil.copy(os.path.join(TOP, 'scripts/lint'),
                    os.path.join(self.top, 'scripts'))
        shutil.copy(os.path.join(TOP, '.clang-format'), self.top)

    def write(self, name, text):
        path = os.path.join(self.top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w') as f:
            f.write(text)

    def lint(self, *args):
        p = subprocess.run([os.path.join(self.top, 'scripts/lint')] +
                           list(args), stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
        return p.returncode, p.stdout

    def test_every_violation_is_caught(self):
        formatted = 'not checked' not in self.lint()[1]
        for rule, name, text, line in VIOLATIONS:
            if rule == 'format' and not formatted:
                continue
            with self.subTest(rule=rule, name=name):
                self.write(name, text)
                status, out = self.lint(os.path.join(self.top, name))
                self.assertIn('%s:%d: %s: ' % (name, line, rule), out)
                self.assertEqual(status, 1)
                # and in a run over all files
                self.assertIn('%s:%d: %s: ' % (name, line, rule),
                              self.lint()[1])
                os.unlink(os.path.join(self.top, name))

    def test_every_rule_has_a_violation_here(self):
        rules = {line.split()[0]
                 for line in self.lint('--list')[1].splitlines()}
        self.assertEqual(rules - {'shellcheck'},
                         {row[0] for row in VIOLATIONS})

    def test_good_files(self):
        for name, text in GOOD.items():
            self.write(name, text)
        status, out = self.lint()
        self.assertIn('%d files, 0 violations' % (len(GOOD) + 2), out)
        self.assertEqual(status, 0)

    def test_only_named_files(self):
        self.write('server/a.c', 'int a;\n')
        self.write('server/b.c', 'int b;\n')
        out = self.lint(os.path.join(self.top, 'server/a.c'))[1]
        self.assertIn('server/a.c:1: spdx', out)
        self.assertNotIn('server/b.c', out)

    def test_usage(self):
        self.assertEqual(self.lint('--wrong')[0], 2)


if __name__ == '__main__':
    unittest.main()
