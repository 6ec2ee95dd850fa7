#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""smbquic.conf(5) has the settings that the server has."""
import os
import shutil
import subprocess
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get('SMBQUIC_BUILD', os.path.join(TOP, 'build'))
PAGE = os.path.join(TOP, 'server', 'smbquic.conf.5')


class Manual(unittest.TestCase):
    def test_is_up_to_date(self):
        if not os.path.exists(BUILD + '/tests/test_config'):
            self.skipTest('test_config is not built')
        with open(BUILD + '/config.h', encoding='utf-8') as f:
            if 'SYSCONFDIR "/etc"' not in f.read():
                self.skipTest('built for other folders than the page has')
        done = subprocess.run(
            [os.path.join(TOP, 'scripts', 'gen-conf-manual'), '--check'],
            capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @unittest.skipUnless(shutil.which('man'), 'man is not installed')
    def test_has_no_warnings(self):
        done = subprocess.run(
            ['man', '--warnings', '-l', PAGE], capture_output=True, text=True,
            timeout=60, check=False, env=dict(os.environ, MANWIDTH='80'))
        self.assertEqual(done.stderr, '')
        self.assertIn('server smb transports', done.stdout)


if __name__ == '__main__':
    unittest.main()
