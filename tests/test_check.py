#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of tests/check and tests/common.sh, in a small copy of the tree."""
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
START = '. "$TOP/tests/common.sh"\n'


def alive(pid):
    try:
        with open('/proc/%d/stat' % pid) as f:
            return f.read().split(')')[1].split()[0] != 'Z'
    except OSError:
        return False


class CheckTest(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix='test_check.')
        self.addCleanup(shutil.rmtree, self.top)
        os.makedirs(self.path('tests/configs'))
        os.mkdir(self.path('scratch'))
        for name in ('check', 'common.sh'):
            shutil.copy(os.path.join(TOP, 'tests', name), self.path('tests'))
        self.write('tests/groups', '# NNN group...\n')
        self.write('tests/configs/one.config', 'COLOUR=red\n')

    def path(self, name):
        return os.path.join(self.top, name)

    def write(self, name, text):
        with open(self.path(name), 'a') as f:
            f.write(text)

    def add(self, number, script, out='', groups='auto'):
        self.write('tests/%s' % number, '#!/bin/bash\n' + script)
        self.write('tests/%s.out' % number, out)
        self.write('tests/groups', '%s %s\n' % (number, groups))

    def check(self, args='', status=0, **env):
        p = subprocess.run(
            ['bash', self.path('tests/check')] + args.split(),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=100, env=dict(os.environ, TMPDIR=self.path('scratch'),
                                  **env))
        self.assertEqual(p.returncode, status, p.stdout)
        return p.stdout

    def read(self, name):
        with open(self.path(name)) as f:
            return f.read()

    def test_pass(self):
        self.add('001', START + 'note hidden\necho $COLOUR $SECTION $SEQ\n',
                 'red one 001\n')
        text = self.check()
        self.assertIn('check one/001: ok (', text)
        self.assertEqual(text.splitlines()[-1],
                         '1 passed, 0 failed, 0 skipped')
        self.assertEqual(self.read('build/check/one/001.full'), 'hidden\n')
        self.assertEqual(os.listdir(self.path('scratch')), [])
        self.assertFalse(os.path.exists(
            self.path('build/check/one/001.out.bad')))

    def test_wrong_output(self):
        self.add('001', START + 'note see here\necho is\n', 'should\n')
        text = self.check(status=1)
        self.assertIn('one/001: FAILED: wrong output', text)
        self.assertIn('-should', text)
        self.assertIn('+is', text)
        self.assertIn('| see here', text)
        self.assertIn('check: failed: one/001', text)
        self.assertEqual(text.splitlines()[-1],
                         '0 passed, 1 failed, 0 skipped')
        self.assertEqual(self.read('build/check/one/001.out.bad'), 'is\n')

    def test_once_more(self):
        self.add('001', START + 'note one\n[ -e "$TOP/two" ] || {\n'
                 'touch "$TOP/two"\necho no\n}\n')
        self.add('002', 'echo yes\n', 'yes\n')
        self.add('003', 'exit 5\n')
        text = self.check('-r', status=1)
        self.assertLess(text.index('one/002: ok'),
                        text.index('one/001: once more'))
        self.assertIn('one/001: ok', text)
        self.assertIn('check: unsteady: one/001\n', text)
        self.assertIn('check: failed: one/003\n', text)
        self.assertEqual(text.splitlines()[-1],
                         '2 passed, 1 failed, 0 skipped')
        self.assertEqual(self.read('build/check/one/001.first.out.bad'),
                         'no\n')
        self.assertEqual(self.read('build/check/one/001.first.full'), 'one\n')
        os.unlink(self.path('two'))
        self.assertIn('one/001: ok', self.check('-r 001', status=0))

    def test_exit_status(self):
        self.add('001', 'exit 3\n')
        self.assertIn('FAILED: exit status 3', self.check(status=1))

    def test_helpers_fail_and_skip(self):
        self.add('001', START + 'fail because\n', 'because\n')
        self.add('002', START + 'requires_program no-such-thing\n')
        self.add('003', START + 'requires test 1 = 2\n')
        self.add('004', START + 'echo begin\nskip not today\n', 'begin\n')
        text = self.check(status=1)
        self.assertIn('001: FAILED: exit status 1', text)
        self.assertIn('002: skipped: needs the program no-such-thing', text)
        self.assertIn('003: skipped: needs: test 1 = 2', text)
        self.assertIn('004: skipped: not today', text)
        self.assertEqual(text.splitlines()[-1],
                         '0 passed, 1 failed, 3 skipped')

    def test_groups_and_numbers(self):
        self.add('001', 'true\n', groups='auto quick')
        self.add('002', 'true\n', groups='rw')
        self.add('003', 'true\n', groups='auto rw stress')

        def listed(args):
            return [line.split('/')[1][:3]
                    for line in self.check('-n ' + args).splitlines()]
        self.assertEqual(listed(''), ['001', '003'])
        self.assertEqual(listed('-g rw'), ['002', '003'])
        self.assertEqual(listed('-g quick,rw -x stress'), ['001', '002'])
        self.assertEqual(listed('-g all'), ['001', '002', '003'])
        self.assertEqual(listed('002'), ['002'])
        self.assertIn('no test 009', self.check('009', status=2))

    def test_sections(self):
        self.write('tests/configs/two.config', 'COLOUR=blue\n')
        self.write('tests/configs/three.config',
                   'section_requires() { echo no such kernel; }\n')
        self.add('001', START + 'echo $COLOUR\n', 'red\n')
        self.add('002', '# sections: one three\ntrue\n')
        text = self.check(status=1)
        self.assertIn('one/001: ok', text)
        self.assertIn('two/001: FAILED', text)
        self.assertIn('three/001: skipped: no such kernel', text)
        self.assertIn('three/002: skipped: no such kernel', text)
        self.assertNotIn('two/002', text)
        self.assertEqual(text.splitlines()[-1],
                         '2 passed, 1 failed, 2 skipped')
        self.assertNotIn('two/', self.check('-s one'))
        self.assertIn('no section nix', self.check('-s nix', status=2))

    def test_kernel_section(self):
        """What is for quic is for quic-kernel, which may not be there."""
        for name in ('quic', 'quic-kernel'):
            self.write('tests/configs/%s.config' % name, 'COLOUR=red\n')
        self.add('001', '# sections: quic\ntrue\n')
        text = self.check()
        self.assertIn('quic/001: ok', text)
        self.assertIn('quic-kernel/001: ok', text)
        self.assertNotIn('one/001', text)

    def test_inconsistent(self):
        self.add('001', 'true\n')
        os.unlink(self.path('tests/001.out'))
        self.write('tests/002', 'true\n')
        self.write('tests/003.out', '')
        self.write('tests/groups', '004 auto\n')
        text = self.check(status=2)
        for words in ('001.out is missing', 'no line for 002',
                      '003.out belongs to no test', 'names 004'):
            self.assertIn(words, text)

    def test_two_at_once(self):
        """Each of two waits for the other; what is alone waits for both."""
        for mine, other in ('001', '003'), ('003', '001'):
            self.add(mine, 'touch $TOP/%s\nfor i in {1..100}; do '
                     '[ ! -e $TOP/%s ] || { sleep 1; exit; }; sleep 0.1; done'
                     '\nexit 1\n' % (mine, other))
        self.add('002', '# alone\nls "$TMP/.." | grep -c check-00\n'
                 'ls "$TOP" | grep 00\n', '1\n001\n003\n')
        self.assertIn('3 passed', self.check('-j 2'))
        self.assertEqual(os.listdir(self.path('scratch')), [])
        self.assertIn('takes a number', self.check('-j two', status=2))

    def test_own_network(self):
        """The same port, and the machine's own way to its neighbours."""
        listen = ('python3 -c "import socket, time\n'
                  's = socket.create_server((\'127.0.0.1\', 7))\n'
                  'time.sleep(2)\n"\nip -br link | cut -d" " -f1\n')
        self.add('001', listen, 'lo\n')
        self.add('002', listen, 'lo\n')
        if subprocess.call(['unshare', '-n', 'true'],
                           stderr=subprocess.DEVNULL):
            self.skipTest('no network name spaces for this user')
        self.check('-j 2')

    def test_timeout(self):
        self.add('001', 'echo $$ > $FULL\nsleep 50 & echo $! >> $FULL\n'
                 'sleep 50\n')
        begin = time.time()
        text = self.check(status=1, TEST_SECONDS='1')
        self.assertLess(time.time() - begin, 20)
        self.assertIn('FAILED: no end after 1 s', text)
        for pid in self.read('build/check/one/001.full').split():
            self.assertFalse(alive(int(pid)), pid)

    def test_a_limit_of_its_own(self):
        self.add('001', '# seconds: 1\nsleep 50\n')
        self.add('002', '# seconds: 50\nsleep 2\n')
        text = self.check(status=1, TEST_SECONDS='1')
        self.assertIn('one/001: FAILED: no end after 1 s', text)
        self.assertIn('one/002: ok', text)

    def test_nothing_is_left_running(self):
        self.add('001', '(trap "" TERM; sleep 50) & echo $! > $FULL\n'
                 'setsid --fork true; exit 0\n')
        self.check()
        pid = int(self.read('build/check/one/001.full'))
        self.assertFalse(alive(pid))

    def test_no_daemon_is_left_running(self):
        self.add('001', 'setsid --fork sh -c \'echo $$ > $FULL; sleep 50\'\n'
                 'while [ ! -s $FULL ]; do sleep 0.05; done\n')
        other = subprocess.Popen(['sleep', '50'], env={'TMP': '/tmp'})
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        self.check(TMP='/tmp')
        self.assertFalse(alive(int(self.read('build/check/one/001.full'))))
        self.assertTrue(alive(other.pid))

    def test_interrupt_cleans_up(self):
        self.add('001', 'echo $$ > $FULL\nsleep 50\n')
        p = subprocess.Popen(['bash', self.path('tests/check')],
                             stdout=subprocess.DEVNULL,
                             env=dict(os.environ,
                                      TMPDIR=self.path('scratch')))
        log = self.path('build/check/one/001.full')
        while not os.path.exists(log) or not self.read(
                'build/check/one/001.full'):
            time.sleep(0.05)
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(20), 130)
        self.assertFalse(alive(int(self.read('build/check/one/001.full'))))
        self.assertEqual(os.listdir(self.path('scratch')), [])

    def test_cleanup_in_reverse_order(self):
        self.add('001', START + 'cleanup_fn note first "with space"\n'
                 'cleanup_fn note second\nfail now\n', 'now\n')
        self.check(status=1)
        self.assertEqual(self.read('build/check/one/001.full'),
                         'second\nfirst with space\n')

    def test_start_and_stop(self):
        self.add('001', START + '''
start good bash -c 'trap "exit 0" TERM; echo up; while :; do sleep 0.1; done'
wait_for 5 grep -q up "$TMP/good.log" || fail no start
running good && echo runs
stop good && echo stopped
''', 'runs\nstopped\n')
        self.add('002', START + '''
start bad bash -c 'trap "exit 9" TERM; echo up; while :; do sleep 0.1; done'
wait_for 5 grep -q up "$TMP/bad.log" || fail no start
''', 'bad ended with status 9\n')
        self.add('003', START + '''
start short sh -c 'exit 4'
wait_for 5 gone $(cat "$TMP/short.pid")
''', 'short ended by itself with status 4\n')
        text = self.check(status=1)
        self.assertIn('001: ok', text)
        # the output is as expected, the status tells
        self.assertIn('002: FAILED: exit status 1', text)
        self.assertIn('003: FAILED: exit status 1', text)
        self.assertNotIn('wrong output', text)
        self.assertIn('--- log of bad:', self.read(
            'build/check/one/002.full'))

    def test_filter_and_free_port(self):
        self.add('001', START + 'echo "$TMP/x $BUILD/y $TOP/z" | filter\n'
                 'port=$(free_port)\n[ "$port" -gt 1023 ] && echo port\n',
                 'TMP/x BUILD/y TOP/z\nport\n')
        self.check(BUILD=self.path('other'))
        self.assertTrue(os.path.isdir(self.path('other/check/one')))



if __name__ == '__main__':
    unittest.main()
