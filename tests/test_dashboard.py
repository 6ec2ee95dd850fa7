#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Grafana dashboard asks for nothing that the server does not count."""
import json
import os
import re
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORDS = {'sum', 'by', 'rate', 'histogram_quantile', 'time', 'le', 'command',
         'transport', 'reason', 'instance', 'result', 'label_values'}


def counted():
    with open(os.path.join(TOP, 'server/metrics_text.c'),
              encoding='utf-8') as f:
        rows = re.findall(r'\{"(\w+)",\s*"(\w+)"', f.read())
    names = set()
    for name, kind in rows:
        names.update([name + s for s in ('_bucket', '_sum', '_count')]
                     if kind == 'histogram' else [name])
    return names


class Dashboard(unittest.TestCase):
    def test_names(self):
        with open(os.path.join(TOP, 'server/system/grafana-smbquic.json'),
                  encoding='utf-8') as f:
            board = json.load(f)
        names = counted()
        self.assertGreater(len(names), 20)
        asked = set()
        for panel in board['panels']:
            self.assertTrue(panel['targets'], panel['title'])
            for target in panel['targets']:
                bare = re.sub(r'"[^"]*"|\$\w+', '', target['expr'])
                asked.update(re.findall(r'[a-z_]{3,}', bare))
        self.assertEqual(asked - WORDS - names, set())
        self.assertIn('smbquic_certificate_expiry_timestamp_seconds', asked)


if __name__ == '__main__':
    unittest.main()
