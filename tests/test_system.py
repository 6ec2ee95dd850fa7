#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the system is told of our programs: units, their hardening, firewalls,
AppArmor."""
import configparser
import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HERE = os.path.join(TOP, 'server', 'system')
PLACES = {'@SBINDIR@': '/usr/sbin', '@BINDIR@': '/usr/bin',
          '@SYSCONFDIR@': '/etc', '@LOCALSTATEDIR@': '/var'}
MOST_EXPOSED = 3.0


def text_of(name):
    with open(os.path.join(HERE, name), encoding='utf-8') as f:
        text = f.read()
    for word, place in PLACES.items():
        text = text.replace(word, place)
    return text


class System(unittest.TestCase):
    def exposure(self, name):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, name.replace('@', '@x'))
            with open(path, 'w', encoding='utf-8') as f:
                f.write(text_of(name))
            done = subprocess.run(
                ['systemd-analyze', 'security', '--offline=true',
                 '--no-pager', path], capture_output=True, text=True,
                timeout=60, check=False)
        found = re.search(r'exposure level for \S+: ([0-9.]+)', done.stdout)
        self.assertTrue(found, done.stdout + done.stderr)
        self.assertNotIn('Unknown', done.stderr)
        return float(found.group(1))

    @unittest.skipUnless(shutil.which('systemd-analyze'),
                         'systemd-analyze is not installed')
    def test_hardening(self):
        self.assertLess(self.exposure('smbquicd.service'), MOST_EXPOSED)
        self.assertLess(self.exposure('smbquic-relay@.service'), 2.0)

    def test_service(self):
        text = text_of('smbquicd.service')
        self.assertIn('\nType=notify\n', text)
        self.assertRegex(text, r'\nExecStart=/usr/sbin/smbquicd -F\n')
        self.assertRegex(text, r'\nWatchdogSec=\d+\n')
        self.assertIn('ExecReload=/bin/kill -HUP $MAINPID', text)
        allowed = re.findall(r'CAP_[A-Z_]+', ' '.join(
            re.findall(r'^CapabilityBoundingSet=(.*)', text, re.M)))
        self.assertNotIn('CAP_SYS_ADMIN', allowed)

    def test_socket(self):
        text = text_of('smbquicd.socket')
        self.assertEqual(re.findall(r'^Listen(\w+)=(\S+)$', text, re.M),
                         [('Datagram', '0.0.0.0:443'), ('Datagram', '[::]:443'),
                          ('Stream', '0.0.0.0:445'), ('Stream', '[::]:445')])
        # one socket for both families would see IPv4 addresses as IPv6
        self.assertIn('\nBindIPv6Only=ipv6-only\n', text)

    def test_firewalls(self):
        ports = xml.etree.ElementTree.parse(
            os.path.join(HERE, 'firewalld-smbquic.xml')).findall('port')
        self.assertEqual([p.attrib for p in ports],
                         [{'protocol': 'udp', 'port': '443'}])
        ufw = configparser.ConfigParser()
        ufw.read_string(text_of('ufw-smbquic'))
        self.assertEqual(ufw['smbquic']['ports'], '443/udp')
        self.assertEqual(ufw['smbquic full']['ports'], '443/udp|445/tcp')

    def test_apparmor(self):
        text = text_of('apparmor.d/usr.sbin.smbquicd')
        self.assertIn('/usr/sbin/smbquicd', text)
        self.assertEqual(text.count('{') - text.count('}'), 0)
        parser = shutil.which('apparmor_parser')
        if not parser or not os.path.exists('/etc/apparmor.d/tunables/global'):
            self.skipTest('apparmor_parser and its abstractions are not '
                          'installed')
        with tempfile.NamedTemporaryFile('w') as f:
            f.write(text)
            f.flush()
            done = subprocess.run([parser, '--skip-kernel-load',
                                   '--skip-cache', f.name],
                                  capture_output=True, text=True, timeout=60,
                                  check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_no_placeholder_is_left(self):
        for path in glob.glob(os.path.join(HERE, '**'), recursive=True):
            if os.path.isfile(path):
                text = text_of(os.path.relpath(path, HERE))
                self.assertNotRegex(text, r'@[A-Z]{3,}@', path)


if __name__ == '__main__':
    unittest.main()
