#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of scripts/setup and scripts/test, with stand-ins for the programs
that they call."""
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Sandbox(unittest.TestCase):
    """A folder with copies of the scripts, and bin/ first in PATH."""

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix='test_scripts.')
        self.addCleanup(shutil.rmtree, self.top)
        for name in ('scripts/setup', 'scripts/test'):
            self.write(name, '')
            shutil.copy(os.path.join(TOP, name), self.path(name))
        os.mkdir(self.path('bin'))

    def path(self, name):
        return os.path.join(self.top, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), 'w') as f:
            f.write(text)

    def script(self, name, text):
        self.write(name, '#!/bin/bash\n' + text)
        os.chmod(self.path(name), 0o755)

    def read(self, name):
        try:
            with open(self.path(name)) as f:
                return f.read()
        except OSError:
            return ''

    def run_script(self, command, status, path=None, **env):
        p = subprocess.run(
            command.split(), cwd=self.top, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=100,
            env=dict({k: v for k, v in os.environ.items() if k != 'WAFLOCK'},
                     PATH=path or self.path('bin') + ':' + os.environ['PATH'],
                     HERE=self.top, **env))
        self.assertEqual(p.returncode, status, p.stdout)
        return p.stdout


class SetupTest(Sandbox):
    """A machine where files in have/ stand for installed packages, and
    those in archive/ for what apt can install; their text is the version."""

    def setUp(self):
        super().setUp()
        table = self.read('scripts/setup').split("PACKAGES='\n")[1]
        self.packages = re.findall(r'^(?:build|test)[+@]? *\| ([\w.+-]+)',
                                   table.split("'")[0], re.M)
        for name in self.packages:
            version = '1.11.0-1~bpo12+1' if 'ngtcp2' in name else '5.0'
            self.write('archive/' + name, version)
            self.write('have/' + name, version)
        os.mkdir(self.path('backports'))
        self.script('bin/dpkg-query', '''
f=$HERE/have/${@: -1}
[ -e "$f" ] && echo "installed $(cat "$f")"
''')
        self.script('bin/apt-cache', '''
case $1 in
policy) [ ! -e "$HERE/archive/$2" ] ||
    echo "  Candidate: $(cat "$HERE/archive/$2")" ;;
madison) [ ! -e "$HERE/backports/$2" ] ||
    echo "$2 | 1.11 | http://a.example/debian $(. /etc/os-release
        echo "$VERSION_CODENAME")-backports/main amd64 Packages" ;;
esac
''')
        self.script('bin/apt-get', '''
echo "apt-get $*" >> "$HERE/log"
while [[ $1 = -* ]]; do [ $1 != -o ] || shift; shift; done
verb=$1; shift
case $verb in
update) [ ! -e "$HERE/source" ] || cp "$HERE"/later/* "$HERE/backports/" ;;
indextargets) case "$*" in
    *REPO_URI*) echo http://a.example/debian/ ;; esac ;;
install)
    for p in "$@"; do
        [[ $p = -* ]] && continue
        d=archive
        [[ $p = */* ]] && d=backports
        cp "$HERE/$d/${p%/*}" "$HERE/have/" || exit 100
    done ;;
esac
''')
        self.script('bin/tee', 'cat > "$HERE/source"\n')
        self.script('bin/debconf-set-selections', 'cat >> "$HERE/preseed"\n')
        self.script('bin/id', 'echo 0\n')
        self.script('waf', 'echo "waf $*" >> "$HERE/log"\n')

    def lose(self, *names):
        for name in names:
            os.unlink(self.path('have/' + name))

    def setup(self, args='', status=0, **kw):
        return self.run_script('scripts/setup ' + args, status, **kw)

    def log(self, word):
        return [line for line in self.read('log').splitlines()
                if word in line]

    def test_nothing_missing_calls_no_apt(self):
        self.setup()
        self.assertEqual(self.read('log'), 'waf configure build\n')

    def test_configured_tree_is_only_built(self):
        self.write('.lock-waf_linux_build', '{}')
        self.setup()
        self.assertEqual(self.read('log'), 'waf build\n')

    def test_check(self):
        out = self.setup('--check')
        self.assertIn('setup: 0 missing', out)
        self.lose('libpopt-dev')
        self.write('have/libngtcp2-dev', '0.12.1')
        out = self.setup('--check', status=1)
        self.assertRegex(out, r'missing +libpopt-dev +command line')
        self.assertRegex(out, r'too old +libngtcp2-dev +0.12.1, wanted')
        self.assertRegex(out, r'ok +gcc +5.0')
        self.assertIn('setup: 2 missing', out)
        self.assertEqual(self.read('log'), '')

    def test_installs_what_is_missing(self):
        self.lose('libpopt-dev', 'tshark')
        self.setup('--packages-only')
        self.assertTrue(self.read('have/libpopt-dev'))
        line, = self.log('install')
        self.assertTrue(line.endswith(
            'install --no-install-recommends libpopt-dev tshark'), line)
        self.assertIn('install-setuid boolean false', self.read('preseed'))
        self.assertEqual(self.log('waf'), [])
        self.assertEqual(self.read('source'), '')

    def test_without_tests(self):
        self.lose('tshark', 'valgrind')
        self.setup('--no-tests')
        self.assertEqual(self.log('apt-get'), [])

    def test_backports_only_for_ngtcp2(self):
        names = ['libngtcp2-dev', 'libngtcp2-crypto-gnutls-dev']
        self.lose('libpopt-dev', *names)
        for name in names:
            self.write('archive/' + name, '0.12.1')
            self.write('later/' + name, '1.11.0-1~bpo12+1')
        out = self.setup('--packages-only')
        self.assertIn('-backports of http://a.example/debian/', out)
        self.assertIn('URIs: http://a.example/debian/\n',
                      self.read('source'))
        line, = self.log('install ')
        self.assertRegex(line, r' libngtcp2-dev/\w+-backports '
                         r'libngtcp2-crypto-gnutls-dev/\w+-backports '
                         r'libpopt-dev$')
        self.assertEqual(self.read('have/libngtcp2-dev'), '1.11.0-1~bpo12+1')

    def test_each_of_ngtcp2_is_asked_for(self):
        self.lose('ngtcp2-client')  # the others are there, from backports
        self.write('archive/ngtcp2-client', '0.12.1')
        self.write('backports/ngtcp2-client', '1.11.0-1~bpo12+1')
        self.setup('--packages-only')
        line, = self.log('install ')
        self.assertRegex(line, r' ngtcp2-client/\w+-backports$')

    def test_no_new_enough_ngtcp2_anywhere(self):
        self.lose('libngtcp2-dev')
        self.write('archive/libngtcp2-dev', '0.12.1')
        os.mkdir(self.path('later'))
        self.write('later/other', '')
        out = self.setup('--packages-only', status=1)
        self.assertIn('no libngtcp2-dev 1.11 or newer', out)
        self.assertIn('found: 0.12.1', out)
        self.assertEqual(self.log('install '), [])

    def test_neither_root_nor_sudo(self):
        self.lose('libpopt-dev')
        self.script('bin/id', 'echo 1000\n')
        for name in ('dirname', 'sed', 'grep', 'tr', 'head', 'cat', 'bash',
                     'env', 'awk', 'dpkg', 'cp'):
            os.symlink(shutil.which(name), self.path('bin/' + name))
        out = self.setup(status=1, path=self.path('bin'))
        self.assertIn('missing: libpopt-dev', out)
        self.assertIn('Run as root', out)
        self.assertEqual(self.log('apt-get'), [])
        # and with sudo it goes through sudo
        self.script('bin/sudo', 'echo sudo >> "$HERE/log"; exec "$@"\n')
        self.setup('--packages-only', path=self.path('bin'))
        self.assertTrue(self.read('have/libpopt-dev'))
        self.assertEqual(len(self.log('sudo')), 2)

    def test_readme_has_each_library(self):
        with open(os.path.join(TOP, 'README.md')) as f:
            table = f.read().split('## What it stands on')[1]
        known = re.findall(r'[a-z0-9.+-]+',
                           ' '.join(line.split('|')[1]
                                    for line in table.splitlines()
                                    if line.startswith('|')))
        rows = self.read('scripts/setup').split("PACKAGES='\n")[1]
        for row in rows.split("\n'")[0].splitlines():
            cells = [cell.strip() for cell in row.split('|')]
            if cells[0].startswith('build') and cells[1].startswith('lib'):
                if cells[1] != 'libc6-dev':
                    self.assertIn(cells[1], known)

    def test_other_systems_get_a_list(self):
        for name in ('dirname', 'sed', 'grep', 'tr', 'bash', 'env'):
            os.symlink(shutil.which(name), self.path('bin/' + name))
        for name in ('apt-get', 'apt-cache', 'dpkg-query'):
            os.unlink(self.path('bin/' + name))
        out = self.setup('--packages-only', path=self.path('bin'))
        self.assertRegex(out, r'libtalloc-dev +libtalloc-devel +talloc')
        self.setup('--check', status=1, path=self.path('bin'))

    def test_failed_install_is_told(self):
        self.lose('libpopt-dev')
        os.unlink(self.path('archive/libpopt-dev'))
        self.assertIn('could not install', self.setup(status=1))
        self.assertEqual(self.log('waf'), [])

    def test_usage(self):
        self.assertIn('usage:', self.setup('--wrong', status=2))
        self.assertIn('usage:', self.setup('--help'))


class TestTest(Sandbox):
    def setUp(self):
        super().setUp()
        self.script('scripts/setup', 'echo setup >> "$HERE/log"\n')
        self.script('scripts/lint', 'echo fine\n')
        self.script('scripts/peers', 'echo /no/where\n')
        self.script('tests/check', 'echo "check quic/001: ok (0 s)"\n'
                    'echo "3 passed, 0 failed, 2 skipped"\n')
        self.script('waf', '''
echo "waf $WAFLOCK $*" >> "$HERE/log"
while [ "$1" != -o ]; do shift; done
mkdir -p $2/tests $2/bin && cp bin/test_* bin/fuzz_* $2/tests/
cp bin/smbquicd $2/bin/
''')
        self.script('tests/exports.py', 'exit 0\n')
        self.script('tests/client_abi.py', 'exit 0\n')
        self.script('bin/smbquicd', '')
        self.script('bin/ldd', 'echo libc.so.6\n')
        for name in ('check', 'lint', 'scripts', 'waf'):
            self.write('tests/test_%s.py' % name, '')
        self.add('test_a', 'echo quiet\n')

    def add(self, name, text):
        self.write('tests/%s.c' % name, '')
        self.script('bin/' + name, text)

    def call(self, args='', status=0, **env):
        self.script('bin/fuzz_main', '')
        return self.run_script('scripts/test ' + args, status, **env)

    def test_all_good(self):
        self.write('tests/test_program.py', 'print(1)\n')
        out = self.call()
        self.assertEqual(out.splitlines()[-1],
                         '17 passed, 0 failed, 2 skipped')
        for line in ('ok      tools test_waf', 'ok      lint',
                     'ok      build test_program',
                     'ok      build build', 'ok      build test_a',
                     'ok      build-sanitize test_a',
                     'check quic/001: ok'):
            self.assertIn(line, out)
        self.assertNotIn('quiet', out)
        log = self.read('log')
        self.assertEqual(log.count('setup'), 1)
        self.assertIn('waf .lock-waf_linux_build configure build -o build '
                      '--werror\n', log)
        self.assertIn('waf .lock-waf_sanitize configure build -o '
                      'build-sanitize --werror --sanitize\n', log)

    def test_failed_test(self):
        self.add('test_b', 'echo the reason; exit 1\n')
        out = self.call('unit', status=1)
        self.assertIn('FAILED  build test_b (exit status 1', out)
        self.assertIn('    the reason\n', out)
        self.assertEqual(out.splitlines()[-1],
                         '4 passed, 1 failed, 0 skipped')

    def test_once_more(self):
        self.add('test_b', '[ ! -e two ] || exit 0\n'
                 'touch two; echo the reason; exit 1\n')
        out = self.call('unit')
        self.assertIn('again   build test_b (exit status 1, ', out)
        self.assertIn('    the reason\n', out)
        self.assertIn('ok      build test_b', out)
        self.assertEqual(out.splitlines()[-2:],
                         ['unsteady: build test_b',
                          '5 passed, 0 failed, 0 skipped'])
        self.assertEqual(
            self.read('build/test-logs/build-test_b.first.log'),
            'the reason\n')

    def test_crash_and_timeout(self):
        self.add('test_b', 'kill -SEGV $$\n')
        self.add('test_c', 'sleep 50\n')
        out = self.call('unit', status=1, TEST_SECONDS='1')
        self.assertIn('test_b (exit status 139', out)
        self.assertIn('no end after 1 s', out)
        self.assertIn('4 passed, 2 failed, 0 skipped', out)

    def test_skips_and_their_reasons(self):
        self.add('test_b', 'echo needs the moon; exit 77\n')
        self.add('test_c', '''cat <<'END'
[==========] Running 3 test(s).
[ RUN      ] first
[       OK ] first
[ RUN      ] second
needs a second disk
[  SKIPPED ] second
[ RUN      ] third
[  SKIPPED ] third
[==========] 3 test(s) run.
[  PASSED  ] 1 test(s).
[  SKIPPED ] 2 test(s), listed below:
[  SKIPPED ] second
[  SKIPPED ] third
END
''')
        out = self.call('unit')
        self.assertIn('skipped build test_b: needs the moon', out)
        self.assertIn('skipped build test_c: second: needs a second disk',
                      out)
        self.assertIn('skipped build test_c: third: no reason given', out)
        self.assertEqual(out.splitlines()[-1],
                         '5 passed, 0 failed, 3 skipped')

    def test_fuzz_seeds(self):
        self.add('fuzz_a', 'ls "$@"\n')
        self.write('tests/fuzz_main.c', '')
        self.write('tests/corpus/a/seed', 'x')
        self.assertIn('ok      build fuzz_a', self.call('unit'))
        self.add('fuzz_b', 'true\n')
        self.assertIn('no seeds in tests/corpus/b',
                      self.call('unit', status=1))

    def test_failed_build(self):
        self.script('waf', 'echo waf says no; exit 1\n')
        out = self.call('unit check lint', status=1)
        self.assertIn('waf says no', out)
        self.assertIn('FAILED  unit: there is no build', out)
        self.assertIn('FAILED  check: there is no build', out)
        self.assertIn('ok      lint', out)
        self.assertEqual(out.splitlines()[-1],
                         '1 passed, 3 failed, 0 skipped')

    def test_failed_and_broken_check(self):
        self.script('tests/check', 'echo "1 passed, 2 failed, 0 skipped"\n'
                    'exit 1\n')
        out = self.call('check', status=1)
        self.assertEqual(out.splitlines()[-1],
                         '2 passed, 2 failed, 0 skipped')
        self.script('tests/check', 'echo oops; exit 1\n')
        out = self.call('check', status=1)
        self.assertIn('did not come to its end', out)

    def test_static_programs(self):
        self.assertIn('2 passed, 0 failed', self.call('static'))
        self.script('bin/ldd', 'echo libngtcp2.so.16\n')
        self.assertIn('build-static/bin/smbquicd needs it',
                      self.call('static', status=1))
        self.script('bin/ldd', 'true\n')
        self.script('bin/smbquicd', 'exit 127\n')
        self.assertIn('FAILED  static programs',
                      self.call('static', status=1))

    def test_interrupt_stops_what_runs(self):
        self.add('test_b', 'echo $$ > "$HERE/pid"; sleep 50\n')
        self.script('bin/fuzz_main', '')
        p = subprocess.Popen(['scripts/test', 'unit'], cwd=self.top,
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL,
                             env=dict(os.environ, HERE=self.top))
        while not self.read('pid'):
            time.sleep(0.05)
        p.terminate()
        self.assertEqual(p.wait(20), 130)
        self.assertRaises(ProcessLookupError, os.kill,
                          int(self.read('pid')), 0)

    def test_missing_packages(self):
        self.script('scripts/setup', 'exit 1\n')
        out = self.call(status=1)
        self.assertEqual(out.splitlines()[-1],
                         '0 passed, 1 failed, 0 skipped')

    def test_parts_and_names(self):
        self.add('test_b', 'exit 1\n')
        out = self.call('unit=test_a')
        self.assertIn('2 passed, 0 failed', out)
        self.assertIn('usage', self.call('nonsense', status=2))

    def test_format_not_checked_is_a_skip(self):
        self.script('scripts/lint',
                    'echo "lint: format not checked: other version"\n')
        out = self.call('lint')
        self.assertIn('skipped lint format: other version', out)
        self.assertIn('1 passed, 0 failed, 1 skipped', out)


if __name__ == '__main__':
    unittest.main()
