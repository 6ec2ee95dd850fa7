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
BUILD = os.environ.get('SMBQUIC_BUILD', os.path.join(TOP, 'build'))
HERE = os.path.join(TOP, 'server', 'system')
PLACES = {'@DATADIR@': '/usr/share', '@SBINDIR@': '/usr/sbin', '@BINDIR@': '/usr/bin',
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

    def test_relay(self):
        text = text_of('smbquic-relay@.service')
        self.assertIn('\nType=notify\n', text)
        self.assertIn('ExecReload=/bin/kill -HUP $MAINPID', text)
        # what it may write is where it remembers
        self.assertIn('\nStateDirectory=smbquic-relay/%i\n', text)
        self.assertRegex(text, r'\nExecStart=\S+/smbquic-relay '
                         r'--known-hosts=\$\{STATE_DIRECTORY\}/known_hosts '
                         r'--remember=\$\{STATE_DIRECTORY\}/visits '
                         r'\$RELAY_OPTIONS\n')
        self.assertEqual(
            re.findall(r'^Listen(\w+)=(\S+)$',
                       text_of('smbquic-relay@.socket'), re.M),
            [('Stream', '127.0.0.1:4450')])

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

        # what the sources look at
        for name in 'speed', 'queues/':
            self.assertRegex(text, r'@\{sys\}/class/net/\*/\{.*' + name)
        self.assertIn('@{sys}/devices/**/net/** r,', text)
        self.assertIn('<abstractions/p11-kit>', text)

    def test_sysctl(self):
        """What we ship is what sockets ask for."""
        with open(os.path.join(TOP, 'smbquic', 'udp.c'),
                  encoding='utf-8') as f:
            asked = re.findall(r'#define \w+_BUFFER +\((\d+) << (\d+)\)',
                               f.read())
        wanted = max(int(number) << int(bits) for number, bits in asked)
        text = text_of('sysctl.conf')
        for name in 'rmem_max', 'wmem_max':
            offered = re.search(r'^net\.core\.%s = (\d+)$' % name, text, re.M)
            self.assertGreaterEqual(int(offered.group(1)), wanted)

    def test_begin(self):
        """A fresh installation says what to do: the service is started without
        a configuration, and the example is one that the checker takes."""
        self.assertNotIn('ConditionPathExists', text_of('smbquicd.service'))
        program = os.path.join(BUILD, 'bin', 'smbquicd')
        if not os.path.exists(program):
            self.skipTest(program + ' is not built')
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'smbquic.conf')
            done = subprocess.run([program, '-F', '-s', path], text=True,
                                  capture_output=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 78)
            self.assertIn('smbquic.conf.example there', done.stderr)
            text = text_of('smbquic.conf.example')
            with open(path, 'w', encoding='utf-8') as f:
                f.write(re.sub(r'(?m)^#(?=\t?\[|\t)|^\t#(?=[a-z ]+ = )', '',
                               text))
            done = subprocess.run([program, '--check-config', '-s', path],
                                  text=True, capture_output=True, timeout=60,
                                  check=False)
            self.assertIn('metrics listen = 127.0.0.1', done.stdout)
            self.assertIn('valid users = alice, @staff', done.stdout)
            self.assertNotIn('there is no setting', done.stderr)

    @unittest.skipUnless(shutil.which('logrotate'),
                         'logrotate is not installed')
    def test_logrotate(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'rule')
            with open(path, 'w', encoding='utf-8') as f:
                f.write(text_of('logrotate-smbquic'))
            said = self.run_on(folder, 'logrotate', '--debug', path)
            self.assertIn('/var/log/smbquic/*.log', said)
            self.assertNotIn('error:', said)

    def run_on(self, folder, *words):
        done = subprocess.run(words, capture_output=True, text=True,
                              timeout=60, check=False, cwd=folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    @unittest.skipUnless(shutil.which('systemd-analyze'),
                         'systemd-analyze is not installed')
    def test_units_verify(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ('smbquicd.service', 'smbquicd.socket',
                         'smbquic-relay@.service'):
                # programs that are there
                text = re.sub(r'/usr/s?bin/smbquic\S*', '/bin/true',
                              text_of(name))
                with open(os.path.join(folder, name), 'w',
                          encoding='utf-8') as f:
                    f.write(text)
            said = self.run_on(folder, 'systemd-analyze', 'verify',
                               '--man=no', './smbquicd.service',
                               './smbquicd.socket')
            # others of the machine's units may have faults of their own
            self.assertEqual([line for line in said.splitlines()
                              if 'smbquic' in line], [])

    @unittest.skipUnless(shutil.which('systemd-tmpfiles') and
                         os.geteuid() == 0, 'needs systemd-tmpfiles and root')
    def test_tmpfiles(self):
        with tempfile.TemporaryDirectory() as root:
            place = os.path.join(root, 'usr/lib/tmpfiles.d')
            os.makedirs(place)
            os.makedirs(os.path.join(root, 'etc'))
            for name in 'passwd', 'group':
                shutil.copy('/etc/' + name, os.path.join(root, 'etc'))
            with open(os.path.join(place, 'smbquic.conf'), 'w',
                      encoding='utf-8') as f:
                f.write(text_of('tmpfiles.conf'))
            self.run_on(root, 'systemd-tmpfiles', '--root=' + root,
                        '--create', 'smbquic.conf')
            for path, mode in re.findall(r'^d (\S+) (\d+)',
                                         text_of('tmpfiles.conf'), re.M):
                st = os.stat(root + path)
                self.assertEqual('%04o' % (st.st_mode & 0o7777), mode)

    @unittest.skipUnless(shutil.which('systemd-sysusers'),
                         'systemd-sysusers is not installed')
    def test_sysusers(self):
        with tempfile.TemporaryDirectory() as root:
            path = os.path.join(root, 'smbquic.conf')
            with open(path, 'w', encoding='utf-8') as f:
                f.write(text_of('sysusers.conf'))
            said = self.run_on(root, 'systemd-sysusers', '--dry-run',
                               '--root=' + root, path)
            for name in re.findall(r'^u (\S+)', text_of('sysusers.conf'),
                                   re.M):
                self.assertIn(name, said)

    def test_no_placeholder_is_left(self):
        for path in glob.glob(os.path.join(HERE, '**'), recursive=True):
            if os.path.isfile(path):
                text = text_of(os.path.relpath(path, HERE))
                self.assertNotRegex(text, r'@[A-Z]{3,}@', path)


if __name__ == '__main__':
    unittest.main()
