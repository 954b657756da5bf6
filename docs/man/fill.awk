# SPDX-License-Identifier: Apache-2.0
# Fills a man page: awk -v from=FILE -f fill.awk PAGE.scd >PAGE
#
# A line @commands@ becomes what `egresswatch --help` in FILE lists, @keys@ the rows of the table of keys of
# docs/configuration.md, @metrics@ those of docs/metrics.md. So they cannot say anything else than these. A page whose table
# is not found fails.

# Markdown of a cell to scdoc's text.
function plain(text,  link) {
  while (match(text, /\[[^]]*\]\([^)]*\)/)) {
    link = substr(text, RSTART, RLENGTH)
    sub(/^\[/, "", link)
    sub(/\]\(.*/, "", link)
    text = substr(text, 1, RSTART - 1) link substr(text, RSTART + RLENGTH)
  }
  gsub(/`/, "", text)
  gsub(/[\\*_<>#~]/, "\\\\&", text)
  gsub(/^ +| +$/, "", text)
  return text
}

function entry(name, text) {
  printf "*%s*\n\t%s\n\n", plain(name), text
  entries++
}

function sentence(text) {
  text = plain(text)
  return toupper(substr(text, 1, 1)) substr(text, 2) (text ~ /\.$/ ? "" : ".")
}

function commands(  line, inside, name) {
  while ((getline line <from) > 0) {
    if (line ~ /^Subcommands:/) inside = 1
    else if (inside && line ~ /^  [a-z]/) {
      name = line
      sub(/^ +/, "", name)
      sub(/ .*/, "", name)
      sub(/^ +[a-z]+ +/, "", line)
      entry(name, sentence(line))
    }
  }
}

function keys(  line, cell) {
  while ((getline line <from) > 0)
    if (line ~ /^\| `[a-z]/ && split(line, cell, "|") == 5)
      entry(cell[2], "Values: " plain(cell[4]) ". Default: " plain(cell[3]) ".")
}

function metrics(  line, cell, labels) {
  while ((getline line <from) > 0)
    if (line ~ /^\| `(egresswatch|process)_/ && split(line, cell, "|") == 6) {
      labels = plain(cell[4])
      entry(cell[2], sentence(plain(cell[3]) (labels == "" ? "" : ", labels " labels)) " " sentence(cell[5]))
    }
}

/^@[a-z]+@$/ {
  if ($0 == "@commands@") commands()
  if ($0 == "@keys@") keys()
  if ($0 == "@metrics@") metrics()
  if (entries < 5) {
    print "fill.awk: no table for " $0 " in " from >"/dev/stderr"
    exit 1
  }
  next
}
{ print }
