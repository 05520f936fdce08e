# SPDX-License-Identifier: Apache-2.0
#
# Checks every #include against the table: awk -f layering.awk tests/checks/layering.txt FILE…

function startsWith(text, prefix) { return substr(text, 1, length(prefix)) == prefix }

# A shell pattern whose only special character is *.
function matches(text, pattern,    regex) {
  regex = pattern
  gsub(/[.+]/, "\\\\&", regex)
  gsub(/\*/, ".*", regex)
  return text ~ ("^" regex "$")
}

function complain(message) {
  printf "%s:%d: %s\n", FILENAME, FNR, message
  bad = 1
}

# The number of the rule that governs a file, 0 for none.
function ruleOf(file,    kind, i, best) {
  kind = file ~ /\.(h|cuh|inc)$/ ? "h" : "cpp"
  best = 0
  for (i = 1; i <= n_rules; ++i) {
    if (startsWith(file, prefix[i]) && (kind_of[i] == "*" || kind_of[i] == kind) &&
        (best == 0 || length(prefix[i]) > length(prefix[best]))) {
      best = i
    }
  }
  return best
}

function libraryOf(header,    i) {
  for (i = 1; i <= n_patterns; ++i) {
    if (matches(header, pattern[i])) { return library[i] }
  }
  return header ~ /^[a-z_0-9]+$/ ? "std" : ""
}

FILENAME == ARGV[1] {
  if ($1 == "lib") {
    for (i = 4; i <= NF; ++i) {
      pattern[++n_patterns] = $i
      library[n_patterns] = $2
    }
  } else if ($1 == "rule") {
    split($0, part, ":")
    ++n_rules
    prefix[n_rules] = $2
    kind_of[n_rules] = $3
    folders[n_rules] = part[2]
    libraries[n_rules] = " " part[3] " "
  }
  next
}

FNR == 1 { rule = ruleOf(FILENAME) }

/^[ \t]*#[ \t]*include/ {
  if (rule == 0) {
    complain("no rule for this folder in " ARGV[1])
    next
  }
  if (match($0, /"[^"]+"/)) {
    header = substr($0, RSTART + 1, RLENGTH - 2)
    n = split(folders[rule], folder, " ")
    allowed = 0
    for (i = 1; i <= n; ++i) {
      if (startsWith(header, folder[i])) { allowed = 1 }
    }
    if (!allowed) { complain("includes \"" header "\"; files of " prefix[rule] " may name" folders[rule]) }
  } else if (match($0, /<[^>]+>/)) {
    header = substr($0, RSTART + 1, RLENGTH - 2)
    name = libraryOf(header)
    if (name == "") {
      complain("includes <" header ">, which no `lib` line of " ARGV[1] " knows")
    } else if (name != "std" && index(libraries[rule], " " name " ") == 0) {
      complain("includes <" header "> (" name "); files of " prefix[rule] " may use:" libraries[rule])
    }
  }
}

END { exit bad }
