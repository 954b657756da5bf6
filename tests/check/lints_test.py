#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The lints find what they are for: each is given a small tree with one fault, and the same tree without it."""
import pathlib
import tempfile
import unittest

import changelog
import faults
import include_table
import source_rules
import syntax
import tree

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"


class TreeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())


class IncludeTable(TreeTest):
    def assert_refused(self, path, include):
        self.write(path, SPDX + f"#include {include}\n")
        problems = include_table.include_problems(self.root)
        self.assertEqual(len(problems), 1, problems)
        self.assertTrue(problems[0].startswith(f"{path}:2: "), problems)
        (self.root / path).unlink()

    def assert_accepted(self, path, include):
        self.write(path, SPDX + f"#include {include}\n")
        self.assertEqual(include_table.include_problems(self.root), [])

    def test_later_stages_are_closed_to_earlier_ones(self):
        self.assert_refused("daemon/capture/ring.cpp", '"decode/record.h"')
        self.assert_refused("daemon/decode/record.cpp", '"correlate/sockets.h"')
        self.assert_refused("daemon/config/load.cpp", '"classify/catalog.h"')

    def test_modules_of_one_stage_are_closed_to_each_other(self):
        self.assert_refused("daemon/correlate/names.cpp", '"classify/catalog.h"')
        self.assert_refused("daemon/account/ledger.h", '"correlate/names.h"')

    def test_only_capture_and_decode_know_the_records(self):
        self.assert_refused("daemon/account/ledger.h", '"egresswatch/abi/records.h"')
        self.assert_refused("daemon/publish/metrics.cpp", "<egresswatch/abi/records.h>")
        self.assert_accepted("daemon/decode/record.cpp", '"egresswatch/abi/records.h"')
        self.assert_accepted("daemon/capture/ring.cpp", '"egresswatch/abi/records.h"')

    def test_only_capture_knows_libbpf(self):
        for include in ("<bpf/libbpf.h>", '"core.skel.h"', "<linux/bpf.h>"):
            self.assert_refused("daemon/decode/record.cpp", include)
            self.assert_refused("daemon/correlate/sockets.cpp", include)
            self.assert_accepted("daemon/capture/ring.cpp", include)

    def test_decode_is_pure(self):
        for include in ("<chrono>", "<fstream>", "<thread>", "<unistd.h>", "<boost/asio/io_context.hpp>", "<spdlog/spdlog.h>"):
            self.assert_refused("daemon/decode/dns.cpp", include)
        self.assert_accepted("daemon/decode/dns.cpp", "<span>")

    def test_publish_sees_of_account_the_snapshot_only(self):
        self.assert_refused("daemon/publish/metrics.cpp", '"account/ledger.h"')
        self.assert_accepted("daemon/publish/metrics.cpp", '"account/snapshot.h"')

    def test_model_and_abi_stand_alone(self):
        self.assert_refused("include/egresswatch/model/flow.h", '"base/result.h"')
        self.assert_refused("include/egresswatch/model/flow.h", '"egresswatch/abi/records.h"')
        self.assert_refused("include/egresswatch/abi/records.h", '"egresswatch/model/flow.h"')
        self.assert_refused("include/egresswatch/abi/records.h", "<stdlib.h>")
        self.assert_accepted("include/egresswatch/model/flow.h", '"egresswatch/model/process.h"')

    def test_app_and_main_see_all(self):
        self.assert_accepted("daemon/app/app.cpp", '"capture/ring.h"')
        self.assert_accepted("daemon/main.cpp", "<CLI/CLI.hpp>")

    def test_an_unknown_library_is_refused_everywhere(self):
        self.assert_refused("daemon/app/app.cpp", "<curl/curl.h>")
        self.assert_refused("daemon/base/log.cpp", "<boost/regex.hpp>")

    def test_an_unknown_module_is_refused(self):
        self.write("daemon/util/strings.h", SPDX)
        self.assertEqual(len(include_table.include_problems(self.root)), 1)

    def test_spaces_and_indentation_hide_nothing(self):
        self.write("daemon/decode/dns.cpp", SPDX + "#ifdef __linux__\n  #  include  <chrono>\n#endif\n")
        self.assertEqual(len(include_table.include_problems(self.root)), 1)

    def test_linking(self):
        path = "daemon/correlate/CMakeLists.txt"
        self.write(path, "egresswatch_module(correlate SOURCES a.cpp LINK egresswatch_base)\n")
        self.assertEqual(include_table.link_problems(self.root), [])
        self.write(path, "egresswatch_module(\n  correlate\n  SOURCES a.cpp\n  LINK egresswatch_base egresswatch_classify)\n")
        self.assertEqual(len(include_table.link_problems(self.root)), 1)
        self.write("daemon/publish/CMakeLists.txt", "egresswatch_module(publish SOURCES a.cpp LINK egresswatch_account)\n")
        self.assertEqual(len(include_table.link_problems(self.root)), 1)


class SourceRules(TreeTest):
    def assert_problems(self, path, text, count):
        self.write(path, text)
        problems = source_rules.problems(self.root)
        self.assertEqual(len(problems), count, problems)
        (self.root / path).unlink()

    def test_licence_line(self):
        self.assert_problems("a.cpp", SPDX, 0)
        self.assert_problems("a.cpp", "int a;\n", 1)
        self.assert_problems("a.cpp", "// SPDX-License-Identifier: MIT\n", 1)
        self.assert_problems("bpf/a.bpf.c", "/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */\n", 0)
        self.assert_problems("scripts/run", "#!/usr/bin/env bash\nset -e\n", 1)
        self.assert_problems("scripts/run", "#!/usr/bin/env bash\n# SPDX-License-Identifier: Apache-2.0\n", 0)
        self.assert_problems("a.service", "[Unit]\n", 1)

    def test_notes_to_self(self):
        for note in ("TO" + "DO", "FIX" + "ME"):
            self.assert_problems("a.cpp", SPDX + f"// {note}: later\n", 1)
        self.assert_problems("a.cpp", SPDX + "int todos;\n", 0)

    def test_length(self):
        self.assert_problems("a.cpp", SPDX + "int a;\n" * 399, 0)
        self.assert_problems("a.cpp", SPDX + "int a;\n" * 400, 1)
        self.assert_problems("data.yaml", "# SPDX-License-Identifier: Apache-2.0\n" + "- a\n" * 1000, 0)
        self.assert_problems("bpf/lib/kernel_types.h", SPDX + "int a;\n" * 1000, 0)

    def test_white_space(self):
        self.assert_problems("a.cpp", SPDX + "int a; \n", 1)
        self.assert_problems("a.cpp", SPDX + "int a;", 1)

    def test_what_is_not_ours_is_left_alone(self):
        self.assert_problems("tests/fuzz/corpus/dns/a.c", "int a; ", 0)
        self.assert_problems("build/dev/a.cpp", "int a; ", 0)
        self.assert_problems("tests/lab/node_modules/x/a.js", "var a; ", 0)
        self.assert_problems("LICENSE", "text", 0)

    def test_binary_source(self):
        self.assert_problems("a.cpp", b"\xff\xfe", 1)


class Syntax(TreeTest):
    def assert_problems(self, path, text, count):
        self.write(path, text)
        problems = syntax.problems(self.root)
        self.assertEqual(len(problems), count, problems)
        (self.root / path).unlink()

    def test_bash(self):
        self.assert_problems("scripts/run", "#!/usr/bin/env bash\necho a\n", 0)
        self.assert_problems("scripts/run", "#!/usr/bin/env bash\nif true; then\n", 1)

    def test_python(self):
        self.assert_problems("a.py", "a = 1\n", 0)
        self.assert_problems("a.py", "a = = 1\n", 1)

    def test_json(self):
        self.assert_problems("a.json", "{}\n", 0)
        self.assert_problems("a.json", "{,}\n", 1)


class Changelog(unittest.TestCase):
    CMAKE = "project(egresswatch VERSION 0.2.0 LANGUAGES CXX)\n"

    def assert_problems(self, text, count):
        problems = changelog.problems(text, self.CMAKE)
        self.assertEqual(len(problems), count, problems)

    def test_sections(self):
        self.assert_problems("## [Unreleased]\n### Added\n", 0)
        self.assert_problems("## [0.2.0] - 2026-01-31\n### Fixed\n", 0)
        self.assert_problems("## [0.2.0]\n", 2)
        self.assert_problems("## [Unreleased]\n### New\n", 1)
        self.assert_problems("## [0.1.0] - 2026-01-31\n", 1)
        self.assert_problems("", 1)


class Tree(TreeTest):
    def test_interpreter(self):
        self.write("a", "#!/usr/bin/env bash\n")
        self.write("b", "#!/bin/sh\n")
        self.write("c", "text\n")
        self.write("d", b"")
        self.assertEqual([tree.interpreter(self.root, name) for name in "abcd"], ["bash", "sh", None, None])


class Faults(TreeTest):
    ROW = "| a fault {} | goes on | | `test_faults_x.Running.test_it` |\n"

    def problems(self, document):
        self.write("tests/lab/test_faults_x.py", "class Running:\n    def test_it(self):\n        pass\n")
        self.write("docs/faults.md", "| fault | what happens | code | test |\n|---|---|---|---|\n" + document)
        return faults.problems(self.root)

    def test_each_row_names_a_test_that_exists(self):
        enough = "".join(self.ROW.format(number) for number in range(faults.MIN_FAULTS))
        self.assertEqual(self.problems(enough), [])
        self.assertEqual(len(self.problems(enough + "| a fault | goes on | | `test_faults_x.Running.test_other` |\n")), 1)
        self.assertEqual(len(self.problems(enough + "| a fault | goes on | | |\n")), 1)
        self.assertEqual(len(self.problems(enough + "| a fault | | | `test_faults_x.Running.test_it` |\n")), 1)

    def test_each_test_is_named_and_there_are_enough(self):
        self.assertEqual(len(self.problems(self.ROW)), 1)
        elsewhere = self.ROW.replace("test_faults_x", "test_y")
        self.write("tests/lab/test_y.py", "class Running:\n    def test_it(self):\n        pass\n")
        self.assertEqual(len(self.problems("".join(elsewhere for _ in range(faults.MIN_FAULTS)))), 1)


if __name__ == "__main__":
    unittest.main()
