#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What holds the tables of docs/kernels.md against kernels finds what it is for."""
import contextlib
import io
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "tests/kernel"), str(ROOT / "tests/vm")]
import skipped  # noqa: E402
import verified_instructions  # noqa: E402

DOCUMENT = """# Kernels

## Verified instructions

Words.

| program | 5.10 | 6.12 |
|---|---|---|
| one | 1,000 | 900 |
| two | no drop reasons | 70 |
| three (not under confidentiality) | 30 | 30 |

More words.

## What tests cannot try

| reason | 5.10 | 6.12 |
|---|---|---|
| no drops | yes | |
| no user memory | confidentiality | confidentiality |
"""
OF_5_10 = "5.10.0-46-cloud\none\t{}\ntwo\tmissing\tthis kernel has no drop reasons\nthree\t{}\n"


class VerifiedInstructions(unittest.TestCase):
    def run_script(self, output, *options):
        with tempfile.TemporaryDirectory() as folder:
            document = pathlib.Path(folder) / "kernels.md"
            document.write_text(DOCUMENT, encoding="utf-8")
            said = io.StringIO()
            with mock.patch("sys.argv", ["x", *options, str(document)]), mock.patch("sys.stdin", io.StringIO(output)), \
                    contextlib.redirect_stdout(said):
                status = verified_instructions.main()
            return status, said.getvalue(), document.read_text(encoding="utf-8")

    def test_a_fifth_more_is_let_through_and_not_one_above(self):
        self.assertEqual(self.run_script(OF_5_10.format(1200, 30))[0], 0)
        status, said, _ = self.run_script(OF_5_10.format(1201, 30))
        self.assertEqual(status, 1)
        self.assertIn("one: 1201 instructions, +20% over the 1000", said)
        self.assertIn("--update", said)

    def test_a_program_that_is_refused_or_gone_or_new(self):
        refused = OF_5_10.format(1000, "refused\tInvalid argument: R1 type=scalar")
        self.assertIn("three: refused: Invalid argument", self.run_script(refused)[1])
        self.assertIn("three: in the table", self.run_script(OF_5_10.format(1000, 30).replace("three\t30\n", ""))[1])
        self.assertIn("four: not in the table", self.run_script(OF_5_10.format(1000, 30) + "four\t1\n")[1])
        self.assertIn("two: 5,", self.run_script("5.10.1\none\t1\ntwo\t5\nthree\t1\n")[1])

    def test_what_confidentiality_refuses(self):
        refused = OF_5_10.format(1000, "refused\tInvalid argument: unknown func")
        self.assertEqual(self.run_script(refused, "--lockdown", "confidentiality")[0], 0)
        self.assertEqual(self.run_script(refused, "--lockdown", "integrity")[0], 1)
        self.assertEqual(self.run_script(OF_5_10.format(1000, 30), "--lockdown", "confidentiality")[0], 1)

    def test_a_kernel_without_a_column_is_held_against_the_newest(self):
        status, said, _ = self.run_script("6.18.1\none\t900\ntwo\t85\nthree\t30\n")
        self.assertEqual(status, 1)
        self.assertIn("6.18 has no column: held against 6.12", said)
        self.assertIn("two: 85 instructions, +21% over the 70", said)

    def test_update_writes_a_column_and_nothing_else(self):
        _, _, written = self.run_script("6.2.1\none\t1234\ntwo\t7\nthree\t31\n", "--update")
        expected = DOCUMENT.replace("""| program | 5.10 | 6.12 |
|---|---|---|
| one | 1,000 | 900 |
| two | no drop reasons | 70 |
| three (not under confidentiality) | 30 | 30 |""", """| program | 5.10 | 6.2 | 6.12 |
|---|---|---|---|
| one | 1,000 | 1,234 | 900 |
| two | no drop reasons | 7 | 70 |
| three (not under confidentiality) | 30 | 31 | 30 |""")
        self.assertEqual(written, expected)

    def test_no_output_is_an_error(self):
        self.assertRaises(ValueError, self.run_script, "")


class Skipped(unittest.TestCase):
    def problems(self, kernel, lockdown, output):
        return skipped.problems(skipped.table(DOCUMENT), kernel, lockdown, output)

    def test_a_reason_that_is_given_for_this_kernel_and_lockdown_only(self):
        self.assertEqual(self.problems("5.10", "none", "skipped A.b: no drops\n"), [])
        self.assertEqual(len(self.problems("6.12", "none", "skipped A.b: no drops\n")), 1)
        self.assertEqual(self.problems("6.12", "confidentiality", "skipped A.b: no user memory\n"), [])
        self.assertEqual(len(self.problems("6.12", "integrity", "skipped A.b: no user memory\n")), 1)
        self.assertEqual(len(self.problems("6.12", "none", "skipped A.b: another\n")), 1)


if __name__ == "__main__":
    unittest.main()
