#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of ./waf on a small project in a temporary folder."""
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

PROJECT = {
    'wscript': '''
APPNAME = 'tiny'
VERSION = '1.2'
top = '.'
out = 'build'

def options(opt):
    opt.load('compiler_c gnu_dirs waf_unit_test')
    opt.add_option('--package', default='talloc')
    opt.add_option('--loud', action='store_true', default=False)

def configure(conf):
    conf.load('compiler_c gnu_dirs waf_unit_test')
    name = conf.options.package
    conf.check_cfg(package=name.split()[0], args=[name, '--cflags', '--libs'],
                   uselib_store='DEP', msg='Checking for ' + name,
                   errmsg='not found: install libtiny-dev')
    if conf.check_cc(fragment='int main(void) { return nothing(); }',
                     cflags='-Werror', mandatory=False, msg='Checking no'):
        conf.fatal('a wrong fragment was compiled')
    conf.check_cc(header_name='stdio.h', msg='Checking yes')
    conf.check_cc(lib='m', uselib_store='M', msg='Checking m',
                  mandatory=True)
    conf.define('LOUD', 1 if conf.options.loud else 0)
    conf.define('WHO', 'world')
    conf.env.append_value('INCLUDES', [conf.path.abspath(),
                                       conf.bldnode.abspath()])
    conf.write_config_header('config.h')

def build(bld):
    bld.recurse('lib app')

def dist(ctx):
    ctx.algo = 'tar.xz'
    ctx.excl = 'junk/**'
''',
    'lib/wscript': '''
def build(bld):
    bld.objects(name='objs', source=bld.path.ant_glob('*.c', excl='x*.c'),
                cflags='-fPIC', use='DEP')
    bld(features='c cshlib', target='../lib/tiny', name='tiny', use='objs',
        vnum='1.2.3', source=[], linkflags='-Wl,-z,defs')
    bld(features='c cstlib', target='tiny-static', name='tiny-static',
        use='objs', install_path=None)
    bld.install_files('${INCLUDEDIR}/tiny', bld.path.ant_glob('*.h'))
    bld.install_as('${MANDIR}/man1/tiny.1', 'page.txt', chmod=0o600)
    bld.symlink_as('${BINDIR}/tiny', 'app')
''',
    'lib/a.c': '#include "lib/a.h"\n#include <talloc.h>\n'
               'int a(void) { return talloc_new(NULL) ? A : 0; }\n',
    'lib/a.h': '#include "lib/deep.h"\nint a(void);\n',
    'lib/deep.h': '#define A 41\n',
    'lib/b.c': '#include "lib/b.h"\nint b(void) { return 1; }\n',
    'lib/b.h': 'int b(void);\n',
    'lib/x_broken.c': '#error excluded by the glob\n',
    'lib/page.txt': 'manual\n',
    'app/wscript': '''
def build(bld):
    bld(rule='printf "#define NUMBER " > ${TGT} && cat ${SRC} >> ${TGT}',
        source='number.txt', target='number.h')
    bld.program(source='main.c', target='../bin/app', name='app', use='tiny',
                includes='.', rpath=['$ORIGIN/../lib'])
    bld.program(source='test.c', target='../tests/good', name='good',
                use='tiny-static', features='test', install_path=None)
''',
    'app/number.txt': '7\n',
    'app/main.c': '#include "config.h"\n#include "number.h"\n'
                  '#include "lib/a.h"\n#include "lib/b.h"\n'
                  '#include <stdio.h>\nint main(void)\n{\n'
                  'printf("%d %d %s %d\\n", a() + b(), NUMBER, WHO, LOUD);\n'
                  'return 0;\n}\n',
    'app/test.c': '#include "lib/a.h"\n#include <stdio.h>\n'
                  'int main(void)\n{\nprintf("a is %d\\n", a());\n'
                  'return a() == 41 ? 0 : 3;\n}\n',
}


class WafTest(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix='test_waf.')
        self.addCleanup(shutil.rmtree, self.top)
        shutil.copy(os.path.join(TOP, 'waf'), self.top)
        for name, text in PROJECT.items():
            self.write(name, text)

    def path(self, *names):
        return os.path.join(self.top, *names)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), 'w') as f:
            f.write(text)

    def waf(self, args, status=0, env=None, cwd=None):
        """Runs ./waf; returns all that it printed."""
        p = subprocess.run(
            [self.path('waf')] + args.split(' '), cwd=cwd or self.top,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=120, env=dict(os.environ, **(env or {})))
        self.assertEqual(p.returncode, status, p.stdout)
        return p.stdout

    def done(self, text):
        """The steps that a build took, by file name."""
        return set(re.findall(r'^\[ *\d+/\d+\] \w+ \S*?([^/\s]+)$', text,
                              re.M))

    def app(self):
        return subprocess.run([self.path('build/bin/app')], check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def test_build_and_run_in_place(self):
        self.waf('configure build')
        self.assertEqual(self.app(), '42 7 world 0\n')
        self.assertEqual(self.done(self.waf('build')), set())
        with open(self.path('build/c4che/_cache.json')) as f:
            self.assertEqual(json.load(f)['LIB_M'], ['m'])

    def test_header_change_rebuilds_only_what_depends_on_it(self):
        self.waf('configure build')
        self.write('lib/deep.h', '#define A 51\n')
        self.assertEqual(self.done(self.waf('build')), {
            'a.c', 'main.c', 'test.c', 'libtiny.so', 'libtiny-static.a',
            'app', 'good'})
        self.assertEqual(self.app(), '52 7 world 0\n')
        self.write('lib/b.h', 'int b(void);\nint c(void);\n')
        # the objects come out the same, so nothing is linked again
        text = self.waf('build')
        self.assertLessEqual({'b.c', 'main.c'}, self.done(text))
        self.assertFalse({'a.c', 'test.c'} & self.done(text))

    def test_content_counts_and_not_time(self):
        self.waf('configure build')
        for name in ('lib/a.c', 'lib/deep.h', 'app/number.txt'):
            os.utime(self.path(name), (time.time() + 9, time.time() + 9))
        self.assertEqual(self.done(self.waf('build')), set())
        # and old time stamps do not hide a change
        self.write('lib/deep.h', '#define A 61\n')
        os.utime(self.path('lib/deep.h'), (1, 1))
        self.waf('build')
        self.assertEqual(self.app(), '62 7 world 0\n')

    def test_same_objects_are_not_linked_again(self):
        self.waf('configure build')
        self.write('app/test.c', PROJECT['app/test.c'] + '/* remark */\n')
        self.assertEqual(self.done(self.waf('build')), {'test.c'})

    def test_library_change_relinks_its_users(self):
        self.waf('configure build')
        self.write('lib/b.c', '#include "lib/b.h"\n'
                   'int b(void) { return 2; }\n')
        self.assertEqual(self.done(self.waf('build')), {
            'b.c', 'libtiny.so', 'libtiny-static.a', 'app', 'good'})

    def test_generated_header(self):
        self.waf('configure build')
        self.write('app/number.txt', '8\n')
        self.assertEqual(self.done(self.waf('build')),
                         {'number.h', 'main.c', 'app'})
        self.assertEqual(self.app(), '42 8 world 0\n')

    def test_new_and_removed_source(self):
        self.waf('configure build')
        self.write('lib/c.c', 'int c(void);\nint c(void) { return 3; }\n')
        self.assertIn('c.c', self.done(self.waf('build')))
        os.unlink(self.path('lib/c.c'))
        self.assertEqual(self.done(self.waf('build')) & {'libtiny.so'},
                         {'libtiny.so'})
        symbols = subprocess.run(
            ['nm', '-D', self.path('build/lib/libtiny.so')],
            stdout=subprocess.PIPE, text=True).stdout
        self.assertNotIn(' c\n', symbols)

    def test_removed_header_is_an_error(self):
        self.waf('configure build')
        os.unlink(self.path('lib/deep.h'))
        self.assertIn('lib/deep.h', self.waf('build', status=1))

    def test_flags_of_configure_rebuild(self):
        self.waf('configure build')
        self.waf('configure build --loud')
        self.assertEqual(self.app(), '42 7 world 1\n')

    def test_flags_of_the_environment(self):
        self.waf('configure', env={
            'CPPFLAGS': '-DCPP=1', 'CFLAGS': '-DC=1',
            'LINKFLAGS': '-Wl,--as-needed -Wl,-O1', 'LDFLAGS': '-Wl,-z,now'})
        lines = self.waf('build -v').splitlines()
        linked, = [line for line in lines if '-o build/bin/app' in line]
        for flag in '-Wl,--as-needed', '-Wl,-O1', '-Wl,-z,now':
            self.assertIn(' %s ' % flag, linked)
        compiled, = [line for line in lines if '-c app/main.c' in line]
        self.assertIn(' -DCPP=1 -DC=1 ', compiled)

    def test_compiler_error_is_shown_and_repaired(self):
        self.write('lib/b.c', 'int b(void) { return wrong; }\n')
        text = self.waf('configure build', status=1)
        self.assertIn('lib/b.c:1:', text)
        self.assertIn('Build failed', text)
        self.assertNotIn('Linking build/bin/app', text)
        self.write('lib/b.c', PROJECT['lib/b.c'])
        self.waf('build')
        self.assertEqual(self.app(), '42 7 world 0\n')

    def test_keep_going(self):
        self.waf('configure')
        self.write('lib/a.c', 'wrong\n')
        self.write('lib/b.c', 'wrong\n')
        text = self.waf('build -k -j1', status=1)
        self.assertIn('Compiling lib/a.c failed', text)
        self.assertIn('Compiling lib/b.c failed', text)
        self.assertNotIn('Compiling lib/b.c failed',
                         self.waf('build -j1', status=1))

    def test_wrong_library_call_does_not_link(self):
        self.write('lib/b.c', 'int up(void);\nint b(void);\n'
                   'int b(void) { return up(); }\n')
        self.assertIn('undefined reference',
                      self.waf('configure build', status=1))

    def test_missing_package_is_named(self):
        text = self.waf('configure --package=no-such-thing', status=1)
        self.assertIn('install libtiny-dev', text)
        self.assertIn('config.log', text)
        self.assertIn('not configured', self.waf('build', status=1))

    def test_old_package_is_named(self):
        p = subprocess.run(
            [self.path('waf'), 'configure', '--package=talloc >= 99'],
            cwd=self.top, stderr=subprocess.PIPE, text=True)
        self.assertEqual(p.returncode, 1)
        self.assertIn('talloc >= 99', p.stderr)
        self.assertIn('install libtiny-dev', p.stderr)

    def test_project_names_debian_packages(self):
        """Our own wscript, with a pkg-config that finds nothing."""
        fake = self.path('fake-pkg-config')
        self.write('fake-pkg-config', '#!/bin/sh\nexit 1\n')
        os.chmod(fake, 0o755)
        p = subprocess.run(
            [os.path.join(TOP, 'waf'), 'configure', '-o', self.path('b')],
            env=dict(os.environ, PKGCONFIG=fake, WAFLOCK='.lock-waf_test'),
            stderr=subprocess.PIPE, text=True)
        self.assertEqual(p.returncode, 1)
        self.assertIn('install libtalloc-dev', p.stderr)

    def test_jobs(self):
        """Two slow rules take turns with -j1 and run together with -j2."""
        self.write('wscript', '''
APPNAME, VERSION, top, out = 'slow', '1', '.', 'build'
def options(opt): pass
def configure(conf): pass
def build(bld):
    for i in range(2):
        bld(rule='echo begin >> log; sleep 0.5; echo end >> log; '
            'touch ${TGT}', target='t%d' % i)
''')
        for jobs, want in (('-j1', 'begin end begin end'),
                           ('-j2', 'begin begin end end')):
            self.waf('configure build ' + jobs)
            with open(self.path('build/log')) as f:
                self.assertEqual(f.read().split(), want.split())
            self.waf('distclean')

    def test_verbose_progress_targets_list(self):
        self.assertIn(' -MD ', self.waf('configure build -v -j2'))
        self.assertEqual(
            self.waf('list').split(),
            ['app', 'good', 'number.h', 'objs', 'tiny', 'tiny-static'])
        self.waf('clean')
        self.assertEqual(self.done(self.waf('build --targets=tiny-static')),
                         # C waits for all generated headers
                         {'a.c', 'b.c', 'libtiny-static.a', 'number.h'})
        self.assertFalse(os.path.exists(self.path('build/bin/app')))
        self.assertIn('no target named', self.waf('build --targets=nix',
                                                  status=1))
        self.assertRegex(self.waf('build -p'), r'\[\d+/\d+\] \[=+ *\]')

    def test_install_and_uninstall(self):
        self.waf('configure build --prefix=/opt/tiny --libdir=/opt/tiny/l64')
        self.write('root/opt/keep', 'not ours\n')
        self.waf('install --destdir=root')
        root = self.path('root/opt/tiny')
        found = {os.path.relpath(os.path.join(d, f), root)
                 for d, _, files in os.walk(root) for f in files}
        self.assertEqual(found, {
            'bin/app', 'bin/tiny', 'l64/libtiny.so', 'l64/libtiny.so.1',
            'l64/libtiny.so.1.2.3', 'include/tiny/a.h', 'include/tiny/b.h',
            'include/tiny/deep.h', 'share/man/man1/tiny.1'})
        self.assertEqual(os.readlink(root + '/l64/libtiny.so.1'),
                         'libtiny.so.1.2.3')
        self.assertFalse(os.path.islink(root + '/l64/libtiny.so.1.2.3'))
        self.assertEqual(os.readlink(root + '/bin/tiny'), 'app')
        self.assertEqual(os.stat(root + '/bin/app').st_mode & 0o777, 0o755)
        self.assertEqual(
            os.stat(root + '/share/man/man1/tiny.1').st_mode & 0o777, 0o600)
        run = subprocess.run(
            [root + '/bin/app'], stdout=subprocess.PIPE, text=True,
            env=dict(os.environ, LD_LIBRARY_PATH=root + '/l64'))
        self.assertEqual(run.stdout, '42 7 world 0\n')
        self.waf('install', env={'DESTDIR': self.path('root')})
        self.waf('uninstall --destdir=root')
        self.assertEqual(os.listdir(self.path('root/opt')), ['keep'])

    def test_clean_and_distclean(self):
        self.waf('configure build')
        self.waf('clean')
        self.assertFalse(os.path.exists(self.path('build/bin/app')))
        self.waf('build')
        self.assertEqual(self.app(), '42 7 world 0\n')
        self.waf('distclean')
        self.assertEqual(sorted(os.listdir(self.top)),
                         ['app', 'lib', 'waf', 'wscript'])
        self.waf('distclean')
        self.assertIn('not configured', self.waf('build', status=1))

    def test_dist(self):
        self.write('junk/big', 'x\n')
        self.write('.git/config', 'x\n')
        self.write('.hidden', 'x\n')
        self.waf('configure build dist')
        with tarfile.open(self.path('tiny-1.2.tar.xz')) as tar:
            names = {m.name for m in tar.getmembers()}
            owners = {(m.uid, m.uname) for m in tar.getmembers()}
        self.assertEqual(names, {'tiny-1.2/' + n for n in
                                 list(PROJECT) + ['waf', '.hidden']})
        self.assertEqual(owners, {(0, 'root')})

    def dist_bytes(self):
        self.waf('dist', env={'SOURCE_DATE_EPOCH': '1000000000'})
        with open(self.path('tiny-1.2.tar.xz'), 'rb') as f:
            return f.read()

    def test_dist_again(self):
        self.write('.git', 'gitdir: elsewhere\n')
        first = self.dist_bytes()
        os.utime(self.path('wscript'), (1, 1))
        os.chmod(self.path('wscript'), 0o660)
        self.assertEqual(first, self.dist_bytes())
        with tarfile.open(self.path('tiny-1.2.tar.xz')) as tar:
            members = tar.getmembers()
        self.assertNotIn('tiny-1.2/.git', [m.name for m in members])
        self.assertEqual({m.mtime for m in members}, {1000000000})
        self.assertEqual({m.mode for m in members}, {0o644, 0o755})

    def test_test(self):
        text = self.waf('configure test')
        self.assertIn('tests: 1 passed, 0 failed', text)
        self.write('lib/deep.h', '#define A 5\n')
        text = self.waf('test', status=1)
        self.assertIn('a is 5', text)
        self.assertIn('exit status 3', text)
        self.assertIn('tests: 0 passed, 1 failed', text)

    def test_two_build_folders(self):
        self.waf('configure build')
        other = {'WAFLOCK': '.lock-waf_other'}
        self.waf('configure build --loud -o build-loud', env=other)
        self.assertEqual(self.done(self.waf('build')), set())
        self.assertEqual(self.done(self.waf('build', env=other)), set())
        self.assertEqual(self.app(), '42 7 world 0\n')
        self.waf('distclean', env=other)
        self.assertFalse(os.path.exists(self.path('build-loud')))
        self.assertTrue(os.path.exists(self.path('build/bin/app')))

    def test_called_from_another_folder(self):
        self.waf('configure build', cwd='/')
        self.assertEqual(self.app(), '42 7 world 0\n')

    def test_copied_tree_builds_into_itself(self):
        self.waf('configure build')
        copy = self.path('copy of it')
        shutil.copytree(self.top, copy)
        p = subprocess.run(['./waf', 'build'], cwd=copy, text=True,
                           stderr=subprocess.PIPE)
        self.assertEqual(p.returncode, 1)
        self.assertIn('not configured', p.stderr)
        subprocess.run(['./waf', 'configure', 'build'], cwd=copy, check=True,
                       stderr=subprocess.DEVNULL)
        out = subprocess.run(['build/bin/app'], cwd=copy, check=True,
                             stdout=subprocess.PIPE, text=True).stdout
        self.assertEqual(out, '42 7 world 0\n')

    def test_compile_commands(self):
        self.waf('configure build')
        with open(self.path('build/compile_commands.json')) as f:
            rows = json.load(f)
        names = {os.path.relpath(r['file'], self.top) for r in rows}
        self.assertEqual(names, {'lib/a.c', 'lib/b.c', 'app/main.c',
                                 'app/test.c'})
        for row in rows:
            subprocess.run(row['arguments'], cwd=row['directory'],
                           check=True)

    def test_mistakes_in_wscript_and_call(self):
        self.assertIn('no command', self.waf('bild', status=1))
        self.waf('build --no-such-option', status=2)
        self.waf('configure')
        before = PROJECT['app/wscript']
        for wrong, words in (
                (before.replace('main.c', 'nope.c'), "no file 'nope.c'"),
                (before.replace("'good'", "'app'"), 'two targets'),
                (before.replace('../tests/good', '../bin/app'),
                 'two targets make')):
            self.write('app/wscript', wrong)
            self.assertIn(words, self.waf('build', status=1))


class VersionScriptTest(unittest.TestCase):
    """What the project's wscript takes for declared by a header."""

    def declared(self, text):
        space = {}
        with open(os.path.join(TOP, 'wscript')) as f:
            exec(f.read(), space)
        return list(space['declared'](text))

    def test_functions_and_objects(self):
        self.assertEqual(self.declared('''
/* int remark(void); */
#ifndef A_H
#define A_H
#define MACRO(x) \\
	call(x)
#include <b.h>
int plain(int a, void (*cb)(void *), char b[4]);
const char *const *pointer(
	void) __attribute__((format(printf, 1, 2)));
struct s *made(enum e e); // int remark(void);
extern const struct row table[COUNT];
extern int counter;
static inline int inlined(int a)
{
	if (a) {
		return plain(a);
	}
	return 0;
}
int after(void);
struct members {
	int a;
	int (*fn)(int);
};
struct later;
enum numbers { ONE = 1, TWO = (1 << 2) };
typedef int (*callback)(int a);
int last(void);
#endif
'''), ['plain', 'pointer', 'made', 'table', 'counter', 'after', 'last'])


if __name__ == '__main__':
    unittest.main()
