#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes core/text/unicode_table.cpp: the character classes o200k's splitting pattern asks for.

    make_unicode_table.py UNICODE_DIR > core/text/unicode_table.cpp

UNICODE_DIR holds UnicodeData.txt and PropList.txt of Unicode 15.0 (Debian: package unicode-data 15.0.0-1,
/usr/share/unicode). Python's own unicodedata is not used: its version follows the interpreter.
"""
import sys

CLASS_OF_CATEGORY = {"Lu": "kUpper", "Lt": "kUpper", "Ll": "kLower", "Lm": "kOtherLetter", "Lo": "kOtherLetter",
                     "Mn": "kMark", "Mc": "kMark", "Me": "kMark", "Nd": "kNumber", "Nl": "kNumber", "No": "kNumber"}
CLASS_NUMBER = {"kOther": 0, "kUpper": 1, "kLower": 2, "kOtherLetter": 3, "kMark": 4, "kNumber": 5, "kSpace": 6}


def read_classes(folder):
    classes = ["kOther"] * 0x110000
    first = None
    with open(f"{folder}/UnicodeData.txt", encoding="ascii") as lines:
        for line in lines:
            code, name, category = line.split(";")[:3]
            code = int(code, 16)
            if name.endswith(", First>"):
                first = code
                continue
            for c in range(code if first is None else first, code + 1):
                classes[c] = CLASS_OF_CATEGORY.get(category, "kOther")
            first = None
    with open(f"{folder}/PropList.txt", encoding="utf-8") as lines:
        head = next(lines)
        if "15.0.0" not in head:
            sys.exit(f"expected Unicode 15.0.0, found {head.strip()}")
        for line in lines:
            fields = line.split("#")[0].split(";")
            if len(fields) == 2 and fields[1].strip() == "White_Space":
                ends = [int(x, 16) for x in fields[0].strip().split("..")]
                for c in range(ends[0], ends[-1] + 1):
                    classes[c] = "kSpace"
    return classes


def main():
    classes = read_classes(sys.argv[1])
    starts = [c for c in range(0x110000) if c == 0 or classes[c] != classes[c - 1]]
    entries = [f"0x{c << 3 | CLASS_NUMBER[classes[c]]:x}" for c in starts]
    print("// SPDX-License-Identifier: Apache-2.0\n//")
    print("// Written by tools/make_unicode_table.py from Unicode 15.0.0; do not edit. Each number starts a range:")
    print("// code point * 8 + class, in rising order; the range ends where the next one starts.")
    print('#include "core/text/unicode_class.h"\n')
    print("namespace rs::detail {\n\n// clang-format off")
    print(f"const std::uint32_t kClassStarts[kClassStartCount] = {{")
    line = "   "
    for entry in entries:
        if len(line) + len(entry) + 2 > 118:
            print(line)
            line = "   "
        line += f" {entry},"
    print(line)
    print("};\n// clang-format on\n\n}  // namespace rs::detail")
    print(f"{len(entries)} ranges", file=sys.stderr)


if __name__ == "__main__":
    main()
