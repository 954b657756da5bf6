# SPDX-License-Identifier: Apache-2.0
"""The completion scripts, in the shells that they are for."""

import re
import subprocess
from pathlib import Path

from lab.program import Program

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {"run", "record", "replay", "config", "check", "status", "observe", "explain", "report", "export", "policy",
            "completion", "version"}
# Drives an interactive zsh through a terminal of its own, and lists what could follow the line.
ZSH = """
zmodload zsh/zpty
zpty shell 'zsh -f -i'
zpty -w shell 'PROMPT=""; unsetopt zle_bracketed_paste; fpath=($FUNCTIONS $fpath); autoload -Uz compinit; compinit -u -D'
zpty -w shell 'bindkey "^X" list-choices; LISTMAX=1000; echo "REA""DY"'
zpty -r shell output '*READY*'
zpty -n -w shell "$LINE"$'\\x18'
zpty -r shell output "*$LAST*"
print -r -- "$output"
zpty -d shell
"""


class Completion(Program):
    def script(self, shell):
        done = self.run_to_end("completion", shell)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def run_shell(self, command, **environment):
        environment = {"PATH": f"{self.binary.parent}:/usr/bin:/bin", "HOME": str(self.directory), "TERM": "xterm",
                       **environment}
        return subprocess.run(command, env=environment, cwd=self.directory, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=True).stdout

    def bash(self, *words):
        script = self.write("egresswatch.bash", self.script("bash"))
        ask = ('source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _egresswatch; '
               '[[ ${#COMPREPLY[@]} == 0 ]] || printf "%s\\n" "${COMPREPLY[@]}"')
        return set(self.run_shell(["bash", "-uc", ask, script, "egresswatch", *words]).split())

    def fish(self, line):
        script = self.write("egresswatch.fish", self.script("fish"))
        listed = self.run_shell(["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script, line])
        return dict((entry.split("\t") + [""])[:2] for entry in listed.splitlines())

    def zsh(self, line, last):
        functions = self.directory / "functions"
        functions.mkdir(exist_ok=True)
        (functions / "_egresswatch").write_text(self.script("zsh"), encoding="utf-8")
        return self.run_shell(["zsh", "-f", "-c", ZSH], FUNCTIONS=str(functions), LINE=line, LAST=last)

    def test_bash(self):
        self.assertEqual({word for word in self.bash("") if not word.startswith("-")}, COMMANDS)
        self.assertEqual(self.bash("policy", "l"), {"learn", "lint"})
        self.assertEqual(self.bash("report", "--since", "1h", "-o", ""), {"md", "json", "csv"})
        self.assertEqual(self.bash("export", "n"), {"nftables", "nsg"})
        self.assertEqual(self.bash("status", "--con"), {"--control.socket"})
        self.assertEqual(self.bash("run", "--config", ""), set(), "the shell completes files then")

    def test_every_command_and_option_is_in_the_documents(self):
        documents = "".join(page.read_text(encoding="utf-8") for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
        for line in self.script("fish").splitlines():
            names = [f"--{name}" for name in re.findall(r" -l (\S+)", line)] + [f"-{name}" for name in re.findall(r" -s (\w) ", line)]
            if line.startswith("complete") and names and "--help" not in names and "--help-all" not in names:
                self.assertTrue(any(name in documents for name in names), line)
        for command in COMMANDS:
            self.assertRegex(documents, rf"egresswatch {command}|`{command}`", command)

    def test_bash_script_is_accepted_by_shellcheck(self):
        script = self.write("egresswatch.bash", self.script("bash"))
        subprocess.run(["shellcheck", "--shell=bash", script], check=True, timeout=60)

    def test_fish(self):
        commands = self.fish("egresswatch ")
        self.assertEqual(set(commands), COMMANDS)
        self.assertIn("service and host", commands["status"])
        self.assertEqual(set(self.fish("egresswatch policy ")), {"learn", "diff", "lint"})
        self.assertEqual(set(self.fish("egresswatch report -o ")), {"md", "json", "csv"})
        self.assertIn("--since", self.fish("egresswatch report --"))
        self.assertNotIn("--since", self.fish("egresswatch status --"))

    def test_zsh(self):
        listed = self.zsh("egresswatch policy l", last="lint")
        self.assertIn("Write a policy from what was observed", listed)
        self.assertNotIn("diff", listed)
        self.assertIn("nftables", self.zsh("egresswatch export n", last="nsg"))
